"""DATEV format (`EXTF_*.csv`): line 1 tells what the file is, by position; line 2 holds the headings.

Read are stacks of bookings (category 21), names of customers and suppliers (16) and names of accounts (20), of the
header versions 510 and 700. The table has the headings of the file. Above them stands one title row that says in words
what line 1 says by position: format name, `Berater 1001`, `Mandant 456`, `SKR 03` (blank: `SKR`), `von 2026-01-01`,
`bis 2026-01-31`. A stack of bookings has more columns, before those of the file: see `datev_bookings.HEADINGS`.

Source: https://developer.datev.de/datev/platform/de/dtvf/formate (fields of line 1 and of each category).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from connectors.exports.builtin.datev_bookings import HEADINGS, BookingReader
from connectors.exports.builtin.datev_cells import BookingCells, places_of
from connectors.exports.cells import as_text
from connectors.exports.datev_chart import DatevBooks
from connectors.exports.source import FileFaultError, RawRow, Source, TextGrid

BOOKINGS = "21"
_NAMES = {BOOKINGS: "Buchungsstapel", "16": "Debitoren/Kreditoren", "20": "Kontenbeschriftungen"}
"""Category -> name of the format."""

_MARKS = ("EXTF", "DTVF")
"""Written by another program, written by DATEV itself."""

_MARK_LINE = re.compile(rf"\ufeff?\"?(?:{'|'.join(_MARKS)})\"?(?P<delimiter>[;,\t])")
_EXPORT_AGAIN = "Are the fields of line 1 shifted? Export the file again; the program that wrote it may be at fault."


@dataclass(frozen=True, slots=True)
class _HeaderField:
    """One field of line 1: its number from 1, what it is, and how it is written."""

    number: int
    name: str
    pattern: str


_VERSION = _HeaderField(2, "version of the format", r"510|700")
_CONSULTANT = _HeaderField(11, "consultant", r"\d{0,7}")
_CLIENT = _HeaderField(12, "client", r"\d{0,5}")
_YEAR_START = _HeaderField(13, "first day of the fiscal year", r"\d{8}")
_ACCOUNT_DIGITS = _HeaderField(14, "digits of an account", r"[4-8]")
_FROM = _HeaderField(15, "first day of the bookings", r"\d{8}")
_TO = _HeaderField(16, "last day of the bookings", r"\d{8}")
_CURRENCY = _HeaderField(22, "currency", r"[A-Z]{3}|")
_CHART = _HeaderField(27, "chart of accounts", r"\d{1,4}|")
_OF_EVERY_FILE = (_YEAR_START, _ACCOUNT_DIGITS, _CONSULTANT, _CLIENT)
_OF_BOOKINGS = (_FROM, _TO, _CURRENCY, _CHART)


@dataclass(frozen=True, slots=True)
class DatevHeader:
    """What line 1 says.

    Attributes:
        account_digits: digits of a bookkeeping account; customers and suppliers have one more.
        first_day, last_day: of the bookings; None in files of names.
        currency, chart: empty where line 1 leaves them open.
    """

    category: str
    consultant: str
    client: str
    year_start: date
    account_digits: int
    first_day: date | None
    last_day: date | None
    currency: str
    chart: str

    def titles(self) -> tuple[str, ...]:
        """Return the title row."""
        days = (f"von {self.first_day}", f"bis {self.last_day}") if self.first_day else ()
        name = _NAMES[self.category]
        return (name, f"Berater {self.consultant}", f"Mandant {self.client}", f"SKR {self.chart}".strip(), *days)


@dataclass(frozen=True, slots=True)
class DatevGrid:
    """The table of a DATEV file; bookings have rows once `books` says what their accounts are."""

    text: TextGrid
    header: DatevHeader
    books: DatevBooks | None = None
    reader: str = "datev"
    sheet: str = ""
    is_text: bool = True

    @property
    def has_bookings(self) -> bool:
        """Whether this is a stack of bookings."""
        return self.header.category == BOOKINGS

    def with_books(self, books: DatevBooks | None) -> DatevGrid:
        """Return the table read with these accounts.

        Raises:
            FileFaultError: bookings, and nothing is said of the accounts.
        """
        if self.has_bookings and books is None:
            raise FileFaultError("the mapping lacks [reader.datev]", "Let your mapping extend datev-bookings.")
        return replace(self, books=books)

    def rows(self, *, strict: bool) -> Iterator[RawRow]:
        """Yield the title row, the headings, and the rows; see `Grid.rows`.

        Raises:
            FileFaultError: as `TextGrid.rows`, or a booking that cannot be read.
        """
        rows = self.text.rows(strict=strict)
        next(rows, None)
        yield RawRow(1, self.header.titles())
        if not self.has_bookings:
            yield from rows
            return
        headings = next(rows, None)
        if headings is None:
            return
        yield replace(headings, cells=(*HEADINGS, *headings.cells))
        if self.books is not None:
            yield from self._booked(headings, self.books, strict=strict)

    def _booked(self, headings: RawRow, books: DatevBooks, *, strict: bool) -> Iterator[RawRow]:
        header = self.header
        cells = BookingCells(
            places=places_of([as_text(cell) for cell in headings.cells], line=headings.line),
            width=len(headings.cells),
            year_start=header.year_start,
            days=(header.first_day or date.min, header.last_day or date.max),
            currency=header.currency,
            whole_keys=frozenset(books.key),
        )
        reader = BookingReader(cells, books, header.account_digits)
        yield from reader.rows(lambda: self._below(headings.line, strict=strict), chart=header.chart)

    def _below(self, line: int, *, strict: bool) -> Iterator[RawRow]:
        return (row for row in self.text.rows(strict=strict) if row.line > line)


def datev_grids(source: Source) -> Iterator[DatevGrid]:
    """Yield the table of a DATEV file; none where the file is no such, or of a category that is not read.

    Raises:
        FileFaultError: line 1 is of an unknown version, or a field does not hold what its position says.
    """
    source.stream.seek(0)
    start = source.stream.read(64).decode(source.encoding, "replace")
    found = _MARK_LINE.match(start)
    if found is None:
        return
    text = TextGrid(source, source.encoding, found["delimiter"])
    first = next(text.rows(strict=False), None)
    cells = [as_text(cell) for cell in first.cells] if first else []
    header = _header(cells)
    if header is not None:
        yield DatevGrid(text, header)


def _header(cells: Sequence[str]) -> DatevHeader | None:
    category = _at(cells, 3)
    _check(_VERSION, cells)
    if category not in _NAMES:
        return None
    has_bookings, chart = category == BOOKINGS, _at(cells, _CHART.number)
    for field in (*_OF_EVERY_FILE, *(_OF_BOOKINGS if has_bookings else ())):
        _check(field, cells)
    header = DatevHeader(
        category=category,
        consultant=_at(cells, _CONSULTANT.number),
        client=_at(cells, _CLIENT.number),
        year_start=_day(_YEAR_START, cells),
        account_digits=int(_at(cells, _ACCOUNT_DIGITS.number)),
        first_day=_day(_FROM, cells) if has_bookings else None,
        last_day=_day(_TO, cells) if has_bookings else None,
        currency=_at(cells, _CURRENCY.number),
        chart=chart.lstrip("0").zfill(2) if chart else "",
    )
    _check_days(header)
    return header


def _at(cells: Sequence[str], number: int) -> str:
    return cells[number - 1] if number <= len(cells) else ""


def _check(field: _HeaderField, cells: Sequence[str]) -> None:
    if not re.fullmatch(field.pattern, _at(cells, field.number)):
        raise _fault(field, _at(cells, field.number), f"is no {field.name}")


def _day(field: _HeaderField, cells: Sequence[str]) -> date:
    text = _at(cells, field.number)
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        raise _fault(field, text, "is no day like 20260131") from None


def _check_days(header: DatevHeader) -> None:
    """Make sure that the bookings lie in one fiscal year: else their days could not be told."""
    if header.first_day is None or header.last_day is None:
        return
    if not header.year_start <= header.first_day <= header.last_day:
        raise _fault(_FROM, str(header.first_day), f"lies not between {header.year_start} and {header.last_day}")
    if (header.last_day - header.year_start).days > 366:  # noqa: PLR2004  a year
        raise _fault(_TO, str(header.last_day), f"lies behind the fiscal year that begins {header.year_start}")


def _fault(field: _HeaderField, text: str, what: str) -> FileFaultError:
    column = f"field {field.number}"
    return FileFaultError(f"{column} of line 1 holds {text!r}, which {what}", _EXPORT_AGAIN, line=1, column=column)
