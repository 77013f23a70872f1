"""The checks of `whalecurve doctor`: each stands alone, so that one failure does not hide the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from connectors.errors import InputError
from connectors.exports.reading import FileReading, ReadingStatus
from profitability.errors import WhalecurveError
from profitability.units import counted
from sync.crm import connected
from sync.exit_codes import ExitCode, exit_code
from sync.nightly import STORE_NAME, Clocks
from sync.pipeline import read_exports

if TYPE_CHECKING:
    from sync.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, how it is, what to do. `exit` is the exit code of a failure, else 0."""

    name: str
    state: Literal["ok", "warn", "fail", "skip"]
    told: str
    remedy: str = ""
    code: str = ""
    exit: int = 0


_SEVERITY = (
    ExitCode.CONFIG,
    ExitCode.STORE,
    ExitCode.LOGIN_OR_PERMISSION,
    ExitCode.CRM_UNAVAILABLE,
    ExitCode.BUDGET_USED_UP,
    ExitCode.INPUT,
    ExitCode.RUN_ACTIVE,
)
"""Which failure decides the exit code where there are several: the one to mend first."""


def examine(read_settings: Callable[[], Settings], clocks: Clocks) -> list[Check]:
    """Run every check; without a configuration there is only the first."""
    try:
        settings = read_settings()
    except WhalecurveError as error:
        return [_failed("config", error)]
    config = Check("config", "ok", f"{settings.path}, profile {settings.crm.profile}, {settings.crm.kind}")
    warnings = [Check("config", "warn", warning) for warning in settings.warnings]
    return [config, *warnings, *_guarded("crm", lambda: _crm(settings)), *_exports(settings), *_state(settings, clocks)]


def worst(checks: Sequence[Check]) -> int:
    """Return the exit code of the failure to mend first; 0 where nothing failed."""
    codes = {check.exit for check in checks if check.state == "fail"}
    return next((code for code in _SEVERITY if code in codes), max(codes, default=0))


def _guarded(name: str, check: Callable[[], list[Check]]) -> list[Check]:
    try:
        return check()
    except WhalecurveError as error:
        return [_failed(name, error)]


def _failed(name: str, error: WhalecurveError) -> Check:
    told = f"{error.where}: {error.what}" if error.where else error.what
    return Check(name, "fail", told, error.remedy, error.code, int(exit_code(error)))


def _crm(settings: Settings) -> list[Check]:
    with connected(settings) as crm:
        identity = crm.check()
        usage = crm.api_usage
    told = f"{identity.crm}, {identity.org_name} ({identity.org_id}), as {identity.user or 'the app'}; all fields there"
    calls = [Check("calls", "ok", f"{usage[0]:,} of {usage[1]:,} API calls of the day used")] if usage else []
    return [Check("crm", "ok", told), *calls]


def _exports(settings: Settings) -> list[Check]:
    return _guarded("exports", lambda: list(_readings(read_exports(settings))))


def _readings(readings: Sequence[FileReading]) -> Iterator[Check]:
    if not readings:
        yield Check("exports", "fail", "the folder is empty", "Put the exports there.", exit=int(ExitCode.INPUT))
    for reading in readings:
        name = reading.path.name
        if reading.status is ReadingStatus.ACCEPTED:
            through = f", through {reading.covers[1]}" if reading.covers else ""
            records = counted(len(reading.records), "record")
            yield Check("exports", "ok", f"{name}: {reading.mapping}, {records}{through}")
        elif reading.status is ReadingStatus.REFUSED:
            first = reading.problems[0]
            told = f"{name}:{first.line}: {first.what}" + (
                f" (and {len(reading.problems) - 1} more)" if reading.problems[1:] else ""
            )
            yield Check("exports", "fail", told, first.remedy, InputError.code, int(ExitCode.INPUT))
        else:
            yield Check("exports", "warn", f"{name}: no mapping, not read", "whalecurve exports check tells why.")


def _state(settings: Settings, clocks: Clocks) -> list[Check]:
    from sync.lock import run_lock
    from sync.store.database import open_store

    path = settings.data.state / STORE_NAME
    if not path.exists():
        return [Check("state", "skip", "no run yet; the first one makes it")]

    def check() -> list[Check]:
        with run_lock(settings.data.state, now=clocks.now()):
            open_store(path).close()
        return [Check("state", "ok", str(path))]

    return _guarded("state", check)
