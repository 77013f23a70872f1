"""Ledger exports that nobody on the team wrote, each held against a few lines that read the raw file on their own."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

pytestmark = pytest.mark.shared
SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")


def raw(path, *, skip=0, delimiter=",", encoding="cp1252"):
    with path.open(encoding=encoding, newline="") as lines:
        for _ in range(skip):
            next(lines)
        return list(csv.DictReader(lines, delimiter=delimiter))


def cents(text):
    return int(Decimal(text.replace(",", ".")) * 100)


def taken(path, mapping, *, home_currency="USD"):
    reading = read_file(path, SHIPPED, home_currency=home_currency)
    assert (reading.status, reading.mapping) == (ReadingStatus.ACCEPTED, mapping), reading
    return reading


def column(reading, name, kind=None):
    return [record.values[name] for record in reading.records if kind in {None, record.kind}]


def test_datev_bookings(samples):
    path = samples / "datev" / "EXTF_Buchungsstapel.csv"
    reading = taken(path, "datev-bookings", home_currency="EUR")
    book, invoice = raw(path, skip=1, delimiter=";")

    assert (book["Konto"], book["Soll/Haben-Kennzeichen"], book["BU-Schlüssel"]) == ("1200", "H", "8")
    (cost,) = (record.values for record in reading.records if record.kind == "gl_line")
    assert cost["gl_account"] == book["Gegenkonto (ohne BU-Schlüssel)"]
    assert cost["line_date"] == date(2018, 2, 21)
    assert cost["amount_minor"] == round(cents(book["Umsatz (ohne Soll/Haben-Kz)"]) / 1.07) == 2332

    (document,) = (record.values for record in reading.records if record.kind == "document")
    assert document["gross_minor"] == cents(invoice["Umsatz (ohne Soll/Haben-Kz)"]) == 595000
    assert document["net_minor"] * 119 == document["gross_minor"] * 100
    assert (document["document_id"], document["party_key"]) == (invoice["Belegfeld 1"], invoice["Konto"])
    assert document["issue_date"] == date(2018, 2, 22)
    assert reading.covers == (date(2018, 2, 1), date(2018, 2, 28))


def test_datev_names(samples):
    path = samples / "datev" / "EXTF_Stammdaten.csv"
    parties = taken(path, "datev-parties")
    assert column(parties, "party_key") == [row["Konto"] for row in raw(path, skip=1, delimiter=";")]
    assert column(parties, "party") == ["Sabine Mustermann", "Meyer GmbH", "Schulze GmbH", "Scary Kitten  AG"]

    path = samples / "datev" / "EXTF_Kontenbeschriftungen.csv"
    accounts = taken(path, "datev-accounts")
    names = {row["Konto"]: row["Kontenbeschriftung"] for row in raw(path, skip=1, delimiter=";")}
    assert dict(zip(column(accounts, "gl_account"), column(accounts, "name"), strict=True)) == names


@pytest.mark.parametrize(
    "name", ["embedded_newlines", "encoding_windows1252", "leading_zero_konto", "valid_minimal_700"]
)
def test_datev_files_with_a_shifted_first_line_are_refused(samples, name):
    path = samples / "datev" / f"{name}.csv"
    reading = read_file(path, SHIPPED, home_currency="EUR")
    (problem,) = reading.problems
    assert (reading.status, problem.line, problem.column) == (ReadingStatus.REFUSED, 1, "field 13")
    assert "'00002', which is no first day of the fiscal year" in problem.what
    # the very day stands one field further on
    assert path.read_text(encoding="cp1252").splitlines()[0].split(";")[13] == "20250101"


def test_sage_50_purchase_day_book(samples):
    path = samples / "sage50" / "Purchase Day Book.csv"
    reading = taken(path, "sage50-purchase-day-book")
    rows = raw(path)
    assert {row["Type"] for row in rows} == {"PI"}
    assert column(reading, "supplier") == [row["Account"] for row in rows]
    assert column(reading, "amount_minor") == [cents(row["Net"]) for row in rows] == [163348, 780579]
    assert column(reading, "line_date") == [date(2026, 9, 1), date(2026, 9, 3)]


def test_hledger_postings_balance(samples):
    path = samples / "hledger" / "print.csv"
    reading = taken(path, "hledger-print")
    rows = raw(path, encoding="utf-8")
    assert column(reading, "gl_account") == [row["account"] for row in rows]
    assert column(reading, "amount_minor") == [cents(row["amount"]) for row in rows]
    assert (len(rows), sum(column(reading, "amount_minor"))) == (11, 0)


def test_hledger_dollars_are_not_taken_for_euros(samples):
    reading = read_file(samples / "hledger" / "print.csv", SHIPPED, home_currency="EUR")
    assert reading.status is ReadingStatus.REFUSED
    assert reading.problems[0].what == "marked $, but the currency of the row is EUR"


def test_quickbooks_bill_payments(samples):
    path = samples / "quickbooks-online" / "qbo_bill_payment_list.csv"
    reading = taken(path, "qbo-bill-payments")
    rows = [row for row in raw(path, skip=4, encoding="utf-8") if row["Date"]]
    assert column(reading, "reference") == [row["Invoice No"] for row in rows]
    assert column(reading, "amount_minor") == [cents(row["Amount Paid"].replace(",", "")) for row in rows]
    assert sum(column(reading, "amount_minor")) == 1212712  # TOTAL of the report


@pytest.mark.parametrize(
    "name",
    [
        "bank-csv/Chase1234_Activity_20260930.CSV",
        "oca-bank-sheets/balance.csv",
        "oca-bank-sheets/debit_credit.csv",
        "oca-bank-sheets/meta_data_separated_credit_debit.xlsx",
        "oca-bank-sheets/original_currency_no_header.csv",
    ],
)
def test_account_statements_of_banks_are_listed_and_not_read(samples, name):
    reading = read_file(samples / name, SHIPPED, home_currency="USD")
    assert reading.status is ReadingStatus.NO_MAPPING
    assert reading.why_not
