"""Keep the many records of a large file on disk until the ledger takes them, in bounded memory.

The parts lie in a scratch folder closed to others, which goes when nobody holds the records any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.frames import open_database
from connectors.exports.parts import Origin, select_parts, write_part, write_records
from connectors.exports.period import SPANS
from connectors.exports.reading import Record, Records
from connectors.exports.records import KINDS, column_name
from connectors.exports.scratch import ScratchFolder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_IN_MEMORY = 50_000
"""Records of one file that are held as objects; about 1 kB each."""

_FETCHED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Records of one file, a part for each kind.

    Attributes:
        rows: kind -> number of its records, in the mapping's order.
        days: kind -> first and last day that its records speak of; kinds that speak of no day are not there.
    """

    folder: ScratchFolder
    rows: Mapping[str, int]
    days: Mapping[str, tuple[date, ...]]

    def part(self, kind: str) -> Path:
        """Return where the records of a kind lie."""
        return _part(self.folder, kind)

    def __len__(self) -> int:
        """Return how many records there are, of all kinds."""
        return sum(self.rows.values())

    def __iter__(self) -> Iterator[Record]:
        """Yield the records in the order of the file."""
        with closing(open_database()) as connection:
            by_kind = [_read_part(connection.cursor(), kind, self.part(kind)) for kind in self.rows]
            yield from merge(*by_kind, key=lambda record: record.line)


def _part(folder: ScratchFolder, kind: str) -> Path:
    return folder.path / f"{kind}.parquet"


def store_records(connection: DuckDBPyConnection, folder: ScratchFolder, queries: Mapping[str, str]) -> StoredRecords:
    """Store what queries give; each gives the rows of one kind, in order."""
    return _stored(
        connection,
        folder,
        {kind: write_part(connection, _part(folder, kind), query) for kind, query in queries.items()},
    )


def adopt_part(connection: DuckDBPyConnection, folder: ScratchFolder, kind: str, part: Path) -> StoredRecords:
    """Make a file that lies in the folder the records of a kind; it has the columns of a part, and may have more."""
    part.replace(_part(folder, kind))
    counted = connection.execute(f"SELECT count(*) FROM ({select_parts(kind, [_part(folder, kind)])})").fetchone()  # noqa: S608  ours
    return _stored(connection, folder, {kind: int(counted[0]) if counted else 0})


def _stored(connection: DuckDBPyConnection, folder: ScratchFolder, rows: Mapping[str, int]) -> StoredRecords:
    days = {kind: _days(connection, kind, _part(folder, kind)) for kind in rows if kind in SPANS}
    return StoredRecords(folder, {kind: count for kind, count in rows.items() if count}, days)


def _days(connection: DuckDBPyConnection, kind: str, part: Path) -> tuple[date, ...]:
    ends = ", ".join(f"min({column}), max({column})" for column in dict.fromkeys(SPANS[kind]))
    found = connection.execute(f"SELECT {ends} FROM ({select_parts(kind, [part])})").fetchall()  # noqa: S608  ours
    return tuple(day for day in found[0] if day is not None)


def _read_part(connection: DuckDBPyConnection, kind: str, part: Path) -> Iterator[Record]:
    names = [column_name(field) for field in KINDS[kind]]
    columns = ", ".join(f'"{name}"' for name in (*names, "source_line", "source_sheet"))
    found = connection.execute(f"SELECT {columns} FROM ({select_parts(kind, [part])})")  # noqa: S608 the names are ours
    while rows := found.fetchmany(_FETCHED_AT_ONCE):
        for *values, line, sheet in rows:
            yield Record(kind, dict(zip(names, values, strict=True)), line, sheet)


@dataclass(slots=True)
class RecordSink:
    """Takes the records of one file as they are read: what memory should not hold goes to disk.

    Attributes:
        kinds: record kinds of the mapping, in its order.
        scratch: where the folder of the parts is made; None: where the system keeps such things.
    """

    origin: Origin
    kinds: tuple[str, ...]
    scratch: Path | None
    most_in_memory: int = MOST_IN_MEMORY
    _held: list[Record] = field(default_factory=list)
    _folder: ScratchFolder | None = None
    _chunks: dict[str, list[Path]] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take one record."""
        self._held.append(record)
        if len(self._held) >= self.most_in_memory:
            self._store()

    def finish(self) -> Records:
        """Return all records that were taken."""
        if self._folder is None:
            return tuple(self._held)
        self._store()
        queries = {kind: select_parts(kind, self._chunks[kind]) for kind in self.kinds if kind in self._chunks}
        with closing(open_database()) as connection:
            return store_records(connection, self._folder, queries)

    def _store(self) -> None:
        self._folder = self._folder or ScratchFolder(self.scratch)
        with closing(open_database()) as connection:
            for kind in self.kinds:
                records = [record for record in self._held if record.kind == kind]
                if records:
                    chunks = self._chunks.setdefault(kind, [])
                    chunk = self._folder.path / f"{kind}-{len(chunks)}.parquet"
                    write_records(connection, chunk, kind, records, self.origin)
                    chunks.append(chunk)
        self._held.clear()
