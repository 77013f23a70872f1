"""What was agreed and tried, who is exempt or pinned, cash, and what events take."""

from datetime import date

import duckdb
import pytest

import connectors.facts.build as build_module
from connectors.base import DealRecord
from connectors.errors import InputError
from connectors.merges import Merges
from profitability.engine import evaluate
from profitability.errors import DataError
from profitability.policy import Policy
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
    remedy,
)

YEAR = (date(2025, 1, 1), date(2025, 12, 31))
LAST = date(2025, 12, 31)


def test_the_last_contract_says_when_the_relationship_can_end(build, rows_of):
    rows = [
        contract("one", end=date(2026, 6, 30), notice_days=30),
        contract("last to end", end=date(2026, 6, 30), notice_days=30),
        contract("last to end", end=date(2026, 9, 30), notice_days=60),
        contract("open-ended", end=date(2026, 6, 30), notice_days=30),
        contract("open-ended", notice_days=14),
        contract("signed ahead", end=date(2026, 1, 31), notice_days=30),
        contract("signed ahead", start=date(2026, 2, 1), end=date(2027, 1, 31)),
        contract("to the last day", end=LAST, notice_days=0),
        contract("over", end=date(2025, 12, 30), notice_days=0),
    ]
    found = {
        row["account_id"].removeprefix("unmatched:"): (row["ends_on"], row["notice_days"])
        for row in rows_of(build(*rows, window=YEAR), "contracts")
    }

    assert found == {
        "one": (date(2026, 6, 30), 30),
        "last to end": (date(2026, 9, 30), 60),
        "open-ended": (None, 14),
        "signed ahead": (date(2027, 1, 31), None),
        "to the last day": (LAST, 0),
    }


def test_a_contract_goes_on_past_its_end_only_as_its_renewal_says(build, rows_of):
    cases = [
        (date(2024, 12, 31), 12, LAST),
        (date(2024, 12, 30), 12, date(2026, 12, 30)),
        (date(2023, 8, 31), 6, date(2026, 2, 28)),
        (date(2020, 1, 31), 1, LAST),
        (date(2027, 3, 31), 12, date(2027, 3, 31)),
        (date(2024, 12, 31), None, None),
    ]
    rows = [contract(str(case), end=end, renewal_months=months) for case, (end, months, _) in enumerate(cases)]
    found = {
        int(row["account_id"].removeprefix("unmatched:")): row["ends_on"]
        for row in rows_of(build(*rows, window=YEAR), "contracts")
    }

    assert found == {case: ends_on for case, (_, _, ends_on) in enumerate(cases) if ends_on}


def test_hours_count_of_contracts_in_force_alone(build, rows_of):
    rows = [
        contract(contracted_hours_seconds=1, end=date(2026, 6, 30)),
        contract(contracted_hours_seconds=2),
        contract(contracted_hours_seconds=4, start=date(2026, 1, 1)),
        contract(contracted_hours_seconds=8, end=date(2025, 6, 30)),
        contract("Beta", contracted_hours_seconds=16, start=date(2026, 1, 1)),
    ]
    found = {row["account_id"]: row["contracted_seconds"] for row in rows_of(build(*rows, window=YEAR), "contracts")}

    assert found == {"001": 3, "002": None}


def test_satisfaction_is_that_of_the_last_contract_which_states_one(build, column_of):
    rows = [
        contract(satisfaction="-7.5", end=date(2026, 3, 31)),
        contract(satisfaction="8.1234567", end=date(2026, 6, 30)),
        contract(),
    ]
    assert column_of(build(*rows, window=YEAR), "contracts", "satisfaction_e6") == [8_123_457]


def test_what_was_tried_is_kept_and_open_is_no_outcome(build, rows_of):
    rows = [
        remedy(outcome="open"),
        remedy(remedy="reprice", ended=date(2025, 3, 1), outcome="declined"),
        remedy("Zeta", remedy="migrate"),
    ]
    found = [tuple(row.values()) for row in rows_of(build(*rows), "remedies")]

    assert found == [
        ("001", "collect", DAY, None, None),
        ("001", "reprice", DAY, date(2025, 3, 1), "declined"),
        ("unmatched:Zeta", "migrate", DAY, None, None),
    ]


def test_an_exemption_and_a_pin_name_their_owner_reason_and_days(build, rows_of):
    whole_year = pin("Zeta", tier="A", pinned=DAY, expires=date(2026, 1, 31))
    built = build(exemption(granted=DAY), exemption("Zeta", kind="legal_hold"), whole_year)

    assert [tuple(row.values()) for row in rows_of(built, "exemptions")] == [
        ("001", "strategic", "Ada", "new market", LAST, DAY),
        ("unmatched:Zeta", "legal_hold", "Ada", "new market", LAST, None),
    ]
    assert [tuple(row.values()) for row in rows_of(built, "pins")] == [
        ("unmatched:Zeta", "A", "Ada", "late billing", DAY, date(2026, 1, 31)),
    ]


def test_whoever_a_record_names_without_an_account_is_listed(build, column_of):
    kinds = (remedy, exemption, pin, event, contract)
    built = build(*(record(party=record.__name__) for record in kinds))

    names = {record.__name__ for record in kinds}
    assert {party.name for party in built.unmatched} == names
    assert {f"unmatched:{name}" for name in names} < set(column_of(built, "accounts", "account_id"))


