"""Turn one cell into a value, by formats that the mapping fixes and never by looking at the value alone.

Text goes through an exact pattern; a cell that a workbook stores as a number, date or time span is taken as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import TypeAlias

from profitability.units import to_minor

CellIn: TypeAlias = str | int | float | bool | date | datetime | time | timedelta
"""What a file holds in a cell: always text in a text file, a typed value in a workbook."""


class CellFaultError(ValueError):
    """A cell that does not fit its type: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str = "Mend the cell in the source and export again.") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a file writes numbers: the mark between thousands (empty: none, blank: any blank) and before the cents."""

    group: str
    decimal: str

    def __str__(self) -> str:
        """Return an example, for messages."""
        return f"1{self.group}234{self.decimal}56"


NUMBER_FORMATS = {
    "plain": NumberFormat("", "."),
    "en": NumberFormat(",", "."),
    "nl": NumberFormat(".", ","),
    "de": NumberFormat(".", ","),
    "fi": NumberFormat(" ", ","),
    "fr": NumberFormat(" ", ","),
    "sv": NumberFormat(" ", ","),
    "ch": NumberFormat("'", "."),
}

_BLANK_GROUP = "[ \u00a0\u2009\u202f]"
_GROUP_CLASS = {" ": _BLANK_GROUP, "'": "['\u2019]"}
_MARK = r"[$€£¥]|[A-Z]{3}"
_MINUS = "-\u2212"
_MARK_CURRENCIES = {
    "€": ("EUR",),
    "£": ("GBP",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "¥": ("JPY", "CNY"),
}
_EARLIEST_YEAR = 1970
_LARGEST = 10**15
"""Nothing that a firm counts is larger; beyond it, sums would not fit into the ledger's 64 bits."""
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_LAST_DAY = 2_958_465
_EXCEL_DIGITS = ".15g"

_BOOLEANS = {
    **dict.fromkeys(("yes", "true", "y", "1", "x", "ja", "kyllä", "oui"), True),
    **dict.fromkeys(("no", "false", "n", "0", "nee", "nein", "ei", "non"), False),
}


def is_blank(cell: CellIn) -> bool:
    """Tell whether a cell holds nothing but blanks."""
    return isinstance(cell, str) and (not cell or cell.isspace())


def as_text(cell: CellIn) -> str:
    """Return a cell as text without blanks around it; a whole number of a workbook has no `.0`."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float):
        return format(Decimal(format(cell, _EXCEL_DIGITS)), "f")
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def captured(pattern: str, text: str) -> str | None:
    """Return what a pattern captures in a text (all of its match where it has no group), None where it does not fit."""
    found = re.search(pattern, text)
    if found is None:
        return None
    return (found[1] or "") if found.re.groups else found[0]


@cache
def _number_pattern(number_format: NumberFormat) -> re.Pattern[str]:
    group = _GROUP_CLASS.get(number_format.group, re.escape(number_format.group))
    point = re.escape(number_format.decimal)
    whole = rf"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|[0-9]+" if group else "[0-9]+"
    # one sign only, before or after the currency mark, behind the number, or as brackets round it all
    return re.compile(
        rf"(?P<open>\()?\s*(?P<minus>[{_MINUS}+])?\s*(?P<mark>{_MARK})?\s*(?P<inner>[{_MINUS}+])?\s*"
        rf"(?P<whole>{whole})?(?:{point}(?P<part>[0-9]+|--?))?"
        rf"(?P<trail>[{_MINUS}])?\s*(?P<mark_behind>{_MARK})?\s*(?P<close>\))?"
    )


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, and the currency mark beside it (empty: none)."""

    value: Decimal
    mark: str = ""


def read_number(cell: CellIn, number_format: NumberFormat) -> Number:
    """Return the number in a cell.

    Text must group its thousands exactly or not at all: `12.34` is no number where the point parts thousands.
    Read as negative: `-1`, `1-`, `(1)` and the typographic minus. `12,-` has no cents.

    Raises:
        CellFaultError: not a number in this format, or larger than anything that a firm counts.
    """
    number = _number(cell, number_format)
    if abs(number.value) > _LARGEST:
        raise CellFaultError("a number too large to be true")
    return number


