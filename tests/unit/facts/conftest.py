"""A ledger of one file, and the facts that come of it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors.base import AccountRecord
from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.facts.build import build_facts
from connectors.facts.coverage import source_dates
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap
from profitability.facts import SCHEMAS
from profitability.time_equations import TimeEquation

CATEGORIES = CategoryMap({"design": "delivery", "calls": "service"}, {"sales": "sales"})
GL_ACCOUNTS = GlAccountMap(
    {"310": "pass_through", "320": "contractor", "400": "pool:fairs", "800": "ignore"}, {"rail": "expense"}
)
TIME_EQUATIONS = (
    TimeEquation("ticket", "desk", 720),
    TimeEquation("order", "desk", 240, {"new_customer": 900, "lines": 30}),
)
TODAY = date(2026, 1, 20)
ALFA = AccountRecord("001", "Alfa", "C-1", None, date(2024, 5, 1), {})
BETA = AccountRecord("002", "Beta", None, None, None, {})


@pytest.fixture
def ledger_of(tmp_path):
    """Take one file with a record per (kind, values), on lines from 2 on."""

    def take(*rows, covers=None):
        records = tuple(Record(kind, values, line) for line, (kind, values) in enumerate(rows, start=2))
        ledger = Ledger(tmp_path / "ledger")
        ledger.take([FileReading(Path("in.csv"), "ab", ReadingStatus.ACCEPTED, "own", 1, records, covers=covers)])
        return ledger

    return take


@pytest.fixture
def build(ledger_of):
    """Build the facts of such a file, with the accounts Alfa and Beta unless others are given."""

    def build_from(*rows, accounts=(ALFA, BETA), deals=(), home="EUR", required=(), window=None, **more):
        ledger = ledger_of(*rows)
        return build_facts(
            ledger,
            accounts,
            deals,
            categories=CATEGORIES,
            gl_accounts=GL_ACCOUNTS,
            home_currency=home,
            dates=source_dates(ledger, dict.fromkeys(required, 5), today=TODAY),
            window=window,
            time_equations=TIME_EQUATIONS,
            **more,
        )

    return build_from


@pytest.fixture
def rows_of():
    """Read one fact table as dictionaries."""

    def read(built, table):
        columns = [column.name for column in SCHEMAS[table].columns]
        found = duckdb.execute("SELECT * FROM read_parquet($path)", {"path": built.facts.tables[table]}).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in found]

    return read


@pytest.fixture
def column_of(rows_of):
    """Read one column of a fact table."""
    return lambda built, table, column: [row[column] for row in rows_of(built, table)]
