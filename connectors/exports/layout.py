"""Part the text of a plain table into cells, once, and store them beside what DuckDB takes them for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.detect import Header
from connectors.exports.frames import quoted, scanned
from connectors.exports.parts import write_part
from connectors.exports.source import TextGrid

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LONGEST_LINE = 131_072
"""The csv module refuses a cell beyond this."""

LINE_ENDS = {"\n": r"'\n'", "\r\n": r"'\r\n'"}
"""Ends of lines, as DuckDB wants to be told."""

_QUOTE, _BREAK = "chr(34)", "chr(10)"
_NOTHING_GUESSED = "auto_detect = false, strict_mode = true, compression = 'none', hive_partitioning = false"


class NotPlainError(Exception):
    """The file is for the row-by-row path."""


def lay_out(
    connection: DuckDBPyConnection,
    path: Path,
    grid: TextGrid,
    header: Header,
    *,
    places: Iterable[int],
    values: Sequence[str],
    texts: Mapping[int, str],
) -> bool:
    """Store the values and the cells, a row for each row below the headings, and show them as `cells`.

    The view has the values, the cells that are read as c0, c1, ... by their places (blank, never null), and `line`.
    Every byte of the text must be found again, in a cell or as a mark between cells: DuckDB passes over blank lines
    and over blanks beside quotes, which the csv module does not.

    Args:
        connection: gets the view.
        path: where they are stored, as Parquet.
        grid: the text.
        header: the headings; the first line of the table.
        places: of the cells that are read.
        values: SQL of the values, of c0, c1, ... (null where blank), each with its name.
        texts: place -> the value that is nothing but this cell, null where blank; it is not stored twice.

    Returns:
        Whether a cell spans lines.

    Raises:
        NotPlainError: bytes are missing.
        duckdb.Error: quotes are loose, or a row has not as many cells as the headings.
    """
    above = _lines_above(grid, header.line)
    cells = {place: f"coalesce({texts.get(place, f'c{place}')}, '')" for place in sorted({*places})}
    stored = [*values, *(f"{cell} AS c{place}" for place, cell in cells.items() if place not in texts)]
    unread = ["''", *(f"c{place}" for place in range(len(header.cells)) if place not in cells)]
    rest = f"SELECT *, concat({', '.join(unread)}) AS rest FROM {_text(grid, header)}"  # noqa: S608  ours or quoted
    query = f"SELECT {', '.join(stored)}, {_size('rest')} AS size, {_breaks('rest')} AS breaks FROM ({rest})"  # noqa: S608  ours
    write_part(connection, path, query)
    draft = f"read_parquet({scanned(path)}, file_row_number = true, hive_partitioning = false)"
    size = " + ".join(("sum(size)", *(f"sum({_size(cell)})" for cell in cells.values())))
    breaks = " + ".join(("breaks", *map(_breaks, cells.values())))
    sums = connection.execute(f"SELECT count(*), {size}, sum({breaks}) FROM {draft}").fetchall()[0]  # noqa: S608  quoted
    rows, found, broken = (int(number or 0) for number in sums)
    marks = rows * ((len(header.cells) - 1) * len(grid.delimiter.encode()) + len(grid.source.line_end))
    quotes = grid.source.quotes - above.count(b'"')  # round cells and in them: sizes are without
    if len(above) + found + marks + quotes != grid.source.size:
        raise NotPlainError
    line = f"file_row_number + {header.line + 1}"
    if broken:
        line += f" + sum({breaks}) OVER (ORDER BY file_row_number ROWS UNBOUNDED PRECEDING) - ({breaks})"
    shown = "".join(f"{cells[place]} AS c{place}, " for place in texts if place in cells)
    connection.execute(f"CREATE VIEW cells AS SELECT *, {shown}{line} AS line FROM {draft}")  # noqa: S608  quoted
    return broken > 0


def _lines_above(grid: TextGrid, count: int) -> bytes:
    """Return the lines down to the headings, which must end with them.

    Raises:
        NotPlainError: the headings have a line break in a cell, or nothing stands below them.
    """
    below = next(islice(grid.rows(strict=True), 1, None), None)
    if below is None or below.line != count + 1:
        raise NotPlainError
    grid.source.stream.seek(0)
    return b"".join(grid.source.stream.readline() for _ in range(count))


def _text(grid: TextGrid, header: Header) -> str:
    """Return the SQL of the rows below the headings: a text column c0, c1, ... for each heading."""
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(header.cells)))
    quotes = (
        f"delim = {quoted(grid.delimiter)}, quote = '\"', escape = '\"', new_line = {LINE_ENDS[grid.source.line_end]}"
    )
    place = f"header = false, skip = {header.line}, max_line_size = {_LONGEST_LINE}, columns = {{{types}}}"
    return f"read_csv({scanned(grid.source.path.absolute())}, {quotes}, {place}, {_NOTHING_GUESSED})"


def _size(text: str) -> str:
    """Return the SQL of the bytes of a text without its quotes; few texts have any, and looking is cheaper."""
    return f"CASE WHEN contains({text}, {_QUOTE}) THEN strlen(replace({text}, {_QUOTE}, '')) ELSE strlen({text}) END"


def _breaks(text: str) -> str:
    """Return the SQL of the number of line breaks in a text."""
    return (
        f"CASE WHEN contains({text}, {_BREAK}) THEN strlen({text}) - strlen(replace({text}, {_BREAK}, '')) ELSE 0 END"
    )
