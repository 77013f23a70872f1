"""`whalecurve sync`: the nightly job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sync.commands.context import Invocation
from sync.exit_codes import ExitCode

if TYPE_CHECKING:
    from sync.nightly import Finished
    from sync.pipeline import Planned


@click.command()
@click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask; approves nothing that a guard has stopped.")
@click.option("--plan", "plan_id", metavar="ID", help="Apply this saved plan, guards or not; needs --reason.")
@click.option("--reason", default="", help="Why the saved plan is right; kept with the run.")
@click.pass_obj
def sync(invocation: Invocation, *, is_confirmed: bool, plan_id: str | None, reason: str) -> int:
    """Bring the tiers on the account records up to date.

    Pulls, reads, evaluates, plans; writes changed fields only, and only if no guard trips. The first run, and a plan
    that a guard stopped, is applied by its id with a reason.

    \b
    Every night:  whalecurve sync --yes
    First run:    whalecurve plan, then whalecurve sync --plan ID --reason "checked with finance"
    """
    from sync.nightly import run_saved_plan, run_sync

    if plan_id is None:
        if reason:
            raise click.UsageError("--reason goes with --plan ID")
        finished = run_sync(
            invocation.settings(), invocation.clocks(), approve=lambda planned: is_confirmed or ask(planned)
        )
    else:
        finished = run_saved_plan(invocation.settings(), invocation.clocks(), plan_id=plan_id, reason=reason)
    return tell(invocation, finished)


def ask(planned: Planned) -> bool:
    """Ask at a terminal; without one the answer is no, and the flag is named."""
    from profitability.units import counted
    from sync.report.plan import plan_text

    if not sys.stdin.isatty():
        click.echo("not confirmed: no terminal to ask at; use --yes", err=True)
        return False
    click.echo(plan_text(planned), err=True)
    return click.confirm(f"Write {counted(len(planned.plan.changes), 'account')}?", default=False, err=True)


def tell(invocation: Invocation, finished: Finished) -> int:
    """Say what was written and return the exit code."""
    from sync.report.outcome import outcome_data, outcome_text

    invocation.answer(outcome_text(finished), outcome_data(finished))
    outcome = finished.outcome
    if outcome is None:
        return ExitCode.APPROVAL_NEEDED
    if outcome.stopped:
        return invocation.tell_error(outcome.stopped)
    is_clean = outcome.is_complete and not finished.news
    return ExitCode.DONE if is_clean else ExitCode.REJECTS_OR_CONFLICTS
