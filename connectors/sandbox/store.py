"""The records of both CRMs in one SQLite file, with the history of every field."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from connectors.sandbox.ids import mint_id

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY,
    crm TEXT NOT NULL, object TEXT NOT NULL, id TEXT NOT NULL,
    created_at TEXT NOT NULL, modified_at TEXT NOT NULL, modified_by TEXT NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0, merged_into TEXT,
    properties TEXT NOT NULL,
    UNIQUE (crm, object, id)
);
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY,
    crm TEXT NOT NULL, id TEXT NOT NULL, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL,
    field TEXT NOT NULL, old TEXT, new TEXT
);
CREATE INDEX IF NOT EXISTS history_by_record ON history (crm, id);
"""
_COLUMNS = "id, object, created_at, modified_at, modified_by, is_deleted, merged_into, properties"


Cell: TypeAlias = str | float | bool | None
"""What a field of a record holds."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `values` by the CRM's own field names, times as ISO 8601 UTC with milliseconds."""

    id: str
    object: str
    created_at: str
    modified_at: str
    modified_by: str
    is_deleted: bool
    merged_into: str | None
    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One field of one record changed once."""

    changed_at: str
    changed_by: str
    field: str
    old: Cell
    new: Cell


class Store:
    """The open file. Calls may come from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_TABLES)
        except sqlite3.Error:
            self._db.close()
            raise
        latest = self._db.execute("SELECT max(modified_at) FROM records").fetchone()[0]
        self._last = datetime.fromisoformat(latest) if latest else datetime.min.replace(tzinfo=UTC)

    def close(self) -> None:
        """Close the file; nothing else may be called afterwards."""
        with self._lock:
            self._db.close()

    def records(self, crm: str) -> Records:
        """Return the records of one CRM."""
        return Records(self._db, self._lock, crm, self._now)

    def _now(self) -> str:
        """Return the time, later than any given before: two writes never share a stamp here."""
        with self._lock:
            self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
            return self._last.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Records:
    """The records of one CRM."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock, crm: str, now: Callable[[], str]) -> None:
        self._db, self._lock, self._crm, self._now = db, lock, crm, now

    def add(self, object_name: str, rows: Iterable[Mapping[str, Cell]], *, by: str, record_id: str = "") -> list[str]:
        """Create records and return their ids, in order; `record_id` fixes the id of a single one."""
        with self._lock, self._db:
            return [self._add_one(object_name, values, by, record_id) for values in rows]

    def _add_one(self, object_name: str, values: Mapping[str, Cell], by: str, record_id: str) -> str:
        last = self._db.execute("SELECT coalesce(max(number), 0) FROM records").fetchone()[0]
        new_id = record_id or mint_id(self._crm, object_name, last + 1)
        now = self._now()
        self._db.execute(
            "INSERT INTO records (crm, object, id, created_at, modified_at, modified_by, properties)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._crm, object_name, new_id, now, now, by, json.dumps(dict(values))),
        )
        return new_id

    def find(self, object_name: str, record_id: str) -> Record | None:
        """Return one record, deleted or not; None if there never was one."""
        sql = f"SELECT {_COLUMNS} FROM records WHERE crm = ? AND object = ? AND id = ?"  # noqa: S608 - fixed text
        with self._lock:
            row = self._db.execute(sql, (self._crm, object_name, record_id)).fetchone()
        return _record(row) if row else None

    def scan(self, object_name: str, *, after: str = "", most: int = -1) -> Iterator[Record]:
        """Yield records with an id above `after`, deleted ones too, in the order of their ids."""
        sql = f"SELECT {_COLUMNS} FROM records WHERE crm = ? AND object = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608 - fixed text
        with self._lock:
            rows = self._db.execute(sql, (self._crm, object_name, after, most)).fetchall()
        return (_record(row) for row in rows)

    def update(self, object_name: str, record_id: str, values: Mapping[str, Cell], *, by: str) -> None:
        """Set some values of one record, move its stamp, and keep what they were."""
        with self._lock, self._db:
            record = self.find(object_name, record_id)
            if record is None:
                raise LookupError(f"no {object_name} {record_id}")
            now = self._now()
            changed = {name: value for name, value in values.items() if record.values.get(name) != value}
            self._db.executemany(
                "INSERT INTO history (crm, id, changed_at, changed_by, field, old, new) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (self._crm, record_id, now, by, name, json.dumps(record.values.get(name)), json.dumps(value))
                    for name, value in changed.items()
                ],
            )
            self._db.execute(
                "UPDATE records SET properties = ?, modified_at = ?, modified_by = ? WHERE crm = ? AND id = ?",
                (json.dumps({**record.values, **changed}), now, by, self._crm, record_id),
            )

    def delete(self, object_name: str, record_id: str, *, merged_into: str | None = None) -> None:
        """Mark a record as deleted, and as merged where the surviving id is given."""
        with self._lock, self._db:
            self._db.execute(
                "UPDATE records SET is_deleted = 1, merged_into = ?, modified_at = ?"
                " WHERE crm = ? AND object = ? AND id = ?",
                (merged_into, self._now(), self._crm, object_name, record_id),
            )

    def purge(self) -> None:
        """Forget the records that are marked as deleted; their numbers stay taken, so that no id is given twice."""
        with self._lock, self._db:
            self._db.execute("UPDATE records SET crm = 'none' WHERE crm = ? AND is_deleted = 1", (self._crm,))

    def history(self, record_id: str) -> list[HistoryLine]:
        """Return what happened to the fields of a record, latest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT changed_at, changed_by, field, old, new FROM history WHERE crm = ? AND id = ?"
                " ORDER BY number DESC",
                (self._crm, record_id),
            ).fetchall()
        return [HistoryLine(at, by, field, json.loads(old), json.loads(new)) for at, by, field, old, new in rows]


def _record(row: tuple[Any, ...]) -> Record:
    record_id, object_name, created_at, modified_at, modified_by, is_deleted, merged_into, properties = row
    return Record(
        record_id,
        object_name,
        created_at,
        modified_at,
        modified_by,
        bool(is_deleted),
        merged_into,
        json.loads(properties),
    )
