"""`whalecurve exports history`: what became of every file that was ever taken or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from profitability.units import counted
from sync.report.tables import table

if TYPE_CHECKING:
    from connectors.ledger.history import LedgerFile, State

_HEAD = ("TAKEN (UTC)", "HASH", "FILE", "MAPPING", "DAYS", "COUNTS", "NOTE")


def history_text(state: State, counting: Mapping[str, int]) -> str:
    """Return the files in the order of their taking, then those refused; `counting`: hash -> records that count."""
    lines = [f"{len(state.live())} of {counted(len(state.files), 'file')} count"]
    if state.files:
        lines += table([_HEAD, *(_row(file, counting) for file in state.files.values())], right=frozenset({5}))
    for refused in state.refused.values():
        place = f"; quarantine/{refused.sha256}.parquet" if refused.sha256 else ""
        told = f"{counted(refused.problems, 'problem')}, nothing taken{place}"
        lines.append(f" refused {refused.at:%Y-%m-%d %H:%M}: {refused.file}: {told}")
    return "\n".join(lines)


def history_data(state: State, counting: Mapping[str, int]) -> dict[str, Any]:
    """Return the same for programs."""
    return {
        "files": [
            {
                "file": file.file,
                "sha256": file.sha256,
                "mapping": file.mapping,
                "mapping_version": file.mapping_version,
                "taken": file.taken.isoformat() if file.taken else None,
                "covers": [str(day) for day in file.covers] if file.covers else None,
                "records": sum(file.rows.values()),
                "counting": counting.get(file.sha256, 0),
                "replaces": [link.sha256 for link in file.replaced],
                "replaced_records": file.closed,
                "vanished_records": file.vanished,
                "taken_out": file.removed is not None,
                "in_folder": not file.is_away,
            }
            for file in state.files.values()
        ],
        "refused": [
            {"file": each.file, "sha256": each.sha256, "problems": each.problems, "at": each.at.isoformat()}
            for each in state.refused.values()
        ],
    }


def _row(file: LedgerFile, counting: Mapping[str, int]) -> tuple[str, ...]:
    days = f"{file.covers[0]} to {file.covers[1]}" if file.covers else "-"
    counts = f"{counting.get(file.sha256, 0)} of {sum(file.rows.values())}"
    taken = f"{file.taken:%Y-%m-%d %H:%M}" if file.taken else "-"
    return taken, file.short_hash, file.file, file.mapping, days, counts, "; ".join(_notes(file))


def _notes(file: LedgerFile) -> list[str]:
    notes = []
    if file.removed is not None:
        notes.append(f"taken out{': ' if file.removed else ''}{file.removed}")
    if file.closed:
        notes.append(f"replaced {file.closed}, of which {file.vanished} vanished")
    if file.is_away:
        notes.append("no longer in the folder")
    return notes
