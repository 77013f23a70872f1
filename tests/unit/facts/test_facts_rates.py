"""Which rate each record is converted at, from the files to the facts."""

from datetime import date

import duckdb
import pytest

from connectors.errors import InputError
from profitability.facts import FX_ONE
from tests.unit.facts.records import document, payment, posting, rate

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


def test_what_people_cost_holds_for_many_days_and_takes_no_rate_of_one(build, column_of):
    assert column_of(build(rate(currency="USD"), own(date(2025, 1, 1), "0.9")), "cost_rates", "fx_rate_e12") == [None]


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
