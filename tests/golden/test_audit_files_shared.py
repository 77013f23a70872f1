"""Audit files that nobody on the team wrote: what is read, against sums taken from the raw XML without our reader."""

import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

pytestmark = pytest.mark.shared
SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")


def taken(path):
    reading = read_file(path, SHIPPED, home_currency="EUR")
    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    assert reading.warnings == ()
    return reading


def of_kind(reading, kind):
    return [record.values for record in reading.records if record.kind == kind]


def plain(path):
    root = ET.parse(path).getroot()  # noqa: S314  samples that we know, read by other means than ours
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def cents(text):
    return int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("version", ["3.2", "4.0"])
def test_xaf_documents_are_the_revenue_lines_and_nothing_is_lost(samples, version):
    path = samples / "xaf" / f"xafgen-{version}-seed1.xaf"
    root = plain(path)
    lines = list(root.iter("trLine"))
    by_account = Counter()
    for line in lines:
        sign = 1 if line.findtext("amntTp") == "D" else -1
        by_account[line.findtext("accID")] += sign * cents(line.findtext("amnt"))
    assert (len(list(root.iter("transaction"))), len(lines)) == (12, 36)
    assert sum(cents(line.findtext("amnt")) for line in lines if line.findtext("amntTp") == "D") == 3826042

    reading = taken(path)
    documents = of_kind(reading, "document")
    assert sum(values["net_minor"] for values in documents) == -by_account["8000"]
    assert sum(values["gross_minor"] for values in documents) == by_account["1300"]
    assert {values["document_id"] for values in documents} == {line.findtext("docRef") for line in lines}
    assert {(values["party_key"], values["party"]) for values in documents} == {("D001", "Klant Één")}
    assert of_kind(reading, "gl_line") == of_kind(reading, "settlement") == []
    assert reading.covers == (date(2024, 1, 1), date(2024, 12, 31))


def test_both_xaf_versions_of_one_ledger_give_the_same_records(samples):
    old, new = (taken(samples / "xaf" / f"xafgen-{version}-seed1.xaf") for version in ("3.2", "4.0"))
    assert [record.values for record in old.records] == [record.values for record in new.records]


def test_a_record_stands_on_the_line_of_its_element(samples):
    path = samples / "xaf" / "xafgen-3.2-seed1.xaf"
    lines = path.read_text(encoding="utf-8").splitlines()
    for record in taken(path).records:
        assert lines[record.line - 1].strip() == "<trLine>"
        assert "<docRef>" + record.values["document_id"] in "".join(lines[record.line : record.line + 9])


def test_saft_pt_documents_are_those_neither_cancelled_nor_summed_up(samples):
    path = samples / "saft-pt" / "saft_idemo599999999.xml"
    root = plain(path)
    invoices = list(root.iter("Invoice"))
    assert Counter(each.findtext("InvoiceType") for each in invoices) == {"FT": 16, "FR": 2, "NC": 5, "ND": 1}
    assert (len(list(root.iter("Payment"))) - 3, len(list(root.iter("Customer")))) == (2, 11)  # 3: how FR were paid
    kept = [each for each in invoices if each.findtext("DocumentStatus/InvoiceStatus") == "N"]

    documents = of_kind(taken(path), "document")
    assert [values["document_id"] for values in documents] == [each.findtext("InvoiceNo") for each in kept]
    for values, each in zip(documents, kept, strict=True):
        assert values["net_minor"] == cents(each.findtext("DocumentTotals/NetTotal"))
        assert values["gross_minor"] == cents(each.findtext("DocumentTotals/GrossTotal"))
        assert values["issue_date"].isoformat() == each.findtext("InvoiceDate")
        assert values["party_key"] == each.findtext("CustomerID")
        assert (values["kind"] == "credit_note") == (each.findtext("InvoiceType") == "NC")
    assert {values["party"] for values in documents} == {
        "Manuel Feijão",
        "Gomes & Gomes, Lda.",
        "Ferreira & Ferreira, Lda",
    }


def test_saft_pt_payments_settle_with_their_tax(samples):
    settlements = of_kind(taken(samples / "saft-pt" / "saft_idemo599999999.xml"), "settlement")
    told = [(values["document_id"], values["settled_on"], values["gross_minor"]) for values in settlements]
    assert told == [
        ("1TR R/1", date(2017, 12, 3), 12000),
        ("1TR R/2", date(2017, 12, 3), 120000),
        ("1T 1/6", date(2017, 10, 22), 700000),  # the other payment is cancelled
    ]
