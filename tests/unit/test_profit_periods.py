"""Months, closes and the window."""

from __future__ import annotations

from datetime import date

import pytest

from profitability.periods import Window, add_months, closed_window, last_closed_month, month_end
from profitability.policy import PeriodPolicy


@pytest.mark.parametrize(
    ("today", "covered", "closed"),
    [
        (date(2026, 1, 4), None, date(2025, 11, 1)),
        (date(2026, 1, 5), None, date(2025, 12, 1)),
        (date(2026, 1, 31), None, date(2025, 12, 1)),
        (date(2024, 3, 5), None, date(2024, 2, 1)),
        (date(2026, 1, 20), date(2025, 12, 30), date(2025, 11, 1)),
        (date(2026, 1, 20), date(2025, 12, 31), date(2025, 12, 1)),
        (date(2026, 1, 20), date(2026, 1, 19), date(2025, 12, 1)),
    ],
)
def test_a_month_closes_when_it_is_over_and_covered(today: date, covered: date | None, closed: date) -> None:
    assert last_closed_month(today, covered, 5) == closed


def test_without_days_of_grace_a_month_closes_on_its_last_evening() -> None:
    assert last_closed_month(date(2025, 12, 31), None, 0) == date(2025, 12, 1)
    assert last_closed_month(date(2025, 12, 30), None, 0) == date(2025, 11, 1)


def test_window_ends_with_the_last_closed_month() -> None:
    window = closed_window(date(2026, 1, 20), None, PeriodPolicy())
    assert window == Window(date(2025, 1, 1), date(2025, 12, 31))
    assert window.months == tuple(date(2025, month, 1) for month in range(1, 13))
    assert window.last_months(3) == date(2025, 10, 1)
    assert window.last_months(99) == date(2025, 1, 1)


def test_months_across_years() -> None:
    assert add_months(date(2025, 1, 1), -1) == date(2024, 12, 1)
    assert add_months(date(2025, 11, 1), 14) == date(2027, 1, 1)
    assert month_end(date(2024, 2, 10)) == date(2024, 2, 29)
