"""Hold the postings of a ledger against the control figures that the file states, and against one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.exports.builtin.grids import Notes
from connectors.exports.reading import Problem
from connectors.exports.source import FileFaultError
from profitability.units import counted

_EXPORT_AGAIN = "Export the file again; if it stays so, the file was changed, or the books do not add up."


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says that it holds; None where it does not say."""

    count: int | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None


@dataclass(slots=True)
class Totals:
    """What the entries of a file have come to so far.

    `written` adds amounts up on the side on which they are written, `sided` counts a negative one on the other side:
    programs that write negative amounts do not agree which of the two their totals mean. Nor do they agree whether to
    count lines or entries.
    """

    notes: Notes
    lines: int = 0
    entries: int = 0
    written: dict[str, Decimal] = field(default_factory=lambda: {"D": Decimal(0), "C": Decimal(0)})
    sided: dict[str, Decimal] = field(default_factory=lambda: {"D": Decimal(0), "C": Decimal(0)})
    _unbalanced: list[Problem] = field(default_factory=list)

    def add(self, amount: Decimal, side: str) -> None:
        """Count one line: the amount as written, on side `D` or `C`."""
        self.lines += 1
        self.written[side] += amount
        self.sided[side if amount >= 0 else _other(side)] += abs(amount)

    def close_entry(self, line: int, name: str, amounts: Sequence[Decimal]) -> None:
        """Count an entry, and take note if its amounts, debit positive, do not add up to nothing."""
        self.entries += 1
        difference = sum(amounts, Decimal(0))
        if difference:
            what = f"entry {name} does not balance: {difference:f}"
            problem = Problem(line, "", f"{difference:f}", what, "Check the entry in the books.")
            self.notes.add("unbalanced", problem)
            self._unbalanced[:] = self._unbalanced or [problem]

    def check(self, stated: Stated) -> None:
        """Compare all that was counted with what the file states.

        Raises:
            FileFaultError: a stated figure is not that of the lines, or debit and credit of the whole file differ.
        """
        if stated.count not in {None, self.lines, self.entries}:
            entries = counted(self.entries, "entry", "entries")
            what = f"stated {counted(stated.count, 'line')}, but {self.lines:,} in {entries} are there"
            raise FileFaultError(what, _EXPORT_AGAIN)
        for name, side, figure in (("debit", "D", stated.debit), ("credit", "C", stated.credit)):
            if figure is not None and figure not in {self.written[side], self.sided[side]}:
                what = f"stated total {name} {figure:f}, but the lines add up to {self.written[side]:f}"
                raise FileFaultError(what, _EXPORT_AGAIN)
        if self.sided["D"] != self.sided["C"]:
            first = f"; {self._unbalanced[0].what}" if self._unbalanced else ""
            line = self._unbalanced[0].line if self._unbalanced else 0
            what = f"debit {self.sided['D']:f} and credit {self.sided['C']:f} differ{first}"
            raise FileFaultError(what, _EXPORT_AGAIN, line=line)
        if None in {stated.count, stated.debit, stated.credit}:
            what = "control totals are missing: that no line was lost cannot be shown"
            self.notes.add("no totals", Problem(0, "", "", what, "Compare the sums with the books."))


def _other(side: str) -> str:
    return "C" if side == "D" else "D"
