"""Turn the records of the live files, and the CRM's accounts and deals, into facts."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.base import AccountRecord, DealRecord
from connectors.errors import InputError
from connectors.exports.frames import quoted, scanned, select_typed
from connectors.facts import lookups
from connectors.facts.coverage import SourceDates
from connectors.facts.crm import add_crm
from connectors.facts.events import add_event_times
from connectors.facts.names import add_names
from connectors.facts.rates import add_rates
from connectors.identity import UNDECIDED, MatchDecisions, UnmatchedParty
from connectors.ledger.history import LedgerFile
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap
from connectors.merges import NO_MERGES, Merges
from profitability.errors import DataError
from profitability.facts import SCHEMAS, Facts, Table
from profitability.time_equations import TimeEquation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


REFUSALS_TOLD = 10
"""Most problems that one error names."""

TRACE_FILE = "facts/trace.parquet"
"""Below the ledger: every record of an account with its file and line (`trace.sql`)."""

UNMATCHED_FILE = "facts/unmatched.parquet"
"""Below the ledger: one row per customer without an account, as `UnmatchedParty`, most valuable first."""

PARTIES_FILE = "facts/parties.parquet"
"""Below the ledger: party_key, party, account_id of every customer that a record names."""

ACCOUNTS_FILE = "facts/accounts.parquet"
"""Below the ledger: the fact table of accounts, every one of the CRM among them."""


@dataclass(frozen=True, slots=True)
class UnknownTask:
    """Words of time entries that no category knows; `is_internal` tells hours for nobody from hours for a customer."""

    task: str | None
    project: str | None
    tags: str | None
    is_internal: bool
    entries: int
    worked_seconds: int


@dataclass(frozen=True, slots=True)
class UnknownGlAccount:
    """A GL account whose postings the map does not know.

    `name`: as master data has it, None where it is not known. `amount_minor` is the sum in `currency`.
    """

    gl_account: str
    name: str | None
    currency: str
    postings: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ControlFigure:
    """What went into a fact table and came out of it, in one unit (a currency's minor units, seconds, rows, weeks)."""

    table: str
    unit: str
    total: int


@dataclass(frozen=True, slots=True)
class BuiltFacts:
    """The facts, and what was found on the way to them.

    Attributes:
        facts: every table as a Parquet file in the ledger's folder, rewritten by each build.
        unmatched: customers without an account, most valuable first.
        unknown_tasks: most hours first.
        unknown_gl_accounts: largest amount first.
        coverage_dates: required record kind -> how far it reaches.
        inputs: the files that count.
        control: totals that were found equal before and after.
        warnings: what was odd and yet taken.
    """

    facts: Facts
    unmatched: tuple[UnmatchedParty, ...]
    unknown_tasks: tuple[UnknownTask, ...]
    unknown_gl_accounts: tuple[UnknownGlAccount, ...]
    coverage_dates: Mapping[str, SourceDates]
    inputs: tuple[LedgerFile, ...]
    control: tuple[ControlFigure, ...]
    warnings: tuple[str, ...]


def build_facts(
    ledger: Ledger,
    accounts: Sequence[AccountRecord],
    deals: Sequence[DealRecord],
    *,
    categories: CategoryMap,
    gl_accounts: GlAccountMap,
    home_currency: str,
    dates: Mapping[str, SourceDates],
    window: tuple[date, date] | None = None,
    time_equations: Sequence[TimeEquation] = (),
    decisions: MatchDecisions = UNDECIDED,
    merges: Merges = NO_MERGES,
    ecb_rates: Path | None = None,
) -> BuiltFacts:
    """Build every fact table of `profitability.facts` from the live files and the CRM.

    Args:
        ledger: the live files.
        accounts: every account of the CRM; those without a fact are kept.
        deals: its deals; won ones tell when a relationship began, won and open ones what work is ahead.
        categories: what hours are for.
        gl_accounts: what postings are.
        home_currency: currency of the books, also of records that state none.
        dates: how far each required source reaches (`source_dates`); facts reach as far as the shortest of
            them. Empty: not limited.
        window: first and last day that control totals must fill, and on whose last day contracts are in force; None:
            all control totals count together, and contracts are as on the last day of the facts.
        time_equations: how long events take whose time is not logged; one for each kind of event.
        decisions: which customers people confirmed to be which accounts, or not to be.
        merges: which accounts took over which.
        ecb_rates: history of the European Central Bank as it publishes it; None: the one that comes with us.

    Raises:
        InputError: a record would need a guess.
        DataError: a total changed on the way from records to facts.
    """
    with closing(ledger.connect()) as connection:
        lookups.add_params(connection, home_currency, window)
        connection.execute(f"CREATE TABLE cost_spans AS {_sql('cost_spans')}")
        add_rates(connection, home_currency, ecb_rates)
        lookups.add_uses(connection, gl_accounts)
        lookups.add_categories(connection, categories)
        lookups.add_people(connection)
        add_crm(connection, accounts, deals, home_currency)
        add_event_times(connection, time_equations)
        warnings = add_names(connection)
        identities = lookups.add_parties(connection, accounts, _sql("parties"), decisions, merges)
        _refuse_guesses(connection)
        tables = _write_tables(connection, ledger.folder / "facts")
        in_home = "trace.* REPLACE (coalesce(currency, home_currency) AS currency)"
        trace = f"SELECT {in_home} FROM ({_sql('trace')}) AS trace, params ORDER BY ALL"  # noqa: S608 own text
        _write(connection, trace, ledger.folder / TRACE_FILE)
        _write(connection, "SELECT * FROM unmatched_parties", ledger.folder / UNMATCHED_FILE)
        _write(connection, "SELECT * FROM party_accounts ORDER BY ALL", ledger.folder / PARTIES_FILE)
        return BuiltFacts(
            facts=Facts(home_currency, tables, min((d.covered_through for d in dates.values()), default=None)),
            unmatched=identities.unmatched,
            unknown_tasks=_unknown_tasks(connection),
            unknown_gl_accounts=_unknown_gl_accounts(connection),
            coverage_dates=dates,
            inputs=ledger.live_files(),
            control=_control(connection),
            warnings=warnings,
        )


def _sql(name: str) -> str:
    return files("connectors.facts").joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _refuse_guesses(connection: DuckDBPyConnection) -> None:
    found = connection.execute(f"SELECT * FROM ({_sql('refusals')}) ORDER BY 1, 2, 3").fetchall()  # noqa: S608 own text
    if found:
        (file, line, what, remedy), *others = found
        told = [f"\n  {file}:{line}: {what}" for file, line, what, _ in others[: REFUSALS_TOLD - 1]]
        more = [f"\n  ... {len(found) - REFUSALS_TOLD} more"] if len(found) > REFUSALS_TOLD else []
        raise InputError("".join([what, *told, *more]), where=f"{file}:{line}", remedy=remedy)


def _write_tables(connection: DuckDBPyConnection, folder: Path) -> dict[str, Table]:
    """Write each fact table to Parquet and put a view on it into the schema `facts`; return patterns of the files."""
    folder.mkdir(mode=0o700, exist_ok=True)
    connection.execute("CREATE SCHEMA facts")
    paths: dict[str, Table] = {}
    for name, schema in SCHEMAS.items():
        columns: dict[str, str] = {column.name: column.type for column in schema.columns}
        path = folder / f"{name}.parquet"
        _write(connection, f"{select_typed(columns, f'({_sql(name)})')} ORDER BY ALL", path)
        view = f"CREATE VIEW facts.{name} AS SELECT * FROM read_parquet({scanned(path)}, hive_partitioning = false)"  # noqa: S608 quoted
        connection.execute(view)
        paths[name] = glob.escape(str(path))
    return paths


def _write(connection: DuckDBPyConnection, rows: str, path: Path) -> None:
    """Write the rows of a query to Parquet; the file appears under its name only when it is whole."""
    coming = path.with_suffix(".new")
    connection.execute(f"COPY ({rows}) TO {quoted(coming)} (FORMAT parquet)")
    coming.chmod(0o600)
    coming.replace(path)


def _unknown_tasks(connection: DuckDBPyConnection) -> tuple[UnknownTask, ...]:
    rows = connection.execute(
        """
        SELECT time_entry.task, time_entry.project, time_entry.tags, is_internal, count(*),
               CAST(sum(worked_seconds) AS BIGINT)
        FROM time_entry
        JOIN task_categories
            ON task_categories.is_internal = (time_entry.party_key IS NULL AND time_entry.party IS NULL)
            AND task_categories.task IS NOT DISTINCT FROM time_entry.task
            AND task_categories.project IS NOT DISTINCT FROM time_entry.project
            AND task_categories.tags IS NOT DISTINCT FROM time_entry.tags
        WHERE NOT is_category_known
        GROUP BY 1, 2, 3, 4 ORDER BY sum(worked_seconds) DESC, 1, 2, 3, 4
        """
    ).fetchall()
    return tuple(UnknownTask(*row) for row in rows)


def _unknown_gl_accounts(connection: DuckDBPyConnection) -> tuple[UnknownGlAccount, ...]:
    rows = connection.execute(
        """
        SELECT gl_line.gl_account, any_value(name), coalesce(currency, home_currency) AS currency, count(*),
               CAST(sum(amount_minor) AS BIGINT) AS amount_minor
        FROM gl_line
        CROSS JOIN params
        LEFT JOIN gl_account_names ON gl_account_names.number = gl_line.gl_account
        SEMI JOIN (SELECT * FROM gl_uses WHERE use IS NULL) AS unknown
            ON unknown.gl_account = gl_line.gl_account AND unknown.supplier IS NOT DISTINCT FROM gl_line.supplier
        GROUP BY gl_line.gl_account, coalesce(currency, home_currency) ORDER BY abs(sum(amount_minor)) DESC, 1, 3
        """
    ).fetchall()
    return tuple(UnknownGlAccount(*row) for row in rows)


def _control(connection: DuckDBPyConnection) -> tuple[ControlFigure, ...]:
    found = connection.execute(
        f"""
        SELECT fact, unit, CAST(coalesce(sum(total) FILTER (side = 'in'), 0) AS VARCHAR),
               CAST(coalesce(sum(total) FILTER (side = 'out'), 0) AS VARCHAR)
        FROM ({_sql("control")}) GROUP BY fact, unit ORDER BY fact, unit
        """  # noqa: S608 own text
    ).fetchall()
    wrong = [f"{table} ({unit}): {before} in, {after} out" for table, unit, before, after in found if before != after]
    if wrong:
        raise DataError(
            "records and facts differ: " + "; ".join(wrong),
            where="ledger",
            remedy="This is a fault of the program, nothing was written: report it with these figures.",
        )
    return tuple(ControlFigure(table, unit, int(before)) for table, unit, before, _ in found)
