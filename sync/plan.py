"""The plan: which fields of which accounts change, from what to what, and why. Pure; writes nothing.

A plan holds record ids and values of our own fields, never a name. Its digest is the hash of its content:
whoever approves a digest approves exactly these changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from connectors.base import AccountRecord, FieldSpec, FieldValue
from connectors.merges import NO_MERGES, Merges
from sync.compare import Action, Base, compare
from sync.errors import PlanError
from sync.values import decoded, encoded, normalised

RUN_FIELD = "run"
"""Key of the field that names the run; it is written only together with another change."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class WantedFields:
    """What the verdict on one account asks its fields to hold, and the reason in one sentence."""

    account_id: str
    values: Mapping[str, FieldValue]
    reason: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field to write: `old` is what the CRM held when the plan was made."""

    field: str
    old: FieldValue
    new: FieldValue


@dataclass(frozen=True, slots=True)
class AccountChange:
    """All changes of one account, in the order of the field file, and why."""

    account_id: str
    reason: str
    fields: tuple[FieldChange, ...]

    def of(self, field: str) -> FieldChange | None:
        """Return the change of one field, None where it stays."""
        return next((change for change in self.fields if change.field == field), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """A field that is not written: adopted as it is, or left to the person or program that filled it.

    Attributes:
        action: `adopt`, `override`, `conflict` or `foreign` (see `sync.compare.Action`).
        found: what the CRM held. wanted: what the verdict asked for.
    """

    account_id: str
    field: str
    action: Action
    found: FieldValue
    wanted: FieldValue


@dataclass(frozen=True)  # without slots: the digest is kept once it is taken
class Plan:
    """Everything that one run would do to the CRM.

    Attributes:
        run_id: the run that made it; also the value of the run field.
        as_of: the day for which the verdicts hold.
        accounts: how many accounts were compared.
        changes: accounts to write, in the order of their ids.
        findings: fields not written although they differ or are new to us, by account and field.
        unchanged_fields: how many fields agree already.
        absent: accounts with a verdict that the CRM did not show; they are left alone.
    """

    run_id: str
    as_of: date
    accounts: int
    changes: tuple[AccountChange, ...]
    findings: tuple[Finding, ...]
    unchanged_fields: int
    absent: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content in canonical JSON."""
        return hashlib.sha256(_canonical(_content(self)).encode()).hexdigest()

    @property
    def plan_id(self) -> str:
        """Short form of the digest, by which people name the plan."""
        return self.digest[:12]

    def found(self, action: Action) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(finding for finding in self.findings if finding.action is action)

    def new_findings(self, before: Plan | None, merges: Merges = NO_MERGES) -> tuple[Finding, ...]:
        """Return what stands in the way now and did not in an earlier plan; adoptions are not in the way.

        What stood in the way on an account that was merged since is not new on its master.
        """
        known = {_identity(replace(each, account_id=merges.master(each.account_id))) for each in _findings(before)}
        return tuple(
            finding
            for finding in self.findings
            if finding.action is not Action.ADOPT and _identity(finding) not in known
        )

    def to_json(self) -> str:
        """Return the plan and its digest as text; `from_json` gives back an equal plan."""
        return _canonical({"format": _FORMAT, "digest": self.digest, "plan": _content(self)})

    @staticmethod
    def from_json(text: str) -> Plan:
        """Read a plan that `to_json` wrote.

        Raises:
            PlanError: not a plan, of another version, or changed since its digest was taken.
        """
        remedy = "Make a new plan: `whalecurve plan`."
        try:
            document = json.loads(text)
            if document["format"] != _FORMAT:
                raise PlanError(f"plan of format {document['format']}, expected {_FORMAT}", remedy=remedy)
            plan = _plan_of(document["plan"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PlanError(f"not a plan: {type(error).__name__}", remedy=remedy) from error
        if plan.digest != document.get("digest"):
            raise PlanError("the plan does not match its digest: it was changed after it was made", remedy=remedy)
        return plan


def make_plan(
    wanted: Sequence[WantedFields],
    current: Sequence[AccountRecord],
    base: Mapping[tuple[str, str], Base],
    *,
    fields: Sequence[FieldSpec],
    run_id: str,
    as_of: date,
) -> Plan:
    """Compare what is wanted with what the CRM holds and return the changes.

    Args:
        wanted: one entry per account to be rated; accounts without an entry are left alone.
        current: the accounts as pulled; no account is ever created or removed.
        base: (account id, field key) -> the value that we last confirmed there.
        fields: the fields in use; only those that the product owns are written.
        run_id: this run, at most 24 characters.
        as_of: the day for which the verdicts hold.

    Raises:
        PlanError: a field is wanted that is not ours, a value does not fit its field, or an account is there twice.
    """
    own = {spec.key: spec for spec in fields if spec.owner == "product"}
    records = _by_id("CRM", current)
    verdicts = _by_id("verdict", wanted)
    _refuse_unfit(wanted, own)
    compared = sorted(verdicts.keys() & records.keys())
    changes: list[AccountChange] = []
    findings: list[Finding] = []
    unchanged_fields = 0
    for account_id in compared:
        entry = verdicts[account_id]
        for decision in (decisions := _decide(entry, records[account_id], base, own=own, run_id=run_id)):
            unchanged_fields += decision.action is Action.NOTHING
            if decision.action not in {Action.NOTHING, Action.WRITE}:
                findings.append(decision)
        if writes := tuple(_change(decision) for decision in decisions if decision.action is Action.WRITE):
            changes.append(AccountChange(account_id, entry.reason, writes))
    return Plan(
        run_id=run_id,
        as_of=as_of,
        accounts=len(compared),
        changes=tuple(changes),
        findings=tuple(findings),
        unchanged_fields=unchanged_fields,
        absent=tuple(sorted(verdicts.keys() - records.keys())),
    )


def _decide(
    entry: WantedFields,
    record: AccountRecord,
    base: Mapping[tuple[str, str], Base],
    *,
    own: Mapping[str, FieldSpec],
    run_id: str,
) -> list[Finding]:
    """Return one decision per wanted field in the order of the field file; the run's own only beside a write."""

    def decide(spec: FieldSpec, value: FieldValue) -> Finding:
        found, value = normalised(spec, record.values.get(spec.key)), normalised(spec, value)
        known = base.get((entry.account_id, spec.key))
        action = compare(spec, known, found=found, wanted=value)
        return Finding(entry.account_id, spec.key, action, found, value)

    decisions = [
        decide(spec, entry.values[key]) for key, spec in own.items() if key in entry.values and key != RUN_FIELD
    ]
    if RUN_FIELD in own and any(decision.action is Action.WRITE for decision in decisions):
        decisions.append(decide(own[RUN_FIELD], run_id))
    return decisions


def _change(decision: Finding) -> FieldChange:
    return FieldChange(decision.field, decision.found, decision.wanted)


def _refuse_unfit(wanted: Sequence[WantedFields], own: Mapping[str, FieldSpec]) -> None:
    for entry in wanted:
        for key, value in entry.values.items():
            where = f"account {entry.account_id}, field {key}"
            if key not in own:
                raise PlanError("the field is not one that we write", where=where, remedy="Report this as a bug.")
            if own[key].type == "picklist" and value is not None and value not in own[key].values:
                raise PlanError(
                    f"{value!r} is not a value of this picklist; expected one of {', '.join(own[key].values)}",
                    where=where,
                    remedy="Add the value to the field in the CRM and to `config/fields.toml`.",
                )


Entry = TypeVar("Entry", WantedFields, AccountRecord)


def _by_id(source: str, entries: Sequence[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.account_id in found:
            raise PlanError(
                f"account {entry.account_id} is there twice", where=source, remedy="Nothing was written; run again."
            )
        found[entry.account_id] = entry
    return found


def _findings(plan: Plan | None) -> tuple[Finding, ...]:
    return plan.findings if plan else ()


def _identity(finding: Finding) -> tuple[str, str, Action, FieldValue]:
    return finding.account_id, finding.field, finding.action, finding.found


def _canonical(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _content(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON types, in an order that is the content's own."""
    return {
        "run_id": plan.run_id,
        "as_of": plan.as_of.isoformat(),
        "accounts": plan.accounts,
        "changes": [
            [change.account_id, change.reason, [[f.field, encoded(f.old), encoded(f.new)] for f in change.fields]]
            for change in plan.changes
        ],
        "findings": [
            [f.account_id, f.field, f.action.value, encoded(f.found), encoded(f.wanted)] for f in plan.findings
        ],
        "unchanged_fields": plan.unchanged_fields,
        "absent": list(plan.absent),
    }


def _plan_of(content: Mapping[str, Any]) -> Plan:
    return Plan(
        run_id=content["run_id"],
        as_of=date.fromisoformat(content["as_of"]),
        accounts=content["accounts"],
        changes=tuple(
            AccountChange(account, reason, tuple(FieldChange(f, decoded(old), decoded(new)) for f, old, new in fields))
            for account, reason, fields in content["changes"]
        ),
        findings=tuple(
            Finding(account, field, Action(action), decoded(found), decoded(wanted))
            for account, field, action, found, wanted in content["findings"]
        ),
        unchanged_fields=content["unchanged_fields"],
        absent=tuple(content["absent"]),
    )
