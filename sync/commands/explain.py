"""`whalecurve explain`: why one account has its tier, down to the cent and the line of the file."""

from __future__ import annotations

import click

from sync.commands.context import Invocation


@click.command()
@click.argument("account")
@click.option("--run", "run_id", help="As at an older run (default: the last that computed figures).")
@click.option("--lines", "show_lines", is_flag=True, help="Every record behind the figures, with file and line.")
@click.pass_obj
def explain(invocation: Invocation, *, account: str, run_id: str | None, show_lines: bool) -> int:
    """Show the statement of ACCOUNT (record id, or name as the CRM has it), and why its tier is what it is.

    Reads what the run left behind: no CRM is asked and nothing is computed anew.

    \b
    Example:  whalecurve explain "Grove Events" --lines
    """
    from sync.explaining import find_account, find_run
    from sync.report.account import account_data, account_text

    settings = invocation.settings()
    evidence = find_run(settings, run_id)
    row = find_account(evidence, account)
    trace = evidence.trace(settings.data.ledger, row["account_id"]) if show_lines else None
    invocation.answer(account_text(evidence, row, trace), account_data(evidence, row, trace))
    return 0
