"""What a file may be inside: an archive, a web page that calls itself a workbook, a workbook with odd corners."""

import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from connectors.exports import archive
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder, read_file
from connectors.exports.reading import ReadingStatus
from connectors.ledger.ledger import Ledger

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
CASH = "day,balance\n2026-01-31,12.50\n2026-02-28,-3.00\n"


def zipped(path, members, *, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def read(path):
    return read_file(path, SHIPPED, home_currency="EUR")


def refused(reading, what):
    assert reading.status is ReadingStatus.REFUSED, reading
    (problem,) = reading.problems
    assert what in problem.what
    assert problem.remedy
    return True


def test_an_export_alone_in_an_archive_reads_like_the_file_itself(tmp_path):
    (tmp_path / "cash.csv").write_text(CASH)
    plain = read(tmp_path / "cash.csv")
    packed = read(zipped(tmp_path / "cash.zip", {"cash.csv": CASH}))
    assert packed.status is ReadingStatus.ACCEPTED
    assert (packed.records, packed.sha256, packed.covers) == (plain.records, plain.sha256, plain.covers)


@pytest.mark.parametrize("name", [mapping.name for mapping in SHIPPED if not mapping.name.startswith("own-")])
def test_every_sample_reads_alike_in_an_archive(tmp_path, name):
    sample = next(path for path in SAMPLES.glob(f"{name}.*") if path.suffix != ".json")
    packed = zipped(tmp_path / "export.zip", {sample.name: sample.read_bytes()})
    alone, inside = (read_file(path, SHIPPED, home_currency="EUR", accept_unverified=True) for path in (sample, packed))
    assert (inside.mapping, inside.status, inside.records) == (name, ReadingStatus.ACCEPTED, alone.records)


def test_what_macos_and_folders_add_to_an_archive_is_passed_over(tmp_path):
    members = {"export/": "", "__MACOSX/export/._cash.csv": "\0\0", "export/.DS_Store": "\0", "export/cash.csv": CASH}
    assert len(read(zipped(tmp_path / "cash.zip", members)).records) == 2


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"a.csv": CASH, "b.csv": CASH}, "an archive of 2 files"),
        ({"export/": ""}, "an archive of 0 files"),
        ({f"{number}.csv": CASH for number in range(101)}, "more than 100 files"),
        ({"cash.csv": ""}, "the file is empty"),
    ],
    ids=["two", "none", "very many", "empty"],
)
def test_an_archive_of_anything_but_one_export_is_refused(tmp_path, members, what):
    assert refused(read(zipped(tmp_path / "a.zip", members)), what)


def test_an_archive_or_a_workbook_inside_an_archive_is_refused(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"cash.csv": CASH}).read_bytes()
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    for name, data in (("inner.zip", inner), ("cash.xlsx", book.getvalue())):
        assert refused(read(zipped(tmp_path / "outer.zip", {name: data})), "inside an archive")


def test_a_file_that_grows_without_measure_when_unpacked_is_refused(tmp_path):
    bomb = zipped(tmp_path / "bomb.zip", {"cash.csv": "0" * 3_000_000})
    assert refused(read(bomb), "3,000,000 bytes unpacked, too many for this archive")


def test_no_more_is_unpacked_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", len(CASH) - 1)
    assert refused(read(zipped(tmp_path / "cash.zip", {"cash.csv": CASH})), "too many for this archive")


def test_an_archive_that_understates_what_it_holds_is_refused(tmp_path):
    data = bytearray(zipped(tmp_path / "cash.zip", {"cash.csv": CASH}, compression=zipfile.ZIP_STORED).read_bytes())
    start, central = data.index(CASH.encode()), data.index(b"PK\x01\x02")
    stated = (len(CASH) - 20).to_bytes(4, "little")
    data[central + 24 : central + 28] = data[central + 20 : central + 24] = stated  # unpacked and packed size
    assert start < central
    (tmp_path / "cash.zip").write_bytes(data)
    assert refused(read(tmp_path / "cash.zip"), "the archive is damaged")


