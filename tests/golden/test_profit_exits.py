"""Exits of the worked example to the cent, and the published cases on avoidable cost and lifetime value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest

from profitability.concentration import concentration_after, hhi_after, top1_after
from profitability.engine import evaluate
from profitability.exit_case import (
    SUMMED,
    avoidable_share_to_break_even,
    exit_cases,
    leaving_sets,
    replacement_revenue_cents,
)
from profitability.facts import Facts
from profitability.firm import Firm, firm_of, throughput_of
from profitability.memo import margin_multiple, opportunity_cost_cents
from profitability.policy import Policy
from profitability.portfolio import portfolio_figures
from profitability.ratios import decimal_text

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]

TODAY = date(2026, 1, 20)
HOUR = 3600
MONEY = {
    "naive_gain": "naive_cents",
    "keep_value_lost": "keep_value_cents",
    "delta_no_redeploy": "day_one_cents",
    "delta_50pct": "half_cents",
    "delta_expected": "expected_cents",
    "delta_full_redeploy": "full_cents",
    "firm_profit_no_redeploy": "firm_profit_day_one_cents",
    "firm_profit_expected": "firm_profit_expected_cents",
}
PERCENT = {
    "expected_redeploy_pct": "redeploy_ratio",
    "breakeven_redeploy_pct": "breakeven_ratio",
    "redeploy_pct_to_double_profit": "double_ratio",
}
VERDICTS = {
    "GRO": "pays_if_hours_sell",
    "FJO": "fix_first",
    "HAL": "pays_if_hours_sell",
    "DEL": "fix_first",
    "GRO+FJO": "fix_first",
    "GRO+FJO+HAL+DEL": "fix_first",
}


def shown(value: float | Fraction, like: str) -> str:
    """Write a number with as many digits as the expected text has."""
    digits = Decimal(1).scaleb(Decimal(like).as_tuple().exponent)
    whole = Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(repr(float(value)))
    return str(whole.quantize(digits, ROUND_HALF_UP))


def cents(value: float) -> str:
    return decimal_text(int(value), 2).replace(",", "")


@pytest.fixture(scope="module")
def accounts(worked_facts: Facts, worked_policy: Policy) -> pd.DataFrame:
    return evaluate(worked_facts, worked_policy, TODAY).accounts


@pytest.fixture(scope="module")
def firm(accounts: pd.DataFrame) -> Firm:
    return firm_of(accounts, profit_cents=3_620_092, idle_seconds=462 * HOUR, unmet_seconds=850 * HOUR)


@pytest.fixture(scope="module")
def published(worked_rows: Reader) -> dict[str, str]:
    return {row["id"]: row["expected"] for row in worked_rows("published_vectors.csv")}


def account(name: str, **amounts: int) -> dict[str, object]:
    return {"account_id": name, "is_matched": True, "unrated_reason": "", **dict.fromkeys(SUMMED, 0), **amounts}


def test_every_cell_of_the_exits(accounts: pd.DataFrame, firm: Firm, worked_rows: Reader) -> None:
    expected = worked_rows("expected_whatif.csv")
    sets = {row["exit"]: row["exit"].split("+") for row in expected}
    cases = exit_cases(leaving_sets(accounts, sets), firm)
    assert list(cases["account_id"]) == list(sets)
    for row, case in zip(expected, cases.to_dict("records"), strict=True):
        after = concentration_after(accounts, sets[row["exit"]])
        found = {name: cents(case[column]) for name, column in MONEY.items()}
        found |= {name: shown(100 * case[column], row[name]) for name, column in PERCENT.items()}
        found |= {
            "exit": case["account_id"],
            "freed_hours": shown(case["freed_seconds"] / HOUR, "0.00"),
            "replacement_agi_per_hour": shown(firm.throughput * HOUR / 100, row["replacement_agi_per_hour"]),
            "top1_agi_pct_after": shown(100 * after.top1_ratio, row["top1_agi_pct_after"]),
            "hhi_after": shown(after.hhi, row["hhi_after"]),
        }
        assert found == row
        assert case["verdict"] == VERDICTS[row["exit"]]
        assert case["pays"] == (Decimal(row["delta_expected"]) > 0)


def test_accounts_by_themselves_are_sets_of_one(accounts: pd.DataFrame, firm: Firm) -> None:
    alone = exit_cases(accounts, firm)
    as_sets = exit_cases(leaving_sets(accounts, {name: [name] for name in accounts["account_id"]}), firm)
    pd.testing.assert_frame_equal(alone, as_sets)


def test_concentration_after_single_exits(accounts: pd.DataFrame, worked_rows: Reader) -> None:
    top1 = pd.Series(top1_after(accounts).to_numpy(), index=accounts["account_id"])
    hhi = pd.Series(hhi_after(accounts).to_numpy(), index=accounts["account_id"])
    singles = [row for row in worked_rows("expected_whatif.csv") if "+" not in row["exit"]]
    assert len(singles) == 4
    for row in singles:
        assert shown(100 * top1[row["exit"]], row["top1_agi_pct_after"]) == row["top1_agi_pct_after"]
        assert shown(hhi[row["exit"]], row["hhi_after"]) == row["hhi_after"]


def test_the_throughput_of_an_hour_is_known_before_the_demand(accounts: pd.DataFrame, firm: Firm) -> None:
    assert throughput_of(accounts) == firm.throughput
    assert shown(firm.throughput * HOUR / 100, "0.0000") == "72.0031"


def test_what_stays_of_an_exit_falls_on_the_hours_that_remain(accounts: pd.DataFrame, firm: Firm) -> None:
    case = exit_cases(accounts, firm).set_index("account_id").loc["FJO"]
    # Delivery 24,630.00, service 7,267.56, collection 731.28 and shared cost 10,033.61 less 297.22 that goes.
    stays = Fraction("24630") + Fraction("7267.56") + Fraction("731.28") + Fraction("10033.61") - Fraction("297.22")
    assert case["stranded_cents_per_hour"] == pytest.approx(float(100 * stays / (6186 - 792)), abs=1e-9)
    assert case["open_receivable_cents"] == 1_280_000


def test_opportunity_cost_of_cheap_hours(accounts: pd.DataFrame, firm: Firm) -> None:
    cost = dict(zip(accounts["account_id"], opportunity_cost_cents(accounts, firm), strict=True))
    # 660 h at 72.0031 less the 23,100.00 that they bring; 388 of 6,186 client hours have a buyer.
    v = Fraction(445_411_07, 6186 * 100)
    assert cost["GRO"] == round(100 * (660 * v - 23_100) * Fraction(388, 6186))
    assert cost["ALF"] == 0


def test_wisk_reports_a_loss_and_is_worth_keeping(published: dict[str, str]) -> None:
    # Goods 330,000, handling 33,000, order and delivery 12,000 and support 10,000 disappear; 47,000 of cost stays.
    wisk = account(
        "Wisk",
        net_revenue_cents=40_000_000,
        agi_cents=40_000_000,
        pass_through_cents=33_000_000,
        contractors_cents=3_300_000,
        direct_expenses_cents=1_200_000,
        alloc_cents=5_700_000,
        avoidable_alloc_ppm_cents=1_000_000 * 10**6,
        ncp_cents=-3_200_000,
        worked_seconds=HOUR,
    )
    others = account("others", net_revenue_cents=80_000_000, ncp_cents=2_500_000, worked_seconds=HOUR)
    table = pd.DataFrame([wisk, others]).assign(cm1_cents=0, cm3_cents=0)
    no_use = Firm(-700_000, 0, 0, -700_000, 0, 2 * HOUR, 0, 0, throughput_cents=2_000_000, throughput_seconds=HOUR)
    let = Firm(-700_000, 0, 0, -700_000, 0, 2 * HOUR, 0, HOUR, throughput_cents=2_000_000, throughput_seconds=HOUR)
    dropped, with_rent = (exit_cases(table, firm).iloc[0] for firm in (no_use, let))
    figures = portfolio_figures(table, no_use, practical_seconds=0).set_index("metric")["value"]
    assert -dropped["naive_cents"] == 100 * int(published["A01"])
    assert dropped["expected_cents"] == 100 * int(published["A02"])
    assert with_rent["expected_cents"] == 100 * int(published["A03"])
    assert figures["ranked_ncp_cents"] == 100 * int(published["A04"])
    assert (dropped["pays"], with_rent["pays"]) == (False, True)
    assert dropped["firm_profit_day_one_cents"] == 100 * (int(published["A04"]) + int(published["A02"]))
    assert pd.isna(dropped["double_ratio"])
    assert pd.isna(figures["whale_peak_ratio"])


def test_a_lost_contribution_is_replaced_and_not_its_revenue(published: dict[str, str]) -> None:
    lost = account("lost", net_revenue_cents=1_500_000, pass_through_cents=975_000, ncp_cents=-1)
    keep_value = int(exit_cases(pd.DataFrame([lost]), Firm(0, 0, 0, 0, 0, 0, 0, 0, 0, 0))["keep_value_cents"].iloc[0])
    assert cents(keep_value) == published["R01"]
    assert cents(replacement_revenue_cents(keep_value, Fraction(65, 100))) == published["R02"]


def test_margin_multiples(published: dict[str, str]) -> None:
    found = [margin_multiple(Fraction(rate, 100), Fraction(10, 100)) for rate in (60, 70, 80, 90)]
    assert [shown(multiple, "0.00") for multiple in found] == published["C01"].split()


@pytest.fixture(scope="module")
def article(worked_rows: Reader) -> dict[str, str]:
    return {row["metric"]: row["value"] for row in worked_rows("expected_seed_example.csv")}


def test_the_articles_own_hundred_accounts_leave(article: dict[str, str]) -> None:
    cost = 60_000
    rows = [
        account(
            str(index),
            net_revenue_cents=revenue,
            agi_cents=revenue,
            alloc_cents=cost,
            ncp_cents=revenue - cost,
            worked_seconds=HOUR,
        )
        for index, revenue in enumerate([400_000] * 20 + [25_000] * 80)
    ]
    table = pd.DataFrame(rows)
    firm = firm_of(table, profit_cents=4_000_000, idle_seconds=0, unmet_seconds=0)
    for percent in (0, 30, 50, 100):
        shared = table.assign(avoidable_alloc_ppm_cents=cost * percent * 10_000)
        leaving = leaving_sets(shared, {"80": [str(index) for index in range(20, 100)]})
        case = exit_cases(leaving, firm).iloc[0]
        found = cents(case["firm_profit_expected_cents"])
        assert found == article[f"profit_after_exit_if_{percent}pct_of_cost_avoidable"]
        assert cents(-case["naive_cents"]) == article["loss_of_other_80"]
        assert case["pays"] == (percent > 41)
        share = avoidable_share_to_break_even(leaving).iloc[0]
        assert shown(100 * share, "0.00") == article["breakeven_avoidable_share_pct"]
