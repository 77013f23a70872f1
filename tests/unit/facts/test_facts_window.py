"""The window, and how far the sources reach."""

from datetime import date

import pytest

import connectors.facts.build as build_module
from connectors.errors import InputError
from connectors.facts.coverage import SourceDates, source_dates
from profitability.errors import DataError
from tests.unit.facts.records import DAY, document, hours, payment, posting, rate


def control(first, last, amount):
    values = {"period_start": first, "period_end": last, "line": "payroll", "amount_minor": amount}
    return "control_total", values


JANUARY = control(date(2025, 1, 1), date(2025, 1, 31), 1)
FEBRUARY = control(date(2025, 2, 1), date(2025, 2, 28), 2)
MARCH = control(date(2025, 3, 1), date(2025, 3, 31), 4)
TWO_MONTHS = (date(2025, 1, 1), date(2025, 2, 28))


@pytest.mark.parametrize(
    ("totals", "window", "expected"),
    [
        ([JANUARY, FEBRUARY, MARCH], TWO_MONTHS, [3]),
        ([JANUARY, MARCH], TWO_MONTHS, []),
        ([JANUARY, MARCH], None, [5]),
    ],
)
def test_control_totals_count_where_their_periods_fill_the_window(build, column_of, totals, window, expected):
    assert column_of(build(*totals, window=window), "control_totals", "amount_cents") == expected


def test_contracts_count_while_they_are_in_force(build, rows_of):
    def contract(party, seconds, **days):
        return "contract", {"party": party, "contracted_hours_seconds": seconds} | days

    rows = [
        hours(),
        contract("Alfa", 1, end=date(2024, 12, 31)),
        contract("Alfa", 2, start=date(2025, 1, 1)),
        contract("alfa", 4),
        contract("Beta", None, end=date(2025, 12, 31)),
    ]
    found = {row["account_id"]: row["contracted_seconds"] for row in rows_of(build(*rows), "contracts")}

    assert found == {"001": 6, "002": None}


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
def test_a_month_is_covered_by_a_record_of_its_last_five_days_or_later(ledger_of, newest, covered):
    dates = source_dates(ledger_of(hours(work_date=newest)), {"time_entry": 5}, today=date(2026, 1, 20))

    assert (dates["time_entry"].newest, dates["time_entry"].covered_through) == (newest, covered)


def test_a_file_covers_the_period_that_it_states(ledger_of):
    ledger = ledger_of(hours(work_date=date(2025, 1, 3)), covers=(date(2025, 1, 1), date(2025, 3, 31)))

    assert source_dates(ledger, {"time_entry": 5}, today=date(2026, 1, 20))["time_entry"].covered_through == date(
        2025, 3, 31
    )


def test_a_period_that_ends_after_today_covers_only_what_has_records(ledger_of):
    ledger = ledger_of(hours(work_date=date(2025, 10, 3)), covers=(date(2025, 1, 1), date(2025, 12, 31)))

    (dates,) = source_dates(ledger, {"time_entry": 5}, today=date(2025, 10, 4)).values()

    assert (dates.newest, dates.covered_through) == (date(2025, 10, 3), date(2025, 9, 30))


def test_a_mistyped_day_far_ahead_covers_nothing(ledger_of):
    ledger = ledger_of(hours(work_date=date(2025, 3, 4)), hours(work_date=date(2062, 3, 31)))

    (dates,) = source_dates(ledger, {"time_entry": 5}, today=date(2025, 3, 5)).values()

    assert (dates.newest, dates.covered_through) == (date(2025, 3, 4), date(2025, 2, 28))


def test_a_rate_that_is_valid_beyond_today_covers_today(ledger_of):
    (dates,) = source_dates(ledger_of(rate()), {"cost_rate": 5}, today=date(2025, 1, 30)).values()

    assert dates == SourceDates(date(2025, 1, 30), date(2025, 1, 31))


def test_postings_are_a_source_of_costs(ledger_of):
    assert source_dates(ledger_of(posting()), {"direct_cost": 5}, today=date(2026, 1, 20))["direct_cost"].newest == DAY


def test_facts_reach_as_far_as_the_shortest_required_source(build):
    rows = [hours(work_date=date(2025, 3, 31)), document(), rate()]
    built = build(*rows, required=("time_entry", "document", "cost_rate"))

    assert built.facts.covered_through == DAY


def test_a_missing_required_source_is_refused(build):
    with pytest.raises(InputError, match="time_entry"):
        build(document(), required=("time_entry",))


def test_control_figures_tell_what_went_in(build):
    built = build(document(gross_minor=12_100), document("2", currency="USD"), payment(), hours(party="Alfa"))

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


def test_a_record_lost_on_the_way_stops_the_run(build, monkeypatch):
    whole = build_module._sql
    monkeypatch.setattr(
        build_module, "_sql", lambda name: whole(name) + ("WHERE document_id <> '2'" if name == "documents" else "")
    )

    with pytest.raises(DataError, match=r"documents \(EUR net\): 10001 in, 10000 out"):
        build(document(), document("2", net_minor=1))
