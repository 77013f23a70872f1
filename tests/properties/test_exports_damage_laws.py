"""One damaged place never gives a wrong record unseen.

A reading is refused, knows no mapping, or tells of something that was not odd before; else its records differ from the
undamaged ones only where an independent reader of the damaged file sees another text: in that very row and column. A
letter that became another letter inside a cell is all that a format without check sums cannot show.
"""

import io
import re
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
LEDGER_LINES = [mapping for mapping in SHIPPED if mapping.name == "own-gl-lines"]
AUDITED = [mapping for mapping in SHIPPED if mapping.read.reader in {"xaf", "saft"}]
FIELDS = {
    "line_date": "line_date",
    "gl_account": "gl_account",
    "party": "party",
    "supplier": "supplier",
    "reference": "reference",
    "amount": "amount_minor",
    "currency": "currency",
}
"""Heading -> column of the record."""
ROWS = [
    ["2026-01-31", "4400", "Käyttö Oy", "Print; works", "B-1", "60.00", "EUR"],
    ["2026-02-28", "4500", 'Say "hi"', "", "B-2", "-7.05", ""],
    ["2026-03-31", "0400", "NA", "Rail, west", "", "1234567.89", "USD"],
]


def written(delimiter=",", quote="", line_end="\n", encoding="utf-8"):
    def cell(text):
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if quote or set(text) & set(f'"{delimiter}') else text

    rows = [list(FIELDS), *ROWS]
    return "".join(delimiter.join(map(cell, row)) + line_end for row in rows).encode(encoding)


def read(data, name, mappings=SHIPPED):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read_file(path, mappings, home_currency="EUR")


def told(reading):
    return [(record.kind, record.values) for record in reading.records]


def is_unseen(reading, whole):
    """Tell whether a reading gives records, and nothing that people were not told before."""
    if reading.status is not ReadingStatus.ACCEPTED:
        assert not reading.records
        assert reading.problems or reading.why_not
        return False
    return {warning.what for warning in reading.warnings} <= {warning.what for warning in whole.warnings}


@st.composite
def damaged(draw, data):
    """Damage one place: another byte, one bit, a byte less or more, two bytes in the wrong order, a byte twice."""
    place = draw(st.integers(0, len(data) - 2))
    before, at, behind = data[:place], data[place : place + 1], data[place + 1 :]
    marks = st.sampled_from(sorted({bytes([byte]) for byte in b",;\t|\"'\n\r \0<>/&=-+.019aZ" + b"\xc3\xe4\xff"}))
    return draw(
        st.one_of(
            marks.map(lambda byte: before + byte + behind),
            marks.map(lambda byte: before + byte + at + behind),
            st.integers(0, 7).map(lambda bit: before + bytes([at[0] ^ (1 << bit)]) + behind),
            st.just(before + behind),
            st.just(before + behind[:1] + at + behind[1:]),
            st.just(before + at + at + behind),
        )
    )


