"""The two texts of an account: right in every state of a close, in every currency, for those who may not see money."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability.explain import COST_LINES, MEANINGS, UNRATED, add_reasons, explain_gaps
from profitability.policy import Policy

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
