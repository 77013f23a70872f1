"""Turn the rows of a table into values: shape, rows to leave out, columns, signs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.exports.binding import BoundColumn, Forms
from connectors.exports.cells import CellFaultError, CellIn, Number, as_text, is_blank
from connectors.exports.columns import ColumnReader
from connectors.exports.detect import Header
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.reading import Cell, Problem
from connectors.exports.rows import TableRow
from profitability.units import counted

_RAW_SHOWN = 80


@dataclass(frozen=True, slots=True)
class RowValues:
    """What one row says: column -> value, what is wrong with it, and the columns whose blank means "no record".

    `is_off`: a duration of the row is not the time between the two ends that it states as well.
    """

    line: int
    values: Mapping[str, Cell]
    problems: tuple[Problem, ...] = ()
    absent: frozenset[str] = frozenset()
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads the rows of one file.

    Attributes:
        readers: one for each column, that of the currency first. placed: those of columns that the file has, by name.
        width: cells that a whole row has at least. full_width: beyond it no cell may be filled.
    """

    mapping: ExportMapping
    readers: tuple[ColumnReader, ...]
    placed: Mapping[str, ColumnReader]
    home_currency: str
    width: int
    full_width: int

    def read(self, rows: Iterable[TableRow]) -> Iterator[tuple[TableRow, RowValues | None]]:
        """Yield each row with its values; None for totals and group names, and for rows that are left out."""
        above: dict[str, CellIn] = {}
        for row in rows:
            if row.role == "group":
                above.clear()
            if row.role != "detail":
                yield row, None
                continue
            cells = {reader.bound.name: reader.bound.cell(row.cells) for reader in self.readers}
            for name in self.mapping.rows.carry_down:
                cells[name] = above[name] = above.get(name, "") if is_blank(cells[name]) else cells[name]
            yield row, self._row_values(row, cells)

    def stated(self, row: TableRow, name: str) -> Number:
        """Return the amount that a total row has in a column, 0 where it is blank.

        Raises:
            CellFaultError: not an amount.
        """
        reader = self.placed[name]
        return reader.difference(reader.bound.cell(row.cells), reader.bound.minus_cell(row.cells))

    def _row_values(self, row: TableRow, cells: Mapping[str, CellIn]) -> RowValues | None:
        problem = self._shape_problem(row) or self._unknown_kind(row, cells)
        if problem is not None:
            return RowValues(row.line, {}, (problem,))
        return None if self._is_dropped(cells) else self._converted(row, cells)

    def _shape_problem(self, row: TableRow) -> Problem | None:
        if len(row.cells) < self.width:
            what = f"{counted(len(row.cells), 'cell')} where the headings are {self.width}: the row was cut"
            return _problem(row.line, "", "", what, "Export the file again.")
        beyond = next((cell for cell in row.cells[self.full_width :] if not is_blank(cell)), None)
        if beyond is not None:
            remedy = "Put quotes round texts that hold the delimiter."
            return _problem(row.line, "", beyond, "more cells than headings", remedy)
        if self.mapping.rows.group is not None and not row.group:
            return _problem(row.line, "", row.label, "a row outside any group", "Export the whole report again.")
        return None

    def _is_dropped(self, cells: Mapping[str, CellIn]) -> bool:
        drop = self.mapping.rows.drop
        return any(name in self.placed and is_among(cells[name], texts) for name, texts in drop.items())

    def _unknown_kind(self, row: TableRow, cells: Mapping[str, CellIn]) -> Problem | None:
        for name, texts in self.mapping.rows.keep.items():
            if name in self.placed and not self._is_dropped(cells) and not is_among(cells[name], texts):
                what = f"a kind of row that the mapping does not know; it keeps {', '.join(texts)}"
                remedy = "List the text under `keep` or `drop` in a mapping of your own."
                return _problem(row.line, self.placed[name].bound.heading, cells[name], what, remedy)
        return None

    def _converted(self, row: TableRow, cells: Mapping[str, CellIn]) -> RowValues:
        values: dict[str, Cell] = {}
        problems: list[Problem] = []
        absent: set[str] = set()
        is_off = False
        if self.mapping.rows.group is not None:
            values[self.mapping.rows.group] = row.group
        for reader in self.readers:
            name = reader.bound.name
            try:
                value = reader.value(cells[name], row.cells, str(values.get("currency") or self.home_currency))
            except CellFaultError as fault:
                problems.append(_problem(row.line, reader.bound.heading, cells[name], fault.what, fault.remedy))
                continue
            values[name] = value
            is_off = is_off or reader.is_off(value, row.cells)
            if value is None and reader.bound.column.empty == "skip":
                absent.add(name)
        if not problems:
            problems += self._apply_sign(row, values)
        return RowValues(row.line, values, tuple(problems), frozenset(absent), is_off)

    def _apply_sign(self, row: TableRow, values: dict[str, Cell]) -> Iterator[Problem]:
        sign = self.mapping.sign
        if sign is None:
            return
        rule = sign.values.get(str(values.get(sign.column)), "as_is")
        for name in sign.fields:
            value = values.get(name)
            if not isinstance(value, int):
                continue
            if rule == "positive" and value < 0:
                what = f"an amount below zero on a row that is {values[sign.column]}"
                remedy = "Mend the amount or the kind in the source."
                yield cell_problem(row.line, self.placed[name].bound, row.cells, what, remedy)
            signed = {"invert": -value, "magnitude": abs(value), "negative": -abs(value)}
            values[name] = signed.get(rule, value)


def row_reader(
    mapping: ExportMapping, columns: Sequence[BoundColumn], forms: Forms, header: Header, *, home_currency: str
) -> RowReader:
    """Return the reader of one file's rows."""
    fields = mapping.fields()
    # amounts take the currency of their row, so that is read first
    ordered = sorted(columns, key=lambda column: column.name != "currency")
    readers = tuple(ColumnReader(column, forms, fields.get(column.name)) for column in ordered)
    return RowReader(
        mapping=mapping,
        readers=readers,
        placed={reader.bound.name: reader for reader in readers if reader.bound.places},
        home_currency=home_currency,
        width=_width(mapping, columns, header),
        full_width=len(header.keys),
    )


def _width(mapping: ExportMapping, columns: Sequence[BoundColumn], header: Header) -> int:
    """Return how many cells a whole row has at least: up to the last heading that no source may leave out."""
    lacking = {place for column in columns if column.name in mapping.rows.may_lack for place in column.places}
    return max(index for index, key in enumerate(header.keys) if key and index not in lacking) + 1


def is_among(cell: CellIn, texts: Sequence[str]) -> bool:
    """Tell whether a cell holds one of these texts; case does not count."""
    return as_text(cell).casefold() in {text.casefold() for text in texts}


def cell_problem(line: int, column: BoundColumn, cells: Sequence[CellIn], what: str, remedy: str) -> Problem:
    """Return what is wrong with a column's cell in a row, with the text that stands there."""
    return _problem(line, column.heading, column.cell(cells), what, remedy)


def _problem(line: int, column: str, raw: CellIn, what: str, remedy: str) -> Problem:
    return Problem(line, column, as_text(raw)[:_RAW_SHOWN], what, remedy)
