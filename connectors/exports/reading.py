"""What reading one file came to: its records, or the list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

Cell: TypeAlias = str | int | bool | date | None


Scope: TypeAlias = Literal["period", "open_items"]
"""What a file lists: everything of its days, or what was open when it was made."""


class ReadingStatus(StrEnum):
    """A file is taken whole, refused whole, or not known."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NO_MAPPING = "no mapping"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file: where it stands, what stands there, what to do.

    `line` counts lines of text or rows of a sheet from 1; 0 speaks of the file as a whole.
    """

    line: int
    column: str
    raw: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record as `connectors.exports.records.KINDS[kind]` defines it, and where it stands.

    Attributes:
        values: column (`records.column_name`) -> text, date, bool, int (minor units, seconds, count); None where blank.
        sheet: sheet of a workbook, empty for text files.
        line: first line of the record in the file.
    """

    kind: str
    values: dict[str, Cell]
    line: int
    sheet: str = ""


class Records(Protocol):
    """The records of one file, in the order of its lines: few in memory, many on disk (`stored.StoredRecords`)."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def __iter__(self) -> Iterator[Record]:
        """Yield them, as often as asked."""
        ...


@dataclass(frozen=True, slots=True)
class FileReading:
    """What became of one file.

    Attributes:
        mapping, mapping_version: the mapping that read it, empty where none did.
        rules: hash of that mapping as it was, and of the home currency: other rules may read other records.
        records: all of them when accepted, none otherwise.
        problems: why it was refused; warnings: what was odd and yet taken.
        why_not: no mapping: the nearest mappings and what each lacks, best first.
        covers: first and last day that the file speaks for (its stated period, else its dates).
        name: path below the folder of exports, where it was read as part of one; it stays where that folder moves.
        leading: kind whose day says to which period all records of a line belong (`period.leading_kind`).
        scope: what the file lists. company: whose books it says it holds, empty where it does not.
    """

    path: Path
    sha256: str
    status: ReadingStatus
    mapping: str = ""
    mapping_version: int = 0
    records: Records = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    why_not: tuple[str, ...] = ()
    covers: tuple[date, date] | None = None
    rules: str = ""
    name: str = ""
    leading: str = ""
    scope: Scope = "period"
    company: str = ""
