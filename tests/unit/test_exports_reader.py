"""What the reader takes, refuses and does not know, each case on a file of its own."""

import hashlib
import os
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from connectors.errors import InputError
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder, read_file
from connectors.exports.reading import ReadingStatus
from connectors.exports.source import FileFaultError, open_source
from connectors.exports.taking import MAX_PROBLEMS

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
TIME = "date,person,client,task,hours\n2026-01-30,Ada,Nordhav,build,1.5\n2026-01-31,Bo,,admin,0.25\n"


def read(folder, data, *, name="file.csv", mappings=SHIPPED, **options):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, mappings, home_currency=options.pop("home_currency", "EUR"), **options)


def local(folder, text):
    own = folder / "mappings"
    own.mkdir()
    (own / "local.toml").write_text(text)
    return load_mappings(Path(__file__).parents[2] / "config" / "exports", own)


def refused_for(reading, what):
    assert reading.status is ReadingStatus.REFUSED
    assert reading.records == ()
    assert any(what in problem.what for problem in reading.problems), reading.problems
    assert all(problem.remedy for problem in reading.problems)
    return True


def test_a_file_is_taken_with_its_place_hash_and_period(tmp_path):
    reading = read(tmp_path, TIME)
    assert reading.status is ReadingStatus.ACCEPTED
    assert (reading.mapping, reading.mapping_version) == ("own-time", 1)
    assert len(reading.sha256) == 64
    assert reading.covers == (date(2026, 1, 30), date(2026, 1, 31))
    assert [record.line for record in reading.records] == [2, 3]
    assert reading.records[1].values == {
        "work_date": date(2026, 1, 31),
        "person": "Bo",
        "party": None,
        "party_key": None,
        "project": None,
        "task": "admin",
        "tags": None,
        "worked_seconds": 900,
        "is_billable": None,
    }


@pytest.mark.parametrize(
    "data",
    [
        TIME.encode("utf-8-sig"),
        TIME.encode("utf-16"),
        TIME.encode("utf-16-le"),
        TIME.encode("utf-16-be"),
        TIME.replace("\n", "\r\n").encode(),
        TIME.replace("\n", "\r").encode(),
        TIME.replace(",", ";").encode(),
        TIME.replace(",", "\t").encode(),
        TIME.replace(",", "|").encode(),
        ("sep=;\n" + TIME.replace(",", ";")).encode(),
        ("\n\nTitle of the report\n\n" + TIME).encode(),
        TIME.replace("hours\n", "hours\n\n").encode() + b"\n\n",
        TIME.replace("date,person", "DATE,Person *").encode(),
        TIME.replace("\n", ",\n").encode(),
    ],
    ids=[
        "bom",
        "utf16",
        "le",
        "be",
        "crlf",
        "cr",
        "semicolon",
        "tab",
        "bar",
        "sep",
        "preamble",
        "blanks",
        "case",
        "wide",
    ],
)
def test_the_same_table_in_another_dress_reads_the_same(tmp_path, data):
    plain, dressed = read(tmp_path, TIME), read(tmp_path, data)
    assert dressed.status is ReadingStatus.ACCEPTED, dressed
    assert [record.values for record in dressed.records] == [record.values for record in plain.records]


def test_windows_1252_is_read_where_utf_8_is_not(tmp_path):
    reading = read(tmp_path, TIME.replace("Nordhav", "Müller 5 €").encode("cp1252"))
    assert reading.records[0].values["party"] == "Müller 5 €"


def test_lines_are_counted_in_the_file_not_in_rows(tmp_path):
    text = 'sep=,\ndate,person,task,hours\n2026-01-30,Ada,"build\nmore",1\n2026-01-31,Ada,x,1e3\n'
    (problem,) = read(tmp_path, text).problems
    assert (problem.line, problem.column, problem.raw) == (5, "hours", "1e3")


def test_every_bad_cell_is_listed_and_nothing_is_taken(tmp_path):
    text = "date,person,task,hours\n2026-02-31,Ada,x,1\n2026-01-30,,x,1\n2026-01-30,Ada,x,\n2026-01-30,Ada,x,-1\n"
    reading = read(tmp_path, text)
    assert refused_for(reading, "below zero")
    assert [(problem.line, problem.column) for problem in reading.problems] == [
        (2, "date"),
        (3, "person"),
        (4, "hours"),
        (5, "hours"),
    ]


