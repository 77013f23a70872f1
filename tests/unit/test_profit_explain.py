"""The two texts of an account: right in every state of a close, in every currency, for those who may not see money."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability.explain import MEANINGS, UNRATED, add_reasons, explain_gaps
from profitability.next_steps import PRECONDITIONS as PRECONDITION_WORDS
from profitability.policy import Policy
from profitability.review import PRECONDITIONS
from profitability.statement import COST_LINES

NOTHING_TO_DO = {
    "state": "none",
    "next_step": "None",
    "next_step_cents": pd.NA,
    "failed_preconditions": (),
    "held_by": "",
    "opportunity_cost_cents": pd.NA,
    "to_tier": "",
    "price_cents": pd.NA,
    "price_ratio": float("nan"),
    "service_seconds_less": pd.NA,
    "late_days": float("nan"),
    "naive_cents": -70_000,
    "day_one_cents": -70_000,
    "expected_cents": -70_000,
    "redeploy_ratio": float("nan"),
    "breakeven_ratio": float("nan"),
}
FIELDS = Path(__file__).parents[2] / "config" / "fields.toml"


def told(*accounts: dict[str, Any], currency: str = "EUR", lines: tuple[str, ...] = COST_LINES) -> pd.DataFrame:
    """Write the texts of accounts that are given by what differs from an A account with a cost of 300 in 1,000."""
    usual = {
        "published_tier": "A",
        "indicative_tier": "A",
        "unrated_reason": "",
        "tier_since": pd.Timestamp(2025, 11, 30),
        "coverage_centi": 10_000,
        "agi_cents": 100_000,
        "cm3_cents": 70_000,
        "ncp_cents": 70_000,
        "positive_before_cents": 0,
        "positive_total_cents": 70_000,
        "is_pinned": False,
        "is_group": False,
        "rank": 1,
        "agi_rank": 1,
        **NOTHING_TO_DO,
        **{f"{line}_cents": 0 for line in lines},
        "delivery_labour_cents": 30_000,
    }
    rows = [{"account_id": str(index), **usual, **account} for index, account in enumerate(accounts)]
    table = pd.DataFrame(rows)
    return add_reasons(table, explain_gaps(table, lines), Policy(), through=date(2025, 12, 31), currency=currency)


def test_reasons_and_the_tier_field_use_the_same_words() -> None:
    labels = tomllib.loads(FIELDS.read_text(encoding="utf-8"))["tier"]["values"]
    assert {tier: f"{tier}: {meaning}" for tier, meaning in MEANINGS.items()} == labels


@pytest.mark.parametrize(
    ("currency", "agi", "zero"), [("EUR", "1,000.00", "0.00"), ("JPY", "100,000", "0"), ("BHD", "100.000", "0.000")]
)
def test_amounts_have_the_digits_of_the_books(currency: str, agi: str, zero: str) -> None:
    reasons = told({}, currency=currency)["reasons"].iloc[0]
    assert f"(AGI): {agi}.\n" in reasons
    assert f"D below {zero}." in reasons


@pytest.mark.parametrize("why", sorted(UNRATED))
def test_an_account_without_a_tier_is_told_why(why: str) -> None:
    row = told({"published_tier": "N", "indicative_tier": "N", "unrated_reason": why}).iloc[0]
    assert row["reason"] == f"N: not rated, because {UNRATED[why]}."
    assert f"These figures give no tier: {UNRATED[why]}." in row["reasons"]


def test_a_tier_of_this_close_stands_whatever_later_facts_say() -> None:
    """Facts that arrive after the close may take the reason of an N away, or give one to an A."""
    kept, gone = told(
        {"indicative_tier": "N", "unrated_reason": "no_time_data"},
        {"published_tier": "N", "ncp_cents": 40_000, "delivery_labour_cents": 60_000},
    ).to_dict("records")
    assert kept["reason"] == "A: carries the firm."
    assert "These figures alone would give N" in kept["reasons"]
    assert gone["reason"] == "N: not rated."
    assert "These figures alone would give A" in gone["reasons"]


def test_only_what_differs_from_the_portfolio_is_told() -> None:
    same, other = told({}, {})["reasons"]
    assert "portfolio" not in same + other
    cheap, dear = told(
        {"delivery_labour_cents": 20_000, "ncp_cents": 80_000}, {"delivery_labour_cents": 40_000, "ncp_cents": 60_000}
    ).to_dict("records")
    assert cheap["reason"] == "A: carries the firm."
    assert dear["reason"] == "A: carries the firm. Costs above average for its income: delivery time."
    assert dear["reasons"].endswith("margin: +10.00; largest parts: delivery time +10.00.")


def test_long_pool_names_leave_the_reason_short() -> None:
    pools = tuple(f"alloc_{letter * 120}" for letter in "abc")
    costs = {f"{pool}_cents": 10_000 for pool in pools}
    reason = told({}, costs | {"ncp_cents": 40_000}, lines=(*COST_LINES, *pools))["reason"].iloc[1]
    assert reason == f"A: carries the firm. Costs above average for its income: shared cost: {'a' * 120}."


WEAK = {
    "published_tier": "D",
    "indicative_tier": "D",
    "agi_cents": 2_400_000,
    "cm3_cents": -305_791,
    "ncp_cents": -1_161_744,
    "next_step": "Collect",
    "next_step_cents": 803_068,
    "state": "remedy",
    "failed_preconditions": ("no_open_remedy", "exit_pays"),
    "to_tier": "C",
    "price_cents": 307_011,
    "price_ratio": 0.12792125,
    "service_seconds_less": 298_000,
    "naive_cents": 1_161_744,
    "day_one_cents": -2_270_743,
    "expected_cents": 522_977,
    "redeploy_ratio": 0.587879,
    "breakeven_ratio": 0.477829,
}


def test_the_decision_is_told_with_every_figure() -> None:
    lines = told(WEAK)["reasons"].iloc[0].split("\n")
    assert lines[-4:] == [
        "Next step: Collect, +8,030.68 a year.",
        "Would reach C with +3,070.11 of price (12.79 %) or 83 service hours less.",
        (
            "If it left: +11,617.44 on paper, -22,707.43 if no hour is resold, "
            "+5,229.77 expected with 58.79 % of its hours resold; break-even at 47.78 %."
        ),
        "No review now: a remedy is still open, an exit would not pay.",
    ]


def test_what_holds_a_review_back_is_told() -> None:
    held = WEAK | {"state": "held", "failed_preconditions": ("no_exemption",), "held_by": "decision: keep"}
    locked = WEAK | {"state": "wait_for_notice_window", "failed_preconditions": (), "held_by": "contract: from May"}
    approved = WEAK | {"state": "approved", "failed_preconditions": ()}
    texts = told(held, locked, approved)["reasons"]
    assert "Held: decision: keep.\nNo review now: an exemption holds." in texts[0]
    assert "Held: contract: from May.\nReview: a review waits until notice can be given." in texts[1]
    assert texts[2].endswith("Review: people decided to phase it out.")


def test_a_pinned_tier_and_a_group_say_so() -> None:
    pinned, member = told({"is_pinned": True, "published_tier": "B"}, {"is_group": True}).to_dict("records")
    assert pinned["reason"] == "B: set by a person for a time."
    assert pinned["reasons"].startswith("B: set by a person for a time; since 2025-11-30")
    assert member["reason"] == "A: carries the firm. Rated together with its group."


def test_the_place_by_income_and_what_the_hours_could_bring_are_told_where_they_differ() -> None:
    lines = told({"rank": 6, "agi_rank": 2, "opportunity_cost_cents": 12_345})["reasons"].iloc[0].split("\n")
    assert "Place: 6 by profit, 2 by income." in lines
    assert any(line.startswith("Lost opportunity: 123.45 a year") for line in lines)


def test_every_condition_of_a_review_has_words() -> None:
    assert set(PRECONDITION_WORDS) == set(PRECONDITIONS)
