"""Look through the XML of a workbook before it is opened: damage, size, and cells whose formula has no value.

python-calamine is lenient where a reader of books must not be: it passes over end tags that do not fit, takes a cell
wherever its place says, and shows a formula that failed or was never computed as blank. And it lays out every cell up
to the last one, so that one far away takes all memory. Elements and attributes are those of ECMA-376 part 1, 18.3.1.4
(cells), 18.3.1.73 (rows) and 18.2.19 (sheets).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from posixpath import join, normpath
from typing import TypeAlias
from xml.parsers import expat

from connectors.exports.source import FileFaultError

FAILED_FORMULA = "#formula without a value"
MAX_CELLS = 1 << 24
"""Most cells of a sheet, blank ones too: a million rows of sixteen columns."""

Place: TypeAlias = tuple[int, int]
"""Row and column, from 1."""

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_READ = re.compile(r"(?!META-INF/|docProps/|customXml/).*\.(?:xml|rels)")
_CHUNK_BYTES = 1 << 20
_MAX_TEXT_BYTES = 1 << 20
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_CELL_ATTRIBUTES = frozenset({"r", "s", "t", "cm", "vm", "ph"})
_CELL_TYPES = frozenset({"", "b", "d", "e", "inlineStr", "n", "s", "str"})
_ROW = re.compile(r"[1-9][0-9]{0,6}")
_PLACE = re.compile(rf"([A-Z]{{1,3}})({_ROW.pattern})")
_LETTERS = 26
_SAVE_AGAIN = "Open it in a spreadsheet, look it through, and save it as XLSX or CSV."


def cells_without_value(archive: zipfile.ZipFile) -> dict[str, list[Place]]:
    """Return sheet -> cells whose formula failed (`#REF!`) or was never computed; nothing for another kind than XLSX.

    Raises:
        FileFaultError: a part is not well-formed or declares a document type, or cells are out of order or too many.
    """
    members = [name for name in archive.namelist() if _READ.fullmatch(name)]
    sheets = _sheet_members(archive) if {_WORKBOOK, _RELATIONS} <= set(members) else {}
    without_value: dict[str, list[Place]] = {}
    for member in members:
        failed = _look_through(archive, member, is_sheet=member in sheets)
        if member in sheets:
            without_value[sheets[member]] = failed
    return without_value


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return member -> name of its sheet."""
    relations = [_attributes(tag) for tag in _RELATION.findall(_text(archive, _RELATIONS))]
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
    sheets = [_attributes(tag) for tag in _SHEET.findall(_text(archive, _WORKBOOK))]
    return {
        normpath(join("/xl", targets.get(sheet.get("r:id", ""), "")))[1:]: sheet.get("name", "") for sheet in sheets
    }


def _attributes(tag: str) -> Mapping[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}


def _text(archive: zipfile.ZipFile, member: str) -> str:
    return archive.read(member).decode("utf-8", "replace")


def _look_through(archive: zipfile.ZipFile, member: str, *, is_sheet: bool) -> list[Place]:
    """Return the cells of a part that have no value."""
    part = _Part(member, expat.ParserCreate(), is_sheet=is_sheet)
    part.parser.StartElementHandler = part.start
    part.parser.StartDoctypeDeclHandler = part.doctype
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                part.parser.Parse(chunk)
            part.parser.Parse(b"", True)  # noqa: FBT003  the end of the part
        part.check_text()
    except expat.ExpatError as error:
        raise _damage(member, str(error)) from error
    return part.failed


@dataclass(slots=True)
class _Part:
    """One part while it is looked through: millions of elements, so that only formulas are heeded to their end.

    Attributes:
        begun: byte at which the last element began. row, column: the cell begun last. width: last column of any row.
        failed: cells that have no value.
    """

    member: str
    parser: expat.XMLParserType
    is_sheet: bool
    begun: int = 0
    row: int = 0
    column: int = 0
    width: int = 0
    failed: list[Place] = field(default_factory=list)
    _type: str = ""
    _is_in_value: bool = False
    _has_value: bool = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element.

        Raises:
            FileFaultError: a text without end before it, or a row or a cell that stands where none may.
        """
        self.check_text()
        if not self.is_sheet:
            return
        match name.rpartition(":")[2]:
            case "c":
                self._open_cell(attributes)
            case "row":
                self._open_row(attributes.get("r"))
            case "v":
                self._is_in_value = True
            case "f":
                self._heed_formula()

    def check_text(self) -> None:
        """Refuse a text without end behind the element that began last.

        Raises:
            FileFaultError: there is one.
        """
        byte = self.parser.CurrentByteIndex
        if byte - self.begun > _MAX_TEXT_BYTES:
            raise _damage(self.member, "a cell without end")
        self.begun = byte

    def doctype(self, *_: object) -> None:
        """Refuse a document type.

        Raises:
            FileFaultError: always.
        """
        raise _damage(self.member, "declares a document type, which can hide harmful entities")

    def _open_row(self, stated: str | None) -> None:
        row = self.row + 1 if stated is None else int(stated) if _ROW.fullmatch(stated) else 0
        if row <= self.row:
            raise _damage(self.member, f"row {stated} behind row {self.row}")
        self.row, self.column = row, 0

    def _open_cell(self, attributes: Mapping[str, str]) -> None:
        stated, self._type = attributes.get("r"), attributes.get("t", "")
        row, column = (self.row, self.column + 1) if stated is None else _place(stated)
        if row != self.row or column <= self.column:
            raise _damage(self.member, f"cell {stated} behind column {self.column} of row {self.row}")
        if self._type not in _CELL_TYPES or not attributes.keys() <= _CELL_ATTRIBUTES:
            raise _damage(self.member, f"cell {stated} is of no known type")
        self.column, self._is_in_value = column, False
        self.width = max(self.width, column)
        if self.row * self.width > MAX_CELLS:
            what = f"{self.row:,} rows of {self.width:,} columns, too many for a workbook"
            remedy = "Export as CSV, or delete what stands far below or beside the table."
            raise FileFaultError(what, remedy, line=self.row)
        if self._type == "e":
            self.failed.append((self.row, self.column))

    def _heed_formula(self) -> None:
        self._has_value = False
        self.parser.CharacterDataHandler = self._take_text
        self.parser.EndElementHandler = self._end_formula

    def _take_text(self, text: str) -> None:
        self._has_value = self._has_value or (self._is_in_value and not text.isspace())

    def _end_formula(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "v":
            self._is_in_value = False
        if local != "c":
            return
        self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
        # a text formula may well come to an empty text
        if not self._has_value and self._type not in {"str", "e"}:
            self.failed.append((self.row, self.column))


def _place(stated: str) -> Place:
    """Return where a cell says that it stands, row 0 where it is nowhere."""
    found = _PLACE.fullmatch(stated)
    if found is None:
        return 0, 0
    return int(found[2]), _column_number(found[1])


@lru_cache(maxsize=1024)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def _damage(member: str, what: str) -> FileFaultError:
    return FileFaultError(f"the workbook is damaged in {member}: {what}", _SAVE_AGAIN)
