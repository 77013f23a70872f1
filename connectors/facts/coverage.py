"""How far the files of each source reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.records import KINDS
from connectors.ledger.history import LedgerFile
from connectors.ledger.ledger import Ledger
from profitability.periods import month_end, month_start

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DAY_OF: dict[str, str] = {kind: fields[0].name for kind, fields in KINDS.items() if fields[0].type == "date"} | {
    "document": "issue_date",
    "settlement": "settled_on",
    "control_total": "period_end",
    "cost_rate": "valid_to",
    "pool": "valid_to",
}
"""Record kind -> the column that says when; kinds that are not here say it by their file's period alone."""

_BROUGHT_BY = {"direct_cost": ("direct_cost", "gl_line")}
"""Required kind -> the kinds that bring it, where it is not it alone: costs come as costs or as postings."""

_SPANS = frozenset({"cost_rate", "pool"})
"""Kinds whose day is the end of a span, which may well lie ahead."""


@dataclass(frozen=True, slots=True)
class SourceDates:
    """How far one source reaches.

    Attributes:
        newest: day of its last record, at most today.
        covered_through: end of the last month that it covers.
    """

    newest: date
    covered_through: date


def source_dates(ledger: Ledger, required_sources: Mapping[str, int], *, today: date) -> dict[str, SourceDates]:
    """Find how far each required source reaches.

    A source covers a month when it has a record, or a file's period ends, on one of the month's last days or later.
    What lies after today proves nothing: a report of "this year" ends in December whenever it is made, and a day
    may be mistyped.

    Args:
        ledger: the live files.
        required_sources: record kind -> how many days the last days of a month are.
        today: the day of the run.

    Raises:
        InputError: no file brings a kind, or its files hold no date up to today.
    """
    if not required_sources:
        return {}
    files = ledger.live_files()
    with closing(ledger.connect()) as connection:
        return {
            kind: _dates_of(connection, files, kind, tolerance_days, today)
            for kind, tolerance_days in required_sources.items()
        }


def _dates_of(
    connection: DuckDBPyConnection, files: Sequence[LedgerFile], kind: str, tolerance_days: int, today: date
) -> SourceDates:
    kinds = _BROUGHT_BY.get(kind, (kind,))
    newest = _newest_record(connection, kinds, today)
    ends = [file.covers[1] for file in files if file.covers and not file.rows.keys().isdisjoint(kinds)]
    reached = [day for day in (newest, *ends) if day and day <= today]
    if not reached:
        raise InputError(
            f"no file brings the required records of kind {kind} (up to {today})",
            where="exports folder",
            remedy="Export them into the folder, or take the kind out of the required sources.",
        )
    return SourceDates(newest or max(reached), _covered_through(max(reached), tolerance_days))


def _covered_through(reached: date, tolerance_days: int) -> date:
    end = month_end(reached)
    return end if reached > end - timedelta(days=tolerance_days) else month_start(reached) - timedelta(days=1)


def _newest_record(connection: DuckDBPyConnection, kinds: Sequence[str], today: date) -> date | None:
    """Return the last day, up to today, on which a record of these kinds stands."""
    days = []
    for kind in sorted(set(kinds) & set(_DAY_OF)):
        day = f"least({_DAY_OF[kind]}, $today)" if kind in _SPANS else _DAY_OF[kind]
        sql = f"SELECT max({day}) FROM {kind} WHERE {day} <= $today"  # noqa: S608 the names are ours
        days += [newest for (newest,) in connection.execute(sql, {"today": today}).fetchall() if newest]
    return max(days, default=None)
