"""Show how the reader sees one file: the mapping it takes and why, heading by heading, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from connectors.exports.archive import open_export
from connectors.exports.binding import BoundColumn, bind, settle_forms
from connectors.exports.builtin import with_settings
from connectors.exports.detect import Found, best_of, try_mappings, why_not
from connectors.exports.mapping import Mapping
from connectors.exports.reader import read_file
from connectors.exports.reading import FileReading
from connectors.exports.records import KINDS, FieldType, column_name
from connectors.exports.rows import table_rows
from connectors.exports.source import FileFaultError, TextGrid
from profitability.units import SECONDS_PER_HOUR, from_minor

_EXAMPLE_FORMS = {"money", "duration", "decimal", "integer"}


@dataclass(frozen=True, slots=True)
class HeadingUse:
    """One column of the file, from the left: its heading, and what is read from it (empty: nothing)."""

    heading: str
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The table that was found in a file.

    Attributes:
        where: encoding and delimiter, or the sheet; line: that of the headings.
        forms: how the file writes numbers and days.
        absent: fields of the mapping for which the file has no heading.
    """

    where: str
    line: int
    forms: tuple[str, ...]
    headings: tuple[HeadingUse, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the reader makes of one file.

    Attributes:
        layout: None where no mapping fits. others: mappings that came near, and what each lacks.
        sums: name of the field, with its currency or unit -> total over the records.
    """

    reading: FileReading
    layout: Layout | None
    grade: str
    others: tuple[str, ...]
    sums: dict[str, Decimal]


def inspect_file(path: Path, mappings: Sequence[Mapping], *, home_currency: str) -> Inspection:
    """Read a file as the nightly run does, and keep what it saw on the way; grade S is read, too.

    Args:
        path: the file.
        mappings: what is known of formats.
        home_currency: of amounts that state none.
    """
    reading = read_file(path, mappings, home_currency=home_currency, accept_unverified=True)
    grades = {mapping.name: mapping.grade for mapping in mappings}
    layout, others = None, reading.why_not
    try:
        with open_export(path) as source:
            fitting, misses = try_mappings(source, mappings, home_currency=home_currency)
            if fitting:
                found = best_of(fitting)
                others = why_not([miss for miss in misses if miss.name != found.mapping.name])
                layout = _layout(replace(found, grid=with_settings(found.grid, found.mapping)), home_currency)
    except FileFaultError:
        pass  # the reading tells it
    return Inspection(reading, layout, grades.get(reading.mapping, ""), others, _sums(reading, home_currency))


def _layout(found: Found, home_currency: str) -> Layout:
    columns = bind(found, home_currency=home_currency)
    reads: dict[int, list[str]] = {}
    for column in columns:
        for place in (*column.places, *([] if column.minus_place is None else [column.minus_place])):
            reads.setdefault(place, []).append(f"{column.name} ({column.type})")
    return Layout(
        where=_where(found),
        line=found.header.line,
        forms=_forms(found, columns),
        headings=tuple(HeadingUse(cell, tuple(reads.get(place, ()))) for place, cell in enumerate(found.header.cells)),
        absent=tuple(column.name for column in columns if not column.places and column.column.headings),
    )


def _where(found: Found) -> str:
    grid = found.grid
    if isinstance(grid, TextGrid):
        return f"{grid.encoding}, delimiter {grid.delimiter!r}"
    return f"sheet {grid.sheet!r}" if grid.reader == "table" else f"reader {grid.reader}"


def _forms(found: Found, columns: Sequence[BoundColumn]) -> tuple[str, ...]:
    try:
        rows = table_rows(found.grid.rows(strict=False), found.mapping, found.header)
        forms = settle_forms(rows, columns, found.mapping)
    except FileFaultError as fault:
        return (fault.problem.what,)
    types: set[FieldType] = {column.type for column in columns if column.places}
    numbers = [f"numbers like {forms.numbers}"] if types & _EXAMPLE_FORMS else []
    return (*numbers, *([f"days as {forms.date}"] if "date" in types else []))


def _sums(reading: FileReading, home_currency: str) -> dict[str, Decimal]:
    """Add up money by currency and time in hours: what a person compares with the totals of the report."""
    sums: dict[str, Decimal] = {}
    for record in reading.records:
        for field in KINDS[record.kind]:
            value = record.values.get(column_name(field))
            if not isinstance(value, int) or isinstance(value, bool):
                continue
            if field.type == "money":
                currency = str(record.values.get("currency") or home_currency)
                name, amount = f"{record.kind} {field.name} {currency}", from_minor(value, currency)
            elif field.type == "duration":
                name, amount = f"{record.kind} {field.name} hours", Decimal(value) / SECONDS_PER_HOUR
            else:
                continue
            sums[name] = sums.get(name, Decimal(0)) + amount
    return sums
