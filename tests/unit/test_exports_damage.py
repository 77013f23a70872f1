"""Damage that spoils one place and shows in another: a lost heading, a lost line end, a spoilt letter, a moved cell."""

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
COSTS = "date,client,kind,amount,currency,supplier\n2026-01-31,Alfa,expense,12.50,USD,Rail\n"
TIME = "date;person;client;task;hours;tags\n2026-01-31;Ada;Käyttö;build;1.5;\n2026-02-01;Ada;Borea;build;2;\n"
LEDGER = """\
Tili/Päiväys;Nimi/Tositelaji;Tosite;Debet;Kredit;Selite
4400;Painatus;;;;
02.03.2026;Ostolasku;17;1 060,00;;Paino Oy,B-1
Yhteensä;;;1 060,00;;
"""
SHEET = "xl/worksheets/sheet1.xml"


def read(folder, data, name="file.csv"):
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(folder / name, SHIPPED, home_currency="EUR", accept_unverified=True)


def warned_of(reading, what):
    assert reading.status is ReadingStatus.ACCEPTED, reading
    return [(warning.line, warning.column) for warning in reading.warnings if what in warning.what and warning.remedy]


@pytest.mark.parametrize(
    "heading", ["curency", "currencyy", "cxrrency", "curerncy", "cur rency", '0currency"', '"curre\nncy"']
)
@pytest.mark.parametrize("large_from", [0, 1 << 30], ids=["by column", "by row"])
def test_a_misspelt_heading_is_told_because_its_column_is_read_as_absent(tmp_path, heading, large_from):
    (tmp_path / "file.csv").write_text(COSTS.replace("currency", heading))
    reading = read_file(tmp_path / "file.csv", SHIPPED, home_currency="EUR", large_from=large_from)

    assert [record.values["currency"] for record in reading.records] == [None]
    assert warned_of(reading, "is it currency, which is read as absent?") == [
        (1, heading.strip('"') if heading[0] == '"' else heading)
    ]


def test_headings_that_nobody_knows_and_that_are_like_none_are_passed_over(tmp_path):
    assert read(tmp_path, COSTS.replace("currency", "colour")).warnings == ()


def test_a_heading_on_a_line_above_the_others_is_told(tmp_path):
    reading = read(tmp_path, "supplier\n" + COSTS.replace("supplier", ""))
    assert warned_of(reading, "is it supplier, which is read as absent?") == [(2, "supplier")]


def test_headings_run_together_above_a_blank_column_are_told(tmp_path):
    reading = read(tmp_path, "date,gl_account,amount,party_supplier,reference\n2026-01-31,4400,5,Alfa,Rail,\n")
    assert warned_of(reading, "cells below no heading: 1 times") == [(2, "")]


@pytest.mark.parametrize("large_from", [0, 1 << 30], ids=["by column", "by row"])
def test_a_heading_that_moved_beside_its_column_is_told(tmp_path, large_from):
    (tmp_path / "file.csv").write_text("date,kind,client,amount,,currency\n2026-01-31,expense,Alfa,12.50,USD,\n")
    reading = read_file(tmp_path / "file.csv", SHIPPED, home_currency="EUR", large_from=large_from)

    assert [record.values["currency"] for record in reading.records] == [None]
    assert warned_of(reading, "cells below no heading") == [(2, "")]


@pytest.mark.parametrize("lost", ["4400;Painatus;;;;\n", "1 060,00;;\n"], ids=["behind a group", "behind a sum"])
def test_a_row_that_hangs_on_a_line_which_is_no_record_is_told(tmp_path, lost):
    text = LEDGER + LEDGER.partition("\n")[2].replace("4400", "4500")
    whole, reading = read(tmp_path, text), read(tmp_path, text.replace(lost, lost.removesuffix("\n"), 1))

    assert not warned_of(whole, "cells below no heading")
    assert reading.records != whole.records
    assert warned_of(reading, "cells below no heading")


def test_one_spoilt_byte_of_a_text_in_utf_8_refuses_it_with_its_line(tmp_path):
    data = TIME.replace("Borea", "Zoë").encode().replace("ë".encode(), b"\xeb")
    (problem,) = read(tmp_path, data).problems

    assert (problem.line, problem.what) == (3, "a byte that is no UTF-8, as the rest of the file is")
    assert "`encoding`" in problem.remedy


def test_letters_of_two_encodings_in_one_file_are_told(tmp_path):
    reading = read(tmp_path, TIME.encode().replace("ö".encode(), b"\xf6").replace(b"Borea", b"B\xe9a"))
    assert warned_of(reading, "1 letters look like UTF-8") == [(2, "")]


def test_plain_windows_1252_leaves_nothing_to_tell(tmp_path):
    reading = read(tmp_path, TIME.encode("cp1252"))
    assert (reading.status, reading.warnings) == (ReadingStatus.ACCEPTED, ())


def workbook(*, damage=None, member=SHEET):
    """Return a workbook of three rows whose part `member` was changed, in an archive that is sound."""
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in (["day", "balance", "currency"], [date(2026, 1, 31), 12.5, "EUR"], [date(2026, 2, 28), None, "EUR"]):
        book.active.append(row)
    book.active["B3"] = "=B2*2"
    book.save(made)
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b"<f>B2*2</f><v/>", b"<v>25</v>").replace(b"<f>B2*2</f><v></v>", b"<v>25</v>")
            new.writestr(name, damage(data) if damage is not None and name == member else data)
    return changed.getvalue()


def test_the_workbook_without_damage_is_read(tmp_path):
    reading = read(tmp_path, workbook(), "cash.xlsx")
    assert [record.values["balance_minor"] for record in reading.records] == [1250, 2500]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'<c r="B3"', b'<c r="A3"', "cell A3 behind column 1 of row 3"),
        (b'<c r="B3"', b'<c r="B2"', "cell B2 behind column 1 of row 3"),
        (b'<c r="B3"', b'<c r="3B"', "cell 3B behind column 1 of row 3"),
        (b'<row r="3"', b'<row r="2"', "row 2 behind row 2"),
        (b'<row r="3"', b'<row r="x"', "row x behind row 2"),
        (b'<c r="B3"', b'<c q="B3"', "cell None is of no known type"),
        (b"</row></sheetData>", b"</rxw></sheetData>", "mismatched tag"),
        (b"</sheetData>", b"", "mismatched tag"),
        (b"</worksheet>", b"", "no element found"),
        (b"<sheetData>", b'<!DOCTYPE x [<!ENTITY a "b">]><sheetData>', "not well-formed"),
        (b"<worksheet ", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet ', "declares a document type"),
        (b"<v>25</v>", b"<v>" + b"1" * (2 << 20) + b"</v>", "a cell without end"),
    ],
)
def test_a_sheet_whose_xml_is_damaged_is_refused_with_what_is_wrong(tmp_path, old, new, told):
    data = workbook(damage=lambda sheet: sheet.replace(old, new, 1))
    reading = read(tmp_path, data, "cash.xlsx")

    assert reading.status is ReadingStatus.REFUSED, reading
    assert f"the workbook is damaged in {SHEET}: " in reading.problems[0].what
    assert told in reading.problems[0].what
    assert reading.problems[0].remedy


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_a_cut_part_of_a_workbook_is_refused(tmp_path, member):
    reading = read(tmp_path, workbook(damage=lambda part: part[:-1], member=member), "cash.xlsx")
    assert reading.status is ReadingStatus.REFUSED
    assert f"the workbook is damaged in {member}" in reading.problems[0].what
