"""A made-up firm of any size, as Parquet files of the fact tables: the same seed gives the same firm.

Every row follows from its number and the seed by a hash (`firm/*.sql`), so that no size has to fit into memory. The
firm has six currencies, rates that change within a month, people who log more than they are paid for, service periods,
credit notes, part payments, disputes, late payers and pools with every driver.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from profitability.facts import SCHEMAS, Facts, Schema

FIRST_DAY = date(2024, 10, 1)
DAYS = 457
"""Facts of fifteen months, through 2025-12-31: the window of twelve, and a quarter before it."""
TODAY = date(2026, 1, 20)

_SQL = Path(__file__).with_name("firm")


@dataclass(frozen=True, slots=True)
class Size:
    """How large the firm is; credit notes (2 %), payments and the small tables come on top."""

    accounts: int
    time_entries: int
    invoices: int
    events: int = 0

    @property
    def people(self) -> int:
        """Return as many people as log so much in fifteen months, some five entries a working day."""
        return max(5, self.time_entries // 1600)


def write_firm(folder: Path, size: Size, *, seed: int = 1) -> Facts:
    """Write the fact tables, one Parquet file each, to a folder that is made where it is missing; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {
        "accounts": size.accounts,
        "time_entries": size.time_entries,
        "invoices": size.invoices,
        "events": size.events,
        "people": size.people,
        "days": DAYS,
        "seed": seed,
    }
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET VARIABLE first_day = DATE '{FIRST_DAY}'")
        for name, number in numbers.items():
            connection.execute(f"SET VARIABLE {name} = {number}")
        connection.execute(_text("macros"))
        for schema in SCHEMAS.values():
            if (_SQL / f"{schema.table}.sql").exists():
                path = folder / f"{schema.table}.parquet"
                connection.execute(f"COPY ({_typed(schema)}) TO '{path}' (FORMAT parquet)")
                connection.execute(f"CREATE VIEW made_{schema.table} AS FROM '{path}'")
    return facts_in(folder)


def facts_in(folder: Path) -> Facts:
    """Return the fact tables that `write_firm` left in a folder."""
    return Facts("EUR", {path.stem: str(path) for path in sorted(folder.glob("*.parquet"))})


def _typed(schema: Schema) -> str:
    columns = ", ".join(f"CAST({column.name} AS {column.type}) AS {column.name}" for column in schema.columns)
    return f"SELECT {columns} FROM ({_text(schema.table)}) AS made"  # noqa: S608 (our own names and text)


def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def main() -> None:
    """Write a firm of a size given on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("accounts", type=int)
    parser.add_argument("time_entries", type=int)
    parser.add_argument("invoices", type=int)
    parser.add_argument("--events", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    size = Size(given.accounts, given.time_entries, given.invoices, given.events)
    write_firm(given.folder, size, seed=given.seed)


if __name__ == "__main__":
    main()