def test_a_flood_of_bad_cells_is_cut_short_and_counted(tmp_path):
    reading = read(tmp_path, "date,person,task,hours\n" + "2026-01-30,Ada,x,?\n" * (MAX_PROBLEMS + 7))
    assert len(reading.problems) == MAX_PROBLEMS + 1
    assert reading.problems[-1].what == "7 more problems"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (TIME.encode()[:-1], "may be cut"),
        (TIME.encode()[:-3], "may be cut"),
        (TIME.encode()[: TIME.index("admin")], "may be cut"),
        (b"date,person,task,hours", "may be cut"),
        (TIME.encode() + b"2026-02-01,Ada\n", "the row was cut"),
        (TIME.encode() + b'2026-02-01,Ada,Nordhav,"build,1\n', "never closed"),
        (TIME.encode() + "2026-02-01,Zoë".encode()[:-1], "in the middle of a character"),
        (TIME.encode() + b"2026-02-01,Ada,Nordhav,build,1,extra\n", "more cells than headings"),
        (b"date,person,task,hours,hours\n2026-01-30,Ada,x,1,2\n", "stands 2 times"),
        (TIME.replace("Ada", "A\x00da").encode(), "neither text nor"),
        (TIME.encode() + b"2026-02-01,Zo\xeb \x81,Nordhav,build,1\n", "a byte that cp1252 does not know"),
        (b"PK\x03\x04 and then nothing", "cut or damaged"),
        (b"\xd0\xcf\x11\xe0 and then nothing", "not a workbook"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, data, what):
    assert refused_for(read(tmp_path, data), what)


def test_a_cut_in_a_cell_that_nobody_reads_does_no_harm(tmp_path):
    text = "date,person,task,hours,note\n2026-01-30,Ada,x,1,a long no"
    assert len(read(tmp_path, text).records) == 1


def test_a_last_line_without_end_is_told_even_where_no_cell_of_it_can_be_cut(tmp_path):
    reading = read(tmp_path, TIME.replace("hours\n", "hours,note\n").replace("5\n", "5,x\n").rstrip("\n"))
    assert reading.status is ReadingStatus.ACCEPTED
    assert "lines behind it may be missing" in reading.warnings[0].what


def test_loose_quotes_are_read_with_a_warning_that_names_the_line(tmp_path):
    reading = read(tmp_path, TIME.replace("Nordhav,build", '"Nord"hav,build'))
    assert reading.status is ReadingStatus.ACCEPTED
    assert reading.records[0].values["party"] == "Nordhav"
    assert [warning.line for warning in reading.warnings] == [2]


def test_headings_without_rows_are_taken_with_a_warning(tmp_path):
    reading = read(tmp_path, "date,person,task,hours\n")
    assert (reading.status, reading.covers) == (ReadingStatus.ACCEPTED, None)
    assert reading.warnings[0].what == "headings without rows"


def test_a_file_that_is_too_large_is_refused(tmp_path):
    assert refused_for(read(tmp_path, TIME, max_bytes=20), "more than 20")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    reading = read_file(tmp_path / "gone.csv", SHIPPED, home_currency="EUR")
    assert refused_for(reading, "cannot be read")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "time.csv"
    path.write_text(TIME)

    with pytest.raises(FileFaultError, match="still being written"), open_source(path):
        path.write_text(TIME + "2026-02-01,Ada,,x,1\n")


def test_the_nearest_mappings_are_named_where_none_fits(tmp_path):
    header = "User,Email,Client,Project,Billable,Start date,End date,Zeit\n"
    reading = read(tmp_path, header + "Ada,a@b.example,N,P,No,2026-01-01,2026-01-01,1:00\n")
    assert reading.status is ReadingStatus.NO_MAPPING
    assert reading.why_not[0] == "toggl-detailed: lacks Duration"


@pytest.mark.parametrize("data", ["hello\n", "\n\n", "<auditfile/>\n", "1,2,3\n4,5,6\n"])
def test_a_file_that_nobody_knows_is_said_to_be_unknown(tmp_path, data):
    reading = read(tmp_path, data)
    assert reading.status is ReadingStatus.NO_MAPPING
    assert reading.why_not == ("no heading of any mapping stands in the file",)


