"""Which days a file speaks for: the period that it states, and every day that its records have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from connectors.exports.cells import CellFaultError, read_date
from connectors.exports.mapping import Mapping, PreambleDate
from connectors.exports.reading import Record

SPANS = {
    "document": ("issue_date", "issue_date"),
    "settlement": ("settled_on", "settled_on"),
    "direct_cost": ("cost_date", "cost_date"),
    "gl_line": ("line_date", "line_date"),
    "bill_payment": ("paid_on", "paid_on"),
    "time_entry": ("work_date", "work_date"),
    "cost_rate": ("valid_from", "valid_to"),
    "pool": ("valid_from", "valid_to"),
    "control_total": ("period_start", "period_end"),
    "event": ("event_date", "event_date"),
    "fx": ("day", "day"),
    "cash": ("day", "day"),
}
"""Record kind -> the columns of its first and last day; kinds that are not listed speak of no period."""

DAYED = frozenset(SPANS) - {"cost_rate", "pool"}
"""Kinds whose records belong to a period. Rates and shared costs are lists: a span ends when somebody ends it."""

_LONGEST_MONTH = timedelta(days=31)


def period_covered(
    mapping: Mapping, titles: Sequence[str], file_name: str, record_days: Sequence[date]
) -> tuple[date, date] | None:
    """Return the first and last day that a file speaks for, None where it speaks of no period.

    `record_days` are the days of its records, at least the first and the last.
    """
    days = [*stated_period(mapping, titles, file_name), *record_days]
    return (min(days), max(days)) if days else None


def leading_kind(mapping: Mapping) -> str:
    """Return the kind whose day says to which period all records of a line belong, empty where each has its own.

    In a list of invoices with a column for the day of payment, the payment of a January invoice stands in the file of
    January. Built-in readers read postings, of which each stands in the file of its own day.
    """
    kinds = mapping.kinds
    return kinds[0] if mapping.read.reader == "table" and len(kinds) > 1 and kinds[0] in DAYED else ""


def stated_company(mapping: Mapping, titles: Sequence[str]) -> str:
    """Return whose books the title lines say that these are, empty where they do not."""
    wanted = mapping.preamble.company
    found = (re.search(wanted, title) for title in titles) if wanted else ()
    return next((match[1].strip() for match in found if match and match[1]), "")


def stated_period(mapping: Mapping, titles: Sequence[str], file_name: str) -> tuple[date, date] | tuple[()]:
    """Return the first and last day that the title lines or the name of the file state."""
    preamble = mapping.preamble
    month = _captured(preamble.period_month, titles, file_name)
    if month is not None:
        first = month.replace(day=1)
        return first, (first + _LONGEST_MONTH).replace(day=1) - timedelta(days=1)
    start = _captured(preamble.period_start, titles, file_name)
    end = _captured(preamble.period_end, titles, file_name)
    return (start, end) if start is not None and end is not None and start <= end else ()


def _captured(wanted: PreambleDate | None, titles: Sequence[str], file_name: str) -> date | None:
    if wanted is None:
        return None
    for text in titles if wanted.place == "title" else (file_name,):
        found = re.search(wanted.match, text)
        for date_format in wanted.dates if found else ():
            try:
                return read_date(found[1] if found else "", date_format)
            except CellFaultError:
                continue
    return None


def days_of(records: Iterable[Record]) -> Iterator[tuple[str, date]]:
    """Yield every day that records speak of, behind the kind of the record."""
    for record in records:
        for column in SPANS.get(record.kind, ()):
            day = record.values[column]
            if isinstance(day, date):
                yield record.kind, day
