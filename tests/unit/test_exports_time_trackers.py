"""Time trackers: hours from start and end, rows that end early, and the variants of one report."""

from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")


def read(folder, data):
    path = folder / "file.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, SHIPPED, home_currency="EUR")


TIMES = "Client,Project,User,Start Date,Start Time,End Date,End Time\nNordhav,Site,Ada,{}\n"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-31,09:00,2026-03-31,10:30", 5400),
        ("2026-03-31,23:30:00,2026-04-01,00:00:01", 1801),
        ("03/31/2026,12:00 AM,03/31/2026,12:00 PM", 43200),
        ("03/31/2026,11:59:59 am,03/31/2026,1:00 P.M.", 3601),
        ("31.03.2026,9:00,31.03.2026,9:00", 0),
    ],
)
def test_hours_come_from_start_and_end_where_no_duration_is_there(tmp_path, text, seconds):
    reading = read(tmp_path, TIMES.format(text))
    assert [record.values["worked_seconds"] for record in reading.records] == [seconds], reading


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2026-03-31,10:30,2026-03-31,09:00", "ends before it starts"),
        ("2026-03-31,24:30,2026-03-31,09:00", "no day and clock"),
        ("2026-03-31,13:00 PM,2026-03-31,14:00", "no day and clock"),
        ("2026-03-31,0:30 AM,2026-03-31,09:00", "no day and clock"),
        ("2026-03-31,09:00,2026-03-31,", "no day and clock"),
        ("2026-03-31,09:00,31.03.2026,10:00", "not a day written like"),
    ],
)
def test_a_span_without_two_sound_ends_is_refused(tmp_path, text, what):
    problems = read(tmp_path, TIMES.format(text)).problems
    assert {problem.line for problem in problems} == {2}
    assert any(what in problem.what and "Start Date + Start Time" in problem.column for problem in problems), problems


def test_a_stated_duration_wins_over_start_and_end(tmp_path):
    text = TIMES.format("2026-03-31,09:00,2026-03-31,10:30").replace("End Time", "End Time,Duration (h)")
    reading = read(tmp_path, text.replace("10:30\n", "10:30,1:00\n"))
    assert [record.values["worked_seconds"] for record in reading.records] == [3600]


@pytest.mark.parametrize(("stated", "is_told"), [("1:30", False), ("1:31", False), ("1:31:01", True), ("1:15", True)])
def test_hours_that_are_not_the_time_from_start_to_end_are_told(tmp_path, stated, is_told):
    header = "Client,User,Start Date,Start Time,End Date,End Time,Duration (h)\n"
    sound = "Nordhav,Ada,03/31/2026,09:00,03/31/2026,10:00,1:00\n"
    row = f"Nordhav,Ada,03/31/2026,11:00 PM,04/01/2026,0:30,{stated}\n"
    reading = read(tmp_path, header + sound + row + row)
    assert reading.status is ReadingStatus.ACCEPTED
    what = "hours that are not the time from start to end: 2 times, first here"
    assert [(warning.line, warning.what) for warning in reading.warnings] == ([(3, what)] if is_told else [])


def test_only_columns_that_a_source_leaves_out_may_be_missing_at_the_end_of_a_row(tmp_path):
    head = "Project,User,Start Date,Start Time,End Date,End Time,Tags,Client\n"
    whole = "Site,Ada,2026-03-31,09:00,2026-03-31,10:30"
    assert [r.values["party"] for r in read(tmp_path, f"{head}{whole}\n{whole},,Nordhav\n").records] == [
        None,
        "Nordhav",
    ]
    assert "the row was cut" in read(tmp_path, f"{head}{whole.rpartition(',')[0]}\n").problems[0].what
    assert "may be cut" in read(tmp_path, head + whole).problems[0].what


def test_a_report_without_a_client_is_not_read(tmp_path):
    summary = read(tmp_path, '"Date","Time (h)","Time (decimal)"\n"31/03/2026","07:56:00","7.933333333333334"\n')
    assert summary.status is ReadingStatus.NO_MAPPING
    detailed = read(tmp_path, TIMES.format("2026-03-31,09:00,2026-03-31,10:30").replace("Client", "Group"))
    assert detailed.why_not[0] == "clockify-detailed: lacks Client"


HARVEST = "Date,Client,Project,{}Task,Notes,Hours,{}First Name,Last Name{}\n"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HARVEST.format("", "", ""), "2026-03-02,Nordhav,Site,Build,,7.5,Ada,Vos"),
        (HARVEST.format("Project Code,", "", ""), "2026-03-02,Nordhav,Site,S1,Build,,7.50,Ada,Vos"),
        (HARVEST.format("", "Billable?,", ""), "2026-03-02,Nordhav,Site,Build,,7:30,Yes,Ada,Vos"),
        (HARVEST.format("", "Hours Rounded,", ",Email"), '26.01.2026,Nordhav,Site,Build,,"7,5",8,Ada,Vos,a@b.example'),
        (HARVEST.format("", "", ",Employee Id,Department"), "01/26/2026,Nordhav,Site,Build,,7.5,Ada,Vos,7,Web"),
        (
            HARVEST.format("", "", ",Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency"),
            '2026-03-02,Nordhav,Site,Build,,"7,5",Ada,Vos,"100,0","750,0","60,0","450,0",Euro - EUR',
        ),
    ],
    ids=["least", "project code", "clock", "comma and dots", "department", "cost rate"],
)
def test_variants_of_harvest(tmp_path, header, row):
    reading = read(tmp_path, f"{header}{row}\n")
    (record,) = reading.records
    assert (reading.mapping, record.kind, record.values["worked_seconds"]) == ("harvest-detailed", "time_entry", 27000)
    assert (record.values["person"], record.values["party"]) == ("Ada Vos", "Nordhav")


@pytest.mark.parametrize(
    "header",
    [
        "Date,User,Customer,Project,Activity,Duration",
        "Datum;Gebruiker;Klant;Project;Activiteit;Duur",
        "Datum;Benutzer;Kunde;Projekt;Tätigkeit;Dauer",
        "Päivämäärä;Käyttäjä;Asiakas;Projekti;Toiminto;Kesto",
    ],
    ids=["en", "nl", "de", "fi"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_headings_in_four_languages(tmp_path, header, encoding):
    row = "2026-03-02,ada,Müller,Site,Build,1:30" if "," in header else "02.03.2026;ada;Müller;Site;Build;1,5"
    reading = read(tmp_path, f"{header}\n{row}\n".encode(encoding))
    (record,) = reading.records
    assert (reading.mapping, record.values["party"], record.values["worked_seconds"]) == ("kimai", "Müller", 5400)