def test_money_that_came_in_late_keeps_its_kind(build, rows_of):
    rows = [document(), payment(kind="write_off", amount=100), payment(kind="recovery", amount=40)]
    found = rows_of(build(*rows, payment(kind="late_fee", amount=5)), "settlements")

    assert {row["kind"]: row["gross_minor"] for row in found} == {"write_off": 100, "recovery": 40, "late_fee": 5}


def test_cash_is_in_cents_by_day(build, rows_of):
    built = build(cash(1_200_000), cash(-5, day=date(2025, 2, 1), currency="EUR"))

    assert [tuple(row.values()) for row in rows_of(built, "cash")] == [(DAY, 1_200_000), (date(2025, 2, 1), -5)]


def test_events_take_what_their_equation_says_and_add_up_by_day_and_account(build, rows_of):
    rows = [
        event("Ticket", 10),
        event("ticket ", 2),
        event("order", 2, attributes="new_customer=1; lines=3"),
        event("order", 3, attributes="lines=1"),
        event("order", 0),
        event("order", party="Beta"),
    ]
    found = [tuple(row.values())[1:] for row in rows_of(build(*rows), "events")]

    assert found == [
        ("001", "order", "desk", 5, 2 * (240 + 900 + 90) + 3 * (240 + 30)),
        ("001", "ticket", "desk", 12, 12 * 720),
        ("002", "order", "desk", 1, 240),
    ]


def test_events_are_a_cost_of_the_account_at_the_rate_of_their_pool(build):
    desk = pool(pool="desk", driver="events", monthly_amount_minor=400_000, practical_hours_seconds=128 * 3600)
    built = build(document(), event(count=12), desk, window=(date(2024, 2, 1), DAY))
    verdicts = evaluate(built.facts, Policy(), date(2025, 2, 20))

    assert list(verdicts.statement["service_labour_cents"]) == [12 * 720 * 400_000 // (128 * 3600)] == [7_500]


def test_events_are_explained_with_their_estimated_time(build, tmp_path):
    build(event("order", 2, attributes="lines=1"))
    trace = tmp_path / "ledger" / "facts" / "trace.parquet"
    found = duckdb.execute(
        "SELECT record, what, worked_seconds, source_line FROM read_parquet($path)", {"path": str(trace)}
    ).fetchall()

    assert found == [("event", "2 order lines=1", 540, 2)]


def test_nothing_that_people_state_is_lost_on_the_way(build, monkeypatch):
    whole, tables = build_module._sql, ("cash", "deals", "events", "exemptions", "pins", "remedies")
    one = "SELECT * FROM ({}) LIMIT 1"
    monkeypatch.setattr(build_module, "_sql", lambda name: one.format(whole(name)) if name in tables else whole(name))
    rows = [
        row
        for day in (date(2025, 1, 1), DAY)
        for row in (event(event_date=day), cash(day=day), remedy(started=day), pin(pinned=day), exemption(granted=day))
    ]

    deals = [DealRecord(name, None, None, None, None, False, False, None) for name in ("1", "2")]

    with pytest.raises(DataError) as caught:
        build(*rows, deals=deals)
    for table in tables:
        assert f"{table} ({'events' if table == 'events' else 'rows'}): 2 in, 1 out" in caught.value.what


def test_a_record_of_an_event_is_told_by_its_line(build):
    with pytest.raises(InputError, match="no time equation for the event 'fax'") as caught:
        build(event(), event("fax"), event("fax", 2))

    assert caught.value.where == "in.csv:3"
    assert "\n  in.csv:4: no time equation" in caught.value.what
    assert "order, ticket" in caught.value.remedy


def test_practical_hours_of_a_pool_are_those_of_the_days_it_holds(build, rows_of):
    desk = pool(pool="desk", driver="events", practical_hours_seconds=31 * 3600, valid_from=date(2025, 1, 22))
    found = rows_of(build(desk, hours(), hours(work_date=date(2025, 2, 3))), "pools")

    assert [(row["month"].month, row["amount_cents"], row["practical_seconds"]) for row in found] == [
        (1, 1000, 10 * 3600),
        (2, 3100, 31 * 3600),
    ]


def test_a_pool_that_postings_fill_has_the_practical_hours_of_the_template(build, rows_of):
    rows = [
        pool(pool="fairs", monthly_amount_minor=None, driver="events", practical_hours_seconds=3600),
        posting(1_000, gl_account="400"),
    ]
    (row,) = rows_of(build(*rows), "pools")

    assert (row["amount_cents"], row["driver"], row["practical_seconds"]) == (1_000, "events", 3600)


def test_everything_that_names_a_merged_account_belongs_to_its_master(build, column_of):
    """By its record id, and by the name as which it was found."""
    merges = Merges({"009": "001"}, {"name:omega": "009"})
    rows = [
        document(party="009", party_key="009"),
        document("2", party="Omega"),
        pin("009", party_key="009"),
        exemption("Omega"),
        contract("Omega", contracted_hours_seconds=3600),
    ]
    built = build(*rows, merges=merges)

    assert built.unmatched == ()
    for table in ("documents", "pins", "exemptions", "contracts"):
        assert set(column_of(built, table, "account_id")) == {"001"}
    assert len(column_of(built, "documents", "account_id")) == 2
