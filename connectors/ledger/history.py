"""What happened to every file, one line of JSON an event, only ever appended.

What counts follows from the lines alone: a file is one content, taken in a certain order, and later lines may take it
out, put it back, or say what a person decided about it. A line without its end was never written (a killed process).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from connectors.errors import InputError
from connectors.exports.reading import Scope

FILE_NAME = "history.jsonl"

Way: TypeAlias = Literal["replaces", "beside"]
"""What a person says of a file that shares days with older ones: it is newer, or it is another part of the books."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a newer file did to an older one of the same mapping.

    Attributes:
        sha256: content of the older file.
        whole: all of it is replaced (a list that was edited), not only the days that the newer file covers.
    """

    sha256: str
    whole: bool


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """One file that was taken.

    Attributes:
        file: its path. name: that path below the folder of exports.
        covers: first and last day that the file speaks for; None: it does not say.
        rules: hash of the mapping as it was (`FileReading.rules`). rows: record kind -> number of records.
        leading: kind whose day says to which period the other records of its line belong, empty where each has its own.
        scope: what the file lists (`reading.Scope`). company: whose books it says it holds, empty where it does not.
        taken: when it was first taken; the order of files is that of their lines.
        replaced: older files of which it replaced records, `closed` in number; `vanished` of these it does not have.
        removed: why a person took it out; None: it counts. is_away: it is no longer in the folder of exports.
    """

    file: str
    name: str
    sha256: str
    mapping: str
    mapping_version: int
    rules: str
    covers: tuple[date, date] | None
    rows: Mapping[str, int]
    leading: str = ""
    scope: Scope = "period"
    company: str = ""
    taken: datetime | None = None
    replaced: tuple[Replaced, ...] = ()
    closed: int = 0
    vanished: int = 0
    removed: str | None = None
    is_away: bool = False

    @property
    def short_hash(self) -> str:
        """Return as much of the hash as tells it from others."""
        return self.sha256[:12]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was refused when it was last read, with the number of its problems; no hash: it was unreadable."""

    file: str
    sha256: str
    mapping: str
    problems: int
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What the events come to.

    Attributes:
        files: hash -> file, in the order of their taking, removed ones among them.
        refused: path -> what was refused there last, and not taken since.
        decided: hash -> what a person said of a content.
    """

    files: Mapping[str, LedgerFile] = field(default_factory=dict)
    refused: Mapping[str, Refused] = field(default_factory=dict)
    decided: Mapping[str, Way] = field(default_factory=dict)

    def live(self) -> tuple[LedgerFile, ...]:
        """Return the files that count."""
        return tuple(file for file in self.files.values() if file.removed is None)


Event: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """The events below one folder."""

    folder: Path

    @property
    def path(self) -> Path:
        """Return where the events lie."""
        return self.folder / FILE_NAME

    def read(self) -> State:
        """Return what all events come to.

        Raises:
            InputError: a line is no event.
        """
        files: dict[str, LedgerFile] = {}
        refused: dict[str, Refused] = {}
        decided: dict[str, Way] = {}
        for number, line in enumerate(self._lines(), start=1):
            try:
                _apply(json.loads(line), files, refused, decided)
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(
                    "the ledger's history is damaged",
                    where=f"{self.path}:{number}",
                    remedy="Put back a backup; or move the ledger away, and put all exports into the folder again.",
                ) from error
        return State(files, refused, decided)

    def append(self, events: Iterable[Event], *, at: datetime) -> None:
        """Write events to the disk, all or none but for the last ones."""
        lines = "".join(json.dumps({"at": at.isoformat(), **event}) + "\n" for event in events)
        if not lines:
            return
        whole = sum(map(len, self._lines()))
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as stream:
            stream.truncate(whole)  # a line without its end was never written
            stream.seek(whole)
            stream.write(lines.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def _lines(self) -> Sequence[bytes]:
        """Return the lines that have their end, with it."""
        if not self.path.exists():
            return ()
        with self.path.open("rb") as stream:
            return [line for line in stream if line.endswith(b"\n")]


def taken_event(file: LedgerFile) -> Event:
    """Return the event of taking a file."""
    return {
        "event": "taken",
        "file": file.file,
        "name": file.name,
        "sha256": file.sha256,
        "mapping": file.mapping,
        "mapping_version": file.mapping_version,
        "rules": file.rules,
        "covers": [day.isoformat() for day in file.covers] if file.covers else None,
        "rows": dict(file.rows),
        "leading": file.leading,
        "scope": file.scope,
        "company": file.company,
        "replaced": [{"sha256": each.sha256, "whole": each.whole} for each in file.replaced],
        "closed": file.closed,
        "vanished": file.vanished,
    }


def _apply(event: Event, files: dict[str, LedgerFile], refused: dict[str, Refused], decided: dict[str, Way]) -> None:
    sha256, at = event["sha256"], datetime.fromisoformat(event["at"])
    match event["event"]:
        case "taken":
            known = files.get(sha256)
            files[sha256] = replace(_taken(event), taken=known.taken if known else at)
            for file in [each.file for each in refused.values() if sha256 == each.sha256 or event["file"] == each.file]:
                del refused[file]
        case "refused":
            refused[event["file"]] = Refused(event["file"], sha256, event["mapping"], event["problems"], at)
        case "removed":
            files[sha256] = replace(files[sha256], removed=event["reason"])
        case "restored":
            files[sha256] = replace(files[sha256], removed=None)
        case "away" | "back":
            files[sha256] = replace(files[sha256], is_away=event["event"] == "away")
        case "accepted":
            decided[sha256] = event["way"]
        case other:
            raise ValueError(other)


def _taken(event: Event) -> LedgerFile:
    covers = event["covers"]
    return LedgerFile(
        file=event["file"],
        name=event["name"],
        sha256=event["sha256"],
        mapping=event["mapping"],
        mapping_version=event["mapping_version"],
        rules=event["rules"],
        covers=(date.fromisoformat(covers[0]), date.fromisoformat(covers[1])) if covers else None,
        rows=event["rows"],
        leading=event["leading"],
        scope=event["scope"],
        company=event["company"],
        replaced=tuple(Replaced(each["sha256"], each["whole"]) for each in event["replaced"]),
        closed=event["closed"],
        vanished=event["vanished"],
    )
