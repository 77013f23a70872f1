"""Keep what was wrong with a refused file: every cell with its raw text, for the person who mends it.

`quarantine/<sha256>.parquet` below the ledger: one row a problem, in the order of the file. Columns `file`, `sha256`,
`mapping`, `line` (0: the file as a whole), `column_name`, `raw`, `what`, `remedy`. It goes when the content is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.frames import create_table
from connectors.exports.parts import write_part
from connectors.exports.reading import FileReading
from connectors.ledger.history import Event, State

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMNS = {
    "file": "VARCHAR",
    "sha256": "VARCHAR",
    "mapping": "VARCHAR",
    "line": "BIGINT",
    "column_name": "VARCHAR",
    "raw": "VARCHAR",
    "what": "VARCHAR",
    "remedy": "VARCHAR",
}


def quarantine_path(folder: Path, sha256: str) -> Path:
    """Return where the problems of a content lie."""
    return folder / "quarantine" / f"{sha256}.parquet"


def put_in_quarantine(connection: DuckDBPyConnection, folder: Path, reading: FileReading) -> None:
    """Write the problems of a refused file, in place of those that the same content had before."""
    rows = [
        (str(reading.path), reading.sha256, reading.mapping, each.line, each.column, each.raw, each.what, each.remedy)
        for each in reading.problems
    ]
    create_table(connection, "problems", _COLUMNS, rows)
    write_part(connection, quarantine_path(folder, reading.sha256), "FROM problems")
    connection.execute("DROP TABLE problems")


def refused_events(readings: Sequence[FileReading], known: State) -> list[Event]:
    """Return one event for each refused file that was not refused for the same before."""
    events: list[Event] = []
    for reading in readings:
        path, problems = str(reading.path), len(reading.problems)
        same = {"sha256": reading.sha256, "mapping": reading.mapping, "problems": problems}
        before = known.refused.get(path)
        if before is None or (before.sha256, before.mapping, before.problems) != tuple(same.values()):
            events.append({"event": "refused", "file": path, **same})
    return events
