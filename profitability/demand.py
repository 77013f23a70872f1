"""Demand that is sold or probable: the hours that nobody works yet, and what an account's open deals would bring."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pandas as pd

from profitability.facts import PPM
from profitability.ratios import exact, half_up_quotient, posted
from profitability.units import half_up


def unmet_seconds(deals: pd.DataFrame, throughput: Fraction, *, as_of: date) -> int:
    """Count the time that won deals still ahead will need, and open deals in proportion to their chance.

    A deal counts with the hours that it states, else with its amount / throughput. What is not known counts nothing:
    a won deal without a first day, an open one without a chance, a deal without hours and amount.

    Args:
        deals: the fact table, or no rows.
        throughput: home cents that a second of client time brings; where it is 0, amounts buy no hours.
        as_of: won deals that start on this day or before are being worked on already.

    Returns:
        Seconds, rounded half up once over all deals.
    """
    is_ahead = (deals["stage"] == "won") & (pd.to_datetime(deals["starts_on"]) > pd.Timestamp(as_of))
    chance = deals["probability_ppm"].where(deals["stage"] == "open", 0).mask(is_ahead, PPM)
    states_hours = deals["demand_seconds"].notna()
    stated = _weighted(deals["demand_seconds"], chance)
    amounts = _weighted(deals["amount_cents"].mask(states_hours, 0), chance)
    bought = amounts / throughput if throughput > 0 else Fraction(0)
    return half_up(stated + bought)


def pipeline_cents(deals: pd.DataFrame, *, as_of: date) -> pd.Series[int]:
    """Weigh the yearly amount of each account's open deals by their chance.

    A deal whose first day has passed while it is still open is a forgotten record, and counts nothing.

    Returns:
        int64 home cents by account_id, each account rounded half away from zero; only accounts with such deals.

    Raises:
        DataError: an amount is beyond 64 bits.
    """
    is_late = pd.to_datetime(deals["starts_on"]) <= pd.Timestamp(as_of)
    open_deals = deals[(deals["stage"] == "open") & ~is_late & deals["account_id"].notna()]
    weighted = pd.DataFrame(
        {
            "account_id": open_deals["account_id"],
            "pipeline_cents": _whole(open_deals["amount_cents"]) * _whole(open_deals["probability_ppm"]),
        }
    )
    sums = weighted.groupby("account_id")["pipeline_cents"].sum()
    return posted(half_up_quotient(sums.to_numpy(), PPM), sums.index).astype("int64").rename("pipeline_cents")


def _whole(column: pd.Series[int]) -> pd.Series[int]:
    """Return a column as Python integers, nulls as 0."""
    return pd.Series(exact(column.fillna(0).astype("int64")), column.index, dtype="object")


def _weighted(column: pd.Series[int], chance_ppm: pd.Series[int]) -> Fraction:
    return Fraction(int((_whole(column) * _whole(chance_ppm)).sum()), PPM)
