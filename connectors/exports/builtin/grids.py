"""What built-in readers give: a table with fixed headings, and what was odd in the file and yet taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.exports.chart import Ledger
from connectors.exports.mapping import Reader
from connectors.exports.reading import Problem
from connectors.exports.source import RawRow, Source

TITLES_LINE, HEADINGS_LINE = -1, 0
"""Titles and headings stand on no line of the file: they come before its first."""

BUILT_HEAD = 2
"""Rows that tell such a table: its titles and its headings."""


@dataclass(slots=True)
class Notes:
    """What was odd while a file was read. Of several things of one kind the first is kept, and how many there were."""

    _first: dict[str, Problem] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, problem: Problem) -> None:
        """Take note; `kind` tells what counts as the same."""
        self._first.setdefault(kind, problem)
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def clear(self) -> None:
        """Forget all, before the file is read again."""
        self._first.clear()
        self._counts.clear()

    def problems(self) -> tuple[Problem, ...]:
        """Return one problem for each kind, in the order in which they were met."""
        return tuple(_counted(problem, self._counts[kind]) for kind, problem in self._first.items())


def _counted(problem: Problem, count: int) -> Problem:
    if count == 1:
        return problem
    what = f"{problem.what} ({count - 1:,} more like it)"
    return Problem(problem.line, problem.column, problem.raw, what, problem.remedy)


ReadRows: TypeAlias = Callable[[Source, Ledger, Notes], Iterator[RawRow]]
"""Yields titles, headings and rows; raises `FileFaultError`."""


@dataclass(frozen=True, slots=True)
class BuiltGrid:
    """The table that a built-in reader makes of a file; rows stand on the line of the element that they come from."""

    source: Source
    reader: Reader
    read: ReadRows
    ledger: Ledger = field(default_factory=Ledger)
    notes: Notes = field(default_factory=Notes)
    sheet: str = ""
    is_text: bool = False  # a format with an end mark cannot be cut unseen

    def rows(self, *, strict: bool) -> Iterator[RawRow]:  # noqa: ARG002  no quotes to be strict about
        """Yield titles, headings and rows in order; see `Grid.rows`.

        Raises:
            FileFaultError: damaged, cut, dangerous or contradictory.
        """
        self.notes.clear()
        yield from self.read(self.source, self.ledger, self.notes)


def title_rows(titles: Sequence[str], headings: Sequence[str]) -> Iterator[RawRow]:
    """Yield what stands above the rows: titles for `[match]` and `[preamble]`, then the headings."""
    yield RawRow(TITLES_LINE, tuple(titles))
    yield RawRow(HEADINGS_LINE, tuple(headings))


def row_of(line: int, headings: Sequence[str], cells: Mapping[str, str]) -> RawRow:
    """Return a row by its headings; cells that are not given are blank."""
    return RawRow(line, tuple(cells.get(heading, "") for heading in headings))
