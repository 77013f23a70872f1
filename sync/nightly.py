"""One run from lock to last line: open, plan, approve, apply, record how it ended."""

from __future__ import annotations

import hashlib
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from profitability.errors import WhalecurveError
from sync.apply import Outcome
from sync.crm import connected
from sync.errors import GuardStopError, StoreError
from sync.evidence import Evidence
from sync.figures import counters_of
from sync.guards import raise_if_tripped
from sync.lock import run_lock
from sync.pipeline import Night, Planned, apply_night_plan, make_night_plan
from sync.plan import Finding, Plan
from sync.store import plans, runs
from sync.store.budget import observe_calls
from sync.store.database import open_store
from sync.store.merges import load_merges
from sync.store.orgs import bind_org
from sync.store.runs import InputFile, RunStart, RunStatus

if TYPE_CHECKING:
    from sync.settings import Settings

STORE_NAME = "whalecurve.sqlite"


@dataclass(frozen=True, slots=True)
class Clocks:
    """Today and now, given once by the command line: nothing below it reads the calendar or the clock."""

    today: date
    now: Callable[[], datetime]
    tell: Callable[..., None]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run came to.

    Attributes:
        outcome: None where nobody approved.
        news: values of people or other programs that are kept, and were not in the way of the plan before.
    """

    run_id: str
    plan: Plan
    outcome: Outcome | None
    news: tuple[Finding, ...] = ()


def run_plan(settings: Settings, clocks: Clocks) -> Planned:
    """Do everything but write; the plan is saved for `sync --plan`."""
    with _opened(settings, clocks, kind="plan") as night:
        planned = make_night_plan(night)
        _finish(night, RunStatus.DONE, counters=counters_of(planned.figures), planned=planned)
        return planned


def run_sync(settings: Settings, clocks: Clocks, *, approve: Callable[[Planned], bool]) -> Finished:
    """Plan, and apply that plan if no guard tripped and `approve` says yes.

    Raises:
        GuardStopError: a guard tripped; the plan is saved and waits for `sync --plan ID --reason`.
    """
    with _opened(settings, clocks, kind="sync") as night:
        planned = make_night_plan(night)
        counters = counters_of(planned.figures)
        try:
            raise_if_tripped(planned.plan, planned.tripped)
        except GuardStopError as stop:
            _finish(night, RunStatus.STOPPED, counters=counters, planned=planned, reason=stop.what)
            raise
        if planned.plan.changes and not approve(planned):
            _finish(night, RunStatus.STOPPED, counters=counters, planned=planned, reason="not confirmed")
            return Finished(night.run_id, planned.plan, None)
        outcome = apply_night_plan(night, planned.plan)
        _finish(night, _status(outcome), counters=counters | outcome.counters(), planned=planned)
        return Finished(night.run_id, planned.plan, outcome, _news(night, planned.plan))


def run_saved_plan(settings: Settings, clocks: Clocks, *, plan_id: str, reason: str) -> Finished:
    """Apply a saved plan that a person approves by its id and a reason.

    Raises:
        PlanError: unknown, too old, superseded, applied already, made under another configuration, or no reason given.
    """
    with _opened(settings, clocks, kind="sync") as night:
        org_id = night.identity.org_id
        with night.store.write() as connection:
            plan = plans.load_plan(connection, plan_id, org_id, config_hash=config_hash(settings), now=clocks.now())
            plans.approve_plan(connection, plan_id, reason, now=clocks.now())
        figures = Evidence.of_run(settings.data.folder, plan.run_id).figures()
        outcome = apply_night_plan(night, plan)
        _finish(night, _status(outcome), counters=counters_of(figures) | outcome.counters(), reason=reason)
        return Finished(night.run_id, plan, outcome, _news(night, plan))


@contextmanager
def _opened(settings: Settings, clocks: Clocks, *, kind: Literal["plan", "sync"]) -> Iterator[Night]:
    """Take the lock, open the store, log in and begin a run; an error ends the run as failed."""
    state = settings.data.state
    with run_lock(state, now=clocks.now()), connected(settings) as crm:
        identity = crm.check()
        clocks.tell("login", crm=identity.crm, org=identity.org_id)
        store = open_store(state / STORE_NAME)
        try:
            start = RunStart(
                org_id=identity.org_id,
                kind=kind,
                as_of=clocks.today,
                config_hash=config_hash(settings),
                host=socket.gethostname(),
                pid=os.getpid(),
            )
            with store.write() as connection:
                bind_org(connection, identity, now=clocks.now())
                run_id = runs.start_run(connection, start, now=clocks.now())
            night = Night(
                settings=settings,
                crm=crm,
                store=store,
                identity=identity,
                run_id=run_id,
                today=clocks.today,
                clock=clocks.now,
                tell=clocks.tell,
            )
            with _recording_failure(night):
                yield night
        finally:
            store.close()


@contextmanager
def _recording_failure(night: Night) -> Iterator[None]:
    """Record what ended a run that has not said how it ended: an error, Ctrl-C, a signal, a bug."""
    try:
        yield
    except BaseException as error:
        reason = f"{error.code} {error.what}" if isinstance(error, WhalecurveError) else type(error).__name__
        with suppress(StoreError):  # the store may be what failed; the first error is the one to tell
            _finish(night, RunStatus.FAILED, counters={}, reason=reason)
        raise


def _finish(
    night: Night,
    status: RunStatus,
    *,
    counters: Mapping[str, int],
    planned: Planned | None = None,
    reason: str = "",
) -> None:
    with night.store.write() as connection:
        if planned:
            runs.record_inputs(connection, night.run_id, _inputs(planned))
        if usage := night.crm.api_usage:
            used, allowed = usage
            day = night.clock().date()
            observe_calls(connection, night.identity.org_id, day, used_calls=used, limit_calls=allowed)
        runs.finish_run(connection, night.run_id, status=status, counters=counters, now=night.clock(), reason=reason)


def _news(night: Night, plan: Plan) -> tuple[Finding, ...]:
    with night.store.read() as connection:
        before = plans.last_applied(connection, night.identity.org_id, before=plan.run_id)
        merges = load_merges(connection, night.identity.org_id)
    return plan.new_findings(before, merges.all)


def _inputs(planned: Planned) -> list[InputFile]:
    names = Counter(file.file for file in planned.built.inputs)
    return [
        InputFile(
            # an export that is always called the same is several inputs
            file=file.file if names[file.file] == 1 else f"{file.file} ({file.short_hash})",
            sha256=file.sha256,
            mapping=f"{file.mapping} {file.mapping_version}",
            rows=sum(file.rows.values()),
            first_day=file.covers[0] if file.covers else None,
            last_day=file.covers[1] if file.covers else None,
        )
        for file in planned.built.inputs
    ]


def _status(outcome: Outcome) -> RunStatus:
    if outcome.stopped:
        return RunStatus.FAILED
    return RunStatus.DONE if outcome.is_complete else RunStatus.PARTIAL


def config_hash(settings: Settings) -> str:
    """Return the SHA-256 over configuration, `--env`, policy, fields, maps and mappings: another hash, other rules."""
    files = settings.files
    parts = [settings.path, files.policy, files.fields, files.categories, files.gl_accounts]
    mappings = [path for folder in files.mappings if folder.is_dir() for path in sorted(folder.glob("*.toml"))]
    digest = hashlib.sha256((settings.environment or "").encode() + b"\0")
    for path in [*parts, *mappings]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
