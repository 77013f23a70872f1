"""Find the cells of an XLSX workbook whose formula failed (`#REF!`) or was never computed.

python-calamine gives both as blank, like a cell that nobody filled. The sheets are looked through as bytes, by the
elements and attributes of ECMA-376 part 1, 18.3.1.4 (cells) and 18.2.19 (sheets).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from html import unescape
from io import FileIO
from posixpath import join, normpath

FAILED_FORMULA = "#formula without a value"

_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ERROR = re.compile(rb"<(?:\w+:)?c\s[^>]*\bt=[\"']e[\"'][^>]*>")
_FORMULA_ALONE = re.compile(
    rb"<(?:\w+:)?c\s[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(r"([A-Z]+)([0-9]+)")
_LETTERS = 26


def cells_without_value(stream: FileIO) -> Iterator[tuple[str, int, int]]:
    """Yield sheet, row and column (from 1) of each such cell; none for a workbook of another kind than XLSX."""
    stream.seek(0)
    if not zipfile.is_zipfile(stream):
        return
    with zipfile.ZipFile(stream) as archive:
        members = set(archive.namelist())
        if "xl/workbook.xml" not in members or "xl/_rels/workbook.xml.rels" not in members:
            return
        for name, member in _sheet_members(archive).items():
            if member in members:
                for cell in _failed(archive.read(member)):
                    yield name, *cell


def _sheet_members(archive: zipfile.ZipFile) -> dict[str, str]:
    relations = [_attributes(tag) for tag in _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels"))]
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
    sheets = [_attributes(tag) for tag in _SHEET.findall(_text(archive, "xl/workbook.xml"))]
    return {
        sheet.get("name", ""): normpath(join("/xl", targets.get(sheet.get("r:id", ""), "")))[1:] for sheet in sheets
    }


def _failed(sheet: bytes) -> Iterator[tuple[int, int]]:
    for found in (*_ERROR.findall(sheet), *_FORMULA_ALONE.findall(sheet)):
        attributes = _attributes(found[: found.index(b">")].decode("utf-8", "replace"))
        place = _PLACE.fullmatch(attributes.get("r", ""))
        # a text formula may well come to an empty text
        if place and attributes.get("t") != "str":
            yield int(place[2]), _column_number(place[1])


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return number


def _attributes(tag: str) -> Mapping[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(tag)}


def _text(archive: zipfile.ZipFile, member: str) -> str:
    return archive.read(member).decode("utf-8", "replace")
