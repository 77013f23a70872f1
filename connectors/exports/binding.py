"""Tie the columns of a mapping to the headings of one file, and let the file show which forms it writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Generic, TypeVar

from connectors.exports.cells import (
    CellFaultError,
    CellIn,
    NumberFormat,
    as_text,
    captured,
    is_blank,
    read_date,
    read_number,
)
from connectors.exports.detect import Found, Header, headings_of
from connectors.exports.durations import DurationUnit
from connectors.exports.mapping import Mapping
from connectors.exports.mapping_columns import Column
from connectors.exports.records import FieldType
from connectors.exports.rows import TableRow
from connectors.exports.source import FileFaultError

_NUMERIC: frozenset[FieldType] = frozenset({"money", "duration", "decimal", "integer"})
_Form = TypeVar("_Form")

SPAN_MARK = " - "
"""Stands between the two moments of a span where they come as one text."""


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column of the mapping in one file.

    Attributes:
        places: where its cells stand, from 0 (several: joined; none: absent).
        minus_place: the other amount, which `operand_sign` takes off (-1) or adds (1).
        end_places: where day and clock of a span's end stand; its start is at `places`. Empty: no span.
        span: the same duration by its two ends, where the file states both.
        heading: as the file has it, for messages. constant: what the headings themselves say.
    """

    name: str
    column: Column
    type: FieldType
    places: tuple[int, ...]
    minus_place: int | None
    heading: str
    constant: str | None
    end_places: tuple[int, ...] = ()
    span: BoundColumn | None = None

    @property
    def operand_sign(self) -> int:
        """Whether the other amount is added (1) or taken off (-1)."""
        return 1 if self.column.plus else -1

    def cell(self, cells: Sequence[CellIn]) -> CellIn:
        """Return its cell in a row, blank where the row is too short; texts to join come as one."""
        if self.end_places:
            start, end = _joined(cells, self.places), _joined(cells, self.end_places)
            return f"{start}{SPAN_MARK}{end}" if start or end else ""
        if len(self.places) == 1:
            return _at(cells, self.places[0])
        return _joined(cells, self.places)

    def minus_cell(self, cells: Sequence[CellIn]) -> CellIn:
        """Return the other amount's cell, blank where there is none."""
        return "" if self.minus_place is None else self.filled(_at(cells, self.minus_place))

    def filled(self, cell: CellIn) -> CellIn:
        """Return a cell, or an empty text where the mapping counts it as blank."""
        blank = self.column.blank
        return "" if blank is not None and re.search(blank, as_text(cell)) else cell

    def captured(self, cell: CellIn) -> CellIn:
        """Return what the mapping captures in a cell, a cell that counts as blank as an empty text.

        Raises:
            CellFaultError: the cell does not fit the pattern.
        """
        cell = self.filled(cell)
        if self.column.match is None or self.end_places or is_blank(cell):
            return cell
        text = captured(self.column.match, as_text(cell))
        if text is None:
            raise CellFaultError(f"does not fit {self.column.match}")
        return text


def _joined(cells: Sequence[CellIn], places: Sequence[int]) -> str:
    return " ".join(text for place in places if (text := as_text(_at(cells, place))))


def _at(cells: Sequence[CellIn], place: int) -> CellIn:
    return cells[place] if place < len(cells) else ""


@dataclass(frozen=True, slots=True)
class Forms:
    """The one way in which a file writes numbers, dates and bare durations."""

    numbers: NumberFormat
    date: str
    bare_duration: DurationUnit | None


def bind(found: Found, *, home_currency: str) -> tuple[BoundColumn, ...]:
    """Return the columns of the mapping with their places.

    Raises:
        FileFaultError: a heading stands twice, and the mapping does not say which one it means.
    """
    return tuple(
        _bound(name, column, found.mapping, found.header, home_currency)
        for name, column in found.mapping.columns.items()
    )


def _bound(name: str, column: Column, mapping: Mapping, header: Header, home_currency: str) -> BoundColumn:
    if column.join:
        places = _all_places(column.join, header)
    else:
        place = _place(headings_of(column, home_currency), column.nth, header)
        places = () if place is None else (place,)
    heading = " + ".join(header.cells[place] for place in places) or name
    minus_place = _place(column.minus or column.plus, None, header)
    constant = _constant(column, header)
    stated = BoundColumn(name, column, mapping.column_type(name), places, minus_place, heading, constant)
    span = _span(stated, header)
    return stated if span is None else replace(stated, span=span) if places else span


def _span(stated: BoundColumn, header: Header) -> BoundColumn | None:
    """Return the column as the time from one moment to another, None where the file does not have both."""
    ends = stated.column.otherwise
    if ends is None:
        return None
    start, end = _all_places(ends.start, header), _all_places(ends.end, header)
    if len(start) < len(ends.start) or len(end) < len(ends.end):
        return None
    heading = " + ".join(header.cells[place] for place in (*start, *end))
    return replace(stated, places=start, end_places=end, heading=heading)


