"""The worked example as fact tables: a small firm in 2025, with results to the cent beside it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from profitability.facts import FX_ONE, SCHEMAS, Facts
from profitability.policy import Policy

FOLDER = Path(__file__).parent / "worked_example"

Rows = list[dict[str, str]]


def read_rows(name: str) -> Rows:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scaled(text: str, factor: int) -> int:
    value = Decimal(text) * factor
    assert value == int(value), text
    return int(value)


def frame(table: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    # Columns at the end that may be null may be left out.
    columns = SCHEMAS[table].columns[: len(rows[0])] if rows else SCHEMAS[table].columns
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    kinds = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
    return whole.astype({column.name: kinds[column.type] for column in columns})


def accounts() -> pd.DataFrame:
    return frame(
        "accounts",
        [(row["client_id"], row["name"], row["first_activity"], True) for row in read_rows("clients.csv")],
    )


def documents() -> pd.DataFrame:
    rows = []
    for row in read_rows("invoices.csv"):
        cents = scaled(row["amount"], 100)
        rate = scaled(row["fx_to_eur"], FX_ONE)
        note = (row["applies_to"] or None, False)
        dates = (row["issue_date"], row["due_date"], None, None)
        rows.append((row["doc_no"], row["client_id"], row["kind"], *dates, cents, cents, row["currency"], rate, *note))
    return frame("documents", rows)


def settlements() -> pd.DataFrame:
    return frame(
        "settlements",
        [
            (row["doc_no"], row["date"], row["kind"], scaled(row["amount_doc_currency"], 100))
            for row in read_rows("settlements.csv")
        ],
    )


def direct_costs() -> pd.DataFrame:
    return frame(
        "direct_costs",
        [
            (row["date"], row["client_id"], row["kind"], scaled(row["amount"], 100), "EUR", FX_ONE)
            for row in read_rows("direct_costs.csv")
        ],
    )


def time_entries() -> pd.DataFrame:
    return frame(
        "time_entries",
        [
            (
                row["date"],
                row["person_id"],
                row["client_id"] or None,
                row["category"],
                scaled(row["hours"], 3600),
                True,
            )
            for row in read_rows("time.csv")
        ],
    )


def cost_rates() -> pd.DataFrame:
    return frame(
        "cost_rates",
        [
            (
                row["person_id"],
                "salaried",
                row["valid_from"],
                row["valid_to"],
                scaled(row["loaded_cost"], 100),
                scaled(row["practical_hours"], 3600),
                None,
                "EUR",
                FX_ONE,
            )
            for row in read_rows("rates.csv")
        ],
    )


def pools() -> pd.DataFrame:
    rows = []
    for row in read_rows("overhead_pools.csv"):
        amount = row["monthly_amount"]
        if amount == "residual":
            continue
        categories = amount.removeprefix("from_time:") if amount.startswith("from_time:") else None
        cents = None if categories else scaled(amount, 100)
        avoidable = scaled(row["avoidable_share_on_exit"], 10**6)
        rows.extend(
            (row["pool"], date(2025, month, 1), cents, categories, row["driver"], avoidable) for month in range(1, 13)
        )
    return frame("pools", rows)


@pytest.fixture(scope="session")
def worked_rows() -> Callable[[str], Rows]:
    """Read one CSV of the worked example."""
    return read_rows


@pytest.fixture(scope="session")
def worked_facts() -> Facts:
    """The worked example's inputs as fact tables."""
    clients = read_rows("clients.csv")
    people = read_rows("people.csv")
    return Facts(
        "EUR",
        {
            "accounts": accounts(),
            "documents": documents(),
            "settlements": settlements(),
            "direct_costs": direct_costs(),
            "time_entries": time_entries(),
            "cost_rates": cost_rates(),
            "pools": pools(),
            "opening_ecl": frame(
                "opening_ecl", [(row["client_id"], scaled(row["opening_ecl"], 100)) for row in clients]
            ),
            "contracts": frame(
                "contracts", [(row["client_id"], scaled(row["contracted_hours"], 3600)) for row in clients]
            ),
            "timesheets": frame(
                "timesheets",
                [(row["person_id"], int(row["expected_weeks"]), int(row["submitted_weeks"])) for row in people],
            ),
        },
        covered_through=date(2025, 12, 31),
    )


@pytest.fixture(scope="session")
def worked_policy() -> Policy:
    """The worked example's limits: the defaults, and a standard rate of 110.00 an hour."""
    return Policy(standard_rate_cents=11000)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The shared third-party exports, where the environment names them."""
    folder = os.environ.get("WHALECURVE_SHARED")
    if not folder:
        pytest.skip("WHALECURVE_SHARED names no folder")
    return Path(folder) / "samples"
