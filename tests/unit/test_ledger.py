"""The ledger: what is written, what counts once, what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from connectors.errors import InputError
from connectors.exports.parts import kind_columns
from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.exports.records import KINDS, column_name
from connectors.ledger.ledger import Ledger

JANUARY = (date(2025, 1, 1), date(2025, 1, 31))
FEBRUARY = (date(2025, 2, 1), date(2025, 2, 28))


def reading(name, *rows, sha=None, mapping="own", covers=JANUARY, status=ReadingStatus.ACCEPTED):
    """A file with one record per (kind, values), on lines from 2 on."""
    records = tuple(Record(kind, values, line) for line, (kind, values) in enumerate(rows, start=2))
    return FileReading(Path(name), sha or name, status, mapping, 1, records, covers=covers)


def document(number, **values):
    return "document", {"document_id": number, "kind": "invoice", "issue_date": date(2025, 1, 31)} | values


def hours(seconds=3600, **values):
    return "time_entry", {"work_date": date(2025, 1, 7), "person": "ada", "worked_seconds": seconds} | values


def cost(amount, **values):
    return "direct_cost", {"cost_date": date(2025, 1, 7), "kind": "expense", "amount_minor": amount} | values


def posting(amount, **values):
    return "gl_line", {"line_date": date(2025, 1, 7), "gl_account": "310", "amount_minor": amount} | values


def payment(number, amount, **values):
    whole = {"document_id": number, "settled_on": date(2025, 1, 31), "kind": "payment", "gross_minor": amount}
    return "settlement", whole | values


def rate(person, first, last):
    return "cost_rate", {"person": person, "employment": "salaried", "valid_from": first, "valid_to": last}


def rows_of(ledger, kind):
    connection = ledger.connect()
    try:
        return connection.execute(f"SELECT * FROM {kind} ORDER BY source_file, source_line").fetchall()  # noqa: S608 the kind is ours
    finally:
        connection.close()


def test_every_value_comes_back_as_it_was_read(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    given = {
        "document_id": "0001",
        "party": "NA",
        "kind": "invoice",
        "issue_date": date(2025, 1, 31),
        "net_minor": 9_007_199_254_740_993,
        "fx_rate": "0.9624",
        "is_disputed": False,
    }
    ledger.take([reading("a.csv", ("document", given), sha="f" * 64)])

    ((*values,),) = rows_of(ledger, "document")
    found = dict(zip(kind_columns("document"), values, strict=True))
    provenance = {"source_file": "a.csv", "source_sha256": "f" * 64, "source_sheet": "", "source_line": 2}
    expected = dict.fromkeys(map(column_name, KINDS["document"])) | given
    assert found == expected | provenance | {"mapping": "own", "mapping_version": 1}


def test_each_kind_of_record_survives_with_every_column_filled(tmp_path):
    filled = {
        "text": "x",
        "date": date(2025, 1, 31),
        "money": -1,
        "duration": 1,
        "decimal": "0.1",
        "integer": 1,
        "boolean": True,
    }
    rows = [
        (kind, {column_name(field): filled[field.type] for field in fields if field.name != "email"})
        for kind, fields in KINDS.items()
        if kind not in ("gl_line", "direct_cost")
    ]
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", *rows)])

    assert all(len(rows_of(ledger, kind)) == 1 for kind, _ in rows)
    assert rows_of(ledger, "gl_line") == []


def test_a_new_ledger_is_empty_and_typed(tmp_path):
    ledger = Ledger(tmp_path / "none")
    connection = ledger.connect()
    types = connection.execute("SELECT typeof(net_minor), typeof(issue_date) FROM document").fetchall()
    connection.close()

    assert types == []
    assert ledger.live_files() == ()


def test_parts_and_manifest_are_closed_to_others(tmp_path):
    folder = tmp_path / "ledger"
    Ledger(folder).take([reading("a.csv", rate("ada", date(2025, 1, 1), date(2025, 12, 31)))])

    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()} == {"0o600"}
    assert oct(folder.stat().st_mode & 0o777) == oct((folder / "cost_rate").stat().st_mode & 0o777) == "0o700"


def test_a_part_is_named_by_content_mapping_and_version(tmp_path):
    Ledger(tmp_path).take([reading("a.csv", hours(), sha="c0ffee", mapping="toggl-detailed")])

    assert [path.name for path in (tmp_path / "time_entry").iterdir()] == ["c0ffee-toggl-detailed-1.parquet"]


def test_the_same_content_under_two_names_counts_once(tmp_path):
    ledger = Ledger(tmp_path)
    warnings = ledger.take([reading("b.csv", hours(), sha="same"), reading("a.csv", hours(), sha="same")])

    assert len(rows_of(ledger, "time_entry")) == 1
    assert [warning.what for warning in warnings] == ["b.csv: the same content as a.csv; counted once"]


def test_taking_the_same_files_again_changes_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    files = [reading("a.csv", hours()), reading("b.csv", document("1"))]
    ledger.take(files)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ledger.take(files[::-1])

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_live_files_tell_rows_and_days(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", document("1"), document("2"), covers=None), reading("b.csv", hours())])

    first, second = ledger.live_files()
    assert (first.rows, first.covers) == ({"document": 2}, None)
    assert (second.rows, second.covers, second.mapping) == ({"time_entry": 1}, JANUARY, "own")


def test_a_refused_file_stops_the_run_and_the_old_files_stay(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", document("1"))])

    with pytest.raises(InputError, match="refused") as caught:
        ledger.take([reading("a.csv", document("1")), reading("bad.csv", status=ReadingStatus.REFUSED)])
    assert caught.value.where == "bad.csv"
    assert len(rows_of(ledger, "document")) == 1


def test_a_file_without_mapping_is_passed_over(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("notes.txt", status=ReadingStatus.NO_MAPPING)])

    assert ledger.live_files() == ()


def test_a_document_number_in_two_files_is_refused_and_both_places_are_named(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("old.csv", document("7"))])

    with pytest.raises(InputError, match=r"same document stands at a\.csv:3") as caught:
        ledger.take([reading("a.csv", document("1"), document("2")), reading("b.csv", document("2"), mapping="xero")])
    assert caught.value.where == "b.csv:2"
    assert [row[0] for row in rows_of(ledger, "document")] == ["7"]


def test_a_document_number_twice_in_one_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.csv:2"):
        Ledger(tmp_path).take([reading("a.csv", document("1"), document("1"))])


def test_two_equal_payments_in_one_file_are_two_payments(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", payment("1", 500), payment("1", 500))])

    assert len(rows_of(ledger, "settlement")) == 2


CONTRACT = ("contract", {"party": "Foo", "end": date(2025, 12, 31), "contracted_hours_seconds": 360_000})
REMEDY = ("remedy", {"party": "Foo", "remedy": "collect", "started": date(2025, 1, 7)})
EXEMPTION = ("exemption", {"party": "Foo", "kind": "strategic", "expires": date(2025, 12, 31)})
PIN = ("pin", {"party": "Foo", "tier": "B", "pinned": date(2025, 1, 7)})
EVENT = ("event", {"event_date": date(2025, 1, 7), "party": "Foo", "event": "ticket", "count": 2})


@pytest.mark.parametrize(
    "row",
    [
        payment("1", 500),
        CONTRACT,
        REMEDY,
        EXEMPTION,
        PIN,
        EVENT,
    ],
)
def test_an_equal_record_of_another_mapping_or_another_list_is_refused(tmp_path, row):
    with pytest.raises(InputError, match=r"a\.csv:2"):
        Ledger(tmp_path).take([reading("a.csv", row), reading("b.csv", row, mapping="other")])


@pytest.mark.parametrize("row", [CONTRACT, REMEDY, EXEMPTION, PIN])
def test_a_list_under_another_name_does_not_replace(tmp_path, row):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", row)])
    with pytest.raises(InputError, match=r"a\.csv:2"):
        ledger.take([reading("a.csv", row), reading("b.csv", row)])


def test_cash_of_a_day_is_stated_once(tmp_path):
    evening = ("cash", {"day": date(2025, 1, 31), "balance_minor": 100})
    other = reading("b.csv", ("cash", {**evening[1], "balance_minor": 5}), mapping="other")
    with pytest.raises(InputError, match=r"a\.csv:2"):
        Ledger(tmp_path).take([reading("a.csv", evening), other])


def test_hours_of_other_days_or_people_in_a_second_file_are_taken(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", hours()), reading("b.csv", hours(person="bob"))])

    assert len(rows_of(ledger, "time_entry")) == 2


@pytest.mark.parametrize(
    ("one", "other"), [(hours(), hours(person="bob")), (posting(1), posting(2)), (cost(1), posting(2))]
)
def test_a_second_source_of_the_same_days_is_refused(tmp_path, one, other):
    files = [reading("a.csv", one, mapping="toggl"), reading("b.csv", other, mapping="clockify")]

    with pytest.raises(InputError, match=r"come from toggl \(a\.csv\) and from clockify") as caught:
        Ledger(tmp_path).take(files)
    assert caught.value.where == "b.csv"


def test_a_change_of_time_tracker_between_two_months_is_no_second_source(tmp_path):
    ledger = Ledger(tmp_path)
    later = reading("b.csv", hours(work_date=date(2025, 2, 3)), mapping="clockify", covers=FEBRUARY)
    ledger.take([reading("a.csv", hours(), mapping="toggl"), later])

    assert len(rows_of(ledger, "time_entry")) == 2


def test_a_source_that_does_not_say_its_days_meets_every_other(tmp_path):
    files = [
        reading("a.csv", hours(), covers=None),
        reading("b.csv", hours(person="bob"), mapping="x", covers=FEBRUARY),
    ]

    with pytest.raises(InputError, match="same days"):
        Ledger(tmp_path).take(files)


def test_invoices_of_two_systems_stand_side_by_side_because_their_numbers_differ(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.take([reading("a.csv", document("1")), reading("b.csv", document("2"), mapping="xero")])

    assert len(rows_of(ledger, "document")) == 2


def test_overlapping_rates_of_a_person_are_refused(tmp_path):
    first, second = (
        rate("ada", date(2025, 1, 1), date(2025, 6, 30)),
        rate("ada", date(2025, 6, 30), date(2025, 12, 31)),
    )
    with pytest.raises(InputError, match=r"overlap .* person at a\.csv:2") as caught:
        Ledger(tmp_path).take([reading("a.csv", first), reading("b.csv", second)])
    assert caught.value.where == "b.csv:2"


def test_a_rate_inside_an_earlier_longer_one_is_refused(tmp_path):
    spans = [(1, 12), (2, 3), (5, 6)]
    rows = [rate("ada", date(2025, first, 1), date(2025, last, 1)) for first, last in spans]
    with pytest.raises(InputError, match="overlap"):
        Ledger(tmp_path).take([reading("a.csv", *rows)])


def test_rates_that_follow_each_other_and_rates_of_two_people_are_taken(tmp_path):
    ledger = Ledger(tmp_path)
    rows = [
        rate("ada", date(2025, 1, 1), date(2025, 6, 30)),
        rate("ada", date(2025, 7, 1), date(2025, 12, 31)),
        rate("bob", date(2025, 1, 1), date(2025, 12, 31)),
    ]
    ledger.take([reading("a.csv", *rows)])

    assert len(rows_of(ledger, "cost_rate")) == 3


def test_a_pool_without_days_meets_every_other_span_of_that_pool(tmp_path):
    always = ("pool", {"pool": "rent", "driver": "none"})
    summer = ("pool", {"pool": "rent", "driver": "none", "valid_from": date(2025, 6, 1)})
    with pytest.raises(InputError, match="same pool"):
        Ledger(tmp_path).take([reading("a.csv", always, summer)])


def test_the_folder_may_have_quotes_and_equal_signs_in_its_name(tmp_path):
    ledger = Ledger(tmp_path / "it's env=prod")
    ledger.take([reading("a.csv", hours())])

    assert len(rows_of(ledger, "time_entry")[0]) == len(kind_columns("time_entry"))


def test_the_history_is_plain_json_one_line_an_event(tmp_path):
    Ledger(tmp_path).take([reading("a.csv", hours())])

    (line,) = (tmp_path / "history.jsonl").read_text().splitlines()
    event = json.loads(line)
    assert (event["event"], event["file"], event["covers"]) == ("taken", "a.csv", ["2025-01-01", "2025-01-31"])
