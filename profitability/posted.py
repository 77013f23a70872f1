"""What the models computed, fetched once, before the account level begins."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from profitability.facts import Column, Schema
from profitability.flip import full_time_totals, missing_hours
from profitability.measures import account_totals, idle_seconds, practical_seconds
from profitability.tables import Engine

_LEAVING = Schema("leaving", "one account that may leave", (Column("account_id", "VARCHAR", "which"),))


@dataclass(frozen=True, slots=True)
class Posted:
    """Tables of one evaluation, as the SQL models left them; each model's file tells its columns.

    Attributes:
        totals: `account_totals` with one column `alloc_<pool>_cents` more per pool.
        pools: names of those pools.
        full_totals: the same if nobody's timesheets were missing; None where none are.
        missing: account_id, missing_seconds, headroom_seconds: time that may be missing from each account.
        idle_seconds: practical time that was not logged.
        practical_seconds: time that people could work; of those paid by the hour, the time they logged.
    """

    totals: pd.DataFrame
    pools: tuple[str, ...]
    full_totals: pd.DataFrame | None
    missing: pd.DataFrame
    lines: pd.DataFrame
    firm: pd.DataFrame
    books: pd.DataFrame
    control: pd.DataFrame
    coverage: pd.DataFrame
    loss_rates: pd.DataFrame
    problems: pd.DataFrame
    idle_seconds: int
    practical_seconds: int


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Fact tables that bear on decisions, one frame each in the columns of `profitability.facts`."""

    accounts: pd.DataFrame
    contracts: pd.DataFrame
    remedies: pd.DataFrame
    exemptions: pd.DataFrame
    decisions: pd.DataFrame
    pins: pd.DataFrame
    deals: pd.DataFrame
    cash: pd.DataFrame


def read_posted(engine: Engine, groups: pd.Series[str]) -> Posted:
    """Fetch everything; where timesheets are missing, the models then run a second time and leave other tables behind.

    Args:
        engine: after `build_models`.
        groups: top parent by account id.
    """
    totals, pools = account_totals(engine)
    return Posted(
        totals=totals,
        pools=pools,
        missing=missing_hours(engine, groups),
        lines=engine.fetch("SELECT * FROM account_lines ORDER BY account_id ASC, month ASC, line ASC"),
        firm=engine.fetch("SELECT * FROM firm_lines ORDER BY month ASC, line ASC"),
        books=engine.fetch("SELECT * FROM books ORDER BY line ASC"),
        control=engine.fetch("SELECT * FROM control_totals"),
        coverage=engine.fetch("SELECT * FROM firm_coverage"),
        loss_rates=engine.fetch("SELECT * FROM loss_rates"),
        problems=engine.fetch("SELECT * FROM problems ORDER BY problem ASC, subject ASC"),
        idle_seconds=idle_seconds(engine),
        practical_seconds=practical_seconds(engine),
        full_totals=full_time_totals(engine),
    )


def read_circumstances(engine: Engine) -> Circumstances:
    """Fetch the fact tables that bear on decisions."""
    return Circumstances(
        accounts=engine.fetch("SELECT account_id, name, parent_id, owner, is_matched FROM accounts"),
        contracts=engine.fetch("SELECT * FROM contracts"),
        remedies=engine.fetch("SELECT * FROM remedies"),
        exemptions=engine.fetch("SELECT * FROM exemptions"),
        decisions=engine.fetch("SELECT * FROM decisions"),
        pins=engine.fetch("SELECT * FROM pins"),
        deals=engine.fetch("SELECT * FROM deals"),
        cash=engine.fetch("SELECT * FROM cash"),
    )


def read_person_hours(engine: Engine, leaving: pd.Index[str]) -> pd.DataFrame:
    """Fetch the client time of everybody who works for a leaving account.

    Returns:
        person_id, account_id (null: all accounts that stay), worked_seconds.
    """
    engine.scan(_LEAVING.table, pd.DataFrame({"account_id": leaving}, dtype="str"), _LEAVING)
    return engine.fetch(
        "SELECT h.person_id, l.account_id, CAST(sum(h.worked_seconds) AS BIGINT) AS worked_seconds "
        "FROM person_hours AS h LEFT JOIN leaving AS l ON h.account_id = l.account_id "
        "GROUP BY h.person_id, l.account_id"
    )