CASH = """\
name = "{name}"
version = 1
grade = "{grade}"
record = "cash"
[match]
file = ["{file}"]
[columns]
day = {{ from = ["Tag"], column = "required" }}
balance = {{ from = ["Stand"], column = "required" }}
"""


def cash(folder, **values):
    return local(folder, CASH.format(**{"name": "kasse", "grade": "F", "file": "*"} | values))


def test_two_mappings_that_fit_alike_are_an_error(tmp_path):
    mappings = cash(tmp_path)
    twin = mappings[0].model_validate(
        next(m for m in mappings if m.name == "kasse").model_dump(by_alias=True) | {"name": "kasse-2"}
    )
    assert refused_for(read(tmp_path, "Tag,Stand\n2026-01-31,5\n", mappings=(*mappings, twin)), "kasse, kasse-2")


def test_a_mapping_can_ask_for_the_name_of_the_file(tmp_path):
    mappings = cash(tmp_path, file="kasse*")
    assert read(tmp_path, "Tag,Stand\n2026-01-31,5\n", name="Kasse-1.csv", mappings=mappings).mapping == "kasse"
    reading = read(tmp_path, "Tag,Stand\n2026-01-31,5\n", name="bank.csv", mappings=mappings)
    assert reading.why_not[0] == "kasse: the file's name fits none of kasse*"


def test_an_unverified_mapping_reads_real_data_only_when_accepted(tmp_path):
    mappings = cash(tmp_path, grade="S")
    assert refused_for(read(tmp_path, "Tag,Stand\n2026-01-31,5\n", mappings=mappings), "grade S")
    taken = read(tmp_path, "Tag,Stand\n2026-01-31,5\n", mappings=mappings, accept_unverified=True)
    assert taken.records[0].values["balance_minor"] == 500


CLOCKIFY = "Project,Client,User,Start Date,Duration (h)\nSite,Nordhav,Ada,{},1:00\nSite,Nordhav,Ada,{},1:00\n"


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        ("03/04/2026", "03/31/2026", date(2026, 3, 4)),
        ("03/04/2026", "31/03/2026", date(2026, 4, 3)),
        ("03.04.2026", "04.04.2026", date(2026, 4, 3)),
        ("03/03/2026", "04/04/2026", date(2026, 3, 3)),  # read alike either way
    ],
)
def test_the_file_as_a_whole_shows_the_order_of_day_and_month(tmp_path, first, second, day):
    assert read(tmp_path, CLOCKIFY.format(first, second)).records[0].values["work_date"] == day


def test_days_that_can_be_read_two_ways_are_refused_until_a_local_mapping_decides(tmp_path):
    text = CLOCKIFY.format("03/04/2026", "05/06/2026")
    assert refused_for(read(tmp_path, text), "dates can be read in more than one way")
    mappings = local(tmp_path, 'extends = "clockify-detailed"\n[format]\ndates = ["%m/%d/%Y"]\n')
    assert read(tmp_path, text, mappings=mappings).records[0].values["work_date"] == date(2026, 3, 4)


def test_a_column_that_mixes_two_orders_is_refused(tmp_path):
    assert refused_for(read(tmp_path, CLOCKIFY.format("03/31/2026", "31/03/2026")), "not a day written like 10/31/2026")


def test_currency_decides_the_minor_units(tmp_path):
    text = "day,balance,currency\n2026-01-31,5,JPY\n2026-01-31,5.001,BHD\n2026-01-31,5,\n"
    reading = read(tmp_path, text, home_currency="USD")
    got = [(record.values["balance_minor"], record.values["currency"]) for record in reading.records]
    assert got == [(5, "JPY"), (5001, "BHD"), (500, None)]
    unknown = read(tmp_path, text.replace("JPY", "EURO"))
    assert refused_for(unknown, "not a currency code")


def test_a_rate_named_after_another_home_currency_is_not_taken(tmp_path):
    text = "doc_no,kind,issue_date,amount,currency,fx_to_eur\nA,invoice,2026-01-31,5,USD,0.9\n"
    assert read(tmp_path, text).records[0].values["fx_rate"] == "0.9"
    assert read(tmp_path, text, home_currency="USD").records[0].values["fx_rate"] is None


