"""Months, and the window of closed months that a verdict looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from profitability.policy import PeriodPolicy

LONGEST_SERVICE_DAYS = 3660
"""Ten years: an invoice over a longer period would earn next to nothing a month, and is a misread date."""


def month_start(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def add_months(first_of_month: date, count: int) -> date:
    """Return the first day of the month that lies `count` months later (earlier where negative)."""
    months = first_of_month.year * 12 + first_of_month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def month_end(day: date) -> date:
    """Return the last day of the month."""
    return add_months(month_start(day), 1) - timedelta(days=1)


def last_closed_month(today: date, covered_through: date | None, close_after_days: int) -> date:
    """Find the last month that is over, has had its days of grace, and is covered by every required source.

    Args:
        today: the day of the run.
        covered_through: last day that all required sources cover; None: not limited.
        close_after_days: days that must have passed since the month's end.

    Returns:
        The first day of that month.
    """
    ended_by = today - timedelta(days=close_after_days)
    if covered_through is not None:
        ended_by = min(ended_by, covered_through)
    return add_months(month_start(ended_by + timedelta(days=1)), -1)


@dataclass(frozen=True, slots=True)
class Window:
    """The closed months that are judged together, both days inclusive.

    Attributes:
        first_day: first day of the first month.
        last_day: last day of the last month; every figure is as of its evening.
    """

    first_day: date
    last_day: date

    @property
    def months(self) -> tuple[date, ...]:
        """First day of each month, in order."""
        count = 12 * (self.last_day.year - self.first_day.year) + self.last_day.month - self.first_day.month + 1
        return tuple(add_months(self.first_day, index) for index in range(count))

    def last_months(self, count: int) -> date:
        """Return the first day of the last `count` months of the window."""
        return max(self.first_day, add_months(month_start(self.last_day), 1 - count))


def closed_window(today: date, covered_through: date | None, period: PeriodPolicy) -> Window:
    """Return the window that ends with the last closed month."""
    last = last_closed_month(today, covered_through, period.close_after_days)
    return Window(add_months(last, 1 - period.window_months), month_end(last))