def test_an_archive_with_a_password_is_refused(tmp_path):
    data = bytearray(zipped(tmp_path / "cash.zip", {"cash.csv": CASH}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of an encrypted member
    (tmp_path / "cash.zip").write_bytes(data)
    assert refused(read(tmp_path / "cash.zip"), "needs a password")


def test_every_cut_of_an_archive_is_refused(tmp_path):
    data = zipped(tmp_path / "cash.zip", {"cash.csv": CASH}).read_bytes()
    for keep in range(1, len(data)):
        (tmp_path / "cut.zip").write_bytes(data[:keep])
        assert read(tmp_path / "cut.zip").status is not ReadingStatus.ACCEPTED


def test_every_damaged_byte_of_an_archive_is_refused_or_does_no_harm(tmp_path):
    data = zipped(tmp_path / "cash.zip", {"cash.csv": CASH}).read_bytes()
    whole = read(tmp_path / "cash.zip")
    for place in range(len(data)):
        for change in (0x01, 0x80, data[place]):  # a bit, the sign, all of it
            damaged = data[:place] + bytes([data[place] ^ change]) + data[place + 1 :]
            (tmp_path / "cash.zip").write_bytes(damaged)
            reading = read(tmp_path / "cash.zip")
            assert reading.problems or reading.why_not or reading.records == whole.records


def test_a_file_without_a_name_in_an_archive_is_read_or_refused_and_no_surprise(tmp_path):
    data = zipped(tmp_path / "cash.zip", {"c": CASH}).read_bytes()
    start = data.index(b"PK\x01\x02")
    nameless = bytearray(data[: start + 46] + data[start + 47 :])  # the name itself, and its length
    nameless[start + 28] = 0
    end = nameless.index(b"PK\x05\x06")
    nameless[end + 12] -= 1
    (tmp_path / "cash.zip").write_bytes(nameless)
    assert refused(read(tmp_path / "cash.zip"), "the archive is damaged")


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_packed_in_an_unusual_way_is_refused_before_it_is_unpacked(tmp_path, way):
    assert refused(read(zipped(tmp_path / "cash.zip", {"cash.csv": CASH}, compression=way)), "nobody here knows")


def test_an_export_beside_its_archive_counts_once(tmp_path):
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "cash.csv").write_text(CASH)
    (folder / "copy of cash.csv").write_text(CASH)
    zipped(folder / "cash.zip", {"cash.csv": CASH})
    ledger = Ledger(tmp_path / "ledger")
    warnings = ledger.take(check_folder(folder, SHIPPED, home_currency="EUR"))
    assert [warning.what.partition(": the same")[0] for warning in warnings] == [
        str(folder / "cash.zip"),
        str(folder / "copy of cash.csv"),
    ]
    assert len(ledger.live_files()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<html><body><table><tr><td>day</td></tr></table></body></html>",
        "\n<!DOCTYPE HTML>\n<table>",
        '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">',
        "<meta charset='utf-8'><style>td{}</style><table>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_web_page_named_like_a_workbook_is_told_as_that(tmp_path, text, encoding):
    (tmp_path / "report.xls").write_bytes(text.encode(encoding))
    assert refused(read(tmp_path / "report.xls"), "a web page")


def test_a_workbook_in_xml_is_told_as_that(tmp_path):
    (tmp_path / "report.xls").write_text('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>')
    assert refused(read(tmp_path / "report.xls"), "XML of Excel 2003")


def test_a_title_over_merged_cells_and_text_numbers_do_no_harm(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Cash at hand"])
    sheet.merge_cells("A1:C1")
    sheet.append([])
    sheet.append(["day", "balance", "currency"])
    sheet.append([date(2026, 1, 31), "1234.56", "EUR"])
    sheet.append(["2026-02-28", -3, "EUR"])
    book.save(tmp_path / "cash.xlsx")
    records = read(tmp_path / "cash.xlsx").records
    assert [record.values["balance_minor"] for record in records] == [123456, -300]


def test_a_ledger_of_account_rows_is_read_from_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Testi Oy"],
        ["Pääkirja 01.02.2026 - 28.02.2026"],
        [],
        ["Tili/Päiväys", "Nimi/Tositelaji", "Tosite", "Debet", "Kredit", "Selite"],
        [7640, "ATK-laitteet", None, None, None, None],
        ["Siirtoa", None, None, 0, None, None],
        [date(2026, 2, 2), "Ostolasku", 118, 1960.17, None, "Kone, Käyttö Oy,A-77"],
        ["13.02.2026", "Muistio", 119, None, 60.17, "Hyvitys"],
        [None, "Yhteensä", None, 1960.17, 60.17, None],
    ):
        sheet.append(row)
    sheet.merge_cells("A1:F1")
    book.save(tmp_path / "paakirja.xlsx")
    reading = read(tmp_path / "paakirja.xlsx")
    assert reading.status is ReadingStatus.ACCEPTED, reading
    told = [(r.values["gl_account"], r.values["amount_minor"], r.values["supplier"]) for r in reading.records]
    assert told == [("7640", 196017, "Kone, Käyttö Oy"), ("7640", -6017, None)]
    assert reading.records[1].values["line_date"] == date(2026, 2, 13)