def test_an_invoice_below_zero_is_refused_not_turned(tmp_path):
    text = "doc_no,kind,issue_date,amount\nA,{},2026-01-31,-5\n"
    assert refused_for(read(tmp_path, text.format("invoice")), "below zero")
    assert refused_for(read(tmp_path, text.format("credit_note")), "below zero")
    assert refused_for(read(tmp_path, text.format("bill").replace("-5", "5")), "none of invoice, credit_note")


XERO = "ContactName,InvoiceNumber,InvoiceDate,DueDate,Total,TaxTotal,Currency,Type,Status\n"


def test_totals_that_lines_repeat_must_agree(tmp_path):
    line = "Nordhav,INV-1,31/01/2026,28/02/2026,{},21.00,EUR,Sales invoice,Paid\n"
    assert len(read(tmp_path, XERO + line.format("121.00") * 3).records) == 1
    assert refused_for(read(tmp_path, XERO + line.format("121.00") + line.format("122.00")), "differs from line 2")


def test_bills_are_not_taken_for_invoices(tmp_path):
    line = "Printworks,B-1,31/01/2026,28/02/2026,121.00,21.00,EUR,Bill,Paid\n"
    reading = read(tmp_path, XERO + line, name="export.csv")
    assert reading.status is ReadingStatus.NO_MAPPING
    assert reading.why_not[0].startswith("xero-sales-invoices: Type of the first row")


QBO = """\
Bill Payment List
March 2026

,Date,Num,Invoice Date,Invoice No,Original Amount,Amount Paid,Memo
Printworks,,,,,,,
,03/02/2026,1,02/27/2026,B-1,100.00,100.00,
Total for Printworks,,,,,,{group},
TOTAL,,,,,,{total},
{footer}
"""


def test_totals_hold_the_rows_to_account(tmp_path):
    good = QBO.format(group="100.00", total="$100.00", footer="")
    reading = read(tmp_path, good, home_currency="USD")
    assert (reading.status, reading.warnings) == (ReadingStatus.ACCEPTED, ())
    assert reading.covers == (date(2026, 3, 1), date(2026, 3, 31))
    what = "stated 90.00, but the rows add up to 100.00"
    assert refused_for(read(tmp_path, QBO.format(group="90.00", total="100.00", footer="")), what)
    assert refused_for(read(tmp_path, QBO.format(group="100.00", total="90.00", footer="")), what)
    assert refused_for(read(tmp_path, good.replace("TOTAL", "Totals")), "total row")
    assert refused_for(read(tmp_path, good.replace("Total for Printworks", "Total for Other")), "has no total row")


def test_totals_marked_with_another_currency_are_told(tmp_path):
    reading = read(tmp_path, QBO.format(group="100.00", total="$100.00", footer=""), home_currency="EUR")
    assert reading.status is ReadingStatus.ACCEPTED
    assert "marked $" in reading.warnings[0].what


def workbook(path, rows, *, hidden=None):
    book = openpyxl.Workbook()
    sheet = book.active
    if hidden is not None:
        sheet.title, sheet.sheet_state = "hidden", "hidden"
        for row in hidden:
            sheet.append(row)
        sheet = book.create_sheet("shown")
    for row in rows:
        sheet.append(row)
    book.save(path)
    book.close()


def test_a_workbook_is_read_by_its_typed_cells(tmp_path):
    path = tmp_path / "time.xlsx"
    head = ["date", "person", "client", "task", "hours"]
    first_row, second_row = [date(2026, 1, 30), 1001, "Nordhav", "build", 1.1 + 2.2], [46053, "Bo", None, "x", "1:30"]
    workbook(path, [["Report"], [], head, first_row, second_row], hidden=[head, ["2026-01-01", "Eve", None, "x", 99]])
    reading = read_file(path, SHIPPED, home_currency="EUR")
    assert reading.status is ReadingStatus.ACCEPTED, reading
    first, second = reading.records
    assert (first.sheet, first.line, first.values["person"]) == ("shown", 4, "1001")
    assert (first.values["work_date"], first.values["worked_seconds"]) == (date(2026, 1, 30), 11880)
    assert (second.values["work_date"], second.values["worked_seconds"]) == (date(2026, 1, 31), 5400)


