"""Money as whole minor units, hours as whole seconds, the one way to round, and how amounts and counts are told."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from iso4217 import Currency

SECONDS_PER_HOUR = 3600

NO_CURRENCY = "XXX"
"""ISO 4217: no currency. It marks an amount whose currency is stated elsewhere, on the document that it settles."""

_MOST_DIGITS = 4


def minor_digits(currency: str) -> int:
    """Return the digits after the point that a currency has (EUR 2, JPY 0, BHD 3).

    `NO_CURRENCY` has as many as any currency has, so that an amount loses nothing until its currency is known.

    Raises:
        ValueError: not a currency code of ISO 4217.
    """
    return _MOST_DIGITS if currency == NO_CURRENCY else Currency(currency).exponent or 0


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in whole minor units.

    Raises:
        ValueError: the amount has a fraction of a minor unit.
    """
    scaled = amount.scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency} knows")
    return int(scaled)


def from_minor(minor: int, currency: str) -> Decimal:
    """Return an amount in major units, with all its digits (1250 EUR -> 12.50)."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def money_text(minor: int, currency: str) -> str:
    """Return an amount with all its digits and thousands separated (-1234567, EUR -> -12,345.67)."""
    return f"{from_minor(minor, currency):,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun (`1 account`, `1,200 accounts`, `2 entries` where that plural is given)."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def half_up(value: Fraction) -> int:
    """Round to a whole number, halves away from zero: the rounding at every posting."""
    magnitude = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return magnitude if value >= 0 else -magnitude
