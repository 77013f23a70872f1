"""Laws of a phase-out plan, against cap, cash and demand counted anew by plain loops."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.cash_guard import LONGEST_LAG_MONTHS, CashForecast
from profitability.exit_calendar import HORIZON_MONTHS, PLAN_MONTHS
from profitability.firm import Firm
from profitability.phase_out import DOES_NOT_PAY, TOO_LARGE, plan_phase_out
from profitability.policy import ExitPolicy

pytestmark = pytest.mark.slow

FROM = date(2026, 1, 1)
NEVER = pd.Timestamp(2999, 1, 1)
FEW = settings(max_examples=15, deadline=None)

LINES = ("pass_through", "contractors", "direct_expenses", "late_financing", "ecl_movement", "write_offs")
UNUSED = ("hourly_labour", "delivery_labour", "service_labour", "late_collection_labour", "alloc", "ncp")

Account = dict[str, Any]

amounts = st.one_of(st.just(0), st.integers(-500, 3_000))


@st.composite
def accounts(draw: st.DrawFn, name: str) -> Account:
    lines = {f"{line}_cents": draw(amounts) for line in LINES}
    revenue = draw(st.one_of(st.integers(-2_000, 2_000), st.integers(0, 60_000)))
    earliest = draw(st.one_of(st.none(), st.integers(-2, 40)))
    return {
        "account_id": name,
        "net_revenue_cents": revenue,
        "agi_cents": revenue - lines["pass_through_cents"],
        **lines,
        **{f"{line}_cents": 0 for line in UNUSED},
        "avoidable_alloc_ppm_cents": 250_000 * draw(st.integers(0, 400)),
        "open_receivable_cents": draw(st.integers(0, 20_000)),
        "worked_seconds": draw(st.integers(0, 400)),
        "hourly_seconds": 0,
        "earliest_month": None if earliest is None else pd.Timestamp(FROM) + pd.DateOffset(months=earliest),
        "satisfaction_e6": None,
    }


leavers = st.integers(0, 5).flatmap(lambda count: st.tuples(*(accounts(f"a{index}") for index in range(count))))

firms = st.builds(
    Firm,
    profit_cents=st.integers(-5_000, 5_000),
    net_revenue_cents=st.just(0),
    agi_cents=st.integers(-1_000, 300_000),
    ncp_cents=st.just(0),
    service_labour_cents=st.just(0),
    worked_seconds=st.integers(0, 5_000),
    idle_seconds=st.integers(0, 300),
    unmet_seconds=st.integers(0, 1_200),
    throughput_cents=st.integers(-100, 100_000),
    throughput_seconds=st.integers(0, 1_000),
)
limits = st.builds(
    ExitPolicy,
    leaving_cap=st.fractions(Fraction(1, 50), Fraction(1, 2), max_denominator=50),
    cap_months=st.integers(1, 5),
    cash_floor_months=st.integers(0, 3),
)
forecasts = st.builds(
    CashForecast,
    day=st.dates(date(2025, 10, 1), date(2026, 2, 28)),
    balance_cents=st.integers(-1_000, 100_000),
    receipts_cents=st.integers(0, 400_000),
    costs_cents=st.integers(0, 300_000),
    window_months=st.sampled_from([4, 12]),
)


def frame(rows: tuple[Account, ...]) -> pd.DataFrame:
    columns = [*(name for name in accounts_columns()), "earliest_month", "satisfaction_e6"]
    kinds = {"account_id": "str", "earliest_month": "datetime64[us]", "satisfaction_e6": "Int64"}
    table = pd.DataFrame(list(rows), columns=columns)
    return table.astype({name: kinds.get(name, "int64") for name in columns})


def accounts_columns() -> tuple[str, ...]:
    money = ("net_revenue", "agi", *LINES, *UNUSED, "avoidable_alloc_ppm", "open_receivable")
    return ("account_id", *(f"{line}_cents" for line in money), "worked_seconds", "hourly_seconds")


def number(month: Any) -> int:
    return int(month.year) * 12 + int(month.month)


def rounded(value: Fraction) -> int:
    size = int(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


@FEW
@given(rows=leavers, firm=firms, policy=limits, keep_order=st.booleans())
def test_never_more_than_the_cap_starts_to_leave(
    rows: tuple[Account, ...], firm: Firm, policy: ExitPolicy, *, keep_order: bool
) -> None:
    plan = plan_phase_out(frame(rows), firm, policy, from_month=FROM, keep_order=keep_order)
    cap = max(0, rounded(policy.leaving_cap * firm.agi_cents))

    assert (plan["cap_cents"] == cap).all()
    planned = [(number(row.month), max(0, row.agi_leaving_cents)) for row in plan[plan["month"].notna()].itertuples()]
    for first in range(number(FROM) - 12, number(FROM) + 60):
        assert sum(agi for month, agi in planned if first <= month < first + policy.cap_months) <= cap
    for row in plan[plan["month"].notna()].itertuples():
        back = number(row.month) - policy.cap_months
        assert row.agi_leaving_in_cap_months_cents == sum(
            agi for month, agi in planned if back < month <= number(row.month)
        )
        assert number(FROM) <= number(row.month) < number(FROM) + PLAN_MONTHS


@FEW
@given(rows=leavers, firm=firms, policy=limits, keep_order=st.booleans())
def test_parts_add_up_and_stand_in_order(
    rows: tuple[Account, ...], firm: Firm, policy: ExitPolicy, *, keep_order: bool
) -> None:
    plan = plan_phase_out(frame(rows), firm, policy, from_month=FROM, keep_order=keep_order)

    assert set(plan["account_id"]) == {row["account_id"] for row in rows}
    assert (plan["freed_seconds"] == plan["redeployed_seconds"] + plan["idle_seconds"]).all()
    assert (plan["idle_seconds"] >= 0).all()
    for row in rows:
        own = plan[plan["account_id"] == row["account_id"]]
        assert own["agi_leaving_cents"].sum() == row["agi_cents"]
        assert own["freed_seconds"].sum() == row["worked_seconds"]
        for column in ("agi_leaving_cents", "freed_seconds", "expected_cents"):
            assert own[column].max() - own[column].min() <= 1
        if len(own) > 1:
            assert list(own["tranche"]) == list(range(1, len(own) + 1))
            # The fewest equal parts that the cap allows.
            assert (len(own) - 1) * own["cap_cents"].iloc[0] < row["agi_cents"] <= len(own) * own["cap_cents"].iloc[0]
        months = [number(month) for month in own["month"].dropna()]
        assert months == sorted(months)
        if months and row["earliest_month"] is not None:
            assert months[0] >= number(row["earliest_month"])
    shown = [number(month) for month in plan["month"].dropna()]
    assert shown == sorted(shown)
    assert plan["month"].isna().to_list() == sorted(plan["month"].isna())


def one_by_one(rows: tuple[Account, ...], firm: Firm) -> tuple[dict[str, Fraction], list[str]]:
    """Choose the best account again and again; return the Delta of every account and the names chosen, in order."""
    value = Fraction(firm.throughput_cents, firm.throughput_seconds) if firm.throughput_seconds else Fraction(0)
    value = max(value, Fraction(0))
    demand = max(0, firm.unmet_seconds - firm.idle_seconds)
    left = {row["account_id"]: row for row in rows}
    gains: dict[str, Fraction] = {}
    chosen = []

    def gain(row: Account) -> Fraction:
        lost = row["net_revenue_cents"] - sum(row[f"{line}_cents"] for line in LINES)
        return (
            min(row["worked_seconds"], demand) * value
            - lost
            + rounded(Fraction(row["avoidable_alloc_ppm_cents"], 10**6))
        )

    while left:
        paying = {name: gain(row) for name, row in left.items() if gain(row) > 0}
        if not paying:
            return gains | {name: gain(row) for name, row in left.items()}, chosen

        def place(name: str) -> tuple[int, Fraction, str]:
            agi, worth = left[name]["agi_cents"], Fraction(rounded(paying[name]))  # noqa: B023 (called in this round)
            return (0, -worth, name) if agi <= 0 else (1, -worth / agi, name)

        best = min(paying, key=place)
        gains[best] = paying[best]
        chosen.append(best)
        demand -= min(left.pop(best)["worked_seconds"], demand)
    return gains, chosen


@settings(max_examples=40, deadline=None)
@given(rows=leavers, firm=firms)
def test_choosing_in_rounds_chooses_as_one_by_one_and_sells_no_hour_twice(
    rows: tuple[Account, ...], firm: Firm
) -> None:
    whole = replace(ExitPolicy(), leaving_cap=Fraction(1), cap_months=1)
    roomy = replace(firm, agi_cents=10**9)
    plan = plan_phase_out(frame(rows), roomy, whole, from_month=FROM).set_index("account_id")
    gains, chosen = one_by_one(rows, firm)

    assert {name: rounded(gain) for name, gain in gains.items()} == plan["expected_cents"].to_dict()
    assert set(plan.index[plan["why"] == DOES_NOT_PAY]) == set(gains) - set(chosen)
    # Where nothing limits the months, those who may leave in the same one stand in the order of choice.
    free = {row["account_id"] for row in rows if row["earliest_month"] is None}
    assert [name for name in plan.index[plan["month"].notna()] if name in free] == [
        name for name in chosen if name in free
    ]
    sold = int(plan.loc[plan["month"].notna(), "redeployed_seconds"].sum())
    assert sold <= max(0, firm.unmet_seconds - firm.idle_seconds)


@FEW
@given(rows=leavers, firm=firms, policy=limits, cash=st.none() | forecasts, data=st.data())
def test_the_order_of_rows_changes_nothing(
    rows: tuple[Account, ...], firm: Firm, policy: ExitPolicy, cash: CashForecast | None, data: st.DataObject
) -> None:
    plan = plan_phase_out(frame(rows), firm, policy, from_month=FROM, cash=cash)
    mixed = tuple(data.draw(st.permutations(rows)))
    pd.testing.assert_frame_equal(plan_phase_out(frame(mixed), firm, policy, from_month=FROM, cash=cash), plan)


@FEW
@given(
    rows=leavers.filter(len),
    firm=firms,
    policy=limits,
    cash=st.none() | forecasts,
    later=st.integers(1, 30),
    data=st.data(),
)
def test_a_contract_that_ends_later_brings_nothing_forward(
    rows: tuple[Account, ...],
    firm: Firm,
    policy: ExitPolicy,
    cash: CashForecast | None,
    *,
    later: int,
    data: st.DataObject,
) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    start = rows[index]["earliest_month"] or pd.Timestamp(FROM)
    moved = tuple(
        row | {"earliest_month": start + pd.DateOffset(months=later)} if place == index else row
        for place, row in enumerate(rows)
    )
    plans = [
        plan_phase_out(frame(table), firm, policy, from_month=FROM, cash=cash, keep_order=True)
        for table in (rows, moved)
    ]
    before, after = (
        plan.loc[plan["account_id"] == rows[index]["account_id"], "month"].fillna(NEVER).to_list() for plan in plans
    )
    assert len(before) == len(after)
    assert all(old <= new for old, new in zip(before, after, strict=True))


def balances(
    cash: CashForecast, rows: tuple[Account, ...], plan: pd.DataFrame, months: int
) -> list[tuple[Fraction, Fraction]]:
    """Return cash and cost of each month end after the balance, account by account, in fractions."""
    by_name = {row["account_id"]: row for row in rows}
    planned = plan[plan["month"].notna()]
    found = []
    balance = Fraction(cash.balance_cents)
    for month in range(number(cash.day) + 1, months):
        receipts, costs = Fraction(cash.receipts_cents), Fraction(cash.costs_cents)
        for part in planned.itertuples():
            row = by_name[str(part.account_id)]
            revenue = row["net_revenue_cents"]
            lag = rounded(Fraction(row["open_receivable_cents"] * cash.window_months, revenue)) if revenue > 0 else 0
            started = number(part.month)
            if month >= started:
                saved = row["pass_through_cents"] + row["contractors_cents"] + row["direct_expenses_cents"]
                costs -= Fraction(saved, int(part.tranches))
            if month >= started + min(lag, LONGEST_LAG_MONTHS):
                receipts -= Fraction(revenue - row["write_offs_cents"], int(part.tranches))
        balance += (receipts - costs) / cash.window_months
        found.append((balance, costs / cash.window_months))
    return found


@settings(max_examples=25, deadline=None)
@given(rows=leavers.filter(len), firm=firms, policy=limits, cash=forecasts)
def test_cash_covers_its_floor_at_every_month_end_of_a_plan(
    rows: tuple[Account, ...], firm: Firm, policy: ExitPolicy, cash: CashForecast
) -> None:
    plan = plan_phase_out(frame(rows), firm, policy, from_month=FROM, cash=cash, keep_order=True)
    planned = plan["month"].dropna()

    if len(planned):
        last = number(planned.max()) + HORIZON_MONTHS
        # Parts are whole cents of a window; counted in fractions, months of them may differ by a cent each.
        slack = len(plan) * (1 + last - number(cash.day))
        for balance, cost in balances(cash, rows, plan, last):
            assert balance >= policy.cash_floor_months * cost - slack
    if (plan["why"] == TOO_LARGE).all():
        assert planned.empty