def test_a_table_may_begin_at_b3(tmp_path):
    path = tmp_path / "cash.xlsx"
    workbook(path, [[], [], [None, "day", "balance"], [None, date(2026, 1, 31), "12.50"]])
    (record,) = read_file(path, SHIPPED, home_currency="EUR").records
    assert (record.line, record.values["balance_minor"]) == (4, 1250)


def test_a_cut_workbook_is_refused(tmp_path):
    path = tmp_path / "cash.xlsx"
    workbook(path, [["day", "balance"], [date(2026, 1, 31), 12.5]])
    for keep in (100, path.stat().st_size // 2, path.stat().st_size - 1):
        assert refused_for(read(tmp_path, path.read_bytes()[:keep], name="cut.xlsx"), "workbook")


def test_two_sheets_that_fit_are_an_error(tmp_path):
    path = tmp_path / "cash.xlsx"
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("more")):
        sheet.append(["day", "balance"])
        sheet.append([date(2026, 1, 31), 12.5])
    book.save(path)
    book.close()
    assert refused_for(read_file(path, SHIPPED, home_currency="EUR"), "the sheets Sheet, more can all be read")


def test_two_sheets_for_two_mappings_are_an_error_for_only_one_would_be_read(tmp_path):
    path = tmp_path / "templates.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["person", "expected_weeks", "submitted_weeks"])
    book.active.append(["Ada", 46, 44])
    second = book.create_sheet("cash")
    second.append(["day", "balance"])
    second.append([date(2026, 1, 31), 12.5])
    book.save(path)
    book.close()
    assert refused_for(read_file(path, SHIPPED, home_currency="EUR"), "the sheets Sheet, cash can all be read")


@pytest.mark.parametrize(("gross", "kind"), [("#REF!", "e"), ("=E2*1.21", "f")], ids=["failed", "never computed"])
def test_a_formula_without_a_value_is_no_blank_cell(tmp_path, gross, kind):
    path = tmp_path / "invoices.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "A & B"
    book.active.append(["document_id", "client", "kind", "issue_date", "net", "gross"])
    book.active.append(["A-1", "Nordhav", "invoice", date(2026, 1, 31), 100, gross])
    book.active["F2"].data_type = kind
    book.save(path)
    book.close()
    reading = read_file(path, SHIPPED, home_currency="EUR")
    assert refused_for(reading, "not a number")
    assert (reading.problems[0].line, reading.problems[0].column) == (2, "gross")
    assert reading.problems[0].raw == "#formula without a value"


def clockify_workbook(path, *days):
    book = openpyxl.Workbook()
    book.active.append(["Project", "Client", "User", "Start Date", "Duration (h)"])
    for day in days:
        book.active.append(["Website", "Nordhav", "Ada", day, "01:30:00"])
    book.save(path)
    book.close()
    return read_file(path, SHIPPED, home_currency="EUR")


def test_days_that_a_spreadsheet_turned_in_part_are_refused(tmp_path):
    """Excel reads 03/04/2026 as 4 March where the file means 3 April, and leaves 13/04/2026 as text."""
    reading = clockify_workbook(tmp_path / "hours.xlsx", date(2026, 3, 4), "13/04/2026")
    assert refused_for(reading, "swapped day and month")
    assert (reading.problems[0].line, reading.problems[0].column) == (3, "Start Date")


def test_days_that_are_all_dates_are_taken(tmp_path):
    reading = clockify_workbook(tmp_path / "hours.xlsx", date(2026, 3, 4), date(2026, 4, 13))
    assert [record.values["work_date"] for record in reading.records] == [date(2026, 3, 4), date(2026, 4, 13)]


def test_a_loose_quote_that_swallows_rows_is_refused(tmp_path):
    head = "date,person,client,task,project,hours\n"
    rows = [f"2026-01-30,Ada,Nordhav,build,{project},1.5\n" for project in ("a", '"b', "c", "d", '"e" f', "g")]
    reading = read(tmp_path, head + "".join(rows))
    assert refused_for(reading, "the rows behind it may be lost")
    assert reading.problems[0].line == 3


