"""Settle writes whose fate is unknown, by reading the records back; never by sending again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from connectors.base import CrmConnector, FieldSpec, FieldValue
from sync.store import bases, journal
from sync.store.database import Store
from sync.store.journal import Intent, Settlement, State
from sync.values import normalised

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Target:
    """Where changes go and where they are remembered.

    Attributes:
        crm: the connector, logged in.
        store: the open store, bound to `org_id`.
        fields: field key -> its definition, for every field in use.
        run_id: the run that writes; it names journal rows and confirmed values.
        clock: the present moment, with its zone.
    """

    crm: CrmConnector
    store: Store
    fields: Mapping[str, FieldSpec]
    org_id: str
    run_id: str
    clock: Callable[[], datetime]

    def read(self, account_ids: Sequence[str]) -> dict[str, dict[str, FieldValue]]:
        """Return the fields that the CRM holds now, in their one form; accounts that are gone are left out."""
        return {
            account_id: {key: normalised(spec, values.get(key)) for key, spec in self.fields.items()}
            for account_id, values in self.crm.read_fields(account_ids).items()
        }

    def record(self, settlements: Sequence[Settlement]) -> None:
        """Commit what became of intents, and take what is done as the values that are ours."""
        done = {
            (item.intent.account_id, item.intent.field): item.intent.wanted
            for item in settlements
            if item.state is State.DONE
        }
        with self.store.write() as connection:
            journal.settle(connection, settlements, now=self.clock())
            bases.confirm(connection, self.org_id, done, run_id=self.run_id)


def settle_in_flight(target: Target) -> Mapping[State, int]:
    """Settle what earlier runs left in flight, and return how many values ended in each state.

    Call it under the run lock, before the accounts are pulled. Whoever sent these values is dead by then, so a
    field that still holds the previous value was never written.

    Raises:
        CrmError: the records cannot be read back; nothing may be planned then.
    """
    with target.store.read() as connection:
        intents = journal.in_flight(connection, target.org_id)
    counts: Counter[State] = Counter()
    for batch in batches(intents, target.crm.batch_size):
        held = target.read(sorted({intent.account_id for intent in batch}))
        settlements = [Settlement(intent, state_of(intent, held, if_unchanged=State.NOT_WRITTEN)) for intent in batch]
        target.record(settlements)
        counts.update(item.state for item in settlements)
    return counts


def state_of(intent: Intent, held: Mapping[str, Mapping[str, FieldValue]], *, if_unchanged: State) -> State:
    """Tell what became of an intent from what the CRM holds now; `if_unchanged`: it holds the previous value."""
    fields = held.get(intent.account_id)
    if fields is None:
        return State.GONE
    if intent.field not in fields:
        return State.CONFLICT  # the field is no longer in use: nobody can tell
    if fields[intent.field] == intent.wanted:
        return State.DONE
    return if_unchanged if fields[intent.field] == intent.previous else State.CONFLICT


def batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Split items into lists of at most `size`, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
