from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from connectors.exports.cells import (
    NUMBER_FORMATS,
    CellFaultError,
    Number,
    as_text,
    money_minor,
    read_boolean,
    read_date,
    read_decimal,
    read_integer,
    read_number,
)
from connectors.exports.durations import read_duration_seconds

PLAIN, EN, NL, FI, CH = (NUMBER_FORMATS[name] for name in ("plain", "en", "nl", "fi", "ch"))


@pytest.mark.parametrize(
    ("text", "number_format", "value"),
    [
        ("1,234.56", EN, "1234.56"),
        ("1234.56", EN, "1234.56"),
        (".5", EN, "0.5"),
        ("1.234,56", NL, "1234.56"),
        ("1 234,56", FI, "1234.56"),
        ("1\u00a0234\u00a0567,5", FI, "1234567.5"),
        ("1\u202f234,56", FI, "1234.56"),
        ("1'234.56", CH, "1234.56"),
        ("1\u2019234.56", CH, "1234.56"),
        ("-1", EN, "-1"),
        ("\u22121", EN, "-1"),
        ("1-", EN, "-1"),
        ("(1,045.50)", EN, "-1045.50"),
        ("($1,045.50)", EN, "-1045.50"),
        ("-$5", EN, "-5"),
        ("$-5", EN, "-5"),
        ("+5", EN, "5"),
        ("€ 12,-", NL, "12"),
        ("12 EUR", PLAIN, "12"),
        ("  007 ", PLAIN, "7"),
    ],
)
def test_a_number_is_read_as_the_format_writes_it(text, number_format, value):
    assert read_number(text, number_format).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "number_format"),
    [
        ("12.34", NL),  # a careless reader makes 1234 of it
        ("1,23", EN),
        ("0,125", EN),
        ("12,34.5", EN),
        ("1,2345", EN),
        ("1.234.56", NL),
        ("1,234", PLAIN),
        ("1 234", EN),
        ("1e3", EN),
        ("-0.0.66962", EN),
        ("(-5)", EN),
        ("-5-", EN),
        ("(5", EN),
        ("5)", EN),
        ("$5 USD", EN),
        ("-", EN),
        ("€", EN),
        ("", EN),
        ("NaN", EN),
        ("١٢", EN),
        ("0x10", EN),
    ],
)
def test_a_number_written_otherwise_is_refused(text, number_format):
    with pytest.raises(CellFaultError, match="not a number"):
        read_number(text, number_format)


def test_a_number_of_a_workbook_has_the_15_digits_that_the_sheet_shows():
    assert read_number(0.1 + 0.2, EN).value == Decimal("0.3")
    assert read_number(1960.17, NL).value == Decimal("1960.17")
    assert as_text(1001.0) == "1001"


@pytest.mark.parametrize(
    ("number", "currency", "minor"),
    [
        (Number(Decimal("12.50")), "EUR", 1250),
        (Number(Decimal(12), "€"), "EUR", 1200),
        (Number(Decimal("250000.0000")), "JPY", 250000),
        (Number(Decimal("1.005")), "BHD", 1005),
        (Number(Decimal(3), "$"), "CAD", 300),
    ],
)
def test_money_is_in_minor_units_of_its_currency(number, currency, minor):
    assert money_minor(number, currency) == minor


