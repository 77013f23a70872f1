"""Runs: when each began and ended, what it read, what it counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa

from sync.store.tables import input_file, run


class RunStatus(StrEnum):
    """How a run ended.

    DONE: all that was planned is written. PARTIAL: applied, some records were not. STOPPED: a guard or an input
    stopped it before the first write. FAILED: an error ended it. CRASHED: it ended without saying so.
    """

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it begins; `config_hash` covers configuration, policy and mappings."""

    org_id: str
    kind: str
    as_of: date
    config_hash: str
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the store knows it; `counters` maps a name to a count or to cents."""

    run_id: str
    kind: str
    status: RunStatus
    started: datetime
    finished: datetime | None
    as_of: date
    counters: Mapping[str, int]
    reason: str


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file that a run read: `rows` of the mapping's records, from `first_day` to `last_day` of their dates."""

    file: str
    sha256: str
    mapping: str
    rows: int
    first_day: date | None = None
    last_day: date | None = None


def start_run(connection: sa.Connection, start: RunStart, *, now: datetime) -> str:
    """Record that a run begins and return its id: the moment in UTC and a number that never comes twice.

    The caller holds the run lock, so any other run that is still open has died: it is marked as crashed.
    """
    connection.execute(
        run.update()
        .where(run.c.org_id == start.org_id, run.c.status == RunStatus.RUNNING)
        .values(status=RunStatus.CRASHED, finished=now)
    )
    number = (connection.execute(sa.select(sa.func.max(run.c.seq))).scalar() or 0) + 1
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{number}"
    connection.execute(
        run.insert().values(
            seq=number,
            run_id=run_id,
            org_id=start.org_id,
            kind=start.kind,
            status=RunStatus.RUNNING,
            started=now,
            as_of=start.as_of,
            config_hash=start.config_hash,
            counters={},
            reason="",
            host=start.host,
            pid=start.pid,
        )
    )
    return run_id


def record_inputs(connection: sa.Connection, run_id: str, files: Sequence[InputFile]) -> None:
    """Record which files a run read."""
    rows = [
        {
            "run_id": run_id,
            "file": file.file,
            "sha256": file.sha256,
            "mapping": file.mapping,
            "rows": file.rows,
            "first_day": file.first_day,
            "last_day": file.last_day,
        }
        for file in files
    ]
    if rows:
        connection.execute(input_file.insert(), rows)


def finish_run(
    connection: sa.Connection,
    run_id: str,
    *,
    status: RunStatus,
    counters: Mapping[str, int],
    now: datetime,
    reason: str = "",
) -> None:
    """Record how a run ended, once; `reason`: why a person approved it, or what stopped it."""
    connection.execute(
        run.update()
        .where(run.c.run_id == run_id, run.c.status == RunStatus.RUNNING)
        .values(status=status, counters=dict(counters), finished=now, reason=reason)
    )


def last_sync(connection: sa.Connection, org_id: str) -> RunRecord | None:
    """Return the latest sync that applied a plan, if only an empty one; the guards compare with its counters."""
    found = connection.execute(sa.select(run).where(*_synced(org_id)).order_by(run.c.seq.desc()).limit(1)).first()
    return _record(found) if found else None


def has_written(connection: sa.Connection, org_id: str) -> bool:
    """Return whether any sync has applied a plan with changes: the first of them had a person's approval."""
    planned = run.c.counters["planned"].as_integer()
    return bool(connection.execute(sa.select(sa.exists().where(*_synced(org_id), planned > 0))).scalar())


def _synced(org_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return run.c.org_id == org_id, run.c.kind == "sync", run.c.status.in_([RunStatus.DONE, RunStatus.PARTIAL])


def latest_runs(connection: sa.Connection, *, limit: int) -> list[RunRecord]:
    """Return the last runs of any kind and status, newest first."""
    rows = connection.execute(sa.select(run).order_by(run.c.seq.desc()).limit(limit))
    return [_record(row) for row in rows]


def marked_as_crashed(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Return runs as they are when no run is active: whichever seems to be under way has died."""
    return [
        replace(record, status=RunStatus.CRASHED) if record.status is RunStatus.RUNNING else record
        for record in records
    ]


def _record(row: sa.Row[tuple[object, ...]]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        kind=row.kind,
        status=RunStatus(row.status),
        started=row.started,
        finished=row.finished,
        as_of=row.as_of,
        counters=row.counters,
        reason=row.reason,
    )
