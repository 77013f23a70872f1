"""`whalecurve doctor`: whether everything is there that a sync needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.commands.context import Invocation

if TYPE_CHECKING:
    from sync.doctor import Check

MARKS = {"ok": " ok  ", "warn": " warn", "fail": " FAIL", "skip": " --  "}


@click.command()
@click.pass_obj
def doctor(invocation: Invocation) -> int:
    """Check configuration, login, fields, exports and state; write nothing.

    Leaves with the exit code of the worst failure (docs/exit-codes.md).

    \b
    Example:  whalecurve doctor
    """
    from sync.doctor import examine, worst

    checks = examine(invocation.settings, invocation.clocks())
    code = worst(checks)
    invocation.answer(
        "\n".join(line for check in checks for line in _lines(check)), {"checks": [_data(c) for c in checks]}
    )
    return code


def _lines(check: Check) -> list[str]:
    head = f"{MARKS[check.state]}  {check.name:<10} {check.told}"
    return [head, *([f"       do: {check.remedy}"] if check.remedy else [])]


def _data(check: Check) -> dict[str, str]:
    return {"name": check.name, "state": check.state, "told": check.told, "remedy": check.remedy, "code": check.code}
