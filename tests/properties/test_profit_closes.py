"""The published tier against a plain state machine, and the laws of its moves."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.closes import HISTORY_COLUMNS, publish

pytestmark = pytest.mark.slow

TIERS = "ABCD"

Reading = tuple[str, str, str]


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """One close's figures: rated with the limits in the account's favour, as they are, and to its disadvantage."""
    if draw(st.integers(0, 7)) == 0:
        return ("N", "N", "N")
    steps = sorted(draw(st.lists(st.integers(0, 3), min_size=3, max_size=3)))
    return (TIERS[steps[0]], TIERS[steps[1]], TIERS[steps[2]])


def expected(closes: list[Reading], confirm: int) -> list[str]:
    """Follow one account from close to close."""
    published: list[str] = []
    run: list[int] = []
    for lenient, plain, strict in closes:
        former = published[-1] if published else "N"
        if "N" in (former, plain):
            published.append(plain)
            run = []
            continue
        distance = max(TIERS.index(lenient) - TIERS.index(former), 0)
        distance = distance or min(TIERS.index(strict) - TIERS.index(former), 0)
        same_side = [step for step in run if step * distance > 0]
        run = [*same_side, distance] if distance else []
        if len(run) >= confirm and distance:
            mildest = min(run[-confirm:], key=abs)
            published.append(TIERS[TIERS.index(former) + mildest])
            run = []
        else:
            published.append(former)
    return published


def followed(closes: dict[str, list[Reading]], confirm: int) -> pd.DataFrame:
    history: pd.DataFrame | None = None
    for number in range(12):
        close = pd.Timestamp(date(2025, number + 1, 28))
        table = pd.DataFrame(
            [(account, *rows[number]) for account, rows in closes.items()],
            columns=["account_id", "lenient_tier", "indicative_tier", "strict_tier"],
        )
        closed = publish(table, history, close_date=close.date(), confirm_closes=confirm)
        again = publish(table, history, close_date=close.date(), confirm_closes=confirm)
        pd.testing.assert_frame_equal(closed, again)
        rows = closed.assign(close_date=close)[list(HISTORY_COLUMNS)]
        history = rows if history is None else pd.concat([rows, history], ignore_index=True)
    assert history is not None
    return history.sort_values(["account_id", "close_date"])


@settings(max_examples=10, deadline=None)
@given(
    closes=st.fixed_dictionaries(
        {name: st.lists(readings(), min_size=12, max_size=12) for name in ("a", "b", "c", "d")}
    ),
    confirm=st.integers(1, 3),
)
def test_published_tiers_follow_the_rule(closes: dict[str, list[Reading]], confirm: int) -> None:
    history = followed(closes, confirm)
    for account, rows in history.groupby("account_id"):
        tiers = rows["published_tier"].to_list()
        assert tiers == expected(closes[str(account)], confirm)
        starts = [
            close
            for close, tier, former in zip(rows["close_date"], tiers, [None, *tiers], strict=False)
            if tier != former
        ]
        assert sorted(set(rows["tier_since"])) == starts
        moves = [
            index
            for index in range(1, 12)
            if tiers[index] != tiers[index - 1] and "N" not in (tiers[index], tiers[index - 1])
        ]
        assert all(later - earlier >= confirm for earlier, later in pairwise(moves))
