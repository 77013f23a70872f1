"""Keep accepted files as Parquet: one part per file and record kind, and the history that says which of them count.

Layout below the ledger's folder:
    <kind>/<sha256>-<mapping>-<version>-<rules>.parquet   records of one file, in the order of its lines
    quarantine/<sha256>.parquet                           what was wrong with a refused file
    history.jsonl                                         what happened to each file (`history`)

A file is its content: read by the same rules, it always leads to the same parts, whatever it is called and however
often it comes; so a run that is refused has changed nothing that counts. What was taken counts until a newer file
replaces it or a person takes it out, whether its file stays in the folder of exports or not. Parts hold what people
cost: folders are 0700, files 0600.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.frames import open_database
from connectors.exports.parts import Origin, write_records
from connectors.exports.reading import FileReading, Problem, ReadingStatus, Record
from connectors.exports.records import KINDS
from connectors.exports.stored import StoredRecords
from connectors.ledger.coming import Coming
from connectors.ledger.companies import refuse_other_companies
from connectors.ledger.double_counting import refuse_double_counting
from connectors.ledger.history import History, LedgerFile, State
from connectors.ledger.intake import moved_files, sort_out
from connectors.ledger.live import part_path, refuse_lost_parts, select_live
from connectors.ledger.quarantine import put_in_quarantine, quarantine_path, refused_events
from profitability.units import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of all files that count, below one folder.

    Attributes:
        companies: the firm's names, as its books state them; empty: the files of one mapping must agree.
        clock: the present moment, for the history.
    """

    folder: Path
    companies: tuple[str, ...] = ()
    clock: Callable[[], datetime] = _now

    @property
    def history(self) -> History:
        """Return what happened to every file."""
        return History(self.folder)

    def take(self, readings: Sequence[FileReading]) -> tuple[Problem, ...]:
        """Take the accepted files that are new, and replace what they replace; what is known stays as it is.

        Files without a mapping are passed over: to name them is the caller's part.

        Args:
            readings: every file of this run.

        Returns:
            What a person should know: contents that came twice, what was replaced and what vanished by it, files that
            were taken out and lie in the folder still, files that left the folder and count.

        Raises:
            InputError: a file was refused, two files state the same thing, much would vanish, a file is of another
                company, or no file is there at all. Nothing was taken, and what counted counts.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self.history.read()
        with closing(open_database()) as connection:
            self._stop_at_refused(connection, readings, known)
            intake = sort_out(readings, known)
            read_anew = {reading.sha256 for reading in intake.accepted}
            refuse_lost_parts(self.folder, (file for file in known.live() if file.sha256 not in read_anew))
            coming = Coming(self.folder, connection, known)
            for reading in intake.accepted:
                coming.add(self._write_parts(connection, reading))
            files = coming.state().live()
            refuse_other_companies(files, self.companies)
            self._create_views(connection, files)
            refuse_double_counting(connection, files)
            has_moved = any(file.is_away == (file.sha256 in intake.present) for file in known.live())
            counting = _counting(connection) if has_moved else {}
            moved = tuple(moved_files(coming.state(), intake.present, counting))
        self.history.append([*coming.events, *(event for event, _ in moved)], at=self.clock())
        for reading in intake.accepted:
            quarantine_path(self.folder, reading.sha256).unlink(missing_ok=True)
        return (*intake.warnings, *coming.told, *(told for _, told in moved if told))

    def live_files(self) -> tuple[LedgerFile, ...]:
        """Return the files that count, in the order in which they were taken; none before the first `take`."""
        return self.history.read().live()

    def counting(self) -> dict[str, int]:
        """Return how many records of each content count: hash -> records; contents without any are not there."""
        with closing(self.connect()) as connection:
            return _counting(connection)

    def connect(self) -> DuckDBPyConnection:
        """Return an in-memory database with one view per record kind, empty where no file states the kind.

        The view is named after the kind; its columns are `kind_columns(kind)`. The caller closes the connection.
        """
        files = self.live_files()
        refuse_lost_parts(self.folder, files)
        connection = open_database()
        self._create_views(connection, files)
        return connection

    def _stop_at_refused(self, connection: DuckDBPyConnection, readings: Sequence[FileReading], known: State) -> None:
        """Put refused files into quarantine, and stop where there are any."""
        refused = [reading for reading in readings if reading.status is ReadingStatus.REFUSED]
        if not refused:
            return
        for reading in refused:
            if reading.sha256:  # else it could not be read at all
                put_in_quarantine(connection, self.folder, reading)
        self.history.append(refused_events(refused, known), at=self.clock())
        others = f", and {counted(len(refused) - 1, 'more file')}" if len(refused) > 1 else ""
        raise InputError(
            f"the file was refused: {counted(len(refused[0].problems), 'problem')}{others}",
            where=str(refused[0].path),
            remedy="Correct the file or take it out of the folder; `whalecurve exports check` lists the problems.",
        )

    def _write_parts(self, connection: DuckDBPyConnection, reading: FileReading) -> LedgerFile:
        origin = Origin(str(reading.path), reading.sha256, reading.mapping, reading.mapping_version)
        if isinstance(reading.records, StoredRecords):
            file = _ledger_file(reading, reading.records.rows)
            for kind in file.rows:
                _copy_part(reading.records.part(kind), part_path(self.folder, file, kind))
            return file
        by_kind: dict[str, list[Record]] = {}
        for record in reading.records:
            by_kind.setdefault(record.kind, []).append(record)
        file = _ledger_file(reading, {kind: len(records) for kind, records in by_kind.items()})
        for kind, records in by_kind.items():
            write_records(connection, part_path(self.folder, file, kind), kind, records, origin)
        return file

    def _create_views(self, connection: DuckDBPyConnection, files: Sequence[LedgerFile]) -> None:
        for kind in KINDS:
            connection.execute(f"CREATE VIEW {kind} AS {select_live(self.folder, kind, files)}")


def _counting(connection: DuckDBPyConnection) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for kind in KINDS:
        sql = f"SELECT source_sha256, count(*) FROM {kind} GROUP BY ALL"  # noqa: S608  our own names
        counts.update(dict(connection.execute(sql).fetchall()))
    return dict(counts)


def _ledger_file(reading: FileReading, rows: Mapping[str, int]) -> LedgerFile:
    return LedgerFile(
        file=str(reading.path),
        name=reading.name or reading.path.name,
        sha256=reading.sha256,
        mapping=reading.mapping,
        mapping_version=reading.mapping_version,
        rules=reading.rules,
        covers=reading.covers,
        rows=dict(sorted(rows.items())),
        leading=reading.leading,
        scope=reading.scope,
        company=reading.company,
    )


def _copy_part(stored: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    coming = path.with_suffix(".new")
    coming.touch(mode=0o600)
    shutil.copyfile(stored, coming)
    coming.replace(path)
