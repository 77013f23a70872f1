"""Read a large plain table column by column: the same records as row by row, in a fraction of the time.

A column of millions of cells holds few different ones. DuckDB parts the text into cells and guesses their values; then
each different cell goes once through the very reader of the row-by-row path (`columns.ColumnReader`). If all guesses
were right, what DuckDB wrote is the part; else it is written again, with the values of that reader.
Whatever is not plain is left to the row-by-row path, which alone says what is wrong with a file: keys of the mapping
that are not listed here, cells that do not fit, line breaks inside cells, blank lines, loose quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.exports.binding import BoundColumn, bind, settle_forms
from connectors.exports.cells import CellFaultError, CellIn
from connectors.exports.columns import ColumnReader
from connectors.exports.convert import RowReader, is_among, row_reader
from connectors.exports.detect import Found, Header
from connectors.exports.frames import append_rows, create_table, open_database, quoted
from connectors.exports.layout import LINE_ENDS, NotPlainError, lay_out
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.parts import HEADINGS_LINE, SQL_TYPES, Origin, kind_columns
from connectors.exports.reading import Cell
from connectors.exports.records import KINDS, FieldType, column_name
from connectors.exports.rows import table_rows
from connectors.exports.scratch import ScratchFolder
from connectors.exports.source import FileFaultError, TextGrid
from connectors.exports.stored import StoredRecords, adopt_part, store_records
from profitability.units import minor_digits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAPPING_KEYS = frozenset(
    "name version grade record about scope match read format preamble rows columns test".split()  # noqa: SIM905  read as words
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
_GUESSES: dict[FieldType, str] = {
    "text": "nullif({cell}, '')",
    "date": "CAST(try_strptime({cell}, {form}) AS DATE)",
    "money": "try_cast(try_cast({cell} AS DECIMAL(18, {digits})) * {minor} AS BIGINT)",
    "duration": "CASE WHEN contains({cell}, ':') THEN CAST(epoch(try_cast({cell} AS INTERVAL)) AS BIGINT)"
    " ELSE CAST(try_cast({cell} AS DECIMAL(18, 6)) * 3600 AS BIGINT) END",
    "decimal": "nullif({cell}, '')",
    "integer": "try_cast({cell} AS BIGINT)",
    "boolean": "try_cast({cell} AS BOOLEAN)",
}
"""What a cell most likely means. A wrong guess costs time, never a value."""

_READ_AT_ONCE = 50_000
_MEMORY = "512MB"


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
            forms = settle_forms(
                table_rows(grid.rows(strict=True), found.mapping, found.header), columns, found.mapping
            )
            reader = row_reader(found.mapping, columns, forms, found.header, home_currency=home_currency)
            return _Table(connection, found.header, grid, reader, origin).read(folder)
    except (NotPlainError, CellFaultError, FileFaultError, duckdb.Error):
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
        and source.line_end in LINE_ENDS
        and found.header.line == grid.skip_lines + 1
        and all(found.header.keys)  # what stands below no heading is told
    )


def _places(column: BoundColumn) -> tuple[int, ...]:
    return (*column.places, *(() if column.minus_place is None else (column.minus_place,)))


@dataclass(slots=True)
class _Table:
    """The table of one file, and who reads it.

    `_guessed`: columns of the mapping whose value is guessed -> the SQL of the guess in `cells`.
    `_joins`: the tables of cells that were guessed wrong, for the rows to be joined with.
    """

    connection: DuckDBPyConnection
    header: Header
    grid: TextGrid
    reader: RowReader
    origin: Origin
    _guessed: dict[str, str] = field(default_factory=dict)
    _joins: list[str] = field(default_factory=list)

    def read(self, folder: ScratchFolder) -> StoredRecords:
        """Read every column, and store a part for each record kind.

        Raises:
            CellFaultError: a cell does not fit.
            NotPlainError: there is no record, rows are left out, or bytes are missing.
            duckdb.Error: it is no sound table.
        """
        mapping, readers = self.reader.mapping, self.reader.readers
        if not any(_refuses_blank(reader, self.reader.home_currency) for reader in readers):
            raise NotPlainError  # a blank row would become a record
        draft = folder.path / "draft.parquet"
        may_be_part = self._lay_out(draft)
        values = {
            reader.bound.name: self._value(f"read_{number}", reader)
            for number, reader in enumerate(readers)
            if self._matters(reader)
        }
        if may_be_part and not self._joins:
            stored = adopt_part(self.connection, folder, mapping.kinds[0], draft)
        else:
            queries = {kind: self._select(kind, values) for kind in mapping.kinds}
            stored = store_records(self.connection, folder, queries)
        if not len(stored):
            raise NotPlainError
        return stored

    def _lay_out(self, path: Path) -> bool:
        """Store the cells and a guess at every value; tell whether that is a part if all guesses are right."""
        mapping, readers = self.reader.mapping, {reader.bound.name: reader for reader in self.reader.readers}
        kind = mapping.kinds[0]
        columns = {mapping.column_of(kind, field): f'"{column_name(field)}"' for field in KINDS[kind]}
        guesses = {name: self._guess(readers[name]) for name in columns if name in readers}
        self._guessed = {name: columns[name] for name in guesses}
        texts = {
            readers[name].bound.places[0]: columns[name]
            for name, guess in guesses.items()
            if readers[name].bound.places and guess == _GUESSES["text"].format(cell=f"c{readers[name].bound.places[0]}")
        }
        places = {place for reader in readers.values() if self._matters(reader) for place in _places(reader.bound)}
        values = self._columns(kind, guesses, "NULL")
        has_breaks = lay_out(self.connection, path, self.grid, self.header, places=places, values=values, texts=texts)
        is_one_a_row = len(mapping.kinds) == 1 and not self._skipped(kind)
        return is_one_a_row and not has_breaks and self.header.line == HEADINGS_LINE

    def _guess(self, reader: ColumnReader) -> str:
        bound = reader.bound
        if not self._places_of_value(reader):
            return self._constant(reader)
        if len(bound.places) != 1 or bound.minus_place is not None:
            return "NULL"
        digits = minor_digits(self.reader.home_currency)
        return _GUESSES[bound.type].format(
            cell=f"c{bound.places[0]}", form=quoted(reader.forms.date), digits=digits, minor=10**digits
        )

    def _constant(self, reader: ColumnReader) -> str:
        value = self._read(reader, (), ())
        return "NULL" if value is None else quoted(str(value))

    def _value(self, table: str, reader: ColumnReader) -> str:
        """Read the different cells of a column, and return the SQL of its value in a row.

        Only cells whose guess is wrong are looked up.
        """
        guess = self._guessed.get(reader.bound.name, "NULL")
        places = self._places_of_value(reader)
        if not places:
            return self._constant(reader)
        keys = [f"c{place}" for place in places]
        columns = dict.fromkeys(keys, "VARCHAR") | {"value": SQL_TYPES[reader.bound.type]}
        create_table(self.connection, table, columns, ())
        is_right = True
        for batch in self._different_cells([*keys, guess]):
            read = [(*cells, self._read(reader, places, cells), guessed) for *cells, guessed in batch]
            wrong = [row[:-1] for row in read if row[-2] != row[-1]] if reader.target is not None else []
            append_rows(self.connection, table, columns, wrong)
            is_right = is_right and not wrong
        if is_right:
            return guess
        self._joins.append(f"LEFT JOIN {table} ON " + " AND ".join(f"cells.{key} = {table}.{key}" for key in keys))
        return f"CASE WHEN {table}.{keys[0]} IS NULL THEN {guess} ELSE {table}.value END"

    def _places_of_value(self, reader: ColumnReader) -> tuple[int, ...]:
        """Return the places of all cells that a value depends on."""
        currency = self._currency_reader()
        places = {*_places(reader.bound)}
        if currency is not None and reader.bound.type not in _WITHOUT_CURRENCY:
            places |= {*_places(currency.bound)}
        return tuple(sorted(places))

    def _currency_reader(self) -> ColumnReader | None:
        first = self.reader.readers[0]
        return first if first.bound.name == "currency" else None

    def _different_cells(self, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        found = self.connection.cursor().execute(f"SELECT DISTINCT {', '.join(columns)} FROM cells")  # noqa: S608  the names are ours
        while rows := found.fetchmany(_READ_AT_ONCE):
            yield rows

    def _read(self, reader: ColumnReader, places: Sequence[int], texts: Sequence[str]) -> Cell:
        """Return the value of a column in a row of which only the cells that it depends on are known."""
        cells = [""] * self.reader.full_width
        for place, text in zip(places, texts, strict=True):
            cells[place] = text
        cell = reader.bound.cell(cells)
        if self._may_leave_out(reader.bound.name, cell):
            raise NotPlainError
        currency, home = self._currency_reader(), self.reader.home_currency
        if currency is None or reader.bound.type in _WITHOUT_CURRENCY:
            return reader.value(cell, cells, home)
        return reader.value(cell, cells, str(currency.value(currency.bound.cell(cells), cells, home) or home))

    def _matters(self, reader: ColumnReader) -> bool:
        """Tell whether a column fills a field, or can at least be at fault or leave a row out."""
        name, column, rows = reader.bound.name, reader.bound.column, self.reader.mapping.rows
        is_any_text = reader.bound.type == "text" and not column.values and column.empty != "error"
        return reader.target is not None or not is_any_text or name in rows.keep or name in rows.drop

    def _may_leave_out(self, name: str, cell: CellIn) -> bool:
        """Tell whether a cell makes its row one to drop, or none that is kept."""
        keep, drop = self.reader.mapping.rows.keep, self.reader.mapping.rows.drop
        if name not in self.reader.placed or (name not in keep and name not in drop):
            return False
        return (name in keep and not is_among(cell, keep[name])) or is_among(cell, drop.get(name, ()))

    def _select(self, kind: str, values: Mapping[str, str]) -> str:
        """Return the query of the records of a kind: one a row, but none where a cell is blank that means so."""
        where = " AND ".join(["true", *(f"{values[name]} IS NOT NULL" for name in self._skipped(kind))])
        shown = ", ".join(self._columns(kind, values, "cells.line"))
        return f"SELECT {shown} FROM cells {' '.join(self._joins)} WHERE {where} ORDER BY cells.line"  # noqa: S608  ours or quoted

    def _columns(self, kind: str, values: Mapping[str, str], line: str) -> list[str]:
        """Return the columns of a part as SQL, from the SQL of the mapping's columns."""
        fields = {column_name(field): self.reader.mapping.column_of(kind, field) for field in KINDS[kind]}
        types = kind_columns(kind)
        stated = {column: f"CAST({values.get(name, 'NULL')} AS {types[column]})" for column, name in fields.items()} | {
            "source_file": _same(self.origin.file),
            "source_sha256": _same(self.origin.sha256),
            "source_sheet": _same(""),
            "source_line": f"CAST({line} AS BIGINT)",
            "mapping": _same(self.origin.mapping),
            "mapping_version": f"CAST({self.origin.mapping_version} AS BIGINT)",
        }
        return [f'{stated[column]} AS "{column}"' for column in types]

    def _skipped(self, kind: str) -> list[str]:
        """Return the columns whose blank means that the row has no record of a kind."""
        names = {self.reader.mapping.column_of(kind, field) for field in KINDS[kind]}
        return [
            name for name, column in self.reader.mapping.columns.items() if column.empty == "skip" and name in names
        ]


def _same(text: str) -> str:
    """Return the SQL of a text that is the same in each row; Parquet is written much faster where it is known to be."""
    return f"{quoted(text)}::ENUM ({quoted(text)})"


def _refuses_blank(reader: ColumnReader, currency: str) -> bool:
    try:
        reader.value("", (), currency)
    except CellFaultError:
        return True
    return False
