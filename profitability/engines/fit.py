"""Whether a source fits a schema: the conditions, in DuckDB's SQL, and the words that every engine refuses with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from profitability.errors import DataError
from profitability.facts import Column, Schema, SqlType
from profitability.units import counted

ROWS_SHOWN = 5

_LIKE = 0.8
"""How alike two names are (`difflib`) of which one is taken for a slip of the other: `duedate`, `cost_per_hour`."""

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

_MOMENT = "WITH TIME ZONE"
"""A moment is a different day in another zone, so that no cast of it is the same everywhere."""


def columns_present(schema: Schema, found: Mapping[str, str]) -> list[Column]:
    """Return the columns of a schema that a source has.

    Args:
        schema: what is wanted.
        found: column name -> type of the source, as DuckDB calls it.

    Raises:
        DataError: a column that may not be null is missing, or one that may be left out seems misspelt.
    """
    absent = [column for column in schema.columns if column.name not in found]
    needed = ", ".join(column.name for column in absent if not column.nullable)
    if needed:
        raise DataError(
            f"column {needed} is missing; found {', '.join(found) or 'no column'}",
            where=schema.table,
            remedy="give the table every column of its schema that may not be null (profitability/facts.py)",
        )
    unknown = [name for name in found if name not in {column.name for column in schema.columns}]
    for column in absent:
        for misspelt in get_close_matches(column.name, unknown, n=1, cutoff=_LIKE):
            raise DataError(
                f"column {misspelt} is not known, and would be passed over; is it {column.name}?",
                where=schema.table,
                remedy=f"call it {column.name}, or give it a name that is less like it",
            )
    return [column for column in schema.columns if column.name in found]


def fault_of(column: Column, found: str) -> str:
    """Return the SQL condition of a value that the column may not hold."""
    name = f'"{column.name}"'
    is_null = "false" if column.nullable else f"{name} IS NULL"
    if found == column.type:
        return is_null
    if not found.strip('"').startswith(_FITTING[column.type]) or found.endswith(_MOMENT):
        return f"{is_null} OR {name} IS NOT NULL"
    cast = f"TRY_CAST({name} AS {column.type})"
    return f"{is_null} OR ({name} IS NOT NULL AND ({cast} IS NULL OR {cast} <> {name}))"


def fault_counts(conditions: Sequence[str], origin: str) -> str:
    """Return the SELECT of one row: how many rows of a table meet each condition."""
    counts = ", ".join(f"count(*) FILTER (WHERE {rule}) AS fault_{place}" for place, rule in enumerate(conditions))
    return f'SELECT {counts} FROM "{origin}"'  # noqa: S608 (names and conditions come from the schema)


def typed_columns(schema: Schema, found: Mapping[str, str], origin: str) -> str:
    """Return the SELECT of a checked source in the types of its schema; a column that is missing is null."""
    values = ((f'"{column.name}"' if column.name in found else "NULL", column) for column in schema.columns)
    casts = ", ".join(f'CAST({value} AS {column.type}) AS "{column.name}"' for value, column in values)
    return f'SELECT {casts} FROM "{origin}"'  # noqa: S608 (names come from the schema)


def misfit(table: str, column: Column, found: str, *, count: int, rows: Sequence[int]) -> DataError:
    """Return the refusal of a column that holds what it may not hold, naming its first rows."""
    wanted = f"{column.type}{' or null' if column.nullable else ', never null'}"
    first = ", ".join(str(row) for row in rows)
    return DataError(
        f"column {column.name}: {counted(count, 'row')} other than {wanted}; found {found}, first in rows {first}",
        where=table,
        remedy=f"give {column.name} as: {column.meaning}",
    )


def unreadable(table: str) -> DataError:
    """Return the refusal of Parquet files that are not there or cannot be read."""
    return DataError(
        "the Parquet files of this table cannot be read",
        where=table,
        remedy="check the path, and that it leads to Parquet files",
    )


def too_large(table: str) -> DataError:
    """Return the refusal of a figure beyond the range of whole numbers."""
    return DataError(
        "an amount or a time is too large to be computed with",
        where=table,
        remedy="look for a misread decimal mark in the exports",
    )
