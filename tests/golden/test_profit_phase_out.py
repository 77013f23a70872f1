"""The worked example's exits in order: months, cap, hours, and the people whose work leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest

from profitability.cash_guard import forecast
from profitability.engine import evaluate
from profitability.exit_calendar import CASH
from profitability.exit_steps import ASK_FIRST, END_OPENLY, LIGHTER_FIRST
from profitability.facts import Facts
from profitability.firm import Firm, firm_of
from profitability.freed_hours import freed_hours, reinvestment
from profitability.people_impact import people_impact
from profitability.phase_out import CONTRACT, DOES_NOT_PAY, plan_phase_out
from profitability.policy import ExitPolicy, Policy
from profitability.units import SECONDS_PER_HOUR
from profitability.verdicts import Verdicts

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]
Leaving = Callable[[Sequence[str]], pd.DataFrame]

JANUARY = date(2026, 1, 1)
LIMITS = ExitPolicy()


@pytest.fixture(scope="module")
def verdicts(worked_facts: Facts, worked_policy: Policy) -> Verdicts:
    return evaluate(worked_facts, worked_policy, date(2026, 1, 20))


@pytest.fixture(scope="module")
def firm(verdicts: Verdicts, worked_rows: Reader) -> Firm:
    proof = verdicts.reconciliation.set_index("line")["amount"]
    params = {row["name"]: row["value"] for row in worked_rows("params.csv")}
    unmet = int(params["unmet_demand_hours"]) * SECONDS_PER_HOUR
    profit = int(proof["firm_profit_from_books"])
    return firm_of(verdicts.accounts, profit_cents=profit, idle_seconds=462 * SECONDS_PER_HOUR, unmet_seconds=unmet)


@pytest.fixture(scope="module")
def leaving(verdicts: Verdicts) -> Leaving:
    """Take accounts by id, in the order named, without a contract or a satisfaction score."""
    accounts = verdicts.accounts.set_index("account_id", drop=False)
    accounts = accounts.assign(
        earliest_month=pd.Series(pd.NaT, accounts.index, dtype="datetime64[us]"),
        satisfaction_e6=pd.Series(pd.NA, accounts.index, dtype="Int64"),
    )
    return lambda names: accounts.loc[list(names)].reset_index(drop=True)


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


@pytest.mark.parametrize("name", ["GRO", "GRO+HAL+FJO", "DEL"])
def test_forced_plans_to_the_cent(name: str, leaving: Leaving, firm: Firm, worked_rows: Reader) -> None:
    plan = plan_phase_out(leaving(name.split("+")), firm, LIMITS, from_month=JANUARY, keep_order=True)
    found = [
        {
            "plan": name,
            "client": row["account_id"],
            "tranche": f"{row['tranche']}/{row['tranches']}",
            "month": row["month"].strftime("%Y-%m"),
            "agi_leaving": euros(row["agi_leaving_cents"]),
            "agi_leaving_in_3_months": euros(row["agi_leaving_in_cap_months_cents"]),
            "cap": euros(row["cap_cents"]),
        }
        for row in plan.to_dict("records")
    ]
    assert found == [row for row in worked_rows("expected_phaseout.csv") if row["plan"] == name]


def test_every_expected_plan_is_tested(worked_rows: Reader) -> None:
    mark = next(mark for mark in test_forced_plans_to_the_cent.pytestmark if mark.name == "parametrize")
    assert {row["plan"] for row in worked_rows("expected_phaseout.csv")} == set(mark.args[1])


def test_the_first_exit_takes_the_demand_that_the_others_would_need(leaving: Leaving, firm: Firm) -> None:
    plan = plan_phase_out(leaving(["DEL", "FJO", "HAL", "GRO"]), firm, LIMITS, from_month=JANUARY)

    assert list(plan["account_id"]) == ["GRO", "DEL", "FJO", "HAL"]
    assert plan["month"].notna().to_list() == [True, False, False, False]
    # Section 6: GRO pays by 5,229.77; without demand the others lose their whole keep value.
    assert list(plan["expected_cents"]) == [522_977, -5_079_646, -3_020_338, -2_517_134]
    assert list(plan["why"]) == ["", DOES_NOT_PAY, DOES_NOT_PAY, DOES_NOT_PAY]
    assert str(freed_hours(plan, firm)) == "660 h freed: 388 h for known demand, 272 h idle"


def test_a_second_exit_is_planned_while_demand_lasts(leaving: Leaving, firm: Firm) -> None:
    busy = replace(firm, unmet_seconds=(462 + 660 + 504) * SECONDS_PER_HOUR)
    plan = plan_phase_out(leaving(["HAL", "GRO"]), busy, LIMITS, from_month=JANUARY)

    assert list(plan["account_id"]) == ["GRO", "HAL"]
    assert list(plan["month"].dt.month) == [1, 4]
    assert list(plan["expected_cents"]) == [2_481_460, 1_111_821]  # section 6: full resale
    assert list(plan["idle_seconds"]) == [0, 0]
    assert freed_hours(plan, busy).open_demand_seconds == 0


def test_a_contract_is_kept_to_its_end(leaving: Leaving, firm: Firm, worked_rows: Reader) -> None:
    ends = {row["client_id"]: row["contract_end"] for row in worked_rows("clients.csv")}
    rows = leaving(["GRO", "DEL"])
    rows["earliest_month"] = pd.to_datetime(rows["account_id"].map(ends)).dt.to_period("M").dt.start_time
    plan = plan_phase_out(rows, firm, LIMITS, from_month=JANUARY, keep_order=True)

    assert list(plan["account_id"]) == ["GRO", "DEL", "DEL"]
    assert list(plan["month"].dt.strftime("%Y-%m")) == ["2026-01", "2026-08", "2026-11"]
    assert plan["why"][0] == ""
    assert plan["why"][1] == CONTRACT


def test_cash_guards_an_exit(verdicts: Verdicts, leaving: Leaving, firm: Firm) -> None:
    balance = pd.DataFrame({"day": [pd.Timestamp(2025, 12, 31)], "balance_cents": [8_000_000]})
    cash = forecast(verdicts.books, balance, as_of=date(2025, 12, 31), window_months=12)

    assert cash is not None
    # Revenue 535,611.07 less 6,400.00 written off; payroll, pools and direct cost.
    assert cash.receipts_cents == 52_921_107
    assert cash.costs_cents == 34_100_000 + 6_000_000 + 6_000_000 + 2_200_000 + 820_000
    # Without GRO's expenses of 75.00 a month January costs 40,858.33, and the floor is 81,716.67. 80,000.00 grow by
    # 3,242.59 to the end of that month: GRO may go.
    plan = plan_phase_out(leaving(["GRO"]), firm, LIMITS, from_month=JANUARY, cash=cash)
    assert plan["month"].to_list() == [pd.Timestamp(JANUARY)]
    assert plan["is_cash_known"].all()
    # 78,400.00 grow to 81,642.59: the first month ends below the floor in any case, so nobody may.
    poor = plan_phase_out(
        leaving(["GRO"]), firm, LIMITS, from_month=JANUARY, cash=replace(cash, balance_cents=7_840_000)
    )
    assert poor["month"].isna().all()
    assert poor["why"].str.endswith(CASH).all()


def test_routes_follow_satisfaction(leaving: Leaving, firm: Firm) -> None:
    rows = leaving(["GRO", "HAL", "FJO"]).assign(satisfaction_e6=pd.array([7_500_000, 7_499_999, None], dtype="Int64"))
    known = plan_phase_out(rows, firm, LIMITS, from_month=JANUARY, keep_order=True, satisfied_from=Fraction(15, 2))
    assert list(known["route"]) == [LIGHTER_FIRST, END_OPENLY, ASK_FIRST]

    no_scale = plan_phase_out(rows, firm, LIMITS, from_month=JANUARY, keep_order=True)
    assert set(no_scale["route"]) == {ASK_FIRST}


def test_gain_to_reinvest_is_split_by_owner(leaving: Leaving, firm: Firm) -> None:
    plan = plan_phase_out(leaving(["GRO", "HAL", "FJO"]), firm, LIMITS, from_month=JANUARY, keep_order=True)
    budgets = reinvestment(plan, {"GRO": "mia", "HAL": "mia", "FJO": "noa"}, LIMITS)

    assert budgets.to_dict("records") == [
        {"owner": "mia", "accounts": 1, "gain_cents": 522_977, "budget_cents": 261_489}
    ]


def test_people_of_a_leaving_account(worked_facts: Facts) -> None:
    time = worked_facts.tables["time_entries"]
    assert isinstance(time, pd.DataFrame)
    hours = time[time["account_id"].notna()]
    found = people_impact(hours, ["GRO"], LIMITS)

    assert found["leaving_seconds"].sum() == 660 * SECONDS_PER_HOUR
    by_person = hours.groupby("person_id")["worked_seconds"].sum()
    for row in found.to_dict("records"):
        assert row["worked_seconds"] == by_person[row["person_id"]]
        share = Fraction(row["leaving_seconds"], row["worked_seconds"])
        assert row["leaving_ratio"] == float(share)
        assert row["talk_first"] == (share > Fraction(3, 10))
    assert list(found["leaving_ratio"]) == sorted(found["leaving_ratio"], reverse=True)
