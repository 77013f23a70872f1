"""Exports that nobody on the team wrote: rows, sums and parties counted by hand in the raw files."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder, read_file
from connectors.exports.reading import ReadingStatus

pytestmark = pytest.mark.shared
SHIPPED_FOLDER = Path(__file__).parents[2] / "config" / "exports"
SHIPPED = load_mappings(SHIPPED_FOLDER)

TAKEN = {
    "clockify/clockify_time_entries_import_test_2.csv": ("clockify-detailed", 1, "worked_seconds", 1800),
    "harvest/harvest_time_entries_import_test_1.csv": ("harvest-detailed", 2, "worked_seconds", 72036),
    "quickbooks-online/A_P Payments.xlsx": ("qbo-bill-payments", 2, "amount_minor", 1132712),
    "quickbooks-online/qbo_bill_payment_list.csv": ("qbo-bill-payments", 3, "amount_minor", 1212712),
    "saft-pt/saft_idemo599999999.xml": ("saft-pt-invoices", 20, "gross_minor", 2157325),
    "xaf/xafgen-3.2-seed1.xaf": ("xaf-auditfile", 12, "net_minor", 3162019),
    "xaf/xafgen-4.0-seed1.xaf": ("xaf-auditfile", 12, "net_minor", 3162019),
    "toggl/toggl_time_entries_import_test_1.csv": ("toggl-detailed", 2, "worked_seconds", 3601),
    "toggl/toggl_time_entries_import_test_2.csv": ("toggl-detailed", 1, "worked_seconds", 2),
    "xero/Account Transactions.csv": ("xero-account-transactions", 3, "amount_minor", 732712),
    "xero/Bills export.csv": ("xero-bills", 5, "amount_minor", 1196712),
}
REFUSED = {
    "clockify/clockify_time_entries_import_test_1.csv": "dates can be read in more than one way",
    "clockify/clockify_time_entries_import_test_7.csv": "dates can be read in more than one way",
}
ELSEWHERE = ("datev/", "hledger/", "sage50/")  # test_exports_shared_ledgers.py


@pytest.fixture(scope="module")
def readings(samples):
    found = check_folder(samples, SHIPPED, home_currency="USD")
    return {reading.path.relative_to(samples).as_posix(): reading for reading in found}


def test_every_file_has_a_mapping_or_a_reason(readings):
    assert len(readings) >= 40
    for name, reading in readings.items():
        if name.startswith(ELSEWHERE):
            continue
        if name in TAKEN:
            assert reading.status is ReadingStatus.ACCEPTED, (name, reading.problems)
        elif name in REFUSED:
            assert REFUSED[name] in reading.problems[0].what
        else:
            assert reading.status is ReadingStatus.NO_MAPPING, name
            assert reading.why_not[0]


@pytest.mark.parametrize("name", TAKEN)
def test_rows_and_sums_are_those_of_the_file(readings, name):
    mapping, rows, column, total = TAKEN[name]
    reading = readings[name]
    assert (reading.mapping, len(reading.records)) == (mapping, rows)
    assert sum(record.values[column] for record in reading.records) == total


def column(reading, name):
    return [record.values[name] for record in reading.records]


def test_parties_suppliers_and_accounts(readings):
    assert column(readings["toggl/toggl_time_entries_import_test_1.csv"], "party") == [None, "Big Company"]
    assert column(readings["harvest/harvest_time_entries_import_test_1.csv"], "person") == ["Peter Tester"] * 2
    qbo = readings["quickbooks-online/qbo_bill_payment_list.csv"]
    assert column(qbo, "supplier") == ["Ashby Components", "Ashby Components", "Bexley Plastics"]
    assert column(qbo, "paid_on") == [date(2026, 9, 2), date(2026, 9, 16), date(2026, 9, 5)]
    assert qbo.covers == (date(2026, 9, 1), date(2026, 9, 30))
    bills = readings["xero/Bills export.csv"]
    assert column(bills, "gl_account") == ["300", "300", "300", "310", "310"]
    assert set(column(bills, "currency")) == {"USD"}
    ledger = readings["xero/Account Transactions.csv"]
    assert set(column(ledger, "gl_account")) == {"Business Bank Account"}
    assert column(ledger, "amount_minor") == [196017, 936695, -400000]


def test_a_local_mapping_of_three_lines_settles_the_order_of_day_and_month(samples, tmp_path):
    (tmp_path / "mine.toml").write_text('extends = "clockify-detailed"\n[format]\ndates = ["%m/%d/%Y"]\n')
    mappings = load_mappings(SHIPPED_FOLDER, tmp_path)
    stated, spanned = (
        read_file(
            samples / "clockify" / f"clockify_time_entries_import_test_{number}.csv", mappings, home_currency="USD"
        )
        for number in (1, 7)
    )
    assert column(stated, "work_date") == [date(2024, 3, 4)] * 2
    assert column(stated, "worked_seconds") == [0, 3601]
    assert column(spanned, "worked_seconds") == [3601]  # no duration in the file: from start to end
    assert column(spanned, "party") == [None]  # the row ends before its client


def raw_rows(path, *, encoding="utf-8-sig", delimiter=","):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def clock_seconds(text):
    hours, minutes, seconds = map(int, text.split(":"))
    return (hours * 60 + minutes) * 60 + seconds


def from_comma(text):
    return Decimal(text.replace(".", "").replace(",", "."))


@pytest.mark.parametrize(
    ("name", "headings", "seconds"),
    [
        (
            "toggl/toggl_time_entries_import_test_1.csv",
            ("Email", "Client", "Project", "Start date"),
            lambda row: clock_seconds(row["Duration"]),
        ),
        (
            "toggl/toggl_time_entries_import_test_2.csv",
            ("Email", "Client", "Project", "Start date"),
            lambda row: clock_seconds(row["Duration"]),
        ),
        (
            "harvest/harvest_time_entries_import_test_1.csv",
            (None, "Client", "Project", "Date"),
            lambda row: int(from_comma(row["Hours"]) * 3600),
        ),
    ],
)
def test_time_entries_are_those_of_the_raw_rows(samples, readings, name, headings, seconds):
    person, client, project, day = headings
    wanted = [
        (
            row[person] if person else f"{row['First Name']} {row['Last Name']}",
            row[client] or None,
            row[project],
            row[day],
            seconds(row),
        )
        for row in raw_rows(samples / name)
    ]
    got = [
        (
            values["person"],
            values["party"],
            values["project"],
            values["work_date"].isoformat(),
            values["worked_seconds"],
        )
        for values in (record.values for record in readings[name].records)
    ]
    assert got == wanted


def test_bills_of_xero_are_those_of_the_raw_rows(samples, readings):
    wanted = [
        (row["*ContactName"], row["*InvoiceNumber"], row["*AccountCode"], int(Decimal(row["LineAmount"]) * 100))
        for row in raw_rows(samples / "xero" / "Bills export.csv")
    ]
    fields = ("supplier", "reference", "gl_account", "amount_minor")
    bills = readings["xero/Bills export.csv"].records
    assert [tuple(record.values[name] for name in fields) for record in bills] == wanted


PAYMENTS = """\
name = "payments-of-a-spreadsheet"
version = 1
grade = "F"
record = "bill_payment"
[format]
numbers = "de"
dates = ["%d.%m.%Y"]
[columns]
paid_on = { from = ["pay_date"], column = "required" }
supplier = { from = ["supplier"], column = "required" }
reference = { from = ["invoice_no"], column = "required" }
amount = { from = ["paid_amount"], column = "required" }
"""
PEOPLE_PAID = """\
name = "suppliers-of-a-spreadsheet"
version = 1
grade = "F"
record = "bill_payment"
[columns]
paid_on = { from = ["last_paid_on"], column = "required" }
supplier = { from = ["name"], column = "required" }
amount = { from = ["last_paid_amount"], column = "required" }
"""


def paid_amounts(path, mapping, folder):
    """Read a file with one more mapping: who was paid, and how many cents."""
    (folder / "mine.toml").write_text(mapping)
    reading = read_file(path, load_mappings(SHIPPED_FOLDER, folder), home_currency="EUR")
    return [(record.values["supplier"], record.values["amount_minor"]) for record in reading.records]


def test_a_spreadsheet_saved_in_german_takes_a_mapping_of_ten_lines(samples, tmp_path):
    path = samples / "excel-locale" / "zahlungen_payments.csv"
    rows = raw_rows(path, encoding="cp1252", delimiter=";")
    wanted = [(row["supplier"], int(from_comma(row["paid_amount"]) * 100)) for row in rows]
    assert paid_amounts(path, PAYMENTS, tmp_path) == wanted == [("Ashby Components", 196017)] * 2


def test_a_spreadsheet_saved_as_unicode_text_takes_a_mapping_of_ten_lines(samples, tmp_path):
    path = samples / "excel-locale" / "vendors.txt"
    rows = raw_rows(path, encoding="utf-16", delimiter="\t")
    wanted = [(row["name"], int(Decimal(row["last_paid_amount"]) * 100)) for row in rows]
    assert paid_amounts(path, PEOPLE_PAID, tmp_path) == wanted
    assert wanted[0][0] == "Café Müller GmbH"
