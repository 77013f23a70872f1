"""The targets of `make fuzz` start from files that are read, and their laws are no empty words."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connectors.exports.reading import FileReading, Problem, ReadingStatus, Record
from tests.fuzz.laws import check_reading
from tests.fuzz.targets import CASH, PARTED, SHEET, STRINGS, TARGETS, cash, read, workbook

VALUES = {"day": date(2026, 1, 31), "balance_minor": 1250, "currency": "EUR"}
SOUND = Record("cash", VALUES, 2)
TAKEN = FileReading(Path("file.csv"), "", ReadingStatus.ACCEPTED, "own-cash", 1, (SOUND,))


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_has_seeds_and_a_few_of_them_stand_its_check(name):
    seeds = TARGETS[name].seeds()
    for seed in seeds[:: max(len(seeds) // 4, 1)]:
        TARGETS[name].check(seed)
    assert seeds


def test_the_seed_of_the_workbook_is_read_like_the_text():
    sheets = read(workbook(SHEET.encode(), STRINGS.encode()), "file.xlsx", cash())
    text = read(CASH.encode(), "file.csv", cash())
    assert [record.values["day"] for record in sheets.records] == [date(2026, 1, 31), date(2026, 2, 28)]
    assert [len(reading.records) for reading in (sheets, text)] == [2, 2]


def test_a_sheet_without_its_end_stands_the_check_because_it_is_refused():
    TARGETS["workbook"].check(SHEET.encode()[:-1] + PARTED + STRINGS.encode())


@pytest.mark.parametrize(
    "broken",
    [
        replace(TAKEN, mapping=""),
        replace(TAKEN, records=()),
        replace(TAKEN, records=(replace(SOUND, line=9),)),
        replace(TAKEN, records=(replace(SOUND, line=0),)),
        replace(TAKEN, records=(replace(SOUND, values=VALUES | {"day": None}),)),
        replace(TAKEN, records=(replace(SOUND, values=VALUES | {"day": "2026-01-31"}),)),
        replace(TAKEN, records=(replace(SOUND, values=VALUES | {"balance_minor": True}),)),
        replace(TAKEN, records=(replace(SOUND, values=VALUES | {"balance_minor": 1 << 63}),)),
        replace(TAKEN, records=(replace(SOUND, values={"day": date(2026, 1, 31)}),)),
        replace(TAKEN, warnings=(Problem(2, "", "", "odd", ""),)),
        replace(TAKEN, warnings=(Problem(99, "", "", "odd", "Look."),)),
        replace(TAKEN, status=ReadingStatus.REFUSED),
        replace(TAKEN, status=ReadingStatus.REFUSED, records=()),
    ],
)
def test_a_reading_that_breaks_a_law_is_told(broken):
    check_reading(TAKEN, CASH.encode())
    with pytest.raises(AssertionError):
        check_reading(broken, CASH.encode())
