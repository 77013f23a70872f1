"""Writing: one Collections call, one outcome per change, and `unknown` for all that is not clear.

REST API: "sObject Collections, Update": at most 200 records, results in the order of the request, status 200 even
where records fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from simple_salesforce.api import Salesforce

from connectors.base import FieldSpec, RecordChange, WriteOutcome, WriteStatus
from connectors.errors import CrmAnswerError, CrmUnavailableError
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fields import Names
from connectors.salesforce.pull import ID_LENGTH
from connectors.salesforce.soql import is_record_id
from connectors.salesforce.values import to_json, to_salesforce
from connectors.values import refuse_unwritable

MOST_CHANGES = 200

# REST API: "Assignment Rule Header" (no owner changes by our write), "Duplicate Rule Header" (alerts do not block),
# "Call Options Header" (the caller's name in the org's event log).
_HEADERS = {
    "Sforce-Auto-Assign": "FALSE",
    "Sforce-Duplicate-Rule-Header": "allowSave=true",
    "Sforce-Call-Options": "client=whalecurve",
    "Content-Type": "application/json; charset=UTF-8",
}
_GONE = frozenset({"ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"})

# What a code means, in words of ours: the CRM's text may hold record names and the value itself.
_MEANINGS = {
    "UNABLE_TO_LOCK_ROW": "another process holds the record",
    "ENTITY_IS_LOCKED": "the record is locked, as by an approval",
    "ENTITY_IS_DELETED": "the account is deleted or merged",
    "INVALID_CROSS_REFERENCE_KEY": "the account does not exist, or is hidden",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule or trigger of the org refuses the change",
    "FIELD_FILTER_VALIDATION_EXCEPTION": "a lookup filter of the org refuses the record",
    "REQUIRED_FIELD_MISSING": "another field of the account is required and blank",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "a trigger of the org failed",
    "CANNOT_EXECUTE_FLOW_TRIGGER": "a flow of the org failed",
    "DUPLICATES_DETECTED": "a duplicate rule of the org blocks the record",
    "INVALID_FIELD": "the field is missing or hidden",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the field is read-only for the integration user",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user may not edit the account",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the integration user may not edit a related record",
    "STRING_TOO_LONG": "the text is longer than the field",
    "NUMBER_OUTSIDE_VALID_RANGE": "the number does not fit the field",
    "INVALID_TYPE_ON_FIELD_IN_RECORD": "the value is not of the field's type",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the picklist lacks the value",
}


def write(
    client: SalesforceClient, changes: Sequence[RecordChange], *, names: Names, fields: Sequence[FieldSpec]
) -> list[WriteOutcome]:
    """Send up to 200 changes once and return one outcome per change, in their order.

    Raises:
        ValueError: changes that must not be sent, see `connectors.values.refuse_unwritable`; a value of another type.
        CrmLoginError, CrmAccessError, CrmBudgetError, CrmError: the call was refused as a whole; nothing was written.
    """
    body = _body(changes, names=names, fields=fields)
    if not changes:
        return []
    client.log_in()  # failing here, nothing was sent

    def ask(api: Salesforce) -> object:
        return api.restful("composite/sobjects", method="PATCH", data=body, headers=_HEADERS)

    try:
        answer = client.call_once(ask)
    except (CrmUnavailableError, CrmAnswerError) as error:
        return [_unknown(change, error.what) for change in changes]
    return match_outcomes(changes, answer)


def match_outcomes(changes: Sequence[RecordChange], answer: object) -> list[WriteOutcome]:
    """Return one outcome per change: by the id of the result, or by its place where a failed one has no id.

    A place is trusted only if the answer has as many results as there are changes and no id stands elsewhere.
    """
    items = [item if isinstance(item, dict) else {} for item in answer] if isinstance(answer, list) else []
    ids = [str(item.get("id") or "")[:ID_LENGTH] for item in items]
    wanted = [change.account_id[:ID_LENGTH] for change in changes]
    counts = Counter(ids)
    is_in_order = len(ids) == len(wanted) and all(found in ("", own) for found, own in zip(ids, wanted, strict=True))
    by_id = {record_id: item for record_id, item in zip(ids, items, strict=True) if counts[record_id] == 1}
    outcomes = []
    for place, (own, change) in enumerate(zip(wanted, changes, strict=True)):
        item = by_id.get(own)
        if item is None and is_in_order and not ids[place]:
            item = items[place] if items[place].get("success") is False else None
        outcomes.append(_outcome(change, item))
    return outcomes


def _body(changes: Sequence[RecordChange], *, names: Names, fields: Sequence[FieldSpec]) -> bytes:
    refuse_unwritable(changes, fields, most=MOST_CHANGES)
    if len({change.account_id[:ID_LENGTH] for change in changes}) < len(changes):
        raise ValueError("an account is in the batch twice, once with the long and once with the short form of its id")
    by_key = {spec.key: spec for spec in fields}
    records = [_record(change, names=names, fields=by_key) for change in changes]
    return to_json({"allOrNone": False, "records": records}).encode()


def _record(change: RecordChange, *, names: Names, fields: Mapping[str, FieldSpec]) -> dict[str, object]:
    if not is_record_id(change.account_id):
        raise ValueError("an account id is not a record id of Salesforce")
    own = {names.fields[key]: to_salesforce(fields[key], value) for key, value in change.values.items()}
    return {"attributes": {"type": "Account"}, "id": change.account_id, **own}


def _outcome(change: RecordChange, item: Mapping[str, object] | None) -> WriteOutcome:
    if item is None:
        return _unknown(change, "the answer has no result for this account")
    if item.get("success") is True:
        return WriteOutcome(change.account_id, WriteStatus.WRITTEN)
    errors = item.get("errors")
    error = errors[0] if isinstance(errors, list) and errors else None
    if item.get("success") is not False or not isinstance(error, dict) or not error.get("statusCode"):
        return _unknown(change, "the result for this account is incomplete")
    code = str(error["statusCode"])
    status = WriteStatus.GONE if code in _GONE else WriteStatus.REJECTED
    return WriteOutcome(change.account_id, status, error_code=code, message=_message(code, error.get("fields")))


def _message(code: str, fields: object) -> str:
    meaning = _MEANINGS.get(code, "Salesforce refuses the change")
    named = [name for name in fields if isinstance(name, str)] if isinstance(fields, list) else []
    return f"{meaning} ({', '.join(named)})" if named else meaning


def _unknown(change: RecordChange, why: str) -> WriteOutcome:
    return WriteOutcome(change.account_id, WriteStatus.UNKNOWN, message=why)
