"""Field values: from the JSON of the API to ours, and back.

Salesforce keeps numbers as decimals of a fixed scale, dates as `YYYY-MM-DD`, checkboxes as booleans that are never
blank, and a blank text as null (Object Reference: "Field Types").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from connectors.base import FieldSpec, FieldValue
from connectors.errors import CrmAnswerError
from connectors.values import at_scale

_NUMBERS = ("number", "currency", "percent")
_MOST_DIGITS = 18  # of a number field, both sides of the point


def from_salesforce(spec: FieldSpec, raw: object) -> FieldValue:
    """Return a field's value as the API gives it; blank is None, for a checkbox False.

    Raises:
        CrmAnswerError: the value is not of the field's type.
    """
    if spec.type == "checkbox":
        return bool(truth(raw)) if raw is not None else False
    if spec.type == "date":
        return day(raw)
    if spec.type in _NUMBERS:
        value = number(raw)
        return None if value is None else at_scale(value, spec.scale)
    return text(raw)


def to_salesforce(spec: FieldSpec, value: FieldValue) -> str | bool | Decimal | None:
    """Return what to send for a value; None clears the field, for a checkbox it is False.

    Raises:
        ValueError: the value is not of the field's type.
    """
    if spec.type == "checkbox" and (value is None or isinstance(value, bool)):
        return bool(value)
    if value is None or (value == "" and spec.type != "checkbox"):
        return None
    if spec.type == "date" and isinstance(value, date):
        return value.isoformat()
    if spec.type in _NUMBERS and isinstance(value, Decimal) and _fits(value):
        return at_scale(value, spec.scale)
    if spec.type in ("text", "long_text", "picklist") and isinstance(value, str):
        return value
    raise ValueError(f"{spec.key}: {type(value).__name__} is not a value of a {spec.type} field")


def to_json(value: object) -> str:
    """Return JSON in which a Decimal is a number with all its digits, which `json.dumps` refuses to write."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key)}:{to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(to_json(item) for item in value) + "]"
    return json.dumps(value, allow_nan=False)


def text(raw: object) -> str | None:
    """Return a text with plain newlines, blank as None; long texts edited in the browser come with CR LF."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise _unexpected(raw, "text")
    return raw.replace("\r\n", "\n") or None


def number(raw: object) -> Decimal | None:
    """Return a number without a trip through float."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal) or not _fits(Decimal(raw)):
        raise _unexpected(raw, "number")
    return Decimal(raw)


def _fits(value: Decimal) -> bool:
    return value.is_finite() and value.adjusted() < _MOST_DIGITS


def truth(raw: object) -> bool:
    """Return a boolean that cannot be blank."""
    if not isinstance(raw, bool):
        raise _unexpected(raw, "true or false")
    return raw


def day(raw: object) -> date | None:
    """Return a date; of a date with time, the day in UTC, in which the API gives it."""
    if raw is None:
        return None
    if not (isinstance(raw, str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", raw, flags=re.ASCII)):
        raise _unexpected(raw, "date")
    try:
        return date.fromisoformat(raw[:10])
    except ValueError:
        raise _unexpected(raw, "date") from None


def key_text(raw: object) -> str | None:
    """Return the customer number of a text or number field, without blanks around it."""
    if isinstance(raw, int | Decimal):
        return format((number(raw) or Decimal(0)).normalize(), "f")
    stripped = (text(raw) or "").strip()
    return stripped or None


def _unexpected(raw: object, expected: str) -> CrmAnswerError:
    # Only the kind is told: the value may be a person's words.
    return CrmAnswerError(f"a record holds a {type(raw).__name__} where a {expected} was expected")
