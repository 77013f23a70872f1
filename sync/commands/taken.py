"""`whalecurve exports history, remove, restore, accept`: the files that were taken, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.commands.context import Invocation

if TYPE_CHECKING:
    from connectors.ledger.history import LedgerFile, Way
    from connectors.ledger.ledger import Ledger

_NEXT_RUN = "It counts from the next run on."


@click.command()
@click.pass_obj
def history(invocation: Invocation) -> int:
    """List every file that was taken: what it covers, how many of its records count, what replaced them.

    \b
    Example:  whalecurve exports history
    """
    from sync.report.ledger import history_data, history_text

    ledger = _ledger(invocation)
    state, counting = ledger.history.read(), ledger.counting()
    invocation.answer(history_text(state, counting), history_data(state, counting))
    return 0


@click.command()
@click.argument("file")
@click.option("--reason", default="", help="Why, for the history.")
@click.pass_obj
def remove(invocation: Invocation, *, file: str, reason: str) -> int:
    """Take FILE out: its records count no more, and those that it replaced count again.

    FILE is its path or name as it was taken, or the beginning of its hash. Nothing is deleted: `restore` takes it back.

    \b
    Example:  whalecurve exports remove toggl-june.csv --reason "wrong workspace"
    """
    from connectors.ledger import people

    with _locked(invocation) as ledger:
        removed = people.remove(ledger, file, reason)
    return _tell(invocation, removed, taken_out=True)


@click.command()
@click.argument("file")
@click.option("--reason", default="", help="Why, for the history.")
@click.pass_obj
def restore(invocation: Invocation, *, file: str, reason: str) -> int:
    """Let FILE count again that was taken out.

    \b
    Example:  whalecurve exports restore toggl-june.csv
    """
    from connectors.ledger import people

    with _locked(invocation) as ledger:
        restored = people.restore(ledger, file, reason)
    return _tell(invocation, restored, taken_out=False)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replaces", "way", flag_value="replaces", help="It is newer: what it does not have any more is gone.")
@click.option("--beside", "way", flag_value="beside", help="It is another part of the books: nothing is replaced.")
@click.option("--reason", required=True, help="Why, for the history.")
@click.pass_obj
def accept(invocation: Invocation, *, file: Path, way: Way | None, reason: str) -> int:
    """Say of FILE, which a run refused, how it stands to older files of its days.

    \b
    Example:  whalecurve exports accept exports/toggl.csv --replaces --reason "June was booked anew"
    """
    from connectors.ledger import people

    if way is None:
        raise click.UsageError("Say --replaces or --beside.")
    with _locked(invocation) as ledger:
        sha256 = people.accept(ledger, file, way, reason)
    invocation.answer(f"{file}: accepted ({way}). {_NEXT_RUN}", {"file": str(file), "sha256": sha256, "way": way})
    return 0


def _tell(invocation: Invocation, file: LedgerFile, *, taken_out: bool) -> int:
    from profitability.units import counted

    records = counted(sum(file.rows.values()), "record")
    what = f"taken out, with its {records}" if taken_out else f"in again, with its {records}"
    told = f"{file.file} ({file.short_hash}): {what}. {_NEXT_RUN}"
    invocation.answer(told, {"file": file.file, "sha256": file.sha256, "taken_out": taken_out})
    return 0


def _ledger(invocation: Invocation) -> Ledger:
    from connectors.ledger.ledger import Ledger

    settings = invocation.settings()
    return Ledger(settings.data.ledger, settings.books.companies, invocation.now)


@contextmanager
def _locked(invocation: Invocation) -> Iterator[Ledger]:
    """Give the ledger while no run uses it."""
    from sync.disk import telling_disk_errors
    from sync.lock import run_lock

    settings = invocation.settings()
    with run_lock(settings.data.state, now=invocation.now()), telling_disk_errors(settings.data.folder):
        yield _ledger(invocation)
