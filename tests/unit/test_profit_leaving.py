"""Leaving in order, from a few round figures: who, when, with which cash, and what becomes of the hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability.cash_guard import CashForecast, first_shortfall, forecast, payment_lag_months
from profitability.errors import DataError
from profitability.exit_calendar import CAP, CASH, PLAN_MONTHS
from profitability.exit_steps import ASK_FIRST, END_OPENLY, LIGHTER_FIRST, ROUTES, STEPS, may_go_on, routes, steps_left
from profitability.firm import Firm
from profitability.freed_hours import Outcome, freed_hours, promised_and_realised, reinvestment
from profitability.people_impact import people_impact
from profitability.phase_out import CONTRACT, DOES_NOT_PAY, PLAN_COLUMNS, TOO_LARGE, plan_phase_out
from profitability.policy import ExitPolicy

JANUARY = date(2026, 1, 1)
LIMITS = ExitPolicy()

# An hour brings 36.00; 100 hours can be sold; accounts may leave with 1,000.00 of AGI in three months.
FIRM = Firm(
    profit_cents=100_000,
    net_revenue_cents=1_000_000,
    agi_cents=1_000_000,
    ncp_cents=200_000,
    service_labour_cents=0,
    worked_seconds=1_000 * 3600,
    idle_seconds=50 * 3600,
    unmet_seconds=150 * 3600,
    throughput_cents=1_000_000,
    throughput_seconds=1_000_000,
)
AMOUNTS = (
    "pass_through",
    "delivery_labour",
    "contractors",
    "direct_expenses",
    "service_labour",
    "late_financing",
    "late_collection_labour",
    "ecl_movement",
    "write_offs",
    "alloc",
    "ncp",
    "open_receivable",
    "avoidable_alloc_ppm",
    "hourly_labour",
)
CENT_AN_HOUR = 3600


def account(name: str, **figures: Any) -> dict[str, Any]:
    """One account with revenue 1,000.00 and 10 hours; other figures are cents, or the whole column's name."""
    revenue = figures.get("net_revenue", 100_000)
    row = {f"{amount}_cents": 0 for amount in AMOUNTS} | {
        "account_id": name,
        "net_revenue_cents": revenue,
        "agi_cents": revenue,
        "worked_seconds": 36_000,
        "hourly_seconds": 0,
        "earliest_month": None,
        "satisfaction_e6": None,
    }
    return row | {key if key in row else f"{key}_cents": value for key, value in figures.items()}


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = list(account("any"))
    return pd.DataFrame(rows, columns=columns).astype(
        {"account_id": "str", "earliest_month": "datetime64[us]", "satisfaction_e6": "Int64"}
    )


def months(plan: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(plan["account_id"], plan["month"].dt.strftime("%Y-%m").fillna(""), strict=True))


def forced(*rows: dict[str, Any], cash: CashForecast | None = None, firm: Firm = FIRM) -> pd.DataFrame:
    return plan_phase_out(frame(*rows), firm, LIMITS, from_month=JANUARY, cash=cash, keep_order=True)


def test_nobody_leaves() -> None:
    plan = plan_phase_out(frame(), FIRM, LIMITS, from_month=JANUARY)

    assert plan.empty
    assert {name: str(kind) for name, kind in plan.dtypes.items()} == PLAN_COLUMNS
    hours = freed_hours(plan, FIRM)
    assert (hours.freed_seconds, hours.open_demand_seconds) == (0, 100 * 3600)
    assert reinvestment(plan, {}, LIMITS).empty


def test_the_best_gain_per_income_lost_leaves_first_and_ties_go_by_id() -> None:
    # An hour sold brings 36.00: 10 hours 360.00. Gain = 360.00 - revenue; per AGI: c 0.8, b and a 0.2.
    plan = plan_phase_out(
        frame(account("b", net_revenue=30_000), account("c", net_revenue=20_000), account("a", net_revenue=30_000)),
        FIRM,
        LIMITS,
        from_month=JANUARY,
    )

    assert months(plan) == [("c", "2026-01"), ("a", "2026-01"), ("b", "2026-01")]
    assert list(plan["expected_cents"]) == [16_000, 6_000, 6_000]
    assert list(plan["agi_leaving_in_cap_months_cents"]) == [80_000, 80_000, 80_000]


