"""How complete the data behind a verdict are, 0-100.

40 points for time, 20 for revenue that names a matched account, 15 for direct cost that does, 10 for hours with a
dated rate, 10 for payment data, 5 for freshness. What cannot be judged earns nothing: no direct cost at all, or no
settlement at all, means that the source is probably not loaded. Time is weighted by the account's hours; an account
without hours is judged by the firm's. Revenue and cost are judged for the whole firm, as a party that is not matched
may be any account; an unmatched party itself gets nothing for its revenue.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.facts import PPM
from profitability.units import half_up

TIME_POINTS, REVENUE_POINTS, COST_POINTS, RATE_POINTS, PAYMENT_POINTS, FRESH_POINTS = 40, 20, 15, 10, 10, 5
FRESH_DAYS, STALE_DAYS = 3, 30


@dataclass(frozen=True, slots=True)
class FirmCoverage:
    """The parts that are judged for the firm as a whole, in parts per million."""

    revenue_ppm: int
    cost_ppm: int
    payment_ppm: int
    fresh_ppm: int


def firm_coverage(totals: pd.DataFrame, source_age_days: int) -> FirmCoverage:
    """Judge the firm's sources.

    Args:
        totals: the one row of `models/firm_coverage.sql`.
        source_age_days: age of the oldest source at the last close.
    """
    revenue, matched_revenue, cost, matched_cost, settlements = (
        int(totals[name].iloc[0])
        for name in ("revenue_cents", "matched_revenue_cents", "cost_cents", "matched_cost_cents", "settlements")
    )
    stale = Fraction(source_age_days - FRESH_DAYS, STALE_DAYS - FRESH_DAYS)
    return FirmCoverage(
        # Nothing billed leaves nothing to match.
        revenue_ppm=_ppm(matched_revenue, revenue) if revenue else PPM,
        cost_ppm=_ppm(matched_cost, cost),
        payment_ppm=PPM if settlements else 0,
        fresh_ppm=half_up(PPM * (1 - min(max(stale, Fraction(0)), Fraction(1)))),
    )


def add_coverage(accounts: pd.DataFrame, firm: FirmCoverage) -> pd.DataFrame:
    """Score each account.

    Args:
        accounts: is_matched, worked_seconds, costed_seconds, trusted_ppm_seconds.
        firm: what is judged for all alike.

    Returns:
        The accounts, with coverage_centi (int64, hundredths of a point; limits are tested on it) and coverage
        (float64, points).
    """
    hours = int(accounts["worked_seconds"].sum())
    time = _shares(accounts["trusted_ppm_seconds"], accounts["worked_seconds"], hours)
    rates = _shares(accounts["costed_seconds"] * PPM, accounts["worked_seconds"], hours)
    revenue = np.where(accounts["is_matched"], firm.revenue_ppm, 0)
    flat = COST_POINTS * firm.cost_ppm + PAYMENT_POINTS * firm.payment_ppm + FRESH_POINTS * firm.fresh_ppm
    points_ppm = TIME_POINTS * time + RATE_POINTS * rates + REVENUE_POINTS * revenue + flat
    centi = (points_ppm + PPM // 200) // (PPM // 100)
    return accounts.assign(coverage_centi=centi.astype("int64"), coverage=centi / 100)


def score_of_firm(accounts: pd.DataFrame, firm: FirmCoverage) -> float:
    """Score the firm as if it were one account with all the hours, in points."""
    whole = accounts[["worked_seconds", "costed_seconds", "trusted_ppm_seconds"]].sum().to_frame().T
    return float(add_coverage(whole.astype("int64").assign(is_matched=True), firm)["coverage"].iloc[0])


def _shares(known: pd.Series[int], seconds: pd.Series[int], all_seconds: int) -> pd.Series[int]:
    """Return known / seconds in ppm, the firm's share where an account has no time, 0 where nobody has."""
    overall = half_up(Fraction(int(known.sum()), all_seconds)) if all_seconds else 0
    divisor = seconds.where(seconds > 0, 1)
    return ((2 * known + divisor) // (2 * divisor)).where(seconds > 0, overall).astype("int64")


def _ppm(part: int, whole: int) -> int:
    return half_up(Fraction(PPM * part, whole)) if whole else 0
