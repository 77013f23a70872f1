"""Files of bookkeeping packages, a time tracker and a payroll run as facts, side by side in one folder."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors.base import AccountRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "golden" / "exports"
SHIPPED = load_mappings(ROOT / "config" / "exports")
NORDHAV = AccountRecord("001", "Nordhav Oy", "NOR", None, date(2024, 5, 1), {})


@pytest.fixture
def built(tmp_path):
    """Build the facts of the samples of the named mappings; the CRM knows one account."""

    def build_from(*names):
        folder = tmp_path / "exports"
        folder.mkdir()
        for name in names:
            shutil.copy(SAMPLES / f"{name}.csv", folder)
        ledger = Ledger(tmp_path / "ledger")
        ledger.take(check_folder(folder, SHIPPED, home_currency="EUR", accept_unverified=True))
        return build_facts(
            ledger,
            [NORDHAV],
            [],
            categories=CategoryMap({"design": "delivery"}, {}),
            gl_accounts=GlAccountMap({"7640": "expense"}, {}),
            home_currency="EUR",
            dates={},
        )

    return build_from


def column(built, table, *names):
    query = f"SELECT {', '.join(names)} FROM read_parquet($path) ORDER BY ALL"  # noqa: S608  our own names
    return duckdb.execute(query, {"path": built.facts.tables[table]}).fetchall()


def test_invoices_ledger_worklogs_and_payroll_become_facts(built):
    facts = built("procountor-invoices", "netvisor-ledger", "jira-worklogs", "payroll-register")

    assert column(facts, "documents", "document_id", "account_id", "net_minor") == [
        ("20118", "001", 251000),
        ("20119", "unmatched:Müller GmbH", 62750),
    ]
    assert column(facts, "settlements", "document_id", "settled_on", "gross_minor") == [
        ("20118", date(2026, 2, 14), 251000)
    ]
    assert column(facts, "direct_costs", "account_id", "kind", "amount_minor") == [
        (None, "expense", -6017),
        (None, "expense", 196017),
    ]
    # the key of a project is the customer's number until a person says whose it is
    assert column(facts, "time_entries", "account_id", "worked_seconds") == [("001", 5400), ("unmatched:INT", 2700)]
    assert column(facts, "cost_rates", "person_id", "loaded_cost_minor", "practical_seconds") == [
        ("Ada Vos", 436600, 288000),
        ("Bo Lind", 382036, 261000),
    ]


@pytest.mark.parametrize(
    ("name", "gross_minor"),
    [("exact-open-items", 308600), ("eboekhouden-open-items", 302550), ("snelstart-open-items", 308600)],
)
def test_a_list_of_open_items_gives_documents_and_no_payment(built, name, gross_minor):
    facts = built(name)

    assert column(facts, "settlements", "document_id") == []
    assert column(facts, "documents", "CAST(sum(gross_minor) AS BIGINT)") == [(gross_minor,)]
