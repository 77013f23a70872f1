"""Exports made in memory, and what a ledger makes of them."""

from datetime import UTC, date, datetime
from pathlib import Path

from connectors.exports.reading import FileReading, ReadingStatus, Record

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def export(name, rows, *, sha=None, covers=JANUARY, mapping="toggl", version=1, **more):
    """Return a file whose records stand on lines from 2 on, or on the lines that rows give as third."""
    records = tuple(
        Record(kind, values, line[0] if line else number) for number, (kind, values, *line) in enumerate(rows, start=2)
    )
    sha256 = (sha or name).ljust(12, "0")
    return FileReading(Path(name), sha256, ReadingStatus.ACCEPTED, mapping, version, records, covers=covers, **more)


def hours(day, seconds=3600, *, person="ada", party="Foo", month=1):
    """Return the hours of a day."""
    values = {"work_date": date(2026, month, day), "person": person, "party": party, "worked_seconds": seconds}
    return "time_entry", values


def column(ledger, kind, name):
    """Return the values of a column of the records that count, in order."""
    with ledger.connect() as connection:
        return sorted(value for (value,) in connection.execute(f"SELECT {name} FROM {kind}").fetchall())  # noqa: S608  ours


def told(problems):
    """Return what problems say, a line each."""
    return "\n".join(problem.what for problem in problems)


TEN_DAYS = [hours(day) for day in range(1, 11)]
