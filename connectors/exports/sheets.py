"""Read the visible sheets of a workbook (`.xlsx`, `.xls`, `.ods`) whole, with python-calamine."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO

from connectors.exports.archive import MAX_RATIO, opened_zip
from connectors.exports.cells import CellIn
from connectors.exports.source import ZIP, FileFaultError, RawRow, Source
from connectors.exports.workbook_parts import FAILED_FORMULA, Place, cells_without_value

MAX_WORKBOOK_BYTES = 512 << 20
"""Most bytes of a workbook when unpacked: it is held in memory."""

_SMALL_BYTES = 1 << 20
"""What a workbook may have unpacked however well it is packed."""


@dataclass(frozen=True, slots=True)
class SheetGrid:
    """One sheet of a workbook, in memory."""

    sheet: str
    cells: Sequence[Sequence[CellIn]]
    reader: str = "table"
    is_text: bool = False

    def rows(self, *, strict: bool) -> Iterator[RawRow]:  # noqa: ARG002  a workbook has no quotes
        """Yield the rows of the sheet."""
        for number, cells in enumerate(self.cells, start=1):
            yield RawRow(number, cells)


def open_sheets(source: Source) -> tuple[SheetGrid, ...]:
    """Return the visible sheets of a workbook.

    Raises:
        FileFaultError: damaged, cut, protected, too large, or no workbook at all.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    without_value = _looked_through(source.stream)
    source.stream.seek(0)
    try:
        with CalamineWorkbook.from_filelike(source.stream) as book:
            shown = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
            ]
            # leading blank rows and columns stay, so that a row keeps its number
            tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in shown}
    except CalamineError as error:
        raise FileFaultError(
            "not a workbook that can be read: damaged, protected, or of another kind", "Save it as XLSX or CSV."
        ) from error
    for name, table in tables.items():
        for row, column in without_value.get(name, ()):
            _put(table, row, column)
    return tuple(SheetGrid(name, cells) for name, cells in tables.items())


def _put(cells: list[list[CellIn]], row: int, column: int) -> None:
    """Show a failed formula as text: read as blank, it would pass for a cell that nobody filled."""
    cells += [[] for _ in range(row - len(cells))]
    cells[row - 1] += [""] * (column - len(cells[row - 1]))
    cells[row - 1][column - 1] = FAILED_FORMULA


def _looked_through(stream: FileIO) -> Mapping[str, Sequence[Place]]:
    """Return sheet -> cells without a value, once a packed workbook is known to be whole and of a sane size."""
    stream.seek(0)
    if stream.read(len(ZIP)) != ZIP:
        return {}
    with opened_zip(stream, FileFaultError("the workbook is cut or damaged")) as archive:
        _check_size(archive.infolist())
        if archive.testzip() is not None:
            raise FileFaultError("the workbook is damaged")
        return cells_without_value(archive)


def _check_size(members: Sequence[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if unpacked > min(MAX_WORKBOOK_BYTES, max(MAX_RATIO * packed, _SMALL_BYTES)):
        raise FileFaultError(f"{unpacked:,} bytes unpacked, too many for this workbook", "Export as CSV.")
