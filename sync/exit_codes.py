"""Process exit codes: the one table from the kind of an error to what a scheduler sees."""

from __future__ import annotations

from enum import IntEnum

from connectors.errors import CrmAccessError, CrmBudgetError, CrmError, CrmLoginError, InputError
from connectors.fields import FieldFileError
from profitability.errors import DataError, WhalecurveError
from sync.errors import ConfigError, GuardStopError, PlanError, RunActiveError, StoreError


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


EXIT_CODES: dict[type[WhalecurveError], ExitCode] = {
    ConfigError: ExitCode.CONFIG,
    FieldFileError: ExitCode.CONFIG,
    GuardStopError: ExitCode.APPROVAL_NEEDED,
    PlanError: ExitCode.APPROVAL_NEEDED,
    InputError: ExitCode.INPUT,
    DataError: ExitCode.INPUT,
    CrmLoginError: ExitCode.LOGIN_OR_PERMISSION,
    CrmAccessError: ExitCode.LOGIN_OR_PERMISSION,
    CrmBudgetError: ExitCode.BUDGET_USED_UP,
    CrmError: ExitCode.CRM_UNAVAILABLE,
    StoreError: ExitCode.STORE,
    RunActiveError: ExitCode.RUN_ACTIVE,
}
"""A class that is not listed takes the code of its nearest listed base."""


def exit_code(error: BaseException) -> ExitCode:
    """Return the exit code of an error; what is in no table is a bug of ours."""
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    for kind in type(error).__mro__:
        if kind in EXIT_CODES:
            return EXIT_CODES[kind]
    return ExitCode.BUG
