"""The files that one run takes, one after the other, each held against those before it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.reading import Problem
from connectors.ledger.history import Event, LedgerFile, State, taken_event
from connectors.ledger.replacing import refuse_unknown_order, replaced_by

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OF_READING = ("mapping", "mapping_version", "rules", "covers", "rows", "leading", "scope", "company")
"""What of a file depends on how it is read, and not on what it is called or what became of it."""


@dataclass(slots=True)
class Coming:
    """The files as they will be.

    Attributes:
        known: what was taken before this run. events: what the history is to say of it. told: what people are to know.
    """

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
            # Where it was moved or renamed, what is edited there next is still the same list.
            if (before.file, before.name) != (file.file, file.name):
                self._take(replace(before, file=file.file, name=file.name))
            return
        files = tuple(self.state().files.values())
        place = next((number for number, each in enumerate(files) if each.sha256 == file.sha256), len(files))
        decided = self.known.decided.get(file.sha256) or ("replaces" if before else None)  # it was taken: ask no more
        file, told = replaced_by(self.connection, self.folder, file, files[:place], decided=decided)
        if decided is None:
            others = [other for sha256, other in self._new.items() if sha256 not in self.known.files]
            refuse_unknown_order(self.connection, self.folder, file, others)
        self._take(replace(file, taken=before.taken if before else None))
        self.told.extend(told)

    def _take(self, file: LedgerFile) -> None:
        self._new[file.sha256] = file
        self.events.append(taken_event(file))


def _reads_alike(before: LedgerFile, file: LedgerFile) -> bool:
    """Tell whether a content reads as it did; where its mapping changed, it is read anew in its old place."""
    return all(getattr(before, name) == getattr(file, name) for name in _OF_READING)
