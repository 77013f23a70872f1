"""Field values to and from the strings that HubSpot stores.

HubSpot docs, "Properties API", property types: every value travels as a string, a blank one comes back as null and is
written as "". A percentage is a plain number there, so 12.5 % is "12.5".
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from connectors.base import FieldSpec, FieldValue
from connectors.values import at_scale

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_hubspot(spec: FieldSpec, value: FieldValue) -> str:
    """Return the string to store; None clears.

    Raises:
        ValueError: the value is not of the field's type (a fault of ours).
    """
    if value is None:
        return ""
    match spec.type, value:
        case "checkbox", bool():
            return "true" if value else "false"
        case (("number" | "currency" | "percent"), Decimal()):
            return f"{at_scale(value, spec.scale):f}"
        case "date", date() if not isinstance(value, datetime):
            return value.isoformat()
        case (("text" | "long_text" | "picklist"), str()):
            return value
    raise ValueError(f"{spec.key}: {type(value).__name__} is not a value of a {spec.type} field")


def from_hubspot(spec: FieldSpec, stored: str) -> FieldValue:
    """Return the value of a stored string that is not blank.

    Raises:
        ValueError: the string is not of the field's type; the message does not quote it.
    """
    match spec.type:
        case "checkbox":
            return checkbox(stored)
        case "number" | "currency" | "percent":
            return at_scale(number(stored), spec.scale)
        case "date":
            return day(stored)
        case _:
            return stored


def number(stored: str) -> Decimal:
    """Return a stored number.

    Raises:
        ValueError: it is none.
    """
    try:
        value = Decimal(stored)
    except InvalidOperation as error:
        raise ValueError("not a number") from error
    at_scale(value, 0)  # raises for one that is not finite or too long
    return value


def checkbox(stored: str) -> bool:
    """Return a stored single checkbox.

    Raises:
        ValueError: it is neither true nor false.
    """
    found = {"true": True, "false": False}.get(stored.lower())
    if found is None:
        raise ValueError("neither true nor false")
    return found


def day(stored: str, *, zone: tzinfo = UTC) -> date:
    """Return the day of a stored date (`2026-03-31`, or milliseconds at midnight UTC) or of a moment.

    A moment other than midnight UTC was picked by a person and is shown to people in their own zone: it counts as the
    day in `zone`. Midnight UTC is how dates without a time are written, and is taken as that day.

    Raises:
        ValueError: it is no date.
    """
    try:
        if stored.lstrip("-").isdigit():
            moment = _EPOCH + timedelta(milliseconds=int(stored))
        else:
            moment = datetime.fromisoformat(stored)
    except (ValueError, OverflowError) as error:
        raise ValueError("not a date") from error
    if moment.tzinfo is None or moment.astimezone(UTC).time() == time():
        return moment.date() if moment.tzinfo is None else moment.astimezone(UTC).date()
    return moment.astimezone(zone).date()
