"""Read export files into records: each file is taken whole, refused whole, or not known.

A file that was cut is refused wherever its own content shows it: a last line without its end, a row with cells
missing, a quote never closed, a total row that never came. A format without totals cannot show that whole lines at its
end are missing; the sync holds such files against the last run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.binding import BoundColumn, bind, refuse_mixed_days, settle_forms
from connectors.exports.builtin.grids import BuiltGrid
from connectors.exports.checks import Controls
from connectors.exports.convert import RowValues, cell_problem, row_reader
from connectors.exports.detect import Found, find_mapping
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.period import period_covered
from connectors.exports.reading import Cell, FileReading, Problem, ReadingStatus, Record
from connectors.exports.records import KINDS, column_name
from connectors.exports.rows import TableRow, table_rows
from connectors.exports.source import (
    MAX_TEXT_BYTES,
    FileFaultError,
    LooseQuotesError,
    RawRow,
    Source,
    TextGrid,
    open_source,
)

MAX_PROBLEMS = 200
_UNVERIFIED = "no real file of this system was ever seen"


def read_file(
    path: Path,
    mappings: Sequence[ExportMapping],
    *,
    home_currency: str,
    accept_unverified: bool = False,
    max_bytes: int = MAX_TEXT_BYTES,
) -> FileReading:
    """Read one file.

    Args:
        path: the file.
        mappings: what is known of formats (`connectors.exports.loading.load_mappings`).
        home_currency: ISO code; currency of amounts that state none, their `currency` stays None.
        accept_unverified: take files through mappings of grade S, too.
        max_bytes: most bytes that a file may have.

    Returns:
        One record per row and kind (per `[key] once_per` where the mapping has it), in the order of the file.
        All columns of the kind are there; never raises for what is in the file.
    """
    reading = FileReading(path=path, sha256="", status=ReadingStatus.REFUSED)
    try:
        with open_source(path, max_bytes=max_bytes) as source:
            reading = replace(reading, sha256=source.sha256)
            reading = _read_source(reading, source, mappings, home_currency, accept_unverified=accept_unverified)
    except FileFaultError as fault:
        return _refused(reading, [fault.problem])
    return reading


def check_folder(
    folder: Path, mappings: Sequence[ExportMapping], *, home_currency: str, accept_unverified: bool = False
) -> list[FileReading]:
    """Read every file below a folder, in the order of their names; dot files and mappings are not looked at.

    Raises:
        InputError: the folder is not there.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), remedy="Make it, or set books.exports to the right one.")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_no_export(path.relative_to(folder)))
    return [
        read_file(path, mappings, home_currency=home_currency, accept_unverified=accept_unverified) for path in files
    ]


def _is_no_export(path: Path) -> bool:
    """Tell dot files, lock files that office programs lay beside an open workbook, and mappings of one's own."""
    return path.suffix == ".toml" or any(part.startswith((".", "~$")) for part in path.parts)


def _read_source(
    reading: FileReading,
    source: Source,
    mappings: Sequence[ExportMapping],
    home_currency: str,
    *,
    accept_unverified: bool,
) -> FileReading:
    found = find_mapping(source, mappings, home_currency=home_currency)
    if not isinstance(found, Found):
        return replace(reading, status=ReadingStatus.NO_MAPPING, why_not=found)
    mapping = found.mapping
    reading = replace(reading, mapping=mapping.name, mapping_version=mapping.version)
    if mapping.grade == "S" and not accept_unverified:
        remedy = "Set books.accept_unverified = true, and compare the first plan with the file."
        return _refused(reading, [Problem(0, "", "", f"mapping {mapping.name} is of grade S: {_UNVERIFIED}", remedy)])
    if isinstance(found.grid, TextGrid) and mapping.read.encoding != "auto":
        found = replace(found, grid=replace(found.grid, encoding=mapping.read.encoding))
    if isinstance(found.grid, BuiltGrid):
        found = replace(found, grid=replace(found.grid, ledger=mapping.ledger))
    try:
        return _read_table(reading, found, home_currency)
    except FileFaultError as fault:
        return _refused(reading, [fault.problem])


