"""Figures beside the statement: they inform a decision and are never added to a profit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.errors import DataError
from profitability.firm import Firm
from profitability.ratios import exact, half_up_quotient, posted


def opportunity_cost_cents(accounts: pd.DataFrame, firm: Firm) -> pd.Series[int]:
    """Return what each account's time would bring more with the average rated account, as far as it is asked for.

    H x max(0, v - t) x scarcity; t is the account's own throughput a second, v that of the rated accounts. Scarcity is
    the share of all client time that refused demand could take: min(1, spare demand / client time), 0 while idle time
    still covers demand, because an hour that nobody else wants costs nothing (theory of constraints, Goldratt).

    Args:
        accounts: worked_seconds, agi_cents, contractors_cents, direct_expenses_cents.
        firm: the firm's figures.

    Returns:
        Int64 cents beside the accounts; null where no time is logged, and everywhere where v is not known.
    """
    hours = exact(accounts["worked_seconds"])
    own = exact(accounts["agi_cents"]) - exact(accounts["contractors_cents"]) - exact(accounts["direct_expenses_cents"])
    has_price = firm.throughput_seconds > 0
    seconds = firm.throughput_seconds if has_price else 1
    forgone = np.maximum(hours * firm.throughput_cents - own * seconds, 0)
    scarce = min(firm.spare_demand_seconds, firm.worked_seconds)
    cost = half_up_quotient(forgone * scarce, seconds * max(firm.worked_seconds, 1))
    return posted(cost, accounts.index).where((accounts["worked_seconds"] > 0) & has_price)


def margin_multiple(retention: Fraction, discount: Fraction) -> Fraction:
    """Return the lifetime value of an account as a multiple of a year's margin: r / (1 + i - r).

    Source: Gupta & Lehmann 2003, "Customers as Assets"; constant margin, retention and discount rate.

    Raises:
        DataError: retention is not from 0 to 1, the discount rate is below 0, or nothing ever ends the sum.
    """
    if not 0 <= retention <= 1 or discount < 0 or retention == 1 + discount:
        raise DataError(
            f"no margin multiple for a retention of {float(retention):g} and a discount rate of {float(discount):g}",
            remedy="give a yearly retention from 0 to 1 and a discount rate from 0; not 1 and 0 together",
        )
    return retention / (1 + discount - retention)