def cells_of(text, delimiter):
    """Part a text into rows of cells as RFC 4180 says, blank rows left out; None where its quotes do not fit."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    mark = re.escape(delimiter)
    pattern = re.compile(
        rf'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>(?:[^"{mark}\n][^{mark}\n]*)?))(?P<end>{mark}|\n|\Z)'
    )
    rows, place = [[]], 0
    while place < len(text):
        cell = pattern.match(text, place)
        if cell is None:
            return None
        shown = cell["plain"] if cell["quoted"] is None else cell["quoted"].replace('""', '"')
        rows[-1].append(shown.strip())
        rows += [[]] if cell["end"] == "\n" else []
        place = cell.end()
    return [row for row in rows if any(row)]


def decoded(data):
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def differing(table: Sequence[Sequence[object]], other: Sequence[Sequence[object]]):
    """Return the rows and columns of the cells in which two tables differ; they must be of one shape."""
    assert [len(row) for row in table] == [len(row) for row in other]
    pairs = enumerate(zip(table, other, strict=True))
    return {(y, x) for y, rows in pairs for x, (one, two) in enumerate(zip(*rows, strict=True)) if one != two}


def check_records(reading, whole, touched):
    """Assert that the records differ only in the fields of the cells that differ."""
    assert len(reading.records) == len(whole.records)
    columns = list(FIELDS.values())
    for row, (record, true) in enumerate(zip(reading.records, whole.records, strict=True), start=1):
        allowed = {columns[x] for y, x in touched if y == row}
        allowed |= {"amount_minor"} if "currency" in allowed else set()  # the currency says how many digits are cents
        found = {name for name, value in record.values.items() if value != true.values[name]}
        assert found <= allowed, (row, found, allowed)


@cache
def whole_text(delimiter, quote, line_end):
    data = written(delimiter, quote, line_end)
    whole = read(data, "file.csv")
    assert [record.values["amount_minor"] for record in whole.records] == [6000, -705, 123456789]
    return data, whole


def check_damaged_text(data, delimiter, quote, line_end):
    undamaged, whole = whole_text(delimiter, quote, line_end)
    broken = data.draw(damaged(undamaged))
    reading = read(broken, "file.csv")
    if not is_unseen(reading, whole) or told(reading) == told(whole):
        return
    text = decoded(broken)
    assert text is not None
    table, true = cells_of(text, delimiter), cells_of(decoded(undamaged), delimiter)
    assert table is not None
    touched = differing(table, true)
    assert len(touched) <= 2
    assert all(is_same_heading(table[0][x], true[0][x]) for y, x in touched if y == 0)
    check_records(reading, whole, touched)
    for y, x in touched:
        if x == list(FIELDS).index("amount") and y:
            check_amount(table[y][x], reading.records[y - 1].values["amount_minor"])


def is_same_heading(one, other):
    def plain(heading):
        return "".join(letter for letter in heading.casefold() if letter.isalnum())

    return plain(one) == plain(other)


def check_amount(text, minor):
    """Assert that an amount has the digits of its cell."""
    shown = "".join(letter for letter in text if letter.isdigit() or letter == ".")
    assert abs(Decimal(shown)) in {abs(Decimal(minor)).scaleb(-places) for places in (0, 2, 3, 4)}


DRESSES = {"delimiter": st.sampled_from(",;\t|"), "quote": st.sampled_from(["", '"'])}
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@settings(max_examples=60, deadline=None)
@given(data=st.data(), line_end=ENDS, **DRESSES)
def test_a_damaged_text_gives_no_wrong_record_unseen(data, delimiter, quote, line_end):
    check_damaged_text(data, delimiter, quote, line_end)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(data=st.data(), line_end=ENDS, **DRESSES)
def test_a_text_damaged_in_very_many_ways_gives_no_wrong_record_unseen(data, delimiter, quote, line_end):
    check_damaged_text(data, delimiter, quote, line_end)


def workbook_parts():
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in [list(FIELDS), *ROWS]:
        book.active.append([cell or None for cell in row])
    for row, amount in enumerate((60.0, -7.05, 1234567.89), start=2):
        book.active.cell(row, list(FIELDS).index("amount") + 1).value = amount
    book.save(made)
    with zipfile.ZipFile(made) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


PARTS = workbook_parts()
READ_PARTS = ["xl/worksheets/sheet1.xml"] * 5 + [
    *(name for name in PARTS if name.endswith((".xml", ".rels")) and not name.startswith(("docProps", "xl/theme"))),
]


@cache
def whole_workbook():
    whole = read(packed(PARTS), "file.xlsx")
    assert len(whole.records) == len(ROWS)
    return whole


def sheet_cells(data):
    """Return the cells of the first sheet, as openpyxl reads them."""
    rows = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(max_row=4, max_col=len(FIELDS))
    return [[cell.value for cell in row] for row in rows]


def check_damaged_workbook(data):
    name = data.draw(st.sampled_from(READ_PARTS))
    broken = packed(PARTS | {name: data.draw(damaged(PARTS[name]))})
    whole = whole_workbook()
    reading = read(broken, "file.xlsx")
    if not is_unseen(reading, whole) or told(reading) == told(whole):
        return
    touched = differing(sheet_cells(broken), sheet_cells(packed(PARTS)))
    assert not {y for y, _ in touched} & {0} or len(touched) == 1
    check_records(reading, whole, touched)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_workbook_of_damaged_xml_gives_no_wrong_record_unseen(data):
    check_damaged_workbook(data)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(data=st.data())
def test_a_workbook_damaged_in_very_many_ways_gives_no_wrong_record_unseen(data):
    check_damaged_workbook(data)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), name=st.sampled_from(["file.xlsx", "file.zip"]))
def test_damage_in_the_bytes_of_an_archive_changes_no_record(data, name):
    text, whole_of_text = whole_text(",", "", "\n")
    made = packed(PARTS) if name == "file.xlsx" else packed({"file.csv": text})
    whole = whole_workbook() if name == "file.xlsx" else whole_of_text
    reading = read(data.draw(damaged(made)), name)
    assert not is_unseen(reading, whole) or told(reading) == told(whole)


AUDIT_FILES = ["xaf-auditfile.xaf", "saft-pt-invoices.xml", "saft-no-ledger.xml"]
MONEY = ("amnt", "Amount", "DebitAmount", "CreditAmount", "NetTotal", "GrossTotal", "TaxPayable", "totalDebit")
MONEY += ("totalCredit", "TotalDebit", "TotalCredit", "linesCount", "NumberOfEntries", "SettlementAmount")


@cache
def whole_audit_file(name):
    data = (SAMPLES / name).read_bytes()
    return data, read(data, name), outline(data)


def outline(data):
    """Return each element of a file in order: its name without namespace, its depth in the file, and its text."""
    found, path = [], []
    for event, element in ET.iterparse(io.BytesIO(data), events=("start", "end")):  # noqa: S314  our own file
        if event == "start":
            path.append(element.tag.rpartition("}")[2])
            found.append([tuple(path), element])
        else:
            path.pop()
    return [(path, (element.text or "").strip()) for path, element in found]


def check_damaged_audit_file(data, name):
    undamaged, whole, true = whole_audit_file(name)
    broken = data.draw(damaged(undamaged))
    reading = read(broken, name, AUDITED)
    if not is_unseen(reading, whole) or told(reading) == told(whole):
        return
    found = outline(broken)
    assert [path for path, _ in found] == [path for path, _ in true]
    changed = [(path[-1], text, old) for (path, text), (_, old) in zip(found, true, strict=True) if text != old]
    assert len(changed) == 1, changed
    assert changed[0][0] not in MONEY, changed


@pytest.mark.parametrize("name", AUDIT_FILES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_audit_file_gives_no_wrong_amount_unseen(name, data):
    check_damaged_audit_file(data, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", AUDIT_FILES)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_an_audit_file_damaged_in_very_many_ways_gives_no_wrong_amount_unseen(name, data):
    check_damaged_audit_file(data, name)


@pytest.mark.parametrize("name", AUDIT_FILES)
def test_no_beginning_of_an_audit_file_passes_for_all_of_it(name):
    data = whole_audit_file(name)[0].rstrip()
    for keep in [*range(0, len(data), 199), *range(len(data) - 30, len(data))]:
        assert read(data[:keep], name, AUDITED).status is not ReadingStatus.ACCEPTED, keep


def test_no_beginning_of_a_workbook_passes_for_all_of_it():
    data = packed(PARTS)
    for keep in [*range(0, len(data), 499), *range(len(data) - 60, len(data))]:
        assert read(data[:keep], "file.xlsx").status is not ReadingStatus.ACCEPTED, keep


@pytest.mark.parametrize(("quote", "line_end"), [("", "\n"), ('"', "\r\n")])
def test_every_beginning_of_a_text_is_refused_or_a_table_of_whole_lines(quote, line_end):
    data, whole = whole_text(";", quote, line_end)
    for keep in range(len(data)):
        reading = read(data[:keep], "file.csv", LEDGER_LINES)
        if reading.status is not ReadingStatus.ACCEPTED:
            assert not reading.records
            continue
        assert told(reading) == told(whole)[: len(reading.records)]
        is_ended = data[:keep].endswith((b"\n", b"\r"))
        assert is_ended or reading.warnings
        assert len(cells_of(decoded(data[:keep]), ";")) == len(reading.records) + 1
