"""The smallest single change that lifts an account by one tier: a price, hours of service, or days of waiting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.policy import Policy, TierPolicy
from profitability.ratios import Flags, Whole, exact, is_at_least, ratio
from profitability.reprice import BREAK_EVEN, nullable, rise_cents


def levers(accounts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Compute what alone would move each account's indicative tier one step up.

    D to C needs CM3 >= 0 (where AGI <= 0, NCP >= 0 too); C to B the B margin; B to A the A margin, and only of an
    account that p leaves in the head. Everything else stays as it is, shares of pools too, though fewer hours would
    lower them a little.

    Args:
        accounts: account_id, indicative_tier, net_revenue_cents, agi_cents, cm3_cents, ncp_cents, the columns of
            `profitability.reprice.LATE_BLOCK`, service_labour_cents, service_seconds, avg_days_late,
            positive_before_cents, positive_total_cents.
        policy: the limits of the tiers.

    Returns:
        One row per account, in the order given: account_id; to_tier str, "" where there is no step (A, N, B behind
        the head, C without AGI); price_cents Int64, rise of the yearly price, rounded up, that bears its own late
        cost; price_ratio float64, of AGI; service_seconds Int64, service time less, rounded up; late_days float64,
        average days late less, with financing in proportion to them. Null or NaN where that change does not suffice.
    """
    limits = policy.tiers
    has_agi = (accounts["agi_cents"] > 0).to_numpy(dtype=bool)
    is_d, is_c, is_b = ((accounts["indicative_tier"] == tier).to_numpy(dtype=bool) for tier in ("D", "C", "B"))
    rows = accounts.assign(judged_cents=_judged_profit(accounts, is_d))
    steps = (
        (is_d, "C", BREAK_EVEN),
        (is_c & has_agi, "B", limits.margin_b),
        (is_b & _in_head(accounts, limits), "A", limits.margin_a),
    )
    found = [_changes(rows[takes], margin).assign(to_tier=tier) for takes, tier, margin in steps]
    beside = pd.concat(found).reindex(accounts.index)
    return pd.DataFrame(
        {
            "account_id": accounts["account_id"],
            "to_tier": beside["to_tier"].fillna("").astype("str"),
            "price_cents": beside["price_cents"],
            "price_ratio": ratio(beside["price_cents"], accounts["agi_cents"]),
            "service_seconds": beside["service_seconds"],
            "late_days": beside["late_days"],
        }
    )


def _judged_profit(accounts: pd.DataFrame, is_d: Flags) -> pd.Series[int]:
    """Return the profit that the next tier up asks for."""
    cm3, ncp = accounts["cm3_cents"], accounts["ncp_cents"]
    own = cm3.where(accounts["agi_cents"] > 0, np.minimum(cm3, ncp))
    return own.where(is_d, ncp)


def _in_head(accounts: pd.DataFrame, limits: TierPolicy) -> Flags:
    """Tell where p is below the head; nowhere if nobody earns, since 0 of 0 counts as all."""
    before, total = (
        accounts[name].fillna(0).astype("int64") for name in ("positive_before_cents", "positive_total_cents")
    )
    return ~is_at_least(before, total, limits.pareto_head)


def _changes(short: pd.DataFrame, margin: Fraction) -> pd.DataFrame:
    """Return price_cents, service_seconds and late_days that bring judged_cents to a margin on AGI."""
    missing = margin.numerator * exact(short["agi_cents"]) - margin.denominator * exact(short["judged_cents"])
    service, time = margin.denominator * exact(short["service_labour_cents"]), exact(short["service_seconds"])
    seconds = -(-missing * time // np.maximum(service, 1))
    financing, late = margin.denominator * exact(short["late_financing_cents"]), short["avg_days_late"]
    share = pd.Series(missing / np.maximum(financing, 1), index=short.index).astype("float64")
    return pd.DataFrame(
        {
            "price_cents": rise_cents(short, margin, profit="judged_cents", is_rounded_up=True),
            "service_seconds": nullable(seconds, _suffices(missing, service) & (time > 0), short.index),
            "late_days": (late * share).where(_suffices(missing, financing) & (late > 0)),
        }
    )


def _suffices(missing: Whole, cost: Whole) -> Flags:
    """Tell where leaving out a part of a cost, or all of it, brings what is missing."""
    return np.asarray((missing > 0) & (missing <= cost), dtype=np.bool_)
