"""Which older files a new one replaces records of, and which of these records it no longer has.

A newer file of the same mapping replaces, unless it is another part of the books (`relation`); but where much would
vanish by it, a person has to say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.period import DAYED
from connectors.exports.reading import Problem
from connectors.exports.records import KINDS, column_name
from connectors.ledger.history import LedgerFile, Replaced, Way
from connectors.ledger.live import NUMBERED, select_live
from connectors.ledger.relation import Relation, relation
from profitability.units import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_VANISHED_SHARE = 0.2
"""Share of the replaced records that may be missing in the newer file; one record may always be."""
SHOWN_VANISHED = 10
_SHOWN_NAMES = 3

_SAME: dict[str, tuple[str, ...]] = {
    "document": ("document_id",),
    "settlement": ("document_id", "settled_on", "kind"),
    "direct_cost": ("cost_date", "party", "party_key", "kind", "supplier"),
    "gl_line": ("line_date", "gl_account", "party", "party_key", "supplier", "reference"),
    "bill_payment": ("paid_on", "supplier", "reference"),
    "time_entry": ("work_date", "person", "party", "party_key", "project"),
    "event": ("event_date", "party", "party_key", "event"),
    "cost_rate": ("person", "valid_from"),
    "pool": ("pool", "valid_from"),
    "contract": ("party", "party_key", "start"),
    "remedy": ("party", "party_key", "remedy", "started"),
    "exemption": ("party", "party_key", "kind", "expires"),
    "pin": ("party", "party_key", "pinned"),
    "party_name": ("party_key",),
    "gl_account_name": ("gl_account",),
} | {kind: key for kind, key in NUMBERED.items() if kind != "document"}
"""Record kind -> the columns by which a record is known again in a newer file, though its figures may have changed."""


def replaced_by(
    connection: DuckDBPyConnection,
    folder: Path,
    newer: LedgerFile,
    older: Sequence[LedgerFile],
    *,
    decided: Way | None,
) -> tuple[LedgerFile, tuple[Problem, ...]]:
    """Return the newer file with what it replaces, and what is to be told of it.

    Args:
        connection: any database.
        folder: of the ledger; the parts of all these files lie there.
        newer: the file to take.
        older: the files taken before it, in order; those that a person took out may come back.
        decided: what a person said of the newer file.

    Raises:
        InputError: much would vanish, or the file may be an older one under other names, and nobody has decided.
    """
    related = [file for file in older if file.mapping == newer.mapping and file.sha256 != newer.sha256]
    relations = {file.sha256: relation(connection, folder, file, newer) for file in related}
    renamed = next((file for file in related if relations[file.sha256] is Relation.RENAMED), None)
    if renamed is not None and decided is None:
        raise _renamed(renamed, newer)
    linked = {Relation.SAME, Relation.RENAMED} if decided != "beside" else set()
    links = tuple(
        Replaced(file.sha256, whole=file.name == newer.name) for file in related if relations[file.sha256] in linked
    )
    aside = [file for file in related if relations[file.sha256] is Relation.PARTS and file.removed is None]
    told = tuple(_beside(newer, file) for file in aside[:1])
    if not links:
        return newer, told
    before = [file for file in related if file.removed is None]
    after = [*before, replace(newer, replaced=links)]
    names = _names(before, links)
    closed = _count(connection, folder, before) - _count(connection, folder, after) + sum(newer.rows.values())
    lost = _vanished(connection, folder, before, after)
    vanished = sum(count for count, _ in lost)
    is_list = not DAYED & set(_kinds(after))  # people edit lists in place, and know what they took out
    if decided is None and not is_list and vanished > max(1, MOST_VANISHED_SHARE * closed):
        raise InputError(
            f"{vanished} of {counted(closed, 'record')} that {names} has of these days are not in this file",
            where=newer.file,
            remedy=f"If it was cut short, export it again. If they are gone for good: `whalecurve exports accept "
            f"{quote(newer.file)} --replaces --reason ...`. If it is another part of the books: `--beside` instead.",
        )
    return replace(newer, replaced=links, closed=closed, vanished=vanished), (*told, *_told(newer, names, closed, lost))


def refuse_unknown_order(
    connection: DuckDBPyConnection, folder: Path, newer: LedgerFile, coming: Sequence[LedgerFile]
) -> None:
    """Refuse two files that are both new and state different things: nobody knows which one is the newer.

    Raises:
        InputError: they do.
    """
    replaced = {link.sha256 for link in newer.replaced}
    for other in coming:
        if other.sha256 in replaced and _differ(connection, folder, other, newer):
            raise InputError(
                f"states other things of the same days than {other.file}, and both are new: which one holds?",
                where=newer.file,
                remedy="Take the older one out of the folder. Or, to keep its other days, say which one is newer: "
                f"`whalecurve exports accept {quote(newer.file)} --replaces --reason ...`, or the same of the other. "
                "If they are two parts of the books: `--beside` instead.",
            )


def _renamed(older: LedgerFile, newer: LedgerFile) -> InputError:
    return InputError(
        f"holds what {older.file} holds of these days, under other names: the same hours or amounts twice?",
        where=newer.file,
        remedy=f"If it is the same export, with people or customers renamed: `whalecurve exports accept "
        f"{quote(newer.file)} --replaces --reason ...`. If it is another part of the books: `--beside` instead.",
    )


def _beside(newer: LedgerFile, older: LedgerFile) -> Problem:
    what = f"{newer.file} counts beside {older.file}, of the same days: they have nobody in common"
    return Problem(0, "", "", what, f"If it is the same export: `whalecurve exports remove {older.short_hash}`.")


def _count(connection: DuckDBPyConnection, folder: Path, files: Sequence[LedgerFile]) -> int:
    """Return how many records count."""
    counts = (f"SELECT count(*) FROM ({select_live(folder, kind, files)})" for kind in _kinds(files))  # noqa: S608  ours or quoted
    return sum(int(connection.execute(count).fetchall()[0][0]) for count in counts)


def _kinds(files: Sequence[LedgerFile]) -> list[str]:
    return [kind for kind in KINDS if any(kind in file.rows for file in files)]


def _vanished(
    connection: DuckDBPyConnection, folder: Path, before: Sequence[LedgerFile], after: Sequence[LedgerFile]
) -> list[tuple[int, str]]:
    """Return how many records each vanished one stood for, and where the first of them stands."""
    lost: list[tuple[int, str]] = []
    for kind in _kinds(before):
        key = ", ".join(_SAME[kind])
        sides = [
            f"SELECT {key}, count(*) AS n, min(source_file || ':' || source_line) AS place "  # noqa: S608  ours or quoted
            f"FROM ({select_live(folder, kind, files)}) GROUP BY {key}"
            for files in (before, after)
        ]
        same = " AND ".join(f"before.{column} IS NOT DISTINCT FROM after.{column}" for column in _SAME[kind])
        lost += connection.execute(
            f"""
            SELECT before.n - coalesce(after.n, 0) AS gone, before.place
            FROM ({sides[0]}) AS before LEFT JOIN ({sides[1]}) AS after ON {same}
            WHERE gone > 0 ORDER BY before.place
            """  # noqa: S608  ours or quoted
        ).fetchall()
    return lost


def _differ(connection: DuckDBPyConnection, folder: Path, one: LedgerFile, other: LedgerFile) -> bool:
    """Tell whether two files state different records of the days that they share."""
    for kind in sorted(one.rows.keys() | other.rows.keys()):
        columns = ", ".join(f'"{column_name(field)}"' for field in KINDS[kind])
        covered = [
            f"SELECT {columns} FROM ({select_live(folder, kind, [file, _covering(file, by)])}) "  # noqa: S608  ours or quoted
            for file, by in ((one, other), (other, one))
        ]
        wholes = [
            f"SELECT {columns} FROM ({select_live(folder, kind, [file])})"  # noqa: S608  ours or quoted
            for file in (one, other)
        ]
        inside = [f"({whole} EXCEPT ALL {left})" for whole, left in zip(wholes, covered, strict=True)]
        for one_side, other_side in (inside, reversed(inside)):
            if connection.execute(f"{one_side} EXCEPT ALL {other_side} LIMIT 1").fetchall():
                return True
    return False


def _covering(file: LedgerFile, by: LedgerFile) -> LedgerFile:
    """Return a file without records that covers what `by` does, in place of one file."""
    covers = by.covers if by.scope == "period" else (date.min, date.max)
    link = Replaced(file.sha256, whole=file.name == by.name)
    return replace(by, rows={}, scope="period", covers=covers, replaced=(link,))


def _names(files: Sequence[LedgerFile], links: Sequence[Replaced]) -> str:
    replaced = {link.sha256 for link in links}
    names = [f"{Path(file.file).name} ({file.short_hash})" for file in files if file.sha256 in replaced]
    return " and ".join(names[-_SHOWN_NAMES:]) + (
        f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    )


def _told(newer: LedgerFile, names: str, closed: int, lost: Sequence[tuple[int, str]]) -> tuple[Problem, ...]:
    if not closed:
        return ()
    days = f" ({newer.covers[0]} to {newer.covers[1]})" if newer.covers else ""
    what = f"{newer.file}{days} replaces {counted(closed, 'record')} of {names}"
    if not lost:
        return (Problem(0, "", "", f"{what}; none vanished", "Nothing is to be done."),)
    vanished = sum(count for count, _ in lost)
    places = ", ".join(place if count == 1 else f"{place} ({count} times)" for count, place in lost[:SHOWN_VANISHED])
    more = f", ... {len(lost) - SHOWN_VANISHED} more" if len(lost) > SHOWN_VANISHED else ""
    remedy = f"If that is wrong: `whalecurve exports remove {newer.short_hash}`."
    return (Problem(0, "", "", f"{what}; {vanished} of them are not in it and count no more: {places}{more}", remedy),)
