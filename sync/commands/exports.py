"""`whalecurve exports`: what the reader makes of a folder, before anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.context import Invocation
from sync.exit_codes import ExitCode

if TYPE_CHECKING:
    from connectors.exports.mapping import Mapping
    from connectors.exports.reading import FileReading, Problem

SHOWN_PROBLEMS = 10


@click.group()
def exports() -> None:
    """Look at export files the way the nightly run does, and at those that it took."""


@exports.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--currency", default="EUR", show_default=True, help="Home currency, for amounts that state none.")
@click.option("--all", "show_all", is_flag=True, help=f"Every problem of a file, not the first {SHOWN_PROBLEMS}.")
@click.pass_obj
def check(invocation: Invocation, *, folder: Path, currency: str, show_all: bool) -> int:
    """Name for each file in FOLDER its mapping, or the reason for none.

    Nothing is guessed and nothing is written. Leaves with 5 when a file was refused or is not known, or there is none.

    \b
    Example:  whalecurve exports check ./exports
    """
    from connectors.exports.reading import ReadingStatus

    readings = read_folder(folder, currency)
    text = folder_text(readings, folder, None if show_all else SHOWN_PROBLEMS)
    invocation.answer(text, {"files": [as_data(reading, folder) for reading in readings]})
    is_well = readings and all(reading.status is ReadingStatus.ACCEPTED for reading in readings)
    return ExitCode.DONE if is_well else ExitCode.INPUT


@exports.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--currency", default="EUR", show_default=True, help="Home currency, for amounts that state none.")
@click.option("--all", "show_all", is_flag=True, help=f"Every problem, not the first {SHOWN_PROBLEMS}.")
@click.pass_obj
def explain(invocation: Invocation, *, file: Path, currency: str, show_all: bool) -> int:
    """Show how FILE is read: its mapping and why not the others, heading by heading, first records, sums, problems.

    Mappings of your own are looked for in the folder `mappings` beside FILE. Nothing is written.

    \b
    Example:  whalecurve exports explain ./exports/toggl.csv
    """
    from connectors.exports.inspection import inspect_file
    from connectors.exports.reading import ReadingStatus
    from sync.report.inspection import inspection_data, inspection_text

    seen = inspect_file(file, known_mappings(file.parent), home_currency=currency)
    invocation.answer(inspection_text(seen, None if show_all else SHOWN_PROBLEMS), inspection_data(seen))
    return ExitCode.DONE if seen.reading.status is ReadingStatus.ACCEPTED else ExitCode.INPUT


@exports.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--currency", default="EUR", show_default=True, help="Home currency, for amounts that state none.")
@click.pass_obj
def draft(invocation: Invocation, *, file: Path, currency: str) -> int:
    """Write a first mapping for FILE to stdout, every guess marked with what it rests on, and what it would read.

    Correct it, raise its grade when the sums agree with the report, and put it into the folder `mappings`.

    \b
    Example:  whalecurve exports draft ./exports/new.csv > ./exports/mappings/new.toml
    """
    from connectors.exports.drafting import draft_mapping

    text = draft_mapping(file, known_mappings(file.parent), home_currency=currency)
    invocation.answer(text, {"mapping": text})
    return ExitCode.DONE


def known_mappings(folder: Path) -> tuple[Mapping, ...]:
    """Return the shipped mappings and those in the folder `mappings` of a folder of exports, which win by name."""
    from connectors.exports.loading import load_mappings
    from sync.settings import shipped_config

    return load_mappings(shipped_config("exports"), folder / "mappings")


def read_folder(folder: Path, currency: str) -> list[FileReading]:
    """Read every file of a folder with the shipped mappings and those in its `mappings`."""
    from connectors.exports.reader import check_folder

    return check_folder(folder, known_mappings(folder), home_currency=currency)


def folder_text(readings: Sequence[FileReading], folder: Path, most: int | None) -> str:
    """Return what became of each file, at most `most` problems of each, and the counts."""
    from profitability.units import counted

    lines = [line for reading in readings for line in describe(reading, folder, most)]
    counts = Counter(str(reading.status) for reading in readings)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return "\n".join([*lines, f"{counted(len(readings), 'file')}: {told or 'none'}"])


def describe(reading: FileReading, folder: Path, most: int | None) -> list[str]:
    """Return the lines that tell what became of one file; `most`: of its problems, None for all."""
    from connectors.exports.reading import ReadingStatus
    from profitability.units import counted

    name = reading.path.relative_to(folder)
    if reading.status is ReadingStatus.ACCEPTED:
        period = f"{reading.covers[0]} to {reading.covers[1]}" if reading.covers else "no dates"
        head = f" ok    {name}: {reading.mapping}, {counted(len(reading.records), 'record')}, {period}"
    elif reading.status is ReadingStatus.REFUSED:
        problems = counted(len(reading.problems), "problem")
        head = f" no    {name}: {reading.mapping} refuses it, {problems}, nothing taken"
    else:
        head = f" none  {name}: no mapping"
    notes = [*reading.problems, *reading.warnings]
    told = [_told(name, note) for note in notes[:most]]
    more = [f"       ... {len(notes) - most} more (--all)"] if most is not None and len(notes) > most else []
    return [head, *told, *more, *(f"       {reason}" for reason in reading.why_not)]


def _told(name: Path, note: Problem) -> str:
    """Return a problem as `file:line: column "Hours": '7,5h' what is wrong (what to do)`."""
    place = f"{name}:{note.line}" if note.line else str(name)
    cell = f'column "{note.column}": {note.raw!r}: ' if note.column else ""
    return f"       {place}: {cell}{note.what} ({note.remedy.rstrip('.')})"


def as_data(reading: FileReading, folder: Path) -> dict[str, object]:
    """Return one reading for --json; problems with their place, raw text and remedy."""
    return {
        "file": str(reading.path.relative_to(folder)),
        "sha256": reading.sha256,
        "status": str(reading.status),
        "mapping": reading.mapping,
        "records": len(reading.records),
        "covers": [str(day) for day in reading.covers] if reading.covers else None,
        "why_not": list(reading.why_not),
        "problems": [_note(problem) for problem in reading.problems],
        "warnings": [_note(warning) for warning in reading.warnings],
    }


def _note(note: Problem) -> dict[str, object]:
    return {"line": note.line, "column": note.column, "raw": note.raw, "what": note.what, "remedy": note.remedy}
