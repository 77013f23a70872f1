"""Payments whose file states no currency settle their document in the document's own digits."""

from pathlib import Path

import pytest

from connectors.base import AccountRecord
from connectors.errors import InputError
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap

SHIPPED = load_mappings(Path(__file__).parents[3] / "config" / "exports")
ALFA = AccountRecord("001", "Alfa", None, None, None, {})


def built_of(folder, *amounts, home):
    """Bill and pay each (currency, amount)."""
    invoices = "document_id,party,kind,issue_date,due_date,net,currency\n"
    payments = "document_id,settled_on,kind,gross\n"
    for number, (currency, amount) in enumerate(amounts):
        invoices += f"{number},Alfa,invoice,2025-01-05,2025-02-04,{amount},{currency}\n"
        payments += f"{number},2025-01-20,payment,{amount}\n"
    return facts_of(folder, {"invoices.csv": invoices, "payments.csv": payments}, home)


def facts_of(folder, texts, home):
    for name, text in texts.items():
        (folder / name).write_text(text)
    ledger = Ledger(folder / "ledger")
    ledger.take([read_file(folder / name, SHIPPED, home_currency=home) for name in texts])
    maps = {"categories": CategoryMap({}, {}), "gl_accounts": GlAccountMap({}, {})}
    return build_facts(ledger, [ALFA], [], **maps, home_currency=home, dates={})


@pytest.mark.parametrize("home", ["EUR", "JPY", "BHD"])
def test_a_payment_has_the_digits_of_its_document(tmp_path, column_of, home):
    amounts = [("BHD", "100.125"), ("JPY", "5000"), ("EUR", "100.50"), ("CLF", "0.0001")]

    assert column_of(built_of(tmp_path, *amounts, home=home), "settlements", "gross_minor") == [
        100_125,
        5000,
        10_050,
        1,
    ]


def test_a_payment_finer_than_its_document_is_refused(tmp_path):
    texts = {
        "invoices.csv": "document_id,party,kind,issue_date,due_date,net,currency\n"
        "A-1,Alfa,invoice,2025-01-05,2025-02-04,5000,JPY\n",
        "payments.csv": "document_id,settled_on,kind,gross\nA-1,2025-01-20,payment,5000.50\n",
    }
    with pytest.raises(InputError, match="the amount for document A-1 has more digits than JPY knows"):
        facts_of(tmp_path, texts, "EUR")


def test_no_payment_is_finer_than_any_currency(tmp_path):
    path = tmp_path / "payments.csv"
    path.write_text("document_id,settled_on,kind,gross\nA-1,2025-01-20,payment,1.00001\n")
    (problem,) = read_file(path, SHIPPED, home_currency="EUR").problems

    assert (problem.line, problem.column) == (2, "gross")
    assert "1.00001 has more digits than" in problem.what
