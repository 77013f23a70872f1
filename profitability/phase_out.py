"""In which order and month accounts leave, so that hours, income and cash can follow.

Who is worth most per unit of income lost goes first, and takes the demand for freed hours along: the same demand
cannot be sold twice. How much income starts to leave in a few months is capped, a contract is kept to its end, and
cash stays above its floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from profitability.cash_guard import CashForecast, payment_lag_months
from profitability.errors import DataError
from profitability.exit_calendar import PLAN_MONTHS, ExitCalendar
from profitability.exit_case import exit_cases
from profitability.exit_steps import routes
from profitability.firm import Firm
from profitability.periods import month_start
from profitability.policy import ExitPolicy
from profitability.tables import Row
from profitability.units import half_up

DOES_NOT_PAY = "its exit does not pay at the demand that is left"
TOO_LARGE = f"more AGI than may leave within {PLAN_MONTHS} months"
CONTRACT = "its contract runs until then"

_SHARED = (
    "agi_cents",
    "expected_cents",
    "freed_seconds",
    "redeployed_seconds",
    "lost_receipts_cents",
    "saved_costs_cents",
)

PLAN_COLUMNS = {
    "account_id": "str",
    "tranche": "Int64",
    "tranches": "Int64",
    "month": "datetime64[us]",
    "agi_leaving_cents": "int64",
    "agi_leaving_in_cap_months_cents": "Int64",
    "cap_cents": "int64",
    "expected_cents": "int64",
    "freed_seconds": "int64",
    "redeployed_seconds": "int64",
    "idle_seconds": "int64",
    "route": "str",
    "why": "str",
    "is_cash_known": "bool",
}


def plan_phase_out(
    leaving: pd.DataFrame,
    firm: Firm,
    policy: ExitPolicy,
    *,
    from_month: date,
    cash: CashForecast | None = None,
    keep_order: bool = False,
    satisfied_from: Fraction | None = None,
) -> pd.DataFrame:
    """Choose who leaves, in which order and when.

    Order: the largest Delta (gain of the exit at the demand still open) per cent of AGI lost; accounts without AGI go
    first, by Delta; equal ones by id. Whoever no longer pays at the demand still open is not planned. Month: each
    account in that order takes the first month at or after its `earliest_month` that cap and cash allow; one whose
    AGI is above the cap leaves in equal parts of its scope. A plan has `PLAN_MONTHS` months.

    Args:
        leaving: rows of the accounts frame that may leave, each account once, with two columns more: earliest_month
            (datetime64; null: no contract is known) and satisfaction_e6 (Int64; null: not known).
        firm: the firm before anybody leaves.
        policy: cap and cash floor.
        from_month: the first month in which anybody may leave.
        cash: the forecast if nobody leaves; None: cash is not known and not guarded.
        keep_order: plan all of them in the order given, whether they pay or not.
        satisfied_from: see `ReviewPolicy.satisfied_from`.

    Returns:
        One row per account and part, in order of time, then of choice; those without a month last. account_id str;
        tranche and tranches Int64 (part 1 of 2; null where nothing is planned); month datetime64, null = not planned;
        agi_leaving_cents; agi_leaving_in_cap_months_cents Int64 (all AGI that starts to leave in the `cap_months`
        months that end with this one; a negative AGI makes no room and counts as nothing; null = not planned);
        cap_cents; expected_cents (Delta given what was chosen before, or, where it does not pay, given all that is
        chosen); freed_seconds = redeployed_seconds + idle_seconds; route (see `exit_steps.ROUTES`); why (reasons
        for being late, or not planned at all, joined by "; "; "" where it leaves at once); is_cash_known bool.
        The figures of an account's parts add up to the account. Demand stays with the account that was chosen for it,
        with a month or without.

    Raises:
        DataError: an account is in `leaving` twice.
    """
    _check_once(leaving)
    cap = max(0, half_up(policy.leaving_cap * firm.agi_cents))
    calendar = ExitCalendar(policy, month_start(from_month), cap, cash)
    chosen = _in_order(leaving, firm, keep_order=keep_order)
    lags = payment_lag_months(chosen, cash.window_months) if cash else 0
    chosen = chosen.assign(
        earliest_month=pd.to_datetime(chosen["earliest_month"]).fillna(pd.Timestamp(calendar.first)),
        route=routes(chosen["satisfaction_e6"], satisfied_from),
        lost_receipts_cents=chosen["net_revenue_cents"] - chosen["write_offs_cents"],
        saved_costs_cents=chosen["pass_through_cents"] + chosen["contractors_cents"] + chosen["direct_expenses_cents"],
        lag_months=lags,
    )
    rows = [row for account in chosen.to_dict("records") for row in _rows(account, calendar)]
    plan = pd.DataFrame(rows, columns=list(PLAN_COLUMNS)).assign(cap_cents=cap, is_cash_known=cash is not None)
    in_cap_months = [None if pd.isna(month) else calendar.leaving_until(month) for month in plan["month"]]
    return (
        plan.assign(agi_leaving_in_cap_months_cents=pd.Series(in_cap_months, plan.index, dtype="Int64"))
        .astype(PLAN_COLUMNS)
        .sort_values("month", kind="stable")
        .reset_index(drop=True)
    )


def _check_once(leaving: pd.DataFrame) -> None:
    repeated = leaving.loc[leaving["account_id"].duplicated(), "account_id"]
    if len(repeated):
        raise DataError(
            f"account {repeated.iloc[0]} is to leave more than once",
            where="phase-out plan",
            remedy="name each account once",
        )


def _in_order(leaving: pd.DataFrame, firm: Firm, *, keep_order: bool) -> pd.DataFrame:
    """Return the accounts in the order of choice, with their exit case at the demand then open.

    Added: expected_cents, freed_seconds, redeployed_seconds, is_chosen; those that are not chosen come last.
    """
    rounds: list[pd.DataFrame] = []
    remaining = leaving.reset_index(drop=True)
    while True:
        judged = _judged(remaining, firm)
        ready = judged if keep_order else _by_gain(judged[judged["pays"]])
        now = ready.iloc[: _unchanged(ready["freed_seconds"], firm)]
        if now.empty:
            return pd.concat([*rounds, judged.sort_values("account_id").assign(is_chosen=False)], ignore_index=True)
        rounds.append(now.assign(is_chosen=True))
        remaining = remaining[~remaining["account_id"].isin(now["account_id"])]
        firm = replace(firm, unmet_seconds=firm.unmet_seconds - int(now["redeployed_seconds"].sum()))


def _judged(accounts: pd.DataFrame, firm: Firm) -> pd.DataFrame:
    cases = exit_cases(accounts, firm)
    freed = cases["freed_seconds"].to_numpy(dtype=np.int64)
    return accounts.assign(
        expected_cents=cases["expected_cents"].to_numpy(dtype=np.int64),
        freed_seconds=freed,
        redeployed_seconds=np.minimum(freed, firm.spare_demand_seconds),
        pays=cases["pays"].to_numpy(dtype=bool),
    )


def _by_gain(accounts: pd.DataFrame) -> pd.DataFrame:
    """Sort by Delta per AGI lost, exactly: no AGI first, by Delta; then by id."""
    columns = (accounts["agi_cents"], accounts["expected_cents"], accounts["account_id"])
    keys = [
        (0, Fraction(-gain), name) if agi <= 0 else (1, Fraction(-gain, agi), name)
        for agi, gain, name in zip(*(column.tolist() for column in columns), strict=True)
    ]
    return accounts.iloc[sorted(range(len(keys)), key=keys.__getitem__)]


def _unchanged(freed_seconds: pd.Series[int], firm: Firm) -> int:
    """Count the first accounts whose Delta stays as it is while those before them take demand.

    A Delta stays while nothing was taken, or while the demand left covers all hours freed; every other one only falls.
    So these are the accounts that choosing one by one would choose.
    """
    taken = freed_seconds.cumsum()
    before = np.minimum(taken - freed_seconds, firm.spare_demand_seconds)
    stays = (before == 0) | (taken <= firm.spare_demand_seconds)
    return int(stays.cummin().sum())


def _rows(account: Row, calendar: ExitCalendar) -> Iterator[dict[str, Any]]:
    """Yield the rows of one account, and enter what finds a month in the calendar."""
    count = calendar.parts_of(account["agi_cents"])
    if not account["is_chosen"] or count is None:
        yield _row(account, TOO_LARGE if account["is_chosen"] else DOES_NOT_PAY)
        return
    earliest = month_start(account["earliest_month"].date())
    waits = [CONTRACT] if earliest > calendar.first else []
    month: date | None = earliest
    for number in range(count):
        part = _part(account, number, count)
        if month is not None:
            month, obstacles = calendar.place(part, month)
            waits = [*waits, *obstacles] if number == 0 else obstacles
        told = "; ".join(dict.fromkeys(waits))
        why = told if month else f"no month in a plan of {PLAN_MONTHS}: {told}"
        yield _row(part, why) | {"tranche": number + 1, "tranches": count, "month": month}


def _part(account: Row, number: int, count: int) -> Row:
    """Return one of `count` equal parts of an account; odd cents and seconds go to the first ones."""
    shares = {name: divmod(account[name], count) for name in _SHARED}
    return {**account, **{name: share + (number < odd) for name, (share, odd) in shares.items()}}


def _row(part: Row, why: str) -> dict[str, Any]:
    names = ("account_id", "expected_cents", "freed_seconds", "redeployed_seconds", "route")
    return {name: part[name] for name in names} | {
        "agi_leaving_cents": part["agi_cents"],
        "idle_seconds": part["freed_seconds"] - part["redeployed_seconds"],
        "why": why,
    }
