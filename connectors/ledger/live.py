"""Which records count, as SQL over the parts of all files: none that a newer file replaced.

A newer file of the same mapping that shares days with an older one (`replacing`) replaces of it
- the records of days that it covers, because an export is a snapshot of its period;
- the records that have the number of one of its own, wherever their days are, with the payments on their lines;
- all of them, where both are one list that was edited: the kinds without days of their own, under one file name.
Nothing is deleted: take the newer file out, and the older records count again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from connectors.errors import InputError
from connectors.exports.frames import quoted
from connectors.exports.parts import kind_columns, select_parts
from connectors.exports.period import DAYED, SPANS
from connectors.ledger.history import LedgerFile

NUMBERED: dict[str, tuple[str, ...]] = {
    "document": ("document_id",),
    "opening_ecl": ("party", "party_key"),
    "timesheet": ("person",),
    "control_total": ("period_start", "period_end", "line"),
    "cash": ("day",),
    "fx": ("currency", "day"),
}
"""Record kind -> the columns that say which one it is, for kinds whose records have a number of their own."""

_ONE_DAY = timedelta(days=1)

Days = tuple[date, date]


def part_path(folder: Path, file: LedgerFile, kind: str) -> Path:
    """Return where the records of one kind of a file lie."""
    rules = f"-{file.rules}" if file.rules else ""
    return folder / kind / f"{file.sha256}-{file.mapping}-{file.mapping_version}{rules}.parquet"


def refuse_lost_parts(folder: Path, files: Iterable[LedgerFile]) -> None:
    """Refuse to count without records that somebody deleted from the ledger.

    Raises:
        InputError: the part of a file that counts is not there.
    """
    for file in files:
        for part in (part_path(folder, file, kind) for kind in file.rows):
            if not part.exists():
                raise InputError(
                    f"the ledger has lost records of {file.file}",
                    where=str(part),
                    remedy=f"Put that file back into the folder of exports, and it is read anew; or put back a backup; "
                    f"or take it out: `whalecurve exports remove {file.short_hash}`.",
                )


def select_live(folder: Path, kind: str, files: Sequence[LedgerFile]) -> str:
    """Return a SELECT of the records of one kind that count, with the columns of `kind_columns`.

    Args:
        folder: of the ledger.
        kind: record kind.
        files: the files that count, in the order of their taking.
    """
    having = [file for file in files if kind in file.rows]
    rows = _rows(folder, kind, having)
    closing = [predicate for predicate in _closing(folder, kind, having, files) if predicate]
    if not closing:
        return rows
    columns = ", ".join(f'row."{name}"' for name in kind_columns(kind))
    return f"SELECT {columns} FROM ({_with_day(folder, kind, rows, having)}) AS row WHERE NOT ({' OR '.join(closing)})"  # noqa: S608  ours or quoted


def _rows(folder: Path, kind: str, files: Iterable[LedgerFile]) -> str:
    return select_parts(kind, [part_path(folder, file, kind) for file in files])


def _with_day(folder: Path, kind: str, rows: str, files: Sequence[LedgerFile]) -> str:
    """Add `first_day` and `last_day`: the days that say to which period a record belongs."""
    first, last = SPANS[kind] if kind in DAYED else ("NULL::DATE", "NULL::DATE")
    led = [file for file in files if file.leading not in ("", kind) and file.leading in file.rows]
    if not led or kind not in DAYED:
        return f"SELECT *, {first} AS first_day, {last} AS last_day FROM ({rows})"  # noqa: S608  ours or quoted
    places = "source_sha256, source_sheet, source_line"
    leading = " UNION ALL ".join(
        f"SELECT {places}, {SPANS[file.leading][0]} AS day FROM ({_rows(folder, file.leading, [file])})"  # noqa: S608  ours or quoted
        for file in led
    )
    return f"""
        SELECT own.*, coalesce(led.day, {first}) AS first_day, coalesce(led.day, {last}) AS last_day
        FROM ({rows}) AS own
        LEFT JOIN (SELECT {places}, min(day) AS day FROM ({leading}) GROUP BY ALL) AS led USING ({places})
        """  # noqa: S608  ours or quoted


def _closing(folder: Path, kind: str, having: Sequence[LedgerFile], files: Sequence[LedgerFile]) -> Iterator[str]:
    """Yield the conditions under which a row, called `row`, is replaced."""
    touched = {file.sha256 for file in having}
    links = [(newer, link) for newer in files for link in newer.replaced if link.sha256 in touched]
    if kind in DAYED:
        yield _is_among(
            ((link.sha256, newer.covers) for newer, link in links if newer.scope == "period"),
            "row.first_day >= closed.first AND row.last_day <= closed.last",
        )
    if kind not in DAYED or kind == "control_total":  # a span of an edited list may stick out of the new one
        yield _is_among(
            ((link.sha256, newer.covers or (date.min, date.max)) for newer, link in links if link.whole),
            "row.first_day <= closed.last AND row.last_day >= closed.first" if kind in DAYED else "true",
        )
    if kind in NUMBERED and kind in DAYED:
        yield _has_number_of_newer(folder, kind, [(newer, link.sha256) for newer, link in links if kind in newer.rows])
    if kind == "settlement":  # it goes with the invoice on its line, wherever the day of that one moved
        led = [(newer, link) for newer, link in links if newer.leading == "document" and "document" in newer.rows]
        yield _has_number_of_newer(folder, "document", [(newer, link.sha256) for newer, link in led])


def _is_among(days: Iterable[tuple[str, Days | None]], condition: str) -> str:
    """Return the condition that a row of a file meets one of the spans of days that are closed there."""
    by_file: dict[str, list[Days]] = {}
    for sha256, span in days:
        if span is not None:
            by_file.setdefault(sha256, []).append(span)
    closed = [(sha256, *span) for sha256, spans in by_file.items() for span in _merged(spans)]
    if not closed:
        return ""
    values = ", ".join(f"({quoted(sha256)}, DATE '{first}', DATE '{last}')" for sha256, first, last in closed)
    table = f"(VALUES {values}) AS closed (sha256, first, last)"
    return f"EXISTS (FROM {table} WHERE closed.sha256 = row.source_sha256 AND {condition})"


def _merged(spans: Sequence[Days]) -> list[Days]:
    """Return spans of days as few as they can be."""
    merged: list[Days] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + _ONE_DAY:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _has_number_of_newer(folder: Path, kind: str, links: Sequence[tuple[LedgerFile, str]]) -> str:
    if not links:
        return ""
    newer = _rows(folder, kind, {file.sha256: file for file, _ in links}.values())
    pairs = ", ".join(f"({quoted(file.sha256)}, {quoted(older)})" for file, older in links)
    same = " AND ".join(f"newer.{column} IS NOT DISTINCT FROM row.{column}" for column in NUMBERED[kind])
    return f"""EXISTS (
        FROM ({newer}) AS newer JOIN (VALUES {pairs}) AS link (newer, older) ON link.newer = newer.source_sha256
        WHERE link.older = row.source_sha256 AND {same})"""
