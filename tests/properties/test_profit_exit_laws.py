"""Laws of exits, concentration and the whale curve, on generated accounts and beside exact fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import pandas as pd
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from profitability.concentration import concentration, concentration_after, hhi_after, top1_after
from profitability.errors import DataError
from profitability.exit_case import SUMMED, exit_cases, leaving_sets
from profitability.firm import Firm, firm_of
from profitability.memo import opportunity_cost_cents
from profitability.portfolio import portfolio_figures

Row = dict[str, Any]

FEW = settings(max_examples=25, deadline=None)
MANY = settings(max_examples=50, deadline=None)
PPM = 10**6

amounts = st.one_of(st.sampled_from([0, 1, -1, 10**14]), st.integers(-50_000, 200_000))
costs = st.one_of(st.sampled_from([0, 0, 1]), st.integers(0, 60_000))
seconds = st.one_of(st.just(0), st.integers(0, 100_000))
rows = st.fixed_dictionaries(
    {
        "is_matched": st.sampled_from([True, True, True, False]),
        "unrated_reason": st.sampled_from(["", "", "", "dormant"]),
        "cm1_cents": amounts,
        "cm3_cents": amounts,
        **dict.fromkeys(SUMMED, costs),
        **{f"{name}_cents": amounts for name in ("net_revenue", "agi", "ncp", "ecl_movement")},
        "avoidable_alloc_ppm_cents": st.integers(-PPM, 900 * PPM),
        "worked_seconds": seconds,
        "hourly_seconds": st.just(0),
    }
)
tables = st.lists(rows, min_size=1, max_size=6).map(
    lambda listed: pd.DataFrame([{"account_id": f"A{index}", **row} for index, row in enumerate(listed)])
)
positives = st.lists(st.integers(1, 10**12), min_size=1, max_size=9)


@st.composite
def firms(draw: st.DrawFn, accounts: pd.DataFrame) -> Firm:
    profit = draw(st.integers(-90_000, 900_000))
    return firm_of(accounts, profit_cents=profit, idle_seconds=draw(seconds), unmet_seconds=draw(seconds))


def rounded(value: Fraction) -> int:
    size = int(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


def keep_value(row: Row) -> int:
    saved = "pass_through contractors direct_expenses late_financing ecl_movement write_offs hourly_labour"
    avoidable = rounded(Fraction(row["avoidable_alloc_ppm_cents"], PPM))
    return row["net_revenue_cents"] - sum(row[f"{name}_cents"] for name in saved.split()) - avoidable


def worth_of_a_second(accounts: pd.DataFrame) -> Fraction:
    rated = [row for row in accounts.to_dict("records") if row["is_matched"] and not row["unrated_reason"]]
    brought = sum(row["agi_cents"] - row["contractors_cents"] - row["direct_expenses_cents"] for row in rated)
    hours = sum(row["worked_seconds"] for row in rated)
    return max(Fraction(brought, hours), Fraction(0)) if hours else Fraction(0)


def gain(keep: int, hours: int, v: Fraction) -> Callable[[Fraction], Fraction]:
    return lambda share: share * hours * v - keep


@FEW
@given(st.data())
def test_exits_equal_the_formula_in_fractions(data: st.DataObject) -> None:
    accounts = data.draw(tables)
    firm = data.draw(firms(accounts))
    v = worth_of_a_second(accounts)
    demand = max(0, firm.unmet_seconds - firm.idle_seconds)
    found = exit_cases(accounts, firm).to_dict("records")
    for row, case in zip(accounts.to_dict("records"), found, strict=True):
        keep, hours = keep_value(row), row["worked_seconds"]
        delta = gain(keep, hours, v)
        rho = min(Fraction(demand, hours), Fraction(1)) if hours else Fraction(0)
        assert case["keep_value_cents"] == keep == -case["day_one_cents"]
        assert case["half_cents"] == rounded(delta(Fraction(1, 2)))
        assert case["expected_cents"] == rounded(delta(rho))
        assert case["full_cents"] == rounded(delta(Fraction(1)))
        assert case["firm_profit_expected_cents"] == firm.profit_cents + rounded(delta(rho))
        assert case["pays"] == (delta(rho) > 0 or keep < 0)
        assert pd.isna(case["breakeven_ratio"]) == (hours * v == 0)
        if hours * v == 0:
            assert case["verdict"] == ("pays_at_once" if keep < 0 else "keep")
            continue
        breakeven = keep / (hours * v)
        assert delta(breakeven) == 0
        assert case["breakeven_ratio"] == float(breakeven)
        is_doubling = firm.profit_cents > 0
        assert pd.isna(case["double_ratio"]) != is_doubling
        assert not is_doubling or case["double_ratio"] == float((keep + firm.profit_cents) / (hours * v))
        by_share = "pays_if_hours_sell" if breakeven <= rho else "fix_first" if breakeven <= 1 else "never_by_exit"
        assert case["verdict"] == ("pays_at_once" if keep < 0 else by_share)


@FEW
@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(0, 10**6))
def test_an_exit_at_its_break_even_share_brings_nothing_and_a_second_more_pays(
    price: int, sold: int, more: int
) -> None:
    keep, hours = price * sold, sold + more + 1
    account = pd.DataFrame([{"account_id": "A", **dict.fromkeys(SUMMED, 0)}])
    account = account.assign(net_revenue_cents=keep, worked_seconds=hours)
    cases = [
        exit_cases(account, Firm(0, 0, 0, 0, 0, hours, 0, demand, price, 1)).iloc[0]
        for demand in (sold - 1, sold, sold + 1)
    ]
    assert [case["expected_cents"] for case in cases] == [-price, 0, price]
    assert [case["pays"] for case in cases] == [False, False, True]
    assert cases[1]["redeploy_ratio"] == cases[1]["breakeven_ratio"] == sold / hours


@FEW
@given(st.data())
def test_the_same_demand_is_never_sold_twice(data: st.DataObject) -> None:
    accounts = data.draw(tables)
    firm = data.draw(firms(accounts))
    members = data.draw(st.lists(st.sampled_from(list(accounts["account_id"])), unique=True))
    alone = exit_cases(accounts[accounts["account_id"].isin(members)], firm)
    together = exit_cases(leaving_sets(accounts, {"set": members}), firm).iloc[0]
    v, demand = worth_of_a_second(accounts), firm.spare_demand_seconds
    for column in ("naive_cents", "keep_value_cents", "day_one_cents", "freed_seconds", "open_receivable_cents"):
        assert together[column] == alone[column].sum(), column
    sold = min(demand, int(together["freed_seconds"]))
    assert together["expected_cents"] == rounded(sold * v - int(together["keep_value_cents"]))
    assert together["expected_cents"] <= alone["expected_cents"].sum() + len(members) + 1


@FEW
@given(st.data())
def test_a_multiple_of_all_money_multiplies_amounts_and_leaves_shares_and_verdicts(data: st.DataObject) -> None:
    accounts = data.draw(tables)
    # Avoidable cost in whole cents, so that its rounding plays no part.
    accounts["avoidable_alloc_ppm_cents"] -= accounts["avoidable_alloc_ppm_cents"] % PPM
    firm = data.draw(firms(accounts))
    money = [column for column in accounts if str(column).endswith("_cents")]
    larger = accounts.assign(**{column: 1000 * accounts[column] for column in money})
    larger_firm = firm_of(
        larger,
        profit_cents=1000 * firm.profit_cents,
        idle_seconds=firm.idle_seconds,
        unmet_seconds=firm.unmet_seconds,
    )
    before = exit_cases(accounts, firm)
    try:
        after = exit_cases(larger, larger_firm)
    except DataError as error:
        assert "beyond 64 bits" in error.what  # noqa: PT017  refused, as it must be; any other refusal is a fault
        reject()
    for column in before:
        if str(column).endswith("_cents"):
            assert ((after[column] - 1000 * before[column]).abs() <= 500).all(), column
        elif column != "stranded_cents_per_hour":
            pd.testing.assert_series_equal(after[column], before[column], check_exact=True)
    figures, scaled = (
        portfolio_figures(*pair, practical_seconds=5).set_index("metric")
        for pair in ((accounts, firm), (larger, larger_firm))
    )
    is_share = ~figures["unit"].isin(["cents", "cents_per_hour"])
    pd.testing.assert_frame_equal(scaled[is_share], figures[is_share], check_exact=True)


@FEW
@given(st.data())
def test_the_curve_peaks_at_the_sum_of_all_profits_and_few_accounts_make_most_of_it(data: st.DataObject) -> None:
    accounts = data.draw(tables)
    firm = data.draw(firms(accounts))
    figures = portfolio_figures(accounts, firm, practical_seconds=0).set_index("metric")["value"]
    profits = sorted((row["ncp_cents"] for row in accounts.to_dict("records") if row["is_matched"]), reverse=True)
    curve = [sum(profits[:count]) for count in range(len(profits) + 1)]
    assert figures["whale_peak_cents"] == max(curve)
    assert figures["ranked_ncp_cents"] == curve[-1]
    assert figures["profit_eroded_cents"] == max(curve) - curve[-1]
    head = [count for count, earned in enumerate(curve) if 5 * earned >= 4 * max(curve)]
    found = figures["accounts_for_80pct_of_profit"]
    assert pd.isna(found) if max(curve) == 0 else found == head[0]
    best = figures["top20pct_accounts"]
    assert 0 <= best - Fraction(len(profits), 5) < 1
    share = figures["top20pct_ncp_ratio"]
    assert pd.isna(share) if curve[-1] <= 0 else share == curve[int(best)] / curve[-1]
    naive = firm.profit_cents + max(curve) - curve[-1]
    assert figures["without_losers_naive_cents"] == naive
    shuffled = accounts.sample(frac=1, random_state=3)
    again = portfolio_figures(shuffled, firm, practical_seconds=0).set_index("metric")["value"]
    pd.testing.assert_series_equal(again, figures, check_exact=True)


@MANY
@given(positives)
def test_concentration_equals_its_definitions(listed: list[int]) -> None:
    found = concentration(pd.Series([*listed, 0, -4]))
    total, count = sum(listed), len(listed)
    shares = [Fraction(amount, total) for amount in listed]
    hhi = 10_000 * sum(share * share for share in shares)
    assert found.hhi == float(hhi)
    assert Fraction(10_000, count) <= hhi <= 10_000
    assert found.effective_accounts == float(10_000 / hhi)
    assert found.top1_ratio == float(max(shares))
    assert found.top3_ratio == float(sum(sorted(shares)[-3:]))
    assert found.top5_ratio == float(sum(sorted(shares)[-5:]))
    least = Fraction(1, count)
    assert found.hhi_normalised == (float((hhi / 10_000 - least) / (1 - least)) if count > 1 else 1)
    # Half the mean difference of all pairs, relative to the mean.
    differences = sum(abs(one - other) for one, other in product(listed, listed))
    assert found.gini == float(Fraction(differences, 2 * count * total))


@MANY
@given(positives, st.integers(2, 10**6))
def test_concentration_knows_no_unit(listed: list[int], factor: int) -> None:
    before, after = concentration(pd.Series(listed)), concentration(pd.Series([factor * amount for amount in listed]))
    for name in ("top1_ratio", "top3_ratio", "top5_ratio", "hhi", "effective_accounts", "hhi_normalised", "gini"):
        assert getattr(before, name) == getattr(after, name), name


@FEW
@given(st.lists(st.integers(-5, 30), min_size=1, max_size=8))
def test_the_largest_share_never_falls_when_another_leaves(listed: list[int]) -> None:
    accounts = pd.DataFrame({"account_id": [str(index) for index in range(len(listed))], "agi_cents": listed})
    before = concentration(accounts["agi_cents"])
    after = [concentration_after(accounts, [name]) for name in accounts["account_id"]]
    top1 = [None if pd.isna(share) else share for share in top1_after(accounts)]
    assert top1 == [figures.top1_ratio for figures in after]
    assert [None if pd.isna(index) else index for index in hhi_after(accounts)] == [figures.hhi for figures in after]
    for amount, figures in zip(listed, after, strict=True):
        is_top = amount == before.top1
        assert is_top or before.top1_ratio is None or figures.top1_ratio >= before.top1_ratio


@FEW
@given(st.data())
def test_opportunity_cost_equals_the_formula_in_fractions(data: st.DataObject) -> None:
    accounts = data.draw(tables)
    firm = data.draw(firms(accounts))
    rated = accounts[accounts["is_matched"] & (accounts["unrated_reason"] == "")]
    found = opportunity_cost_cents(accounts, firm)
    hours_of_all = int(accounts["worked_seconds"].sum())
    for row, cost in zip(accounts.to_dict("records"), found, strict=True):
        hours = row["worked_seconds"]
        assert pd.isna(cost) == (hours == 0 or rated["worked_seconds"].sum() == 0)
        if pd.isna(cost):
            continue
        own = Fraction(row["agi_cents"] - row["contractors_cents"] - row["direct_expenses_cents"], hours)
        scarcity = min(Fraction(1), Fraction(max(0, firm.unmet_seconds - firm.idle_seconds), hours_of_all))
        assert cost == rounded(hours * max(Fraction(0), firm.throughput - own) * scarcity)
