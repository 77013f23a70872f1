"""Read a time span: a clock, words, a bare number in a unit that the mapping names, a typed cell, or its two ends."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Literal, TypeAlias

from connectors.exports.cells import CellFaultError, CellIn, NumberFormat, read_date, read_number
from profitability.units import SECONDS_PER_HOUR, half_up

DurationUnit: TypeAlias = Literal["hours", "minutes", "seconds"]

_MINUTES = 60
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?")
_WORDS = re.compile(
    r"(?=.)(?:(?P<hours>[0-9][0-9.,]*)\s*(?:h|hrs?|hours?|u|uur|t|std)\.?)?\s*"
    r"(?:(?P<minutes>[0-9]{1,8})\s*(?:m|mins?|minutes?|minuten)\.?)?\s*(?:(?P<seconds>[0-9]{1,8})\s*(?:s|secs?|seconds?)\.?)?",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(?P<day>.+?)(?:\s+|T)(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?",
    re.IGNORECASE,
)
_HALF_DAY = 12
_CELL_DAY = "%Y-%m-%d"
"""How a date cell of a workbook stands in the text of a moment, whatever form the texts of the file have."""

_UNIT_SECONDS: dict[DurationUnit, int] = {"hours": SECONDS_PER_HOUR, "minutes": _MINUTES, "seconds": 1}


def read_duration_seconds(cell: CellIn, number_format: NumberFormat, bare: DurationUnit | None) -> int:
    """Return a time span in whole seconds, halves rounded away from zero.

    Read are `1:30` (hours and minutes), `01:30:00`, `26:30`, `1h 30m`, `90m`, and a bare number in the unit `bare`.

    Raises:
        CellFaultError: not a time span, a bare number where the mapping names no unit, or less than nothing.
    """
    if isinstance(cell, timedelta):
        seconds = half_up(Fraction(cell // timedelta(microseconds=1), 10**6))
    elif isinstance(cell, time):
        seconds = (cell.hour * _MINUTES + cell.minute) * _MINUTES + cell.second
    elif isinstance(cell, str) and (clock := _CLOCK.fullmatch(cell.strip())):
        seconds = (int(clock["hours"]) * _MINUTES + int(clock["minutes"])) * _MINUTES + int(clock["seconds"] or 0)
    elif isinstance(cell, str) and (found := _WORDS.fullmatch(cell.strip())):
        seconds = _spelled_seconds(found, number_format)
    else:
        seconds = _bare_seconds(cell, number_format, bare)
    if seconds < 0:
        raise CellFaultError("a time span below zero")
    return seconds


def elapsed_seconds(start: str, end: str, date_format: str) -> int:
    """Return the seconds from one moment to another, each a day and a clock of 24 or of 12 hours (`10:23 AM`).

    Clocks are local time without a zone: a span over the night when clocks change is an hour off.

    Raises:
        CellFaultError: no moment, or an end before its start.
    """
    seconds = (_moment(end, date_format) - _moment(start, date_format)) // timedelta(seconds=1)
    if seconds < 0:
        raise CellFaultError("ends before it starts")
    return seconds


def _moment(text: str, date_format: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    hour = _hour(found) if found else None
    if found is None or hour is None:
        raise CellFaultError(f"{text!r} is no day and clock, like 10:23, 10:23:52 or 10:23 AM")
    clock = time(hour, int(found["minute"]), int(found["second"] or 0))
    return datetime.combine(_day(found["day"], date_format), clock)


def _day(text: str, date_format: str) -> date:
    try:
        return read_date(text, date_format)
    except CellFaultError:
        with suppress(CellFaultError):
            return read_date(text, _CELL_DAY)
        raise


def _hour(found: re.Match[str]) -> int | None:
    """Return the hour of the day, None where the clock does not have it."""
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half:
        return hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0) if 1 <= hour <= _HALF_DAY else None
    return hour if hour < 2 * _HALF_DAY else None


def _spelled_seconds(found: re.Match[str], number_format: NumberFormat) -> int:
    hours = Fraction(read_number(found["hours"], number_format).value if found["hours"] else 0)
    minutes, seconds = int(found["minutes"] or 0), int(found["seconds"] or 0)
    return half_up(hours * SECONDS_PER_HOUR) + minutes * _MINUTES + seconds


def _bare_seconds(cell: CellIn, number_format: NumberFormat, bare: DurationUnit | None) -> int:
    try:
        number = read_number(cell, number_format)
    except CellFaultError as fault:
        raise CellFaultError(
            f"no time span: expected is one like 1:30, 1:30:00, 1h 30m or {number_format}",
            "Mend the cell: minutes and seconds run to 59, and no time is below zero.",
        ) from fault
    if bare is None or number.mark:
        raise CellFaultError("a bare number: hours, minutes or seconds?", "Set `bare_duration` in the mapping.")
    return half_up(Fraction(number.value) * _UNIT_SECONDS[bare])
