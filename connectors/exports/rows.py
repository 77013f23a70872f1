"""Tell what each row below the headings is: a detail, a total, a group's name, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.exports.cells import CellIn, as_text, captured, is_blank
from connectors.exports.detect import Header
from connectors.exports.mapping import Check, Mapping
from connectors.exports.mapping_part import GROUP_MARK
from connectors.exports.source import RawRow

Role = Literal["detail", "total", "group", "cut"]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row with its role.

    Attributes:
        group: name of the open group, empty outside one. label: text of the first filled cell.
        check: the check that a total row serves.
        role: `cut` is a row that the end of the file may have shortened beyond recognition.
    """

    line: int
    role: Role
    cells: Sequence[CellIn]
    group: str = ""
    label: str = ""
    check: Check | None = None
    is_unended: bool = False


def table_rows(rows: Iterable[RawRow], mapping: Mapping, header: Header) -> Iterator[TableRow]:
    """Yield the rows that mean something, in order; a total row that names the open group closes it."""
    first_column = next(index for index, key in enumerate(header.keys) if key)
    checks = tuple(check for check in mapping.check if check.row is not None)
    group = ""
    for raw in rows:
        if raw.line < header.line:
            continue
        row = _told(raw, mapping, checks, group, first_column) if raw.line > header.line else _header_row(raw)
        if row is None:
            continue
        yield row
        if row.role == "group":
            group = row.label
        elif row.check is not None and row.check.is_of_group:
            group = ""


def _header_row(raw: RawRow) -> TableRow | None:
    """Headings at the very end of a file may be cut; whole ones are no row of the table."""
    return TableRow(raw.line, "cut", raw.cells) if raw.is_unended else None


def _told(raw: RawRow, mapping: Mapping, checks: Sequence[Check], group: str, first_column: int) -> TableRow | None:
    first = next((index for index, cell in enumerate(raw.cells) if not is_blank(cell)), None)
    if first is None:
        return TableRow(raw.line, "cut", raw.cells) if raw.is_unended else None
    label = as_text(raw.cells[first])
    check = next((check for check in checks if _closes(check, label, group)), None)
    if check is not None:
        return TableRow(raw.line, "total", raw.cells, group, label, check, raw.is_unended)
    if any(re.search(pattern, label) for pattern in (*mapping.rows.total, *mapping.rows.skip)):
        return None
    if first in {0, first_column} and (name := _group_named(raw, mapping, first, label)):
        return TableRow(raw.line, "cut" if raw.is_unended else "group", raw.cells, name, name)
    return TableRow(raw.line, "detail", raw.cells, group, label, None, raw.is_unended)


def _group_named(raw: RawRow, mapping: Mapping, first: int, label: str) -> str:
    """Return the group that a row names by its first cell, empty if none."""
    if mapping.rows.group is None:
        return ""
    if mapping.rows.group_row is not None:
        return captured(mapping.rows.group_row, label) or ""
    return label if all(map(is_blank, raw.cells[first + 1 :])) else ""


def _closes(check: Check, label: str, group: str) -> bool:
    """Match the label, with the name of the open group in place of `{group}`; outside a group nothing closes one."""
    if check.row is None or (check.is_of_group and not group):
        return False
    return re.search(check.row.replace(GROUP_MARK, re.escape(group)), label) is not None
