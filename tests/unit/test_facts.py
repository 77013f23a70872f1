"""From records to facts: currencies, categories, uses, pools, dates, and what is refused rather than guessed."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

import connectors.facts.build as build_module
from connectors.base import AccountRecord, DealRecord
from connectors.errors import InputError
from connectors.exports.ledger import Ledger
from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.facts import build_facts, source_dates
from connectors.maps import CategoryMap, GlAccountMap
from profitability.errors import DataError
from profitability.facts import FX_ONE, SCHEMAS

CATEGORIES = CategoryMap({"design": "delivery", "calls": "service"}, {"sales": "sales"})
GL_ACCOUNTS = GlAccountMap(
    {"310": "pass_through", "320": "contractor", "400": "pool:fairs", "800": "ignore"}, {"rail": "expense"}
)
ALFA = AccountRecord("001", "Alfa", "C-1", None, date(2024, 5, 1), {})
BETA = AccountRecord("002", "Beta", None, None, None, {})
DAY = date(2025, 1, 31)


def document(number="1", **values):
    whole = {"document_id": number, "kind": "invoice", "issue_date": DAY, "due_date": date(2025, 2, 28)}
    return "document", whole | {"party": "Alfa", "net_minor": 10_000} | values


def payment(number="1", amount=10_000, **values):
    return "settlement", {"document_id": number, "settled_on": DAY, "kind": "payment", "gross_minor": amount} | values


def hours(seconds=3600, **values):
    return "time_entry", {"work_date": DAY, "person": "ada", "worked_seconds": seconds} | values


def posting(amount=100, **values):
    return "gl_line", {"line_date": DAY, "gl_account": "310", "amount_minor": amount} | values


def rate(**values):
    whole = {"person": "ada", "employment": "salaried", "valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)}
    return "cost_rate", whole | {"loaded_cost_minor": 100, "practical_hours_seconds": 3600} | values


def pool(**values):
    return "pool", {"pool": "rent", "driver": "client_hours", "monthly_amount_minor": 3100} | values


def build(folder, *rows, accounts=(ALFA, BETA), deals=(), home="EUR", required=(), window=None):
    records = tuple(Record(kind, values, line) for line, (kind, values) in enumerate(rows, start=2))
    ledger = Ledger(folder)
    ledger.take([FileReading(Path("in.csv"), "ab", ReadingStatus.ACCEPTED, "own", 1, records)])
    return build_facts(
        ledger,
        accounts,
        deals,
        categories=CATEGORIES,
        gl_accounts=GL_ACCOUNTS,
        home_currency=home,
        required_sources=dict.fromkeys(required, 5),
        window=window,
    )


def rows_of(built, table):
    columns = [column.name for column in SCHEMAS[table].columns]
    found = duckdb.execute("SELECT * FROM read_parquet($path)", {"path": built.facts.tables[table]}).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def column_of(built, table, column):
    return [row[column] for row in rows_of(built, table)]


def test_without_a_record_every_table_is_empty_but_the_accounts(tmp_path):
    built = build(tmp_path)

    assert {name for name in SCHEMAS if rows_of(built, name)} == {"accounts"}
    assert built.facts.covered_through is None


def test_every_table_has_the_columns_types_and_nulls_of_its_schema(tmp_path):
    opening = ("opening_ecl", {"party": "Alfa", "amount_minor": 5})
    total = (
        "control_total",
        {"period_start": DAY, "period_end": DAY, "line": "payroll", "amount_minor": 5},
    )
    weeks = ("timesheet", {"person": "ada", "expected_weeks": 4, "submitted_weeks": 3})
    contract = ("contract", {"party": "Alfa", "contracted_hours_seconds": 36_000})
    built = build(tmp_path, document(), payment(), hours(), posting(), rate(), pool(), opening, total, weeks, contract)

    for name, schema in SCHEMAS.items():
        path = built.facts.tables[name]
        found = duckdb.execute("DESCRIBE SELECT * FROM read_parquet($path)", {"path": path}).fetchall()
        assert [(row[0], row[1]) for row in found] == [(column.name, column.type) for column in schema.columns]
        (row,) = rows_of(built, name)[:1]
        assert all(row[column.name] is not None for column in schema.columns if not column.nullable)


def test_fact_files_are_closed_to_others(tmp_path):
    built = build(tmp_path, rate())

    assert {oct(Path(path).stat().st_mode & 0o777) for path in built.facts.tables.values()} == {"0o600"}


# --- accounts


def test_an_account_starts_with_its_first_won_deal_or_its_own_date(tmp_path):
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
    assert column_of(build(tmp_path, deals=deals), "accounts", "started_on") == [date(2024, 5, 1), date(2022, 1, 1)]


def test_an_unmatched_customer_is_an_account_that_is_not_matched_and_is_listed_with_its_value(tmp_path):
    rows = [
        document(party="Zeta Ltd", net_minor=5_000, currency="USD", fx_rate="0.5"),
        hours(party="Zeta Limited", task="Design"),
        document("2", party="Yota", net_minor=99),
        posting(-7, party="Zeta Ltd"),
        document("3", party="Zeta Ltd", net_minor=1, currency="USD"),
    ]
    built = build(tmp_path, *rows)

    assert [(p.account_id, p.value_cents, p.worked_seconds) for p in built.unmatched] == [
        ("unmatched:Zeta Limited", 2_507, 3600),
        ("unmatched:Yota", 99, 0),
    ]
    unmatched = [row for row in rows_of(built, "accounts") if not row["is_matched"]]
    assert [row["account_id"] for row in unmatched] == ["unmatched:Yota", "unmatched:Zeta Limited"]
    assert column_of(built, "time_entries", "account_id") == ["unmatched:Zeta Limited"]


# --- documents and settlements


@pytest.mark.parametrize(
    ("stated", "net", "gross"),
    [
        ({"net_minor": 100, "gross_minor": 121}, 100, 121),
        ({"net_minor": 100}, 100, 100),
        ({"net_minor": None, "gross_minor": 121}, 121, 121),
    ],
)
def test_net_and_gross_are_equal_where_only_one_is_stated(tmp_path, stated, net, gross):
    (row,) = rows_of(build(tmp_path, document(**stated)), "documents")

    assert (row["net_minor"], row["gross_minor"]) == (net, gross)


def test_a_credit_note_is_due_on_its_issue_date(tmp_path):
    built = build(tmp_path, document(), document("2", kind="credit_note", applies_to="1", due_date=None))

    assert column_of(built, "documents", "due_date") == [date(2025, 2, 28), DAY]


@pytest.mark.parametrize(
    ("home", "currency", "rate_text", "expected"),
    [
        ("EUR", None, None, FX_ONE),
        ("EUR", "EUR", "1.0", FX_ONE),
        ("EUR", "USD", "0.9624", 962_400_000_000),
        ("EUR", "JPY", "0.006", 600_000_000_000),
        ("EUR", "BHD", "2.5", 250_000_000_000),
        ("JPY", "EUR", "160.25", 1_602_500_000_000),
        ("EUR", "USD", "0.33333333333333333", 333_333_333_333),
        ("EUR", "USD", None, None),
    ],
)
def test_a_rate_is_home_minor_units_for_one_minor_unit(tmp_path, home, currency, rate_text, expected):
    built = build(tmp_path, document(currency=currency, fx_rate=rate_text), home=home)
    (row,) = rows_of(built, "documents")

    assert (row["currency"], row["fx_rate_e12"]) == (currency or home, expected)


@pytest.mark.parametrize("rate_text", ["0", "-1", "1,5", "NaN", "Infinity", ""])
def test_what_is_no_rate_is_refused_where_it_stands(tmp_path, rate_text):
    with pytest.raises(InputError, match="no rate of exchange") as caught:
        build(tmp_path, document(currency="USD", fx_rate=rate_text))
    assert caught.value.where == "in.csv:2"


def test_a_home_currency_at_another_rate_than_one_is_refused(tmp_path):
    with pytest.raises(InputError, match="home currency"):
        build(tmp_path, document(currency="EUR", fx_rate="1.1"))


def test_an_unknown_currency_is_refused(tmp_path):
    with pytest.raises(InputError, match="'EURO' is no currency"):
        build(tmp_path, document(currency="EURO"))


@pytest.mark.parametrize(
    ("currency", "stated", "amount", "expected"),
    [
        ("USD", None, 5_000, 5_000),
        ("USD", "USD", 5_000, 5_000),
        ("JPY", None, 500_000, 5_000),  # 5000.00 read with the digits of EUR
        ("JPY", "JPY", 5_000, 5_000),
        ("BHD", None, 500, 5_000),  # 5.00 read with the digits of EUR
    ],
)
def test_a_payment_is_in_minor_units_of_its_document(tmp_path, currency, stated, amount, expected):
    rows = [document(currency=currency, fx_rate="1"), payment(amount=amount, currency=stated)]

    assert column_of(build(tmp_path, *rows), "settlements", "gross_minor") == [expected]


def test_equal_payments_of_one_file_stay_two(tmp_path):
    assert len(rows_of(build(tmp_path, document(), payment(), payment()), "settlements")) == 2


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
    "a posting of pool:fairs in USD without a rate": [posting(gl_account="400", currency="USD")],
    "loss allowance names no customer": [("opening_ecl", {"amount_minor": 1})],
    "a loss allowance must be in EUR": [("opening_ecl", {"party": "Alfa", "amount_minor": 1, "currency": "USD"})],
    "contract names no customer": [("contract", {"contracted_hours_seconds": 1})],
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
def test_a_record_that_needs_a_guess_is_refused(tmp_path, what, rows):
    with pytest.raises(InputError, match=what) as caught:
        build(tmp_path, *rows)
    assert caught.value.where.startswith("in.csv:") or what == "stands for two people"
    assert caught.value.remedy


def test_the_first_wrong_record_is_named_and_the_others_counted(tmp_path):
    with pytest.raises(InputError, match=r"invoice 1 .* \(and 2 more") as caught:
        build(tmp_path, hours(), document(due_date=None), hours(-1), payment("9"))
    assert caught.value.where == "in.csv:3"


# --- costs


def test_postings_become_costs_by_their_gl_account_or_supplier(tmp_path):
    rows = [
        posting(1, gl_account="310", party="Alfa"),
        posting(2, gl_account="320", party="Beta"),
        posting(4, gl_account="310", supplier="Rail"),
        posting(8, gl_account="800", supplier="Rail", party="Alfa"),
        posting(16, gl_account="400"),
        ("direct_cost", {"cost_date": DAY, "kind": "expense", "amount_minor": 32, "party": "Beta"}),
    ]
    found = [
        (row["account_id"], row["kind"], row["amount_minor"]) for row in rows_of(build(tmp_path, *rows), "direct_costs")
    ]

    assert sorted(found, key=lambda row: row[2]) == [
        ("001", "pass_through", 1),
        ("002", "contractor", 2),
        (None, "expense", 4),
        ("002", "expense", 32),
    ]


def test_a_posting_on_an_unknown_gl_account_is_nobodys_cost_and_is_listed(tmp_path):
    rows = [posting(5, gl_account="999", party="Alfa"), posting(-7, gl_account="999"), posting(1, gl_account="998")]
    built = build(tmp_path, *rows)

    assert {(row["account_id"], row["kind"]) for row in rows_of(built, "direct_costs")} == {(None, "expense")}
    assert sum(column_of(built, "direct_costs", "amount_minor")) == -1
    assert [(found.gl_account, found.postings, found.amount_minor) for found in built.unknown_gl_accounts] == [
        ("999", 2, -2),
        ("998", 1, 1),
    ]


def test_a_customer_named_on_an_ignored_posting_alone_is_no_account(tmp_path):
    assert build(tmp_path, posting(gl_account="800", party="Tax Office")).unmatched == ()


# --- hours


def test_hours_of_one_day_person_account_and_category_are_one_row(tmp_path):
    rows = [
        hours(3600, party="Alfa", task="Design"),
        hours(1800, party="ALFA", task="design"),
        hours(600, party="Alfa", task="Calls"),
    ]
    found = [(row["category"], row["worked_seconds"]) for row in rows_of(build(tmp_path, *rows), "time_entries")]

    assert sorted(found) == [("delivery", 5400), ("service", 600)]


def test_an_unknown_task_counts_as_delivery_and_is_listed_with_most_hours_first(tmp_path):
    rows = [
        hours(60, party="Alfa", task="Misc"),
        hours(3600, task="Party"),
        hours(30, party="Alfa"),
        hours(5, task="Sales"),
        hours(7),
    ]
    built = build(tmp_path, *rows)

    found = {
        (row["account_id"], row["category"], row["is_category_known"]): row["worked_seconds"]
        for row in rows_of(built, "time_entries")
    }
    assert found == {
        ("001", "delivery", False): 90,
        (None, "internal", False): 3600,
        (None, "internal", True): 7,
        (None, "sales", True): 5,
    }
    assert [(unknown.task, unknown.is_internal) for unknown in built.unknown_tasks] == [
        ("Party", True),
        ("Misc", False),
        (None, False),
    ]


def test_a_person_is_who_the_rates_name_by_name_or_email(tmp_path):
    rows = [
        rate(person="Ada Lovelace", email="ada@firm.example"),
        hours(1, person="ADA@firm.example"),
        hours(2, person="ada  lovelace"),
        hours(4, person="Bob"),
        hours(8, person="bob"),
        ("timesheet", {"person": "ada@firm.example", "expected_weeks": 2, "submitted_weeks": 1}),
    ]
    built = build(tmp_path, *rows)

    found = {row["person_id"]: row["worked_seconds"] for row in rows_of(built, "time_entries")}
    assert found == {"Ada Lovelace": 3, "Bob": 12}
    assert column_of(built, "timesheets", "person_id") == ["Ada Lovelace"]


def test_a_rate_in_another_currency_has_no_rate_of_exchange(tmp_path):
    (row,) = rows_of(build(tmp_path, rate(currency="USD")), "cost_rates")

    assert (row["currency"], row["fx_rate_e12"]) == ("USD", None)


# --- pools


def test_a_pool_without_days_holds_for_every_month_of_the_facts(tmp_path):
    built = build(tmp_path, pool(avoidable_share="0.25"), hours(), hours(work_date=date(2025, 3, 2)))

    assert [(row["month"].month, row["amount_cents"], row["avoidable_ppm"]) for row in rows_of(built, "pools")] == [
        (1, 3100, 250_000),
        (2, 3100, 250_000),
        (3, 3100, 250_000),
    ]


def test_a_part_of_a_month_costs_by_its_days_half_up(tmp_path):
    spans = [
        pool(valid_from=date(2025, 1, 17), valid_to=date(2025, 2, 14)),
        pool(pool="odd", valid_from=date(2025, 2, 1), valid_to=date(2025, 2, 14), monthly_amount_minor=1),
    ]
    built = build(tmp_path, *spans, hours(), hours(work_date=date(2025, 3, 2)))

    found = [(row["pool"], row["month"].month, row["amount_cents"]) for row in rows_of(built, "pools")]
    assert found == [("odd", 2, 1), ("rent", 1, 1500), ("rent", 2, 1550)]


def test_a_change_of_amount_inside_a_month_adds_up_to_one_row(tmp_path):
    spans = [
        pool(valid_to=date(2025, 1, 10)),
        pool(valid_from=date(2025, 1, 11), monthly_amount_minor=6200, driver="none"),
    ]
    (row,) = rows_of(build(tmp_path, *spans, hours()), "pools")

    assert (row["amount_cents"], row["driver"]) == (1000 + 4200, "none")


def test_a_pool_of_hours_has_categories_and_no_amount(tmp_path):
    stated = pool(monthly_amount_minor=None, from_categories="admin+training")
    (row,) = rows_of(build(tmp_path, stated, hours()), "pools")

    assert (row["amount_cents"], row["from_categories"]) == (None, "admin+training")


def test_postings_fill_a_pool_by_month_with_the_driver_that_the_template_gives_it(tmp_path):
    rows = [
        pool(pool="fairs", monthly_amount_minor=None, driver="documents"),
        posting(1_000, gl_account="400"),
        posting(333, gl_account="400", currency="USD", fx_rate="0.5"),
        posting(-500, gl_account="400", line_date=date(2025, 3, 1)),
    ]
    found = rows_of(build(tmp_path, *rows), "pools")

    assert [(row["month"].month, row["amount_cents"], row["driver"]) for row in found] == [
        (1, 1_167, "documents"),
        (3, -500, "documents"),
    ]


def test_postings_of_a_pool_that_no_template_names_stay_at_firm_level(tmp_path):
    assert column_of(build(tmp_path, posting(gl_account="400")), "pools", "driver") == ["none"]


# --- the window


def control(first, last, amount):
    values = {"period_start": first, "period_end": last, "line": "payroll", "amount_minor": amount}
    return "control_total", values


def test_control_totals_count_where_their_periods_fill_the_window(tmp_path):
    january = control(date(2025, 1, 1), date(2025, 1, 31), 1)
    february = control(date(2025, 2, 1), date(2025, 2, 28), 2)
    march = control(date(2025, 3, 1), date(2025, 3, 31), 4)
    window = (date(2025, 1, 1), date(2025, 2, 28))

    filled = build(tmp_path / "a", january, february, march, window=window)
    gap = build(tmp_path / "b", january, march, window=window)
    everything = build(tmp_path / "c", january, march)
    assert column_of(filled, "control_totals", "amount_cents") == [3]
    assert column_of(gap, "control_totals", "amount_cents") == []
    assert column_of(everything, "control_totals", "amount_cents") == [5]


def test_contracts_count_while_they_are_in_force(tmp_path):
    def contract(party, seconds, **days):
        return "contract", {"party": party, "contracted_hours_seconds": seconds} | days

    rows = [
        hours(),
        contract("Alfa", 1, end=date(2024, 12, 31)),
        contract("Alfa", 2, start=date(2025, 1, 1)),
        contract("alfa", 4),
        contract("Beta", None, end=date(2025, 12, 31)),
    ]
    found = {row["account_id"]: row["contracted_seconds"] for row in rows_of(build(tmp_path, *rows), "contracts")}

    assert found == {"001": 6, "002": None}


# --- how far the sources reach


def ledger_with(folder, *rows, covers=None):
    ledger = Ledger(folder)
    records = tuple(Record(kind, values, 2) for kind, values in rows)
    ledger.take([FileReading(Path("in.csv"), "ab", ReadingStatus.ACCEPTED, "own", 1, records, covers=covers)])
    return ledger


@pytest.mark.parametrize(
    ("newest", "covered"),
    [
        (date(2025, 1, 31), date(2025, 1, 31)),
        (date(2025, 1, 27), date(2025, 1, 31)),
        (date(2025, 1, 26), date(2024, 12, 31)),
        (date(2024, 2, 25), date(2024, 2, 29)),
        (date(2024, 2, 24), date(2024, 1, 31)),
        (date(2025, 2, 3), date(2025, 1, 31)),
    ],
)
def test_a_month_is_covered_by_a_record_of_its_last_five_days_or_later(tmp_path, newest, covered):
    dates = source_dates(ledger_with(tmp_path, hours(work_date=newest)), {"time_entry": 5})

    assert (dates["time_entry"].newest, dates["time_entry"].covered_through) == (newest, covered)


def test_a_file_covers_the_period_that_it_states(tmp_path):
    ledger = ledger_with(tmp_path, hours(work_date=date(2025, 1, 3)), covers=(date(2025, 1, 1), date(2025, 3, 31)))

    assert source_dates(ledger, {"time_entry": 5})["time_entry"].covered_through == date(2025, 3, 31)


def test_postings_are_a_source_of_costs(tmp_path):
    assert source_dates(ledger_with(tmp_path, posting()), {"direct_cost": 5})["direct_cost"].newest == DAY


def test_facts_reach_as_far_as_the_shortest_required_source(tmp_path):
    rows = [hours(work_date=date(2025, 3, 31)), document(), rate()]
    built = build(tmp_path, *rows, required=("time_entry", "document", "cost_rate"))

    assert built.facts.covered_through == DAY


def test_a_missing_required_source_is_refused(tmp_path):
    with pytest.raises(InputError, match="time_entry"):
        build(tmp_path, document(), required=("time_entry",))


def test_control_figures_tell_what_went_in(tmp_path):
    built = build(tmp_path, document(gross_minor=12_100), document("2", currency="USD"), payment(), hours(party="Alfa"))

    found = {(figure.table, figure.unit): figure.total for figure in built.control if figure.total}
    assert found == {
        ("documents", "EUR net"): 10_000,
        ("documents", "EUR gross"): 12_100,
        ("documents", "USD net"): 10_000,
        ("documents", "USD gross"): 10_000,
        ("settlements", "EUR"): 10_000,
        ("settlements", "rows"): 1,
        ("time_entries", "seconds"): 3600,
    }


def test_a_record_lost_on_the_way_stops_the_run(tmp_path, monkeypatch):
    whole = build_module._sql
    monkeypatch.setattr(
        build_module, "_sql", lambda name: whole(name) + ("WHERE document_id <> '2'" if name == "documents" else "")
    )

    with pytest.raises(DataError, match=r"documents \(EUR net\): 10001 in, 10000 out"):
        build(tmp_path, document(), document("2", net_minor=1))
