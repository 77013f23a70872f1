from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from connectors.base import FieldSpec
from sync.compare import Action, Base, compare
from sync.errors import PlanError
from sync.values import decoded, encoded, normalised


def field(kind, **more):
    return FieldSpec("f", "F", "", kind, "product", "tier", {}, **more)


TEXT = field("text", length=10)
MONEY = field("currency", scale=2)
CHECKBOX = field("checkbox")


@pytest.mark.parametrize(
    ("base", "found", "wanted", "action"),
    [
        (None, None, "w", Action.WRITE),
        (None, "w", "w", Action.ADOPT),
        (None, "other", "w", Action.FOREIGN),
        (None, None, None, Action.NOTHING),
        (None, "other", None, Action.FOREIGN),
        (Base("b"), "b", "b", Action.NOTHING),
        (Base("b"), "b", "w", Action.WRITE),
        (Base("b"), "w", "w", Action.ADOPT),
        (Base("b"), "h", "b", Action.OVERRIDE),
        (Base("b"), "h", "w", Action.CONFLICT),
        (Base("b"), None, "b", Action.OVERRIDE),
        (Base("b"), None, "w", Action.CONFLICT),
        (Base("b"), "b", None, Action.WRITE),
        (Base(None), None, "w", Action.WRITE),
        (Base(None), "h", "w", Action.CONFLICT),
        (Base(None), "h", None, Action.OVERRIDE),
    ],
)
def test_three_way_table(base, found, wanted, action):
    assert compare(TEXT, base, found=found, wanted=wanted) is action


@pytest.mark.parametrize(
    ("base", "found", "wanted", "action"),
    [
        (None, None, False, Action.NOTHING),
        (None, False, True, Action.WRITE),
        (None, True, False, Action.FOREIGN),
        (Base(True), False, True, Action.OVERRIDE),
        (Base(True), None, True, Action.OVERRIDE),
        (Base(True), None, False, Action.ADOPT),
        (Base(False), None, False, Action.NOTHING),
    ],
)
def test_a_blank_checkbox_is_false(base, found, wanted, action):
    assert compare(CHECKBOX, base, found=found, wanted=wanted) is action


def test_numbers_are_compared_at_the_scale_of_their_field():
    assert compare(MONEY, Base(Decimal("10.0")), found=Decimal("10.004"), wanted=Decimal(10)) is Action.NOTHING
    assert compare(MONEY, Base(Decimal(10)), found=Decimal("10.01"), wanted=Decimal(10)) is Action.OVERRIDE


@pytest.mark.parametrize(
    ("spec", "value", "form"),
    [
        (MONEY, Decimal("0.005"), "0.01"),
        (MONEY, Decimal("-0.005"), "-0.01"),
        (MONEY, Decimal("-0.004"), "0.00"),
        (MONEY, Decimal("1E+3"), "1000.00"),
        (field("number"), Decimal("2.5"), "3"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(spec, value, form):
    assert str(normalised(spec, value)) == form


@pytest.mark.parametrize(
    ("value", "form"),
    [("", None), ("  ", None), (" a\r\nb ", "a\nb"), ("0123456789", "0123456789"), ("0123456789x", "012345678…")],
)
def test_text_is_kept_as_the_crm_stores_it(value, form):
    assert normalised(TEXT, value) == form


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        (MONEY, "10"),
        (MONEY, True),
        (CHECKBOX, "true"),
        (TEXT, Decimal(1)),
        (field("date"), datetime(2026, 1, 1)),  # noqa: DTZ001 - a wrong value on purpose
        (field("date"), "2026-01-01"),
    ],
)
def test_a_value_of_another_type_is_refused_and_named(spec, value):
    with pytest.raises(PlanError, match="expected") as caught:
        normalised(spec, value)

    assert caught.value.where == "field f"


@pytest.mark.parametrize("value", [None, True, False, "", "x", Decimal("-1.50"), Decimal("1E+2"), date(2026, 2, 28)])
def test_stored_values_come_back_exactly(value):
    back = decoded(encoded(value))

    assert (type(back), str(back)) == (type(value), str(value))


def test_an_unknown_encoding_is_refused():
    with pytest.raises(ValueError, match="not an encoded"):
        decoded({"colour": "red"})
