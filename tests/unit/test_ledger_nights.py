"""Nights that go wrong in the ledger: empty exports, mended mappings in any order, torn and damaged lines."""

import shlex
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.errors import InputError
from connectors.exports.reading import FileReading, ReadingStatus
from connectors.ledger import people
from connectors.ledger.ledger import Ledger
from tests.unit.ledger_exports import JANUARY, NOON, TEN_DAYS, column, export, hours, told

FEBRUARY = (date(2026, 2, 1), date(2026, 2, 28))


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger", clock=lambda: NOON)


def paid(day, *, month=1, amount=100, line=2):
    settled = date(2026, month, day)
    return "settlement", {"document_id": "7", "settled_on": settled, "kind": "payment", "gross_minor": amount}, line


def billed(day, *, month=1):
    issued = date(2026, month, day)
    return "document", {"document_id": "7", "party": "Foo", "kind": "invoice", "issue_date": issued}, 2


def test_an_export_without_rows_makes_nothing_vanish_unasked(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])

    with pytest.raises(InputError, match="10 of 10 records"):
        ledger.take([export("b.csv", [])])
    assert len(column(ledger, "time_entry", "person")) == 10


def test_files_read_anew_are_held_against_each_other_in_the_order_of_their_taking(ledger):
    swapped = [hours(day, month=2) for day in range(1, 11)]
    ledger.take([export("z.csv", swapped, covers=FEBRUARY)])
    ledger.take([export("a.csv", [hours(1, 60, month=2), *swapped[1:]], covers=FEBRUARY)])
    ledger.take([export("a.csv", [hours(1, 60), *TEN_DAYS[1:]], version=2), export("z.csv", TEN_DAYS, version=2)])

    assert column(ledger, "time_entry", "worked_seconds") == [60] + [3600] * 9
    assert set(column(ledger, "time_entry", "month(work_date)")) == {1}


