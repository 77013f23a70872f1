"""What a sync came to, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from profitability.units import counted
from sync.apply import Fate
from sync.report.errors import error_data

if TYPE_CHECKING:
    from sync.nightly import Finished

SHOWN = 20


def outcome_text(finished: Finished) -> str:
    """Return one line of totals and one line per record that was not written."""
    outcome = finished.outcome
    if outcome is None:
        return f"Run {finished.run_id}: not confirmed, nothing written; plan {finished.plan.plan_id} is saved"
    others = ", ".join(
        f"{outcome.count(fate)} {fate.value.replace('_', ' ')}"
        for fate in Fate
        if fate is not Fate.DONE and outcome.count(fate)
    )
    written = counted(outcome.count(Fate.DONE), "record")
    head = f"Run {finished.run_id}: wrote {written}" + (f", {others}" if others else "")
    failed = [record for record in outcome.records if record.fate not in {Fate.DONE, Fate.UNSENT}]
    lines = [
        f"  {record.account_id}: {record.fate.value} {record.error_code} {record.message}".rstrip() for record in failed
    ]
    lines += [
        f"  {kept.account_id}: {kept.field} is kept as somebody else set it ({kept.action})" for kept in finished.news
    ]
    more = [f"  ... {len(lines) - SHOWN} more (--json)"] if len(lines) > SHOWN else []
    return "\n".join([head, *lines[:SHOWN], *more])


def outcome_data(finished: Finished) -> dict[str, Any]:
    """Return the outcome for --json."""
    outcome = finished.outcome
    return {
        "run": finished.run_id,
        "plan": finished.plan.plan_id,
        "applied": outcome is not None,
        "counters": outcome.counters() if outcome else {},
        "records": [
            {"account": record.account_id, "fate": record.fate, "code": record.error_code, "message": record.message}
            for record in (outcome.records if outcome else ())
        ],
        "error": error_data(outcome.stopped) if outcome and outcome.stopped else None,
        "kept": [{"account": kept.account_id, "field": kept.field, "why": kept.action} for kept in finished.news],
    }
