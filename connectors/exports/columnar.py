"""Read a large plain table column by column: the same records as row by row, in a fraction of the time.

A column of millions of cells holds few different ones. DuckDB parts the text into cells, each different cell goes once
through the very reader of the row-by-row path (`columns.ColumnReader`), and DuckDB puts the values into their rows.
Whatever is not plain is left to the row-by-row path, which alone says what is wrong with a file: keys of the mapping
that are not listed here, cells that do not fit, line breaks inside cells, blank lines, loose quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.binding import BoundColumn, bind, settle_forms
from connectors.exports.cells import CellFaultError, CellIn
from connectors.exports.columns import ColumnReader
from connectors.exports.convert import RowReader, is_among, row_reader
from connectors.exports.detect import Found
from connectors.exports.frames import append_rows, create_table, open_database, quoted, select_typed
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.parts import SQL_TYPES, Origin, kind_columns, write_part
from connectors.exports.reading import Cell
from connectors.exports.records import KINDS, column_name
from connectors.exports.rows import table_rows
from connectors.exports.source import FileFaultError, TextGrid
from connectors.exports.stored import ScratchFolder, StoredRecords, store_records

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAPPING_KEYS = frozenset(
    "name version grade record about match read format preamble rows columns test".split()  # noqa: SIM905  read as words
)
_READ_KEYS = frozenset({"reader", "encoding", "delimiter", "sheet", "header_within"})
_FORMAT_KEYS = frozenset({"numbers", "dates", "bare_duration"})
_ROWS_KEYS = frozenset({"keep", "drop"})
_COLUMN_KEYS = frozenset(
    "headings nth join minus from_header match blank type column empty values default".split()  # noqa: SIM905  read as words
)
"""Keys of the mapping language that are plain: a value depends on the cells of its column, and money on the currency
of its row. A key that is new to the language is not, until someone adds it here."""

_WITHOUT_CURRENCY = frozenset({"text", "date", "duration", "decimal", "integer", "boolean"})
_LONGEST_LINE = 131_072
"""The csv module refuses a cell beyond this."""

_SPELLED = {"\n": r"'\n'", "\r\n": r"'\r\n'"}
"""Ends of lines, as DuckDB wants to be told."""

_QUOTE, _BREAK = "chr(34)", "chr(10)"
_NOTHING_GUESSED = "auto_detect = false, strict_mode = true, compression = 'none', hive_partitioning = false"
_READ_AT_ONCE = 50_000
_MEMORY = "512MB"


class _NotPlainError(Exception):
    """The file is for the row-by-row path."""


def read_columns(found: Found, origin: Origin, *, home_currency: str, scratch: Path | None) -> StoredRecords | None:
    """Return the records of a file whose table is plain and sound, None where the row-by-row path must read it.

    Args:
        found: the table and its mapping.
        origin: provenance of the records.
        home_currency: ISO code; currency of amounts that state none.
        scratch: where the folder of the parts is made; None: where the system keeps such things.
    """
    import duckdb

    grid = found.grid
    if not (isinstance(grid, TextGrid) and _has_plain_keys(found.mapping) and _has_plain_text(found, grid)):
        return None
    folder = ScratchFolder(scratch)
    try:
        with closing(open_database()) as connection:
            connection.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {quoted(folder.path)}")
            columns = bind(found, home_currency=home_currency)
            _lay_out(connection, found, grid, columns, folder.path / "cells.parquet")
            forms = settle_forms(
                table_rows(grid.rows(strict=True), found.mapping, found.header), columns, found.mapping
            )
            reader = row_reader(found.mapping, columns, forms, found.header, home_currency=home_currency)
            return _Table(connection, reader, origin).write(folder)
    except (_NotPlainError, CellFaultError, FileFaultError, duckdb.Error):
        return None


def _has_plain_keys(mapping: ExportMapping) -> bool:
    return (
        mapping.model_fields_set <= _MAPPING_KEYS
        and mapping.read.model_fields_set <= _READ_KEYS
        and mapping.format.model_fields_set <= _FORMAT_KEYS
        and mapping.rows.model_fields_set <= _ROWS_KEYS
        and all(column.model_fields_set <= _COLUMN_KEYS for column in mapping.columns.values())
    )


def _has_plain_text(found: Found, grid: TextGrid) -> bool:
    source = grid.source
    return (
        grid.encoding == "utf-8"
        and source.is_ended
        and source.line_end in _SPELLED
        and found.header.line == grid.skip_lines + 1
        and all(found.header.keys)  # what stands below no heading is told
        and not set("*?[") & set(str(source.path))  # DuckDB would take the path for a pattern
    )


def _lay_out(
    connection: DuckDBPyConnection, found: Found, grid: TextGrid, columns: Sequence[BoundColumn], path: Path
) -> None:
    """Store the cells that are read, and show them as `cells`: c0, c1, ... by place (blank, never null), and `line`.

    Every byte of the text must be found again, in a cell or as a mark between cells: DuckDB passes over blank lines
    and over blanks beside quotes, which the csv module does not.

    Raises:
        _NotPlainError: bytes are missing.
        duckdb.Error: quotes are loose, or a row has not as many cells as the headings.
    """
    above = _lines_above(grid, found.header.line)
    width = len(found.header.cells)
    cells = [f"c{place}" for place in sorted({place for column in columns for place in _places(column)})]
    row = f"concat({', '.join(f'c{place}' for place in range(width))})"
    counts = f"strlen(replace(row, {_QUOTE}, '')) AS size, strlen(row) - strlen(replace(row, {_BREAK}, '')) AS breaks"
    stored = f"SELECT {', '.join(cells)}, {counts} FROM (SELECT *, {row} AS row FROM {_text(found, grid)})"  # noqa: S608  ours or quoted
    write_part(connection, path, stored)
    sums = f"SELECT count(*), sum(size), sum(breaks) FROM {_stored(path)}"  # noqa: S608  quoted
    rows, size, breaks = (int(count or 0) for count in connection.execute(sums).fetchall()[0])
    marks = rows * ((width - 1) * len(grid.delimiter.encode()) + len(grid.source.line_end))
    quotes = grid.source.quotes - above.count(b'"')  # round cells and in them: `size` is without
    if len(above) + size + marks + quotes != grid.source.size:
        raise _NotPlainError
    line = f"file_row_number + {found.header.line + 1}"
    if breaks:
        line += " + sum(breaks) OVER (ORDER BY file_row_number ROWS UNBOUNDED PRECEDING) - breaks"
    shown = ", ".join(f"coalesce({cell}, '') AS {cell}" for cell in cells)
    connection.execute(f"CREATE VIEW cells AS SELECT {shown}, {line} AS line FROM {_stored(path)}")  # noqa: S608  quoted


def _lines_above(grid: TextGrid, count: int) -> bytes:
    """Return the lines down to the headings, which must end with them.

    Raises:
        _NotPlainError: the headings have a line break in a cell, or nothing stands below them.
    """
    below = next(islice(grid.rows(strict=True), 1, None), None)
    if below is None or below.line != count + 1:
        raise _NotPlainError
    grid.source.stream.seek(0)
    return b"".join(grid.source.stream.readline() for _ in range(count))


def _text(found: Found, grid: TextGrid) -> str:
    """Return the SQL of the rows below the headings: a text column c0, c1, ... for each heading."""
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(found.header.cells)))
    quotes = (
        f"delim = {quoted(grid.delimiter)}, quote = '\"', escape = '\"', new_line = {_SPELLED[grid.source.line_end]}"
    )
    place = f"header = false, skip = {found.header.line}, max_line_size = {_LONGEST_LINE}, columns = {{{types}}}"
    return f"read_csv({quoted(grid.source.path.absolute())}, {quotes}, {place}, {_NOTHING_GUESSED})"


def _stored(path: Path) -> str:
    return f"read_parquet({quoted(path)}, file_row_number = true, hive_partitioning = false)"


def _places(column: BoundColumn) -> tuple[int, ...]:
    return (*column.places, *(() if column.minus_place is None else (column.minus_place,)))


@dataclass(slots=True)
class _Table:
    """The laid-out cells of one file, and who reads them.

    `_joins`: the tables of read cells that the rows are joined with.
    """

    connection: DuckDBPyConnection
    reader: RowReader
    origin: Origin
    _joins: list[str] = field(default_factory=list)

    def write(self, folder: ScratchFolder) -> StoredRecords:
        """Read every column, and write a part for each record kind.

        Raises:
            CellFaultError: a cell does not fit.
            _NotPlainError: there is no record, or rows are left out.
        """
        readers = self.reader.readers
        if not any(_refuses_blank(reader, self.reader.home_currency) for reader in readers):
            raise _NotPlainError  # a blank row would become a record
        values = {reader.bound.name: self._value(f"read_{number}", reader) for number, reader in enumerate(readers)}
        queries = {kind: self._select(kind, values) for kind in self.reader.mapping.kinds}
        stored = store_records(self.connection, folder, queries)
        if not len(stored):
            raise _NotPlainError
        return stored

    def _value(self, table: str, reader: ColumnReader) -> str:
        """Read the different cells of a column into a table, and return the SQL of its value in a row.

        Texts that stay as they are, nearly all, are not looked up.
        """
        places = self._places_of_value(reader)
        if not places:
            value = self._read(reader, (), ())
            return "NULL" if value is None else quoted(str(value))
        keys = [f"c{place}" for place in places]
        columns = dict.fromkeys(keys, "VARCHAR") | {"value": SQL_TYPES[reader.bound.type]}
        stays = len(places) == 1 and reader.bound.type == "text"
        create_table(self.connection, table, columns, ())
        changed = 0
        for batch in self._different_cells(keys):
            rows = [(*cells, self._read(reader, places, cells)) for cells in batch]
            changing = [row for row in rows if not stays or row[1] != (row[0] or None)]
            append_rows(self.connection, table, columns, changing)
            changed += len(changing)
        as_it_is = f"nullif(cells.{keys[0]}, '')"
        if not changed:
            return as_it_is
        if reader.target is not None:
            self._joins.append(f"LEFT JOIN {table} ON " + " AND ".join(f"cells.{key} = {table}.{key}" for key in keys))
        return (
            f"CASE WHEN {table}.{keys[0]} IS NULL THEN {as_it_is} ELSE {table}.value END" if stays else f"{table}.value"
        )

    def _places_of_value(self, reader: ColumnReader) -> tuple[int, ...]:
        """Return the places of all cells that a value depends on."""
        currency = self._currency_reader()
        places = {*_places(reader.bound)}
        if currency is not None and reader.bound.type not in _WITHOUT_CURRENCY:
            places |= {*_places(currency.bound)}
        return tuple(sorted(places))

    def _currency_reader(self) -> ColumnReader | None:
        return next((reader for reader in self.reader.readers if reader.bound.name == "currency"), None)

    def _different_cells(self, keys: Sequence[str]) -> Iterator[list[tuple[str, ...]]]:
        found = self.connection.cursor().execute(f"SELECT DISTINCT {', '.join(keys)} FROM cells")  # noqa: S608  the names are ours
        while rows := found.fetchmany(_READ_AT_ONCE):
            yield rows

    def _read(self, reader: ColumnReader, places: Sequence[int], texts: Sequence[str]) -> Cell:
        """Return the value of a column in a row of which only the cells that it depends on are known."""
        cells = [""] * self.reader.full_width
        for place, text in zip(places, texts, strict=True):
            cells[place] = text
        cell = reader.bound.cell(cells)
        if self._may_leave_out(reader.bound.name, cell):
            raise _NotPlainError
        currency, home = self._currency_reader(), self.reader.home_currency
        if currency is None or reader.bound.type in _WITHOUT_CURRENCY:
            return reader.value(cell, cells, home)
        return reader.value(cell, cells, str(currency.value(currency.bound.cell(cells), cells, home) or home))

    def _may_leave_out(self, name: str, cell: CellIn) -> bool:
        """Tell whether a cell makes its row one to drop, or none that is kept."""
        keep, drop = self.reader.mapping.rows.keep, self.reader.mapping.rows.drop
        if name not in self.reader.placed or (name not in keep and name not in drop):
            return False
        return (name in keep and not is_among(cell, keep[name])) or is_among(cell, drop.get(name, ()))

    def _select(self, kind: str, values: Mapping[str, str]) -> str:
        """Return the query of the records of a kind: one a row, but none where a cell is blank that means so."""
        fields = {self.reader.mapping.column_of(kind, field): column_name(field) for field in KINDS[kind]}
        stated = {
            "source_file": quoted(self.origin.file),
            "source_sha256": quoted(self.origin.sha256),
            "source_sheet": "''",
            "source_line": "cells.line",
            "mapping": quoted(self.origin.mapping),
            "mapping_version": str(self.origin.mapping_version),
        } | {column: values.get(name, "NULL") for name, column in fields.items()}
        columns = kind_columns(kind)
        shown = ", ".join(f'{stated[column]} AS "{column}"' for column in columns)
        may_skip = (name for name, column in self.reader.mapping.columns.items() if column.empty == "skip")
        where = " AND ".join(["true", *(f"{values[name]} IS NOT NULL" for name in may_skip if name in fields)])
        query = f"(SELECT {shown} FROM cells {' '.join(self._joins)} WHERE {where})"  # noqa: S608  ours or quoted
        return f"{select_typed(columns, query)} ORDER BY source_line"


def _refuses_blank(reader: ColumnReader, currency: str) -> bool:
    try:
        reader.value("", (), currency)
    except CellFaultError:
        return True
    return False
