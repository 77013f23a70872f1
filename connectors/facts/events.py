"""Events whose time is not logged: how long each took, by its time equation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connectors.exports.frames import create_table
from connectors.maps import fold
from profitability.time_equations import TimeEquation, event_seconds, parse_attributes
from profitability.units import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGEST = (1 << 63) - 1

_WORDS = {"stated": "VARCHAR", "attributes": "VARCHAR", "count": "BIGINT"}
_TIMES = _WORDS | {"event": "VARCHAR", "pool": "VARCHAR", "estimated_seconds": "BIGINT"}
_FAULTS = _WORDS | {"fault": "VARCHAR", "remedy": "VARCHAR"}


def add_event_times(connection: DuckDBPyConnection, equations: Sequence[TimeEquation]) -> None:
    """Create `event_times` and `event_faults`: what each distinct (event, attributes, count) comes to, or why not.

    `event_times`: stated, attributes, count, event (as its equation names it), pool, estimated_seconds.
    `event_faults`: stated, attributes, count, fault, remedy.
    """
    by_name = {fold(equation.event): equation for equation in equations}
    found = connection.execute('SELECT DISTINCT event, attributes, "count" FROM event WHERE "count" >= 0').fetchall()
    times, faults = [], []
    for stated, attributes, count in found:
        try:
            times.append((stated, attributes, count, *_timed(stated, attributes, count, by_name)))
        except _NoTimeError as fault:
            faults.append((stated, attributes, count, fault.what, fault.remedy))
    create_table(connection, "event_times", _TIMES, times)
    create_table(connection, "event_faults", _FAULTS, faults)


class _NoTimeError(Exception):
    """No time can be found for an event."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


def _timed(
    stated: str, attributes: str | None, count: int, by_name: Mapping[str, TimeEquation]
) -> tuple[str, str, int]:
    equation = by_name.get(fold(stated))
    if equation is None:
        known = ", ".join(sorted(equation.event for equation in by_name.values())) or "none"
        raise _NoTimeError(
            f"no time equation for the event {stated!r}",
            f"Say in policy.toml what it takes, under [time_equations]; there are equations for: {known}.",
        )
    try:
        seconds = event_seconds(count, parse_attributes(attributes or ""), equation)
    except ValueError as error:
        raise _NoTimeError(f"the attributes of the event {stated!r}: {error}", "Correct the cell.") from error
    if seconds > _LARGEST:
        what = f"{counted(count, 'event')} {stated!r} would take more time than anybody has"
        raise _NoTimeError(what, "Correct the number.")
    return equation.event, equation.pool, seconds
