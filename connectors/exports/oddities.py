"""Tell what a person should know of a file that is taken: what was odd in it and spoiled no record that we can see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.exports.cells import is_blank
from connectors.exports.detect import Found, Header, heading_key, headings_of
from connectors.exports.mapping_columns import Column
from connectors.exports.reading import Problem, Records
from connectors.exports.source import RawRow, TextGrid

_SHORT_HEADING = 5


def oddities(found: Found, records: Records) -> Iterator[Problem]:
    """Yield what is odd in a file as a whole."""
    caution, grid = found.mapping.caution, found.grid
    if caution is not None:
        yield Problem(0, "", "", caution.what, caution.remedy)
    if not records:
        yield Problem(found.header.line, "", "", "headings without rows", "Check that this was meant.")
    if isinstance(grid, TextGrid) and not grid.source.is_ended:
        remedy = "Make sure that its last line is the last one of the source."
        yield Problem(0, "", "", "the last line has no end: lines behind it may be missing", remedy)


def odd_headings(found: Found, *, home_currency: str) -> Iterator[Problem]:
    """Yield the absent columns whose heading seems to be there, misspelt or on a line above the others."""
    wanted = [ways for column in found.mapping.columns.values() for ways in _ways(column, home_currency)]
    known = {heading_key(heading) for ways in wanted for heading in ways}
    strangers = [cell for cell, key in zip(found.header.cells, found.header.keys, strict=True) if key not in known]
    strangers = [text for text in (*strangers, *found.titles) if heading_key(text)]
    told: set[str] = set()
    for ways in wanted:
        if any(found.header.find(heading) for heading in ways):
            continue
        likely = next(((text, way) for text in strangers for way in ways if _is_like(text, way)), None)
        if likely is not None and likely[0] not in told:
            told.add(likely[0])
            what = f"a heading that nobody knows: is it {likely[1]}, which is read as absent?"
            remedy = "Mend the heading, or name it under `from` in a mapping of your own."
            yield Problem(found.header.line, likely[0], "", what, remedy)


def _ways(column: Column, home_currency: str) -> Iterator[Sequence[str]]:
    """Yield the headings of each cell that a column reads: any of them will do."""
    span = (*column.otherwise.start, *column.otherwise.end) if column.otherwise else ()
    yield from ((heading,) for heading in (*column.join, *span))
    yield from filter(None, (headings_of(column, home_currency), column.minus, column.plus))


def _is_like(text: str, heading: str) -> bool:
    """Tell whether a few letters make the difference: one in a short heading, two in a longer one."""
    from rapidfuzz.distance import OSA  # late: few who import this module compare headings

    most = 1 if len(heading) <= _SHORT_HEADING else 2
    letters = heading_key(text.strip('"'))  # one of its quotes may be what is damaged
    return OSA.distance(letters, heading_key(heading), score_cutoff=most) <= most


@dataclass(slots=True)
class LooseCells:
    """Rows with cells that stand below no heading: a heading, or the end of a line, may be lost.

    Cells beyond the headings count even if they are blank; those left of the first heading name groups and sums.
    """

    header: Header
    first_line: int = 0
    count: int = 0

    def watched(self, rows: Iterable[RawRow]) -> Iterator[RawRow]:
        """Yield the rows as they are."""
        keys = self.header.keys
        first = next((place for place, key in enumerate(keys) if key), 0)
        bare = [place for place, key in enumerate(keys) if not key and place > first]
        for row in rows:
            is_loose = len(row.cells) > len(keys) or any(
                place < len(row.cells) and not is_blank(row.cells[place]) for place in bare
            )
            if is_loose and row.line > self.header.line:
                self.first_line = self.first_line or row.line
                self.count += 1
            yield row

    def problems(self) -> Iterator[Problem]:
        """Yield what was seen."""
        if self.count:
            what = f"cells below no heading: {self.count:,} times, first here"
            remedy = "Make sure that each heading stands above its own column, and each row on its own line."
            yield Problem(self.first_line, "", "", what, remedy)
