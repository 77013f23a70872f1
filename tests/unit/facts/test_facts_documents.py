"""Accounts, documents and settlements: who, how much, in which currency."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors.base import AccountRecord, DealRecord
from connectors.errors import InputError
from profitability.facts import FX_ONE, SCHEMAS
from tests.unit.facts.records import (
    DAY,
    cash,
    contract,
    document,
    event,
    exemption,
    hours,
    payment,
    pin,
    pool,
    posting,
    rate,
    remedy,
)


def test_without_a_record_every_table_is_empty_but_the_accounts(build, rows_of):
    built = build()

    assert {name for name in SCHEMAS if rows_of(built, name)} == {"accounts"}
    assert built.facts.covered_through is None


def test_every_table_has_the_columns_types_and_nulls_of_its_schema(build, rows_of):
    opening = ("opening_ecl", {"party": "Alfa", "amount_minor": 5})
    total = (
        "control_total",
        {"period_start": DAY, "period_end": DAY, "line": "payroll", "amount_minor": 5},
    )
    weeks = ("timesheet", {"person": "ada", "expected_weeks": 4, "submitted_weeks": 3})
    agreed = contract(contracted_hours_seconds=36_000)
    decided = AccountRecord("001", "Alfa", None, None, None, {"decision": "Keep"})
    deal = DealRecord("d", "001", None, None, None, False, False, None)
    rows = [document(), payment(), hours(), posting(), rate(), pool(), opening, total, weeks, agreed]
    rows += [remedy(), exemption(), pin(), event(), cash()]
    built = build(*rows, accounts=[decided], deals=[deal])

    for name, schema in SCHEMAS.items():
        path = built.facts.tables[name]
        found = duckdb.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": path}).fetchall()
        assert [(row[0], row[1]) for row in found] == [(column.name, column.type) for column in schema.columns]
        (row,) = rows_of(built, name)[:1]
        assert all(row[column.name] is not None for column in schema.columns if not column.nullable)


def test_fact_files_are_closed_to_others(build):
    built = build(rate())

    assert {oct(Path(path).stat().st_mode & 0o777) for path in built.facts.tables.values()} == {"0o600"}


def test_an_account_starts_with_its_first_won_deal_or_its_own_date(build, column_of):
    def deal(account_id, day, *, is_won=True):
        return DealRecord("d", account_id, None, None, day, is_won, True, None)

    deals = [
        deal("001", date(2025, 1, 1)),
        deal("002", date(2023, 2, 1)),
        deal("002", date(2022, 1, 1)),
        deal("002", date(2020, 1, 1), is_won=False),
        deal(None, date(2000, 1, 1)),
        deal("001", None),
    ]
    assert column_of(build(deals=deals), "accounts", "started_on") == [date(2024, 5, 1), date(2022, 1, 1)]


def test_an_unmatched_customer_is_an_unmatched_account_listed_with_its_value(build, rows_of, column_of):
    rows = [
        document(party="Zeta Ltd", net_minor=5_000, currency="USD", fx_rate="0.5"),
        hours(party="Zeta Limited", task="Design"),
        document("2", party="Yota", net_minor=99),
        posting(-7, party="Zeta Ltd"),
        document("3", party="Zeta Ltd", net_minor=1, currency="ARS"),
    ]
    built = build(*rows)

    assert [(p.account_id, p.value_cents, p.worked_seconds) for p in built.unmatched] == [
        ("unmatched:Zeta Limited", 2_507, 3600),
        ("unmatched:Yota", 99, 0),
    ]
    unmatched = [row for row in rows_of(built, "accounts") if not row["is_matched"]]
    assert [row["account_id"] for row in unmatched] == ["unmatched:Yota", "unmatched:Zeta Limited"]
    assert column_of(built, "time_entries", "account_id") == ["unmatched:Zeta Limited"]


def test_net_and_gross_are_equal_where_only_one_is_stated(build, rows_of):
    stated = [{"net_minor": 100, "gross_minor": 121}, {"net_minor": 100}, {"net_minor": None, "gross_minor": 121}]
    built = build(*(document(str(number), **amounts) for number, amounts in enumerate(stated)))

    found = {row["document_id"]: (row["net_minor"], row["gross_minor"]) for row in rows_of(built, "documents")}
    assert found == {"0": (100, 121), "1": (100, 100), "2": (121, 121)}


def test_a_credit_note_is_due_on_its_issue_date(build, column_of):
    built = build(document(), document("2", kind="credit_note", applies_to="1", due_date=None))

    assert column_of(built, "documents", "due_date") == [date(2025, 2, 28), DAY]


RATES = {
    "EUR": [
        (None, None, FX_ONE),
        ("EUR", "1.0", FX_ONE),
        ("USD", "0.9624", 962_400_000_000),
        ("JPY", "0.006", 600_000_000_000),
        ("BHD", "2.5", 250_000_000_000),
        ("USD", "0.33333333333333333", 333_333_333_333),
        ("ARS", None, None),
    ],
    "JPY": [("EUR", "160.25", 1_602_500_000_000)],
}


@pytest.mark.parametrize(("home", "stated"), RATES.items(), ids=RATES)
def test_a_rate_is_home_minor_units_for_one_minor_unit(build, rows_of, home, stated):
    rows = [document(str(number), currency=code, fx_rate=text) for number, (code, text, _) in enumerate(stated)]
    found = rows_of(build(*rows, home=home), "documents")

    assert {row["document_id"]: (row["currency"], row["fx_rate_e12"]) for row in found} == {
        str(number): (code or home, expected) for number, (code, _, expected) in enumerate(stated)
    }


@pytest.mark.parametrize("rate_text", ["0", "-1", "1,5", "NaN", "Infinity", "", "0.0000000000000001", "99999999999999"])
def test_what_is_no_rate_is_refused_where_it_stands(build, rate_text):
    with pytest.raises(InputError, match="no rate of exchange") as caught:
        build(document(currency="USD", fx_rate=rate_text))
    assert caught.value.where == "in.csv:2"


def test_a_home_currency_at_another_rate_than_one_is_refused(build):
    with pytest.raises(InputError, match="home currency"):
        build(document(currency="EUR", fx_rate="1.1"))


def test_an_unknown_currency_is_refused(build):
    with pytest.raises(InputError, match="'EURO' is no currency"):
        build(document(currency="EURO"))


@pytest.mark.parametrize(
    ("currency", "paid", "expected"),
    [
        ("USD", (None, 5_000), 5_000),
        ("USD", ("USD", 5_000), 5_000),
        ("JPY", (None, 500_000), 5_000),  # 5000.00 read with the digits of EUR
        ("JPY", ("JPY", 5_000), 5_000),
        ("BHD", (None, 500), 5_000),  # 5.00 read with the digits of EUR
        ("BHD", ("XXX", 50_050), 5_005),
        ("JPY", ("XXX", 50_000_000), 5_000),
        ("CLF", ("XXX", 5_001), 5_001),
    ],
)
def test_a_payment_is_in_minor_units_of_its_document(build, column_of, currency, paid, expected):
    rows = [document(currency=currency, fx_rate="1"), payment(currency=paid[0], amount=paid[1])]

    assert column_of(build(*rows), "settlements", "gross_minor") == [expected]


def test_a_payment_is_explained_in_the_currency_of_its_document(build, tmp_path):
    build(document(currency="JPY", fx_rate="1"), payment(amount=500_000))
    trace = tmp_path / "ledger" / "facts" / "trace.parquet"
    found = duckdb.execute(
        "SELECT amount_minor, currency FROM read_parquet($path) WHERE record = 'payment'", {"path": str(trace)}
    ).fetchall()

    assert found == [(5_000, "JPY")]


def test_equal_payments_of_one_file_stay_two(build, rows_of):
    assert len(rows_of(build(document(), payment(), payment()), "settlements")) == 2


REFUSED = {
    "names no customer": [document(party=None)],
    "has no due date": [document(due_date=None)],
    "has no amount": [document(net_minor=None)],
    "below zero": [document(net_minor=-1)],
    "ends before it starts": [document(service_start=DAY, service_end=date(2025, 1, 1))],
    "lacks an end": [document(service_start=DAY)],
    "its invoice 1 in EUR": [
        document(),
        document("2", kind="credit_note", applies_to="1", currency="USD", fx_rate="1"),
    ],
    "which no file states": [payment("9")],
    "is in USD, the document in EUR": [document(), payment(currency="USD")],
    "more digits than JPY": [document(currency="JPY", fx_rate="0.006"), payment(amount=150)],
    "more digits than EUR": [document(), payment(currency="XXX", amount=15_001)],
    "payment of zero or less": [document(), payment(amount=0)],
    "hours below zero": [hours(-1)],
    "salaried rate needs": [rate(practical_hours_seconds=0)],
    "hourly rate needs": [rate(employment="hourly")],
    "this rate end before": [rate(valid_to=date(2024, 12, 31))],
    "pool rent end before": [pool(valid_from=DAY, valid_to=date(2025, 1, 1))],
    "both an amount and categories": [pool(from_categories="admin")],
    "no internal category": [pool(monthly_amount_minor=None, from_categories="admin+delivery")],
    "no number from 0 to 1": [pool(avoidable_share="1.5")],
    "pool rent must be in EUR": [pool(currency="USD")],
    "an amount at in.csv:2 and postings": [pool(pool="fairs"), posting(gl_account="400")],
    "a posting of pool:fairs in ARS without a rate": [posting(gl_account="400", currency="ARS")],
    "loss allowance names no customer": [("opening_ecl", {"amount_minor": 1})],
    "a loss allowance must be in EUR": [("opening_ecl", {"party": "Alfa", "amount_minor": 1, "currency": "USD"})],
    "a contract names no customer": [contract(party=None)],
    "a remedy names no customer": [remedy(party=None)],
    "an exemption names no customer": [exemption(party=None)],
    "a pin names no customer": [pin(party=None)],
    "an event names no customer": [event(party=None)],
    "this contract end before they start": [contract(start=DAY, end=date(2025, 1, 1))],
    "this remedy end before they start": [remedy(ended=date(2025, 1, 1))],
    "this exemption end before they start": [exemption(granted=date(2026, 1, 1))],
    "this pin end before they start": [pin(expires=date(2025, 1, 1))],
    "a pin of more than 12 months, to 2026-02-01": [pin(expires=date(2026, 2, 1))],
    "days of notice below zero": [contract(notice_days=-1)],
    "contracted hours below zero": [contract(contracted_hours_seconds=-1)],
    "1 to 120 months, not 0": [contract(renewal_months=0)],
    "beyond any scale": [contract(satisfaction="1e12")],
    "no time equation for the event 'fax'": [event("fax")],
    "order has no attribute colour": [event("order", attributes="colour=1")],
    "is not an attribute written as": [event("order", attributes="new_customer")],
    "take more time than anybody has": [event(count=10**17)],
    "events below zero": [event(count=-1)],
    "cash must be in EUR": [cash(currency="USD")],
    "the same cash stands at in.csv:2": [cash(), cash(5)],
    "shared out by events and has no practical hours": [pool(driver="events")],
    "practical hours and is not shared out by events": [pool(practical_hours_seconds=3600)],
    "unknown line": [
        ("control_total", {"period_start": DAY, "period_end": DAY, "line": "revenu", "amount_minor": 5}),
    ],
    "meets the one at in.csv:2": [
        ("control_total", {"period_start": date(2025, 1, 1), "period_end": DAY, "line": "pools", "amount_minor": 5}),
        ("control_total", {"period_start": DAY, "period_end": DAY, "line": "pools", "amount_minor": 5}),
    ],
    "stands for two people": [rate(email="x@y"), rate(person="bob", email="X@Y")],
}


@pytest.mark.parametrize(("what", "rows"), REFUSED.items(), ids=REFUSED)
def test_a_record_that_needs_a_guess_is_refused(build, what, rows):
    with pytest.raises(InputError, match=what) as caught:
        build(*rows)
    assert caught.value.where.startswith("in.csv:") or what == "stands for two people"
    assert caught.value.remedy


def test_every_wrong_record_is_named_in_one_go(build):
    with pytest.raises(InputError, match="invoice 1 has no due date") as caught:
        build(hours(), document(due_date=None), hours(-1), payment("9"))

    assert caught.value.where == "in.csv:3"
    assert [line.split(": ")[0].strip() for line in caught.value.what.splitlines()[1:]] == ["in.csv:4", "in.csv:5"]


def test_many_wrong_records_are_counted_beyond_the_first_ten(build):
    with pytest.raises(InputError, match="no due date") as caught:
        build(*(document(str(number), due_date=None) for number in range(14)))

    assert caught.value.what.count("no due date") == 10
    assert caught.value.what.endswith("... 4 more")