def test_an_account_that_stops_paying_is_returned_with_its_reason() -> None:
    plan = plan_phase_out(
        frame(
            account("big", net_revenue=90_000, worked_seconds=90 * 3600),
            account("small", net_revenue=60_000, worked_seconds=20 * 3600),
        ),
        FIRM,
        LIMITS,
        from_month=JANUARY,
    )

    # Big gains 90 x 36.00 - 900.00 and leaves 10 hours of demand: 360.00 for small, which brings 600.00.
    assert months(plan) == [("big", "2026-01"), ("small", "")]
    assert list(plan["expected_cents"]) == [234_000, -24_000]
    assert list(plan["why"]) == ["", DOES_NOT_PAY]
    assert list(plan["redeployed_seconds"]) == [90 * 3600, 10 * 3600]
    assert freed_hours(plan, FIRM).sold_seconds == 90 * 3600


def test_without_income_an_account_leaves_first_and_makes_no_room_for_others() -> None:
    plan = plan_phase_out(
        frame(
            account("full", net_revenue=100_000, worked_seconds=90 * 3600),
            account("credit", net_revenue=-50_000, worked_seconds=0),
            account("idle", net_revenue=0, contractors=10_000, worked_seconds=0),
            account("one", net_revenue=1, contractors=2, worked_seconds=0),
        ),
        FIRM,
        LIMITS,
        from_month=JANUARY,
    )

    assert months(plan) == [("credit", "2026-01"), ("idle", "2026-01"), ("full", "2026-01"), ("one", "2026-04")]
    assert list(plan["agi_leaving_cents"]) == [-50_000, 0, 100_000, 1]
    assert list(plan["agi_leaving_in_cap_months_cents"]) == [100_000, 100_000, 100_000, 1]
    assert list(plan["why"]) == ["", "", "", CAP]


def test_an_account_above_the_cap_leaves_in_equal_parts() -> None:
    plan = forced(account("whale", net_revenue=200_001, worked_seconds=100 * 3600 + 1))

    assert list(plan["tranche"]) == [1, 2, 3]
    assert set(plan["tranches"]) == {3}
    assert months(plan) == [("whale", "2026-01"), ("whale", "2026-04"), ("whale", "2026-07")]
    assert list(plan["agi_leaving_cents"]) == [66_667, 66_667, 66_667]
    assert list(plan["freed_seconds"]) == [120_001, 120_000, 120_000]
    assert list(plan["redeployed_seconds"]) == [120_000, 120_000, 120_000]
    assert list(plan["idle_seconds"]) == [1, 0, 0]
    assert plan["expected_cents"].sum() == 100 * CENT_AN_HOUR - 200_001


def test_a_firm_without_income_lets_only_accounts_without_income_go() -> None:
    broke = replace(FIRM, agi_cents=-5)
    plan = forced(account("payer", net_revenue=1), account("credit", net_revenue=-1), firm=broke)

    assert months(plan) == [("credit", "2026-01"), ("payer", "")]
    assert list(plan["cap_cents"]) == [0, 0]
    assert list(plan["why"]) == ["", TOO_LARGE]
    assert plan["tranche"].isna().to_list() == [False, True]


def test_an_account_that_would_take_years_is_not_begun() -> None:
    plan = forced(account("whale", net_revenue=100_000 * PLAN_MONTHS + 1))
    assert plan[["account_id", "why"]].to_dict("records") == [{"account_id": "whale", "why": TOO_LARGE}]


def test_a_plan_ends_after_its_months() -> None:
    plan = forced(*(account(f"a{number:02}") for number in range(13)))

    assert list(plan["month"].dropna()) == list(pd.date_range("2026-01-01", periods=12, freq="3MS"))
    assert plan["why"].iloc[-1] == f"no month in a plan of {PLAN_MONTHS}: {CAP}"


def test_later_parts_are_not_planned_where_an_earlier_one_found_no_month() -> None:
    others = [account(f"a{number:02}") for number in range(11)]
    plan = forced(*others, account("whale", net_revenue=300_000))

    whale = plan[plan["account_id"] == "whale"]
    assert list(whale["tranche"]) == [1, 2, 3]
    assert whale["month"].isna().to_list() == [False, True, True]
    assert list(whale["why"]) == [CAP, *[f"no month in a plan of {PLAN_MONTHS}: {CAP}"] * 2]


@pytest.mark.parametrize(
    ("earliest", "month", "why"),
    [
        (None, "2026-01", ""),
        ("2025-06-30", "2026-01", ""),
        ("2026-03-31", "2026-03", CONTRACT),
        ("9999-12-31", "", f"no month in a plan of {PLAN_MONTHS}: {CONTRACT}"),
    ],
)
def test_not_before_the_contract_ends(earliest: str | None, month: str, why: str) -> None:
    plan = forced(account("a", earliest_month=earliest and pd.Timestamp(earliest)))
    assert months(plan) == [("a", month)]
    assert list(plan["why"]) == [why]


