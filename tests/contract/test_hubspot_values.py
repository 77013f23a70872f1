"""Values survive the way through HubSpot's strings."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import FieldSpec
from connectors.hubspot.values import day, from_hubspot, number, to_hubspot


def field(type_, *, scale=0):
    return FieldSpec(
        key="k", label="K", help="", type=type_, owner="product", profile="tier", names={"hubspot": "k"}, scale=scale
    )


@pytest.mark.parametrize(
    ("spec", "value", "stored"),
    [
        (field("text"), "= 1 & <b>", "= 1 & <b>"),
        (field("picklist"), "Final", "Final"),
        (field("date"), date(2026, 3, 31), "2026-03-31"),
        (field("checkbox"), True, "true"),
        (field("checkbox"), False, "false"),
        (field("number"), Decimal("87.5"), "88"),
        (field("currency", scale=2), Decimal("-1234.5"), "-1234.50"),
        (field("percent", scale=1), Decimal("12.5"), "12.5"),
        (field("number"), Decimal("1E+3"), "1000"),
        (field("currency", scale=2), Decimal("-0.001"), "0.00"),
        (field("text"), None, ""),
        (field("checkbox"), None, ""),
    ],
)
def test_stored_form(spec, value, stored):
    assert to_hubspot(spec, value) == stored


@given(st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False), st.integers(0, 4))
def test_a_number_written_is_the_number_read_at_its_scale(value, scale):
    spec = field("number", scale=scale)

    once = from_hubspot(spec, to_hubspot(spec, value))

    assert abs(once - value) <= Decimal(5).scaleb(-scale - 1)
    assert from_hubspot(spec, to_hubspot(spec, once)) == once


@given(st.dates())
def test_a_date_written_is_the_date_read(value):
    assert from_hubspot(field("date"), to_hubspot(field("date"), value)) == value


def test_trailing_zeros_are_no_difference():
    assert from_hubspot(field("percent", scale=2), "12.5") == from_hubspot(field("percent", scale=2), "12.50")


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_date_in_milliseconds_at_midnight_utc_is_that_date(value):
    moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    milliseconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert day(str(milliseconds), zone=timezone(timedelta(hours=-5))) == value


def test_a_moment_is_the_day_that_people_see():
    new_york = timezone(timedelta(hours=-5))

    assert day("2026-04-01T02:30:00.000Z", zone=new_york) == date(2026, 3, 31)
    assert day("2026-04-01T00:00:00Z", zone=new_york) == date(2026, 4, 1)


@pytest.mark.parametrize("stored", ["", "abc", "NaN", "Infinity", "1,5", "1e999999"])
def test_what_is_no_number_is_refused_without_quoting_it(stored):
    with pytest.raises(ValueError, match="not a number") as caught:
        number(stored)

    assert not stored or stored not in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "stored"),
    [("date", "31.03.2026"), ("date", "9" * 30), ("date", "--5"), ("date", "²"), ("checkbox", "yes"), ("number", "x")],
)
def test_what_is_not_of_the_type_is_refused(type_, stored):
    with pytest.raises(ValueError, match=r"not a date|neither true nor false|not a number"):
        from_hubspot(field(type_), stored)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("number", "5"),
        ("number", True),
        ("text", Decimal(5)),
        ("checkbox", "true"),
        ("date", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_value_of_another_type_is_our_own_fault(type_, value):
    with pytest.raises(ValueError, match="is not a value of"):
        to_hubspot(field(type_), value)