@pytest.mark.parametrize(
    ("number", "currency", "what"),
    [
        (Number(Decimal("1.005")), "EUR", "more digits than EUR knows"),
        (Number(Decimal("0.5")), "JPY", "more digits than JPY knows"),
        (Number(Decimal(1), "$"), "EUR", r"marked \$"),
        (Number(Decimal(1), "USD"), "EUR", "marked USD"),
    ],
)
def test_money_that_contradicts_its_currency_is_refused(number, currency, what):
    with pytest.raises(CellFaultError, match=what):
        money_minor(number, currency)


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("2026-03-04", "%Y-%m-%d"),
        ("4/3/2026", "%d/%m/%Y"),
        ("03/04/2026", "%m/%d/%Y"),
        ("04.03.2026", "%d.%m.%Y"),
        ("04 Mar 2026", "%d %b %Y"),
        (date(2026, 3, 4), "%m/%d/%Y"),
        (datetime(2026, 3, 4, 9, 30), "%m/%d/%Y"),  # noqa: DTZ001  a cell of a workbook has no zone
        (46085.0, "%m/%d/%Y"),
    ],
)
def test_a_date_is_read_by_its_format(cell, date_format):
    assert read_date(cell, date_format) == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("cell", "date_format"),
    [
        ("31.02.2026", "%d.%m.%Y"),
        ("13/04/2026", "%m/%d/%Y"),
        ("2026-03-04x", "%Y-%m-%d"),
        ("0026-03-04", "%Y-%m-%d"),
        ("", "%Y-%m-%d"),
        (45691.5, "%Y-%m-%d"),
        (-3.0, "%Y-%m-%d"),
        (True, "%Y-%m-%d"),
    ],
)
def test_a_day_that_is_none_is_refused(cell, date_format):
    with pytest.raises(CellFaultError):
        read_date(cell, date_format)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("1:30", 5400),
        ("01:30:00", 5400),
        ("26:30", 95400),
        ("1.5", 5400),
        ("7.933333333333334", 28560),
        ("0.01", 36),
        ("0.0001", 0),
        ("1h 30m", 5400),
        ("1 u 30 min", 5400),
        ("1.5h", 5400),
        ("90m", 5400),
        ("0:00:59", 59),
        (timedelta(hours=26, minutes=30), 95400),
        (time(1, 30), 5400),
        (1.5, 5400),
    ],
)
def test_a_time_span_is_whole_seconds(cell, seconds):
    assert read_duration_seconds(cell, EN, "hours") == seconds


def test_half_a_second_goes_up():
    assert read_duration_seconds("0.5", EN, "seconds") == 1
    assert read_duration_seconds("1.5", EN, "seconds") == 2


def test_hours_may_have_a_decimal_comma():
    assert read_duration_seconds("7,5", NL, "hours") == 27000


@pytest.mark.parametrize("cell", ["1:75", "1:30:99", "-1", "7,5", "", "h", "1h30x", "1:30 PM", "€ 5"])
def test_a_time_span_that_is_none_is_refused(cell):
    with pytest.raises(CellFaultError):
        read_duration_seconds(cell, EN, "hours")


def test_a_bare_number_needs_a_unit():
    with pytest.raises(CellFaultError, match="hours, minutes or seconds"):
        read_duration_seconds("90", EN, None)


@pytest.mark.parametrize(("text", "answer"), [("Yes", True), ("no", False), ("JA", True), ("nee", False), ("1", True)])
def test_yes_and_no(text, answer):
    assert read_boolean(text) is answer


def test_maybe_is_refused():
    with pytest.raises(CellFaultError):
        read_boolean("maybe")


def test_whole_and_decimal_numbers():
    assert read_integer("46", PLAIN) == 46
    assert read_decimal("0.250", PLAIN) == "0.250"
    with pytest.raises(CellFaultError, match="whole"):
        read_integer("46.5", PLAIN)


@pytest.mark.parametrize("cell", [100, date(1905, 1, 1), datetime.fromisoformat("1905-01-01"), "1905-01-01"])
def test_a_day_before_any_export_is_refused_however_it_is_stored(cell):
    with pytest.raises(CellFaultError, match=r"a day in the year 190"):
        read_date(cell, "%Y-%m-%d")


@pytest.mark.parametrize("cell", ["25:61:00", "-01:30:00", "1:30:00.5", "=1+1"])
def test_a_time_span_that_is_none_is_told_as_that(cell):
    with pytest.raises(CellFaultError, match="no time span"):
        read_duration_seconds(cell, EN, "hours")


@pytest.mark.parametrize("cell", ["9" * 20, "9" * 20 + "m", "9" * 20 + ":00", 1e18])
def test_hours_that_no_ledger_could_hold_are_refused(cell):
    with pytest.raises(CellFaultError):
        read_duration_seconds(cell, EN, "hours")