def _number(cell: CellIn, number_format: NumberFormat) -> Number:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # Excel keeps 15 digits; what a float shows beyond them is not in the sheet
        return Number(Decimal(format(cell, _EXCEL_DIGITS)))
    found = _number_pattern(number_format).fullmatch(as_text(cell))
    if found is None or not _is_sound(found):
        raise CellFaultError(
            f"not a number as this file writes them, like {number_format}",
            "Mend the cell, or set `numbers` in a mapping of your own if the whole file is written another way.",
        )
    whole = re.sub("[^0-9]", "", found["whole"] or "0")
    part = (found["part"] or "").strip("-")
    value = Decimal(f"{whole}.{part}" if part else whole)
    is_negative = bool(found["open"] or found["trail"]) or (found["minus"] or found["inner"] or "+") != "+"
    return Number(-value if is_negative else value, found["mark"] or found["mark_behind"] or "")


def _is_sound(found: re.Match[str]) -> bool:
    """Brackets close, digits are there, and neither sign nor currency mark stands twice."""
    signs = sum(found[name] is not None for name in ("open", "minus", "inner", "trail"))
    marks = sum(found[name] is not None for name in ("mark", "mark_behind"))
    has_digits = found["whole"] is not None or (found["part"] or "-").strip("-") != ""
    return has_digits and signs <= 1 and marks <= 1 and (found["open"] is None) == (found["close"] is None)


def is_mark_of(mark: str, currency: str) -> bool:
    """Tell whether a mark beside an amount (`$`, `EUR`, or none) can stand for a currency."""
    return not mark or currency in _MARK_CURRENCIES.get(mark, (mark,))


def money_minor(number: Number, currency: str) -> int:
    """Return an amount in minor units of its currency.

    Raises:
        CellFaultError: an unknown currency, a mark of another currency, or a fraction of a minor unit.
    """
    if not is_mark_of(number.mark, currency):
        raise CellFaultError(
            f"marked {number.mark}, but the currency of the row is {currency}",
            "Give the file a currency column, or mend the mark.",
        )
    try:
        return to_minor(number.value, currency)
    except ValueError as error:
        raise CellFaultError(str(error), "Round the amount in the source, or state its currency.") from error


def read_date(cell: CellIn, date_format: str) -> date:
    """Return the day in a cell; a number of a workbook is a day count of Excel.

    Raises:
        CellFaultError: not a day in this format, no day of the calendar, or before 1970.
    """
    day = _day(cell, date_format)
    if day.year < _EARLIEST_YEAR:
        raise CellFaultError(f"a day in the year {day.year}", "Correct the day in the source.")
    return day


def _day(cell: CellIn, date_format: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _excel_day(cell)
    day = _strptime(as_text(cell), date_format)
    if day is None:
        raise CellFaultError(
            f"not a day written like {_example(date_format)}",
            "Mend the cell, or set `dates` in a mapping of your own if the whole file is written another way.",
        )
    return day


def _excel_day(count: float) -> date:
    if not float(count).is_integer() or not 1 <= count <= _EXCEL_LAST_DAY:
        raise CellFaultError("a number that is no day of Excel", "Format the column as a date in the workbook.")
    return _EXCEL_DAY_ZERO + timedelta(days=int(count))


@lru_cache(maxsize=8192)
def _strptime(text: str, date_format: str) -> date | None:
    try:
        return datetime.strptime(text, date_format).date()  # noqa: DTZ007  a day has no zone
    except ValueError:
        return None


def _example(date_format: str) -> str:
    return f"{date(2026, 10, 31):{date_format}}"


def read_boolean(cell: CellIn) -> bool:
    """Return yes or no.

    Raises:
        CellFaultError: neither.
    """
    if isinstance(cell, bool):
        return cell
    answer = _BOOLEANS.get(as_text(cell).casefold())
    if answer is None:
        raise CellFaultError("neither yes nor no", "Mend the cell, or list its words under `values` in the mapping.")
    return answer


def read_integer(cell: CellIn, number_format: NumberFormat) -> int:
    """Return a whole number.

    Raises:
        CellFaultError: not a number, or not a whole one.
    """
    number = read_number(cell, number_format)
    if number.mark or number.value != number.value.to_integral_value():
        raise CellFaultError("not a whole number")
    return int(number.value)


def read_decimal(cell: CellIn, number_format: NumberFormat) -> str:
    """Return a number as plain digits with a decimal point.

    Raises:
        CellFaultError: not a number.
    """
    number = read_number(cell, number_format)
    if number.mark:
        raise CellFaultError("a currency mark where a plain number belongs")
    return format(number.value, "f")
