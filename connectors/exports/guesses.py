"""Guess what an unknown table holds, with the evidence for each guess: for drafts of mappings, never for records.

What headings mean is learnt from the mappings at hand, so that each new mapping teaches its words to the next draft.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import get_args

from connectors.exports.cells import (
    NUMBER_FORMATS,
    CellFaultError,
    CellIn,
    NumberFormat,
    as_text,
    is_blank,
    read_date,
    read_number,
)
from connectors.exports.detect import Header, header_of, heading_key, heads
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.mapping import NumberName
from connectors.exports.records import KINDS, Field
from connectors.exports.source import FileFaultError, Grid, RawRow, Source

HEAD_ROWS = 60
SAMPLE_ROWS = 5000
_SHAPES = {"date": "days", "money": "numbers", "decimal": "numbers", "integer": "numbers", "duration": "numbers"}
_DATES = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d %b %Y",
    "%Y/%m/%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
)
_TOTAL = re.compile(r"(?i)^(sub-?total|total|totaal|yhteensä|summe|gesamt|grand total)\b")


@dataclass(frozen=True, slots=True)
class Table:
    """The table that is most like one: its headings, and rows from below them."""

    grid: Grid
    header: Header
    rows: tuple[RawRow, ...]

    def cells(self, place: int) -> list[CellIn]:
        """Return the filled cells of a column among rows that are no totals."""
        column = [row.cells[place] for row in self.rows if place < len(row.cells) and not is_total(row)]
        return [cell for cell in column if not is_blank(cell)]


@dataclass(frozen=True, slots=True)
class FieldGuess:
    """A field, the heading that is taken for it, and why."""

    field: Field
    heading: str
    place: int
    because: str


def find_table(source: Source, mappings: Sequence[ExportMapping]) -> Table:
    """Return the table with the row that has the most known headings, then the most filled texts.

    Raises:
        FileFaultError: no row has two texts side by side.
    """
    known = {key for mapping in mappings for keys in _known_headings(mapping).values() for key in keys}
    best: tuple[tuple[int, int, int], Grid, RawRow] | None = None
    for grid, head in heads(source, HEAD_ROWS):
        for row in head:
            keys = [heading_key(cell) for cell in row.cells if isinstance(cell, str) and not is_blank(cell)]
            score = sum(key in known for key in keys), len(set(keys)), -row.line
            if len(keys) > 1 and (best is None or score > best[0]):
                best = score, grid, row
    if best is None:
        raise FileFaultError("no row has two texts side by side: there is no table", "Export as CSV or XLSX.")
    _, grid, heading_row = best
    below = (row for row in _readable(grid) if row.line > heading_row.line and not all(map(is_blank, row.cells)))
    return Table(grid, header_of(heading_row), tuple(islice(below, SAMPLE_ROWS)))


def _readable(grid: Grid) -> Iterable[RawRow]:
    try:
        yield from grid.rows(strict=False)
    except FileFaultError:
        return


def _known_headings(mapping: ExportMapping) -> dict[str, list[str]]:
    return {
        name: [heading_key(heading) for heading in (*column.headings, *column.join)]
        for name, column in mapping.columns.items()
    }


def guess_kind(table: Table, mappings: Sequence[ExportMapping]) -> tuple[str, tuple[FieldGuess, ...]]:
    """Return the record kind that the table is most like, and the columns taken for its fields.

    A required day or number that no heading shows is taken from the first column left whose cells are all such.
    """
    by_heading = {kind: _fields_of(kind, table.header, mappings) for kind in KINDS}
    guesses = {kind: found + _fields_by_cells(kind, table, found) for kind, found in by_heading.items()}
    kind = max(guesses, key=lambda kind: _likeness(kind, by_heading[kind], guesses[kind]))
    return kind, guesses[kind]


def _likeness(kind: str, by_heading: Sequence[FieldGuess], guesses: Sequence[FieldGuess]) -> int:
    """Score a kind: a heading says more than the look of cells, and a required field that is missing tells against."""
    missing = sum(field.required for field in KINDS[kind]) - sum(guess.field.required for guess in guesses)
    return sum(2 + guess.field.required for guess in by_heading) + len(guesses) - len(by_heading) - 2 * missing


def _fields_by_cells(kind: str, table: Table, guesses: Sequence[FieldGuess]) -> tuple[FieldGuess, ...]:
    taken = {guess.place for guess in guesses}
    missing = [field for field in KINDS[kind] if field.required and field not in {guess.field for guess in guesses}]
    found = []
    for field in missing:
        left = [place for place, key in enumerate(table.header.keys) if key and place not in taken]
        fitting = [place for place in left if shape_of(table.cells(place)) == _SHAPES.get(field.type)]
        if fitting:
            taken.add(fitting[0])
            others = ", ".join(table.header.cells[place] for place in fitting[1:])
            why = f"its cells are {_SHAPES[field.type]}{f'; so are those of {others}' if others else ''}"
            found.append(FieldGuess(field, table.header.cells[fitting[0]], fitting[0], why))
    return tuple(found)


def _fields_of(kind: str, header: Header, mappings: Sequence[ExportMapping]) -> tuple[FieldGuess, ...]:
    """Take for each field the first heading that some mapping of the kind reads so; no heading serves twice."""
    taken: set[int] = set()
    found: list[FieldGuess] = []
    for field in KINDS[kind]:
        for mapping in (mapping for mapping in mappings if kind in mapping.kinds):
            keys = _known_headings(mapping).get(field.name, [])
            place = next((header.keys.index(key) for key in keys if key in header.keys), None)
            if place is not None and place not in taken:
                taken.add(place)
                found.append(FieldGuess(field, header.cells[place], place, f"{mapping.name} reads it so"))
                break
    return tuple(found)


def is_total(row: RawRow) -> bool:
    """Tell whether the first filled cell of a row speaks of a total."""
    label = next((as_text(cell) for cell in row.cells if not is_blank(cell)), "")
    return _TOTAL.search(label) is not None


def is_lone(row: RawRow) -> bool:
    """Tell whether only the first cell of a row is filled: the name of a group, or a note."""
    filled = [place for place, cell in enumerate(row.cells) if not is_blank(cell)]
    return filled == [0]


def shape_of(cells: Sequence[CellIn]) -> str:
    """Return what all cells of a column are: days, numbers, or nothing that can be told apart from text."""
    if fitting_dates(cells):
        return "days"
    return "numbers" if fitting_numbers(cells) else ""


def fitting_dates(cells: Sequence[CellIn]) -> tuple[str, ...]:
    """Return the forms of days that fit every cell; none where there is no cell."""
    return tuple(form for form in _DATES if cells and _all_fit(cells, partial(read_date, date_format=form)))


def fitting_numbers(cells: Sequence[CellIn]) -> tuple[str, ...]:
    """Return the ways of writing numbers that fit every cell, one name for each way; none where there is no cell."""
    names: dict[NumberFormat, str] = {}
    for name in get_args(NumberName):
        names.setdefault(NUMBER_FORMATS[name], name)
    return tuple(
        name for form, name in names.items() if cells and _all_fit(cells, partial(read_number, number_format=form))
    )


def is_bare_duration(cells: Sequence[CellIn]) -> bool:
    """Tell whether a time span is written as a bare number, whose unit nobody can see."""
    return bool(fitting_numbers(cells))


def distinct_texts(cells: Iterable[CellIn]) -> Mapping[str, int]:
    """Return each text with how often it stands there, most frequent first."""
    return dict(Counter(map(as_text, cells)).most_common())


def _all_fit(cells: Sequence[CellIn], read: Callable[[CellIn], object]) -> bool:
    for cell in cells:
        try:
            read(cell)
        except CellFaultError:
            return False
    return True
