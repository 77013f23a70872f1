"""Hold the records against the control figures that the file itself states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.exports.cells import CellFaultError, Number, is_mark_of, money_minor
from connectors.exports.convert import RowReader, RowValues
from connectors.exports.mapping import Check
from connectors.exports.reading import Cell, Problem
from connectors.exports.rows import TableRow
from profitability.units import from_minor

_EXPORT_AGAIN = "Export the file again; if it stays so, the report itself does not add up."


@dataclass(slots=True)
class _Sum:
    """What the records of one check have added up to since it was last closed."""

    total_minor: int = 0
    count: int = 0
    line: int = 0
    stated: Cell = None
    is_contradicted: bool = False

    def add(self, line: int, amount: Cell, stated: Cell = None) -> None:
        """Add one record; its stated total must be that of the records before it."""
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
    _currency: str = ""
    _group_line: int = 0

    def add(self, row: RowValues) -> None:
        """Count the record of a row."""
        self._currency = str(row.values.get("currency") or self.reader.home_currency)
        for index, check in self._live():
            amount = row.values.get(check.sum)
            if check.equals is not None:
                key = index, tuple(row.values.get(name) for name in check.per)
                self._per.setdefault(key, _Sum()).add(row.line, amount, row.values.get(check.equals))
            else:
                self._sums.setdefault(index, _Sum()).add(row.line, amount)

    def close(self, row: TableRow) -> None:
        """Compare a total row with the records that it speaks for."""
        for index, check in self._live():
            if check != row.check:
                continue
            own = self._sums.pop(index, _Sum()) if check.is_of_group else self._sums.get(index, _Sum())
            self._met.add(index)
            self._group_line = 0 if check.is_of_group else self._group_line
            try:
                stated = self._stated(row, check)
            except CellFaultError as fault:
                self._tell(check, Problem(row.line, row.label, "", fault.what, fault.remedy))
                continue
            if stated != own.total_minor:
                self._tell(check, self._difference(row.line, row.label, stated, own.total_minor))

    def _stated(self, row: TableRow, check: Check) -> int:
        """Return what a total row states; a mark of another currency there is odd, but spoils no record."""
        currency = self._currency or self.reader.home_currency
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
        for index, check in self._live():
            is_missed = check.required == "always" or (check.required == "text" and is_text)
            if check.row is not None and not check.is_of_group and is_missed and index not in self._met:
                self._tell(
                    check, Problem(0, "", "", f"the total row {check.row} is missing: was it cut?", _EXPORT_AGAIN)
                )
        for (index, key), own in self._per.items():
            label = " ".join(str(part) for part in key if part is not None)
            if own.is_contradicted or own.stated != own.total_minor:
                stated = own.stated if isinstance(own.stated, int) else 0
                check = self.reader.mapping.check[index]
                self._tell(check, self._difference(own.line, label, stated, own.total_minor))

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

    def _difference(self, line: int, label: str, stated: int, counted: int) -> Problem:
        currency = self._currency or self.reader.home_currency
        what = f"stated {from_minor(stated, currency)}, but the rows add up to {from_minor(counted, currency)}"
        return Problem(line, label, str(from_minor(stated, currency)), what, _EXPORT_AGAIN)

    def _tell(self, check: Check, problem: Problem) -> None:
        (self.problems if check.on_fail == "error" else self.warnings).append(problem)
