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


def party_name(number, name):
    return "party_name", {"party_key": number, "party": name}


def test_a_number_without_a_name_has_the_one_of_the_master_data_and_finds_its_account(build, column_of):
    rows = [document("1", party=None, party_key="10001"), document("2", party=None, party_key="10002")]
    rows += [document("3", party="Beta", party_key="10001")]
    built = build(*rows, party_name("10001", "BETA"), party_name("10002", "Gamma"), party_name("10003", "Nobody"))

    assert sorted(column_of(built, "documents", "account_id")) == ["002", "002", "unmatched:Gamma (10002)"]
    (unmatched,) = built.unmatched
    assert (unmatched.handle, unmatched.name, unmatched.value_cents) == ("number:10002", "Gamma", 10_000)
    assert built.warnings == ()


def test_what_a_number_states_with_and_without_its_name_is_one_customer(build):
    rows = [document("1", party=None, party_key="10002"), document("2", party="Gamma", party_key="10002")]
    built = build(*rows, party_name("10002", "Gamma"))

    assert [(party.name, party.value_cents) for party in built.unmatched] == [("Gamma", 20_000)]


def test_files_that_name_a_number_differently_name_it_not_at_all(build, column_of):
    names = [party_name("10001", "Alfa"), party_name("10001", "Beta"), party_name("10001", "beta ")]
    built = build(document("1", party=None, party_key="10001"), *names)

    assert column_of(built, "documents", "account_id") == ["unmatched:10001"]
    told = "customer or supplier 10001 has several names, so none is used: Alfa (in.csv:3), Beta (in.csv:4)"
    assert built.warnings == (told,)


def test_an_unknown_gl_account_is_listed_with_its_name(build):
    names = [("gl_account_name", {"gl_account": "4940", "name": "Books"})]
    names += [("gl_account_name", {"gl_account": "4950", "name": name}) for name in ("Advice", "Audit")]
    built = build(*(posting(5, gl_account=code) for code in ("4940", "4950", "4960")), *names)

    assert [(unknown.gl_account, unknown.name) for unknown in built.unknown_gl_accounts] == [
        ("4940", "Books"),
        ("4950", None),
        ("4960", None),
    ]
    assert [warning[:34] for warning in built.warnings] == ["GL account 4950 has several names,"]
