"""Exports that nobody on the team wrote: rows, sums and parties counted by hand in the raw files."""

import os
from datetime import date
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
REFUSED = {"clockify/clockify_time_entries_import_test_1.csv": "dates can be read in more than one way"}
LACKING = {"clockify/clockify_time_entries_import_test_7.csv": "lacks Duration"}


@pytest.fixture(scope="module")
def samples():
    folder = os.environ.get("WHALECURVE_SHARED")
    if not folder:
        pytest.skip("WHALECURVE_SHARED names no folder")
    return Path(folder) / "samples"


@pytest.fixture(scope="module")
def readings(samples):
    found = check_folder(samples, SHIPPED, home_currency="USD")
    return {reading.path.relative_to(samples).as_posix(): reading for reading in found}


def test_every_file_has_a_mapping_or_a_reason(readings):
    assert len(readings) >= 40
    for name, reading in readings.items():
        if name in TAKEN:
            assert reading.status is ReadingStatus.ACCEPTED, (name, reading.problems)
        elif name in REFUSED:
            assert REFUSED[name] in reading.problems[0].what
        else:
            assert reading.status is ReadingStatus.NO_MAPPING, name
            assert LACKING.get(name, "") in reading.why_not[0]


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
    path = samples / "clockify" / "clockify_time_entries_import_test_1.csv"
    reading = read_file(path, load_mappings(SHIPPED_FOLDER, tmp_path), home_currency="USD")
    assert column(reading, "work_date") == [date(2024, 3, 4)] * 2
    assert column(reading, "worked_seconds") == [0, 3601]
