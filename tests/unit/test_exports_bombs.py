"""Files made to take all memory are refused with the reason, in a process that may not take much."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.fuzz.targets import AROUND, CASH, SHEET, STRINGS, zipped

CONFIG = Path(__file__).parents[2] / "config" / "exports"
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
MOST_BYTES = 1 << 30
"""Address space of the process that reads them: beyond it, memory is refused, and the process ends."""
CHILD = """\
import json, resource, sys
from pathlib import Path
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file

mappings, most = load_mappings(Path(sys.argv[1])), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (most, most))
for name in sys.argv[3:]:
    reading = read_file(Path(name), mappings, home_currency="EUR")
    problem = reading.problems[0] if reading.problems else None
    print(json.dumps([reading.status, problem and problem.what, problem and problem.remedy]), flush=True)
"""


def book(*, sheet=SHEET, strings=STRINGS, compression=zipfile.ZIP_DEFLATED, **more):
    parts = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": strings}
    return zipped(AROUND | parts | more, compression=compression)


def sheet_with(rows):
    return SHEET.replace("</sheetData>", f"{rows}</sheetData>")


def cell(place):
    row = "".join(letter for letter in place if letter.isdigit())
    return f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row>'


def overlapping():
    """Return a workbook of many parts that are all the same bytes of the archive."""
    data = book(pad="\0" * (4 << 20))
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    last = data.rindex(b"PK\x01\x02")
    directory = data[start:end] + data[last:end] * 200
    count = struct.pack("<HH", 206, 206)
    return data[:start] + directory + data[end : end + 8] + count + struct.pack("<II", len(directory), start) + b"\0\0"


def text_of(name):
    return (SAMPLES / name).read_bytes().rstrip()


def audit_file_with(name, inside):
    whole = text_of(name)
    end = whole.rindex(b"</")
    return whole[:end] + inside + whole[end:]


def with_doctype(name):
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]>'.encode()
    start = text_of(name).index(b"<", 5)
    return text_of(name)[:start] + doctype + text_of(name)[start:].replace(b"2026", b"&e9;", 1)


ZIP_TEXT = "0" * (64 << 20)
BOMBS = {
    "ratio.zip": (
        lambda: zipped({"cash.csv": ZIP_TEXT}, compression=zipfile.ZIP_DEFLATED),
        "too many for this archive",
    ),
    "nested.zip": (lambda: zipped({"a.zip": zipped({"cash.csv": CASH})}), "inside an archive"),
    "many.zip": (lambda: zipped({f"{n}.csv": "" for n in range(5000)}), "more than 100 files"),
    "far.xlsx": (lambda: book(sheet=sheet_with(cell("XFD1048576"))), "too many for a workbook"),
    "far-row.xlsx": (lambda: book(sheet=sheet_with(cell("Z1048576"))), "too many for a workbook"),
    "beyond.xlsx": (lambda: book(sheet=sheet_with(cell("A9999999999"))), "row 9999999999 behind row 3"),
    "failed.xlsx": (
        lambda: book(sheet=sheet_with('<row r="9999999"><c r="XFD9999999" t="e"/></row>')),
        "too many for a workbook",
    ),
    "sheet.xlsx": (lambda: book(sheet=sheet_with("<row/>" * (8 << 20))), "too many for this workbook"),
    "strings.xlsx": (lambda: book(strings=STRINGS.replace("</sst>", "<si/>" * (8 << 20) + "</sst>")), "bytes unpacked"),
    "overlapping.xlsx": (overlapping, "too many for this workbook"),
    "cell.xlsx": (
        lambda: book(strings=STRINGS.replace("day", "x" * (32 << 20)), compression=zipfile.ZIP_STORED),
        "a cell without end",
    ),
    "entities.xlsx": (
        lambda: book(sheet=SHEET.replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet')),
        "declares a document type",
    ),
    "line.csv": (lambda: CASH.encode() + b"x" * (32 << 20), "a line without end"),
    "cell.csv": (lambda: CASH.encode() + b'"' + b"x\n" * (4 << 20), "a cell without end"),
    "columns.csv": (lambda: b"day,balance" + b"\n2026-01-31,1" + b"," * 1_000_000 + b"\n", "more than 16,384 columns"),
    "entities.xaf": (lambda: with_doctype("xaf-auditfile.xaf"), "document type"),
    "entities-pt.xml": (lambda: with_doctype("saft-pt-invoices.xml"), "document type"),
    "entities-no.xml": (lambda: with_doctype("saft-no-ledger.xml"), "document type"),
    "deep.xaf": (lambda: audit_file_with("xaf-auditfile.xaf", b"<a>" * 500_000), "nesting deeper than 32"),
    "deep-pt.xml": (lambda: audit_file_with("saft-pt-invoices.xml", b"<a>" * 500_000), "nested without end"),
    "deep-no.xml": (lambda: audit_file_with("saft-no-ledger.xml", b"<a>" * 500_000), "nested without end"),
    "text.xaf": (lambda: audit_file_with("xaf-auditfile.xaf", b"<a>" + b"x" * (24 << 20) + b"</a>"), "longer than"),
    "text-pt.xml": (
        lambda: audit_file_with("saft-pt-invoices.xml", b"<a>" + b"x" * (24 << 20) + b"</a>"),
        "damaged or cut",
    ),
}
"""Name of the file -> how it is made, and what it is refused for."""


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """Read all of them in one process, one after the other."""
    folder = tmp_path_factory.mktemp("bombs")
    for name, (make, _) in BOMBS.items():
        (folder / name).write_bytes(make())
    command = [sys.executable, "-c", CHILD, str(CONFIG), str(MOST_BYTES), *(str(folder / name) for name in BOMBS)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    return dict(zip(BOMBS, map(json.loads, told.stdout.splitlines()), strict=False)), told.stderr


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_reason_in_bounded_memory(readings, name):
    read, errors = readings
    assert name in read, errors
    status, what, remedy = read[name]

    assert (status, BOMBS[name][1] in what, bool(remedy)) == ("refused", True, True), what
