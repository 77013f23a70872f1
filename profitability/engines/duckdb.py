"""The SQL models on DuckDB: in this process, in memory, spilling to a folder where one is given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pandas as pd

from profitability.engines.fit import (
    ROWS_SHOWN,
    columns_present,
    fault_counts,
    fault_of,
    misfit,
    too_large,
    typed_columns,
    unreadable,
)
from profitability.errors import DataError
from profitability.facts import ArrowTable, Schema, Table

_DAMAGE = (duckdb.Error, duckdb.InvalidInputException, duckdb.IOException)
"""What damaged files raise: of the first exactly that class, which is the root of all others."""


class DuckDBEngine:
    """An `Engine` in this process.

    Args:
        memory_limit: such as `1GB`; None: DuckDB's own choice.
        threads: cores to use; None: all.
        spill_folder: where tables go that exceed the memory limit; None: nowhere.
    """

    def __init__(
        self, *, memory_limit: str | None = None, threads: int | None = None, spill_folder: str | None = None
    ) -> None:
        settings: dict[str, str | bool | int | float | list[str]] = {"preserve_insertion_order": False}
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        if threads is not None:
            settings["threads"] = threads
        if spill_folder is not None:
            settings["temp_directory"] = spill_folder
        # DuckDB documentation, "Configuration": the settings above.
        self._connection = duckdb.connect(":memory:", config=settings)
        self._connection.execute("SET enable_progress_bar = false")  # it would go to stdout, among a caller's answer
        self._kinds: dict[str, str] = {}

    def scan(self, name: str, source: Table, schema: Schema) -> None:
        """Register and check a source; a frame or Arrow table is copied, Parquet files are read where they lie."""
        origin = f"{name}__source"
        self._register(origin, source, where=name)
        found = self._check(origin, schema)
        kind = "VIEW" if isinstance(source, str) else "TABLE"
        self._replace(name, kind, typed_columns(schema, found, origin))
        if not isinstance(source, str):
            self._drop(origin)

    def _register(self, origin: str, source: Table, *, where: str) -> None:
        if isinstance(source, str):
            self._replace(origin, "VIEW", _parquet_scan(source), where=where)
            return
        self._drop(origin)
        if isinstance(source, pd.DataFrame):
            self._connection.register(origin, source)
            self._kinds[origin] = "VIEW"
            return
        if not hasattr(source, "__arrow_c_stream__"):
            raise DataError(
                f"found {type(source).__name__}; expected a frame, an Arrow table, or a path as text",
                where=where,
                remedy="give the rows in one of these forms",
            )
        self._connection.register("arrow_stream", _Stream(source))
        try:
            self._create(origin, "TABLE", "SELECT * FROM arrow_stream")
        except duckdb.InvalidInputException as error:
            raise DataError(
                "the Arrow table does not hand out its rows; its stream may be used up",
                where=where,
                remedy="give a table, not a reader: its stream is opened more than once",
            ) from error
        finally:
            self._connection.unregister("arrow_stream")

    def model(self, name: str, sql: str) -> None:
        """Keep the result of a SELECT as a temporary table."""
        self._replace(name, "TABLE", sql)

    def write(self, name: str, path: str) -> None:
        """Write a table to a Parquet file (DuckDB documentation, "COPY")."""
        self._connection.execute(f'COPY "{name}" TO {_quoted(path)} (FORMAT parquet)')

    def fetch(self, sql: str) -> pd.DataFrame:
        """Return the result of a SELECT."""
        return self._connection.execute(sql).df()

    def fetch_arrow(self, sql: str) -> ArrowTable:
        """Return the result of a SELECT as a table of pyarrow, which must be installed."""
        table: ArrowTable = self._connection.sql(sql).to_arrow_table()
        return table

    def close(self) -> None:
        """Close the connection and drop everything in it."""
        self._connection.close()

    def _replace(self, name: str, kind: str, sql: str, *, where: str = "") -> None:
        with _refusing(where or name):
            self._create(name, kind, sql)

    def _create(self, name: str, kind: str, sql: str) -> None:
        self._drop(name)
        self._connection.execute(f'CREATE TEMP {kind} "{name}" AS {sql}')
        self._kinds[name] = kind

    def _drop(self, name: str) -> None:
        if name in self._kinds:
            self._connection.execute(f'DROP {self._kinds.pop(name)} "{name}"')

    def _check(self, origin: str, schema: Schema) -> dict[str, str]:
        """Refuse what does not fit the schema; return the columns that are there, with their types."""
        # DuckDB documentation, "DESCRIBE": one row per column, name and type first.
        found = {row[0]: str(row[1]) for row in self._connection.execute(f'DESCRIBE "{origin}"').fetchall()}
        present = columns_present(schema, found)
        faults = [fault_of(column, found[column.name]) for column in present]
        with _refusing(schema.table):
            counts = self._connection.execute(fault_counts(faults, origin)).fetchone()
        for column, fault, count in zip(present, faults, counts or (), strict=True):
            if count:
                rows = self._rows_with(origin, fault)
                raise misfit(schema.table, column, found[column.name], count=count, rows=rows)
        return found

    def _rows_with(self, origin: str, fault: str) -> list[int]:
        self._connection.execute("SET preserve_insertion_order = true")
        rows = self._connection.execute(
            f'SELECT row FROM (SELECT *, row_number() OVER () AS row FROM "{origin}") AS t '  # noqa: S608 (names come from the schema)
            f"WHERE {fault} ORDER BY row LIMIT {ROWS_SHOWN}"
        ).fetchall()
        self._connection.execute("SET preserve_insertion_order = false")
        return [row[0] for row in rows]


@contextmanager
def _refusing(table: str) -> Iterator[None]:
    """Tell what DuckDB found wrong in the data as the refusal that every engine gives."""
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise too_large(table) from error
    except duckdb.Error as error:
        if type(error) not in _DAMAGE:
            raise
        raise unreadable(table) from error


class _Stream:
    """An Arrow table with nothing but its stream: for the makes it knows, DuckDB would ask for pyarrow."""

    def __init__(self, source: ArrowTable) -> None:
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._source.__arrow_c_stream__(requested_schema)


def _parquet_scan(path: str) -> str:
    return f"SELECT * FROM read_parquet({_quoted(path)})"  # noqa: S608 (the path is quoted)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
