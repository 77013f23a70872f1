"""Rates by day, against the figures that the European Central Bank published, taken from its list by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import InputError
from connectors.fx import EcbRates, OwnRates, Rates
from profitability.units import half_up

ECB = EcbRates()
FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2014, 3, day) for day in (28, 29, 30, 31))


def rates(home="EUR", **own):
    return Rates(home, OwnRates(own), ECB)


def test_a_dollar_amount_converts_to_the_cent():
    # 28 March 2014: 1 EUR = 1.3759 USD
    rate = rates().rate("USD", FRIDAY)

    assert (rate.value, rate.origin) == (Fraction(10000, 13759), "ECB 2014-03-28")
    assert half_up(rate.value * 123_456) == 89_727  # 1,234.56 / 1.3759 = 897.2745...


def test_a_home_currency_other_than_the_euro_takes_the_quotient_of_the_same_day():
    # 28 March 2014: 1 EUR = 1.3759 USD = 140.9 JPY
    assert rates("JPY").rate("USD", FRIDAY).value == Fraction("140.9") / Fraction("1.3759")
    assert rates("JPY").rate("EUR", FRIDAY).value == Fraction("140.9")
    assert rates("USD").rate("JPY", FRIDAY).value * rates("JPY").rate("USD", FRIDAY).value == 1


@pytest.mark.parametrize("day", [SATURDAY, SUNDAY])
def test_a_weekend_takes_the_last_working_day(day):
    assert rates().rate("USD", day) == rates().rate("USD", FRIDAY)
    assert rates().rate("USD", MONDAY).origin == "ECB 2014-03-31"


@pytest.mark.parametrize(
    ("currency", "day", "origin"),
    [
        ("HRK", date(2022, 12, 31), "ECB 2022-12-30"),
        ("HRK", date(2023, 1, 2), None),  # Croatia has the euro since the day before
        ("ISK", date(2008, 12, 9), "ECB 2008-12-09"),
        ("ISK", date(2008, 12, 10), None),  # paused until 2018
        ("ISK", date(2018, 2, 1), "ECB 2018-02-01"),
        ("USD", date(1999, 1, 3), None),  # the first day is 4 January 1999
        ("USD", date(2100, 1, 1), None),
        ("ARS", FRIDAY, None),
    ],
)
def test_no_rate_is_carried_past_its_end(currency, day, origin):
    found = rates().rate(currency, day)
    assert (found and found.origin) == origin


def test_the_last_day_of_the_history_is_the_last_rate():
    last = ECB._history.bounds["USD"].last_date

    assert rates().rate("USD", last).origin == f"ECB {last}"
    assert rates().rate("USD", date.fromordinal(last.toordinal() + 1)) is None


def test_a_newer_file_of_the_bank_takes_the_place_of_ours(tmp_path):
    path = tmp_path / "eurofxref-hist.csv"
    path.write_text(
        "Date,USD,JPY,BGN,CHF,\n2099-05-04,1.25,200,N/A,0,\n2099-04-30,1.2,N/A,N/A,NaN,\n", encoding="utf-8"
    )
    newer = EcbRates(path)

    assert newer.rate("USD", "EUR", date(2099, 5, 3)).value == Fraction(5, 6)
    assert newer.rate("USD", "JPY", date(2099, 5, 4)).value == 160
    assert newer.rate("JPY", "EUR", date(2099, 4, 30)) is None
    assert newer.rate("CHF", "EUR", date(2099, 4, 30)) is newer.rate("CHF", "EUR", date(2099, 5, 4)) is None
    assert newer.rate("USD", "EUR", date(2099, 5, 5)) is newer.rate("BGN", "EUR", date(2099, 5, 4)) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"Date,USD\n2099-05-04,one\n"),
        ("a.csv", b"Date,USD\nyesterday,1.2\n"),
        ("a.csv", b"Date,JPY\n2099-05-04,200\n"),
        ("a.csv", b"\xff\xfe"),
        ("a.zip", b"Date,USD\n2099-05-04,1.2\n"),
    ],
)
def test_what_is_no_file_of_the_bank_is_refused(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InputError) as caught:
        EcbRates(path).rate("USD", "EUR", FRIDAY)
    assert caught.value.where == str(path)
    assert "files.ecb_rates" in caught.value.remedy


def test_an_own_rate_goes_before_and_holds_until_the_next_or_31_days():
    known = rates(USD=[(date(2014, 3, 1), Decimal("0.7")), (date(2014, 3, 29), Decimal("0.75"))])

    assert known.rate("USD", date(2014, 2, 28)).origin == "ECB 2014-02-28"
    assert known.rate("USD", date(2014, 3, 1)).value == known.rate("USD", FRIDAY).value == Fraction(7, 10)
    assert known.rate("USD", date(2014, 4, 28)).origin == "own rate of 2014-03-29"
    assert known.rate("USD", date(2014, 4, 29)).origin == "ECB 2014-04-29"


def test_a_list_by_month_leaves_no_day_out():
    monthly = OwnRates({"USD": [(date(2023, month, 1), Decimal(month)) for month in range(1, 13)]})
    days = [date.fromordinal(date(2023, 1, 1).toordinal() + each) for each in range(365)]

    assert [monthly.rate("USD", day).value for day in days] == [day.month for day in days]


@settings(max_examples=40)
@given(
    st.dates(date(1999, 1, 10), date(2026, 10, 30)),
    st.sampled_from(["USD", "JPY", "GBP", "SEK"]),
    st.sampled_from(["EUR", "CHF", "NOK"]),
)
def test_every_day_since_the_first_has_the_rate_of_a_day_at_most_a_week_before(day, currency, home):
    found = ECB.rate(currency, home, day)
    published = date.fromisoformat(found.origin.removeprefix("ECB "))

    assert 0 <= (day - published).days <= 7
    assert found == ECB.rate(currency, home, published)
    assert found.value * ECB.rate(home, currency, day).value == 1
