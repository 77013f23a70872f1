"""Take the rows of a file one by one: each gives its records, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.exports.binding import BoundColumn, bind, refuse_mixed_days, settle_forms
from connectors.exports.checks import Controls
from connectors.exports.convert import RowValues, cell_problem, row_reader
from connectors.exports.detect import Found
from connectors.exports.oddities import LooseCells
from connectors.exports.reading import Cell, Problem, Record
from connectors.exports.records import KINDS, column_name
from connectors.exports.rows import TableRow, table_rows
from connectors.exports.source import FileFaultError, RawRow
from connectors.exports.stored import RecordSink

MAX_PROBLEMS = 200
"""Problems of one file that are kept; the others are counted."""


@dataclass(slots=True)
class Taking:
    """One pass over the rows of a file, and what it has come to so far.

    `names`: record kind -> column of the mapping -> column of the record. `untold`: problems beyond those kept.
    `loose`: cells below no heading.
    `seen`: values of the key -> the first row that has them, and its records.
    """

    found: Found
    columns: Sequence[BoundColumn]
    controls: Controls
    names: dict[str, dict[str, str]]
    sink: RecordSink
    loose: LooseCells
    problems: list[Problem] = field(default_factory=list)
    untold: int = 0
    seen: dict[tuple[Cell, ...], tuple[RowValues, list[Record]]] = field(default_factory=dict)

    def take(self, row: TableRow, values: RowValues | None) -> None:
        """Take one row: its records, or what is wrong with it."""
        if row.role == "cut" or (row.role == "detail" and row.is_unended and self._may_be_cut(row)):
            remedy = "Export again. If the file is whole, end its last line with a line break."
            self.problems.append(Problem(row.line, "", "", "the last line has no end: the file may be cut", remedy))
        elif row.role == "total":
            self.controls.close(row)
        elif row.role == "group":
            self.controls.open_group(row)
        elif values is not None and values.problems:
            self._refuse(values.problems)
        elif values is not None:
            self.controls.add(values)
            self._take_records(row, values)

    def _refuse(self, problems: Iterable[Problem]) -> None:
        """Keep what is wrong with a row as long as it will be shown, and count the rest."""
        for problem in problems:
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(problem)
            else:
                self.untold += 1

    def _may_be_cut(self, row: TableRow) -> bool:
        """Tell whether a cut would touch a cell that is read; one that nothing is read from may be cut."""
        last = len(self.found.header.keys) - 1
        used = {place for column in self.columns for place in (*column.places, *column.end_places, column.minus_place)}
        return len(row.cells) <= last or last in used

    def _take_records(self, row: TableRow, read: RowValues) -> None:
        sheet = self.found.grid.sheet
        new = [
            Record(kind, {column: read.values.get(name) for name, column in names.items()}, read.line, sheet)
            for kind, names in self.names.items()
            if read.absent.isdisjoint(names)
        ]
        key = self.found.mapping.key
        if key is not None:
            first, known = self.seen.setdefault(tuple(read.values.get(name) for name in key.once_per), (read, new))
            if first is not read:
                self._refuse(self._contradictions(row, read, first, key.add_up))
                self._add_up(known, new, key.add_up)
                return
            if key.add_up:
                return  # whole only when the last line of its key was read
        self._keep(new)

    def _keep(self, records: Iterable[Record]) -> None:
        for record in records:
            self.sink.add(record)

    def finish(self) -> None:
        """Take the records that lines added up to, in the order of their first lines."""
        if self.found.mapping.key is not None and self.found.mapping.key.add_up:
            for _, records in self.seen.values():
                self._keep(records)

    def _add_up(self, known: Sequence[Record], more: Sequence[Record], names: Sequence[str]) -> None:
        """Add the amounts of a further line to the records that it belongs to."""
        for record, other in zip(known, more, strict=False):  # a line that lacks a record contradicts the first one
            for column in (self.names[record.kind][name] for name in names if name in self.names[record.kind]):
                parts = [part for part in (record.values[column], other.values[column]) if isinstance(part, int)]
                record.values[column] = sum(parts) if parts else None

    def _contradictions(
        self, row: TableRow, read: RowValues, first: RowValues, added: Sequence[str]
    ) -> Iterator[Problem]:
        fields = self.found.mapping.fields().keys() - set(added)
        for column in self.columns:
            if column.name in fields and read.values.get(column.name) != first.values.get(column.name):
                what = f"differs from line {first.line}, which names the same record"
                yield cell_problem(row.line, column, row.cells, what, "Make the lines agree in the source.")


def take_rows(found: Found, sink: RecordSink, *, home_currency: str, strict: bool) -> Taking:
    """Read all rows of a file, and hold them against the figures that it states.

    Raises:
        LooseQuotesError: strict, and a quote stands where none may.
        FileFaultError: the file as a whole cannot be taken.
    """
    columns = bind(found, home_currency=home_currency)
    if not found.grid.is_text:
        refuse_mixed_days(_rows(found, strict=strict), columns, found.mapping)
    forms = settle_forms(_rows(found, strict=strict), columns, found.mapping)
    reader = row_reader(found.mapping, columns, forms, found.header, home_currency=home_currency)
    mapping = found.mapping
    names = {
        kind: {mapping.column_of(kind, field): column_name(field) for field in KINDS[kind]} for kind in mapping.kinds
    }
    taking = Taking(found, columns, Controls(reader), names, sink, LooseCells(found.header))
    for row, values in reader.read(_rows(found, strict=strict, watch=taking.loose)):
        taking.take(row, values)
    taking.finish()
    taking.controls.finish(is_text=found.grid.is_text)
    taking.problems += taking.controls.problems
    return taking


def _rows(found: Found, *, strict: bool, watch: LooseCells | None = None) -> Iterator[TableRow]:
    rows = found.grid.rows(strict=strict)
    rows = rows if watch is None else watch.watched(rows)
    return table_rows(rows if strict else _single_lined(rows, found), found.mapping, found.header)


def _single_lined(rows: Iterable[RawRow], found: Found) -> Iterator[RawRow]:
    """Refuse cells of several lines where quotes are loose: one left open swallows the rows behind it."""
    for row in rows:
        if row.line > found.header.line and any("\n" in str(cell) or "\r" in str(cell) for cell in row.cells):
            raise FileFaultError(
                "a quote is not closed on its line: the rows behind it may be lost in it",
                "Put the text in quotes, and double each quote inside it.",
                line=row.line,
            )
        yield row
