"""`whalecurve status`: how the last runs went, without asking any CRM."""

from __future__ import annotations

from contextlib import closing

import click

from sync.commands.context import Invocation

RUNS_SHOWN = 5
RUNS_LOOKED_AT = 100
"""How far back the last complete sync is looked for."""


@click.command()
@click.pass_obj
def status(invocation: Invocation) -> int:
    """Show the last runs, and whether one is under way.

    \b
    Example:  whalecurve --json status   (for a monitor; `last_good` is the time of the last complete sync)
    """
    from sync.lock import is_run_active
    from sync.nightly import STORE_NAME
    from sync.report.status import status_data, status_text
    from sync.store.database import open_store
    from sync.store.runs import latest_runs, marked_as_crashed

    settings = invocation.settings()
    path = settings.data.state / STORE_NAME
    if not path.exists():
        invocation.answer(f"No run yet ({path} is not there). Next: whalecurve doctor", {"runs": [], "last_good": None})
        return 0
    with closing(open_store(path)) as store, store.read() as connection:
        records = latest_runs(connection, limit=RUNS_LOOKED_AT)
    if not is_run_active(settings.data.state):
        records = marked_as_crashed(records)
    invocation.answer(status_text(records[:RUNS_SHOWN], records), status_data(records[:RUNS_SHOWN], records))
    return 0
