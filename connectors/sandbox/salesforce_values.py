"""What Salesforce takes into a field, how it shows it, and how it describes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from connectors.sandbox.ids import parse_salesforce_id
from connectors.sandbox.schema import FieldDef, Schema, is_plain_date
from connectors.sandbox.store import Cell, Record

_TYPE_NAME: Mapping[str, str] = {
    "text": "string",
    "long_text": "textarea",
    "number": "double",
    "checkbox": "boolean",
}
_SOAP_TYPE: Mapping[str, str] = {
    "checkbox": "xsd:boolean",
    "number": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "id": "tns:ID",
    "reference": "tns:ID",
}
_NUMBERS = frozenset({"number", "currency", "percent"})


class SalesforceError(Exception):
    """A refusal: of a request with an HTTP status, or of one record inside a batch."""

    def __init__(self, code: str, message: str, *, fields: tuple[str, ...] = (), status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.fields, self.status = code, message, fields, status

    def as_request_error(self) -> dict[str, Any]:
        """Return the entry of a request's error list."""
        error: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        return {**error, "fields": list(self.fields)} if self.fields else error

    def as_record_error(self) -> dict[str, Any]:
        """Return the entry of a record's `errors` in a batch."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}


def check_values(schema: Schema, object_name: str, values: Mapping[str, object]) -> dict[str, Cell]:
    """Return the values as Salesforce would store them.

    Raises:
        SalesforceError: the first field that Salesforce would refuse.
    """
    fields = schema.fields(object_name)
    checked: dict[str, Cell] = {}
    for name, value in values.items():
        each = fields.get(name)
        if each is None:
            raise no_such_column(name, object_name)
        if not schema.is_writable(each):
            raise SalesforceError(
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {name}. Please check the security settings of this field and verify "
                "that it is read/write for your profile or permission set.",
                fields=(name,),
            )
        checked[name] = _stored(each, value)
    return checked


def no_such_column(name: str, object_name: str, prefix: str = "") -> SalesforceError:
    """Return the refusal of a field that does not exist or that field-level security hides."""
    return SalesforceError(
        "INVALID_FIELD",
        f"{prefix}No such column '{name}' on entity '{object_name}'. If you are attempting to use a custom field, be "
        "sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
        "appropriate names.",
    )


def _stored(each: FieldDef, value: object) -> Cell:
    if each.type == "checkbox":
        if value is not None and not isinstance(value, bool):
            raise _wrong_type(each, value)
        return bool(value)
    if value is None or value == "":
        return None
    if each.type in _NUMBERS:
        return _number(each, value)
    if not isinstance(value, str):
        raise _wrong_type(each, value)
    if each.type == "date":
        return _date(each, value)
    if each.type == "reference":
        return _reference(each, value)
    return _text(each, value)


def _text(each: FieldDef, value: str) -> str:
    if each.length and len(value) > each.length:
        raise SalesforceError(
            "STRING_TOO_LONG",
            f"{each.label}: data value too large: {value} (max length={each.length})",
            fields=(each.name,),
        )
    if each.options and value not in each.options:
        raise SalesforceError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{each.label}: bad value for restricted picklist field: {value}",
            fields=(each.name,),
        )
    return value


def _number(each: FieldDef, value: object) -> float:
    number = _decimal(each, value)
    limit = Decimal(10) ** (each.precision - each.scale)
    if abs(number) < limit:
        number = number.quantize(Decimal(1).scaleb(-each.scale), ROUND_HALF_UP)
    if abs(number) >= limit:
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"{each.label}: value outside of valid range on numeric field: {value}",
            fields=(each.name,),
        )
    return float(number)


def _decimal(each: FieldDef, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong_type(each, value)
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _wrong_type(each, value) from error
    if not number.is_finite():
        raise _wrong_type(each, value)
    return number


def _date(each: FieldDef, value: str) -> str:
    if not is_plain_date(value):
        raise _wrong_type(each, value)
    return value


def _reference(each: FieldDef, value: str) -> str:
    record_id = parse_salesforce_id(value)
    if record_id is None:
        raise SalesforceError("MALFORMED_ID", f"{each.label}: id value of incorrect type: {value}", fields=(each.name,))
    return record_id


def _wrong_type(each: FieldDef, value: object) -> SalesforceError:
    kind = _TYPE_NAME.get(each.type, each.type)
    return SalesforceError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{each.label}: value not of required type ({kind}): {value}",
        fields=(each.name,),
    )


def row_of(record: Record) -> dict[str, Cell]:
    """Return every field of a record as the API shows it, system fields included."""
    return {
        **record.values,
        "Id": record.id,
        "IsDeleted": record.is_deleted,
        "MasterRecordId": record.merged_into,
        "CreatedDate": _moment(record.created_at),
        "LastModifiedDate": _moment(record.modified_at),
        "SystemModstamp": _moment(record.modified_at),
    }


def shown(each: FieldDef, row: Mapping[str, Cell]) -> Cell:
    """Return one field of a row as the API shows it; a checkbox is never null."""
    value = row.get(each.name)
    return bool(value) if each.type == "checkbox" else value


def _moment(stamp: str) -> str:
    return stamp.replace("Z", "+0000")


def parse_moment(text: str) -> datetime:
    """Return a date-time of a query or a row."""
    return datetime.fromisoformat(text)


def is_moment(text: str) -> bool:
    """Tell whether a text is a date-time with its zone."""
    try:
        return parse_moment(text).tzinfo is not None
    except ValueError:
        return False


def describe_field(schema: Schema, each: FieldDef) -> dict[str, Any]:
    """Return the description of one field, as `sobjects/X/describe` gives it."""
    is_number = each.type in _NUMBERS
    return {
        "name": each.name,
        "label": each.label,
        "type": _TYPE_NAME.get(each.type, each.type),
        "soapType": _SOAP_TYPE.get(each.type, "xsd:string"),
        "length": 18 if each.type in {"id", "reference"} else each.length,
        "precision": each.precision if is_number else 0,
        "scale": each.scale if is_number else 0,
        "custom": each.is_custom,
        "calculated": False,
        "nillable": each.type not in {"checkbox", "id"},
        "createable": schema.is_writable(each),
        "updateable": schema.is_writable(each),
        "filterable": each.type != "long_text",
        "sortable": each.type != "long_text",
        "inlineHelpText": each.help or None,
        "referenceTo": [each.refers_to] if each.refers_to else [],
        "relationshipName": each.name.removesuffix("Id") if each.refers_to else None,
        "restrictedPicklist": bool(each.options),
        "picklistValues": [
            {"active": True, "defaultValue": False, "label": label, "validFor": None, "value": value}
            for value, label in each.options.items()
        ],
    }
