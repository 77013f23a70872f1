"""Hold the records against the control figures that the file itself states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.exports.cells import CellFaultError, Number, is_mark_of, money_minor
from connectors.exports.convert import RowReader, RowValues
from connectors.exports.mapping import Check
from connectors.exports.reading import Cell, Problem
from connectors.exports.rows import TableRow
from profitability.units import counted, from_minor

_EXPORT_AGAIN = "Export the file again; if it stays so, the report itself does not add up."


@dataclass(slots=True)
class _Sum:
    """What the records of one check have added up to since it was last closed; `currency` is that of the last one."""

    currency: str
    total_minor: int = 0
    count: int = 0
    line: int = 0
    stated: Cell = None
    is_contradicted: bool = False

    def add(self, line: int, amount: Cell, currency: Cell, stated: Cell = None) -> None:
        """Add one record; its stated total must be that of the records before it."""
        self.currency = str(currency or self.currency)
        self.total_minor += amount if isinstance(amount, int) else 0
        self.is_contradicted |= self.count > 0 and stated != self.stated
        self.count, self.line, self.stated = self.count + 1, self.line or line, stated


@dataclass(slots=True)
class Controls:
    """The checks of one file while its rows are read.

    `problems` collects checks that are errors, `warnings` those that only warn.
    """

    reader: RowReader
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _sums: dict[int, _Sum] = field(default_factory=dict)
    _per: dict[tuple[int, tuple[Cell, ...]], _Sum] = field(default_factory=dict)
    _met: set[int] = field(default_factory=set)
    _group_line: int = 0
    _first_off_line: int = 0
    _off_count: int = 0

    def add(self, row: RowValues) -> None:
        """Count the record of a row."""
        if row.is_off:
            self._first_off_line = self._first_off_line or row.line
            self._off_count += 1
        currency = row.values.get("currency")
        for index, check in self._live():
            amount = row.values.get(check.sum)
            if check.equals is not None:
                key = index, tuple(row.values.get(name) for name in check.per)
                own = self._per.setdefault(key, self._new_sum())
                own.add(row.line, amount, currency, row.values.get(check.equals))
            else:
                self._sums.setdefault(index, self._new_sum()).add(row.line, amount, currency)

    def close(self, row: TableRow) -> None:
        """Compare a total row with the records that it speaks for."""
        for index, check in self._live():
            if check != row.check:
                continue
            new = self._new_sum()
            own = self._sums.pop(index, new) if check.is_of_group else self._sums.get(index, new)
            self._met.add(index)
            self._group_line = 0 if check.is_of_group else self._group_line
            try:
                stated = self._stated(row, check, own.currency)
            except CellFaultError as fault:
                self._tell(check, Problem(row.line, row.label, "", fault.what, fault.remedy))
                continue
            if stated != own.total_minor:
                self._tell(check, _difference(check, own, row.line, row.label, stated))

    def _new_sum(self) -> _Sum:
        return _Sum(self.reader.home_currency)

    def _stated(self, row: TableRow, check: Check, currency: str) -> int:
        """Return what a total row states; a mark of another currency there is odd, but spoils no record."""
        number = self.reader.stated(row, check.sum)
        if not is_mark_of(number.mark, currency):
            what = f"the total is marked {number.mark}, the amounts are read as {currency}"
            remedy = f"Make sure that the amounts are {currency}."
            self.warnings.append(Problem(row.line, row.label, number.mark, what, remedy))
        return money_minor(Number(number.value), currency)

    def open_group(self, row: TableRow) -> None:
        """Make sure that the group before this one was closed by its total."""
        self._tell_unclosed(row.line)
        self._group_line = row.line

    def finish(self, *, is_text: bool) -> None:
        """Compare the figures that lines repeat, and miss the total rows that never came."""
        self._tell_unclosed(0)
        if self._off_count:
            what = f"hours that are not the time from start to end: {counted(self._off_count, 'time')}, first here"
            remedy = "If the source rounds hours, all is well; else mend them there."
            self.warnings.append(Problem(self._first_off_line, "", "", what, remedy))
        for index, check in self._live():
            is_missed = check.required == "always" or (check.required == "text" and is_text)
            if check.row is not None and not check.is_of_group and is_missed and index not in self._met:
                self._tell(
                    check, Problem(0, "", "", f"the total row {check.row} is missing: was it cut?", _EXPORT_AGAIN)
                )
        for (index, key), own in self._per.items():
            label = " ".join(str(part) for part in key if part is not None)
            stated = own.stated if isinstance(own.stated, int) else 0
            check = self.reader.mapping.check[index]
            if own.is_contradicted:
                what = "its lines state different totals: are these two documents of one number?"
                self._tell(check, Problem(own.line, label, "", what, "Give each document its number in the source."))
            elif stated != own.total_minor:
                self._tell(check, _difference(check, own, own.line, label, stated))

    def _live(self) -> Iterator[tuple[int, Check]]:
        return ((index, check) for index, check in enumerate(self.reader.mapping.check) if check.on_fail != "off")

    def _tell_unclosed(self, line: int) -> None:
        if self._group_line:
            for index, check in self._live():
                if check.is_of_group:
                    self._sums.pop(index, None)
                    what = f"the group of line {self._group_line} has no total row: was it cut?"
                    self._tell(check, Problem(line or self._group_line, "", "", what, _EXPORT_AGAIN))
        self._group_line = 0

    def _tell(self, check: Check, problem: Problem) -> None:
        (self.problems if check.on_fail == "error" else self.warnings).append(problem)


def _difference(check: Check, own: _Sum, line: int, label: str, stated: int) -> Problem:
    raw, counted = (str(from_minor(minor, own.currency)) for minor in (stated, own.total_minor))
    return Problem(line, label, raw, f"stated {raw}, but the rows add up to {counted}", check.remedy or _EXPORT_AGAIN)
