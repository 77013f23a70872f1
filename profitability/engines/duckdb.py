"""The SQL models on DuckDB: in this process, in memory, spilling to a folder where one is given."""

from __future__ import annotations

import duckdb
import pandas as pd

from profitability.errors import DataError
from profitability.facts import ArrowTable, Column, Schema, SqlType, Table

ROWS_SHOWN = 5

_FITTING: dict[SqlType, tuple[str, ...]] = {
    "VARCHAR": ("VARCHAR", "ENUM"),
    "DATE": ("DATE", "TIMESTAMP"),
    "BOOLEAN": ("BOOLEAN",),
    "BIGINT": (
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "DOUBLE",
        "FLOAT",
        "DECIMAL",
    ),
}
"""Source types that may hold a schema type without loss; each value is still compared after the cast."""


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
        self._kinds: dict[str, str] = {}

    def scan(self, name: str, source: Table, schema: Schema) -> None:
        """Register and check a source; a frame or Arrow table is copied, Parquet files are read where they lie."""
        origin = f"{name}__source"
        self._register(origin, source, where=name)
        found = self._check(origin, schema)
        columns = ", ".join(_typed(column, is_there=column.name in found) for column in schema.columns)
        kind = "VIEW" if isinstance(source, str) else "TABLE"
        self._replace(name, kind, f'SELECT {columns} FROM "{origin}"')  # noqa: S608 (names come from the schema)
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
        self._connection.register("arrow_stream", _Stream(source))
        try:
            self._replace(origin, "TABLE", "SELECT * FROM arrow_stream")
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

    def close(self) -> None:
        """Close the connection and drop everything in it."""
        self._connection.close()

    def _replace(self, name: str, kind: str, sql: str, *, where: str = "") -> None:
        self._drop(name)
        try:
            self._connection.execute(f'CREATE TEMP {kind} "{name}" AS {sql}')
        except duckdb.IOException as error:
            raise DataError(
                "the Parquet files of this table cannot be read", where=where or name, remedy="check the path"
            ) from error
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            raise DataError(
                "an amount or a time is too large to be computed with",
                where=where or name,
                remedy="look for a misread decimal mark in the exports",
            ) from error
        self._kinds[name] = kind

    def _drop(self, name: str) -> None:
        if name in self._kinds:
            self._connection.execute(f'DROP {self._kinds.pop(name)} "{name}"')

    def _check(self, origin: str, schema: Schema) -> frozenset[str]:
        """Refuse what does not fit the schema; return the columns that are there."""
        # DuckDB documentation, "DESCRIBE": one row per column, name and type first.
        found = {row[0]: str(row[1]) for row in self._connection.execute(f'DESCRIBE "{origin}"').fetchall()}
        absent = [column.name for column in schema.columns if column.name not in found and not column.nullable]
        if absent:
            raise DataError(
                f"column {', '.join(absent)} is missing; found {', '.join(found) or 'no column'}",
                where=schema.table,
                remedy="give the table every column of its schema that may not be null (profitability/facts.py)",
            )
        present = [column for column in schema.columns if column.name in found]
        rules = {column.name: _fault(column, found[column.name]) for column in present}
        counts = self._connection.execute(
            "SELECT " + ", ".join(f"count(*) FILTER (WHERE {rule})" for rule in rules.values()) + f' FROM "{origin}"'  # noqa: S608 (names come from the schema)
        ).fetchone()
        for column, count in zip(present, counts or (), strict=True):
            if count:
                rows = self._rows_with(origin, rules[column.name])
                raise DataError(
                    f"column {column.name}: {count} rows are not {_wanted(column)}; "
                    f"found {found[column.name]}, first in rows {rows}",
                    where=schema.table,
                    remedy=f"give {column.name} as: {column.meaning}",
                )
        return frozenset(found)

    def _rows_with(self, origin: str, rule: str) -> str:
        self._connection.execute("SET preserve_insertion_order = true")
        rows = self._connection.execute(
            f'SELECT row FROM (SELECT *, row_number() OVER () AS row FROM "{origin}") AS t '  # noqa: S608 (as above)
            f"WHERE {rule} ORDER BY row LIMIT {ROWS_SHOWN}"
        ).fetchall()
        self._connection.execute("SET preserve_insertion_order = false")
        return ", ".join(str(row[0]) for row in rows)


class _Stream:
    """An Arrow table with nothing but its stream: for the makes it knows, DuckDB would ask for pyarrow."""

    def __init__(self, source: ArrowTable) -> None:
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._source.__arrow_c_stream__(requested_schema)


def _fault(column: Column, found: str) -> str:
    """Return the SQL condition of a value that the column may not hold."""
    name = f'"{column.name}"'
    is_null = "false" if column.nullable else f"{name} IS NULL"
    if not found.strip('"').startswith(_FITTING[column.type]):
        return f"{is_null} OR {name} IS NOT NULL"
    cast = f"TRY_CAST({name} AS {column.type})"
    return f"{is_null} OR ({name} IS NOT NULL AND ({cast} IS NULL OR {cast} <> {name}))"


def _typed(column: Column, *, is_there: bool) -> str:
    value = f'"{column.name}"' if is_there else "NULL"
    return f'CAST({value} AS {column.type}) AS "{column.name}"'


def _wanted(column: Column) -> str:
    return f"{column.type}{' or null' if column.nullable else ', never null'}"


def _parquet_scan(path: str) -> str:
    return f"SELECT * FROM read_parquet({_quoted(path)})"  # noqa: S608 (the path is quoted)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
