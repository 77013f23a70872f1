"""What price an account would need, and whether asking for it pays.

A rise x of the price adds x to net revenue and to AGI. It costs lambda x, for some of it will be paid late or never:
lambda = max(0, financing + ECL movement + write-offs) / net revenue. The margin m is reached with

    x = (m AGI - profit) / (1 - m - lambda)

and where 1 - m - lambda <= 0 no price reaches it: the money must be collected first.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.policy import Policy
from profitability.ratios import INT64_MAX, Flags, Whole, exact, half_up_quotient, is_at_least, ratio
from profitability.units import SECONDS_PER_HOUR

BREAK_EVEN = Fraction(0)

LATE_BLOCK = ("late_financing_cents", "late_collection_labour_cents", "ecl_movement_cents", "write_offs_cents")
"""Everything that an account costs because it does not pay on time."""


def price_figures(accounts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Compute the rise of the yearly price to break-even and to the target margin.

    Args:
        accounts: account_id, net_revenue_cents, agi_cents, cm3_cents, ncp_cents, worked_seconds and the four columns
            of `LATE_BLOCK`.
        policy: the target margin.

    Returns:
        One row per account, in the order given: account_id; breakeven_cents, target_cents and
        on_time_breakeven_cents (if it paid on time: no late block, lambda 0), Int64, null where AGI <= 0, where the
        account has the margin already, and where no price helps; breakeven_ratio, target_ratio and
        on_time_breakeven_ratio, of AGI, and breakeven_per_hour_cents, float64, NaN where the amount is null or no
        hour was worked; is_d_on_time, bool: D even if it paid on time; is_beyond_price, bool: below break-even, with
        AGI, and no price helps.
    """
    late = sum(exact(accounts[column]) for column in LATE_BLOCK)
    agi = accounts["agi_cents"]
    on_time_ncp, on_time_cm3 = exact(accounts["ncp_cents"]) + late, exact(accounts["cm3_cents"]) + late
    has_agi = (agi > 0).to_numpy(dtype=bool)
    breakeven = rise_cents(accounts, BREAK_EVEN)
    target = rise_cents(accounts, policy.remedies.target_margin)
    on_time = nullable(-on_time_ncp, has_agi & (on_time_ncp < 0), accounts.index)
    return pd.DataFrame(
        {
            "account_id": accounts["account_id"],
            "breakeven_cents": breakeven,
            "target_cents": target,
            "on_time_breakeven_cents": on_time,
            "breakeven_ratio": ratio(breakeven, agi),
            "target_ratio": ratio(target, agi),
            "on_time_breakeven_ratio": ratio(on_time, agi),
            "breakeven_per_hour_cents": SECONDS_PER_HOUR * ratio(breakeven, accounts["worked_seconds"]),
            "is_d_on_time": (on_time_cm3 < 0) | (~has_agi & (on_time_ncp < 0)),
            "is_beyond_price": has_agi & (accounts["ncp_cents"] < 0) & breakeven.isna(),
        }
    )


def ask_limits(accounts: pd.DataFrame, exits: pd.DataFrame) -> pd.Series[float]:
    """Return the chance of losing the account below which asking for the break-even price pays.

    Asking gains (1 - lambda) x = -NCP if the account stays, and costs K' if it leaves: what its exit takes from the
    firm after the hours that can be sold again. It pays below q* = -NCP / (-NCP + K'). With K' <= 0 there is nothing
    to lose by asking: 1.

    Args:
        accounts: account_id, net_revenue_cents, agi_cents, ncp_cents and the columns of `LATE_BLOCK`.
        exits: one row per account: account_id, expected_cents (gain of its exit at the expected redeployment, -K').

    Returns:
        q* beside the accounts, float64; NaN at or above break-even, where AGI <= 0, where no price helps, and where
        the gain of the exit is not known.
    """
    gain = -accounts["ncp_cents"].astype("float64")
    loss = -accounts["account_id"].map(exits.set_index("account_id")["expected_cents"]).astype("float64")
    can_ask = rise_cents(accounts, BREAK_EVEN).notna()
    limits = (gain / (gain + loss.clip(lower=0))).where(can_ask & loss.notna())
    return limits.rename("ask_limit_ratio")


def rise_cents(
    accounts: pd.DataFrame, margin: Fraction, *, profit: str = "ncp_cents", is_rounded_up: bool = False
) -> pd.Series[int]:
    """Return the rise of the yearly price with which a profit reaches a margin on AGI.

    Args:
        accounts: net_revenue_cents, agi_cents, the profit, and financing, ECL movement and write-offs.
        margin: to be reached.
        profit: the column that must reach it.
        is_rounded_up: round up to the cent, so that the margin is met; else half away from zero, as figures are.

    Returns:
        Int64 beside the accounts; null where AGI <= 0, where the margin is met (to the cent), and where no price
        reaches it. A rise beyond 64 bits counts as no price.
    """
    agi = accounts["agi_cents"]
    is_short: Flags = (agi > 0).to_numpy(dtype=bool) & ~is_at_least(accounts[profit], agi, margin)
    # Products of large integers cost time: take them only where a rise is needed.
    short = accounts[is_short]
    missing = margin.numerator * exact(short["agi_cents"]) - margin.denominator * exact(short[profit])
    late, revenue = _late_share(short)
    kept = (margin.denominator - margin.numerator) * revenue - margin.denominator * late
    has_price = kept > 0
    gained, divisor = missing * revenue, np.where(has_price, kept, 1)
    rise = -(-gained // divisor) if is_rounded_up else half_up_quotient(gained, divisor)
    found = nullable(rise, has_price & (rise > 0), short.index)
    return found.reindex(accounts.index)


def nullable(values: Whole, is_known: Flags, index: pd.Index[int]) -> pd.Series[int]:
    """Return whole numbers as an Int64 column, null where they are not known or do not fit into 64 bits."""
    fits = is_known & np.asarray(np.abs(values) <= INT64_MAX, dtype=np.bool_)
    return pd.Series(pd.array(np.where(fits, values, 0).astype(np.int64), dtype="Int64"), index=index).where(fits)


def _late_share(accounts: pd.DataFrame) -> tuple[Whole, Whole]:
    """Return lambda as numerator and denominator: the late cost that grows with the price, per net revenue.

    Time spent on collection does not grow with the price. Without net revenue lambda is 0.
    """
    revenue = exact(accounts["net_revenue_cents"])
    late = sum(exact(accounts[column]) for column in LATE_BLOCK if column != "late_collection_labour_cents")
    has_revenue = revenue > 0
    return np.where(has_revenue, np.maximum(late, 0), 0), np.where(has_revenue, revenue, 1)
