"""Find the run and the account that a question is about."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from sync.errors import ConfigError
from sync.evidence import Evidence, EvidenceError
from sync.nightly import STORE_NAME

if TYPE_CHECKING:
    from sync.settings import Settings

RUNS_LOOKED_AT = 100
"""How far back a run with figures is looked for."""

NAMES_TOLD = 5
"""Most accounts that one error names."""


def find_run(settings: Settings, run_id: str | None) -> Evidence:
    """Return the evidence of a run; None: the last run that left any.

    Raises:
        EvidenceError: no run left any, or the named one did not.
    """
    folder = settings.data.folder
    names = [run_id] if run_id else _recent_runs(settings)
    for name in names:
        evidence = Evidence.of_run(folder, name)
        if evidence.folder.is_dir():
            return evidence
    raise EvidenceError(
        f"run {run_id} left no figures" if run_id else "no run has computed figures yet",
        where=str(folder / "runs"),
        remedy="Run `whalecurve plan`: it computes everything and writes nothing to the CRM.",
    )


def _recent_runs(settings: Settings) -> list[str]:
    path = settings.data.state / STORE_NAME
    if not path.exists():
        return []
    from sync.store.database import open_store
    from sync.store.runs import latest_runs

    with closing(open_store(path)) as store, store.read() as connection:
        return [record.run_id for record in latest_runs(connection, limit=RUNS_LOOKED_AT)]


def find_account(evidence: Evidence, wanted: str) -> dict[Hashable, Any]:
    """Return the row of one account, found by its id, its name, or an unambiguous part of its name.

    Raises:
        ConfigError: none, or several.
    """
    rows = evidence.frame("accounts").to_dict("records")
    folded = wanted.casefold()
    for matches in (
        [row for row in rows if row["account_id"] == wanted],
        [row for row in rows if str(row["name"]).casefold() == folded],
        [row for row in rows if folded in str(row["name"]).casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(sorted(f"{row['name']} ({row['account_id']})" for row in matches)[:NAMES_TOLD])
            raise ConfigError(f"{wanted!r} fits {len(matches)} accounts: {names}", remedy="Give the record id.")
    raise ConfigError(
        f"no account {wanted!r} among the {len(rows)} with figures",
        where=evidence.folder.name,
        remedy="Give the record id, or the name as the CRM has it; an account without any record has no figures.",
    )
