"""Read a time span from a cell: a clock, words, a bare number in a unit that the mapping names, or a typed cell."""

from __future__ import annotations

import re
from datetime import time, timedelta
from fractions import Fraction
from typing import Literal, TypeAlias

from connectors.exports.cells import CellFaultError, CellIn, NumberFormat, read_number
from profitability.units import SECONDS_PER_HOUR, half_up

DurationUnit: TypeAlias = Literal["hours", "minutes", "seconds"]

_MINUTES = 60
_CLOCK = re.compile(r"(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?")
_WORDS = re.compile(
    r"(?=.)(?:(?P<hours>[0-9][0-9.,]*)\s*(?:h|hrs?|hours?|u|uur|t|std)\.?)?\s*"
    r"(?:(?P<minutes>[0-9]{1,8})\s*(?:m|mins?|minutes?|minuten)\.?)?\s*(?:(?P<seconds>[0-9]{1,8})\s*(?:s|secs?|seconds?)\.?)?",
    re.IGNORECASE,
)
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
