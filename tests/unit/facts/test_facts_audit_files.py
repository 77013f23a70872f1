"""Audit files go all the way: what their mappings read becomes facts without a guess, and nothing counts twice."""

from datetime import date
from pathlib import Path

import pytest

from connectors.base import AccountRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap

SAMPLES = Path(__file__).parents[2] / "golden" / "exports"
SHIPPED = load_mappings(Path(__file__).parents[3] / "config" / "exports")
GL_ACCOUNTS = GlAccountMap({"4400": "contractor", "4100": "pool:rent", "6800": "expense"}, {})


def facts_of(tmp_path, name, currency):
    ledger = Ledger(tmp_path / "ledger")
    ledger.take([read_file(SAMPLES / name, SHIPPED, home_currency=currency)])
    account = AccountRecord("001", "Alfa", None, None, date(2024, 5, 1), {})
    return build_facts(
        ledger,
        (account,),
        (),
        categories=CategoryMap({}, {}),
        gl_accounts=GL_ACCOUNTS,
        home_currency=currency,
        dates={},
    )


def test_a_dutch_ledger_gives_documents_payments_and_costs(tmp_path, rows_of):
    built = facts_of(tmp_path, "xaf-auditfile.xaf", "EUR")
    documents = {
        row["document_id"]: (row["kind"], row["net_minor"], row["gross_minor"]) for row in rows_of(built, "documents")
    }
    assert documents == {
        "F-1": ("invoice", 100000, 121000),
        "F-2": ("credit_note", 10000, 12100),
        "F-3": ("invoice", 5000, 5000),
    }
    assert sorted(row["gross_minor"] for row in rows_of(built, "settlements")) == [21000, 100000]
    # work bought in, and what nobody classified: 9.99 of costs, less 3.00 of interest and 40.00 without a customer
    assert sorted(row["amount_minor"] for row in rows_of(built, "direct_costs")) == [-4000, -300, 999, 30000]
    assert {account.gl_account for account in built.unknown_gl_accounts} == {"4999", "8000", "8900"}


@pytest.mark.parametrize(
    ("name", "currency", "expected"),
    [
        ("saft-pt-invoices.xml", "EUR", {"net": [1000, 5000, 10000], "paid": [6150, 11070]}),
        ("saft-no-ledger.xml", "NOK", {"net": [100000], "paid": [125000]}),
    ],
)
def test_saft_gives_documents_and_payments(tmp_path, rows_of, name, currency, expected):
    built = facts_of(tmp_path, name, currency)
    net = sorted(row["net_minor"] for row in rows_of(built, "documents"))
    paid = sorted(row["gross_minor"] for row in rows_of(built, "settlements"))
    assert {"net": net, "paid": paid} == expected
