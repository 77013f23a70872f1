"""Reports saved as a workbook, with days and amounts as Excel holds them, read to the same records as text."""

import csv
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"


def as_excel_holds_it(text):
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    try:
        return float(text.replace(",", "").replace("$", ""))
    except ValueError:
        return text or None


@pytest.mark.parametrize(
    "name", ["qbo-ar-ageing", "qbo-sales-by-customer", "qbo-sales-by-customer-flat", "qbo-journal", "odoo-invoices"]
)
def test_a_workbook_gives_the_records_of_the_text(tmp_path, name):
    book = openpyxl.Workbook()
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            book.active.append([as_excel_holds_it(cell) for cell in row])
    book.save(tmp_path / "report.xlsx")
    saved = read_file(tmp_path / "report.xlsx", SHIPPED, home_currency="EUR")
    text = read_file(SAMPLES / f"{name}.csv", SHIPPED, home_currency="EUR")

    assert (saved.status, saved.mapping) == (ReadingStatus.ACCEPTED, name), saved
    assert [record.values for record in saved.records] == [record.values for record in text.records]


LATE, EARLY = date(2026, 3, 30), date(2026, 3, 31)
NIGHTS = {
    "days and clocks of Excel": (LATE, time(23, 30), EARLY, time(0, 15)),
    "days of Excel, clocks as text": (LATE, "11:30 PM", EARLY, "12:15 AM"),
    "days as text, clocks of Excel": ("03/30/2026", time(23, 30), "03/31/2026", time(0, 15)),
    "midnight of Excel": (datetime(2026, 3, 30), "11:30 PM", datetime(2026, 3, 31), "12:15 AM"),  # noqa: DTZ001  a cell has no zone
}


def saved(folder, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "hours.xlsx")
    return read_file(folder / "hours.xlsx", SHIPPED, home_currency="EUR")


@pytest.mark.parametrize("night", NIGHTS.values(), ids=NIGHTS)
def test_hours_without_durations_are_the_time_between_two_cells(tmp_path, night):
    headings = ("Project", "User", "Start Date", "Start Time", "End Date", "End Time", "Client")
    reading = saved(tmp_path, headings, ("Website", "Ada", *night, "Northwind"))

    assert reading.status is ReadingStatus.ACCEPTED, reading
    assert [record.values["worked_seconds"] for record in reading.records] == [45 * 60]


def test_hours_that_differ_from_the_time_between_two_cells_are_told(tmp_path):
    headings = ("Project", "User", "Start Date", "Start Time", "End Date", "End Time", "Client", "Duration (h)")
    reading = saved(
        tmp_path, headings, ("Website", "Ada", *NIGHTS["days and clocks of Excel"], "Northwind", "01:00:00")
    )

    assert [record.values["worked_seconds"] for record in reading.records] == [3600]
    assert len(reading.warnings) == 1


def test_one_cell_may_hold_day_and_clock(tmp_path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "own.toml").write_text(
        'name = "own"\nversion = 1\ngrade = "F"\nrecord = "time_entry"\n[format]\ndates = ["%d.%m.%Y"]\n[columns]\n'
        'work_date = { from = ["Von"], column = "required" }\nperson = { from = ["Wer"], column = "required" }\n'
        'worked = { column = "required", from = ["Dauer"], else = { start = ["Von"], end = ["Bis"] } }\n'
    )
    book = openpyxl.Workbook()
    book.active.append(("Wer", "Von", "Bis"))
    book.active.append(("Ada", *(datetime(2026, 3, 4, hour) for hour in (9, 11))))  # noqa: DTZ001  a cell has no zone
    book.save(tmp_path / "hours.xlsx")
    (record,) = read_file(tmp_path / "hours.xlsx", load_mappings(tmp_path / "mappings"), home_currency="EUR").records

    assert (record.values["work_date"], record.values["worked_seconds"]) == (date(2026, 3, 4), 7200)
