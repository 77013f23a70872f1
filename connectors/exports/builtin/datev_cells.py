"""The cells of one DATEV booking: amount and sign, day and year, tax key.

Source: https://developer.datev.de/datev/platform/de/dtvf/formate/buchungsstapel
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.exports.cells import NUMBER_FORMATS, CellFaultError, as_text, read_number
from connectors.exports.source import FileFaultError, RawRow

_NUMBERS = NUMBER_FORMATS["de"]
_MEND = "Mend the booking in the source, and export again."

_COLUMNS: dict[str, tuple[str, ...]] = {
    "Umsatz": ("umsatzohnesollhabenkz", "umsatz"),
    "Soll/Haben-Kennzeichen": ("sollhabenkennzeichen", "sollhabenkz", "sh"),
    "Konto": ("konto",),
    "Gegenkonto": ("gegenkontoohnebuschlüssel", "gegenkonto"),
    "BU-Schlüssel": ("buschlüssel",),
    "Belegdatum": ("belegdatum",),
    "Belegfeld 1": ("belegfeld1",),
    "WKZ Umsatz": ("wkzumsatz", "wkz"),
    "Basisumsatz": ("basisumsatz",),
    "Skonto": ("skonto",),
    "Leistungsdatum": ("leistungsdatum",),
    "Fälligkeit": ("fälligkeit",),
    "Generalumkehr": ("generalumkehr", "generalumkehrgu"),
}
"""Column -> its headings, of which exporters vary blanks, dashes and brackets: only letters and digits count."""

_OPTIONAL = ("WKZ Umsatz", "Basisumsatz", "Skonto", "Leistungsdatum", "Fälligkeit", "Generalumkehr")
_SIDES = {"S": 1, "H": -1}
_REVERSED = {"": False, "0": False, "1": True, "G": True}
_KEY_MEANS = {"2": (False, True), "4": (True, False), "8": (True, True)}
"""First of two digits of a key -> whether it lifts the account's own tax, whether it reverses the booking."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking.

    Attributes:
        account, contra: the two accounts, without zeros in front.
        amount: what `account` is debited with, tax included; a reversal has the other sign.
        base_amount: the same in the currency of the books, without a sign; None: stated in no other currency.
        tax_key: the key, or its last digit where the first one only corrects; empty without one.
        is_tax_lifted: the account's own tax does not apply.
        tax_day: whose rate of tax holds. number: of the document.
    """

    line: int
    account: str
    contra: str
    amount: Decimal
    currency: str
    base_amount: Decimal | None
    day: date
    tax_day: date
    due: date | None
    number: str
    tax_key: str
    is_tax_lifted: bool


def booking_fault(booking: Booking, column: str, what: str, remedy: str) -> FileFaultError:
    """Return what is wrong with a booking."""
    return FileFaultError(what, remedy, line=booking.line, column=column)


@dataclass(frozen=True, slots=True)
class BookingCells:
    """Reads the cells of bookings.

    Attributes:
        places: column -> where it stands, from 0. width: cells of a whole row.
        days: first and last day that the file may have. currency: of amounts that state none; empty: home currency.
        whole_keys: tax keys that are known as they are; others are told by their digits.
    """

    places: Mapping[str, int]
    width: int
    year_start: date
    days: tuple[date, date]
    currency: str
    whole_keys: frozenset[str]

    def read(self, raw: RawRow) -> Booking:
        """Return the booking of a row.

        Raises:
            FileFaultError: a cell that does not fit, with its line and column.
        """
        self._refuse_discount(raw)
        key = self._text(raw, "BU-Schlüssel").lstrip("0")
        is_lifted, is_reversed = self._key_means(raw, key)
        reversal = -1 if self._one_of(raw, "Generalumkehr", _REVERSED) or is_reversed else 1
        day = self._day(raw)
        currency = self._text(raw, "WKZ Umsatz")
        base = self._text(raw, "Basisumsatz")
        return Booking(
            line=raw.line,
            account=self._account(raw, "Konto"),
            contra=self._account(raw, "Gegenkonto"),
            amount=self._amount(raw, "Umsatz") * self._one_of(raw, "Soll/Haben-Kennzeichen", _SIDES) * reversal,
            currency=currency or self.currency,
            base_amount=self._amount(raw, "Basisumsatz") if base and currency != self.currency else None,
            day=day,
            tax_day=self._full_day(raw, "Leistungsdatum") or day,
            due=self._full_day(raw, "Fälligkeit"),
            number=self._text(raw, "Belegfeld 1"),
            tax_key=key if key in self.whole_keys else key[-1:].replace("0", ""),
            is_tax_lifted=is_lifted,
        )

    def _refuse_discount(self, raw: RawRow) -> None:
        """Refuse a discount that a payment carries: DATEV books it with its tax, and that booking is not there."""
        if self._text(raw, "Skonto").strip("0,"):
            what = f"a discount of {self._text(raw, 'Skonto')} within a payment: its tax is not stated"
            raise FileFaultError(what, "Book the discount on a line of its own.", line=raw.line, column="Skonto")

    def _text(self, raw: RawRow, column: str) -> str:
        place = self.places.get(column)
        return "" if place is None else as_text(raw.cells[place])

    def _fault(self, raw: RawRow, column: str, wanted: str) -> FileFaultError:
        return FileFaultError(f"{self._text(raw, column)!r} is not {wanted}", _MEND, line=raw.line, column=column)

    def _one_of(self, raw: RawRow, column: str, known: Mapping[str, int]) -> int:
        text = self._text(raw, column)
        if text not in known:
            raise self._fault(raw, column, f"one of {', '.join(filter(None, known))}")
        return known[text]

    def _key_means(self, raw: RawRow, key: str) -> tuple[bool, bool]:
        if len(key) <= 1 or key in self.whole_keys:
            return False, False
        if len(key) > 2 or key[0] not in _KEY_MEANS or not key.isdigit():  # noqa: PLR2004  correction and tax digit
            raise self._fault(raw, "BU-Schlüssel", "a tax key that the mapping knows (see [reader.datev.key])")
        return _KEY_MEANS[key[0]]

    def _account(self, raw: RawRow, column: str) -> str:
        text = self._text(raw, column)
        if not (text.isascii() and text.isdigit() and text.strip("0")):
            raise self._fault(raw, column, "an account number")
        return text.lstrip("0")

    def _amount(self, raw: RawRow, column: str) -> Decimal:
        try:
            number = read_number(self._text(raw, column), _NUMBERS)
        except CellFaultError as fault:
            raise self._fault(raw, column, "an amount written like 1234,56") from fault
        if number.value < 0 or number.mark:
            raise self._fault(raw, column, "an amount without sign and currency mark")
        return number.value

    def _day(self, raw: RawRow) -> date:
        first, last = self.days
        day = day_of_year(self._text(raw, "Belegdatum"), self.year_start)
        if day is None:
            raise self._fault(raw, "Belegdatum", "a day and month written like 3101")
        if not first <= day <= last:
            raise self._fault(raw, "Belegdatum", f"a day from {first} to {last}, which line 1 states")
        return day

    def _full_day(self, raw: RawRow, column: str) -> date | None:
        text = self._text(raw, column)
        if not text.strip("0"):
            return None
        try:
            return datetime.strptime(text.zfill(8), "%d%m%Y").date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            raise self._fault(raw, column, "a day written like 31012026") from None


def places_of(headings: Sequence[str], *, line: int) -> dict[str, int]:
    """Return where each column of a booking stands, from 0.

    Raises:
        FileFaultError: a column that a booking cannot do without is not there.
    """
    keys = ["".join(filter(str.isalnum, heading)).casefold() for heading in headings]
    places: dict[str, int] = {}
    for column, names in _COLUMNS.items():
        place = next((keys.index(name) for name in names if name in keys), None)
        if place is not None:
            places[column] = place
        elif column not in _OPTIONAL:
            what = "the headings lack this column"
            raise FileFaultError(what, "Export the whole stack of bookings.", line=line, column=column)
    return places


def day_of_year(text: str, year_start: date) -> date | None:
    """Return the day of a fiscal year that day and month name (`3101`, `301`), None where there is none."""
    if not (text.isascii() and text.isdigit() and len(text) in {3, 4}):
        return None
    for year in (year_start.year, year_start.year + 1):
        try:
            day = date(year, int(text[-2:]), int(text[:-2]))
        except ValueError:
            continue
        if day >= year_start:
            return day
    return None
