"""Write the records of one file as Parquet: a part for each record kind, every row with its provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.exports.frames import quoted, select_typed, typed_frame
from connectors.exports.reading import Record
from connectors.exports.records import KINDS, PROVENANCE, FieldType, column_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SQL_TYPES: dict[FieldType, str] = {
    "text": "VARCHAR",
    "date": "DATE",
    "money": "BIGINT",
    "duration": "BIGINT",
    "decimal": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What all records of one file have in common: the file, its content hash, and the mapping that read it."""

    file: str
    sha256: str
    mapping: str
    mapping_version: int


def kind_columns(kind: str) -> dict[str, str]:
    """Return the columns of a record kind, provenance last, each with its SQL type."""
    columns = {column_name(field): SQL_TYPES[field.type] for field in KINDS[kind]}
    numbers = ("source_line", "mapping_version")
    return columns | {name: "BIGINT" if name in numbers else "VARCHAR" for name in PROVENANCE}


def write_records(
    connection: DuckDBPyConnection, path: Path, kind: str, records: Sequence[Record], origin: Origin
) -> None:
    """Write records of one kind to a part, in their order."""
    columns = kind_columns(kind)
    connection.register("frame", typed_frame(columns, _values(kind, records, origin)))
    write_part(connection, path, select_typed(columns, "frame"))
    connection.unregister("frame")


def write_part(connection: DuckDBPyConnection, path: Path, query: str) -> int:
    """Write what a query gives to a part that is there whole or not at all, closed to others; return its rows."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    coming = path.with_suffix(".new")
    written = connection.execute(f"COPY ({query}) TO {quoted(coming)} (FORMAT parquet)").fetchone()
    coming.chmod(0o600)
    coming.replace(path)
    return int(written[0]) if written else 0


def select_parts(kind: str, parts: Sequence[Path]) -> str:
    """Return a SELECT of all rows of the parts of one kind, in order; typed and empty where there is no part."""
    if parts:
        paths = ", ".join(quoted(escape(str(part))) for part in parts)  # a name may look like a pattern
        return f"SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"  # noqa: S608 the paths are quoted
    nulls = ", ".join(f'CAST(NULL AS {sql_type}) AS "{name}"' for name, sql_type in kind_columns(kind).items())
    return f"SELECT {nulls} WHERE false"


def _values(kind: str, records: Sequence[Record], origin: Origin) -> dict[str, list[Any]]:
    fields = map(column_name, KINDS[kind])
    values: dict[str, list[Any]] = {name: [record.values.get(name) for record in records] for name in fields}
    return values | {
        "source_file": [origin.file] * len(records),
        "source_sha256": [origin.sha256] * len(records),
        "source_sheet": [record.sheet for record in records],
        "source_line": [record.line for record in records],
        "mapping": [origin.mapping] * len(records),
        "mapping_version": [origin.mapping_version] * len(records),
    }
