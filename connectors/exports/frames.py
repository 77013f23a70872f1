"""Hand rows of Python values to DuckDB with their types stated, never inferred."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

_FRAME_TYPES: dict[str, Any] = {"VARCHAR": "str", "DATE": "str", "BIGINT": "Int64", "BOOLEAN": "boolean"}
"""SQL type -> pandas type. A date travels as ISO text: pandas knows no plain date."""


def open_database() -> DuckDBPyConnection:
    """Return an empty in-memory database that fetches no extensions and prints no progress."""
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute("SET enable_progress_bar = false")  # it would go to stdout, among what a command answers
    return connection


def typed_frame(columns: Mapping[str, str], values: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return a frame of columns given as lists.

    Args:
        columns: column -> SQL type (VARCHAR, DATE, BIGINT, BOOLEAN), in the order wanted.
        values: column -> its values, None where there is none.
    """
    import pandas as pd

    return pd.DataFrame(
        {name: pd.Series(_plain(values[name]), dtype=_FRAME_TYPES[sql_type]) for name, sql_type in columns.items()}
    )


def create_table(
    connection: DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Create a table of rows of Python values in the columns' order; equal rows stay."""
    declared = ", ".join(f'"{column}" {sql_type}' for column, sql_type in columns.items())
    connection.execute(f"CREATE TABLE {name} ({declared})")
    append_rows(connection, name, columns, rows)


def append_rows(
    connection: DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows of Python values, in the columns' order, to a table of these columns."""
    by_column = list(zip(*rows, strict=True))
    if by_column:
        frame = typed_frame(columns, dict(zip(columns, by_column, strict=True)))
        connection.register("frame", frame)
        connection.execute(f"INSERT INTO {name} {select_typed(columns, 'frame')}")
        connection.unregister("frame")


def select_typed(columns: Mapping[str, str], source: str) -> str:
    """Return a SELECT of these columns, each cast to its SQL type, from a view, table or subquery."""
    casts = ", ".join(f'CAST("{name}" AS {sql_type}) AS "{name}"' for name, sql_type in columns.items())
    return f"SELECT {casts} FROM {source}"  # noqa: S608 names and types are ours


def quoted(path: Path | str) -> str:
    """Return a path, or any text, as an SQL text literal."""
    return "'" + str(path).replace("'", "''") + "'"


def scanned(path: Path) -> str:
    """Return the path of a file to read, as an SQL text literal: DuckDB takes `*`, `?` and `[` for a pattern.

    Source: DuckDB documentation, "Reading multiple files". Where DuckDB writes, a path is a path (`quoted`).
    """
    return quoted(glob.escape(str(path)))


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value.isoformat() if isinstance(value, date) else value for value in values]
