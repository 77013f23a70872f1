"""The demo firm is the worked example in the files that real tools export."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from connectors.base import AccountRecord, DealRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder
from connectors.facts.build import build_facts
from connectors.facts.coverage import source_dates
from connectors.fields import load_fields
from connectors.ledger.ledger import Ledger
from connectors.maps import load_categories, load_gl_accounts
from profitability.engine import evaluate
from profitability.policy import Policy

CONFIG = Path(__file__).parents[2] / "config"
DEMO = CONFIG / "demo"
WORKED = Path(__file__).parents[1] / "golden" / "worked_example"
LETTERS = dict(zip(["ALF", "BOR", "CIR", "DEL", "EMB", "FJO", "GRO", "HAL"], range(8), strict=True))
"""Worked example's client -> place of the account in the demo's CRM."""

PEOPLE = {"P1": "Anna de Wit", "P2": "Bram Kuiper", "P3": "Chiara Rossi", "P4": "Daan Smit", "P5": "Eva Lind"}
"""As the rates name them; Toggl knows them by e-mail."""


def account_id(client):
    return f"00{LETTERS[client]}" if client else None


def crm_records():
    crm = json.loads((DEMO / "crm.json").read_text(encoding="utf-8"))
    ids = {row["external_key"] or row["name"]: f"00{place}" for place, row in enumerate(crm["accounts"])}
    accounts = [
        AccountRecord(
            ids[row["external_key"] or row["name"]],
            row["name"],
            row["external_key"],
            None,
            date.fromisoformat(row["started_on"]) if row["started_on"] else None,
            {},
        )
        for row in crm["accounts"]
    ]
    deals = [
        DealRecord(
            str(place),
            ids[row["account"]],
            Decimal(row["amount"]),
            row["currency"],
            date.fromisoformat(row["close_date"]),
            row["stage"] == "won",
            row["stage"] != "open",
            Decimal(row["probability"]) if "probability" in row else None,
            Decimal(row["hours"]) if "hours" in row else None,
            date.fromisoformat(row["starts_on"]) if "starts_on" in row else None,
        )
        for place, row in enumerate(crm["deals"])
    ]
    return accounts, deals


@pytest.fixture(scope="module")
def readings():
    return check_folder(DEMO / "exports", load_mappings(CONFIG / "exports"), home_currency="EUR")


@pytest.fixture(scope="module")
def built(readings, tmp_path_factory):
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    warnings = ledger.take(readings)
    accounts, deals = crm_records()

    assert warnings == ()
    return build_facts(
        ledger,
        accounts,
        deals,
        categories=load_categories(CONFIG / "categories.toml"),
        gl_accounts=load_gl_accounts(DEMO / "gl_accounts.toml"),
        home_currency="EUR",
        dates=source_dates(
            ledger,
            {"document": 5, "time_entry": 5, "cost_rate": 5, "direct_cost": 5},
            today=date(2026, 1, 20),
        ),
    )


@pytest.fixture(scope="module")
def verdicts(built):
    return evaluate(built.facts, Policy(), date(2026, 1, 20))


def worked(name):
    with (WORKED / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def cents(text):
    return int(Decimal(text) * 100)


def facts(built, sql):
    paths = {name: f"read_parquet('{path}')" for name, path in built.facts.tables.items()}
    return duckdb.execute(sql.format(**paths)).fetchall()


def test_every_file_is_read_without_a_word(readings):
    assert {reading.path.name: (str(reading.status), reading.warnings) for reading in readings} == {
        path.name: ("accepted", ()) for path in (DEMO / "exports").iterdir()
    }
    assert {"toggl-detailed", "xero-sales-invoices", "xero-bills"} <= {reading.mapping for reading in readings}


def test_every_customer_task_and_gl_account_is_known(built):
    assert (built.unmatched, built.unknown_tasks, built.unknown_gl_accounts) == ((), (), ())
    assert built.facts.covered_through == date(2025, 12, 31)


def test_hours_are_those_of_the_worked_example_in_days_of_a_calendar(built):
    expected = Counter()
    for row in worked("time"):
        key = (PEOPLE[row["person_id"]], account_id(row["client_id"]), row["category"])
        expected[*key, int(row["date"][5:7])] += int(Decimal(row["hours"]) * 3600)
    found = facts(
        built,
        "SELECT person_id, account_id, category, month(work_date), sum(worked_seconds)::BIGINT"
        " FROM {time_entries} WHERE year(work_date) = 2025 GROUP BY ALL",
    )

    assert {row[:4]: row[4] for row in found} == expected
    assert facts(built, "SELECT max(isodow(work_date)) FROM {time_entries}") == [(5,)]


def test_documents_and_settlements_are_those_of_the_worked_example(built):
    expected = {
        (
            row["doc_no"],
            account_id(row["client_id"]),
            row["kind"],
            date.fromisoformat(row["issue_date"]),
            date.fromisoformat(row["due_date"]),
            cents(row["amount"]),
            row["currency"],
            int(Decimal(row["fx_to_eur"]) * 10**12),
            row["applies_to"] or None,
        )
        for row in worked("invoices")
    }
    found = facts(
        built,
        "SELECT document_id, account_id, kind, issue_date, due_date, net_minor, currency, fx_rate_e12, applies_to"
        " FROM {documents}",
    )
    paid = Counter(
        (row["doc_no"], date.fromisoformat(row["date"]), row["kind"], cents(row["amount_doc_currency"]))
        for row in worked("settlements")
    )

    assert (len(found), set(found)) == (len(expected), expected)
    assert Counter(facts(built, "SELECT document_id, settled_on, kind, gross_minor FROM {settlements}")) == paid


def test_direct_costs_and_pools_are_those_of_the_worked_example(built):
    expected = Counter(
        (date.fromisoformat(row["date"]), account_id(row["client_id"]), row["kind"], cents(row["amount"]))
        for row in worked("direct_costs")
    )
    pools = Counter(row["pool"] for row in worked("overhead_pools") if row["monthly_amount"] != "residual")

    assert Counter(facts(built, "SELECT cost_date, account_id, kind, amount_minor FROM {direct_costs}")) == expected
    assert dict(
        facts(built, "SELECT pool, count(*) FROM {pools} WHERE year(month) = 2025 GROUP BY pool")
    ) == dict.fromkeys(pools, 12)


def test_remedies_and_contracts_are_those_of_the_worked_example(built):
    tried = {
        (account_id(row["client_id"]), row["remedy"], date.fromisoformat(row["started"]), row["outcome"])
        for row in worked("remedies")
    }
    agreed = {
        (
            account_id(row["client_id"]),
            int(row["contracted_hours"]) * 3600,
            date.fromisoformat(row["contract_end"]),
            int(row["notice_days"]),
        )
        for row in worked("clients")
    }

    assert set(facts(built, "SELECT account_id, remedy, started_on, outcome FROM {remedies}")) == tried
    assert set(facts(built, "SELECT account_id, contracted_seconds, ends_on, notice_days FROM {contracts}")) == agreed


def test_the_work_to_come_is_the_unmet_demand_of_the_worked_example(built):
    (unmet_hours,) = [Decimal(row["value"]) for row in worked("params") if row["name"] == "unmet_demand_hours"]
    deals = facts(built, "SELECT stage, starts_on, demand_seconds, probability_ppm FROM {deals}")

    won = sum(seconds for stage, day, seconds, _ in deals if stage == "won" and day > date(2025, 12, 31))
    weighted = sum(seconds * ppm for stage, _, seconds, ppm in deals if stage == "open")
    assert won * 10**6 + weighted == unmet_hours * 3600 * 10**6


def test_the_statement_is_that_of_the_worked_example_to_the_cent(verdicts):
    statement = verdicts.statement.set_index("account_id")
    for row in worked("expected_statement"):
        found = {client: int(statement.loc[account_id(client), f"{row['line']}_cents"]) for client in LETTERS}
        assert (row["line"], found) == (row["line"], {client: cents(row[client]) for client in LETTERS})


def test_the_books_agree_to_the_cent(verdicts):
    expected = {row["line"]: cents(row["amount"]) for row in worked("expected_reconciliation")}
    lines = verdicts.reconciliation.set_index("line")["amount"]

    for line in ("sum_of_net_client_profit", "firm_profit_by_clients", "firm_profit_from_books", "ledger_profit"):
        assert (line, int(lines[line])) == (line, expected[line])


def test_the_tiers_are_those_of_the_worked_example(verdicts):
    expected = {account_id(row["client"]): row["tier"] for row in worked("expected_clients")}

    assert dict(zip(verdicts.accounts["account_id"], verdicts.accounts["published_tier"], strict=True)) == expected


def test_the_prospect_is_in_the_crm_and_has_no_figures(built, verdicts):
    accounts, _ = crm_records()
    (prospect,) = [account.account_id for account in accounts if account.name == "Iris Hotels"]

    assert (prospect, True) in facts(built, "SELECT account_id, is_matched FROM {accounts}")
    assert prospect not in set(verdicts.accounts["account_id"])


def test_the_fields_to_seed_are_fields_of_ours_that_people_own():
    known = {field.key: field for field in load_fields(CONFIG / "fields.toml")}
    rows = json.loads((DEMO / "crm.json").read_text(encoding="utf-8"))["accounts"]
    seeded = {key: value for row in rows for key, value in row["fields"].items()}

    assert set(seeded) == {"decision", "decision_until", "decision_note"}
    assert all(known[key].owner == "people" for key in seeded)
    assert seeded["decision"] in known["decision"].values
