"""Find the mapping of a file by the headings that stand in it, or say why there is none.

Known headings tell the delimiter and the row of the headings; statistics of the text are never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import islice

from connectors.exports.builtin import builtin_grids
from connectors.exports.builtin.grids import BUILT_HEAD, BuiltGrid
from connectors.exports.cells import as_text, is_blank
from connectors.exports.mapping import Mapping as ExportMapping
from connectors.exports.mapping_columns import HOME_MARK, Column
from connectors.exports.sheets import open_sheets
from connectors.exports.source import FileFaultError, Grid, RawRow, Source, TextGrid

_DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r"\ufeff?\"?sep=(?P<delimiter>.)\"?", re.IGNORECASE)
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Header:
    """The headings of a table: the row that they stand in, as written and as compared."""

    line: int
    cells: tuple[str, ...]
    keys: tuple[str, ...]

    def find(self, heading: str) -> tuple[int, ...]:
        """Return where a heading stands, from 0."""
        key = heading_key(heading)
        return tuple(index for index, known in enumerate(self.keys) if known == key)


@dataclass(frozen=True, slots=True)
class Found:
    """A mapping that fits: the table that it reads, its headings, and the rows above them."""

    mapping: ExportMapping
    grid: Grid
    header: Header
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Required:
    """What a mapping needs in the row of the headings: all keys of one of several sets, and how to tell them."""

    ways: tuple[frozenset[str], ...]
    told: str

    def is_met(self, keys: frozenset[str]) -> bool:
        """Tell whether a row with these keys has it."""
        return any(way <= keys for way in self.ways)


@dataclass(frozen=True, slots=True)
class Miss:
    """A mapping that does not fit: how near it came (0-1) and what it lacks."""

    nearness: float
    name: str
    reason: str


@lru_cache(maxsize=4096)
def heading_key(heading: str) -> str:
    """Return a heading without case, `*`, and the difference of blanks, dashes and underscores."""
    return " ".join(
        re.sub(r"[*_\-\u2010-\u2015]", lambda found: "" if found[0] == "*" else " ", heading).split()
    ).casefold()


def headings_of(column: Column, home_currency: str) -> tuple[str, ...]:
    """Return the headings that a column may have, best first."""
    return tuple(heading.replace(HOME_MARK, home_currency) for heading in column.headings)


def find_mapping(source: Source, mappings: Sequence[ExportMapping], *, home_currency: str) -> Found | tuple[str, ...]:
    """Return the mapping whose required headings stand in the file, the one that requires most; else why none does.

    Raises:
        FileFaultError: several sheets fit, two mappings fit equally well, or the file cannot be read.
    """
    found, misses = try_mappings(source, mappings, home_currency=home_currency)
    return best_of(found) if found else why_not(misses) or ("no heading of any mapping stands in the file",)


def best_of(found: Sequence[Found]) -> Found:
    """Return the one that requires most among mappings that fit.

    Raises:
        FileFaultError: several sheets fit, or two mappings fit equally well.
    """
    sheets = sorted({candidate.grid.sheet for candidate in found})
    if len(sheets) > 1:
        raise FileFaultError(
            f"the sheets {', '.join(sheets)} can all be read, and a file gives one", "Save each as a file of its own."
        )
    most = max(_required_count(candidate.mapping) for candidate in found)
    best = [candidate for candidate in found if _required_count(candidate.mapping) == most]
    if len(best) > 1:
        tied = ", ".join(sorted({candidate.mapping.name for candidate in best}))
        raise FileFaultError(f"fits equally well: {tied}", "Tell them apart in a mapping of your own ([match]).")
    return best[0]


def try_mappings(
    source: Source, mappings: Sequence[ExportMapping], *, home_currency: str
) -> tuple[list[Found], list[Miss]]:
    """Try every mapping on every table of a file; return those that fit, and how near the others came.

    Raises:
        FileFaultError: the file cannot be read.
    """
    found: list[Found] = []
    misses: list[Miss] = []
    wanted = [(mapping, _required(mapping, home_currency)) for mapping in mappings]
    known = frozenset(key for _, required in wanted for each in required for way in each.ways for key in way)
    for grid, head in heads(source, max((m.read.header_within for m in mappings), default=0)):
        headers = [header_of(row) for row in head]
        told = [known.intersection(header.keys) for header in headers]
        for mapping, required in wanted:
            outcome = _try(mapping, grid, head, headers, told, file_name=source.path.name, required=required)
            (found if isinstance(outcome, Found) else misses).append(outcome)  # type: ignore[arg-type]  # narrowed above
    return found, misses


def _required_count(mapping: ExportMapping) -> int:
    return sum(column.column == "required" for column in mapping.columns.values())


def heads(source: Source, count: int) -> Iterator[tuple[Grid, list[RawRow]]]:
    """Yield each table that a file may hold, with its first rows, one more than `count`."""
    if source.is_workbook:
        for sheet in open_sheets(source):
            yield sheet, list(islice(sheet.rows(strict=False), count + 1))
        return
    for table in builtin_grids(source):
        if isinstance(table, BuiltGrid):  # it may read the whole file before its first row; and it is no text table
            yield table, list(islice(table.rows(strict=True), BUILT_HEAD))
            return
        yield table, list(islice(table.rows(strict=True), count + 1))
    for grid in _text_grids(source):
        yield grid, _text_head(grid, count + 1)


def _text_head(grid: TextGrid, count: int) -> list[RawRow]:
    head: list[RawRow] = []
    with suppress(FileFaultError):  # told again, in full, when the rows are read with the mapping that fits
        head.extend(islice(replace(grid, errors="replace").rows(strict=False), count))
    return head


def _text_grids(source: Source) -> Iterator[TextGrid]:
    first_line = _first_line(source)
    declared = _SEP_LINE.fullmatch(first_line)
    if declared:
        yield TextGrid(source, source.encoding, declared["delimiter"], skip_lines=1)
        return
    for delimiter in _DELIMITERS:
        yield TextGrid(source, source.encoding, delimiter)


def _first_line(source: Source) -> str:
    source.stream.seek(0)
    head = source.stream.read(64).decode(source.encoding, "replace")
    return re.split("[\r\n]", head, maxsplit=1)[0]


def header_of(row: RawRow) -> Header:
    """Return a row as headings."""
    cells = tuple("" if is_blank(cell) else as_text(cell) for cell in row.cells)
    return Header(row.line, cells, tuple(map(heading_key, cells)))


def _try(
    mapping: ExportMapping,
    grid: Grid,
    head: Sequence[RawRow],
    headers: Sequence[Header],
    told: Sequence[frozenset[str]],
    *,
    file_name: str,
    required: Sequence[Required],
) -> Found | Miss:
    if grid.reader != mapping.read.reader:
        return Miss(0, mapping.name, "another reader")
    if isinstance(grid, TextGrid) and mapping.read.delimiter not in {None, grid.delimiter}:
        return Miss(0, mapping.name, "another delimiter")
    if grid.sheet and mapping.read.sheet and not fnmatchcase(grid.sheet.casefold(), mapping.read.sheet.casefold()):
        return Miss(0, mapping.name, "another sheet")
    rows = islice(zip(headers, told, strict=True), mapping.read.header_within)
    header, lacking = _nearest_header(rows, required)
    nearness = 1 - len(lacking) / max(_required_count(mapping), len(lacking))
    if header is None or lacking:
        return Miss(nearness, mapping.name, f"lacks {', '.join(dict.fromkeys(lacking))}")
    titles = tuple(cell for row in headers if row.line < header.line for cell in row.cells if cell)
    below = [row for row in head if row.line > header.line and not all(map(is_blank, row.cells))]
    reason = _mismatch(mapping, file_name, titles, _cells_by_key(header, below[:1]))
    return Miss(nearness, mapping.name, reason) if reason else Found(mapping, grid, header, titles)


def _nearest_header(
    rows: Iterable[tuple[Header, frozenset[str]]], required: Sequence[Required]
) -> tuple[Header | None, tuple[str, ...]]:
    """Return the row that lacks least, and what; a row comes with those of its keys that any mapping asks for."""
    best: tuple[Header | None, tuple[str, ...]] = (None, tuple(each.told for each in required))
    for header, keys in rows:
        if not keys:  # by far the most rows: those of records, and all rows at a wrong delimiter
            continue
        lacking = tuple(each.told for each in required if not each.is_met(keys))
        if len(lacking) < len(best[1]):
            best = header, lacking
        if not lacking:
            break
    return best


def _required(mapping: ExportMapping, home_currency: str) -> tuple[Required, ...]:
    required: list[Required] = []
    for column in mapping.columns.values():
        if column.column != "required":
            continue
        if column.join:
            required += [Required((frozenset({heading_key(heading)}),), heading) for heading in column.join]
        else:
            headings = headings_of(column, home_currency)
            ways = [[heading] for heading in headings]
            ways += [[*column.otherwise.start, *column.otherwise.end]] if column.otherwise else []
            told = " or ".join(" and ".join(way) for way in ways)
            required.append(Required(tuple(frozenset(map(heading_key, way)) for way in ways), told))
    return tuple(required)


def _cells_by_key(header: Header, rows: Sequence[RawRow]) -> Mapping[str, str]:
    return {key: as_text(cell) for row in rows for key, cell in zip(header.keys, row.cells, strict=False)}


def _mismatch(mapping: ExportMapping, file_name: str, titles: Sequence[str], first_row: Mapping[str, str]) -> str:
    match = mapping.match
    if match.file and not any(fnmatchcase(file_name.casefold(), pattern.casefold()) for pattern in match.file):
        return f"the file's name fits none of {', '.join(match.file)}"
    if match.title and not any(re.search(match.title, title) for title in titles):
        return f"no title fits {match.title}"
    for heading, pattern in match.first_row.items():
        cell = first_row.get(heading_key(heading))
        if cell is not None and not re.search(pattern, cell):
            return f"{heading} of the first row does not fit {pattern}"
    return ""


def why_not(misses: Sequence[Miss]) -> tuple[str, ...]:
    """Return the mappings that came nearest and what each lacks, best first; none where no heading is known."""
    nearest: dict[str, Miss] = {}
    for miss in misses:
        if miss.name not in nearest or miss.nearness > nearest[miss.name].nearness:
            nearest[miss.name] = miss
    ranked = sorted(nearest.values(), key=lambda miss: (-miss.nearness, miss.name))
    return tuple(f"{miss.name}: {miss.reason}" for miss in ranked[:_NEAREST] if miss.nearness > 0)
