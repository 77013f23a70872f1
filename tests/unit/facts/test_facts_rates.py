"""Which rate each record is converted at, from the files to the facts."""

from contextlib import closing
from datetime import date, timedelta
from importlib.resources import files
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import InputError
from connectors.exports.frames import create_table
from connectors.exports.parts import kind_columns
from profitability.facts import FX_ONE
from tests.unit.facts.records import document, payment, posting, rate

SPANS = files("connectors.facts").joinpath("cost_spans.sql").read_text(encoding="utf-8")
FRIDAY, SATURDAY = date(2014, 3, 28), date(2014, 3, 29)  # 1 EUR = 1.3759 USD = 140.9 JPY


def own(day, text, currency="USD"):
    return "fx", {"day": day, "currency": currency, "rate": text}


def cost(day, **values):
    return "direct_cost", {"cost_date": day, "party": "Alfa", "kind": "expense", "amount_minor": 100} | values


def test_a_stated_rate_goes_before_an_own_one_and_that_before_the_ecbs(build, rows_of):
    rows = [
        document("1", issue_date=FRIDAY, currency="USD", fx_rate="0.5"),
        document("2", issue_date=FRIDAY, currency="USD"),
        document("3", issue_date=date(2014, 3, 26), currency="USD"),
        document("4", issue_date=FRIDAY),
        document("5", issue_date=FRIDAY, currency="ARS"),
    ]
    built = build(*rows, own(date(2014, 3, 27), "0.7"))

    found = {row["document_id"]: row["fx_rate_e12"] for row in rows_of(built, "documents")}
    assert (found["1"], found["2"]) == (FX_ONE // 2, 7 * FX_ONE // 10)
    assert found["3"] == 725_110_579_363  # 1 EUR = 1.3791 USD
    assert (found["4"], found["5"]) == (FX_ONE, None)


def test_costs_and_postings_take_the_rate_of_their_own_day(build, column_of):
    rows = [cost(SATURDAY, currency="JPY"), posting(line_date=date(2014, 3, 31), party="Alfa", currency="JPY")]

    # 1 EUR = 140.9 JPY on Friday, 142.42 on Monday; a yen is 1 minor unit, a euro 100
    assert column_of(build(*rows), "direct_costs", "fx_rate_e12") == [709_723_207_949, 702_148_574_638]


def test_a_pool_of_foreign_postings_is_in_home_cents(build, column_of):
    rows = [posting(137_590, gl_account="400", currency="USD", line_date=FRIDAY), own(date(2020, 1, 1), "9")]

    assert column_of(build(*rows), "pools", "amount_cents") == [100_000]


def spans(rows):
    return [(row["valid_from"], row["valid_to"], row["loaded_cost_minor"], row["practical_seconds"]) for row in rows]


def test_what_people_cost_counts_at_the_rate_of_the_last_day_of_each_month(build, rows_of):
    days = {"valid_from": date(2025, 1, 17), "valid_to": date(2025, 4, 15)}  # 15/31 + 1 + 1 + 15/30 months
    own_rates = [own(date(2025, 1, 31), "0.9"), own(date(2025, 2, 28), "0.8"), own(date(2025, 4, 1), "0.7")]
    rows = rows_of(build(rate(currency="USD", **days), *own_rates), "cost_rates")

    assert spans(rows) == [
        (date(2025, 1, 17), date(2025, 1, 31), 16, 584),
        (date(2025, 2, 1), date(2025, 2, 28), 34, 1206),
        (date(2025, 3, 1), date(2025, 3, 31), 33, 1207),
        (date(2025, 4, 1), date(2025, 4, 15), 17, 603),
    ]
    # the rate of February's last day is 31 days old on March 31st: that of the bank counts
    assert [row["fx_rate_e12"] * 100 // FX_ONE for row in rows] == [90, 80, 92, 70]
    assert {row["currency"] for row in rows} == {"USD"}


def test_what_people_cost_in_the_home_currency_stays_whole(build, rows_of):
    rows = rows_of(build(rate(), rate(person="bob", currency="EUR"), home="EUR"), "cost_rates")

    assert spans(rows) == [(date(2025, 1, 1), date(2025, 12, 31), 100, 3600)] * 2
    assert [row["fx_rate_e12"] for row in rows] == [FX_ONE] * 2


def test_an_hour_of_a_person_paid_abroad_costs_what_its_month_says(build, rows_of):
    hourly = {"employment": "hourly", "loaded_cost_minor": None, "cost_per_hour_minor": 5000, "currency": "USD"}
    days = {"valid_from": date(2014, 3, 1), "valid_to": date(2014, 3, 29)}  # a Saturday: the rate is that of Friday
    (row,) = rows_of(build(rate(**hourly, **days)), "cost_rates")

    assert (row["cost_per_hour_minor"], row["practical_seconds"]) == (5000, None)
    assert row["fx_rate_e12"] == 726_797_005_596


def test_a_month_of_work_whose_rate_nobody_states_is_unknown(build, column_of):
    span = {"valid_from": date(2025, 1, 1), "valid_to": date(2025, 2, 28), "currency": "ARS"}
    rates = column_of(build(rate(**span), own(date(2025, 2, 1), "0.001", "ARS")), "cost_rates", "fx_rate_e12")

    assert rates == [None, FX_ONE // 1000]


@given(
    cost=st.integers(0, 10**9),
    seconds=st.integers(10**6, 10**9),
    first=st.dates(date(2020, 1, 1), date(2022, 1, 1)),
    length=st.integers(0, 800),
)
@settings(max_examples=30, deadline=None)
def test_the_months_of_a_span_add_up_to_it(cost, seconds, first, length):
    last = first + timedelta(days=length)
    months = months_of("USD", first, last, cost, seconds)

    assert sum(month[2] for month in months) == cost
    assert sum(month[3] for month in months) == seconds
    assert (months[0][0], months[-1][1]) == (first, last)
    assert all(one[1] + timedelta(days=1) == following[0] for one, following in pairwise(months))
    whole = [month[2] for month in months[1:-1]]
    assert max(whole, default=0) - min(whole, default=0) <= 1


def months_of(currency, *span):
    columns = kind_columns("cost_rate")
    names = ("person", "currency", "valid_from", "valid_to", "loaded_cost_minor", "practical_hours_seconds")
    values = dict.fromkeys(columns) | dict(zip(names, ("ada", currency, *span), strict=True))
    with closing(duckdb.connect()) as connection:
        create_table(connection, "params", {"home_currency": "VARCHAR"}, [("EUR",)])
        create_table(connection, "cost_rate", columns, [tuple(values.values())])
        wanted = "valid_from, valid_to, loaded_cost_minor, practical_hours_seconds"
        return connection.execute(f"SELECT {wanted} FROM ({SPANS}) ORDER BY 1").fetchall()  # noqa: S608 own text


def test_each_converted_record_tells_its_rate_and_where_it_is_from(build, tmp_path):
    build(
        document("1", issue_date=SATURDAY, currency="USD"),
        document("2", issue_date=SATURDAY, currency="USD", fx_rate="0.5"),
        document("3", issue_date=SATURDAY),
        payment("1", settled_on=SATURDAY),
        cost(SATURDAY, currency="CHF"),
        own(FRIDAY, "0.82", "CHF"),
    )
    trace = tmp_path / "ledger" / "facts" / "trace.parquet"
    sql = "SELECT record, what, fx_origin FROM read_parquet($path) ORDER BY record, what"

    assert duckdb.execute(sql, {"path": str(trace)}).fetchall() == [
        ("expense", None, "0.82 own rate of 2014-03-28"),
        ("invoice", "1", "0.726797 ECB 2014-03-28"),
        ("invoice", "2", "0.5 stated"),
        ("invoice", "3", None),
        ("payment", "1", None),
    ]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (own(FRIDAY, "0"), "'0' is no rate of exchange for USD"),
        (own(FRIDAY, "1", "EUR"), "a rate of EUR, which is the home currency"),
        (own(FRIDAY, "1", "DOLLAR"), "'DOLLAR' is no currency"),
    ],
)
def test_a_wrong_own_rate_is_refused_where_it_stands(build, row, what):
    with pytest.raises(InputError, match=what) as caught:
        build(document(), row)
    assert caught.value.where == "in.csv:3"
    assert caught.value.remedy


def test_a_rate_of_the_same_day_in_two_lines_is_refused(build):
    with pytest.raises(InputError, match="the same fx stands"):
        build(own(FRIDAY, "0.7"), own(FRIDAY, "0.8"))
