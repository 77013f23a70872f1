"""Field values as they are compared, stored and hashed: one form per type, exact both ways."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias, TypeVar

from connectors.base import FieldSpec, FieldValue
from connectors.values import at_scale
from sync.errors import PlanError

Encoded: TypeAlias = str | bool | dict[str, str] | None
"""A field value as JSON holds it: numbers and dates are tagged, so that no type is lost."""

Kind = TypeVar("Kind", str, bool, date, Decimal)

_CUT = "…"


def normalised(spec: FieldSpec, value: FieldValue) -> FieldValue:
    r"""Return a value in the one form that its field knows.

    Blank is the type's default: False for a checkbox, None for all others. Numbers carry the field's scale,
    halves away from zero. Text has no outer blanks and `\n` line ends, as both CRMs store it, and at most
    the field's length: a longer one is cut and ends in an ellipsis.

    Raises:
        PlanError: the value's type is not the field's.
    """
    match spec.type:
        case "checkbox":
            return _typed(spec, False if value is None else value, bool)
        case _ if value is None:
            return None
        case "date":
            return _typed(spec, value, date)
        case "number" | "currency" | "percent":
            return at_scale(_typed(spec, value, Decimal), spec.scale)
        case _:
            return _fitted(_typed(spec, value, str), spec.length)


def _fitted(text: str, length: int) -> str | None:
    lines = "\n".join(text.splitlines()).strip()
    return (lines if len(lines) <= length else lines[: length - len(_CUT)].rstrip() + _CUT) or None


def _typed(spec: FieldSpec, value: FieldValue, kind: type[Kind]) -> Kind:
    if type(value) is not kind:
        raise PlanError(
            f"a {spec.type} field holds a value of type {type(value).__name__}, expected {kind.__name__}",
            where=f"field {spec.key}",
            remedy="Check the type of this field in the CRM: `whalecurve doctor`.",
        )
    return value


def encoded(value: FieldValue) -> Encoded:
    """Return a value as JSON can hold it; `decoded` gives it back exactly."""
    match value:
        case Decimal():
            return {"number": str(value)}
        case date():
            return {"date": value.isoformat()}
        case _:
            return value


def decoded(value: Encoded) -> FieldValue:
    """Return the value that `encoded` was given."""
    match value:
        case {"number": number}:
            return Decimal(number)
        case {"date": day}:
            return date.fromisoformat(day)
        case dict():
            raise ValueError(f"not an encoded field value: {sorted(value)}")
        case _:
            return value
