"""Refuse live files that state the same thing twice, so that nothing counts twice.

Three rules, by what a kind of record gives us to hold on to:
- it has a number of its own (a document): the number occurs once over all files;
- it holds for a span of days (a cost rate, a pool): the spans of one person or pool never overlap;
- it has neither (a payment, hours, costs, a contract): two records of one file may be equal, for that is how the
  source tells them apart; equal records in two files are the same record exported twice. Of hours and of costs,
  moreover, one mapping at a time is the source: two tools would tell the same hours in other words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.period import SPANS
from connectors.ledger.history import LedgerFile
from connectors.ledger.live import NUMBERED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SPANNED = {"cost_rate": "person", "pool": "pool"}
_UNNUMBERED: dict[str, tuple[str, ...]] = {
    "contract": ("party", "party_key", "start", "end", "contracted_hours_seconds"),
    "settlement": ("document_id", "settled_on", "gross_minor", "kind"),
    "direct_cost": ("cost_date", "party", "party_key", "kind", "supplier", "amount_minor", "currency"),
    "gl_line": ("line_date", "gl_account", "party", "party_key", "supplier", "reference", "amount_minor", "currency"),
    "time_entry": ("work_date", "person", "party", "party_key", "project", "task", "tags", "worked_seconds"),
    "event": ("event_date", "party", "party_key", "event", "count", "attributes"),
    "remedy": ("party", "party_key", "remedy", "started"),
    "exemption": ("party", "party_key", "kind", "expires"),
    "pin": ("party", "party_key", "pinned"),
}
_ONE_SOURCE = {"hours": ("time_entry",), "costs": ("direct_cost", "gl_line")}


def refuse_double_counting(connection: DuckDBPyConnection, files: Sequence[LedgerFile]) -> None:
    """Look for records that two files, or two lines of one file, both state.

    Args:
        connection: holds one view per record kind.
        files: the files behind the views.

    Raises:
        InputError: some do; both files are named, with their lines where lines are at fault.
    """
    for topic, kinds in _ONE_SOURCE.items():
        _refuse_second_source(topic, [file for file in files if any(kind in file.rows for kind in kinds)])
    for kind, key in NUMBERED.items():
        _refuse_equal(connection, kind, key, files, within_a_file=True)
    for kind, key in _UNNUMBERED.items():
        if _may_share(kind, [file for file in files if kind in file.rows]):
            _refuse_equal(connection, kind, key, files, within_a_file=False)
    for kind, owner in _SPANNED.items():
        _refuse_overlap(connection, kind, owner)


def _refuse_second_source(topic: str, files: Sequence[LedgerFile]) -> None:
    for one, other in combinations(files, 2):
        if one.mapping != other.mapping and _meet(one.covers, other.covers):
            raise InputError(
                f"{topic} of the same days come from {one.mapping} ({one.file}) and from {other.mapping}",
                where=other.file,
                remedy=f"Keep one source a period. {_one_of_two(one)}; or cut the newer one.",
            )


def _may_share(kind: str, files: Sequence[LedgerFile]) -> bool:
    """Tell whether two files can state one record: where records have a day, only if the files share a day."""
    return any(kind not in SPANS or _meet(one.covers, other.covers) for one, other in combinations(files, 2))


def _meet(one: tuple[date, date] | None, other: tuple[date, date] | None) -> bool:
    if one is None or other is None:
        return True
    return one[0] <= other[1] and other[0] <= one[1]


def _one_of_two(older: LedgerFile) -> str:
    """Say how one of two files is taken out; what was taken before counts, whether it is in the folder or not."""
    return f"Move the newer file away, or take the older one out: `whalecurve exports remove {older.short_hash}`"


def _refuse_equal(
    connection: DuckDBPyConnection, kind: str, key: Sequence[str], files: Sequence[LedgerFile], *, within_a_file: bool
) -> None:
    columns = ", ".join(f'"{column}"' for column in key)
    found = connection.execute(
        f"""
        SELECT min_by(source_file || ':' || source_line, (source_file, source_line)),
               max_by(source_file || ':' || source_line, (source_file, source_line)),
               list(DISTINCT source_sha256)
        FROM {kind} GROUP BY {columns}
        HAVING count({"*" if within_a_file else "DISTINCT source_sha256"}) > 1
        ORDER BY 1 LIMIT 1
        """  # noqa: S608 the names are ours
    ).fetchone()
    if found:
        one, *others = [file for file in files if file.sha256 in found[2]]
        raise InputError(
            f"the same {kind.replace('_', ' ')} stands at {found[0]} ({', '.join(key)} are equal)",
            where=found[1],
            remedy=f"{_one_of_two(one)}; or export periods that do not overlap."
            if others
            else "Take one of the two out of the file.",
        )


def _refuse_overlap(connection: DuckDBPyConnection, kind: str, owner: str) -> None:
    found = connection.execute(
        f"""
        SELECT source_file || ':' || source_line, earlier FROM (
            SELECT *, lag(source_file || ':' || source_line) OVER spans AS earlier,
                   max(coalesce(valid_to, DATE '9999-12-31')) OVER (
                       spans ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_to
            FROM {kind}
            WINDOW spans AS (
                PARTITION BY {owner} ORDER BY coalesce(valid_from, DATE '0001-01-01'), source_file, source_line))
        WHERE coalesce(valid_from, DATE '0001-01-01') <= taken_to
        ORDER BY 1 LIMIT 1
        """  # noqa: S608 the names are ours
    ).fetchone()
    if found:
        raise InputError(
            f"the days of this {kind.replace('_', ' ')} overlap with those of the same {owner} at {found[1]} or before",
            where=found[0],
            remedy=f"End one span of the {owner} on the day before the next begins.",
        )
