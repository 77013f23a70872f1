"""What HubSpot takes into a property, how it shows it, and how it describes it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.sandbox.schema import FieldDef, Schema, is_plain_date
from connectors.sandbox.store import Cell, Record

SINGULAR: Mapping[str, str] = {"companies": "COMPANY", "deals": "DEAL"}
_KINDS: Mapping[str, tuple[str, str]] = {
    "text": ("string", "text"),
    "long_text": ("string", "textarea"),
    "picklist": ("enumeration", "select"),
    "checkbox": ("bool", "booleancheckbox"),
    "date": ("date", "date"),
    "datetime": ("datetime", "date"),
    "number": ("number", "number"),
    "currency": ("number", "number"),
    "percent": ("number", "number"),
}
_BOOLEANS = {"true": "Yes", "false": "No"}
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_STRING_LIMIT = 65_536


class HubSpotError(Exception):
    """A refusal of a whole request; `fields` are added to the body."""

    def __init__(self, status: int, category: str, message: str, **fields: object) -> None:
        super().__init__(message)
        self.status, self.category, self.message, self.fields = status, category, message, fields

    def body(self) -> dict[str, Any]:
        """Return the error body.

        Source: HubSpot "Error handling".
        """
        return {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            **self.fields,
            "category": self.category,
        }


class PropertyError(Exception):
    """One property value that HubSpot refuses."""

    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code, self.message = name, code, message

    def entry(self) -> dict[str, Any]:
        """Return the entry of `errors`; it names no record, as with the vendor."""
        return {"message": self.message, "code": self.code, "context": {"propertyName": [self.name]}}


def check_all(schema: Schema, object_name: str, inputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Cell]]:
    """Return the values of every input as HubSpot would store them.

    Raises:
        HubSpotError: one value is refused, and with it the whole batch.
    """
    checked: list[dict[str, Cell]] = []
    refused: list[dict[str, Any]] = []
    for properties in inputs:
        try:
            checked.append({name: _checked(schema, object_name, name, value) for name, value in properties.items()})
        except PropertyError as error:
            refused.append(error.entry())
    if refused:
        told = "; ".join(entry["message"] for entry in refused)
        raise HubSpotError(400, "VALIDATION_ERROR", f"Property values were not valid: {told}", errors=refused)
    return checked


def _checked(schema: Schema, object_name: str, name: str, value: object) -> str | None:
    each = schema.fields(object_name).get(name)
    if each is None:
        raise PropertyError(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if not schema.is_writable(each):
        raise PropertyError(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    if not isinstance(value, str):
        raise HubSpotError(400, "VALIDATION_ERROR", f"Invalid input JSON: the value of {name} is not a string")
    return _stored(each, value) if value else None


def _stored(each: FieldDef, value: str) -> str:
    kind = _KINDS[each.type][0]
    if kind == "number":
        return _number(each, value)
    if kind == "date":
        return _date(each, value)
    if kind == "datetime":
        return _datetime(each, value)
    options = _BOOLEANS if kind == "bool" else each.options
    if options and value not in options:
        message = f"{value} was not one of the allowed options: [{', '.join(options)}]"
        raise PropertyError(each.name, "INVALID_OPTION", message)
    if len(value) > _STRING_LIMIT:
        raise PropertyError(each.name, "INVALID_STRING", f"the value is longer than {_STRING_LIMIT} characters")
    return value


def _number(each: FieldDef, value: str) -> str:
    """Return a number in its shortest form: `12.50` comes back as `12.5`, so texts must not be compared."""
    if not _NUMBER.fullmatch(value):
        raise PropertyError(each.name, "INVALID_INTEGER", f"{value} was not a valid number.")
    return format(Decimal(value).normalize() + 0, "f")


def _date(each: FieldDef, value: str) -> str:
    """Return a date given as YYYY-MM-DD or as milliseconds of a midnight in UTC."""
    if is_plain_date(value):
        return value
    try:
        moment = datetime.fromtimestamp(int(value) / 1000, UTC)
    except (ValueError, OverflowError) as error:
        raise PropertyError(each.name, "INVALID_DATE", f"{value} is not a valid date.") from error
    if moment.time() != datetime.min.time():
        raise PropertyError(each.name, "INVALID_DATE", f"{value} is at {moment.time()} UTC, not midnight!")
    return moment.date().isoformat()


def _datetime(each: FieldDef, value: str) -> str:
    try:
        moment = datetime.fromtimestamp(int(value) / 1000, UTC) if value.isdigit() else datetime.fromisoformat(value)
    except (ValueError, OverflowError) as error:
        raise PropertyError(each.name, "INVALID_DATE", f"{value} is not a valid date-time.") from error
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(schema: Schema, object_name: str, record: Record, names: Sequence[str]) -> dict[str, Any]:
    """Return a record as the API shows it; unknown names are left out without a word, as with the vendor."""
    system = {
        "hs_object_id": record.id,
        "createdate": record.created_at,
        "hs_lastmodifieddate": record.modified_at,
    }
    visible = schema.fields(object_name)
    asked = {name: record.values.get(name) for name in names if name in visible}
    archived = {"archivedAt": record.modified_at} if record.is_deleted else {}
    return {
        "id": record.id,
        "properties": {**asked, **system},
        "createdAt": record.created_at,
        "updatedAt": record.modified_at,
        "archived": record.is_deleted,
        **archived,
    }


def describe_property(schema: Schema, each: FieldDef) -> dict[str, Any]:
    """Return the definition of one property, as the properties API gives it."""
    kind, field_type = _KINDS[each.type]
    options = _BOOLEANS if kind == "bool" else each.options
    is_ours = each.owner != "crm"
    return {
        "name": each.name,
        "label": each.label,
        "type": kind,
        "fieldType": field_type,
        "description": each.help,
        "groupName": "whalecurve" if is_ours else "companyinformation",
        "options": [
            {"label": label, "value": value, "displayOrder": place, "hidden": False, "description": ""}
            for place, (value, label) in enumerate(options.items())
        ],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": not each.is_custom,
        "formField": False,
        "archived": False,
        "modificationMetadata": {
            "archivable": each.is_custom,
            "readOnlyDefinition": not each.is_custom,
            "readOnlyValue": not schema.is_writable(each),
        },
    }