@pytest.mark.parametrize("filler", [1, 5000], ids=["in the first block", "far behind it"])
def test_zero_bytes_that_a_crash_leaves_are_refused(tmp_path, filler):
    data = TIME + "2026-01-30,Ada,Nordhav,build,1.5\n" * filler
    assert refused_for(read(tmp_path, data.encode() + b"\0" * 300 + b"\n"), "zero bytes")


def test_a_zero_byte_inside_a_text_is_refused(tmp_path):
    text = TIME + "2026-01-30,Ada,Nordhav,build,1.5\n" * 5000 + "2026-01-30,Ada,Nord\0hav,build,1.5\n"
    assert refused_for(read(tmp_path, text), "zero bytes")


def test_a_cell_without_end_is_told_with_the_mapping_and_its_line(tmp_path):
    reading = read(tmp_path, TIME + f"2026-01-30,Ada,{'x' * 140_000},build,1.5\n")
    assert reading.mapping == "own-time"
    assert refused_for(reading, "a cell without end")
    assert reading.problems[0].line == 4


def test_half_a_character_of_utf_16_is_told_on_its_line(tmp_path):
    reading = read(tmp_path, TIME.encode("utf-16")[:-3])
    assert refused_for(reading, "a byte that utf-16-le does not know")
    assert reading.problems[0].line == 3


def test_a_number_too_large_for_the_ledger_is_refused(tmp_path):
    data = "document_id,client,kind,issue_date,net\nA,Nordhav,invoice,2026-01-31,99999999999999999999.00\n"
    assert refused_for(read(tmp_path, data), "too large")


def test_what_contradicts_is_shown_as_the_file_writes_it(tmp_path):
    data = "document_id,client,kind,issue_date,net\nA,Nordhav,invoice,2026-01-31,(5.00)\n"
    assert [problem.raw for problem in read(tmp_path, data).problems] == ["(5.00)"]


BILLS = "ContactName,InvoiceNumber,InvoiceDate,Total,LineAmount,AccountCode,Currency\n"


def test_lines_of_a_bill_with_different_totals_are_told_as_that(tmp_path):
    lines = "Printworks,B-1,2026-03-13,100.00,60.00,300,EUR\nPrintworks,B-1,2026-03-13,101.00,41.00,300,EUR\n"
    assert refused_for(read(tmp_path, BILLS + lines, name="bills.csv"), "different totals")


def test_a_difference_is_told_in_the_currency_of_its_own_bill(tmp_path):
    lines = "Printworks,B-1,2026-03-13,999,1000,300,JPY\nPrintworks,B-2,2026-03-14,5.00,5.00,300,EUR\n"
    assert refused_for(read(tmp_path, BILLS + lines, name="bills.csv"), "stated 999, but the rows add up to 1000")


def test_a_file_speaks_for_the_days_of_its_records_whatever_its_name_says(tmp_path):
    head = "User,Client,Project,Start date,End date,Duration\n"
    may = "Ada,Nordhav,Website,2026-05-02,2026-05-02,01:00:00\n"
    reading = read(tmp_path, head + may + may.replace("05-02", "01-02"), name="toggl_2026-01-01_to_2026-01-31.csv")
    assert reading.covers == (date(2026, 1, 1), date(2026, 5, 2))
    (warning,) = reading.warnings
    assert warning.what == "the file states 2026-01-01 to 2026-01-31, and holds records of 2026-01-02 to 2026-05-02"


