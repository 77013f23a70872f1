"""A DATEV stack as facts: invoices by customer number, payments, costs net of tax."""

from datetime import date
from pathlib import Path

from connectors.base import AccountRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap

SHIPPED = Path(__file__).parents[3] / "config" / "exports"
SAMPLE = Path(__file__).parents[2] / "golden" / "exports" / "datev-bookings.csv"
OWN = 'extends = "datev-bookings"\n[reader.datev]\npayment_days = 14\n'


def test_a_stack_of_bookings_becomes_facts(tmp_path, rows_of):
    (tmp_path / "own.toml").write_text(OWN)
    ledger = Ledger(tmp_path / "ledger")
    ledger.take([read_file(SAMPLE, load_mappings(SHIPPED, tmp_path), home_currency="EUR")])
    customer = AccountRecord("001", "Nordwind", "10001", None, None, {})
    built = build_facts(
        ledger,
        [customer],
        [],
        categories=CategoryMap({}, {}),
        gl_accounts=GlAccountMap({"3400": "pass_through"}, {}),
        home_currency="EUR",
        dates={},
    )

    (document,) = rows_of(built, "documents")
    assert (document["account_id"], document["net_minor"], document["gross_minor"]) == ("001", 110000, 129700)
    assert document["due_date"] == date(2026, 1, 19)
    (payment,) = rows_of(built, "settlements")
    assert (payment["document_id"], payment["gross_minor"]) == ("R-1", 129700)
    costs = {row["kind"]: row["amount_minor"] for row in rows_of(built, "direct_costs")}
    assert costs == {"pass_through": 20000, "expense": 5000}
    assert [unknown.gl_account for unknown in built.unknown_gl_accounts] == ["4940"]
