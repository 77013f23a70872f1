"""Keep accepted files as Parquet: one part per file and record kind, and the history that says which of them count.

Layout below the ledger's folder:
    <kind>/<sha256>-<mapping>-<version>.parquet   records of one file, in the order of its lines
    quarantine/<sha256>.parquet                   what was wrong with a refused file
    history.jsonl                                 what happened to each file (`history`)

A file is its content: the same content always leads to the same parts, whatever it is called and however often it
comes. What was taken counts until a newer file replaces it or a person takes it out, whether its file stays in the
folder of exports or not. Parts hold what people cost: folders are 0700, files 0600.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.frames import open_database
from connectors.exports.parts import Origin, write_records
from connectors.exports.reading import FileReading, Problem, ReadingStatus, Record
from connectors.exports.records import KINDS
from connectors.exports.stored import StoredRecords
from connectors.ledger.companies import refuse_other_companies
from connectors.ledger.double_counting import refuse_double_counting
from connectors.ledger.history import Event, History, LedgerFile, State, taken_event
from connectors.ledger.live import part_path, select_live
from connectors.ledger.quarantine import put_in_quarantine, quarantine_path
from connectors.ledger.replacing import refuse_unknown_order, replaced_by

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

    def take(self, readings: Iterable[FileReading]) -> tuple[Problem, ...]:
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
            found = self._sorted_out(connection, tuple(readings), known)
            coming = _Coming(self.folder, connection, known)
            for reading in found.accepted:
                coming.add(self._write_parts(connection, reading))
            files = coming.state().live()
            refuse_other_companies(files, self.companies)
            self._create_views(connection, files)
            refuse_double_counting(connection, files)
            moved = tuple(_moved(connection, known, found.present))
        self.history.append([*coming.events, *(event for event, _ in moved)], at=self.clock())
        for reading in found.accepted:
            quarantine_path(self.folder, reading.sha256).unlink(missing_ok=True)
        return (*found.warnings, *coming.told, *(told for _, told in moved if told))

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
        connection = open_database()
        self._create_views(connection, self.live_files())
        return connection

    def _sorted_out(self, connection: DuckDBPyConnection, readings: Sequence[FileReading], known: State) -> _Found:
        """Tell new contents from known, doubled and removed ones; a refused file goes into quarantine and stops all."""
        refused = [reading for reading in readings if reading.status is ReadingStatus.REFUSED]
        if refused:
            self._refuse(connection, refused, known)
        accepted = [reading for reading in readings if reading.status is ReadingStatus.ACCEPTED]
        if not accepted and known.live():
            raise _no_file(known)
        first: dict[str, FileReading] = {}
        warnings = [note for reading in readings if (note := _unread(reading, known))]
        for reading in sorted(accepted, key=lambda reading: str(reading.path)):
            same = first.setdefault(reading.sha256, reading)
            if same is not reading:
                warnings.append(_same_content(same.path, reading.path))
            elif reading.sha256 in known.files and known.files[reading.sha256].removed is not None:
                warnings.append(_taken_out(reading, known.files[reading.sha256]))
        is_out = {sha256 for sha256, file in known.files.items() if file.removed is not None}
        counting = [reading for sha256, reading in first.items() if sha256 not in is_out]
        counting.sort(key=lambda reading: known.decided.get(reading.sha256) == "replaces")  # the newer ones last
        present = frozenset(reading.sha256 for reading in readings)
        return _Found(tuple(counting), tuple(warnings), present)

    def _refuse(self, connection: DuckDBPyConnection, refused: Sequence[FileReading], known: State) -> None:
        events = []
        for reading in refused:
            if reading.sha256:  # else it could not be read at all
                put_in_quarantine(connection, self.folder, reading)
            before = known.refused.get(str(reading.path))
            if before is None or (before.sha256, before.mapping, before.problems) != (
                reading.sha256,
                reading.mapping,
                len(reading.problems),
            ):
                events.append(_refused_event(reading))
        self.history.append(events, at=self.clock())
        others = f", and {len(refused) - 1} more files" if len(refused) > 1 else ""
        raise InputError(
            f"the file was refused: {len(refused[0].problems)} problems{others}",
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


@dataclass(frozen=True, slots=True)
class _Found:
    """The files of a run: contents to take, what to tell, and all contents that are in the folder."""

    accepted: tuple[FileReading, ...]
    warnings: tuple[Problem, ...]
    present: frozenset[str]


@dataclass(slots=True)
class _Coming:
    """The files as they will be, one after the other."""

    folder: Path
    connection: DuckDBPyConnection
    known: State
    events: list[Event] = field(default_factory=list)
    told: list[Problem] = field(default_factory=list)
    _new: dict[str, LedgerFile] = field(default_factory=dict)

    def state(self) -> State:
        """Return all files with those that are coming."""
        return replace(self.known, files={**self.known.files, **self._new})

    def add(self, file: LedgerFile) -> None:
        """Take one more file, unless it was taken and reads as it did."""
        before = self.known.files.get(file.sha256)
        if before is not None and _reads_alike(before, file):
            return
        files = tuple(self.state().files.values())
        place = next((number for number, each in enumerate(files) if each.sha256 == file.sha256), len(files))
        decided = self.known.decided.get(file.sha256) or ("replaces" if before else None)  # it was taken: ask no more
        file, told = replaced_by(self.connection, self.folder, file, files[:place], decided=decided)
        if decided is None:
            refuse_unknown_order(self.connection, self.folder, file, tuple(self._new.values()))
        self._new[file.sha256] = replace(file, taken=before.taken if before else None)
        self.events.append(taken_event(file))
        self.told.extend(told)


def _reads_alike(before: LedgerFile, file: LedgerFile) -> bool:
    """Tell whether a content reads as it did; where its mapping changed, it is read anew in its old place."""
    kept = replace(file, file=before.file, taken=before.taken, replaced=before.replaced, closed=before.closed)
    return replace(kept, vanished=before.vanished, is_away=before.is_away) == before


def _counting(connection: DuckDBPyConnection) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for kind in KINDS:
        sql = f"SELECT source_sha256, count(*) FROM {kind} GROUP BY ALL"  # noqa: S608  our own names
        counts.update(dict(connection.execute(sql).fetchall()))
    return dict(counts)


def _moved(
    connection: DuckDBPyConnection, known: State, present: frozenset[str]
) -> Iterator[tuple[Event, Problem | None]]:
    """Yield which files left the folder of exports, or came back; what left and counts is told, once."""
    left = [file for file in known.live() if file.sha256 not in present and not file.is_away]
    counting = _counting(connection) if left else {}
    for file in left:
        count = counting.get(file.sha256, 0)
        what = f"{file.file} is no longer in the folder; {count} of its {sum(file.rows.values())} records still count"
        remedy = f"Nothing, if it was filed away. To take it out: `whalecurve exports remove {file.short_hash}`."
        yield {"event": "away", "sha256": file.sha256}, Problem(0, "", "", what, remedy) if count else None
    for file in known.live():
        if file.sha256 in present and file.is_away:
            yield {"event": "back", "sha256": file.sha256}, None


def _no_file(known: State) -> InputError:
    last = max(known.live(), key=lambda file: file.covers[1].isoformat() if file.covers else "")
    reach = f", and {Path(last.file).name} reaches to {last.covers[1]}" if last.covers else ""
    return InputError(
        f"no export is in the folder; {len(known.live())} were taken before{reach}",
        where="exports folder",
        remedy="See that the exports are delivered, and that the disk they come on is there.",
    )


def _unread(reading: FileReading, known: State) -> Problem | None:
    file = known.files.get(reading.sha256)
    if reading.status is not ReadingStatus.NO_MAPPING or file is None or file.removed is not None:
        return None
    what = f"{reading.path}: no mapping reads it any more; it counts as {file.mapping} read it before"
    return Problem(0, "", "", what, f"Put the mapping back, or `whalecurve exports remove {file.short_hash}`.")


def _same_content(known: Path, again: Path) -> Problem:
    what = f"{again}: the same content as {known}; counted once"
    return Problem(line=0, column="", raw="", what=what, remedy="Remove one of the two files.")


def _taken_out(reading: FileReading, file: LedgerFile) -> Problem:
    why = f" ({file.removed})" if file.removed else ""
    what = f"{reading.path}: passed over, it was taken out{why}"
    return Problem(0, "", "", what, f"To take it in again: `whalecurve exports restore {file.short_hash}`.")


def _refused_event(reading: FileReading) -> Event:
    return {
        "event": "refused",
        "file": str(reading.path),
        "sha256": reading.sha256,
        "mapping": reading.mapping,
        "problems": len(reading.problems),
    }


def _ledger_file(reading: FileReading, rows: Mapping[str, int]) -> LedgerFile:
    return LedgerFile(
        file=str(reading.path),
        sha256=reading.sha256,
        mapping=reading.mapping,
        mapping_version=reading.mapping_version,
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
