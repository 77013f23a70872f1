"""Open one file and give its rows: the same bytes that the content hash speaks of, in bounded memory.

Text files are read line by line. Their encoding is a byte-order mark, else UTF-16 by its zero bytes, else UTF-8 if all
bytes are valid, else windows-1252. Workbooks are opened here and read in `sheets`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import IO, Literal, Protocol

from connectors.exports.cells import CellIn
from connectors.exports.reading import Problem

MAX_TEXT_BYTES = 4 << 30

_CHUNK_BYTES = 1 << 18
"""Small enough to stay near the processor while it is looked at several times."""
_MAX_LINE_CHARACTERS = 1 << 20
_MAX_COLUMNS = 1 << 14
_HEAD_BYTES = 4096
_UTF_16_ZERO_SHARE = 0.2
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WEB_PAGE = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*>\s*)?(?:(?P<html><(?:!doctype\s+html|html|head|meta|style|table)\b)|<\?mso-application\b)",
    re.IGNORECASE,
)
"""How the two kinds of text begin that packages write and call `.xls`."""
_END_CELLS = ["\x00end of", "file\x00"]
_REPLACED = "\ufffd"
_EXPORT_AGAIN = "Export the file again and replace this one."


class FileFaultError(Exception):
    """The file as a whole cannot be taken."""

    def __init__(self, what: str, remedy: str = _EXPORT_AGAIN, *, line: int = 0, column: str = "") -> None:
        self.problem = Problem(line, column, "", what, remedy)
        super().__init__(what)


class LooseQuotesError(FileFaultError):
    """The quotes of a text file do not follow the rules; a lenient reading may still make sense of it."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands.

    Attributes:
        line: first line of the row in the file, or row of the sheet, from 1.
        is_unended: the file stops behind this row without a line break, so its last cell may be cut.
    """

    line: int
    cells: Sequence[CellIn]
    is_unended: bool = False


class Grid(Protocol):
    """A table of cells that can be read from the top any number of times."""

    @property
    def reader(self) -> str:
        """Which reader made it, as mappings name it (`mapping.Reader`)."""
        ...

    @property
    def sheet(self) -> str:
        """Name of the sheet, empty for a text file."""
        ...

    @property
    def is_text(self) -> bool:
        """Whether it is a text file, which can be cut unseen."""
        ...

    def rows(self, *, strict: bool) -> Iterator[RawRow]:
        """Yield the rows in order; `strict` raises `LooseQuotesError` where quotes break the rules."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its content hash, and what its bytes say of its form.

    Attributes:
        path: what the file is called; inside an archive, its name there below that of the archive.
        encoding: of the text; empty for a workbook.
        is_ended: the text ends with a line break.
        size: bytes of the file.
        quotes: double quotes in it, as bytes.
        line_end: the one way in which its lines end; empty: they end in several.
    """

    path: Path
    stream: FileIO
    sha256: str
    encoding: str
    is_ended: bool
    size: int = 0
    quotes: int = 0
    line_end: str = ""

    @property
    def is_workbook(self) -> bool:
        """Whether this is a workbook."""
        return not self.encoding


@contextmanager
def open_source(path: Path, *, max_bytes: int = MAX_TEXT_BYTES) -> Iterator[Source]:
    """Open a file, and make sure on leaving that nobody wrote to it meanwhile.

    Raises:
        FileFaultError: unreadable, empty, too large, neither text nor workbook, or still being written.
    """
    try:
        # unbuffered: text is read anew through the same descriptor, whose position must be the true one
        with path.open("rb", buffering=0) as stream:
            before = os.fstat(stream.fileno())
            if before.st_size > max_bytes:
                raise FileFaultError(f"{before.st_size:,} bytes, more than {max_bytes:,}", "Split the export by month.")
            yield measured(path, stream)
            after = path.stat()
    except OSError as error:
        raise FileFaultError(f"cannot be read: {error.strerror}", "Let us read the file.") from error
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino):
        raise FileFaultError("the file changed while it was read: it is still being written", "Wait, then run again.")


def measured(path: Path, stream: FileIO) -> Source:
    """Return an open file with its hash and the form of its bytes.

    Raises:
        FileFaultError: empty, cut, or neither text nor workbook.
    """
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    head, tail, is_utf_8, has_zeros = b"", b"", True, False
    size, quotes, ends = 0, 0, Counter[str]()
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
        size, quotes = size + len(chunk), quotes + chunk.count(b'"')
        ends.update(_line_ends(chunk, tail))
        head, tail = head or chunk[:_HEAD_BYTES], (tail + chunk[-4:])[-4:]
        is_utf_8 = is_utf_8 and _decodes(decoder, chunk)
        has_zeros = has_zeros or b"\0" in chunk
    if not head:
        raise FileFaultError("the file is empty")
    encoding = "" if head.startswith((ZIP, _OLE)) else _encoding(head, is_utf_8=is_utf_8, has_zeros=has_zeros)
    if encoding and (page := _WEB_PAGE.match(head.decode(encoding, "replace"))):
        kind = "a web page" if page["html"] else "a workbook in the XML of Excel 2003"
        raise FileFaultError(f"{kind}, whatever its name says", "Open it in a spreadsheet and save it as XLSX.")
    if encoding == "utf-8" and is_utf_8 and not _decodes(decoder, b"", final=True):
        raise FileFaultError("the file stops in the middle of a character: it was cut")
    is_ended = bool(encoding) and tail.decode(encoding, "replace").endswith(("\n", "\r"))
    line_end = next(iter(+ends)) if len(+ends) == 1 else ""
    return Source(path, stream, digest.hexdigest(), encoding, is_ended, size, quotes, line_end)


def _line_ends(chunk: bytes, before: bytes) -> dict[str, int]:
    """Count the line ends of a chunk by their kind, one LF for all where there are no CR; a parted CRLF is one."""
    if b"\r" not in chunk and not before.endswith(b"\r"):
        return {"\n": b"\n" in chunk}
    pairs = chunk.count(b"\r\n") + (before.endswith(b"\r") and chunk.startswith(b"\n"))
    return {"\r\n": pairs, "\n": chunk.count(b"\n") - pairs, "\r": chunk.count(b"\r") - pairs}


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes, *, is_utf_8: bool, has_zeros: bool) -> str:
    marked = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "")
    encoding = marked or _utf_16_unmarked(head) or ("utf-8" if is_utf_8 else "cp1252")
    if has_zeros and not encoding.startswith("utf-16"):
        raise FileFaultError("holds zero bytes: damaged, or neither text nor a workbook", "Export as CSV or XLSX.")
    return encoding


def _utf_16_unmarked(head: bytes) -> str:
    """Return the form of UTF-16 whose zero bytes stand in the head, all but a few on one side; empty: none."""
    high, low = head[0::2].count(0), head[1::2].count(0)
    if high + low < _UTF_16_ZERO_SHARE * len(head) or min(high, low) > _UTF_16_ZERO_SHARE * max(high, low):
        return ""
    return "utf-16-le" if low > high else "utf-16-be"


@dataclass(frozen=True, slots=True)
class TextGrid:
    """A text file read with one delimiter.

    Attributes:
        skip_lines: lines above the table that are no rows (`sep=;`).
        errors: what becomes of bytes that the encoding does not know, as `open` names it.
    """

    source: Source
    encoding: str
    delimiter: str
    skip_lines: int = 0
    reader: str = "table"
    sheet: str = ""
    is_text: bool = True
    errors: Literal["strict", "replace"] = "strict"

    def rows(self, *, strict: bool) -> Iterator[RawRow]:
        """Yield the rows, each with its first line; see `Grid.rows`.

        Raises:
            LooseQuotesError: strict, and a quote stands where none may.
            FileFaultError: bytes that the encoding does not know, a quote never closed, or an endless line.
        """
        reader = csv.reader(lines_of(self), delimiter=self.delimiter, strict=strict)
        held: RawRow | None = None
        first_line = self.skip_lines + 1
        try:
            for cells in reader:
                _check_width(cells, first_line)
                if held is not None:
                    is_last = cells == _END_CELLS
                    yield RawRow(held.line, held.cells, is_unended=is_last and not self.source.is_ended)
                held = RawRow(first_line, cells)
                first_line = self.skip_lines + reader.line_num + 1
        except (csv.Error, UnicodeDecodeError, FileFaultError) as error:
            if held is not None:
                yield held  # it is whole: what is wrong stands behind it
            raise _row_fault(self, error, first_line) from error
        if held is not None and held.cells != _END_CELLS:
            raise FileFaultError("a quote is opened and never closed: the file was cut", line=held.line)


def _check_width(cells: Sequence[str], line: int) -> None:
    if len(cells) > _MAX_COLUMNS:
        raise FileFaultError(f"more than {_MAX_COLUMNS:,} columns", "Export as CSV or XLSX.", line=line)


def _row_fault(grid: TextGrid, error: Exception, line: int) -> FileFaultError:
    """Return what is wrong with the row that begins on a line, in words for the people who exported it."""
    if isinstance(error, FileFaultError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return _unknown_byte(grid)
    if "field limit" in str(error):
        return FileFaultError("a cell without end: is a quote opened and never closed?", line=line)
    return LooseQuotesError(f"not a sound table: {error}", line=line)


def _unknown_byte(grid: TextGrid) -> FileFaultError:
    """Find the line again: text is decoded in blocks, so the reader does not know it."""
    lines = enumerate(lines_of(replace(grid, errors="replace")), start=grid.skip_lines + 1)
    number = next((number for number, line in lines if _REPLACED in line), 0)
    what = f"a byte that {grid.encoding} does not know"
    return FileFaultError(what, "Export again, as UTF-8; or set `encoding` in a mapping of your own.", line=number)


def lines_of(grid: TextGrid) -> Iterator[str]:
    """Yield the lines of a table with their ends, and one more that only arrives as such if all quotes are closed.

    Raises:
        FileFaultError: an endless line.
    """
    grid.source.stream.seek(0)
    # by its number: the very file that was hashed, whatever the path may name by now
    with open(
        grid.source.stream.fileno(), encoding=grid.encoding, errors=grid.errors, newline="", closefd=False
    ) as text:
        yield from _capped_lines(text, skip=grid.skip_lines)
    yield grid.delimiter.join(_END_CELLS)  # arrives as two cells of a row unless a quote is still open


def _capped_lines(text: IO[str], *, skip: int) -> Iterator[str]:
    number = 0
    while line := text.readline(_MAX_LINE_CHARACTERS):
        number += 1
        if len(line) == _MAX_LINE_CHARACTERS:
            raise FileFaultError("a line without end", "Export as CSV or XLSX.", line=number)
        if number > skip:
            yield line.removeprefix("\ufeff") if number == 1 else line
