"""The last runs, for people and for monitors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sync.report.tables import table

if TYPE_CHECKING:
    from sync.store.runs import RunRecord


def last_good(records: Sequence[RunRecord]) -> RunRecord | None:
    """Return the latest sync that wrote all it planned."""
    return next((record for record in records if record.kind == "sync" and record.status == "done"), None)


def status_text(shown: Sequence[RunRecord], records: Sequence[RunRecord]) -> str:
    """Return the last good sync and a table of the latest runs."""
    good = last_good(records)
    head = (
        f"Last good sync {good.run_id}, {good.started:%Y-%m-%d %H:%M} UTC: {good.counters.get('done', 0)} written"
        if good
        else "No complete sync yet"
    )
    rows = [("RUN", "KIND", "STARTED (UTC)", "RESULT", "WRITTEN", "NOTE")]
    rows += [
        (
            record.run_id,
            record.kind,
            f"{record.started:%Y-%m-%d %H:%M}",
            str(record.status),
            str(record.counters.get("done", "")),
            record.reason,
        )
        for record in shown
    ]
    return "\n".join([head, *table(rows, right=frozenset({4}))])


def status_data(shown: Sequence[RunRecord], records: Sequence[RunRecord]) -> dict[str, Any]:
    """Return the same for --json."""
    good = last_good(records)
    return {
        "last_good": good.started.isoformat() if good else None,
        "runs": [
            {
                "run": record.run_id,
                "kind": record.kind,
                "status": record.status,
                "started": record.started.isoformat(),
                "finished": record.finished.isoformat() if record.finished else None,
                "counters": dict(record.counters),
                "reason": record.reason,
            }
            for record in shown
        ],
    }
