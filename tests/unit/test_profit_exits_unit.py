"""Exits, concentration and portfolio figures at their limits, and where a figure is not defined."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability.concentration import (
    LIMITS,
    concentration,
    concentration_after,
    hhi_after,
    top1_after,
    warnings_of,
)
from profitability.errors import DataError
from profitability.exit_case import (
    EXIT_VERDICTS,
    SUMMED,
    avoidable_share_to_break_even,
    exit_cases,
    leaving_sets,
    replacement_revenue_cents,
    rows_leaving,
)
from profitability.firm import Firm, firm_of, throughput_of
from profitability.memo import margin_multiple, opportunity_cost_cents
from profitability.portfolio import portfolio_figures, revenue_ranks
from profitability.ratios import exact, posted

# An hour of 3,600 s brings 7,200 cents.
FIRM = Firm(10_000, 0, 90_000, 0, 0, 7_200, 0, 0, throughput_cents=2, throughput_seconds=1)


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"is_matched": True, "unrated_reason": "", **dict.fromkeys((*SUMMED, "cm1_cents", "cm3_cents"), 0)}
    return pd.DataFrame([{"account_id": str(index), **usual, **row} for index, row in enumerate(rows)])


def exit_of(firm: Firm = FIRM, **amounts: int) -> pd.Series:
    return exit_cases(table(amounts), firm).iloc[0]


def figures_of(accounts: pd.DataFrame, **firm: int) -> pd.Series:
    sums = firm_of(accounts, **({"profit_cents": 0, "idle_seconds": 0, "unmet_seconds": 0} | firm))
    return portfolio_figures(accounts, sums, practical_seconds=0).set_index("metric")["value"]


@pytest.mark.parametrize(
    ("revenue", "hours", "demand", "verdict", "pays"),
    [
        (-1, 100, 0, "pays_at_once", True),
        (0, 100, 0, "pays_if_hours_sell", False),
        (0, 100, 1, "pays_if_hours_sell", True),
        (100, 100, 50, "pays_if_hours_sell", False),
        (99, 100, 50, "pays_if_hours_sell", True),
        (101, 100, 50, "fix_first", False),
        (200, 100, 50, "fix_first", False),
        (200, 100, 900, "pays_if_hours_sell", False),
        (201, 100, 900, "never_by_exit", False),
        (1, 0, 900, "keep", False),
        (0, 0, 900, "keep", False),
        (-1, 0, 900, "pays_at_once", True),
    ],
)
def test_verdicts_at_their_limits(revenue: int, hours: int, demand: int, verdict: str, *, pays: bool) -> None:
    found = exit_of(replace(FIRM, unmet_seconds=demand), net_revenue_cents=revenue, worked_seconds=hours)
    assert (found["verdict"], found["pays"]) == (verdict, pays)
    assert verdict in EXIT_VERDICTS


@pytest.mark.parametrize("throughput", [(0, 1), (-5, 1), (5, 0)])
def test_time_that_brings_nothing_is_not_sold(throughput: tuple[int, int]) -> None:
    firm = replace(FIRM, throughput_cents=throughput[0], throughput_seconds=throughput[1], unmet_seconds=900)
    found = exit_of(firm, net_revenue_cents=50, worked_seconds=100)
    assert [found[f"{name}_cents"] for name in ("day_one", "half", "expected", "full")] == [-50] * 4
    assert found["verdict"] == "keep"
    assert found[["breakeven_ratio", "double_ratio"]].isna().all()
    assert found["redeploy_ratio"] == 1


def test_without_time_there_is_no_share_of_it() -> None:
    found = exit_of(net_revenue_cents=50)
    assert found[["redeploy_ratio", "breakeven_ratio", "double_ratio"]].isna().all()


@pytest.mark.parametrize(("profit", "share"), [(0, None), (-1, None), (150, 1.0)])
def test_nobody_doubles_a_loss(profit: int, share: float | None) -> None:
    found = exit_of(replace(FIRM, profit_cents=profit), net_revenue_cents=50, worked_seconds=100)
    assert (None if pd.isna(found["double_ratio"]) else found["double_ratio"]) == share


def test_halves_of_a_cent_are_rounded_away_from_zero() -> None:
    firm = replace(FIRM, throughput_cents=1)
    assert exit_of(firm, worked_seconds=1)["half_cents"] == 1
    assert exit_of(firm, worked_seconds=1, net_revenue_cents=1)["half_cents"] == -1


def test_every_cost_that_leaves_with_the_account_and_no_other_lowers_its_keep_value() -> None:
    found = {column: exit_of(**{column: 1_000_000})["keep_value_cents"] for column in SUMMED}
    leaves = "pass_through contractors direct_expenses late_financing ecl_movement write_offs hourly_labour"
    expected = dict.fromkeys(SUMMED, 0) | {f"{name}_cents": -1_000_000 for name in leaves.split()}
    assert found == expected | {"net_revenue_cents": 1_000_000, "avoidable_alloc_ppm_cents": -1}


def test_pay_of_posts_that_end_counts_from_day_one() -> None:
    kept = table({"net_revenue_cents": 100, "worked_seconds": 100})
    found = exit_cases(kept.assign(released_pay_cents=30), FIRM).iloc[0]
    assert found["keep_value_cents"] == 100
    assert (found["day_one_cents"], found["breakeven_ratio"]) == (-70, 0.35)


def test_whoever_is_paid_by_the_hour_goes_with_the_account_and_frees_no_time() -> None:
    firm = replace(FIRM, unmet_seconds=10**6)
    paid_hourly = {"delivery_labour_cents": 200, "hourly_labour_cents": 200, "hourly_seconds": 40}
    found = exit_of(firm, net_revenue_cents=500, worked_seconds=100, **paid_hourly)
    assert (found["keep_value_cents"], found["freed_seconds"], found["full_cents"]) == (300, 60, 60 * 2 - 300)
    assert found["stranded_cents_per_hour"] == 0


def test_what_stays_is_carried_by_the_hours_that_remain() -> None:
    labour = {"delivery_labour_cents": 40, "service_labour_cents": 30, "late_collection_labour_cents": 20}
    shared = {"alloc_cents": 50, "avoidable_alloc_ppm_cents": 20_000_000}
    found = exit_of(worked_seconds=3_600, **labour, **shared)
    assert found["stranded_cents_per_hour"] == 120
    assert pd.isna(exit_of(worked_seconds=7_200, **labour)["stranded_cents_per_hour"])


def test_a_set_sums_avoidable_cost_that_is_whole_cents_for_each_account() -> None:
    accounts = table(*[{"avoidable_alloc_ppm_cents": 1_400_000}] * 3)
    found = leaving_sets(accounts, {"all": ["0", "1", "2"], "none": []})
    assert list(found["avoidable_alloc_ppm_cents"]) == [3_000_000, 0]
    assert list(exit_cases(found, FIRM)["keep_value_cents"]) == [-3, 0]
    assert list(exit_cases(found, FIRM)["verdict"]) == ["pays_at_once", "keep"]


def test_sets_that_cannot_be_are_refused_by_name() -> None:
    accounts = table({}, {})
    with pytest.raises(DataError, match=r"set x: no such account: 7, 9\n") as refused:
        leaving_sets(accounts, {"x": ["0", "7", "9"]})
    assert refused.value.remedy
    with pytest.raises(DataError, match="named more than once: 1"):
        leaving_sets(accounts, {"x": ["1", "0", "1"]})
    with pytest.raises(DataError, match="no such account: 7"):
        concentration_after(accounts, ["7"])
    assert list(rows_leaving(accounts, ["1", "0"])["account_id"]) == ["1", "0"]


def test_no_rows_give_no_rows_with_the_same_columns() -> None:
    some = exit_cases(table({}), FIRM)
    none = exit_cases(leaving_sets(table({}), {}), FIRM)
    assert len(none) == 0
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_columns_have_their_types_and_rows_their_places() -> None:
    rows = table({"worked_seconds": 5}, {"worked_seconds": 6}).set_index(pd.Index([8, 3]))
    found = exit_cases(rows, FIRM)
    assert list(found.index) == [8, 3]
    for column, dtype in found.dtypes.items():
        kind = "Int64" if column.endswith("_cents") else "float64"
        others = {"account_id": "str", "verdict": "str", "pays": "bool", "freed_seconds": "int64"}
        assert str(dtype) == others.get(column, kind), column


def test_amounts_at_the_end_of_64_bits_stay_exact_and_beyond_it_are_refused() -> None:
    largest = 2**63 - 1
    found = exit_of(replace(FIRM, profit_cents=1), net_revenue_cents=largest, worked_seconds=2**62 - 1)
    assert (found["day_one_cents"], found["full_cents"]) == (-largest, -1)
    assert found["firm_profit_day_one_cents"] == 1 - largest
    with pytest.raises(DataError, match="beyond 64 bits"):
        exit_of(net_revenue_cents=-largest, pass_through_cents=largest)


def test_the_share_of_cost_that_must_go() -> None:
    accounts = table(
        {"net_revenue_cents": 40, "ncp_cents": -60},
        {"net_revenue_cents": 40, "ncp_cents": 20},
        {"net_revenue_cents": 40, "ncp_cents": 40},
    )
    found = avoidable_share_to_break_even(accounts)
    assert list(found[:2]) == [0.4, 2.0]
    assert pd.isna(found[2])


def test_nothing_is_replaced_at_a_margin_of_zero() -> None:
    assert replacement_revenue_cents(100, Fraction(0)) is None
    assert replacement_revenue_cents(-1, Fraction(2, 3)) == -2


def test_the_firm_counts_everybody_and_its_throughput_only_the_rated() -> None:
    each = {"net_revenue_cents": 9, "agi_cents": 8, "ncp_cents": 3, "service_labour_cents": 2, "worked_seconds": 5}
    paid = {"contractors_cents": 1, "direct_expenses_cents": 2}
    accounts = table({**each, **paid}, {**each, "unrated_reason": "dormant"}, {**each, "is_matched": False})
    firm = firm_of(accounts, profit_cents=7, idle_seconds=4, unmet_seconds=6)
    assert firm == Firm(7, 27, 24, 9, 6, 15, 4, 6, throughput_cents=5, throughput_seconds=5)
    assert firm.spare_demand_seconds == 2
    assert throughput_of(accounts) == firm.throughput == 1
    assert throughput_of(accounts.assign(worked_seconds=0)) == 0


def test_sums_of_the_firm_do_not_wrap() -> None:
    accounts = table(*[{"agi_cents": 2**62}] * 4)
    assert firm_of(accounts, profit_cents=0, idle_seconds=0, unmet_seconds=0).agi_cents == 2**64


def levels(*amounts: int) -> dict[str, str]:
    return {
        warning.limit.measure: warning.limit.level for warning in warnings_of(concentration(pd.Series(amounts)), "")
    }


def test_limits_are_passed_by_the_smallest_amount_above_them() -> None:
    # Ten to the seventeenth: a float does not see the last unit.
    tenth = 10**17
    rest = [tenth] * 9
    assert levels(tenth, *rest) == {}
    assert levels(tenth + 10, *rest) == {"top1": "note", "top5": "amber"}
    assert levels(2, *[1] * 8) == {"top1": "note"}
    assert levels(tenth // 2, *[tenth // 10] * 20) == {"top1": "note"}
    assert levels(tenth // 2 + 1, *[tenth // 10] * 20) == {"top1": "amber"}
    assert levels(tenth, *[tenth // 10] * 30) == {"top1": "amber"}
    assert levels(tenth + 1, *[tenth // 10] * 30) == {"top1": "red"}


def test_the_five_largest_count_from_ten_accounts_on() -> None:
    assert "top5" not in levels(*[3] * 4, *[1] * 5)
    assert levels(*[3] * 4, *[1] * 6)["top5"] == "amber"


@pytest.mark.parametrize(
    ("amounts", "level"),
    [([1] * 8, None), ([1] * 5, "amber"), ([1] * 3, "amber"), ([60, 20, 20], "red"), ([49, 51], "amber"), ([7], "red")],
)
def test_few_equal_accounts_are_no_red_index(amounts: list[int], level: str | None) -> None:
    assert levels(*amounts).get("hhi") == level


def test_limits_name_their_source() -> None:
    assert all(limit.source for limit in LIMITS)


def test_nothing_above_zero_has_no_concentration() -> None:
    found = concentration(pd.Series([0, -5], dtype="int64"))
    assert (found.accounts, found.top1_ratio, found.top3_ratio, found.top5_ratio) == (0, None, None, None)
    assert (found.hhi, found.effective_accounts, found.hhi_normalised, found.gini) == (None, None, None, None)
    assert warnings_of(found, "AGI") == ()


def test_one_account_is_all_there_is() -> None:
    found = concentration(pd.Series([-5, 3]))
    assert (found.accounts, found.top1_ratio, found.top3_ratio, found.top5_ratio) == (1, 1, 1, 1)
    assert (found.hhi, found.effective_accounts, found.hhi_normalised, found.gini) == (10_000, 1, 1, 0)
    alone = table({"agi_cents": 3}, {"agi_cents": -5})
    assert top1_after(alone).isna().to_list() == [True, False]
    assert list(hhi_after(alone).isna()) == [True, False]
    assert (top1_after(alone)[1], hhi_after(alone)[1]) == (1, 10_000)
    assert concentration_after(alone, ["0"]).accounts == 0
    nobody = alone.iloc[:0]
    assert (len(top1_after(nobody)), len(hhi_after(nobody))) == (0, 0)


def test_a_firm_where_nobody_earns_shows_money_and_no_shares() -> None:
    found = figures_of(table({"ncp_cents": -7, "agi_cents": 10}, {"ncp_cents": 0}), profit_cents=-9)
    assert (found["nobody_earns"], found["loss_makers"], found["profit_eroded_cents"]) == (1, 1, 7)
    undefined = "whale_peak_ratio erosion_ratio accounts_for_80pct_of_profit accounts_for_80pct_of_revenue"
    undefined += " top20pct_ncp_ratio top20pct_revenue_ratio naive_multiple_ratio doubling_gap_cents"
    undefined += " losers_double_ratio utilisation_ratio average_rate_cents top1_cm3_ratio"
    assert found[undefined.split()].isna().all()
    assert (found["without_losers_naive_cents"], found["firm_margin_ratio"]) == (-2, -0.9)


def test_a_curve_that_ends_at_zero_is_told_in_money() -> None:
    found = figures_of(table({"ncp_cents": 9}, {"ncp_cents": -9}))
    assert (found["whale_peak_cents"], found["ranked_ncp_cents"], found["profit_eroded_cents"]) == (9, 0, 9)
    assert found[["whale_peak_ratio", "erosion_ratio", "top20pct_ncp_ratio"]].isna().all()
    assert (found["accounts_for_80pct_of_profit"], found["nobody_earns"]) == (1, 0)


def test_a_firm_without_accounts_has_figures() -> None:
    found = figures_of(table({}).iloc[:0])
    assert (found["accounts"], found["nobody_earns"], found["top20pct_accounts"]) == (0, 0, 0)
    assert pd.isna(found["hhi_agi"])


def test_parties_without_an_account_count_in_totals_and_risk_and_not_in_the_curve() -> None:
    own = {"ncp_cents": 10, "agi_cents": 30, "net_revenue_cents": 30}
    found = figures_of(table(own, {**own, "is_matched": False}))
    assert (found["accounts"], found["unmatched_accounts"]) == (1, 1)
    assert (found["total_ncp_cents"], found["ranked_ncp_cents"], found["whale_peak_ratio"]) == (20, 10, 1)
    assert (found["top1_agi_ratio"], found["top20pct_revenue_ratio"]) == (0.5, 1)


def test_eighty_percent_is_reached_by_exactly_eighty() -> None:
    found = figures_of(table(*[{"ncp_cents": 20, "net_revenue_cents": 25}] * 4, {"ncp_cents": 20}))
    assert found["accounts_for_80pct_of_profit"] == found["accounts_for_80pct_of_revenue"] == 4


def test_units_say_what_a_figure_counts() -> None:
    accounts = table({"worked_seconds": 1, "agi_cents": 1})
    firm = firm_of(accounts, profit_cents=0, idle_seconds=0, unmet_seconds=0)
    units = portfolio_figures(accounts, firm, practical_seconds=4).set_index("metric")
    assert units.loc["utilisation_ratio", "value"] == 0.25
    assert (units.loc["average_rate_cents", "value"], units.loc["average_rate_cents", "unit"]) == (
        3_600,
        "cents_per_hour",
    )
    assert units.index.is_unique
    endings = {"_ratio": "ratio", "_cents": "cents"}
    for metric, unit in units["unit"].items():
        assert endings.get(metric[-6:], unit) == unit.removesuffix("_per_hour"), metric


def test_ranks_by_income_give_ties_to_revenue_and_then_to_the_id() -> None:
    accounts = table(
        {"agi_cents": 5, "net_revenue_cents": 5},
        {"agi_cents": 5, "net_revenue_cents": 9},
        {"agi_cents": 5, "net_revenue_cents": 5, "account_id": "!"},
        {"agi_cents": 99, "is_matched": False},
    )
    assert revenue_ranks(accounts).to_list() == [3, 1, 2, pd.NA]


def test_an_hour_that_nobody_else_wants_costs_nothing() -> None:
    accounts = table(
        {"worked_seconds": 600, "agi_cents": 300}, {"agi_cents": 300}, {"worked_seconds": 9, "agi_cents": 99}
    )
    assert opportunity_cost_cents(accounts, replace(FIRM, idle_seconds=50, unmet_seconds=50)).to_list() == [0, pd.NA, 0]
    # 600 s bring 1,200 elsewhere, 300 here; one second in four is asked for, at most every one.
    quarter, all_of_it = replace(FIRM, unmet_seconds=1_800), replace(FIRM, unmet_seconds=99_999)
    assert opportunity_cost_cents(accounts, quarter).to_list() == [225, pd.NA, 0]
    assert opportunity_cost_cents(accounts, all_of_it).to_list() == [900, pd.NA, 0]
    assert opportunity_cost_cents(accounts, replace(all_of_it, throughput_seconds=0)).isna().all()


@pytest.mark.parametrize(("retention", "discount"), [(-1, 0), (2, 5), (0, -1), (1, 0)])
def test_a_margin_multiple_that_cannot_be_is_refused(retention: int, discount: int) -> None:
    with pytest.raises(DataError, match="no margin multiple"):
        margin_multiple(Fraction(retention), Fraction(discount))


def test_a_margin_multiple_lies_between_nothing_and_one_over_the_discount_rate() -> None:
    assert margin_multiple(Fraction(0), Fraction(0)) == 0
    assert margin_multiple(Fraction(1), Fraction(1, 10)) == 10


def test_a_column_that_fits_is_posted_as_it_is() -> None:
    whole = exact(pd.Series([2**63 - 1, -(2**63)]))
    found = posted(whole, pd.Index(["a", "b"]))
    assert found.to_dict() == {"a": 2**63 - 1, "b": -(2**63)}
    with pytest.raises(DataError, match="beyond 64 bits"):
        posted(whole + 1, found.index)
