"""The months in which accounts leave: each part of an account takes the first month that cap and cash allow."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from profitability.cash_guard import CashForecast, first_shortfall
from profitability.periods import add_months
from profitability.policy import ExitPolicy
from profitability.tables import Row

PLAN_MONTHS = 36
"""Months of a plan; whoever finds no place in them is not planned."""

HORIZON_MONTHS = 12
"""Months of an exit case: at so many month ends from the last leaving on there must be enough cash."""

CAP = "no more AGI may start to leave before"
CASH = "cash would fall below its floor"


@dataclass(slots=True)
class ExitCalendar:
    """What is planned so far, by month; it grows with every part that finds a place.

    Attributes:
        policy: cap and cash floor.
        first: first month of the plan.
        cap_cents: AGI that may start to leave in `cap_months` months in a row.
        cash: the forecast if nobody leaves; None: cash is not guarded.
        agi: AGI that starts to leave in a month, never negative; holds every month in which anything leaves.
        lost_receipts: receipts that are missing from a month on.
        saved_costs: cost that is saved from a month on.
    """

    policy: ExitPolicy
    first: date
    cap_cents: int
    cash: CashForecast | None
    agi: Counter[date] = field(default_factory=Counter)
    lost_receipts: Counter[date] = field(default_factory=Counter)
    saved_costs: Counter[date] = field(default_factory=Counter)

    def parts_of(self, agi_cents: int) -> int | None:
        """Return in how many parts so much AGI leaves; None where that takes too long."""
        if agi_cents <= 0:
            return 1
        parts = -(-agi_cents // self.cap_cents) if self.cap_cents else PLAN_MONTHS + 1
        return parts if parts <= PLAN_MONTHS else None

    def place(self, part: Row, earliest: date) -> tuple[date | None, list[str]]:
        """Enter a part in the first month that takes it; return the month and what stood in the way before."""
        obstacles: list[str] = []
        for offset in range(PLAN_MONTHS):
            month = add_months(self.first, offset)
            if month < earliest:
                continue
            obstacle = self._obstacle(part, month)
            if not obstacle:
                self._enter(part, month)
                return month, obstacles
            obstacles.append(obstacle)
        return None, obstacles

    def leaving_until(self, month: date) -> int:
        """Sum the AGI that starts to leave in the `cap_months` months that end with this one."""
        return sum(self.agi[add_months(month, -back)] for back in range(self.policy.cap_months))

    def _obstacle(self, part: Row, month: date) -> str:
        agi = part["agi_cents"]
        ends = (add_months(month, ahead) for ahead in range(self.policy.cap_months))
        if agi > 0 and max(map(self.leaving_until, ends)) + agi > self.cap_cents:
            return CAP
        return CASH if self.cash and self._runs_short(self.cash, part, month) else ""

    def _runs_short(self, cash: CashForecast, part: Row, month: date) -> bool:
        lost, saved = Counter(self.lost_receipts), Counter(self.saved_costs)
        _add_flows(lost, saved, part, month)
        shortfall = first_shortfall(
            cash,
            lost_receipts=lost,
            saved_costs=saved,
            floor_months=self.policy.cash_floor_months,
            through=add_months(max([month, *self.agi]), HORIZON_MONTHS - 1),
        )
        return shortfall is not None

    def _enter(self, part: Row, month: date) -> None:
        self.agi.update({month: max(0, part["agi_cents"])})
        _add_flows(self.lost_receipts, self.saved_costs, part, month)


def _add_flows(lost_receipts: Counter[date], saved_costs: Counter[date], part: Row, month: date) -> None:
    lost_receipts.update({add_months(month, part["lag_months"]): part["lost_receipts_cents"]})
    saved_costs.update({month: part["saved_costs_cents"]})