def _all_places(headings: Sequence[str], header: Header) -> tuple[int, ...]:
    return tuple(place for heading in headings if (place := _place((heading,), None, header)) is not None)


def _place(headings: Sequence[str], nth: int | None, header: Header) -> int | None:
    for heading in headings:
        places = header.find(heading)
        if len(places) > 1 and nth is None:
            raise FileFaultError(
                f"the heading {heading!r} stands {len(places)} times",
                "Say which one is meant with `nth` in a mapping of your own.",
                line=header.line,
                column=heading,
            )
        if len(places) >= (nth or 1):
            return places[(nth or 1) - 1]
    return None


def _constant(column: Column, header: Header) -> str | None:
    if column.from_header is None:
        return None
    found = (re.search(column.from_header, cell) for cell in header.cells)
    return next((match[1] for match in found if match), None)


class _Choice(Generic[_Form]):
    """The forms that still fit every cell seen so far, and the pairs of forms that ever read a cell differently."""

    def __init__(self, forms: Sequence[_Form], read: Callable[[CellIn, _Form], object]) -> None:
        self.alive = tuple(forms)
        self._read = read
        self._differing: set[tuple[_Form, _Form]] = set()

    @property
    def is_open(self) -> bool:
        """Whether more than one form fits."""
        return len(self.alive) > 1

    def see(self, cell: CellIn) -> None:
        """Drop the forms that do not fit a cell; a cell that fits none says nothing here and is refused later."""
        if not isinstance(cell, str) or is_blank(cell):
            return
        outcomes = {form: self._try(cell, form) for form in self.alive}
        fitting = tuple(form for form in self.alive if outcomes[form] is not None)
        self._differing |= {pair for pair in combinations(fitting, 2) if outcomes[pair[0]] != outcomes[pair[1]]}
        self.alive = fitting or self.alive

    def _try(self, cell: CellIn, form: _Form) -> object:
        try:
            return self._read(cell, form)
        except CellFaultError:
            return None

    def settled(self, key: str, columns: Sequence[BoundColumn]) -> _Form:
        """Return the form of the file: the only one left, or any of several that read every cell alike."""
        if any(pair in self._differing for pair in combinations(self.alive, 2)):
            raise FileFaultError(
                f"the {key} can be read in more than one way: {' or '.join(map(str, self.alive))}",
                f"Fix it in a mapping of your own: `extends` this one, and `[format] {key}` set to the right one.",
                column=", ".join(column.heading for column in columns),
            )
        return self.alive[0]


def _shown(column: BoundColumn, cells: Sequence[CellIn]) -> CellIn:
    """Return what a column reads in a row; a cell that does not fit says nothing here and is refused later."""
    try:
        return column.captured(column.cell(cells))
    except CellFaultError:
        return ""


def refuse_mixed_days(rows: Iterable[TableRow], columns: Sequence[BoundColumn], mapping: Mapping) -> None:
    """Refuse a workbook in which one column holds days both as dates and as text, where the form leaves a doubt.

    That is what Excel makes of a text file whose order of day and month is not its own: 13/04 stays text, and
    03/04 becomes a date with day and month swapped.

    Raises:
        FileFaultError: a column does.
    """
    if len(mapping.format.dates) == 1:
        return
    date_columns = [column for column in columns if column.type == "date" and column.places]
    is_text: dict[str, bool] = {}
    for row in rows:
        for column in date_columns if row.role == "detail" else ():
            cell = column.cell(row.cells)
            if not is_blank(cell) and is_text.setdefault(column.name, isinstance(cell, str)) != isinstance(cell, str):
                raise FileFaultError(
                    "some days of this column are dates and some are text: Excel may have swapped day and month",
                    "Take the file as the system exported it, not saved again by a spreadsheet.",
                    line=row.line,
                    column=column.heading,
                )


def settle_forms(rows: Iterable[TableRow], columns: Sequence[BoundColumn], mapping: Mapping) -> Forms:
    """Return the forms that the cells of the file show, reading no further than it takes to know.

    Raises:
        FileFaultError: two forms fit every cell and disagree on some: nobody can tell 3 April from 4 March.
    """
    numbers = _Choice(mapping.format.number_formats(), lambda cell, form: read_number(cell, form).value)
    dates = _Choice(mapping.format.dates, read_date)
    number_columns = [c for c in columns if c.type in _NUMERIC and c.places and not c.end_places]
    date_columns = [column for column in columns if column.type == "date" and column.places]
    if not numbers.is_open and not dates.is_open:
        rows = ()  # the first row alone may cost a pass over the file
    for row in rows:
        if not (numbers.is_open and number_columns) and not (dates.is_open and date_columns):
            break
        if row.role != "detail":
            continue
        for column in number_columns:
            numbers.see(_shown(column, row.cells))
            numbers.see(column.minus_cell(row.cells))
        for column in date_columns:
            dates.see(_shown(column, row.cells))
    return Forms(
        numbers.settled("numbers", number_columns), dates.settled("dates", date_columns), mapping.format.bare_duration
    )
