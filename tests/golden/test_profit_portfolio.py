"""The firm on one page: every figure of the worked example and of the article's own example."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from profitability.concentration import concentration, warnings_of
from profitability.engine import evaluate
from profitability.exit_case import SUMMED
from profitability.facts import Facts
from profitability.firm import Firm, firm_of
from profitability.policy import Policy
from profitability.portfolio import portfolio_figures, revenue_ranks

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]

TODAY = date(2026, 1, 20)
HOUR = 3600
# Expected name -> our name, and what one of its units is in ours.
WORKED = {
    "total_agi": ("total_agi_cents", 100),
    "total_ncp": ("total_ncp_cents", 100),
    "whale_peak": ("whale_peak_cents", 100),
    "whale_peak_pct_of_total": ("whale_peak_ratio", 0.01),
    "profit_eroded_by_losers": ("profit_eroded_cents", 100),
    "erosion_pct_of_peak": ("erosion_ratio", 0.01),
    "clients_for_80pct_of_positive_profit": ("accounts_for_80pct_of_profit", 1),
    "top20pct_clients_ceil": ("top20pct_accounts", 1),
    "top20pct_share_of_revenue_pct": ("top20pct_revenue_ratio", 0.01),
    "top20pct_share_of_ncp_pct": ("top20pct_ncp_ratio", 0.01),
    "gini_agi": ("gini_agi", 1),
    "top1_agi_pct": ("top1_agi_ratio", 0.01),
    "top3_agi_pct": ("top3_agi_ratio", 0.01),
    "top5_agi_pct": ("top5_agi_ratio", 0.01),
    "hhi_agi": ("hhi_agi", 1),
    "effective_number_of_clients": ("effective_accounts_agi", 1),
    "hhi_normalised": ("hhi_normalised_agi", 1),
    "firm_profit": ("firm_profit_cents", 100),
    "firm_margin_on_agi_pct": ("firm_margin_ratio", 0.01),
    "client_utilisation_pct": ("utilisation_ratio", 0.01),
    "average_billable_rate": ("average_rate_cents", 100),
    "delivery_margin_pct": ("delivery_margin_ratio", 0.01),
}


def shown(value: float, like: str) -> str:
    """Write a number with as many digits as the expected text has."""
    digits = Decimal(1).scaleb(Decimal(like).as_tuple().exponent)
    return str(Decimal(repr(float(value))).quantize(digits, ROUND_HALF_UP))


@pytest.fixture(scope="module")
def accounts(worked_facts: Facts, worked_policy: Policy) -> pd.DataFrame:
    return evaluate(worked_facts, worked_policy, TODAY).accounts


@pytest.fixture(scope="module")
def firm(accounts: pd.DataFrame) -> Firm:
    return firm_of(accounts, profit_cents=3_620_092, idle_seconds=462 * HOUR, unmet_seconds=850 * HOUR)


@pytest.fixture(scope="module")
def figures(accounts: pd.DataFrame, firm: Firm, worked_rows: Reader) -> pd.Series:
    practical = sum(Decimal(row["practical_hours"]) for row in worked_rows("rates.csv"))
    table = portfolio_figures(accounts, firm, practical_seconds=int(practical * HOUR))
    return table.set_index("metric")["value"]


def test_every_figure_of_the_portfolio(figures: pd.Series, worked_rows: Reader) -> None:
    expected = {row["metric"]: row["value"] for row in worked_rows("expected_portfolio.csv")}
    found = {name: shown(figures[ours] / unit, expected[name]) for name, (ours, unit) in WORKED.items()}
    assert found == expected


def test_the_promise_to_double_profit_by_exits(figures: pd.Series, worked_rows: Reader) -> None:
    all_four = worked_rows("expected_whatif.csv")[-1]
    assert figures["loss_makers"] == len(all_four["exit"].split("+"))
    assert shown(figures["without_losers_naive_cents"] / 100, "0.00") == "71397.75"
    assert shown(figures["naive_multiple_ratio"], "0.00") == "1.97"
    assert figures["doubling_gap_cents"] == 2 * 3_620_092 - 7_139_775
    columns = {
        "without_losers_day_one_cents": ("firm_profit_no_redeploy", 100),
        "without_losers_expected_cents": ("firm_profit_expected", 100),
        "losers_breakeven_ratio": ("breakeven_redeploy_pct", 0.01),
        "losers_double_ratio": ("redeploy_pct_to_double_profit", 0.01),
    }
    for ours, (name, unit) in columns.items():
        assert shown(figures[ours] / unit, "0.00") == all_four[name]


def test_rank_by_income_beside_rank_by_profit(accounts: pd.DataFrame) -> None:
    by_agi = dict(zip(accounts["account_id"], revenue_ranks(accounts), strict=True))
    by_revenue = dict(zip(accounts["account_id"], revenue_ranks(accounts, "net_revenue_cents"), strict=True))
    by_profit = dict(zip(accounts["account_id"], accounts["rank"], strict=True))
    assert (by_agi["DEL"], by_revenue["DEL"], by_profit["DEL"]) == (4, 2, 6)
    assert (by_agi["EMB"], by_profit["EMB"]) == (7, 3)


def test_warnings_of_the_worked_example(accounts: pd.DataFrame) -> None:
    found = warnings_of(concentration(accounts["agi_cents"]), "AGI")
    assert [(warning.basis, warning.limit.measure, warning.limit.level) for warning in found] == [
        ("AGI", "top1", "red")
    ]
    assert shown(100 * found[0].value, "0.00") == "25.23"


def test_every_figure_of_the_articles_own_example(worked_rows: Reader) -> None:
    expected = {row["metric"]: row["value"] for row in worked_rows("expected_seed_example.csv")}
    revenue = pd.Series([400_000] * 20 + [25_000] * 80)
    table = pd.DataFrame({"account_id": revenue.index.map(str), "is_matched": True, "unrated_reason": ""})
    table = table.assign(**dict.fromkeys((*SUMMED, "cm1_cents", "cm3_cents"), 0)).assign(
        net_revenue_cents=revenue, agi_cents=revenue, alloc_cents=60_000, ncp_cents=revenue - 60_000
    )
    profit = int(table["ncp_cents"].sum())
    firm = firm_of(table, profit_cents=profit, idle_seconds=0, unmet_seconds=0)
    figures = portfolio_figures(table, firm, practical_seconds=0).set_index("metric")["value"]
    best = int(figures["top20pct_accounts"])
    top_revenue = figures["top20pct_revenue_ratio"] * figures["total_net_revenue_cents"]
    values = {
        "revenue_total": figures["total_net_revenue_cents"] / 100,
        "top20_share_of_revenue_pct": 100 * figures["top20pct_revenue_ratio"],
        "revenue_per_top_client": top_revenue / best / 100,
        "revenue_per_other_client": (figures["total_net_revenue_cents"] - top_revenue) / (100 - best) / 100,
        "gini_revenue": figures["gini_agi"],
        "hhi_revenue": figures["hhi_agi"],
        "effective_clients": figures["effective_accounts_agi"],
        "profit_total_at_600_cost_each": figures["ranked_ncp_cents"] / 100,
        "top20_profit": figures["whale_peak_cents"] / 100,
        "whale_peak_pct": 100 * figures["whale_peak_ratio"],
        "loss_of_other_80": -figures["profit_eroded_cents"] / 100,
        "profit_naive_after_exit_of_80": figures["without_losers_naive_cents"] / 100,
        "profit_multiple_naive": figures["naive_multiple_ratio"],
        "profit_after_exit_if_0pct_of_cost_avoidable": figures["without_losers_day_one_cents"] / 100,
        "extra_profit_needed_to_double_even_if_all_avoidable": figures["doubling_gap_cents"] / 100,
    }
    found = {name: shown(value, expected[name]) for name, value in values.items()}
    found["doubling_possible_by_exit_alone"] = "yes" if figures["doubling_gap_cents"] <= 0 else "no"
    # The other shares of avoidable cost, and the one that breaks even, are exit cases: see test_profit_exits.
    elsewhere = {name for name in expected if "avoidable" in name} - set(found)
    assert len(elsewhere) == 4
    assert found == {name: value for name, value in expected.items() if name not in elsewhere}


@pytest.mark.parametrize("case", ["H01", "H02", "H03"])
def test_published_herfindahl_indices(case: str, worked_rows: Reader) -> None:
    row = next(row for row in worked_rows("published_vectors.csv") if row["id"] == case)
    shares = [int(share) for share in row["what"].removeprefix("HHI ").split("/")]
    assert sum(shares) == 100
    assert concentration(pd.Series(shares)).hhi == int(row["expected"])
