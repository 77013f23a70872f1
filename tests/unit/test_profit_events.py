"""Events without logged time: their time equations, and what they cost in odd circumstances."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, SCHEMAS, Facts
from profitability.policy import Policy, TierPolicy
from profitability.time_equations import TimeEquation, event_seconds, parse_attributes
from profitability.verdicts import Verdicts

TODAY = date(2026, 1, 20)
MAY, JUNE, AUTUMN = date(2025, 5, 1), date(2025, 6, 1), date(2025, 9, 1)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
LOOSE = Policy(tiers=TierPolicy(coverage_rate_min=0, coverage_final_min=0))
HOUR = 3600

ORDER = TimeEquation("order", "back_office", 480, {"new_customer": 900, "lines": 60, "by_portal": -300})


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    # Columns at the end that may be null may be left out.
    columns = SCHEMAS[table].columns[: len(rows[0])] if rows else SCHEMAS[table].columns
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    return whole.astype({column.name: KINDS[column.type] for column in columns})


def firm(*accounts: str, **tables: list[tuple[Any, ...]]) -> Facts:
    rows = {"accounts": [(name, name, date(2020, 1, 1), True) for name in accounts], **tables}
    return Facts("EUR", {name: frame(name, table) for name, table in rows.items()})


def support(cents: int | None, practical: int, month: date = JUNE, avoidable: int = 0, **other: Any) -> tuple[Any, ...]:
    return ("support", month, cents, other.get("labour"), "events", avoidable, practical)


def tickets(account: str, seconds: int, day: date = date(2025, 6, 12), count: int = 1) -> tuple[Any, ...]:
    return (day, account, "ticket", "support", count, seconds)


def service(verdicts: Verdicts) -> dict[str, int]:
    return dict(zip(verdicts.accounts["account_id"], verdicts.accounts["service_labour_cents"], strict=True))


def firm_level(verdicts: Verdicts) -> dict[tuple[date, str], int]:
    return {(row["month"].date(), row["line"]): row["amount_cents"] for row in verdicts.firm.to_dict("records")}


@pytest.mark.parametrize(
    ("events", "attributes", "seconds"),
    [(1, {}, 480), (1, {"new_customer": 1, "lines": 3}, 1560), (4, {"by_portal": 1}, 720), (0, {"lines": 2}, 0)],
)
def test_a_time_equation_adds_base_and_extras(events: int, attributes: dict[str, int], seconds: int) -> None:
    assert event_seconds(events, attributes, ORDER) == seconds


@pytest.mark.parametrize(
    ("events", "attributes", "message"),
    [
        (1, {"urgent": 1}, "order has no attribute urgent; its time equation knows by_portal, lines, new_customer"),
        (-1, {}, "order: a number of events or an attribute is below zero"),
        (1, {"lines": -1}, "order: a number of events or an attribute is below zero"),
        (1, {"by_portal": 2}, "order would take -120 seconds"),
    ],
)
def test_impossible_events_have_no_time(events: int, attributes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        event_seconds(events, attributes, ORDER)


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("new_customer=1;lines=3", {"new_customer": 1, "lines": 3}),
        (" lines = 12 ; ", {"lines": 12}),
        ("", {}),
        ("  ", {}),
    ],
)
def test_attributes_are_read(text: str, attributes: dict[str, int]) -> None:
    assert parse_attributes(text) == attributes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lines", "'lines' is not an attribute written as name=whole number"),
        ("lines=1.5", "'lines=1.5' is not"),
        ("lines=-1", "'lines=-1' is not"),
        ("=3", "'=3' is not"),
        ("new customer=1", "'new customer=1' is not"),
        ("lines=1;lines=1", "attribute lines is there twice"),
    ],
)
def test_unreadable_attributes_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_attributes(text)


@pytest.mark.parametrize(("cents", "charge"), [(100, 13), (-100, -13)])
def test_each_charge_is_rounded_half_away_from_zero(engine: DuckDBEngine, cents: int, charge: int) -> None:
    facts = firm("A", "B", pools=[support(cents, 80)], events=[tickets("A", 4), tickets("A", 6), tickets("B", 10)])
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert service(verdicts) == {"A": charge, "B": charge}
    assert firm_level(verdicts) == {(JUNE, "unused_support"): cents - 2 * charge}


@pytest.mark.parametrize("practical", [1, 299, 300])
def test_events_beyond_practical_time_share_the_pool_exactly(engine: DuckDBEngine, practical: int) -> None:
    events = [tickets(account, 100) for account in ("A", "B", "C")]
    verdicts = evaluate(
        firm("A", "B", "C", pools=[support(100, practical)], events=events), LOOSE, TODAY, engine=engine
    )
    assert service(verdicts) == {"A": 34, "B": 33, "C": 33}
    assert firm_level(verdicts) == {}


def test_months_stand_alone_and_without_events_nothing_is_charged(engine: DuckDBEngine) -> None:
    facts = firm(
        "A",
        pools=[support(1_000, HOUR, MAY), support(500, 2 * HOUR), support(700, HOUR, date(2025, 7, 1))],
        events=[tickets("A", 900), tickets("A", 900, date(2025, 5, 31)), tickets("A", 900, date(2024, 12, 31))],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert service(verdicts) == {"A": 250 + 63}
    level = {(MAY, "unused_support"): 750, (JUNE, "unused_support"): 437, (date(2025, 7, 1), "unused_support"): 700}
    assert firm_level(verdicts) == level


def test_internal_labour_can_pay_for_events(engine: DuckDBEngine) -> None:
    """20 of 100 hours of admin, half of which the events take; the rest of the payroll is idle as ever."""
    facts = firm(
        "A",
        cost_rates=[("P", "salaried", JUNE, date(2025, 6, 30), 10_000, 100 * HOUR, None, "EUR", FX_ONE)],
        time_entries=[(date(2025, 6, 2), "P", None, "admin", 20 * HOUR, True)],
        pools=[support(None, 20 * HOUR, labour="admin")],
        events=[tickets("A", 10 * HOUR, count=40)],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert service(verdicts) == {"A": 1_000}
    assert firm_level(verdicts) == {(JUNE, "unused_support"): 1_000, (JUNE, "unused_capacity"): 8_000}


def test_event_time_is_no_logged_time(engine: DuckDBEngine) -> None:
    """It drives no pool of client hours, rates no account and counts for no coverage, but it is a first fact."""
    facts = Facts(
        "EUR",
        {
            "accounts": frame("accounts", [("A", "A", None, True), ("B", "B", date(2020, 1, 1), True)]),
            "documents": frame(
                "documents",
                [("1", "A", "invoice", AUTUMN, AUTUMN, None, None, 9_000, 9_000, "EUR", FX_ONE, None, False)],
            ),
            "time_entries": frame("time_entries", [(AUTUMN, "P", "B", "service", HOUR, True)]),
            "cost_rates": frame("cost_rates", [("P", "hourly", MAY, TODAY, None, None, 6_000, "EUR", FX_ONE)]),
            "pools": frame(
                "pools",
                [support(600, HOUR), ("rent", AUTUMN, 400, None, "client_hours", 0, None)],
            ),
            "events": frame("events", [tickets("A", 600), tickets("A", 0, date(2024, 3, 1))]),
        },
    )
    accounts = evaluate(facts, LOOSE, TODAY, engine=engine).accounts.set_index("account_id")
    timed, logged = accounts.loc["A"], accounts.loc["B"]
    assert (timed["service_labour_cents"], timed["estimated_service_cents"], timed["worked_seconds"]) == (100, 100, 0)
    assert timed["service_seconds"] == timed["alloc_cents"] == 0
    assert timed["unrated_reason"] == "no_time_data"
    assert timed["started_on"] == pd.Timestamp(2024, 3, 1)
    assert (logged["service_labour_cents"], logged["estimated_service_cents"]) == (6_000, 0)
    assert (logged["alloc_rent_cents"], logged["coverage"]) == (400, timed["coverage"])


def test_an_account_with_nothing_but_events_has_a_statement(engine: DuckDBEngine) -> None:
    facts = firm("A", pools=[support(600, HOUR, AUTUMN)], events=[tickets("A", 600, AUTUMN)])
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    (account,) = verdicts.accounts.to_dict("records")
    assert (account["cm2_cents"], account["ncp_cents"], account["unrated_reason"]) == (-100, -100, "dormant")


def test_the_avoidable_part_is_weighed_month_by_month(engine: DuckDBEngine) -> None:
    facts = firm(
        "A",
        time_entries=[(day, "P", "A", "delivery", HOUR, True) for day in (MAY, JUNE)],
        pools=[
            ("rent", MAY, 1_000, None, "client_hours", 250_000, None),
            ("rent", JUNE, 500, None, "client_hours", 1_000_000, None),
            support(300, HOUR, avoidable=333_333),
        ],
        events=[tickets("A", HOUR)],
    )
    (account,) = evaluate(facts, LOOSE, TODAY, engine=engine).accounts.to_dict("records")
    assert (account["alloc_cents"], account["estimated_service_cents"]) == (1_500, 300)
    assert account["avoidable_alloc_ppm_cents"] == 1_000 * 250_000 + 500 * 1_000_000 + 300 * 333_333
