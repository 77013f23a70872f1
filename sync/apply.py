"""Apply a plan: read again, announce, write, read back, record. One batch at a time.

Whatever happens between two steps, the journal says what may be under way and the CRM says whether it arrived;
the next run begins with `sync.settle.settle_in_flight`. Nothing is ever sent twice on a guess.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.base import FieldValue, RecordChange, WriteOutcome, WriteStatus
from connectors.errors import CrmError
from profitability.errors import WhalecurveError
from sync.compare import Action
from sync.errors import DriftError
from sync.plan import AccountChange, Plan
from sync.settle import Target, batches, state_of
from sync.store import bases, journal
from sync.store.journal import Intent, Settlement, State

DRIFT_MAX_PCT = 5
"""More drifted records than this share of the plan, and the rest of it is refused."""


class Fate(StrEnum):
    """What became of one planned record; every planned record has exactly one.

    DONE: all its fields hold what was wanted. REJECTED: the CRM refused it. NOT_EFFECTIVE: accepted, but a field
    does not hold it. CONFLICT: a field holds a third value, neither the one before nor ours. GONE: deleted or hidden.
    DRIFTED: changed since the plan was made, so not sent. UNKNOWN: sent, unclear; the next run settles it.
    UNSENT: the run stopped before it.
    """

    DONE = "done"
    REJECTED = "rejected"
    NOT_EFFECTIVE = "not_effective"
    CONFLICT = "conflict"
    GONE = "gone"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class RecordFate:
    """The fate of one planned record; code and message are the CRM's, empty where it gave none."""

    account_id: str
    fate: Fate
    error_code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a plan.

    Attributes:
        records: one fate per planned record, in the order of the plan.
        adopted: how many fields were taken as ours without a write.
        stopped: what ended the run before its end, None if nothing did.
    """

    records: tuple[RecordFate, ...]
    adopted: int
    stopped: WhalecurveError | None

    @property
    def planned(self) -> int:
        """How many records were to be written."""
        return len(self.records)

    def count(self, fate: Fate) -> int:
        """Return how many records have this fate; over all fates these counts add up to `planned`."""
        return sum(record.fate is fate for record in self.records)

    def counters(self) -> dict[str, int]:
        """Return all counts by name, as the run keeps them."""
        return {"planned": self.planned, "adopted": self.adopted, **{fate.value: self.count(fate) for fate in Fate}}

    @property
    def is_complete(self) -> bool:
        """Whether every planned record is done."""
        return self.stopped is None and self.count(Fate.DONE) == self.planned


def apply_plan(plan: Plan, target: Target) -> Outcome:
    """Write a plan to the CRM and return the fate of each of its records.

    A record that the CRM refuses does not stop the others; an error of the CRM as a whole, or more than
    `DRIFT_MAX_PCT` of records that changed since the plan was made, stops the rest and is returned in `stopped`.

    Raises:
        StoreError: the journal cannot be written; nothing is sent without it.
    """
    fates: dict[str, RecordFate] = {}
    drifted = 0
    stopped: WhalecurveError | None = None
    adopted = _adopt(plan, target)
    try:
        for batch in batches(plan.changes, target.crm.batch_size):
            intents, held_back = _recheck(batch, target)
            fates |= held_back
            drifted += sum(record.fate is Fate.DRIFTED for record in held_back.values())
            _refuse_drifted(plan, drifted)
            written, failure = _write(intents, target)
            fates |= written
            if failure:
                raise failure
    except (CrmError, DriftError) as error:
        stopped = error
    records = (fates.get(change.account_id, RecordFate(change.account_id, Fate.UNSENT)) for change in plan.changes)
    return Outcome(tuple(records), adopted, stopped)


def _adopt(plan: Plan, target: Target) -> int:
    """Remember as ours what the CRM already holds."""
    adopted = {(finding.account_id, finding.field): finding.wanted for finding in plan.found(Action.ADOPT)}
    with target.store.write() as connection:
        bases.confirm(connection, target.org_id, adopted, run_id=target.run_id)
    return len(adopted)


def _recheck(batch: Sequence[AccountChange], target: Target) -> tuple[list[Intent], dict[str, RecordFate]]:
    """Read a batch again and return what may still be written of it, and the fates of the records held back."""
    held = target.read([change.account_id for change in batch])
    intents: list[Intent] = []
    held_back: dict[str, RecordFate] = {}
    for change in batch:
        fields = held.get(change.account_id)
        if fields is None:
            held_back[change.account_id] = RecordFate(change.account_id, Fate.GONE)
        elif any(fields.get(planned.field) != planned.old for planned in change.fields):
            held_back[change.account_id] = RecordFate(change.account_id, Fate.DRIFTED)
        else:
            intents += [
                Intent(target.run_id, change.account_id, planned.field, planned.old, planned.new)
                for planned in change.fields
            ]
    return intents, held_back


def _refuse_drifted(plan: Plan, drifted: int) -> None:
    if drifted * 100 > DRIFT_MAX_PCT * len(plan.changes):
        raise DriftError(
            f"{drifted} of {len(plan.changes)} records changed since the plan was made (limit {DRIFT_MAX_PCT} %)",
            where=f"plan {plan.plan_id}",
            remedy="The rest was not written. Make a new plan: `whalecurve plan`.",
        )


def _write(intents: Sequence[Intent], target: Target) -> tuple[dict[str, RecordFate], CrmError | None]:
    """Send one batch, record what became of it, and return its fates and what failed as a whole."""
    if not intents:
        return {}, None
    records: dict[str, list[Intent]] = {}
    for intent in intents:
        records.setdefault(intent.account_id, []).append(intent)
    with target.store.write() as connection:
        journal.announce(connection, target.org_id, intents, now=target.clock())
    outcomes, sending_failure = _send(records, target)
    held, reading_failure = _read_back(outcomes.values(), target)
    settlements = [_settlement(intent, outcomes[intent.account_id], held) for intent in intents]
    target.record(settlements)
    states: dict[str, set[State]] = {}
    for item in settlements:
        states.setdefault(item.intent.account_id, set()).add(item.state)
    fates = {account: _fate(states[account], outcomes[account]) for account in records}
    return fates, sending_failure or reading_failure


def _send(records: Mapping[str, Sequence[Intent]], target: Target) -> tuple[dict[str, WriteOutcome], CrmError | None]:
    """Make the call and return one outcome per record; a record without a clear answer is unknown."""
    changes = [RecordChange(account, {item.field: item.wanted for item in own}) for account, own in records.items()]
    outcomes = {account: WriteOutcome(account, WriteStatus.UNKNOWN) for account in records}
    try:
        answered = target.crm.write_changes(changes)
    except CrmError as error:
        return outcomes, error
    return outcomes | {outcome.account_id: outcome for outcome in answered if outcome.account_id in records}, None


def _read_back(
    outcomes: Iterable[WriteOutcome], target: Target
) -> tuple[dict[str, dict[str, FieldValue]] | None, CrmError | None]:
    """Read the records that may have changed: the unclear ones to settle them, the written ones to be sure."""
    may_have_changed = {WriteStatus.WRITTEN, WriteStatus.UNKNOWN}
    accounts = [outcome.account_id for outcome in outcomes if outcome.status in may_have_changed]
    try:
        return target.read(accounts) if accounts else {}, None
    except CrmError as error:
        return None, error


def _settlement(
    intent: Intent, outcome: WriteOutcome, held: Mapping[str, Mapping[str, FieldValue]] | None
) -> Settlement:
    is_written = outcome.status is WriteStatus.WRITTEN
    if outcome.status in _CLEAR:
        state = _CLEAR[outcome.status]
    elif held is None:
        # Written: the CRM said so, and only our second look failed.
        state = State.DONE if is_written else State.IN_FLIGHT
    else:
        # Unclear and unchanged is no proof yet: a request that timed out may still be carried out.
        state = state_of(intent, held, if_unchanged=State.NOT_EFFECTIVE if is_written else State.IN_FLIGHT)
    return Settlement(intent, state, outcome.error_code)


_CLEAR = {WriteStatus.REJECTED: State.REJECTED, WriteStatus.GONE: State.GONE}
"""Answers after which nothing has to be read back."""

_FATES = {
    State.IN_FLIGHT: Fate.UNKNOWN,
    State.REJECTED: Fate.REJECTED,
    State.GONE: Fate.GONE,
    State.CONFLICT: Fate.CONFLICT,
    State.NOT_EFFECTIVE: Fate.NOT_EFFECTIVE,
    State.DONE: Fate.DONE,
}
"""State of a field -> fate of its record; the first that applies to any of its fields."""


def _fate(states: Collection[State], outcome: WriteOutcome) -> RecordFate:
    fate = next(fate for state, fate in _FATES.items() if state in states)
    return RecordFate(outcome.account_id, fate, outcome.error_code, outcome.message)
