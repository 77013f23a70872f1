"""How a new file stands to an older one of the same mapping: the same export made twice, or another part of the books.

Two files that share days are parts of the books, the hours of two teams, the postings of two accounts, where one
column (`_PARTS`) has no value in common. But an export of which every name changed looks like that, too: if nearly
all else is equal, it is the same one, and a person has to say so.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.exports.parts import select_parts
from connectors.exports.period import DAYED, SPANS
from connectors.exports.records import KINDS, column_name
from connectors.ledger.history import LedgerFile
from connectors.ledger.live import part_path

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RENAMED_SHARE = 0.8
"""Share of the older file's records of the shared days that are equal but for the parting column."""
FEWEST_FIGURES = 5
"""Different figures among these records; full days of eight hours are equal by chance."""

_PARTS: dict[str, tuple[str, ...]] = {
    "document": ("party", "kind"),
    "settlement": ("document_id",),
    "direct_cost": ("party", "supplier", "kind"),
    "gl_line": ("gl_account", "supplier", "party"),
    "bill_payment": ("supplier",),
    "time_entry": ("person", "party"),
    "event": ("party", "event"),
    "fx": ("currency",),
}
"""Record kind -> columns that may part the books: two files that are parts have nothing in common in one of them."""

_FIGURES = {
    "document": "coalesce(net_minor, gross_minor)",
    "settlement": "gross_minor",
    "direct_cost": "amount_minor",
    "gl_line": "amount_minor",
    "bill_payment": "amount_minor",
    "time_entry": "worked_seconds",
}
"""Record kind -> the figure of a record, for kinds whose figures tell records apart."""

_OF_PARTY = ("party", "party_key", "party_company_number", "party_email")


class Relation(Enum):
    """How two files of one mapping stand to each other.

    APART: they share no days. SAME: they speak of the same, so the newer one replaces. PARTS: they share days, and one
    column parts them. RENAMED: they look like parts, and are equal but for the column that parts them.
    """

    APART = "apart"
    SAME = "same"
    PARTS = "parts"
    RENAMED = "renamed"


def relation(connection: DuckDBPyConnection, folder: Path, older: LedgerFile, newer: LedgerFile) -> Relation:
    """Tell how a newer file stands to an older one.

    Args:
        connection: any database.
        folder: of the ledger; the parts of both files lie there.
        older: the file that was taken.
        newer: one of the same mapping.
    """
    if older.covers is None or newer.covers is None or not DAYED & (older.rows.keys() | newer.rows.keys()):
        return Relation.SAME if older.name == newer.name else Relation.APART
    is_apart = older.covers[0] > newer.covers[1] or newer.covers[0] > older.covers[1]
    if is_apart and newer.scope == "period":  # an open item may have any day
        return Relation.APART
    if not newer.rows:
        return Relation.SAME
    shared = older.rows.keys() & newer.rows.keys() & DAYED
    parting = {kind: _parting_column(connection, folder, kind, older, newer) for kind in shared}
    if any(column is None for column in parting.values()):
        return Relation.SAME
    columns = [(kind, column) for kind, column in parting.items() if column]
    is_renamed = any(_is_renamed(connection, folder, *pair, files=(older, newer)) for pair in columns)
    return Relation.RENAMED if is_renamed else Relation.PARTS


def _parting_column(
    connection: DuckDBPyConnection, folder: Path, kind: str, older: LedgerFile, newer: LedgerFile
) -> str | None:
    """Return the column in which two files have nothing in common; none parts them if a document is in both."""
    parts = [select_parts(kind, [part_path(folder, file, kind)]) for file in (older, newer)]

    def counts(column: str) -> tuple[int, int, int]:
        one, other = (f"(SELECT DISTINCT {column} FROM ({part}) WHERE {column} IS NOT NULL)" for part in parts)  # noqa: S608  ours or quoted
        sets = (one, other, f"({one} INTERSECT {other})")
        found = [connection.execute(f"SELECT count(*) FROM {each}").fetchall()[0][0] for each in sets]  # noqa: S608  ours or quoted
        return found[0], found[1], found[2]

    if kind == "document" and counts("document_id")[2]:
        return None
    for column in _PARTS.get(kind, ()):
        one, other, both = counts(column)
        if one and other and not both:
            return column
    return None


def _is_renamed(
    connection: DuckDBPyConnection, folder: Path, kind: str, column: str, *, files: tuple[LedgerFile, LedgerFile]
) -> bool:
    """Tell whether nearly all records of the older file stand in the newer one, but for the column that parts them."""
    older, newer = files
    if kind not in _FIGURES or older.covers is None or newer.covers is None:
        return False
    parting = _OF_PARTY if column == "party" else (column,)
    names = [name for name in map(column_name, KINDS[kind]) if name not in parting]
    first, last = max(older.covers[0], newer.covers[0]), min(older.covers[1], newer.covers[1])
    one, other = (
        f"SELECT {', '.join(names)} FROM ({select_parts(kind, [part_path(folder, file, kind)])}) "  # noqa: S608  ours or quoted
        f"WHERE {SPANS[kind][0]} BETWEEN DATE '{first}' AND DATE '{last}'"
        for file in files
    )
    counts = f"SELECT count(*), count(DISTINCT {_FIGURES[kind]}) FROM"
    equal, figures = connection.execute(f"{counts} ({one} INTERSECT ALL {other})").fetchall()[0]
    rows, _ = connection.execute(f"{counts} ({one})").fetchall()[0]
    return bool(figures >= FEWEST_FIGURES and equal >= RENAMED_SHARE * rows)
