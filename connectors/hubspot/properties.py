"""Compare the portal's properties with the fields that we need: every fault found is named, at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.base import CrmOptions, FieldSpec
from connectors.hubspot.answers import Json

# HubSpot docs, "Properties API", property types: type and field types that a field of ours may have.
_EXPECTED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "text": (frozenset({"string"}), frozenset({"text", "textarea"})),
    "long_text": (frozenset({"string"}), frozenset({"text", "textarea"})),
    "picklist": (frozenset({"enumeration"}), frozenset({"select", "radio"})),
    "date": (frozenset({"date"}), frozenset({"date"})),
    "number": (frozenset({"number"}), frozenset({"number"})),
    "currency": (frozenset({"number"}), frozenset({"number"})),
    "percent": (frozenset({"number"}), frozenset({"number"})),
    "checkbox": (frozenset({"bool", "enumeration"}), frozenset({"booleancheckbox"})),
}

COMPANY_PROPERTIES = ("name", "hs_parent_company_id", "hubspot_owner_id")
DEAL_PROPERTIES = (
    "amount",
    "closedate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_deal_stage_probability",
    "hs_primary_associated_company",
)
"""What a deal is read by; `deal_currency_code` comes on top, which a portal with one currency does not have."""


def field_faults(fields: Sequence[FieldSpec], definitions: Iterable[Json]) -> Iterator[str]:
    """Yield what is wrong with each field of ours, as `name is ...`.

    Only fields that we write must be writable and offer every option; people's fields must be readable.
    """
    by_name = {str(one.get("name")): one for one in definitions}
    for spec in fields:
        name = spec.names["hubspot"]
        definition = by_name.get(name)
        if definition is None:
            yield f"{name} is missing"
            continue
        yield from _type_fault(spec, name, definition)
        if spec.owner == "product":
            yield from _write_faults(spec, name, definition)


def customer_faults(options: CrmOptions, definitions: Sequence[Json]) -> Iterator[str]:
    """Yield what is wrong with the customer's own properties that the configuration names."""
    yield from missing_names(options.of_accounts, definitions)
    for one in definitions:
        if one.get("name") == options.started_on and one.get("type") not in ("date", "datetime"):
            yield f"{options.started_on} is {one.get('type')}, expected date|datetime"


def deal_faults(options: CrmOptions, definitions: Sequence[Json]) -> Iterator[str]:
    """Yield what is wrong with the properties of deals, the customer's own included."""
    own = {options.deal_hours: ("number",), options.deal_starts_on: ("date", "datetime")}
    yield from missing_names([*DEAL_PROPERTIES, *(name for name in own if name)], definitions)
    for one in definitions:
        types = own.get(one.get("name"), ())
        if types and one.get("type") not in types:
            yield f"{one.get('name')} is {one.get('type')}, expected {'|'.join(types)}"


def missing_names(names: Iterable[str], definitions: Iterable[Json]) -> Iterator[str]:
    """Yield each name that no definition has, as `name is missing`."""
    known = {one.get("name") for one in definitions}
    yield from (f"{name} is missing" for name in names if name not in known)


def _type_fault(spec: FieldSpec, name: str, definition: Json) -> Iterator[str]:
    types, field_types = _EXPECTED[spec.type]
    found, found_field = str(definition.get("type")), str(definition.get("fieldType"))
    if found not in types or found_field not in field_types:
        expected = f"{'|'.join(sorted(types))} ({'|'.join(sorted(field_types))})"
        yield f"{name} is {found} ({found_field}), expected {expected}"


def _write_faults(spec: FieldSpec, name: str, definition: Json) -> Iterator[str]:
    metadata = definition.get("modificationMetadata")
    is_locked = isinstance(metadata, Mapping) and metadata.get("readOnlyValue") is True
    if is_locked or definition.get("calculated") is True:
        yield f"{name} is read-only"
    if spec.type == "picklist":
        options = definition.get("options")
        offered = (
            {one.get("value") for one in options if isinstance(one, Mapping)} if isinstance(options, list) else set()
        )
        lacking = [value for value in spec.values if value not in offered]
        if lacking:
            yield f"{name} lacks the option {', '.join(lacking)}"
