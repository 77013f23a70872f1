"""The worked example's own files, through reader, ledger, facts and engine, to the cent."""

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

from connectors.base import AccountRecord
from connectors.exports.loading import load_mappings
from connectors.exports.reader import check_folder
from connectors.facts.build import build_facts
from connectors.facts.coverage import source_dates
from connectors.ledger.ledger import Ledger
from connectors.maps import load_categories, load_gl_accounts
from profitability.engine import evaluate
from profitability.policy import Policy

CONFIG = Path(__file__).parents[2] / "config"
WORKED = Path(__file__).parents[1] / "golden" / "worked_example"
INPUTS = ("clients", "direct_costs", "invoices", "overhead_pools", "people", "rates", "settlements", "time")
CLIENTS = ("ALF", "BOR", "CIR", "DEL", "EMB", "FJO", "GRO", "HAL")


def test_the_statement_comes_out_of_the_files_to_the_cent(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    for name in INPUTS:
        shutil.copy(WORKED / f"{name}.csv", exports)
    ledger = Ledger(tmp_path / "ledger")
    ledger.take(check_folder(exports, load_mappings(CONFIG / "exports"), home_currency="EUR"))
    built = build_facts(
        ledger,
        [AccountRecord(client, f"Account {client}", None, None, None, {}) for client in CLIENTS],
        [],
        categories=load_categories(CONFIG / "categories.toml"),
        gl_accounts=load_gl_accounts(CONFIG / "gl_accounts.toml"),
        home_currency="EUR",
        dates=source_dates(
            ledger,
            {"document": 5, "time_entry": 5, "cost_rate": 5, "direct_cost": 5},
            today=date(2026, 1, 20),
        ),
    )
    statement = evaluate(built.facts, Policy(), date(2026, 1, 20)).statement.set_index("account_id")

    assert (built.unmatched, built.unknown_tasks) == ((), ())
    with (WORKED / "expected_statement.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found = {client: int(statement.loc[client, f"{row['line']}_cents"]) for client in CLIENTS}
            assert (row["line"], found) == (
                row["line"],
                {client: int(Decimal(row[client]) * 100) for client in CLIENTS},
            )
