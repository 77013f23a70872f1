"""Process exit codes: the one table from an error to what a scheduler sees."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profitability.errors import WhalecurveError


class ExitCode(IntEnum):
    """What the process says when it ends; the same for every command."""

    DONE = 0
    BUG = 1
    CONFIG = 2
    REJECTS_OR_CONFLICTS = 3
    APPROVAL_NEEDED = 4
    INPUT = 5
    LOGIN_OR_PERMISSION = 6
    BUDGET_USED_UP = 7
    CRM_UNAVAILABLE = 8
    STORE = 9
    CHANGES_FOUND = 10
    RUN_ACTIVE = 75
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_CODES: dict[str, ExitCode] = {
    "WC-010": ExitCode.CONFIG,
    "WC-012": ExitCode.CONFIG,
    "WC-013": ExitCode.CONFIG,
    "WC-014": ExitCode.CONFIG,
    "WC-015": ExitCode.CONFIG,
    "WC-020": ExitCode.CRM_UNAVAILABLE,
    "WC-021": ExitCode.LOGIN_OR_PERMISSION,
    "WC-022": ExitCode.LOGIN_OR_PERMISSION,
    "WC-023": ExitCode.CRM_UNAVAILABLE,
    "WC-024": ExitCode.BUDGET_USED_UP,
    "WC-025": ExitCode.CRM_UNAVAILABLE,
    "WC-026": ExitCode.CONFIG,
    "WC-030": ExitCode.INPUT,
    "WC-040": ExitCode.INPUT,
    "WC-041": ExitCode.INPUT,
    "WC-042": ExitCode.INPUT,
    "WC-043": ExitCode.CONFIG,
    "WC-050": ExitCode.APPROVAL_NEEDED,
    "WC-051": ExitCode.APPROVAL_NEEDED,
    "WC-052": ExitCode.APPROVAL_NEEDED,
    "WC-060": ExitCode.STORE,
    "WC-061": ExitCode.STORE,
    "WC-062": ExitCode.STORE,
    "WC-070": ExitCode.RUN_ACTIVE,
}
"""Code of an error class -> exit code. By code, not by class: telling an error then loads no further module."""


def exit_code(error: WhalecurveError) -> ExitCode:
    """Return the exit code of an error; a code that is not in the table is a bug of ours."""
    return EXIT_CODES.get(error.code, ExitCode.BUG)