def test_a_file_whose_records_are_all_of_other_days_than_it_states_is_refused(tmp_path):
    text = "User,Client,Project,Start date,End date,Duration\nAda,Nordhav,Website,2026-05-02,2026-05-02,01:00:00\n"
    reading = read(tmp_path, text, name="toggl_2026-01-01_to_2026-01-31.csv")
    assert refused_for(reading, "states 2026-01-01 to 2026-01-31, and holds records of 2026-05-02 to 2026-05-02")


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ("{digest}  time.csv\n", ""),
        ("{digest}", ""),
        ("\ufeff{digest} *time.csv\r\n", ""),
        ("SHA256 (time.csv) = {digest}\n", ""),
        ("SHA2-256(time.csv)= {digest}\n", ""),
        ("SHA512 (time.csv) = {digest}\n", "time.csv.sha256 holds no SHA-256 checksum"),
        ("0" * 64 + "  time.csv\n", "another content than time.csv.sha256 states"),
        ("ready", "time.csv.sha256 holds no SHA-256 checksum"),
    ],
)
def test_a_file_is_held_against_the_checksum_beside_it(tmp_path, stated, problem):
    digest = hashlib.sha256(TIME.encode()).hexdigest().upper()
    (tmp_path / "time.csv.sha256").write_text(stated.format(digest=digest))
    (tmp_path / "time.csv").write_text(TIME)
    (reading,) = check_folder(tmp_path, SHIPPED, home_currency="EUR")

    assert [each.what for each in reading.problems if problem not in each.what] == []
    assert (reading.status is ReadingStatus.ACCEPTED) is (problem == "")


def test_a_name_that_is_no_text_is_refused_and_can_be_shown(tmp_path):
    try:
        Path(os.fsdecode(bytes(tmp_path) + b"/Kost\xe4n.csv")).write_text(TIME)
    except OSError:
        pytest.skip("this disk holds no such name")
    (reading,) = check_folder(tmp_path, SHIPPED, home_currency="EUR")

    assert refused_for(reading, "the name of the file is not in UTF-8")
    assert reading.path.name == "Kost\ufffdn.csv"


@pytest.mark.parametrize(
    ("titles", "company"),
    [
        ("Firm B.V. \nBill Payment List\nMarch 2026\n", "Firm B.V."),
        ("Bill Payment List\nMüller & Söhne\nMarch 2026\n", "Müller & Söhne"),
        ("Bill Payment List\nMarch 2026\n", ""),
        ('Bill Payment List\n"January 1 - March 31, 2026"\n', ""),
        ("Bill Payment List\nAll Dates\n", ""),
    ],
)
def test_whose_books_a_report_holds_is_never_its_period(tmp_path, titles, company):
    header = ",Date,Num,Invoice Date,Invoice No,Original Amount,Amount Paid,Memo\n"
    rows = "Print,,,,,,,\n,03/20/2026,1,,B-1,,5.00,\nTotal for Print,,,,,,$5.00,\nTOTAL,,,,,,$5.00,\n"
    reading = read(tmp_path, f"{titles}\n{header}{rows}", home_currency="USD")

    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    assert reading.company == company


def test_a_checksum_announces_a_file_that_must_be_there(tmp_path):
    (tmp_path / "time.csv.sha256").write_text("0" * 64)
    (reading,) = check_folder(tmp_path, SHIPPED, home_currency="EUR")

    assert (reading.path.name, reading.status) == ("time.csv", ReadingStatus.REFUSED)


@pytest.mark.parametrize(("amount", "what"), [("3,200.00", "not a number"), ("rent", "not a number")])
def test_an_amount_of_a_pool_that_is_none_is_told_once(tmp_path, amount, what):
    reading = read(tmp_path, f'pool,monthly_amount,driver\nrent,"{amount}",documents\n')
    assert refused_for(reading, what)
    assert len(reading.problems) == 1


def test_a_folder_names_every_file_in_order(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "time.csv").write_text(TIME)
    (tmp_path / "a.txt").write_text("notes\n")
    (tmp_path / ".hidden.csv").write_text(TIME)
    (tmp_path / "~$time.xlsx").write_text("lock")
    readings = check_folder(tmp_path, SHIPPED, home_currency="EUR")
    assert [(r.path.name, r.status) for r in readings] == [
        ("a.txt", ReadingStatus.NO_MAPPING),
        ("time.csv", ReadingStatus.ACCEPTED),
    ]


def test_mappings_beside_the_exports_are_no_exports(tmp_path):
    local(tmp_path, 'extends = "clockify-detailed"\n[format]\ndates = ["%d/%m/%Y"]\n')
    assert check_folder(tmp_path, SHIPPED, home_currency="EUR") == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        check_folder(tmp_path / "gone", SHIPPED, home_currency="EUR")


def test_a_file_cut_right_behind_an_opening_quote_is_refused(tmp_path):
    reading = read(tmp_path, TIME + '"')
    assert refused_for(reading, "a quote is opened and never closed")
