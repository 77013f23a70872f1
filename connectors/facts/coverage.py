"""How far the files of each source reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.errors import InputError
from connectors.exports.ledger import Ledger
from connectors.exports.records import KINDS

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


@dataclass(frozen=True, slots=True)
class SourceDates:
    """How far one source reaches.

    Attributes:
        newest: its last record, or the end of the period that its file states.
        covered_through: end of the last month that it covers.
    """

    newest: date
    covered_through: date


def source_dates(ledger: Ledger, required_sources: Mapping[str, int]) -> dict[str, SourceDates]:
    """Find how far each required source reaches.

    A source covers a month when it has a record, or a file's period ends, on one of the month's last days or later.

    Args:
        ledger: the live files.
        required_sources: record kind -> how many days the last days of a month are.

    Raises:
        InputError: no file brings a kind, or its files hold no date.
    """
    return {kind: _dates_of(ledger, kind, tolerance_days) for kind, tolerance_days in required_sources.items()}


def _dates_of(ledger: Ledger, kind: str, tolerance_days: int) -> SourceDates:
    newest = _newest(ledger, _BROUGHT_BY.get(kind, (kind,)))
    if newest is None:
        raise InputError(
            f"no file brings the required records of kind {kind}",
            where="exports folder",
            remedy="Export them into the folder, or take the kind out of the required sources.",
        )
    return SourceDates(newest, _covered_through(newest, tolerance_days))


def _covered_through(newest: date, tolerance_days: int) -> date:
    month_end = _month_end(newest)
    if newest > month_end - timedelta(days=tolerance_days):
        return month_end
    return newest.replace(day=1) - timedelta(days=1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _newest(ledger: Ledger, kinds: Sequence[str]) -> date | None:
    files = [file for file in ledger.live_files() if any(kind in file.rows for kind in kinds)]
    days = [file.covers[1] for file in files if file.covers]
    connection = ledger.connect()
    try:
        for kind in set(kinds) & set(_DAY_OF):
            (newest,) = connection.execute(f"SELECT max({_DAY_OF[kind]}) FROM {kind}").fetchall()[0]  # noqa: S608 the names are ours
            days += [newest] if newest else []
    finally:
        connection.close()
    return max(days, default=None)
