"""What the files say of a customer leads to its account; who stays unmatched is kept for `whalecurve match`."""

import duckdb

from connectors.base import AccountRecord
from connectors.identity import MatchDecisions
from tests.unit.facts.records import contract, document, hours, posting

NORDHAV = AccountRecord("007", "Nordhav", None, None, None, {}, company_number="FI20774740", website="nordhav.example")


def test_numbers_and_domains_of_documents_postings_and_contracts_count(build, column_of):
    rows = [
        document("1", party="Northern Port", party_company_number="2077474-0"),
        document("2", party="North Harbour", party_email="ap@nordhav.example"),
        posting(5, party="N. Harbour", party_company_number="FI20774740"),
        contract("Nord Hafen", party_company_number="FI20774740"),
        hours(party="Northern Port", task="design"),
    ]
    built = build(*rows, accounts=[NORDHAV])

    assert built.unmatched == ()
    for table in ("documents", "direct_costs", "contracts", "time_entries"):
        assert set(column_of(built, table, "account_id")) == {"007"}


def test_a_confirmed_customer_brings_its_records_and_its_contradictions_do_not_count(build, column_of):
    decisions = MatchDecisions({"name:alfa": "002"})
    built = build(document(), hours(party="ALFA", task="design"), decisions=decisions)

    assert column_of(built, "documents", "account_id") == column_of(built, "time_entries", "account_id") == ["002"]


def test_who_is_unmatched_is_left_in_the_ledger_most_valuable_first(build, tmp_path):
    build(document("1", party="Small", net_minor=1), document("2", party="Big"), hours(party_key="9"))
    path = tmp_path / "ledger" / "facts" / "unmatched.parquet"
    found = duckdb.execute("SELECT handle, value_cents, worked_seconds FROM read_parquet($path)", {"path": str(path)})

    assert found.fetchall() == [("name:big", 10_000, 0), ("name:small", 1, 0), ("number:9", 0, 3600)]
    assert path.stat().st_mode & 0o777 == 0o600
