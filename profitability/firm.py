"""The firm's figures that a decision about one account rests on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd


@dataclass(frozen=True, slots=True)
class Firm:
    """One firm over the window; money in home cents, time in whole seconds.

    Attributes:
        profit_cents: firm profit (I1): client profit less what no account carries.
        net_revenue_cents, agi_cents, ncp_cents, service_labour_cents: over all accounts.
        worked_seconds: client time of all accounts.
        idle_seconds: practical time of salaried people that was not logged.
        unmet_seconds: demand that is sold or probable and has nobody yet.
        throughput_cents, throughput_seconds: AGI less contractors and direct expenses, and time, of rated accounts;
            their quotient is what an hour brings.
    """

    profit_cents: int
    net_revenue_cents: int
    agi_cents: int
    ncp_cents: int
    service_labour_cents: int
    worked_seconds: int
    idle_seconds: int
    unmet_seconds: int
    throughput_cents: int
    throughput_seconds: int

    @property
    def throughput(self) -> Fraction:
        """Home cents that a second of client time brings; 0 where nobody rated has time."""
        if self.throughput_seconds <= 0:
            return Fraction(0)
        return Fraction(self.throughput_cents, self.throughput_seconds)

    @property
    def spare_demand_seconds(self) -> int:
        """Demand that idle time does not cover: all that freed hours can be sold to."""
        return max(0, self.unmet_seconds - self.idle_seconds)


def throughput_of(accounts: pd.DataFrame) -> Fraction:
    """Return what a second of client time brings, in home cents, over the rated accounts; 0 where they have no time.

    Labour is not taken off: it is the constraint, not a cost that an hour adds (throughput accounting, Goldratt).
    """
    cents, seconds = _throughput(accounts)
    return Fraction(cents, seconds) if seconds > 0 else Fraction(0)


def firm_of(accounts: pd.DataFrame, *, profit_cents: int, idle_seconds: int, unmet_seconds: int) -> Firm:
    """Sum the accounts to the figures of the firm.

    Args:
        accounts: all accounts, unmatched ones too: is_matched, unrated_reason, worked_seconds, and in cents
            net_revenue, agi, ncp, service_labour, contractors, direct_expenses.
        profit_cents: firm profit from the reconciliation.
        idle_seconds: practical time of salaried people that was not logged.
        unmet_seconds: demand that has nobody yet.
    """
    throughput_cents, throughput_seconds = _throughput(accounts)
    return Firm(
        profit_cents=profit_cents,
        net_revenue_cents=_total(accounts["net_revenue_cents"]),
        agi_cents=_total(accounts["agi_cents"]),
        ncp_cents=_total(accounts["ncp_cents"]),
        service_labour_cents=_total(accounts["service_labour_cents"]),
        worked_seconds=_total(accounts["worked_seconds"]),
        idle_seconds=idle_seconds,
        unmet_seconds=unmet_seconds,
        throughput_cents=throughput_cents,
        throughput_seconds=throughput_seconds,
    )


def _throughput(accounts: pd.DataFrame) -> tuple[int, int]:
    rated = accounts[accounts["is_matched"] & (accounts["unrated_reason"] == "")]
    paid_out = _total(rated["contractors_cents"]) + _total(rated["direct_expenses_cents"])
    return _total(rated["agi_cents"]) - paid_out, _total(rated["worked_seconds"])


def _total(column: pd.Series[int]) -> int:
    """Sum in Python integers: an int64 sum would wrap silently."""
    return sum(column.tolist())
