"""The firm's figures that a decision about one account rests on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


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