def test_who_comes_later_does_not_crowd_the_months_before_an_exit() -> None:
    plan = forced(account("a", earliest_month=pd.Timestamp(2026, 3, 31)), account("b"), account("c", net_revenue=0))

    assert months(plan) == [("c", "2026-01"), ("a", "2026-03"), ("b", "2026-06")]
    assert list(plan["why"]) == ["", CONTRACT, CAP]


def test_an_account_leaves_only_once() -> None:
    with pytest.raises(DataError, match="account a is to leave more than once"):
        forced(account("a"), account("b"), account("a"))


# A firm that receives 110 and spends 100 a month; the floor is 200.
LEVEL = CashForecast(
    day=date(2025, 12, 31), balance_cents=500, receipts_cents=12 * 110, costs_cents=12 * 100, window_months=12
)


def shortfall(cash: CashForecast, lost: dict[date, int], saved: dict[date, int], through: date) -> date | None:
    return first_shortfall(cash, lost_receipts=lost, saved_costs=saved, floor_months=2, through=through)


def test_cash_falls_below_its_floor_in_the_month_that_it_does() -> None:
    level = replace(LEVEL, receipts_cents=12 * 100)
    march = {date(2026, 3, 1): 12 * 60}
    # 500 until February, then 60 less each month: 440, 380, 320, 260, 200 in July, 140 in August.
    assert shortfall(level, march, {}, date(2027, 1, 1)) == date(2026, 8, 1)
    assert shortfall(level, march, {}, date(2026, 7, 1)) is None
    # Less cost needs less cash: with 10 a month less from March on, July ends with 250 and August with 200; floor 180.
    assert shortfall(level, march, {date(2026, 3, 1): 12 * 10}, date(2027, 1, 1)) == date(2026, 9, 1)


def test_what_left_before_the_balance_is_gone_in_every_month() -> None:
    gone = {date(2025, 6, 1): 12 * 400}
    assert shortfall(LEVEL, gone, {}, date(2026, 12, 1)) == date(2026, 1, 1)
    assert shortfall(LEVEL, gone, gone, date(2026, 12, 1)) is None


def test_an_exit_waits_until_cash_can_bear_it() -> None:
    # Its 40 a month are missing at 12 month ends: 500 + 10 a month - 12 x 30 reaches the floor of 200 in July.
    payer = account("a", net_revenue=12 * 40)
    plan = forced(payer, cash=LEVEL)
    assert months(plan) == [("a", "2026-07")]
    assert list(plan["why"]) == [CASH]
    assert plan["is_cash_known"].all()

    # Who pays three months late goes on paying for three months: 3 x 40 more.
    late = forced({**payer, "open_receivable_cents": 3 * 40}, cash=LEVEL)
    assert months(late) == [("a", "2026-01")]

    # What is written off anyway was never going to come.
    assert months(forced({**payer, "write_offs_cents": 12 * 30}, cash=LEVEL)) == [("a", "2026-01")]

    # Who takes 30 of contractors along leaves at once; without known cash nothing holds anybody back.
    assert months(forced({**payer, "contractors_cents": 12 * 30}, cash=LEVEL)) == [("a", "2026-01")]
    blind = forced(payer)
    assert months(blind) == [("a", "2026-01")]
    assert not blind["is_cash_known"].any()


def test_an_early_exit_leaves_enough_cash_for_a_later_one() -> None:
    # a: 500 + 12 x 10 - 12 x 30 = 260 at the end of 2027. b takes 5 a month more; 12 months of it reach the floor.
    plan = forced(
        account("a", net_revenue=12 * 40, earliest_month=pd.Timestamp(2027, 1, 31)),
        account("b", net_revenue=12 * 5),
        cash=LEVEL,
    )
    assert months(plan) == [("a", "2027-01"), ("b", "2027-01")]
    assert list(plan["why"]) == [CONTRACT, CASH]


def test_a_firm_that_is_short_anyway_lets_nobody_go() -> None:
    plan = forced(account("a", net_revenue=1), cash=replace(LEVEL, balance_cents=0, receipts_cents=0))
    assert list(plan["why"]) == [f"no month in a plan of {PLAN_MONTHS}: {CASH}"]
    assert plan["month"].isna().all()