def _refused(reading: FileReading, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> FileReading:
    shown = tuple(problems[:MAX_PROBLEMS])
    if len(problems) > MAX_PROBLEMS:
        left = f"{len(problems) - MAX_PROBLEMS:,} more problems"
        shown = (*shown, Problem(0, "", "", left, "Mend the first ones; the rest may be of the same kind."))
    return replace(reading, status=ReadingStatus.REFUSED, records=(), problems=shown, warnings=tuple(warnings))


def _read_table(reading: FileReading, found: Found, home_currency: str) -> FileReading:
    """Read strictly; where quotes are loose, read again leniently and say so."""
    warnings: list[Problem] = []
    try:
        taken = _take(found, home_currency, strict=True)
    except LooseQuotesError as loose:
        warnings.append(replace(loose.problem, what=f"{loose.problem.what}; read as far as it makes sense"))
        taken = _take(found, home_currency, strict=False)
    warnings += taken.controls.warnings
    if isinstance(found.grid, BuiltGrid):
        warnings += found.grid.notes.problems()
    if taken.problems:
        return _refused(reading, sorted(taken.problems, key=lambda problem: problem.line), warnings)
    if not taken.records:
        warnings.append(Problem(found.header.line, "", "", "headings without rows", "Check that this was meant."))
    if isinstance(found.grid, TextGrid) and not found.grid.source.is_ended:
        remedy = "Make sure that its last line is the last one of the source."
        warnings.append(Problem(0, "", "", "the last line has no end: lines behind it may be missing", remedy))
    covers = period_covered(found.mapping, found.titles, reading.path.name, taken.records)
    return replace(
        reading,
        status=ReadingStatus.ACCEPTED,
        records=tuple(taken.records),
        warnings=tuple(warnings),
        covers=covers,
    )


@dataclass(slots=True)
class _Taking:
    """One pass over the rows of a file, and what it has come to so far.

    `names`: record kind -> name of its field -> column of the record.
    """

    found: Found
    columns: Sequence[BoundColumn]
    controls: Controls
    names: dict[str, dict[str, str]]
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[tuple[Cell, ...], RowValues] = field(default_factory=dict)

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
            self.problems += values.problems
        elif values is not None:
            self.controls.add(values)
            self._take_records(row, values)

    def _may_be_cut(self, row: TableRow) -> bool:
        """Tell whether a cut would touch a cell that is read; one that nothing is read from may be cut."""
        last = len(self.found.header.keys) - 1
        used = {place for column in self.columns for place in (*column.places, column.minus_place)}
        return len(row.cells) <= last or last in used

    def _take_records(self, row: TableRow, read: RowValues) -> None:
        mapping = self.found.mapping
        if mapping.key is not None:
            first = self.seen.setdefault(tuple(read.values.get(name) for name in mapping.key.once_per), read)
            if first is not read:
                self.problems += self._contradictions(row, read, first)
                return
        for kind, names in self.names.items():
            if read.absent.isdisjoint(names):
                values = {column: read.values.get(name) for name, column in names.items()}
                self.records.append(Record(kind, values, read.line, self.found.grid.sheet))

    def _contradictions(self, row: TableRow, read: RowValues, first: RowValues) -> Iterator[Problem]:
        fields = self.found.mapping.fields()
        for column in self.columns:
            if column.name in fields and read.values.get(column.name) != first.values.get(column.name):
                what = f"differs from line {first.line}, which names the same record"
                yield cell_problem(row.line, column, row.cells, what, "Make the lines agree in the source.")


def _take(found: Found, home_currency: str, *, strict: bool) -> _Taking:
    columns = bind(found, home_currency=home_currency)
    if not found.grid.is_text:
        refuse_mixed_days(_rows(found, strict=strict), columns, found.mapping)
    forms = settle_forms(_rows(found, strict=strict), columns, found.mapping)
    reader = row_reader(found.mapping, columns, forms, found.header, home_currency=home_currency)
    mapping = found.mapping
    names = {
        kind: {mapping.column_of(kind, field): column_name(field) for field in KINDS[kind]} for kind in mapping.kinds
    }
    taking = _Taking(found, columns, Controls(reader), names)
    for row, values in reader.read(_rows(found, strict=strict)):
        taking.take(row, values)
    taking.controls.finish(is_text=found.grid.is_text)
    taking.problems += taking.controls.problems
    return taking


def _rows(found: Found, *, strict: bool) -> Iterator[TableRow]:
    rows = found.grid.rows(strict=strict)
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
