"""Compare one field three ways: what we last confirmed, what the CRM holds, what we want."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.base import FieldSpec, FieldValue
from sync.values import normalised


class Action(StrEnum):
    """What a comparison asks for.

    WRITE: the CRM holds our last value, or a blank that nobody filled, and we want another.
    ADOPT: the CRM already holds what we want; remember it as ours, write nothing.
    NOTHING: all three agree.
    OVERRIDE: a person replaced our value, and we still want the same one; the person's stands.
    CONFLICT: a person replaced our value, and we meanwhile want a third; the person's stands.
    FOREIGN: a value that we never wrote is in the way; it stands.
    """

    WRITE = "write"
    ADOPT = "adopt"
    NOTHING = "nothing"
    OVERRIDE = "override"
    CONFLICT = "conflict"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Base:
    """The value of a field that we last confirmed in the CRM; no `Base` at all means: never ours."""

    value: FieldValue


def compare(spec: FieldSpec, base: Base | None, *, found: FieldValue, wanted: FieldValue) -> Action:
    """Decide what to do about one field of one account.

    Args:
        spec: the field; all values are compared in its type and scale.
        base: what we last confirmed there, None if never.
        found: what the CRM holds now.
        wanted: what the verdict asks for.

    Raises:
        PlanError: a value's type is not the field's.
    """
    found, wanted = normalised(spec, found), normalised(spec, wanted)
    if base is None:
        return _without_base(found, wanted, blank=normalised(spec, None))
    ours = normalised(spec, base.value)
    if found == ours:
        return Action.NOTHING if wanted == ours else Action.WRITE
    if found == wanted:
        return Action.ADOPT
    return Action.OVERRIDE if wanted == ours else Action.CONFLICT


def _without_base(found: FieldValue, wanted: FieldValue, *, blank: FieldValue) -> Action:
    if found == wanted:
        return Action.NOTHING if found == blank else Action.ADOPT
    return Action.WRITE if found == blank else Action.FOREIGN
