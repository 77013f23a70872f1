"""What lies in the folder of exports, held against what was taken before: what is new, doubled, taken out, or gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.reading import FileReading, Problem, ReadingStatus
from connectors.ledger.history import Event, LedgerFile, State, Way
from profitability.units import counted

_TURN: dict[Way | None, int] = {None: 0, "replaces": 1, "beside": 2}
"""Files about which a person decided come after the others, which would be held against them."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The files of a run.

    Attributes:
        accepted: the contents that are to count, each once, in the order of their taking.
        warnings: what is odd about the others. present: hashes of all contents that are in the folder.
    """

    accepted: tuple[FileReading, ...]
    warnings: tuple[Problem, ...]
    present: frozenset[str]


def sort_out(readings: Sequence[FileReading], known: State) -> Intake:
    """Tell which of the files of a run are to count; none of them is refused.

    Raises:
        InputError: no file is there, and some were before.
    """
    accepted = [reading for reading in readings if reading.status is ReadingStatus.ACCEPTED]
    if not accepted and known.live():
        raise _no_file(known)
    out = {sha256: file for sha256, file in known.files.items() if file.removed is not None}
    first: dict[str, FileReading] = {}
    warnings = [note for reading in readings if (note := _unread(reading, known))]
    for reading in sorted(accepted, key=lambda reading: str(reading.path)):
        same = first.setdefault(reading.sha256, reading)
        if same is not reading:
            warnings.append(_same_content(same.path, reading.path))
        elif reading.sha256 in out:
            warnings.append(_taken_out(reading, out[reading.sha256]))
    counting = [reading for sha256, reading in first.items() if sha256 not in out]
    counting.sort(key=lambda reading: _TURN[known.decided.get(reading.sha256)])
    places = {sha256: place for place, sha256 in enumerate(known.files)}
    counting.sort(key=lambda reading: places.get(reading.sha256, len(places)))
    return Intake(tuple(counting), tuple(warnings), frozenset(reading.sha256 for reading in readings))


def moved_files(
    known: State, present: frozenset[str], counting: Mapping[str, int]
) -> Iterator[tuple[Event, Problem | None]]:
    """Yield which files left the folder of exports, or came back; what left and counts, or came and does not, is told.

    Args:
        known: every file, those of this run among them.
        present: hashes of the contents in the folder.
        counting: hash -> records that count now.
    """
    for file in known.live():
        if file.sha256 in present and file.is_away:
            outdated = None if file.sha256 in counting else _outdated(file, known)
            yield {"event": "back", "sha256": file.sha256}, outdated
        elif file.sha256 not in present and not file.is_away:
            count = counting.get(file.sha256, 0)
            still = f"{count:,} of its {counted(sum(file.rows.values()), 'record')} still count"
            what = f"{file.file} ({file.short_hash}) is no longer in the folder; {still}"
            remedy = f"{_why(file, known)} To take it out: `whalecurve exports remove {file.short_hash}`."
            yield {"event": "away", "sha256": file.sha256}, Problem(0, "", "", what, remedy) if count else None


def _outdated(file: LedgerFile, known: State) -> Problem | None:
    """Tell that an older content was put back where a newer one replaced it: what was taken later goes on counting."""
    newer = [each for each in known.live() if file.sha256 in (link.sha256 for link in each.replaced)]
    if not newer:
        return None
    last = newer[-1]
    what = f"{file.file} ({file.short_hash}) is back in the folder, and {last.file} ({last.short_hash}) replaced it"
    remedy = f"If it is what holds: `whalecurve exports remove {last.short_hash}`."
    return Problem(0, "", "", f"{what}: none of its records count", remedy)


def _why(file: LedgerFile, known: State) -> str:
    """Say when that is right; a later content under the name of a file may be the file with lines deleted from it."""
    if any(other.name == file.name and other.sha256 != file.sha256 for other in known.files.values()):
        return "They are of days that its later content does not have: right for another period, not for deleted lines."
    return "Nothing, if it was filed away."


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
