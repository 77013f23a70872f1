"""The flip test: what missing hours would cost, and whose tier would move."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from fractions import Fraction
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability import models
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, SCHEMAS, Facts
from profitability.flip import add_flip, full_time_totals, missing_hours
from profitability.models import AFTER_TIME, MODELS, build_models, load_facts
from profitability.periods import closed_window
from profitability.policy import Policy
from profitability.tiers import assign_tiers
from profitability.units import half_up

TODAY = date(2026, 1, 20)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
HOUR = 3600
NOTHING = pd.DataFrame({"account_id": [], "missing_seconds": [], "headroom_seconds": []}).astype(
    {"account_id": "str", "missing_seconds": "int64", "headroom_seconds": "int64"}
)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with closing(DuckDBEngine(threads=1)) as place:
        yield place


def frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    # Columns at the end that may be null may be left out.
    columns = SCHEMAS[table].columns[: len(rows[0])] if rows else SCHEMAS[table].columns
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    return whole.astype({column.name: KINDS[column.type] for column in columns})


def salary(person: str, month: int, cents: int, hours: int) -> tuple[Any, ...]:
    """Employ a person for one month."""
    last = 31 if month in (1, 3, 5, 7, 8, 10, 12) else 30
    spans = (date(2025, month, 1), date(2025, month, last))
    return (person, "salaried", *spans, cents, hours * HOUR, None, "EUR", FX_ONE)


def work(person: str, account: str | None, hours: int, month: int = 6, category: str = "delivery") -> tuple[Any, ...]:
    return (date(2025, month, 5), person, account, category, hours * HOUR, True)


def build(engine: DuckDBEngine, **tables: list[tuple[Any, ...]]) -> None:
    names = sorted({row[2] for row in tables["time_entries"] if row[2]})
    rows = {"accounts": [(name, name, date(2020, 1, 1), True) for name in names], **tables}
    facts = Facts("EUR", {name: frame(name, table) for name, table in rows.items()})
    load_facts(engine, facts, closed_window(TODAY, None, Policy().period), Policy())
    build_models(engine)


def by_account(table: pd.DataFrame, column: str) -> dict[str, int]:
    return dict(zip(table["account_id"], table[column], strict=True))


def test_the_models_after_time_lead_from_time_to_the_account_totals() -> None:
    texts = {name: files(models).joinpath(f"{name}.sql").read_text(encoding="utf-8") for name in MODELS}
    reads = {name: set(re.findall(r"\b(?:FROM|JOIN) (\w+)", sql)) for name, sql in texts.items()}
    changed, needed = {"time_months"}, {"account_totals"}
    for name in MODELS:
        changed |= {name} if reads[name] & changed else set()
    for name in reversed(MODELS):
        needed |= reads[name] if name in needed else set()
    assert [name for name in MODELS if name in changed & needed - {"time_months"}] == list(AFTER_TIME)


@pytest.mark.parametrize(
    "timesheets", [[], [("P", 40, 40)], [("P", 40, 41)], [("P", 40, 0)], [("other", 40, 20)]], ids=str
)
def test_nothing_is_filled_where_no_hour_is_known_to_be_missing(
    engine: DuckDBEngine, timesheets: list[tuple[Any, ...]]
) -> None:
    build(engine, time_entries=[work("P", "A", 10)], cost_rates=[salary("P", 6, 1_000, 100)], timesheets=timesheets)
    assert set(missing_hours(engine)["missing_seconds"]) == {0}
    assert full_time_totals(engine) is None


def test_missing_weeks_are_filled_with_the_persons_own_mix(engine: DuckDBEngine) -> None:
    """P left out a week of three: 40 -> 60 hours for A, 20 -> 30 internal ones; Q is as logged."""
    build(
        engine,
        time_entries=[work("P", "A", 40), work("P", None, 20, category="admin"), work("Q", "B", 30)],
        cost_rates=[salary("P", 6, 20_000, 100), salary("Q", 6, 10_000, 100)],
        timesheets=[("P", 3, 2), ("Q", 3, 3)],
        pools=[
            ("rent", date(2025, 6, 1), 900, None, "client_hours", 0),
            ("upkeep", date(2025, 6, 1), None, "admin", "client_hours", 0),
        ],
    )
    full = full_time_totals(engine)
    assert full is not None
    assert by_account(full, "delivery_labour_cents") == {"A": 12_000, "B": 3_000}
    assert by_account(full, "worked_seconds") == {"A": 60 * HOUR, "B": 30 * HOUR}
    assert by_account(full, "alloc_rent_cents") == {"A": 600, "B": 300}
    assert by_account(full, "alloc_upkeep_cents") == {"A": 4_000, "B": 2_000}
    build_models(engine, ("unused_capacity",))
    unused = engine.fetch("SELECT sum(amount_cents) AS cents FROM unused_capacity")["cents"].iloc[0]
    assert unused == 30_000 - 18_000 - 3_000


def test_filled_hours_never_charge_a_payroll_twice(engine: DuckDBEngine) -> None:
    build(
        engine,
        time_entries=[work("P", "A", 60), work("P", "B", 30)],
        cost_rates=[salary("P", 6, 10_000, 100)],
        timesheets=[("P", 4, 2)],
    )
    full = full_time_totals(engine)
    assert full is not None
    assert by_account(full, "delivery_labour_cents") == {"A": 6_667, "B": 3_333}


def test_missing_hours_are_those_of_an_accounts_people_within_its_busiest_month(engine: DuckDBEngine) -> None:
    """P: 30 hours of 2 weeks in 3 leave out 15; Q: 8 of 4 in 5 leave out 2; R handed in everything."""
    build(
        engine,
        time_entries=[
            *(work("P", "A", 10, month=5), work("P", "B", 12), work("P", None, 8, category="training")),
            *(work("Q", "B", 8, month=6), work("R", "C", 20), work("P", "C", 0)),
        ],
        timesheets=[("P", 3, 2), ("Q", 5, 4), ("R", 4, 4)],
    )
    alone = missing_hours(engine)
    assert by_account(alone, "missing_seconds") == {"A": 15 * HOUR, "B": 17 * HOUR, "C": 0}
    assert by_account(alone, "headroom_seconds") == {"A": 110 * HOUR, "B": 220 * HOUR, "C": 220 * HOUR}
    together = missing_hours(engine, pd.Series({"A": "A", "B": "A", "C": "C"}))
    assert by_account(together, "missing_seconds") == {"A": 17 * HOUR, "C": 0}
    assert by_account(together, "headroom_seconds") == {"A": (12 * 20 - 30) * HOUR, "C": 220 * HOUR}
    assert {str(kind) for kind in together.dtypes} == {"str", "int64"}


def account(name: str, *, agi: int = 100_000, ncp: int, labour: int = 0, **other: Any) -> dict[str, Any]:
    row = {
        "account_id": name,
        "is_matched": True,
        "unrated_reason": "",
        "net_revenue_cents": agi,
        "agi_cents": agi,
        "delivery_labour_cents": labour,
        "service_labour_cents": 0,
        "estimated_service_cents": 0,
        "late_collection_labour_cents": 0,
        "worked_seconds": 100 * HOUR,
        "cm3_cents": ncp + 5_000,
        "ncp_cents": ncp,
    }
    return row | other


def rated(*rows: dict[str, Any]) -> pd.DataFrame:
    return assign_tiers(pd.DataFrame(rows), Policy())


def missing(**hours: tuple[int, int]) -> pd.DataFrame:
    rows = [(name, left_out * HOUR, headroom * HOUR) for name, (left_out, headroom) in hours.items()]
    return pd.DataFrame(rows, columns=["account_id", "missing_seconds", "headroom_seconds"])


def test_tiers_flip_with_the_filled_figures_and_reasons_stay() -> None:
    accounts = rated(
        account("A", ncp=30_000), account("B", ncp=20_000), account("N", ncp=9_000, unrated_reason="dormant")
    )
    full = pd.DataFrame([account("N", ncp=-9_000), account("B", ncp=9_999), account("A", ncp=30_000)])
    judged = add_flip(accounts, full.drop(columns="unrated_reason"), NOTHING, Policy())
    assert by_account(judged, "indicative_tier") == {"A": "A", "B": "A", "N": "N"}
    assert by_account(judged, "flip_tier") == {"A": "A", "B": "C", "N": "N"}
    assert by_account(judged, "worst_tier") == by_account(judged, "indicative_tier")
    assert list(judged["ncp_cents"]) == list(accounts["ncp_cents"])


def test_without_filled_figures_no_tier_flips() -> None:
    accounts = rated(account("A", ncp=30_000), account("D", ncp=-30_000))
    judged = add_flip(accounts, None, NOTHING, Policy())
    assert list(judged["flip_tier"]) == list(judged["worst_tier"]) == ["A", "D"]
    assert {str(judged[column].dtype) for column in ("flip_tier", "worst_tier")} == {"str"}


@pytest.mark.parametrize(
    ("hours", "tier"), [((50, 1_000), "B"), ((51, 1_000), "C"), ((1_000, 50), "B"), ((1_000, 90), "D")]
)
def test_the_worst_case_costs_an_hour_what_it_has_cost_within_the_headroom(hours: tuple[int, int], tier: str) -> None:
    """Labour of 20,000 for 100 hours, of which 2,000 is collection; 5,000 more of service was never logged."""
    own = account(
        "A", ncp=20_000, labour=12_000, service_labour_cents=11_000, estimated_service_cents=5_000,
        late_collection_labour_cents=2_000, cm3_cents=17_000,
    )  # fmt: skip
    judged = add_flip(rated(own), None, missing(A=hours), Policy())
    assert by_account(judged, "worst_tier") == {"A": tier}


def test_time_and_labour_may_be_missing_altogether() -> None:
    accounts = rated(account("A", ncp=30_000, worked_seconds=0), account("unmatched:x", ncp=-5, is_matched=False))
    judged = add_flip(accounts, None, missing(A=(10, 10)), Policy())
    assert list(judged["worst_tier"]) == ["A", accounts["indicative_tier"].iloc[1]]


figures = st.fixed_dictionaries(
    {
        "agi": st.integers(-50_000, 100_000),
        "ncp": st.sampled_from([-9_000, 0, 9_000, 25_000, 60_000]) | st.integers(-50_000, 90_000),
        "labour": st.integers(0, 60_000),
        "unrated_reason": st.sampled_from(["", "", "", "dormant"]),
        "is_matched": st.sampled_from([True, True, True, False]),
    }
)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(figures, min_size=1, max_size=5),
    hours=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=5, max_size=5),
    rank_by=st.sampled_from(["ncp", "cm3"]),
)
def test_the_worst_case_is_one_accounts_own_and_leaves_all_others_as_they_are(
    rows: list[dict[str, Any]], hours: list[tuple[int, int]], rank_by: Any
) -> None:
    policy = Policy(rank_by=rank_by)
    accounts = [account(f"A{index}", **row) for index, row in enumerate(rows)]
    left_out = {f"A{index}": pair for index, pair in enumerate(hours)}
    judged = add_flip(assign_tiers(pd.DataFrame(accounts), policy), None, missing(**left_out), policy)
    expected = {}
    for index, own in enumerate(accounts):
        cost = half_up(Fraction(own["delivery_labour_cents"] * min(hours[index]), 100))
        costlier = own | {"cm3_cents": own["cm3_cents"] - cost, "ncp_cents": own["ncp_cents"] - cost}
        others = [row for row in accounts if row is not own]
        alone = assign_tiers(pd.DataFrame([*others, costlier]), policy)
        expected[own["account_id"]] = by_account(alone, "indicative_tier")[own["account_id"]]
    assert by_account(judged, "worst_tier") == expected
