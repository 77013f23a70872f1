"""Plain text tables and amounts: never wrapped, so that they survive a pipe, a log and a mail."""

from __future__ import annotations

from collections.abc import Sequence


def percent(part: int, whole: int, *, digits: int = 1) -> str:
    """Return a share as a percentage; `-` where there is no whole."""
    return f"{100 * part / whole:.{digits}f} %" if whole > 0 else "-"


def hours(seconds: int) -> str:
    """Return a time in hours with two digits."""
    return f"{seconds / 3600:,.2f} h"


def table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), indent: str = " ") -> list[str]:
    """Return rows as lines with aligned columns; `right` names the columns that end flush."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        indent
        + "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
