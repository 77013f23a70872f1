"""Tiers that people pin, against a plain state machine."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.closes import HISTORY_COLUMNS, publish

TIERS = "ABCD"

Record = dict[str, Any]
Readings = list[tuple[str, ...]]

CLOSES = [date(2025, month, 28) for month in range(1, 13)]

pin_rows = st.lists(
    st.fixed_dictionaries(
        {
            "tier": st.sampled_from(TIERS),
            "pinned_on": st.dates(date(2025, 1, 1), date(2025, 12, 28)),
            "length": st.integers(0, 150),
        }
    ),
    max_size=2,
    unique_by=lambda row: row["pinned_on"],
)

readings = st.lists(
    st.one_of(
        st.just(("N", "N", "N")),
        st.lists(st.integers(0, 3), min_size=3, max_size=3).map(
            lambda steps: tuple(TIERS[step] for step in sorted(steps))
        ),
        st.just(("D", "D", "D")),
    ),
    min_size=12,
    max_size=12,
)


def dated(pins: list[Record]) -> list[Record]:
    return [{**pin, "expires_on": pin["pinned_on"] + timedelta(days=pin["length"])} for pin in pins]


def pin_at(pins: list[Record], day: date, close: date) -> str | None:
    holding = [pin for pin in pins if pin["pinned_on"] <= day and pin["expires_on"] >= close]
    return max(holding, key=lambda pin: pin["pinned_on"])["tier"] if holding else None


def expected_tiers(closes: Readings, pins: list[Record], confirm: int) -> list[str]:
    """Follow one account, run on the day of each close: a pin stands, and the count of closes goes on below it."""
    published: list[str] = []
    run: list[int] = []
    for close, (lenient, plain, strict) in zip(CLOSES, closes, strict=True):
        former = published[-1] if published else "N"
        if published:
            # A pin that came after the last close was shown in its place since.
            shown = pin_at(pins, close, CLOSES[len(published) - 1])
            if shown and shown != former:
                former, run = shown, []
        pinned = pin_at(pins, close, close)
        if "N" in (former, plain):
            published.append(pinned or plain)
            run = []
            continue
        distance = max(TIERS.index(lenient) - TIERS.index(former), 0)
        distance = distance or min(TIERS.index(strict) - TIERS.index(former), 0)
        run = [*(step for step in run if step * distance > 0), distance] if distance else []
        tier = former
        if pinned:
            tier = pinned
        elif distance and len(run) >= confirm:
            tier = TIERS[TIERS.index(former) + min(run[-confirm:], key=abs)]
        run = run if tier == former else []
        published.append(tier)
    return published


accounts_with_pins = st.lists(st.tuples(readings, pin_rows), min_size=3, max_size=6)


@settings(max_examples=5, deadline=None)
@given(drawn=accounts_with_pins, confirm=st.integers(1, 3))
def test_pinned_tiers_stand_and_release(drawn: list[tuple[Readings, list[Record]]], confirm: int) -> None:
    firm = {f"a{place}": (closes, dated(pins)) for place, (closes, pins) in enumerate(drawn)}
    facts = [{"account_id": name, **pin} for name, (_, pins) in firm.items() for pin in pins]
    history: pd.DataFrame | None = None
    for number, close in enumerate(CLOSES):
        rows = [(name, *closes[number]) for name, (closes, _) in firm.items()]
        accounts = pd.DataFrame(rows, columns=["account_id", "lenient_tier", "indicative_tier", "strict_tier"])
        pins = pd.DataFrame(facts, columns=["account_id", "tier", "pinned_on", "expires_on"])
        closed = publish(accounts, history, close_date=close, confirm_closes=confirm, pins=pins, today=close)
        for name, own in closed.set_index("account_id").iterrows():
            pinned = pin_at(firm[str(name)][1], close, close)
            assert own["is_pinned"] == (pinned is not None)
            assert pinned in (None, own["published_tier"])
        kept = closed.assign(close_date=pd.Timestamp(close))[list(HISTORY_COLUMNS)]
        history = kept if history is None else pd.concat([history, kept])
    assert history is not None
    found = history.sort_values("close_date", kind="stable").groupby("account_id")["published_tier"].agg(list)
    for name, (closes, pins_of) in firm.items():
        assert found[name] == expected_tiers(closes, pins_of, confirm)


STEADY = pd.DataFrame({"account_id": ["a"], "lenient_tier": ["D"], "indicative_tier": ["D"], "strict_tier": ["D"]})


def a_pin(tier: str, first: str, last: str) -> pd.DataFrame:
    return pd.DataFrame({"account_id": ["a"], "tier": [tier], "pinned_on": [first], "expires_on": [last]})


def closed_on(day: str, history: pd.DataFrame | None, pins: pd.DataFrame, today: str) -> pd.DataFrame:
    dates = {"close_date": date.fromisoformat(day), "today": date.fromisoformat(today)}
    return publish(STEADY, history, confirm_closes=2, pins=pins, **dates).assign(close_date=pd.Timestamp(day))


def test_a_pin_between_two_closes_acts_at_once_and_is_where_the_next_close_starts_from() -> None:
    none = a_pin("A", "2025-01-01", "2025-01-02")
    first = closed_on("2025-06-30", None, none, "2025-07-06")
    assert list(first["published_tier"]) == ["D"]

    pin = a_pin("A", "2025-07-10", "2025-07-20")
    shown = closed_on("2025-06-30", first, pin, "2025-07-10").iloc[0]
    assert (shown["published_tier"], shown["is_pinned"], str(shown["tier_since"])[:10]) == ("A", True, "2025-06-30")
    assert closed_on("2025-06-30", first, pin, "2025-07-09")["published_tier"].iloc[0] == "D"
    # Its last day is over, but a tier moves only at a close.
    assert closed_on("2025-06-30", first, pin, "2025-07-25")["published_tier"].iloc[0] == "A"

    second = closed_on("2025-07-31", first, pin, "2025-08-06")
    assert list(second[["published_tier", "is_pinned", "pending_closes"]].iloc[0]) == ["A", False, 1]
    third = closed_on("2025-08-31", pd.concat([first, second]), pin, "2025-09-06")
    assert list(third[["published_tier", "is_pinned"]].iloc[0]) == ["D", False]


def test_the_later_of_two_pins_wins_in_any_order() -> None:
    pins = pd.concat([a_pin("B", "2025-03-01", "2025-09-01"), a_pin("A", "2025-02-01", "2025-12-01")])
    for rows in (pins, pins[::-1]):
        assert closed_on("2025-03-31", None, rows, "2025-04-06")["published_tier"].iloc[0] == "B"
        assert closed_on("2025-09-30", None, rows, "2025-10-06")["published_tier"].iloc[0] == "A"
