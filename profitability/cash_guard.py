"""Whether cash lasts while accounts leave: a level forecast of receipts and costs, month by month.

The firm goes on as in the window: each month brings a share of the year's receipts and takes a share of its costs. An
account that leaves takes its contractors, pass-through and direct expenses along at once; its receipts stop as much
later as it takes to pay; salaried payroll and shared cost stay. What freed hours may bring is not cash yet and is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from profitability.periods import add_months, month_start
from profitability.ratios import exact, half_up_quotient

COST_LINES = ("pass_through", "contractors", "direct_expenses", "payroll", "pools")
"""Lines of the books that are paid in cash; financing and expected losses are not."""

LONGEST_LAG_MONTHS = 60
"""Money that takes longer is beyond every forecast."""


@dataclass(frozen=True, slots=True)
class CashForecast:
    """Cash on one evening, and what came in and went out in the window before.

    Attributes:
        day: the evening; its balance stands for the end of its month.
        balance_cents: cash at hand.
        receipts_cents: income of the whole window that is paid: net revenue less write-offs.
        costs_cents: cost of the whole window that is paid.
        window_months: months of the window; a month's flow is this share of the above.
    """

    day: date
    balance_cents: int
    receipts_cents: int
    costs_cents: int
    window_months: int


def forecast(books: pd.DataFrame, cash: pd.DataFrame, *, as_of: date, window_months: int) -> CashForecast | None:
    """Build the forecast from the firm's books and the last known balance.

    Args:
        books: line, amount_cents: the firm's totals over the window (`Verdicts.books`).
        cash: the fact table `cash` (day, balance_cents).
        as_of: balances of later days are not looked at.
        window_months: months that the books cover.

    Returns:
        The forecast; None where no balance is known, and then there is no guard.
    """
    known = cash.assign(day=pd.to_datetime(cash["day"])).sort_values("day")
    known = known[known["day"] <= pd.Timestamp(as_of)]
    if known.empty:
        return None
    latest = known.iloc[-1]
    amounts = {str(line): int(cents) for line, cents in zip(books["line"], books["amount_cents"], strict=True)}
    return CashForecast(
        day=latest["day"].date(),
        balance_cents=int(latest["balance_cents"]),
        receipts_cents=amounts.get("net_revenue", 0) - amounts.get("write_offs", 0),
        costs_cents=sum(amounts.get(line, 0) for line in COST_LINES),
        window_months=window_months,
    )


def payment_lag_months(accounts: pd.DataFrame, window_months: int) -> pd.Series[int]:
    """Return how long each account's money is on its way: its DSO in whole months, half up.

    0 without revenue; never more than `LONGEST_LAG_MONTHS`.

    Args:
        accounts: open_receivable_cents, net_revenue_cents.
        window_months: months in which the revenue was earned.
    """
    revenue = exact(accounts["net_revenue_cents"])
    has_revenue = revenue > 0
    owed = np.where(has_revenue, np.maximum(exact(accounts["open_receivable_cents"]), 0), 0)
    lags = np.minimum(half_up_quotient(owed * window_months, np.where(has_revenue, revenue, 1)), LONGEST_LAG_MONTHS)
    return pd.Series(lags, index=accounts.index, dtype="int64")


def first_shortfall(
    cash: CashForecast,
    *,
    lost_receipts: Mapping[date, int],
    saved_costs: Mapping[date, int],
    floor_months: int,
    through: date,
) -> date | None:
    """Find the first month that ends with less cash than so many months of cost.

    Exact: compared in whole cents times `window_months`. The cost of a month is that of the accounts still there.

    Args:
        cash: the forecast if nobody leaves.
        lost_receipts: first of month -> cents of a window's receipts that are missing from that month on.
        saved_costs: first of month -> cents of a window's cost that are saved from that month on.
        floor_months: months of cost that cash must cover.
        through: the last month to look at.

    Returns:
        First day of the month; None: cash lasts.
    """
    month = add_months(month_start(cash.day), 1)
    receipts = cash.receipts_cents - sum(cents for start, cents in lost_receipts.items() if start < month)
    costs = cash.costs_cents - sum(cents for start, cents in saved_costs.items() if start < month)
    balance = cash.balance_cents * cash.window_months
    while month <= through:
        receipts -= lost_receipts.get(month, 0)
        costs -= saved_costs.get(month, 0)
        balance += receipts - costs
        if balance < floor_months * costs:
            return month
        month = add_months(month, 1)
    return None
