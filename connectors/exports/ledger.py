"""Keep accepted files as Parquet: one part per file and record kind, and a manifest of the parts that are live.

Layout below the ledger's folder:
    <kind>/<sha256>-<mapping>-<version>.parquet   records of one file, in the order of its lines
    manifest.json                                 which files are live, and what each holds

A part is named by the content it came from, so the same file always leads to the same part. Parts hold what people
cost: folders are 0700, files 0600.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import InputError
from connectors.exports.frames import open_database
from connectors.exports.overlap import LiveFile, refuse_double_counting
from connectors.exports.parts import Origin, select_parts, write_records
from connectors.exports.reading import FileReading, Problem, ReadingStatus, Record
from connectors.exports.records import KINDS
from connectors.exports.stored import StoredRecords
from profitability.units import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of all files that count, below one folder."""

    folder: Path

    def take(self, readings: Iterable[FileReading]) -> tuple[Problem, ...]:
        """Make the accepted files the live ones, and only those.

        Files without a mapping are passed over: to name them is the caller's part.

        Args:
            readings: every file of this run.

        Returns:
            One warning per file whose content was read before under another name; such a file counts once.

        Raises:
            InputError: a file was refused, or two files state the same thing. The files taken last stay live.
        """
        accepted, warnings = _each_content_once(readings)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(open_database()) as connection:
            files = [self._write_parts(connection, reading) for reading in accepted]
            self._create_views(connection, files)
            refuse_double_counting(connection, files)
        self._write_manifest(files)
        return warnings

    def live_files(self) -> tuple[LiveFile, ...]:
        """Return the live files, in the order in which they were taken; none before the first `take`."""
        path = self.folder / "manifest.json"
        if not path.exists():
            return ()
        return tuple(_file_from_json(entry) for entry in json.loads(path.read_text(encoding="utf-8"))["files"])

    def connect(self) -> DuckDBPyConnection:
        """Return an in-memory database with one view per record kind, empty where no file states the kind.

        The view is named after the kind; its columns are `kind_columns(kind)`. The caller closes the connection.
        """
        connection = open_database()
        self._create_views(connection, self.live_files())
        return connection

    def _part(self, file: LiveFile, kind: str) -> Path:
        return self.folder / kind / f"{file.sha256}-{file.mapping}-{file.mapping_version}.parquet"

    def _write_parts(self, connection: DuckDBPyConnection, reading: FileReading) -> LiveFile:
        origin = Origin(str(reading.path), reading.sha256, reading.mapping, reading.mapping_version)
        if isinstance(reading.records, StoredRecords):
            file = _live_file(reading, reading.records.rows)
            for kind in file.rows:
                _copy_part(reading.records.part(kind), self._part(file, kind))
            return file
        by_kind: dict[str, list[Record]] = {}
        for record in reading.records:
            by_kind.setdefault(record.kind, []).append(record)
        file = _live_file(reading, {kind: len(records) for kind, records in by_kind.items()})
        for kind, records in by_kind.items():
            write_records(connection, self._part(file, kind), kind, records, origin)
        return file

    def _create_views(self, connection: DuckDBPyConnection, files: Sequence[LiveFile]) -> None:
        for kind in KINDS:
            parts = [self._part(file, kind) for file in files if kind in file.rows]
            connection.execute(f"CREATE VIEW {kind} AS {select_parts(kind, parts)}")

    def _write_manifest(self, files: Sequence[LiveFile]) -> None:
        manifest = {"version": 1, "files": [_file_to_json(file) for file in files]}
        coming = self.folder / "manifest.json.new"
        coming.touch(mode=0o600)
        coming.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        coming.replace(self.folder / "manifest.json")


def _each_content_once(readings: Iterable[FileReading]) -> tuple[list[FileReading], tuple[Problem, ...]]:
    first: dict[str, FileReading] = {}
    warnings = []
    for reading in sorted(readings, key=lambda reading: str(reading.path)):
        if reading.status is ReadingStatus.REFUSED:
            raise InputError(
                f"the file was refused: {counted(len(reading.problems), 'problem')}",
                where=str(reading.path),
                remedy="Correct the file or take it out of the folder; `whalecurve exports check` lists the problems.",
            )
        if reading.status is ReadingStatus.NO_MAPPING:
            continue
        known = first.setdefault(reading.sha256, reading)
        if known is not reading:
            warnings.append(_same_content(known.path, reading.path))
    return list(first.values()), tuple(warnings)


def _same_content(known: Path, again: Path) -> Problem:
    what = f"{again}: the same content as {known}; counted once"
    return Problem(line=0, column="", raw="", what=what, remedy="Remove one of the two files.")


def _live_file(reading: FileReading, rows: Mapping[str, int]) -> LiveFile:
    return LiveFile(
        file=str(reading.path),
        sha256=reading.sha256,
        mapping=reading.mapping,
        mapping_version=reading.mapping_version,
        covers=reading.covers,
        rows=dict(sorted(rows.items())),
    )


def _copy_part(stored: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    coming = path.with_suffix(".new")
    coming.touch(mode=0o600)
    shutil.copyfile(stored, coming)
    coming.replace(path)


def _file_to_json(file: LiveFile) -> dict[str, Any]:
    covers = [day.isoformat() for day in file.covers] if file.covers else None
    return asdict(replace(file, covers=None)) | {"covers": covers}


def _file_from_json(entry: Mapping[str, Any]) -> LiveFile:
    covers = entry["covers"]
    days = (date.fromisoformat(covers[0]), date.fromisoformat(covers[1])) if covers else None
    return LiveFile(**(dict(entry) | {"covers": days}))