def test_a_file_that_was_taken_is_not_new_because_a_mended_mapping_reads_it_anew(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    ledger.take([export("a.csv", TEN_DAYS, version=2), export("b.csv", [hours(1, 60), *TEN_DAYS[1:]])])

    assert column(ledger, "time_entry", "worked_seconds") == [60] + [3600] * 9


def test_two_contents_under_one_name_are_two_files_where_they_state_the_same(ledger, tmp_path):
    path = tmp_path / "paid.csv"
    path.write_text("the second part\n")
    ledger.take([export(str(path), [paid(5)], sha="one")])
    beside = people.accept(ledger, path, "beside", "another bank")

    with pytest.raises(InputError, match="the same settlement"):
        ledger.take([export(str(path), [paid(5)], sha=beside)])


def test_the_payment_on_its_line_goes_with_an_invoice_whose_day_moved(ledger):
    ledger.take([export("a.csv", [billed(5), paid(9)], leading="document")])
    moved = [billed(31), paid(9, amount=90)]
    ledger.take([export("b.csv", moved, leading="document", covers=(JANUARY[1], FEBRUARY[1]))])

    assert column(ledger, "document", "day(issue_date)") == [31]
    assert column(ledger, "settlement", "gross_minor") == [90]


@pytest.mark.parametrize("name", ["half year.csv", "Ada's (1).csv"])
def test_the_command_that_a_refusal_names_can_be_typed_as_it_stands(ledger, tmp_path, name):
    path = tmp_path / name
    path.write_text("short\n")
    ledger.take([export("a.csv", TEN_DAYS)])

    with pytest.raises(InputError) as caught:
        ledger.take([export(str(path), TEN_DAYS[:5])])
    command = caught.value.remedy.split("`")[1]
    assert shlex.split(command)[:5] == ["whalecurve", "exports", "accept", str(path), "--replaces"]


def test_a_content_that_another_one_overwrote_is_told_apart_by_its_hash(ledger):
    ledger.take([export("t.csv", TEN_DAYS, sha="one", covers=(date(2026, 1, 1), date(2026, 1, 10)))])
    notes = ledger.take([export("t.csv", TEN_DAYS[:9], sha="two", covers=(date(2026, 1, 1), date(2026, 1, 9)))])

    assert "t.csv (one000000000) is no longer in the folder; 1 of its 10 records still count" in told(notes)


def test_whatever_part_of_the_history_was_written_is_read_and_goes_on(ledger):
    files = [export("a.csv", TEN_DAYS), export("b.csv", [hours(11, person="bob")])]
    ledger.take(files)
    people.remove(ledger, "b.csv", "why not")
    whole = ledger.history.path.read_bytes()

    for length in range(len(whole)):
        ledger.history.path.write_bytes(whole[:length])
        assert len(ledger.history.read().files) == min(2, whole[:length].count(b"\n"))
    for length in range(0, len(whole), 97):
        ledger.history.path.write_bytes(whole[:length] + b"\xff\xfe")
        ledger.take(files)
        assert len(column(ledger, "time_entry", "person")) == 11


def test_a_line_that_is_no_text_is_damage(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    path = ledger.history.path
    path.write_bytes(path.read_bytes().replace(b"a.csv", b"a\xffcsv", 1))

    with pytest.raises(InputError, match="history is damaged"):
        ledger.live_files()


def timesheet(weeks):
    return "timesheet", {"person": "ada", "expected_weeks": 46, "submitted_weeks": weeks}


def test_a_list_that_was_moved_and_is_edited_there_is_still_that_list(ledger):
    ledger.take([export("old/people.csv", [timesheet(40)], sha="one", covers=None)])
    ledger.take([export("new/people.csv", [timesheet(40)], sha="one", covers=None)])
    ledger.take([export("new/people.csv", [timesheet(41)], sha="two", covers=None)])

    assert column(ledger, "timesheet", "submitted_weeks") == [41]
    assert [file.file for file in ledger.live_files()] == ["new/people.csv"] * 2


def test_a_list_under_a_new_name_is_refused_until_the_old_one_is_taken_out_as_the_refusal_says(ledger):
    ledger.take([export("people.csv", [timesheet(40)], covers=None)])
    renamed = export("people 2.csv", [timesheet(41)], covers=None)

    with pytest.raises(InputError, match="the same timesheet") as caught:
        ledger.take([renamed])
    *_, command, sha256 = caught.value.remedy.split("`")[1].split()
    assert command == "remove"
    people.remove(ledger, sha256, "")
    ledger.take([renamed])
    assert column(ledger, "timesheet", "submitted_weeks") == [41]


def test_records_that_were_deleted_from_the_ledger_are_missed_and_read_anew(ledger):
    files = [export("a.csv", TEN_DAYS), export("b.csv", [billed(5)])]
    ledger.take(files)
    (part,) = ledger.folder.glob("time_entry/*.parquet")
    part.unlink()

    for ask in (ledger.connect, lambda: ledger.take(files[1:])):
        with pytest.raises(InputError, match=r"lost records of a\.csv") as caught:
            ask()
        assert caught.value.where == str(part)
    ledger.take(files)
    assert len(column(ledger, "time_entry", "person")) == 10


@pytest.mark.parametrize(("way", "count"), [("replaces", 3), ("beside", 6)])
@pytest.mark.parametrize("name", ["a.csv", "b.csv"])
def test_either_of_two_new_files_may_be_the_one_that_a_person_decides_about(ledger, tmp_path, way, count, name):
    path = tmp_path / name
    path.write_text("decided about")
    files = {other: export(str(tmp_path / other), TEN_DAYS[:3], sha=other) for other in ("a.csv", "b.csv")}
    mine = [hours(day, 60) for day in range(1, 4)]
    files[name] = export(str(path), mine, sha=people.accept(ledger, path, way, "as the refusal says"))
    ledger.take(list(files.values()))

    assert len(column(ledger, "time_entry", "person")) == count
    assert column(ledger, "time_entry", "worked_seconds")[:3] == [60] * 3


def test_an_open_item_whose_day_was_corrected_is_the_same_invoice(ledger):
    def open_items(sha, day):
        return replace(export("open.csv", [billed(day)], sha=sha, covers=(date(2026, 1, day),) * 2), scope="open_items")

    ledger.take([open_items("one", 5)])
    ledger.take([open_items("two", 7)])

    assert column(ledger, "document", "day(issue_date)") == [7]


def test_an_older_content_that_is_put_back_counts_nothing_and_says_how_it_would(ledger):
    old, new = export("t.csv", TEN_DAYS, sha="one"), export("t.csv", [hours(1, 60), *TEN_DAYS[1:]], sha="two")
    ledger.take([old])
    ledger.take([new])
    notes = ledger.take([old])

    assert "t.csv (one000000000) is back in the folder, and t.csv (two000000000) replaced it" in told(notes)
    assert sum(column(ledger, "time_entry", "worked_seconds")) == 9 * 3600 + 60
    people.remove(ledger, notes[0].remedy.split("`")[1].split()[-1], "as it says")
    assert ledger.take([old]) == ()
    assert sum(column(ledger, "time_entry", "worked_seconds")) == 10 * 3600


def test_a_ledger_whose_name_looks_like_a_pattern_reads_its_own_parts_only(tmp_path):
    for name in ("ledger one", "ledger [o]ne", "ledger *", "ledger ???", "ledger's {one}"):
        ledger = Ledger(tmp_path / name, clock=lambda: NOON)
        ledger.take([export("a.csv", TEN_DAYS)])

        assert len(column(ledger, "time_entry", "person")) == 10, name


def test_a_file_is_known_by_any_path_that_leads_to_it(ledger, tmp_path, monkeypatch):
    (tmp_path / "books").mkdir()
    ledger.take([export(str(tmp_path / "books" / ".." / "exports" / "a.csv"), TEN_DAYS, sha="one")])
    monkeypatch.chdir(tmp_path)

    assert people.remove(ledger, "exports/a.csv", "").sha256 == "one000000000"


def test_an_export_in_which_every_person_was_renamed_is_asked_after(ledger):
    def worked(person):
        return [hours(day, 3600 + 60 * day, person=person) for day in range(1, 11)]

    ledger.take([export("a.csv", worked("ada"))])
    with pytest.raises(InputError, match=r"holds what a\.csv holds of these days, under other names") as caught:
        ledger.take([export("b.csv", worked("ada@firm.example"))])
    assert "--replaces" in caught.value.remedy
    assert "--beside" in caught.value.remedy

    accepted = {"event": "accepted", "sha256": "b.csv".ljust(12, "0"), "way": "replaces"}
    ledger.history.append([accepted], at=ledger.clock())
    ledger.take([export("b.csv", worked("ada@firm.example"))])
    assert set(column(ledger, "time_entry", "person")) == {"ada@firm.example"}


def test_parts_of_the_books_are_told_once(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    other = export("b.csv", [hours(day, person="bob") for day in range(1, 11)])

    assert "b.csv counts beside a.csv, of the same days: they have nobody in common" in told(ledger.take([other]))
    assert "beside" not in told(ledger.take([other]))


def test_a_run_that_is_refused_leaves_what_an_edited_mapping_read_before(ledger):
    ledger.take([replace(export("a.csv", TEN_DAYS), rules="old")])
    edited = replace(export("a.csv", [hours(day, 7200) for day in range(1, 11)]), rules="new")
    refused = FileReading(Path("b.csv"), "", ReadingStatus.REFUSED)
    wrong = export("c.csv", [hours(1, 60), hours(2, 60)])
    for spoiler in (refused, wrong):
        with pytest.raises(InputError):
            ledger.take([edited, spoiler])
        assert column(ledger, "time_entry", "worked_seconds") == [3600] * 10

    ledger.take([edited])
    assert column(ledger, "time_entry", "worked_seconds") == [7200] * 10


def test_lines_deleted_at_the_edge_of_a_file_are_told_apart_from_a_file_that_left(ledger):
    ledger.take([export("time.csv", TEN_DAYS, sha="one", covers=(date(2026, 1, 1), date(2026, 1, 10)))])
    cut = export("time.csv", TEN_DAYS[:9], sha="two", covers=(date(2026, 1, 1), date(2026, 1, 9)))
    (note,) = [note for note in ledger.take([cut]) if "no longer in the folder" in note.what]

    assert "1 of its 10 records still count" in note.what
    assert "right for another period, not for deleted lines" in note.remedy
