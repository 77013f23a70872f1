"""Prices, remedies and levers at the corners: no AGI, nothing known, limits met exactly, attempts that failed."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability.errors import DataError
from profitability.firm import Firm
from profitability.levers import levers
from profitability.policy import Policy, RemedyPolicy
from profitability.remedies import remedy_ladder
from profitability.reprice import ask_limits, price_figures

AS_OF = date(2025, 12, 31)

HOUR = 3600

POLICY = Policy()

# 1,000.00 of fees, 50 hours, a tenth of AGI lost; nothing late, nothing above the contract or the portfolio's service.
ACCOUNT: dict[str, Any] = {
    "account_id": "own",
    "is_matched": True,
    "unrated_reason": "",
    "published_tier": "C",
    "indicative_tier": "C",
    "net_revenue_cents": 100_000,
    "agi_cents": 100_000,
    "delivery_labour_cents": 80_000,
    "service_labour_cents": 10_000,
    "late_financing_cents": 0,
    "late_collection_labour_cents": 0,
    "ecl_movement_cents": 0,
    "write_offs_cents": 0,
    "cm3_cents": 10_000,
    "ncp_cents": -10_000,
    "worked_seconds": 50 * HOUR,
    "delivery_seconds": 40 * HOUR,
    "service_seconds": 10 * HOUR,
    "collection_seconds": 0,
    "contracted_seconds": 50 * HOUR,
    "avg_days_late": 0.0,
    "positive_before_cents": 0,
    "positive_total_cents": 1_000_000,
}
INT64 = ("contracted_seconds", "positive_before_cents", "positive_total_cents")

FIRM = Firm(
    profit_cents=0,
    net_revenue_cents=1_000_000,
    agi_cents=1_000_000,
    ncp_cents=0,
    service_labour_cents=100_000,
    worked_seconds=0,
    idle_seconds=0,
    unmet_seconds=0,
    throughput_cents=0,
    throughput_seconds=0,
)


def table(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([ACCOUNT | change for change in changes]).astype(dict.fromkeys(INT64, "Int64"))


def price(**changes: Any) -> pd.Series[Any]:
    return price_figures(table(changes), POLICY).iloc[0]


def tried(*attempts: tuple[str, str, str | None]) -> pd.DataFrame:
    rows = [("own", remedy, pd.Timestamp(started), pd.NaT, outcome) for remedy, started, outcome in attempts]
    columns = ["account_id", "remedy", "started_on", "ended_on", "outcome"]
    dates = {"started_on": "datetime64[us]", "ended_on": "datetime64[us]", "outcome": "str"}
    return pd.DataFrame(rows, columns=columns).astype(dates)


def ladder(
    accounts: pd.DataFrame, attempts: pd.DataFrame | None = None, policy: Policy = POLICY, firm: Firm = FIRM
) -> pd.DataFrame:
    attempts = tried() if attempts is None else attempts
    return remedy_ladder(accounts, price_figures(accounts, policy), attempts, policy, firm, as_of=AS_OF)


def climbed(*attempts: tuple[str, str, str | None], **changes: Any) -> pd.Series[Any]:
    return ladder(table(changes), tried(*attempts)).iloc[0]


def test_a_loss_and_nothing_late_needs_just_that_loss_more() -> None:
    found = price()
    assert (found["breakeven_cents"], found["breakeven_ratio"]) == (10_000, 0.1)
    assert found["breakeven_per_hour_cents"] == 200.0
    # A fifth of 100,000 and the loss are missing, and a fifth of the rise must stay: 30,000 / 0.8.
    assert found["target_cents"] == 37_500
    assert found["on_time_breakeven_cents"] == 10_000


def test_a_rise_carries_the_late_cost_that_grows_with_it_but_not_the_hours_of_collection() -> None:
    late = {"late_financing_cents": 5_000, "write_offs_cents": 15_000, "late_collection_labour_cents": 70_000}
    # A fifth of any price is lost, so the rise is 10,000 / 0.8.
    assert price(**late)["breakeven_cents"] == 12_500


def test_late_cost_is_a_share_of_net_revenue_though_the_margin_is_on_agi() -> None:
    assert price(net_revenue_cents=200_000, write_offs_cents=20_000)["breakeven_cents"] == 11_111


@pytest.mark.parametrize("revenue", [0, -100])
def test_without_net_revenue_no_late_cost_grows(revenue: int) -> None:
    assert price(net_revenue_cents=revenue, write_offs_cents=20_000)["breakeven_cents"] == 10_000


def test_a_falling_expected_loss_makes_no_rise_cheaper() -> None:
    assert price(ecl_movement_cents=-50_000)["breakeven_cents"] == 10_000


def test_at_break_even_there_is_no_rise() -> None:
    found = price(ncp_cents=0)
    assert pd.isna(found["breakeven_cents"])
    assert pd.isna(found["on_time_breakeven_cents"])
    assert not found["is_beyond_price"]
    assert found["target_cents"] == 25_000


def test_a_rise_below_half_a_cent_is_none() -> None:
    nearly = price(agi_cents=101, net_revenue_cents=101, ncp_cents=20)
    assert pd.isna(nearly["target_cents"])


@pytest.mark.parametrize("agi", [0, -5])
def test_without_agi_there_is_no_price(agi: int) -> None:
    found = price(agi_cents=agi)
    amounts = ["breakeven_cents", "target_cents", "on_time_breakeven_cents", "breakeven_ratio", "target_ratio"]
    assert found[amounts].isna().all()
    assert not found["is_beyond_price"]


@pytest.mark.parametrize(
    ("write_offs", "has_breakeven", "has_target"),
    [(79_999, True, True), (80_000, True, False), (100_000, False, False)],
)
def test_where_a_rise_is_never_paid_no_price_helps(write_offs: int, has_breakeven: bool, has_target: bool) -> None:
    found = price(write_offs_cents=write_offs)
    assert pd.notna(found["breakeven_cents"]) == has_breakeven
    assert pd.notna(found["target_cents"]) == has_target
    assert found["is_beyond_price"] == (not has_breakeven)


def test_a_rise_beyond_64_bits_is_no_price() -> None:
    revenue = 3 * 10**18
    beyond = price(net_revenue_cents=revenue, agi_cents=revenue, write_offs_cents=revenue - 1, ncp_cents=-revenue)
    assert pd.isna(beyond["breakeven_cents"])
    assert beyond["is_beyond_price"]
    assert price(net_revenue_cents=revenue, agi_cents=revenue, ncp_cents=1 - revenue)["breakeven_cents"] == revenue - 1


@pytest.mark.parametrize(
    ("changes", "is_d"),
    [
        ({"cm3_cents": -500, "late_financing_cents": 200, "late_collection_labour_cents": 300}, False),
        ({"cm3_cents": -501, "late_financing_cents": 200, "late_collection_labour_cents": 300}, True),
        ({"cm3_cents": -500, "ecl_movement_cents": -200, "write_offs_cents": 600}, True),
        ({"agi_cents": 0, "cm3_cents": 0, "ncp_cents": -500, "write_offs_cents": 500}, False),
        ({"agi_cents": 0, "cm3_cents": 0, "ncp_cents": -501, "write_offs_cents": 500}, True),
    ],
)
def test_tier_d_if_it_paid_on_time(changes: dict[str, Any], is_d: bool) -> None:
    assert price(**changes)["is_d_on_time"] == is_d


def test_asking() -> None:
    accounts = table(
        {"account_id": "dear"},
        {"account_id": "freeing"},
        {"account_id": "unknown"},
        {"account_id": "absent"},
        {"account_id": "earning", "ncp_cents": 0},
        {"account_id": "unpaid", "write_offs_cents": 100_000},
        {"account_id": "credited", "agi_cents": 0},
    )
    known = accounts.loc[accounts["account_id"] != "absent", "account_id"]
    exits = pd.DataFrame({"account_id": known, "expected_cents": pd.array([-30_000, 0, None, -1, -1, -1], "Int64")})
    limits = ask_limits(accounts, exits.iloc[::-1]).set_axis(accounts["account_id"])
    assert limits["dear"] == 0.25
    assert limits["freeing"] == 1.0
    assert limits.drop(["dear", "freeing"]).isna().all()


def test_only_rated_accounts_with_a_gap_are_on_the_ladder() -> None:
    accounts = table(
        {"account_id": "unmatched", "is_matched": False},
        {"account_id": "young", "unrated_reason": "short_tenure", "published_tier": "N"},
        {"account_id": "fine", "ncp_cents": 20_000, "published_tier": "A"},
        {"account_id": "thin", "ncp_cents": 9_999},
        {"account_id": "at_limit", "ncp_cents": 10_000},
        {"account_id": "falling", "ncp_cents": -1, "published_tier": "B"},
        {"account_id": "no_pools", "ncp_cents": 100, "cm3_cents": -50, "published_tier": "D"},
        {"account_id": "recovered", "ncp_cents": 100, "cm3_cents": 0, "published_tier": "D"},
    )
    found = ladder(accounts.set_axis(range(10, 18)))
    assert dict(zip(found["account_id"], found["gap_cents"], strict=True)) == {"thin": 1, "falling": 1, "no_pools": 50}
    assert list(found.index) == [0, 1, 2]


def test_price_closes_the_gap_of_an_account_that_breaks_even() -> None:
    to_b = climbed(ncp_cents=5_500, write_offs_cents=10_000)
    assert to_b["gap_cents"] == 4_500
    assert "reprice" in to_b["open_remedies"]

    alone = climbed(ncp_cents=5_500)
    # A tenth of the rise itself must stay, so it is 4,500 / 0.9.
    assert (alone["next_remedy"], alone["next_remedy_cents"]) == ("reprice", 5_000)

    to_own_cost = climbed(ncp_cents=100, cm3_cents=-4_000, published_tier="D")
    assert (to_own_cost["next_remedy"], to_own_cost["next_remedy_cents"]) == ("reprice", 4_000)


def test_steps_show_their_full_amount_and_leave_the_rest_to_the_price() -> None:
    found = climbed(
        late_financing_cents=1_000,
        ecl_movement_cents=-700,
        service_labour_cents=12_000,
        contracted_seconds=41 * HOUR,
        ncp_cents=-20_000,
    )
    assert found["collect_cents"] == 1_000
    # 12,000 less a tenth of AGI, at 1,200 an hour; then 50 - 41 - 1.667 hours at 2,000.
    assert (found["reduce_cost_to_serve_cents"], found["freed_service_seconds"]) == (2_000, 6_000)
    assert (found["renegotiate_scope_cents"], found["freed_scope_seconds"]) == (14_667, 26_400)
    assert found["residual_cents"] == 20_000 - 1_000 - 2_000 - 14_667
    assert found["cash_cents"] == 1_000 + found["residual_cents"]


def test_more_to_collect_than_the_gap_is_cash_for_the_whole_gap() -> None:
    found = climbed(write_offs_cents=25_000)
    assert (found["collect_cents"], found["residual_cents"], found["cash_cents"]) == (25_000, 0, 10_000)


def test_what_came_in_beyond_the_losses_leaves_as_much_to_collect() -> None:
    assert climbed(write_offs_cents=-3_000)["collect_cents"] == 0
    found = climbed(
        late_financing_cents=1_000,
        late_collection_labour_cents=200,
        ecl_movement_cents=-400,
        write_offs_cents=-3_000,
    )
    assert (found["collect_cents"], found["residual_cents"]) == (1_200, 8_800)


def test_unknown_contract_or_no_delivery_time_gives_no_scope_step() -> None:
    unknown = climbed(contracted_seconds=None)
    no_rate = climbed(contracted_seconds=0, delivery_seconds=0)
    for found in (unknown, no_rate):
        assert pd.isna(found["renegotiate_scope_cents"])
        assert pd.isna(found["freed_scope_seconds"])
        assert found["residual_cents"] == 10_000
    assert climbed(contracted_seconds=99 * HOUR)["renegotiate_scope_cents"] == 0


def test_hours_of_collection_are_not_scope() -> None:
    found = climbed(contracted_seconds=45 * HOUR, worked_seconds=52 * HOUR, collection_seconds=2 * HOUR)
    assert found["freed_scope_seconds"] == 5 * HOUR


@pytest.mark.parametrize("agi", [0, -5_000])
def test_without_agi_all_service_is_too_much(agi: int) -> None:
    found = climbed(agi_cents=agi)
    assert (found["reduce_cost_to_serve_cents"], found["freed_service_seconds"]) == (10_000, 10 * HOUR)
    assert "reprice" not in found["open_remedies"]


def test_in_a_firm_without_agi_all_service_is_too_much() -> None:
    nobody = Firm(0, 0, 0, 0, 50_000, 0, 0, 0, 0, 0)
    assert ladder(table({}), firm=nobody)["reduce_cost_to_serve_cents"].iloc[0] == 10_000


def test_service_without_logged_time_frees_no_hours() -> None:
    found = climbed(service_labour_cents=30_000, service_seconds=0, worked_seconds=40 * HOUR)
    assert (found["reduce_cost_to_serve_cents"], found["freed_service_seconds"]) == (20_000, 0)


def test_lighter_package() -> None:
    accounts = table({"account_id": "heavy"}, {"account_id": "light", "delivery_labour_cents": 0})
    light = Policy(remedies=RemedyPolicy(light_package_cents=40_000, max_uplift=Fraction(0)))
    found = ladder(accounts, policy=light)
    assert list(found["migrate_cents"]) == [50_000, 0]
    assert list(found["open_remedies"]) == [("migrate",), ()]
    assert list(found["next_remedy"]) == ["migrate", ""]
    assert found["next_remedy_cents"].to_list() == [50_000, pd.NA]


@pytest.mark.parametrize(("financing", "is_open"), [(2_500, True), (2_499, False)])
def test_a_step_is_open_from_a_quarter_of_the_gap(financing: int, is_open: bool) -> None:
    assert ("collect" in climbed(late_financing_cents=financing)["open_remedies"]) == is_open


@pytest.mark.parametrize(("loss", "is_open"), [(30_000, True), (30_001, False)])
def test_a_rise_is_open_up_to_the_bearable_one(loss: int, is_open: bool) -> None:
    assert ("reprice" in climbed(ncp_cents=-loss)["open_remedies"]) == is_open


def test_nothing_is_open_where_nothing_is_brought_in() -> None:
    free = Policy(remedies=RemedyPolicy(min_share_of_gap=Fraction(0)))
    assert ladder(table({}), policy=free)["open_remedies"].iloc[0] == ("reprice",)


@pytest.mark.parametrize(
    ("attempts", "is_open"),
    [
        ([], True),
        ([("2025-06-01", "failed")], False),
        ([("2025-06-01", "declined")], False),
        ([("2025-12-01", "lapsed")], False),
        ([("2025-06-01", "worked")], True),
        ([("2025-10-02", None)], True),
        ([("2025-10-01", None)], False),
        ([("2025-12-31", "declined")], False),
        ([("2026-01-01", "declined")], True),
        ([("2025-03-01", "failed"), ("2025-11-01", None)], True),
        ([("2025-03-01", "worked"), ("2025-04-01", "failed"), ("2026-01-01", None)], False),
    ],
)
def test_the_latest_attempt_counts(attempts: list[tuple[str, str | None]], is_open: bool) -> None:
    for ordered in (attempts, attempts[::-1]):
        found = climbed(*(("reprice", *attempt) for attempt in ordered))
        assert ("reprice" in found["open_remedies"]) == is_open


def test_an_attempt_closes_its_own_remedy_on_its_own_account_only() -> None:
    accounts = table({"late_financing_cents": 9_000}, {"account_id": "other", "late_financing_cents": 9_000})
    found = ladder(accounts, tried(("collect", "2025-06-01", "failed")))
    assert list(found["open_remedies"]) == [("reprice",), ("collect", "reprice")]
    assert list(found["collect_cents"]) == [9_000, 9_000]


def test_empty_frames_keep_their_columns_and_types() -> None:
    nobody = table({}).iloc[:0]
    assert list(ladder(nobody).dtypes) == list(ladder(table({})).dtypes)
    assert list(levers(nobody, POLICY).dtypes) == list(levers(table({}), POLICY).dtypes)
    assert list(price_figures(nobody, POLICY).dtypes) == list(price_figures(table({}), POLICY).dtypes)


def test_more_late_cost_than_64_bits_hold_is_refused() -> None:
    with pytest.raises(DataError, match="beyond 64 bits"):
        climbed(write_offs_cents=2**62, late_financing_cents=2**62)


def lever(**changes: Any) -> pd.Series[Any]:
    return levers(table(changes), POLICY).iloc[0]


def test_from_d_the_account_must_cover_its_own_cost() -> None:
    found = lever(
        indicative_tier="D", cm3_cents=-1_001, late_financing_cents=2_000, avg_days_late=20.0, write_offs_cents=8_000
    )
    assert found["to_tier"] == "C"
    # 1,001 / (1 - 0.1) = 1,112.2; an hour of service costs 1,000.
    assert (found["price_cents"], found["price_ratio"]) == (1_113, 0.01113)
    assert found["service_seconds"] == 3_604
    assert found["late_days"] == pytest.approx(20 * 1_001 / 2_000)


def test_a_change_that_does_not_suffice_is_null() -> None:
    found = lever(indicative_tier="D", cm3_cents=-10_001, late_financing_cents=10_000, avg_days_late=20.0)
    assert pd.isna(found["service_seconds"])
    assert pd.isna(found["late_days"])
    enough = lever(indicative_tier="D", cm3_cents=-10_000, late_financing_cents=10_000, avg_days_late=20.0)
    assert (enough["service_seconds"], enough["late_days"]) == (10 * HOUR, 20.0)


@pytest.mark.parametrize("days", [0.0, float("nan")])
def test_nothing_paid_late_means_no_days_to_win(days: float) -> None:
    assert pd.isna(
        lever(indicative_tier="D", cm3_cents=-1, late_financing_cents=10_000, avg_days_late=days)["late_days"]
    )


def test_service_without_logged_time_gives_no_hours_to_save() -> None:
    assert pd.isna(lever(indicative_tier="D", cm3_cents=-1, service_seconds=0)["service_seconds"])


def test_from_c_to_the_b_margin_and_from_b_to_the_a_margin() -> None:
    to_b, to_a = lever(ncp_cents=5_500), lever(ncp_cents=12_000, indicative_tier="B")
    assert (to_b["to_tier"], to_b["price_cents"], to_b["service_seconds"]) == ("B", 5_000, 16_200)
    assert (to_a["to_tier"], to_a["price_cents"], to_a["service_seconds"]) == ("A", 10_000, 28_800)


@pytest.mark.parametrize(
    "changes",
    [
        {"indicative_tier": "A"},
        {"indicative_tier": "N"},
        {"indicative_tier": "C", "agi_cents": 0, "ncp_cents": 0},
        {"indicative_tier": "B", "ncp_cents": 12_000, "positive_before_cents": 800_000},
        {"indicative_tier": "B", "ncp_cents": 30_000, "positive_before_cents": 900_000},
        {"indicative_tier": "B", "ncp_cents": 12_000, "positive_before_cents": None, "positive_total_cents": None},
    ],
)
def test_no_single_change_lifts_it(changes: dict[str, Any]) -> None:
    found = lever(**changes)
    assert found["to_tier"] == ""
    assert found[["price_cents", "price_ratio", "service_seconds", "late_days"]].isna().all()


def test_from_d_without_agi_both_profits_must_be_met_and_no_price_is_known() -> None:
    found = lever(indicative_tier="D", agi_cents=0, cm3_cents=-1_000, ncp_cents=-2_000)
    assert (found["to_tier"], found["service_seconds"]) == ("C", 2 * HOUR)
    assert pd.isna(found["price_cents"])
