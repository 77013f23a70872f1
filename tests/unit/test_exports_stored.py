"""Many records: they lie on disk in parts, come back in the order of the file, and go to the ledger as they are."""

import gc
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.exports.parts import Origin
from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.exports.records import KINDS, column_name
from connectors.exports.source import open_source
from connectors.exports.stored import RecordSink, StoredRecords
from connectors.ledger.ledger import Ledger

ORIGIN = Origin("in.csv", "ab", "own", 1)
KIND_NAMES = ("contract", "opening_ecl")


def record(kind, line, **values):
    return Record(kind, dict.fromkeys(map(column_name, KINDS[kind])) | values, line, "")


def two_kinds(lines):
    for line in range(2, 2 + lines):
        yield record("contract", line, party=f"client {line}", start=date(2026, 1, line), notice_days=line)
        if line % 2:
            yield record("opening_ecl", line, party=f"client {line}", amount_minor=line)


def stored(records, *, scratch=None, kinds=KIND_NAMES, most_in_memory=4):
    sink = RecordSink(ORIGIN, kinds, scratch, most_in_memory)
    for each in records:
        sink.add(each)
    return sink.finish()


def reading(records):
    return FileReading(Path("in.csv"), "ab", ReadingStatus.ACCEPTED, "own", 1, records)


def test_few_records_stay_in_memory():
    assert stored(two_kinds(2), most_in_memory=50) == tuple(two_kinds(2))


def test_records_come_back_from_disk_as_often_as_asked_in_the_order_of_the_file():
    kept = stored(two_kinds(11))

    assert isinstance(kept, StoredRecords)
    assert tuple(kept) == tuple(kept) == tuple(two_kinds(11))
    assert len(kept) == len(tuple(two_kinds(11)))


def test_the_days_of_stored_records_are_known():
    hours = [record("time_entry", line, work_date=date(2026, 3, 28 - line), person="Ada") for line in range(2, 9)]

    assert set(stored(hours, kinds=("time_entry",)).days["time_entry"]) == {date(2026, 3, 20), date(2026, 3, 26)}


def test_parts_go_with_the_records_and_are_closed_to_others(tmp_path):
    kept = stored(two_kinds(11), scratch=tmp_path / "spill")
    folder = kept.folder.path
    assert folder.parent == tmp_path / "spill"

    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    del kept
    gc.collect()
    assert list(folder.parent.iterdir()) == []


def test_the_ledger_takes_stored_records_like_those_in_memory(tmp_path):
    rows = {}
    for name, records in {"disk": stored(two_kinds(11)), "memory": tuple(two_kinds(11))}.items():
        ledger = Ledger(tmp_path / name, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))
        ledger.take([reading(records)])
        ledger.take([reading(records)])
        with ledger.connect() as connection:
            rows[name] = [connection.execute(f"SELECT * FROM {kind}").fetchall() for kind in KIND_NAMES]  # noqa: S608 ours
        rows[name].append(ledger.live_files())

    assert rows["disk"] == rows["memory"]


@pytest.mark.parametrize(
    ("data", "line_end"),
    [(b"a\nb\n", "\n"), (b"a\r\nb\r\n", "\r\n"), (b"a\rb\r", "\r"), (b"a\r\nb\n", ""), (b"a\n\rb\n", ""), (b"a", "")],
)
def test_a_file_tells_how_its_lines_end(tmp_path, data, line_end):
    (tmp_path / "a.csv").write_bytes(data)
    with open_source(tmp_path / "a.csv") as source:
        assert source.line_end == line_end


def test_a_line_end_parted_by_two_chunks_is_one(tmp_path):
    chunk = 1 << 20
    (tmp_path / "a.csv").write_bytes(b"x" * (chunk - 1) + b"\r\n" + b'"y"\r\n')
    with open_source(tmp_path / "a.csv") as source:
        assert (source.line_end, source.size, source.quotes) == ("\r\n", chunk + 6, 2)
