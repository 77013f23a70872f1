"""The journal: every value sent to the CRM, with what stood there before, and what became of it.

A row is committed before the call that it announces. Whatever kills the program, the next run finds the row
`in_flight` and settles it by reading the record back; so no value is written twice and none is forgotten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from connectors.base import FieldValue
from sync.store.tables import journal
from sync.values import decoded, encoded


class State(StrEnum):
    """What is known of one journaled value; only `in_flight` may be ambiguous, and only reading back ends it.

    DONE: the CRM holds it. REJECTED: refused by the CRM. NOT_EFFECTIVE: accepted, yet the field holds another value.
    CONFLICT: the field holds a value that is neither ours nor the one before. GONE: the record is no longer there.
    NOT_WRITTEN: it never reached the CRM.
    """

    IN_FLIGHT = "in_flight"
    DONE = "done"
    REJECTED = "rejected"
    NOT_EFFECTIVE = "not_effective"
    CONFLICT = "conflict"
    GONE = "gone"
    NOT_WRITTEN = "not_written"


@dataclass(frozen=True, slots=True)
class Intent:
    """One value that is about to be sent: `previous` is what the CRM held just before."""

    run_id: str
    account_id: str
    field: str
    previous: FieldValue
    wanted: FieldValue

    @property
    def op_id(self) -> str:
        """Name of this intent: the same intent of the same run has the same name."""
        parts = [self.run_id, self.account_id, self.field, encoded(self.previous), encoded(self.wanted)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of an intent; `error_code` is the CRM's, empty where there is none."""

    intent: Intent
    state: State
    error_code: str = ""


def announce(connection: sa.Connection, org_id: str, intents: Sequence[Intent], *, now: datetime) -> None:
    """Record intents as in flight; commit before the call is made."""
    rows = [
        {
            "op_id": intent.op_id,
            "org_id": org_id,
            "run_id": intent.run_id,
            "account_id": intent.account_id,
            "field": intent.field,
            "previous": encoded(intent.previous),
            "wanted": encoded(intent.wanted),
            "state": State.IN_FLIGHT,
            "error_code": "",
            "intended_at": now,
        }
        for intent in intents
    ]
    if rows:
        connection.execute(journal.insert(), rows)


def settle(connection: sa.Connection, settlements: Sequence[Settlement], *, now: datetime) -> None:
    """Record what became of intents that are in flight; a settled one never changes again."""
    rows = [
        {"op": item.intent.op_id, "state": item.state, "error_code": item.error_code, "settled_at": now}
        for item in settlements
        if item.state is not State.IN_FLIGHT
    ]
    if rows:
        is_open = (journal.c.op_id == sa.bindparam("op")) & (journal.c.state == State.IN_FLIGHT)
        names = ("state", "error_code", "settled_at")
        connection.execute(journal.update().where(is_open).values({name: sa.bindparam(name) for name in names}), rows)


def in_flight(connection: sa.Connection, org_id: str) -> list[Intent]:
    """Return the intents whose fate is unknown, in the order in which they were announced."""
    query = sa.select(journal).where(journal.c.org_id == org_id, journal.c.state == State.IN_FLIGHT)
    return [_intent(row) for row in connection.execute(query.order_by(journal.c.seq))]


def sent_to_the_gone(connection: sa.Connection, org_id: str) -> dict[tuple[str, str], list[FieldValue]]:
    """Return (account id, field key) -> values that were sent to records which were gone when that was settled."""
    query = sa.select(journal).where(journal.c.org_id == org_id, journal.c.state == State.GONE)
    found: dict[tuple[str, str], list[FieldValue]] = {}
    for row in connection.execute(query.order_by(journal.c.seq)):
        found.setdefault((row.account_id, row.field), []).append(decoded(row.wanted))
    return found


def settlements_of(connection: sa.Connection, run_id: str) -> list[Settlement]:
    """Return every journaled value of one run with its state, in the order in which it was sent."""
    rows = connection.execute(sa.select(journal).where(journal.c.run_id == run_id).order_by(journal.c.seq))
    return [Settlement(_intent(row), State(row.state), row.error_code) for row in rows]


def _intent(row: sa.Row[tuple[object, ...]]) -> Intent:
    return Intent(row.run_id, row.account_id, row.field, decoded(row.previous), decoded(row.wanted))
