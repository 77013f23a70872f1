"""What counts as a fault of a portal's properties."""

from dataclasses import replace

import pytest

from connectors.base import FieldSpec
from connectors.hubspot.properties import field_faults

TIER = FieldSpec(
    key="tier",
    label="Tier",
    help="",
    type="picklist",
    owner="product",
    profile="tier",
    names={"hubspot": "profit_tier"},
    values={"A": "Best", "B": "Good"},
)
GOOD = {
    "name": "profit_tier",
    "type": "enumeration",
    "fieldType": "select",
    "options": [{"value": "A"}, {"value": "B"}, {"value": "extra"}],
    "modificationMetadata": {"readOnlyValue": False},
}


def test_a_property_as_we_need_it_has_no_fault():
    assert list(field_faults([TIER], [GOOD])) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "other"}, "profit_tier is missing"),
        ({"options": [{"value": "B"}]}, "profit_tier lacks the option A"),
        ({"options": None}, "profit_tier lacks the option A, B"),
        ({"modificationMetadata": {"readOnlyValue": True}}, "profit_tier is read-only"),
        ({"calculated": True}, "profit_tier is read-only"),
        ({"type": "string", "fieldType": "text"}, "profit_tier is string (text), expected enumeration (radio|select)"),
        ({"fieldType": "checkbox"}, "profit_tier is enumeration (checkbox), expected enumeration (radio|select)"),
    ],
)
def test_each_fault_is_told_by_name(change, fault):
    assert list(field_faults([TIER], [{**GOOD, **change}])) == [fault]


def test_a_field_of_people_need_not_be_writable_or_complete():
    locked = {**GOOD, "options": [], "modificationMetadata": {"readOnlyValue": True}}

    assert list(field_faults([replace(TIER, owner="people")], [locked])) == []
