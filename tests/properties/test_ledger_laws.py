"""Whatever comes in whatever order: a record counts exactly where no later file that counts covers its day."""

from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.ledger import people
from connectors.ledger.ledger import Ledger

pytestmark = pytest.mark.slow

spans = st.tuples(st.integers(1, 12), st.integers(1, 12)).map(lambda ends: (min(ends), max(ends)))
exports = spans.flatmap(lambda span: st.tuples(st.just(span), st.lists(st.integers(*span), max_size=6)))
steps = st.one_of(st.tuples(st.just("take"), exports), st.tuples(st.just("turn"), st.integers(0, 9)))


def reading(number, span, days):
    records = tuple(
        Record("time_entry", {"work_date": date(2026, 1, day), "person": "ada", "worked_seconds": number}, line)
        for line, day in enumerate(days, start=2)
    )
    covers = (date(2026, 1, span[0]), date(2026, 1, span[1]))
    name = f"export-{number}.csv"
    return FileReading(Path(name), f"{number:064}", ReadingStatus.ACCEPTED, "toggl", 1, records, covers=covers)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, min_size=1, max_size=7))
def test_a_record_counts_where_no_later_file_that_counts_covers_its_day(story):
    taken, out = [], set()
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder), clock=lambda: datetime(2026, 2, 1, tzinfo=UTC))
        for step, what in story:
            if step == "take":
                taken.append(what)
                accepted = {"event": "accepted", "sha256": f"{len(taken):064}", "way": "replaces"}
                ledger.history.append([accepted], at=ledger.clock())
                ledger.take([reading(len(taken), *what)])
            elif taken:
                number = what % len(taken) + 1
                (people.restore if number in out else people.remove)(ledger, f"export-{number}.csv", "")
                out ^= {number}
        expected = [
            (day, number)
            for number, (_, days) in enumerate(taken, start=1)
            if number not in out
            for day in days
            if not any(
                first <= day <= last
                for later, ((first, last), _) in enumerate(taken, start=1)
                if later > number and later not in out
            )
        ]
        with ledger.connect() as connection:
            found = connection.execute("SELECT day(work_date), worked_seconds FROM time_entry").fetchall()

    assert sorted(found) == sorted(expected)
