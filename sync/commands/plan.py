"""`whalecurve plan`: everything that a sync would do, without doing it."""

from __future__ import annotations

import click

from sync.commands.context import Invocation
from sync.exit_codes import ExitCode


@click.command()
@click.option("--all", "show_all", is_flag=True, help="Show every account, not the first 20.")
@click.option("--exit-code", is_flag=True, help="Leave with 10 when there is something to write.")
@click.pass_obj
def plan(invocation: Invocation, *, show_all: bool, exit_code: bool) -> int:
    """Show which fields of which accounts would change, from what to what, and why.

    Nothing is written to the CRM. The plan is saved; `whalecurve sync --plan ID` applies exactly it.

    \b
    Example:  whalecurve plan --all
    """
    from sync.nightly import run_plan
    from sync.report.plan import plan_data, plan_text

    planned = run_plan(invocation.settings(), invocation.clocks())
    invocation.answer(plan_text(planned, show_all=show_all), plan_data(planned))
    return ExitCode.CHANGES_FOUND if exit_code and planned.plan.changes else ExitCode.DONE
