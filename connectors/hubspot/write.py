"""Write a batch of changes and find out what became of each, without ever sending one twice.

HubSpot answers a batch in three ways (docs, "Error handling" and "Using object APIs"):
- 200, or 207 when some ids are not live: the records written are in `results`, in any order. What is missing there is
  looked up by id, since the ids in the error entries of a 207 may be empty strings;
- 400 and its kin: one bad value refuses the whole batch, nothing is written, no record is named. The batch is halved
  until the culprits stand alone; the other records go through;
- no clear answer: the fate of that request's records is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import FieldSpec, RecordChange, WriteOutcome, WriteStatus
from connectors.errors import CrmAccessError, CrmAnswerError, CrmBudgetError, CrmError, CrmLoginError
from connectors.hubspot.answers import (
    OK,
    PARTLY,
    Json,
    document,
    error_body,
    error_codes,
    records_by_id,
    single_errors,
)
from connectors.hubspot.client import PAGE_SIZE, HubSpotClient
from connectors.hubspot.values import to_hubspot
from connectors.hubspot.wire import Answer
from connectors.values import refuse_unwritable

_REFUSED_WHOLE = frozenset({400, 409, 413})
_REFUSED_CALL = frozenset({404, 405, 410, 411, 414, 415})
_NO_FIELD = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"})
"""Refusals that say something of the portal, not of a record: every further write would meet them too."""

_MESSAGE_LENGTH = 300
_TELLING_LENGTH = 4  # a shorter value of ours ("A", "12.5") gives nothing away and would riddle the text


@dataclass(frozen=True, slots=True)
class Change:
    """One input of a batch update, as HubSpot takes it."""

    id: str
    properties: Mapping[str, str] = field(repr=False)


def batch_of(changes: Sequence[RecordChange], fields: Sequence[FieldSpec]) -> list[Change]:
    """Return the inputs for some changes.

    Raises:
        ValueError: changes that must not be sent, see `connectors.values.refuse_unwritable`; a value of another type.
    """
    refuse_unwritable(changes, fields, most=PAGE_SIZE)
    by_key = {spec.key: spec for spec in fields}
    return [_input(change, by_key) for change in changes]


def write(client: HubSpotClient, batch: Sequence[Change]) -> dict[str, WriteOutcome]:
    """Send a batch and return the outcome of each record by id.

    Raises:
        CrmLoginError, CrmAccessError, CrmBudgetError, CrmAnswerError: refused before anything was written.
    """
    outcomes: dict[str, WriteOutcome] = {}
    waiting = [list(batch)] if batch else []
    while waiting:
        part = waiting.pop()
        try:
            settled, halves = _send(client, part)
        except CrmError as error:
            if not outcomes:
                raise
            # Earlier parts were written: they must be told. The next call meets the same error with nothing written.
            left = [change for rest in (part, *waiting) for change in rest]
            return outcomes | _unknown(left, error.code, error.what)
        outcomes |= settled
        waiting += halves
    return outcomes


def _input(change: RecordChange, fields: Mapping[str, FieldSpec]) -> Change:
    return Change(
        change.account_id,
        {fields[key].names["hubspot"]: to_hubspot(fields[key], value) for key, value in change.values.items()},
    )


def _send(client: HubSpotClient, part: list[Change]) -> tuple[dict[str, WriteOutcome], list[list[Change]]]:
    """Send one request; return what it settled, and the halves to send instead where it was refused."""
    try:
        answer = client.batch_update([{"id": change.id, "properties": change.properties} for change in part])
    except CrmError as error:  # the wire's: no whole answer
        return _unknown(part, error.code, error.what), []
    if answer.status in (OK, PARTLY):
        return _settled(client, part, answer), []
    if answer.status in _REFUSED_WHOLE:
        return _refused(client, part, answer)
    refusal = client.refusal(answer)
    # Login, scope, daily allowance, a wrong path: not the fault of a record, and certainly not written.
    if isinstance(refusal, CrmLoginError | CrmAccessError | CrmBudgetError) or answer.status in _REFUSED_CALL:
        raise refusal
    return _unknown(part, f"HTTP_{answer.status}", refusal.what), []


def _refused(
    client: HubSpotClient, part: list[Change], answer: Answer
) -> tuple[dict[str, WriteOutcome], list[list[Change]]]:
    body = error_body(answer)
    codes = error_codes(body)
    if not _NO_FIELD.isdisjoint(codes):
        raise CrmAccessError(
            f"a property is gone or read-only: {', '.join(_property_names(body)) or 'not named'}",
            where=f"{client.where} companies",
            remedy="Restore it (`whalecurve doctor` names every property at fault), then run again.",
        )
    if len(part) > 1:
        middle = len(part) // 2
        return {}, [part[middle:], part[:middle]]
    change = part[0]
    code = codes[0] if codes else f"HTTP_{answer.status}"
    return {change.id: WriteOutcome(change.id, WriteStatus.REJECTED, code, _vendor_text(body, change))}, []


def _settled(client: HubSpotClient, part: list[Change], answer: Answer) -> dict[str, WriteOutcome]:
    where = client.where
    try:
        written = records_by_id(document(answer, where=where), where=where)
    except CrmAnswerError as error:
        return _unknown(part, error.code, error.what)
    outcomes = {}
    for change in part:
        is_written = change.id in written
        outcomes[change.id] = WriteOutcome(change.id, WriteStatus.WRITTEN) if is_written else _absent(client, change)
    return outcomes


def _absent(client: HubSpotClient, change: Change) -> WriteOutcome:
    """Tell why a record is not among the results: deleted, merged, or nobody knows."""
    try:
        found = client.living_id(change.id)
    except CrmError as error:
        return WriteOutcome(change.id, WriteStatus.UNKNOWN, error.code, error.what)
    if found is None:
        return WriteOutcome(change.id, WriteStatus.GONE, "OBJECT_NOT_FOUND", "deleted")
    if found != change.id:
        return WriteOutcome(change.id, WriteStatus.GONE, "MERGED", f"merged into {found}")
    return WriteOutcome(change.id, WriteStatus.UNKNOWN, "NO_RESULT", "the answer says nothing of this record")


def _unknown(part: Sequence[Change], code: str, message: str) -> dict[str, WriteOutcome]:
    return {change.id: WriteOutcome(change.id, WriteStatus.UNKNOWN, code, message) for change in part}


def _property_names(body: Json) -> list[str]:
    return sorted(set(_named_properties(body)))


def _named_properties(body: Json) -> Iterator[str]:
    for entry in single_errors(body):
        context: Any = entry.get("context")
        names = context.get("propertyName") if isinstance(context, Mapping) else None
        yield from (name for name in names or () if isinstance(name, str) and name.isidentifier())


def _vendor_text(body: Json, change: Change) -> str:
    """Return HubSpot's own words on a rejected record, without the values that we sent."""
    texts = [entry.get("message") for entry in single_errors(body)] or [body.get("message")]
    text = "; ".join(one for one in texts if isinstance(one, str))
    for value in sorted(change.properties.values(), key=len, reverse=True):
        if len(value) >= _TELLING_LENGTH:
            text = text.replace(value, "…")
    return text[:_MESSAGE_LENGTH]
