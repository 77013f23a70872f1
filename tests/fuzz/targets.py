"""The ways of reading files that are fuzzed: what each starts from, and what becomes of an input."""

import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from connectors.exports.loading import MappingError, load_mappings
from connectors.exports.mapping import Mapping
from connectors.exports.reader import read_file
from connectors.exports.reading import FileReading, ReadingStatus
from tests.fuzz.laws import check_reading

FOLDER = Path(__file__).parents[2] / "config" / "exports"
CASH = "day,balance,currency\n2026-01-31,12.50,EUR\n2026-02-28,-3.00,\n"
NAMESPACE = "http://schemas.openxmlformats.org"
SHEET = f"""\
<worksheet xmlns="{NAMESPACE}/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>
<c r="C1" t="inlineStr"><is><t>currency</t></is></c></row>
<row r="2"><c r="A2"><v>46053</v></c><c r="B2"><f>1+1</f><v>2.5</v></c><c r="C2" t="str"><v>EUR</v></c></row>
<row r="3"><c r="A3" t="d"><v>2026-02-28</v></c><c r="B3"><v>-3</v></c></row>
</sheetData></worksheet>"""
STRINGS = f"""\
<sst xmlns="{NAMESPACE}/spreadsheetml/2006/main"><si><t>day</t></si><si><r><t>bal</t></r><r><t>ance</t></r></si>
</sst>"""
RELATED = f"{NAMESPACE}/officeDocument/2006/relationships"


def relations(**targets: str) -> str:
    """Return the part that says where other parts are: kind -> member."""
    listed = (f'<Relationship Id="{kind}" Type="{RELATED}/{kind}" Target="{to}"/>' for kind, to in targets.items())
    return f'<Relationships xmlns="{NAMESPACE}/package/2006/relationships">{"".join(listed)}</Relationships>'


AROUND = {
    "[Content_Types].xml": f'<Types xmlns="{NAMESPACE}/package/2006/content-types"/>',
    "_rels/.rels": relations(officeDocument="xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}/spreadsheetml/2006/main" xmlns:r="{RELATED}">'
    '<sheets><sheet name="Cash" sheetId="1" r:id="worksheet"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": relations(worksheet="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml"),
}
"""What a workbook needs beside its sheet and its strings."""
PARTED = b"\0"
"""Between sheet and strings in the input of the workbook's target: no XML holds it."""


@dataclass(frozen=True, slots=True)
class Target:
    """One way of reading: inputs to start from, and the check that an input must stand."""

    seeds: Callable[[], list[bytes]]
    check: Callable[[bytes], None]


@cache
def shipped(*readers: str) -> tuple[Mapping, ...]:
    """Return the shipped mappings, or those of some readers: fewer are tried faster."""
    return tuple(each for each in load_mappings(FOLDER) if not readers or each.read.reader in readers)


@cache
def cash() -> tuple[Mapping, ...]:
    return tuple(mapping for mapping in shipped() if mapping.name == "own-cash")


def read(data: bytes, name: str, mappings: tuple[Mapping, ...], *, large_from: int = 1 << 40) -> FileReading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        reading = read_file(path, mappings, home_currency="EUR", accept_unverified=True, large_from=large_from)
        check_reading(reading, data)
        return reading


def check_text(data: bytes) -> None:
    """Read a table row by row; what is accepted must be read alike column by column, which one in eight has to show."""
    by_row = read(data, "file.csv", shipped())
    if by_row.status is ReadingStatus.ACCEPTED and zlib.crc32(data) % 8 == 0:
        by_column = read(data, "file.csv", shipped(), large_from=0)
        assert (list(by_column.records), by_column.warnings) == (list(by_row.records), by_row.warnings)


def check_audit_file(data: bytes) -> None:
    read(data, "file.xml", shipped("xaf", "saft"))


def check_datev(data: bytes) -> None:
    read(data, "EXTF_Buchungsstapel.csv", shipped("datev"))


def check_archive(data: bytes) -> None:
    read(data, "file.zip", cash())


def check_workbook(data: bytes) -> None:
    """Read a workbook whose archive is sound, and whose sheet and strings are the input."""
    sheet, _, strings = data.partition(PARTED)
    read(workbook(sheet, strings), "file.xlsx", cash())


def check_mapping(data: bytes) -> None:
    """Load a mapping; one that is sound reads a table, and any other is refused in words."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "own.toml").write_bytes(data)
        try:
            own = load_mappings(Path(folder))
        except MappingError:
            return
    read(CASH.encode(), "file.csv", own)


def workbook(sheet: bytes, strings: bytes) -> bytes:
    parts = AROUND | {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings}
    return zipped(parts)


def zipped(members: dict[str, str | bytes], *, compression: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def examples(*readers: str) -> Iterator[bytes]:
    """Yield the embedded examples of the mappings that have one of these readers."""
    for mapping in shipped(*readers):
        yield from (example.text.encode() for example in mapping.test if example.text is not None)


def archives() -> list[bytes]:
    whole = workbook(SHEET.encode(), STRINGS.encode())
    packed = [zipped({"cash.csv": CASH}, compression=way) for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    return [*packed, whole, zipped({"a/": "", "a/cash.csv": CASH, "__MACOSX/a/._cash.csv": "\0"})]


TARGETS = {
    "text": Target(lambda: list(examples("table")), check_text),
    "datev": Target(lambda: list(examples("datev")), check_datev),
    "audit-file": Target(lambda: list(examples("xaf", "saft")), check_audit_file),
    "workbook": Target(lambda: [SHEET.encode() + PARTED + STRINGS.encode()], check_workbook),
    "archive": Target(archives, check_archive),
    "mapping": Target(lambda: [path.read_bytes() for path in sorted(FOLDER.glob("*.toml"))], check_mapping),
}
