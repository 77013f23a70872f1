"""The audit file of 1999 (ADF): lines of fixed width, debit and credit in columns of their own, no list of accounts.

The widths are those of the tax office's "Handleiding Auditfile" of December 2001; no file of a system was seen.
"""

from datetime import date
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = Path(__file__).parents[2] / "config" / "exports"
OWN = """\
extends = "xaf-auditfile"
[ledger]
revenue = { accounts = ["8000-8999"] }
receivable = { accounts = ["1300"] }
"""
HEADER = {1: "CLAIR1.00.00", 13: "Boekhoud 2", 83: "2001", 113: "Firma", 223: "8", 233: "31-12-2001"}
HEADER |= {243: "302.50", 259: "302.50"}
POSTING = {"journal": 1, "period": 51, "entry": 56, "account": 101, "kind": 116, "name": 136, "day": 166}
POSTING |= {"document": 176, "text": 256, "debit": 286, "credit": 302, "party": 346, "party_kind": 361}
POSTING |= {"party_name": 382}
ACCOUNTS = {"1100": ("B", "Bank"), "1300": ("B", "Debiteuren"), "1600": ("B", "Crediteuren"), "1800": ("B", "Btw")}
ACCOUNTS |= {"4400": ("W", "Drukwerk"), "8000": ("W", "Omzet")}
ALFA = {"party": "D1", "party_kind": "D", "party_name": "Café Alfa"}
PRINTER = {"party": "C1", "party_kind": "F", "party_name": "Drukker"}


def fixed(cells):
    """Lay out texts at their places, from 1."""
    text = ""
    for place, cell in sorted(cells.items()):
        text = text.ljust(place - 1) + cell
    return text


def posting(account, entry="1", period="1", *, day="05-01-2001", **cells):
    kind, name = ACCOUNTS[account]
    whole = {"journal": "VRK", "period": period, "entry": entry, "account": account, "kind": kind, "name": name}
    return fixed({POSTING[key]: cell for key, cell in (whole | {"day": day} | cells).items()})


YEAR = (
    posting("1300", document="F1", debit="121.00", **ALFA),
    posting("8000", document="F1", credit="100.00", text="Advies"),
    posting("1800", document="F1", credit="21.00"),
    posting("4400", "2", document="I-7", debit="60.50", text="Folders"),
    posting("1600", "2", document="I-7", credit="60.50", **PRINTER),
    posting("1100", "3", "2", day="10022001", document="F1", debit="12100"),
    posting("1300", "3", "2", day="10022001", document="F1", credit="12100", **ALFA),
)


def read(folder, *lines, header=HEADER, own=OWN):
    (folder / "mappings").mkdir()
    (folder / "mappings" / "own.toml").write_text(own)
    path = folder / "adf.txt"
    path.write_bytes("\r\n".join((fixed(header), *lines, "")).encode("cp1252"))
    return read_file(path, load_mappings(SHIPPED, folder / "mappings"), home_currency="EUR")


def test_a_year_gives_invoices_payments_and_costs(tmp_path):
    reading = read(tmp_path, *YEAR, header=HEADER | {223: "7"})

    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    found = {record.kind: record.values for record in reading.records}
    assert set(found) == {"document", "settlement", "gl_line", "gl_account_name"}
    document, paid = found["document"], found["settlement"]
    assert (document["document_id"], document["party_key"], document["party"]) == ("F1", "D1", "Café Alfa")
    assert (document["net_minor"], document["gross_minor"]) == (10_000, 12_100)
    assert document["issue_date"] == date(2001, 1, 5)
    assert (paid["gross_minor"], paid["settled_on"]) == (12_100, date(2001, 2, 10))
    cost = found["gl_line"]
    assert (cost["gl_account"], cost["amount_minor"], cost["supplier"]) == ("4400", 6_050, "Drukker")
    assert cost["description"] == "Drukwerk Folders"


def test_totals_that_differ_from_the_lines_refuse_the_file(tmp_path):
    reading = read(tmp_path, *YEAR)

    assert reading.status is ReadingStatus.REFUSED
    assert "stated 8 lines, but 7 in 3 entries are there" in reading.problems[0].what


@pytest.mark.parametrize("amount", ["121,0", "12x"])
def test_an_amount_that_cannot_be_read_refuses_the_file(tmp_path, amount):
    broken = posting("1300", document="F1", debit=amount, **ALFA)
    (problem,) = read(tmp_path, broken, *YEAR[1:]).problems

    assert problem.line == 2


def test_opening_entries_are_left_out(tmp_path):
    opening = (posting("1100", "0", "0", debit="9.00"), posting("8000", "0", "0", credit="9.00"))
    header = HEADER | {223: "9", 243: "311.50", 259: "311.50"}
    reading = read(tmp_path, *opening, *YEAR, header=header)

    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    assert [record.values["net_minor"] for record in reading.records if record.kind == "document"] == [10_000]


def test_the_day_of_a_posting_counts_and_not_that_of_its_processing(tmp_path):
    processed = [text[:90] + "01-03-2001" + text[100:] for text in YEAR]
    (document,) = [
        record.values
        for record in read(tmp_path, *processed, header=HEADER | {223: "7"}).records
        if record.kind == "document"
    ]

    assert document["issue_date"] == date(2001, 1, 5)


def test_without_accounts_of_ones_own_nobody_can_tell_revenue(tmp_path):
    (problem,) = read(tmp_path, *YEAR, header=HEADER | {223: "7"}, own='extends = "xaf-auditfile"\n').problems

    assert problem.what == "no account is known to be revenue: the file refers to no standard chart"
