"""Reviews, notice days and demand in odd circumstances."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability.closes import HISTORY_COLUMNS
from profitability.demand import pipeline_cents, unmet_seconds
from profitability.errors import DataError
from profitability.facts import SCHEMAS
from profitability.notice import notice_dates
from profitability.policy import Policy
from profitability.review import review_accounts

AS_OF = date(2025, 12, 31)
TODAY = date(2026, 1, 20)
HOUR = 3600


def table(name: str, rows: list[tuple[Any, ...]] | None = None) -> pd.DataFrame:
    kinds = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
    columns = {column.name: kinds[column.type] for column in SCHEMAS[name].columns}
    return pd.DataFrame(rows or [], columns=list(columns), dtype="object").astype(columns)


def accounts(*names: str, **other: Any) -> pd.DataFrame:
    """Accounts that meet every precondition which their own figures decide."""
    ripe: dict[str, Any] = {
        "published_tier": "D",
        "indicative_tier": "D",
        "flip_tier": "D",
        "unrated_reason": "",
        "started_on": pd.Timestamp(2020, 1, 1),
        "coverage_centi": 9_000,
        "agi_cents": 100_000,
        "cm2_cents": -1_000,
        "ncp_cents": -5_000,
        "quarter_agi_cents": 25_000,
        "quarter_cm2_cents": -300,
    }
    return pd.DataFrame({"account_id": pd.Series(list(names), dtype="str")}).assign(**(ripe | other))


def review(given: pd.DataFrame, **other: Any) -> pd.DataFrame:
    """Judge accounts that were D before and whose exit pays, if nothing else is said."""
    ids = given["account_id"]
    known: dict[str, Any] = {
        "ladder": pd.DataFrame(columns=["account_id", "open_remedies", "next_remedy", "next_remedy_cents"]),
        "exits": pd.DataFrame({"account_id": ids, "pays": True, "expected_cents": 1_234}),
        "notice": notice_dates(table("contracts"), as_of=AS_OF, lead_days=60),
        "exemptions": table("exemptions"),
        "decisions": table("decisions"),
        "pipeline": pd.Series(dtype="int64"),
        "history": pd.DataFrame(
            [(name, "2025-11-30", "D", "D", "2025-10-31") for name in ids], columns=HISTORY_COLUMNS
        ),
        "policy": Policy(),
        "as_of": AS_OF,
        "today": TODAY,
    }
    return review_accounts(given, **(known | other))


def test_one_row_per_account_in_the_order_and_with_the_index_given() -> None:
    given = accounts("b", "a").set_axis([7, 3])
    found = review(given)
    assert list(found["account_id"]) == ["b", "a"]
    assert list(found.index) == [7, 3]
    assert found["review"].all()
    assert list(found["next_step_cents"]) == [1_234, 1_234]
    dtypes = {name: str(dtype) for name, dtype in found.dtypes.items()}
    assert dtypes == {
        "account_id": "str",
        "state": "str",
        "review": "bool",
        "failed_preconditions": "object",
        "open_remedies": "object",
        "next_step": "str",
        "next_step_cents": "Int64",
        "notice_by": "datetime64[us]",
        "held_by": "str",
    }


def test_no_account_at_all() -> None:
    found = review(accounts())
    assert found.empty
    assert str(found["review"].dtype) == "bool"


def test_who_has_no_rating_is_not_judged_even_with_a_pinned_tier() -> None:
    found = review(accounts("a", unrated_reason="no_time_data")).iloc[0]
    assert (found["state"], found["failed_preconditions"], found["review"]) == ("none", (), False)


def test_a_good_tier_with_bad_figures_is_watched_and_gets_no_advice() -> None:
    ladder = pd.DataFrame(
        {"account_id": ["a"], "open_remedies": [("collect",)], "next_remedy": ["collect"], "next_remedy_cents": [5]}
    )
    found = review(accounts("a", published_tier="B", indicative_tier="C"), ladder=ladder).iloc[0]
    assert (found["state"], found["next_step"], found["open_remedies"]) == ("watch", "None", ())
    found = review(accounts("a", published_tier="B", indicative_tier="A"), ladder=ladder).iloc[0]
    assert found["state"] == "none"


@pytest.mark.parametrize(
    ("quarter", "window", "is_recovering"),
    [
        # 5 points above -1.00 % of 100,000 cents is exactly 4.00 %.
        ((25_000, 1_000), (100_000, -1_000), False),
        ((25_000, 1_001), (100_000, -1_000), True),
        ((0, 1_000), (100_000, -1_000), False),
        ((25_000, 25_000), (0, -1_000), False),
        ((25_000, 25_000), (-100_000, -1_000), False),
        # Too large for products in 64 bits, and for the digits of a float.
        ((10**17, 4 * 10**15), (10**17, -(10**15)), False),
        ((10**17, 4 * 10**15 + 1), (10**17, -(10**15)), True),
    ],
)
def test_recovery_is_judged_to_the_cent(quarter: tuple[int, int], window: tuple[int, int], is_recovering: bool) -> None:
    figures = dict(
        zip(("quarter_agi_cents", "quarter_cm2_cents", "agi_cents", "cm2_cents"), quarter + window, strict=True)
    )
    found = review(accounts("a", **figures)).iloc[0]
    assert ("not_recovering" in found["failed_preconditions"]) == is_recovering
    assert found["review"] != is_recovering


def test_d_at_an_older_close_is_no_confirmation() -> None:
    closes = [("a", "2025-10-31", "D", "D", "2025-10-31"), ("a", "2025-11-30", "C", "C", "2025-11-30")]
    history = pd.DataFrame(closes, columns=HISTORY_COLUMNS)
    assert review(accounts("a"), history=history)["failed_preconditions"].iloc[0] == ("d_confirmed",)
    # Nor is the close that is being judged, which a later run finds stored.
    own = pd.DataFrame([("a", "2025-12-31", "D", "D", "2025-12-31")], columns=HISTORY_COLUMNS)
    assert review(accounts("a"), history=own)["failed_preconditions"].iloc[0] == ("d_confirmed",)


@pytest.mark.parametrize(
    ("kind", "granted_on", "expires_on", "holds"),
    [
        ("strategic", "2025-01-20", "2027-12-31", True),
        ("strategic", "2025-01-19", "2027-12-31", False),
        ("strategic", None, "2027-01-20", True),
        ("strategic", None, "2027-01-21", False),
        ("strategic", "2026-01-21", "2026-06-30", False),
        ("pipeline", "2025-10-22", "2026-12-31", True),
        ("pipeline", "2025-10-21", "2026-12-31", False),
        ("dispute", "2020-01-01", "2026-01-20", True),
        ("dispute", "2020-01-01", "2026-01-19", False),
        ("legal_hold", None, "2030-12-31", True),
        ("referral", "2026-01-20", "2026-01-20", True),
    ],
)
def test_how_long_an_exemption_holds(kind: str, granted_on: str | None, expires_on: str, holds: bool) -> None:
    rows = [("a", kind, "Ada", "why", expires_on, granted_on)]
    found = review(accounts("a"), exemptions=table("exemptions", rows), pipeline=pd.Series({"a": 5_000})).iloc[0]
    assert found["state"] == ("held" if holds else "review_for_offboarding")


def test_a_second_pipeline_exemption_does_not_hold() -> None:
    rows = [
        ("a", "pipeline", "Ada", "again", "2026-03-01", "2026-01-10"),
        ("a", "pipeline", "Ada", "first", "2025-09-01", "2025-06-10"),
    ]
    assert review(accounts("a"), exemptions=table("exemptions", rows), pipeline=pd.Series({"a": 5_000}))["review"].all()


def test_what_lasts_longest_is_told() -> None:
    rows = [
        ("a", "dispute", "Ada", "why", "2026-03-01", None),
        ("a", "legal_hold", "Bo", "why", "2026-04-01", None),
    ]
    decisions = table("decisions", [("b", "keep", "2026-02-01"), ("b", "improve_first", None)])
    found = review(accounts("a", "b"), exemptions=table("exemptions", rows), decisions=decisions)
    assert list(found["held_by"]) == ["exemption: legal hold (Bo) until 2026-04-01", "decision: improve first"]


def test_a_keep_wins_over_a_phase_out_of_the_same_group() -> None:
    decisions = table("decisions", [("a", "phase_out", None), ("a", "keep", "2026-06-30")])
    assert list(review(accounts("a"), decisions=decisions)["state"]) == ["held"]
    later = review(accounts("a"), decisions=decisions, today=date(2026, 7, 1))
    assert list(later["state"]) == ["approved"]


@pytest.mark.parametrize(
    ("ends_on", "notice_days", "is_locked"),
    [("2026-04-30", 60, False), ("2026-05-01", 60, True), ("2025-12-31", 1, False), (None, 90, False)],
)
def test_the_flag_waits_for_the_notice_window(ends_on: str | None, notice_days: int, is_locked: bool) -> None:
    contracts = table("contracts", [("a", None, ends_on, notice_days, None, None)])
    notice = notice_dates(contracts, as_of=AS_OF, lead_days=60)
    found = review(accounts("a"), notice=notice).iloc[0]
    assert found["state"] == ("wait_for_notice_window" if is_locked else "review_for_offboarding")


def test_a_missed_notice_day_shows_the_next_one_and_does_not_lock() -> None:
    contracts = table("contracts", [("a", None, "2026-01-31", 32, None, None), ("b", None, "2024-02-29", 0, 1, None)])
    found = notice_dates(contracts, as_of=AS_OF, lead_days=0)
    assert list(found["ends_on"].dt.strftime("%Y-%m-%d")) == ["2027-01-31", "2025-12-31"]
    assert list(found["notice_by"].dt.strftime("%Y-%m-%d")) == ["2026-12-30", "2025-12-31"]
    assert not found["is_locked"].any()


def test_demand_without_deals_or_without_throughput() -> None:
    assert unmet_seconds(table("deals"), Fraction(2), as_of=AS_OF) == 0
    assert pipeline_cents(table("deals"), as_of=AS_OF).empty
    rows = [
        ("1", "a", "won", 7_200, None, None, "2026-01-01"),
        ("2", "a", "won", 7_200, 5 * HOUR, None, "2026-01-01"),
        ("3", "a", "won", 7_200, HOUR, None, "2025-12-31"),
        ("4", None, "open", 7_200, None, 250_000, None),
    ]
    deals = table("deals", rows)
    assert unmet_seconds(deals, Fraction(2), as_of=AS_OF) == 3_600 + 5 * HOUR + 900
    assert unmet_seconds(deals, Fraction(0), as_of=AS_OF) == 5 * HOUR


def test_a_forgotten_deal_is_no_pipeline() -> None:
    rows = [
        ("1", "a", "open", 1_000_001, None, 500_000, "2026-03-01"),
        ("2", "a", "open", 1_000_000, None, 900_000, "2025-12-31"),
        ("3", "b", "open", 300, None, None, None),
    ]
    assert pipeline_cents(table("deals", rows), as_of=AS_OF).to_dict() == {"a": 500_001, "b": 0}


def test_deals_beyond_all_bounds_are_refused() -> None:
    rows = [(str(number), "a", "open", 2**62, None, 1_000_000, None) for number in range(3)]
    with pytest.raises(DataError, match="beyond 64 bits"):
        pipeline_cents(table("deals", rows), as_of=AS_OF)
