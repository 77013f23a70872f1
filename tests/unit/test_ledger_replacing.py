"""What a newer export does to the older ones, what people say of it, and the way back."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.errors import InputError
from connectors.exports.reading import FileReading, Problem, ReadingStatus
from connectors.ledger import people
from connectors.ledger.ledger import Ledger
from connectors.ledger.quarantine import quarantine_path
from tests.unit.ledger_exports import JANUARY, NOON, TEN_DAYS, column, export, hours, told


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "ledger", clock=lambda: NOON)


def invoice(number, day, net=100, *, month=1, party="Foo"):
    issued = date(2026, month, day)
    return "document", {
        "document_id": number,
        "party": party,
        "kind": "invoice",
        "issue_date": issued,
        "net_minor": net,
    }


def rate(person, cost, first=date(2026, 1, 1)):
    return "cost_rate", {"person": person, "employment": "hourly", "valid_from": first, "cost_per_hour_minor": cost}


def test_a_newer_export_replaces_the_days_that_it_covers_and_says_what_vanished(ledger):
    old = export("old.csv", [*TEN_DAYS, hours(9, person="bob")])
    ledger.take([old])
    notes = ledger.take([old, export("new.csv", [hours(1, 7200), *TEN_DAYS[1:]])])

    assert column(ledger, "time_entry", "worked_seconds") == [3600] * 9 + [7200]
    assert "new.csv (2026-01-01 to 2026-01-31) replaces 11 records of old.csv (old.csv00000)" in told(notes)
    assert "; 1 of them are not in it and count no more: old.csv:12" in told(notes)


def test_days_that_the_newer_export_does_not_cover_stay(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    ledger.take([export("b.csv", [hours(9), hours(10), hours(11)], covers=(date(2026, 1, 9), date(2026, 1, 15)))])

    assert column(ledger, "time_entry", "day(work_date)") == list(range(1, 12))


def test_the_way_back_is_to_take_the_newer_file_out(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    newer = export("b.csv", [hours(day, 60) for day in range(1, 10)])
    ledger.take([newer])
    assert sum(column(ledger, "time_entry", "worked_seconds")) == 540

    people.remove(ledger, "b.csv", "wrong workspace")
    assert column(ledger, "time_entry", "worked_seconds") == [3600] * 10
    assert "b.csv: passed over, it was taken out (wrong workspace)" in told(ledger.take([newer]))
    assert column(ledger, "time_entry", "worked_seconds") == [3600] * 10

    people.restore(ledger, "b.csv", "")
    assert sum(column(ledger, "time_entry", "worked_seconds")) == 540


def test_where_much_would_vanish_nothing_is_taken_until_a_person_says_so(ledger, tmp_path):
    ledger.take([export("a.csv", TEN_DAYS)])
    path = tmp_path / "short.csv"
    path.write_text("whatever the mapping reads\n")
    sha256 = "e7d6d7d2b8c3"
    short = export(str(path), TEN_DAYS[:7], sha=sha256)
    with pytest.raises(InputError, match=r"3 of 10 records that a\.csv .* are not in this file") as caught:
        ledger.take([short])
    assert caught.value.where == str(path)
    assert "--replaces" in caught.value.remedy
    assert "--beside" in caught.value.remedy
    assert len(column(ledger, "time_entry", "person")) == 10

    short = replace(short, sha256=people.accept(ledger, path, "replaces", "people left"))
    ledger.take([short])
    assert len(column(ledger, "time_entry", "person")) == 7


def test_a_person_may_say_that_a_file_stands_beside_the_older_ones(ledger, tmp_path):
    ledger.take([export("a.csv", TEN_DAYS)])
    path = tmp_path / "b.csv"
    path.write_text("the other half\n")
    sha256 = people.accept(ledger, path, "beside", "second workspace")

    other = export(str(path), [hours(1, 60), hours(2, 60)], sha=sha256)
    assert ledger.take([other])[1:] == ()
    assert len(column(ledger, "time_entry", "person")) == 12
    ledger.take([replace(other, mapping_version=2)])
    assert len(column(ledger, "time_entry", "person")) == 12


@pytest.mark.parametrize("other", [{"person": "bob"}, {"party": "Bar"}])
def test_parts_of_the_books_that_have_nothing_in_common_stand_side_by_side(ledger, other):
    ledger.take([export("a.csv", TEN_DAYS), export("b.csv", [hours(day, **other) for day in range(1, 4)])])
    ledger.take([export("c.csv", [hours(day, 60, **other) for day in range(1, 4)])])

    assert sum(column(ledger, "time_entry", "worked_seconds")) == 36_000 + 180


def test_two_new_files_that_say_the_same_of_their_shared_days_count_once(ledger):
    ledger.take([export("a.csv", TEN_DAYS), export("b.csv", TEN_DAYS[5:], covers=(date(2026, 1, 6), JANUARY[1]))])

    assert len(column(ledger, "time_entry", "person")) == 10


def test_two_new_files_that_differ_are_refused_for_nobody_knows_which_is_newer(ledger):
    with pytest.raises(InputError, match=r"than a\.csv, and both are new") as caught:
        ledger.take([export("a.csv", TEN_DAYS), export("b.csv", [hours(1, 60), *TEN_DAYS[1:]])])
    assert caught.value.where == "b.csv"
    assert ledger.live_files() == ()


def test_a_document_whose_date_moved_counts_once(ledger):
    ledger.take([export("a.csv", [invoice("1", 5), invoice("2", 6)])])
    moved = export("b.csv", [invoice("1", 3, month=2), invoice("3", 31)], covers=(date(2026, 1, 31), date(2026, 2, 28)))
    ledger.take([moved])

    assert column(ledger, "document", "document_id") == ["1", "2", "3"]
    assert column(ledger, "document", "month(issue_date)") == [1, 1, 2]


def test_a_document_number_in_periods_that_do_not_meet_is_no_newer_document(ledger):
    ledger.take([export("a.csv", [invoice("1", 5)])])
    with pytest.raises(InputError, match="the same document stands at"):
        ledger.take([export("b.csv", [invoice("1", 5, month=2)], covers=(date(2026, 2, 1), date(2026, 2, 28)))])


def test_a_list_edited_in_place_is_replaced_whole(ledger):
    ledger.take([export("rates.csv", [rate("ada", 5000), rate("bob", 4000)], sha="one", covers=JANUARY)])
    notes = ledger.take([export("rates.csv", [rate("ada", 5500)], sha="two", covers=JANUARY)])

    assert column(ledger, "cost_rate", "cost_per_hour_minor") == [5500]
    assert "1 of them are not in it and count no more: rates.csv:3" in told(notes)


def test_a_trial_balance_edited_in_place_is_replaced_though_its_days_moved(ledger):
    def total(first, amount):
        values = {"period_start": first, "period_end": date(2026, 12, 31), "line": "revenue", "amount_minor": amount}
        return [("control_total", values)]

    ledger.take(
        [export("tb.csv", total(date(2026, 1, 1), 5), sha="one", covers=(date(2026, 1, 1), date(2026, 12, 31)))]
    )
    ledger.take(
        [export("tb.csv", total(date(2026, 1, 2), 7), sha="two", covers=(date(2026, 1, 2), date(2026, 12, 31)))]
    )

    assert column(ledger, "control_total", "amount_minor") == [7]


def test_what_left_a_list_of_open_items_was_paid_and_stays_a_document(ledger):
    ledger.take([export("open.csv", [invoice("1", 5), invoice("2", 6)], sha="one", scope="open_items")])
    ledger.take([export("open.csv", [invoice("2", 6, 50), invoice("3", 9)], sha="two", scope="open_items")])

    assert column(ledger, "document", "document_id") == ["1", "2", "3"]
    assert column(ledger, "document", "net_minor") == [50, 100, 100]


def test_a_payment_goes_with_the_invoice_on_its_line_not_with_its_own_day(ledger):
    def paid(number, day):
        values = {"document_id": number, "settled_on": date(2026, 2, day), "kind": "payment", "gross_minor": 1}
        return "settlement", values, int(number)

    def billed(number, day, month):
        return (*invoice(number, day, month=month), int(number))

    january = [billed("2", 5, 1), paid("2", 4)]
    february = [billed("3", 1, 2), billed("4", 9, 2), paid("4", 20)]
    ledger.take([export("jan.csv", january, leading="document", covers=(date(2026, 1, 5), date(2026, 1, 5)))])
    ledger.take([export("feb.csv", february, leading="document", covers=(date(2026, 2, 1), date(2026, 2, 9)))])
    again = [billed("2", 5, 1)]  # the payment was booked back
    ledger.take([export("jan2.csv", again, leading="document", covers=(date(2026, 1, 5), date(2026, 1, 5)))])

    assert column(ledger, "document", "document_id") == ["2", "3", "4"]
    assert column(ledger, "settlement", "document_id") == ["4"]


def test_a_file_that_left_the_folder_still_counts_and_is_told_once(ledger):
    ledger.take([export("a.csv", TEN_DAYS), export("b.csv", [invoice("1", 5)])])

    assert "a.csv (a.csv0000000) is no longer in the folder; 10 of its 10 records still count" in told(
        ledger.take([export("b.csv", [invoice("1", 5)])])
    )
    assert ledger.take([export("b.csv", [invoice("1", 5)])]) == ()
    assert len(column(ledger, "time_entry", "person")) == 10


def test_an_empty_folder_is_no_delivery(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])

    with pytest.raises(
        InputError, match=r"no export is in the folder; 1 were taken before, and a.csv reaches to 2026-01-31"
    ):
        ledger.take([])


def test_an_older_content_that_comes_again_changes_nothing(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    ledger.take([export("b.csv", [hours(1, 60), *TEN_DAYS[1:]])])
    ledger.take([export("c.csv", TEN_DAYS, sha="a.csv"), export("b.csv", [hours(1, 60), *TEN_DAYS[1:]])])

    assert min(column(ledger, "time_entry", "worked_seconds")) == 60


def test_a_content_read_anew_by_a_mended_mapping_keeps_its_place(ledger):
    first, second = export("a.csv", TEN_DAYS), export("b.csv", [hours(1, 60), *TEN_DAYS[1:]])
    ledger.take([first])
    ledger.take([first, second])
    mended = replace(export("a.csv", [hours(day, 5) for day in range(1, 11)]), mapping_version=2)
    ledger.take([mended, second])

    assert column(ledger, "time_entry", "worked_seconds") == [60] + [3600] * 9
    people.remove(ledger, "b.csv", "")
    assert column(ledger, "time_entry", "worked_seconds") == [5] * 10


def test_what_no_mapping_reads_any_more_is_told_and_counts(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    lost = FileReading(Path("a.csv"), "a.csv".ljust(12, "0"), ReadingStatus.NO_MAPPING)

    assert "no mapping reads it any more" in told(ledger.take([lost, export("b.csv", [invoice("1", 5)])]))


def test_a_refused_file_lies_in_quarantine_until_it_is_taken(ledger):
    cell = Problem(7, "Hours", "7,5h", "not a duration", "Correct it.")
    bad = FileReading(Path("t.csv"), "bad000000000", ReadingStatus.REFUSED, "toggl", 1, problems=(cell,))
    for _ in range(2):
        with pytest.raises(InputError, match="refused: 1 problem"):
            ledger.take([bad])
    path = quarantine_path(ledger.folder, "bad000000000")
    with ledger.connect() as connection:
        rows = connection.execute(f"FROM '{path}'").fetchall()
    assert rows == [("t.csv", "bad000000000", "toggl", 7, "Hours", "7,5h", "not a duration", "Correct it.")]
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert len(ledger.history.path.read_text().splitlines()) == 1

    ledger.take([export("t.csv", TEN_DAYS, sha="bad000000000")])
    assert not path.exists()
    assert ledger.history.read().refused == {}


def test_the_books_of_another_company_are_refused(ledger):
    ledger.take([export("a.csv", TEN_DAYS, company="Acme B.V.")])
    with pytest.raises(InputError, match=r"the books of 'Bcme BV', and a\.csv has those of 'Acme B\.V\.'"):
        ledger.take([export("b.csv", [invoice("1", 5)], company="Bcme BV")])
    ledger.take([export("b.csv", [invoice("1", 5)], company="ACME bv")])

    with pytest.raises(InputError, match="yours are those of Bcme"):
        replace(ledger, companies=("Bcme",)).take([export("b.csv", [invoice("1", 5)], company="ACME bv")])


def test_a_line_that_was_cut_while_it_was_written_is_passed_over_and_written_anew(ledger):
    ledger.take([export("a.csv", TEN_DAYS)])
    whole = ledger.history.path.read_bytes()
    ledger.history.path.write_bytes(whole + whole[:40])
    assert len(ledger.live_files()) == 1
    ledger.take([export("a.csv", TEN_DAYS), export("b.csv", [invoice("1", 5)])])

    assert [json.loads(line)["file"] for line in ledger.history.path.read_text().splitlines()] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    "line", ["{}", "nonsense", '{"at": "2026-01-01", "event": "removed", "sha256": "x", "reason": ""}']
)
def test_a_damaged_history_is_refused_by_line(ledger, line):
    ledger.take([export("a.csv", TEN_DAYS)])
    with ledger.history.path.open("a") as stream:
        stream.write(line + "\n")

    with pytest.raises(InputError, match="history is damaged") as caught:
        ledger.live_files()
    assert caught.value.where == f"{ledger.history.path}:2"


def test_a_name_that_several_contents_had_is_asked_after(ledger):
    ledger.take([export("t.csv", TEN_DAYS[:5], sha="one", covers=(date(2026, 1, 1), date(2026, 1, 5)))])
    ledger.take([export("t.csv", TEN_DAYS[5:], sha="two", covers=(date(2026, 1, 6), date(2026, 1, 10)))])

    with pytest.raises(InputError, match="2 contents") as caught:
        people.remove(ledger, "t.csv", "")
    assert "one000000000 taken 2026-03-01 12:00" in caught.value.remedy
    people.remove(ledger, "one000", "")
    assert len(column(ledger, "time_entry", "person")) == 5
    with pytest.raises(InputError, match="no such file"):
        people.remove(ledger, "x.csv", "")
