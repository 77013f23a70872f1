"""Read export files into records: each file is taken whole, refused whole, or not known.

A file that was cut is refused wherever its own content shows it: a last line without its end, a row with cells
missing, a quote never closed, a total row that never came. A format without totals cannot show that whole lines at its
end are missing; the sync holds such files against the last run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.archive import open_export
from connectors.exports.builtin import with_settings
from connectors.exports.builtin.datev import DatevGrid
from connectors.exports.builtin.grids import BuiltGrid
from connectors.exports.checksum import SUFFIX, file_of
from connectors.exports.columnar import read_columns
from connectors.exports.detect import Found, find_mapping
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.mixture import mixture_of
from connectors.exports.oddities import odd_headings, oddities
from connectors.exports.parts import Origin
from connectors.exports.period import days_of, leading_kind, period_covered, stated_company, stated_period
from connectors.exports.reading import FileReading, Problem, ReadingStatus, Records
from connectors.exports.scratch import remove_abandoned
from connectors.exports.source import MAX_TEXT_BYTES, FileFaultError, LooseQuotesError, Source, TextGrid
from connectors.exports.stored import RecordSink, StoredRecords
from connectors.exports.taking import MAX_PROBLEMS, Taking, take_rows
from profitability.units import counted

LARGE_FROM_BYTES = 4 << 20
_RULES_DIGITS = 8
_UNVERIFIED = "no real file of this system was ever seen"


def read_file(
    path: Path,
    mappings: Sequence[ExportMapping],
    *,
    home_currency: str,
    accept_unverified: bool = False,
    max_bytes: int = MAX_TEXT_BYTES,
    large_from: int = LARGE_FROM_BYTES,
    scratch: Path | None = None,
) -> FileReading:
    """Read one file.

    Args:
        path: the file.
        mappings: what is known of formats (`connectors.exports.loading.load_mappings`).
        home_currency: ISO code; currency of amounts that state none, their `currency` stays None.
        accept_unverified: take files through mappings of grade S, too.
        max_bytes: most bytes that a file may have.
        large_from: bytes from which on a file is read column by column, if it is plain enough (`columnar`).
        scratch: where many records lie until the ledger takes them; None: where the system keeps such things.

    Returns:
        One record per row and kind (per `[key] once_per` where the mapping has it), in the order of the file.
        All columns of the kind are there; never raises for what is in the file.
    """
    told = Path(os.fsencode(path).decode("utf-8", "replace"))
    reading = FileReading(path=told, sha256="", status=ReadingStatus.REFUSED)
    if told != path:
        return _refused(reading, [Problem(0, "", "", "the name of the file is not in UTF-8", "Rename the file.")])
    try:
        with open_export(path, max_bytes=max_bytes) as source:
            reading = replace(reading, sha256=source.sha256)
            reading = _read_source(
                reading,
                source,
                mappings,
                _Way(home_currency, scratch, is_large=source.size >= large_from),
                accept_unverified=accept_unverified,
            )
    except FileFaultError as fault:
        return _refused(reading, [fault.problem])
    return reading


def check_folder(
    folder: Path,
    mappings: Sequence[ExportMapping],
    *,
    home_currency: str,
    accept_unverified: bool = False,
    scratch: Path | None = None,
) -> list[FileReading]:
    """Read every file below a folder, in the order of their names; dot files and mappings are not looked at.

    The arguments are those of `read_file`. What a process that was killed left in `scratch` is removed.

    Raises:
        InputError: the folder is not there.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), remedy="Make it, or set books.exports to the right one.")
    if scratch is not None:
        remove_abandoned(scratch)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_no_export(path.relative_to(folder)))
    exports = [path for path in files if path.suffix != SUFFIX]
    readings = [
        read_file(path, mappings, home_currency=home_currency, accept_unverified=accept_unverified, scratch=scratch)
        for path in exports
    ]
    readings += [_missing(path) for path in files if path.suffix == SUFFIX and file_of(path) not in exports]
    return [replace(reading, name=str(reading.path.relative_to(folder))) for reading in readings]


def _missing(checksum: Path) -> FileReading:
    """Refuse a file that is announced by its checksum and not there."""
    remedy = "Deliver the file, or remove its checksum."
    problem = Problem(0, "", "", f"{checksum.name} is there, and the file that it speaks of is not", remedy)
    return FileReading(file_of(checksum), "", ReadingStatus.REFUSED, problems=(problem,))


def _is_no_export(path: Path) -> bool:
    """Tell dot files, lock files that office programs lay beside an open workbook, and mappings of one's own."""
    return path.suffix == ".toml" or any(part.startswith((".", "~$")) for part in path.parts)


@dataclass(frozen=True, slots=True)
class _Way:
    """How a file is read; the fields are the arguments of `read_file`."""

    home_currency: str
    scratch: Path | None
    is_large: bool