def test_the_forecast_starts_from_the_last_balance_that_is_not_of_the_future() -> None:
    lines = {
        "net_revenue": 900,
        "write_offs": 30,
        "payroll": 500,
        "pools": 100,
        "contractors": 40,
        "direct_expenses": 2,
    }
    lines |= {"pass_through": 7, "late_financing": 1_000, "ecl_movement": 1_000, "fx_difference": 1_000}
    books = pd.DataFrame({"line": list(lines), "amount_cents": list(lines.values())})
    days = pd.to_datetime(["2026-01-15", "2025-12-31", "2025-11-30"])
    cash = pd.DataFrame({"day": days, "balance_cents": [7, -5, 6]})

    found = forecast(books, cash, as_of=date(2025, 12, 31), window_months=4)
    assert found == CashForecast(date(2025, 12, 31), -5, receipts_cents=870, costs_cents=649, window_months=4)
    assert forecast(books, cash, as_of=date(2025, 11, 29), window_months=4) is None


def test_money_is_on_its_way_for_whole_months() -> None:
    revenue = [12_000, 12_000, 12_000, 0, -5, 1, 12_000]
    owed = [1_499, 1_500, 0, 900, 900, 10**18, -4_000]
    rows = pd.DataFrame({"net_revenue_cents": revenue, "open_receivable_cents": owed})
    assert list(payment_lag_months(rows, 12)) == [1, 2, 0, 0, 0, 60, 0]


def test_people_above_the_limit_are_told_first() -> None:
    rows = [
        ("ann", "x", 3_000),
        ("ann", "y", 7_000),
        ("bob", "x", 3_001),
        ("bob", "y", 6_999),
        ("cem", "y", 500),
        ("dee", "x", 100),
        ("dee", "x", 200),
        ("dee", "z", 0),
    ]
    hours = pd.DataFrame(rows, columns=["person_id", "account_id", "worked_seconds"])
    found = people_impact(hours, {"x", "z"}, LIMITS)

    assert list(found.itertuples(index=False, name=None)) == [
        ("dee", 300, 300, 1.0, True),
        ("bob", 3_001, 10_000, 0.3001, True),
        ("ann", 3_000, 10_000, 0.3, False),
    ]
    assert people_impact(hours, [], LIMITS).empty


def test_routes_follow_satisfaction_exactly() -> None:
    scores = pd.Series([3_333_334, 3_333_333, None], dtype="Int64")
    assert list(routes(scores, Fraction(10, 3))) == [LIGHTER_FIRST, END_OPENLY, ASK_FIRST]
    assert list(routes(scores, None)) == [ASK_FIRST] * 3
    assert set(ROUTES) == {LIGHTER_FIRST, END_OPENLY, ASK_FIRST}


def test_an_account_has_left_when_every_step_is_done() -> None:
    assert steps_left(()) == tuple(STEPS)
    assert steps_left(["decide", "thanks", "tell_people", "unknown"]) == (
        "tell_account",
        "written_notice",
        "alternatives",
        "handover",
        "final_invoice",
        "close",
    )
    assert steps_left(STEPS) == ()


@pytest.mark.parametrize(
    ("planned", "realised", "days", "goes_on"),
    [(100, 0, 59, True), (100, 49, 60, False), (100, 50, 60, True), (101, 50, 400, False), (0, 0, 60, True)],
)
def test_the_next_exit_waits_for_half_of_the_resale(planned: int, realised: int, days: int, *, goes_on: bool) -> None:
    assert may_go_on(planned, realised, days) is goes_on


def test_gain_is_split_by_owner_and_losses_are_nobodys_budget() -> None:
    plan = forced(
        account("a", net_revenue=35_997),
        account("b", net_revenue=35_998),
        account("c", net_revenue=35_997),
        account("loss", net_revenue=99_999),
    )
    beyond = forced(account("late", net_revenue=1, earliest_month=pd.Timestamp(2040, 1, 31)))
    assert beyond["expected_cents"].iloc[0] > 0
    assert reinvestment(beyond, {"late": "zoe"}, LIMITS).empty
    assert freed_hours(beyond, FIRM).freed_seconds == 0

    found = reinvestment(plan, {"a": "zoe", "b": "zoe", "loss": "zoe"}, LIMITS)

    assert found.to_dict("records") == [
        {"owner": "", "accounts": 1, "gain_cents": 3, "budget_cents": 2},
        {"owner": "zoe", "accounts": 2, "gain_cents": 5, "budget_cents": 3},
    ]


@pytest.mark.parametrize(
    ("months_since", "due", "realised", "missing"),
    [(0, 0, 200, -200), (3, 250, 200, 50), (6, 501, 200, 301), (12, 1_001, 200, 801), (24, 1_001, 200, 801)],
)
def test_a_promise_falls_due_over_a_year(months_since: int, due: int, realised: int, missing: int) -> None:
    found = promised_and_realised(1_001, profit_then_cents=-50, profit_now_cents=150, months=months_since)
    assert found == Outcome(months_since, due, realised, missing)
