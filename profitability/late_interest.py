"""What the law lets a business charge for late payment: information, no line of the statement."""

from __future__ import annotations

from fractions import Fraction

from profitability.units import half_up

STATUTORY_MARGIN = Fraction(8, 100)
"""Points above the reference rate, at least (Directive 2011/7/EU, article 2 (6))."""


def statutory_interest_cents(amount_cents: int, days: int, reference_rate: Fraction, *, day_count: int = 365) -> int:
    """Return the statutory interest on an amount that is so many days late, rounded half away from zero.

    Days up to the due date are a term of the price, so they are not late. The fixed sum of article 6 (40 EUR a claim)
    comes on top.

    Args:
        amount_cents: what is owed, with tax.
        days: days beyond the due date.
        reference_rate: yearly rate of the central bank in force on the first day of the half-year.
        day_count: days of a year in that rate.

    Source: Directive 2011/7/EU, articles 2 (6) and 3.
    """
    return half_up(amount_cents * days * (reference_rate + STATUTORY_MARGIN) / day_count)