def _read_source(
    reading: FileReading, source: Source, mappings: Sequence[ExportMapping], way: _Way, *, accept_unverified: bool
) -> FileReading:
    found = find_mapping(source, mappings, home_currency=way.home_currency)
    if not isinstance(found, Found):
        return replace(reading, status=ReadingStatus.NO_MAPPING, why_not=found)
    mapping = found.mapping
    reading = replace(reading, mapping=mapping.name, mapping_version=mapping.version)
    if mapping.grade == "S" and not accept_unverified:
        remedy = "Set books.accept_unverified = true, and compare the first plan with the file."
        return _refused(reading, [Problem(0, "", "", f"mapping {mapping.name} is of grade S: {_UNVERIFIED}", remedy)])
    if isinstance(found.grid, TextGrid) and mapping.read.encoding != "auto":
        found = replace(found, grid=replace(found.grid, encoding=mapping.read.encoding))
    try:
        found = replace(found, grid=with_settings(found.grid, mapping))
        return _read_table(reading, found, way)
    except FileFaultError as fault:
        return _refused(reading, [fault.problem])


def _refused(
    reading: FileReading, problems: Sequence[Problem], warnings: Sequence[Problem] = (), *, untold: int = 0
) -> FileReading:
    shown = tuple(problems[:MAX_PROBLEMS])
    count = len(problems) + untold
    if count > MAX_PROBLEMS:
        left = counted(count - MAX_PROBLEMS, "more problem")
        shown = (*shown, Problem(0, "", "", left, "Mend the first ones; the rest may be of the same kind."))
    return replace(reading, status=ReadingStatus.REFUSED, records=(), problems=shown, warnings=tuple(warnings))


def _read_table(reading: FileReading, found: Found, way: _Way) -> FileReading:
    """Read a large plain table by column, and any other row by row."""
    origin = Origin(str(reading.path), reading.sha256, reading.mapping, reading.mapping_version)
    if way.is_large:
        stored = read_columns(found, origin, home_currency=way.home_currency, scratch=way.scratch)
        if stored is not None:
            return _accepted(
                reading, found, stored, tuple(odd_headings(found, home_currency=way.home_currency)), way.home_currency
            )
    taken, warnings = _taken(found, origin, way)
    if taken.problems:
        problems = sorted(taken.problems, key=lambda problem: problem.line)
        return _refused(reading, problems, warnings, untold=taken.untold)
    records = taken.sink.finish()
    return _accepted(reading, found, records, (*warnings, *oddities(found, records)), way.home_currency)


def _taken(found: Found, origin: Origin, way: _Way) -> tuple[Taking, list[Problem]]:
    """Read strictly; where quotes are loose, read again leniently and say so."""
    warnings = [*_odd_letters(found), *odd_headings(found, home_currency=way.home_currency)]
    sinks = (RecordSink(origin, found.mapping.kinds, way.scratch) for _ in range(2))
    try:
        taken = take_rows(found, next(sinks), home_currency=way.home_currency, strict=True)
    except LooseQuotesError as loose:
        warnings.append(replace(loose.problem, what=f"{loose.problem.what}; read as far as it makes sense"))
        taken = take_rows(found, next(sinks), home_currency=way.home_currency, strict=False)
    warnings += [*taken.controls.warnings, *taken.loose.problems()]
    if isinstance(found.grid, BuiltGrid):
        warnings += found.grid.notes.problems()
    return taken, warnings


def _odd_letters(found: Found) -> tuple[Problem, ...]:
    """Return what is odd in the letters of a text whose encoding nobody stated."""
    grid = found.grid.text if isinstance(found.grid, DatevGrid) else found.grid
    if isinstance(grid, TextGrid) and grid.encoding == "cp1252" and found.mapping.read.encoding == "auto":
        return mixture_of(grid).problems()
    return ()


def _accepted(
    reading: FileReading, found: Found, records: Records, warnings: tuple[Problem, ...], home_currency: str
) -> FileReading:
    """Take a file; but one whose records are all of other days than those that it states is another file's content."""
    mapping, leading = found.mapping, leading_kind(found.mapping)
    days = _days(records, leading)
    stated = stated_period(mapping, found.titles, reading.path.name)
    if stated and days and (days[0] < stated[0] or days[-1] > stated[1]):
        told = f"the file states {stated[0]} to {stated[1]}, and holds records of {days[0]} to {days[-1]}"
        problem = Problem(0, "", "", told, "Check the period of the export, and the name of the file.")
        if days[0] > stated[1] or days[-1] < stated[0]:
            return _refused(reading, [problem], warnings)
        warnings = (*warnings, problem)
    return replace(
        reading,
        status=ReadingStatus.ACCEPTED,
        records=records,
        warnings=warnings,
        covers=period_covered(mapping, found.titles, reading.path.name, days),
        rules=_rules(mapping, home_currency),
        leading=leading,
        scope=mapping.scope,
        company=stated_company(mapping, found.titles),
    )


def _rules(mapping: ExportMapping, home_currency: str) -> str:
    return hashlib.sha256(f"{home_currency} {mapping.model_dump_json()}".encode()).hexdigest()[:_RULES_DIGITS]


def _days(records: Records, leading: str) -> Sequence[date]:
    """Return the days that say to which period the records belong, or the ends of them, in order."""
    if isinstance(records, StoredRecords):
        return sorted(day for kind, days in records.days.items() if leading in ("", kind) for day in days)
    return sorted({day for kind, day in days_of(records) if leading in ("", kind)})
