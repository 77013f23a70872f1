"""Rank and tier from a few figures: the basis of the ranking, equal profit, accounts without income."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from profitability.policy import Policy
from profitability.tiers import assign_tiers


def rated(rows: list[tuple[str, int, int, int]], policy: Policy | None = None) -> pd.DataFrame:
    """Rate accounts of account_id, AGI, CM3 and NCP in cents; revenue equals AGI."""
    table = pd.DataFrame(rows, columns=["account_id", "agi_cents", "cm3_cents", "ncp_cents"])
    table = table.assign(
        is_matched=~table["account_id"].str.startswith("unmatched"),
        unrated_reason="",
        net_revenue_cents=table["agi_cents"],
    )
    return assign_tiers(table, policy or Policy())


def test_ranking_by_cm3_orders_and_shares_by_cm3_and_leaves_the_margins_on_net_profit() -> None:
    rows = [("a", 1_000, 500, 400), ("b", 1_000, 900, 300), ("c", 1_000, 600, 350), ("d", 1_000, 400, -50)]
    by_profit = rated(rows)
    assert list(by_profit["account_id"]) == ["a", "c", "b", "d"]
    assert list(by_profit["positive_before_cents"]) == [0, 400, 750, 1_050]
    assert list(by_profit["indicative_tier"]) == ["A", "A", "A", "C"]

    by_cm3 = rated(rows, replace(Policy(), rank_by="cm3"))
    assert list(by_cm3["account_id"]) == ["b", "c", "a", "d"]
    assert list(by_cm3["positive_before_cents"]) == [0, 900, 1_500, 2_000]
    assert list(by_cm3["cumulative_ncp_cents"]) == [900, 1_500, 2_000, 2_400]
    assert list(by_cm3["indicative_tier"]) == ["A", "A", "A", "C"]


def test_equal_profit_shares_the_place_of_the_first_and_larger_revenue_ranks_first() -> None:
    found = rated([("b", 100, 80, 80), ("a", 100, 80, 80), ("c", 300, 80, 80), ("d", 100, 60, 60)])
    assert list(found["account_id"]) == ["c", "a", "b", "d"]
    assert list(found["positive_before_cents"]) == [0, 0, 0, 240]
    assert list(found["indicative_tier"]) == ["A", "A", "A", "B"]


def test_a_party_without_an_account_takes_no_place_in_the_curve() -> None:
    found = rated([("unmatched:x", 900, 900, 900), ("a", 100, 50, 50), ("b", 100, 0, 0)])
    assert list(found["account_id"]) == ["a", "b", "unmatched:x"]
    assert found["rank"].isna().to_list() == [False, False, True]
    assert found["positive_total_cents"].isna().to_list() == [False, False, True]
    assert list(found["positive_before_cents"][:2]) == [0, 50]


def test_without_income_there_is_no_margin_no_band_and_no_a() -> None:
    found = rated([("credit", -500, -500, -500), ("idle", 0, 0, 0), ("cost", 0, 0, -1), ("loss", 100, -1, 9)])
    by_name = found.set_index("account_id")
    assert by_name["indicative_tier"].to_dict() == {"credit": "D", "idle": "C", "cost": "D", "loss": "D"}
    assert by_name["lenient_tier"].to_dict() == {"credit": "D", "idle": "C", "cost": "D", "loss": "B"}
    assert by_name["ncp_margin_ratio"].isna().to_dict() == {"credit": True, "idle": True, "cost": True, "loss": False}
