"""Small generated firms: few accounts, people and months, many odd corners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import strategies as st

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, SCHEMAS, Facts
from profitability.policy import PeriodPolicy, Policy, TierPolicy
from profitability.verdicts import Verdicts

Firm = dict[str, list[dict[str, Any]]]

FIRST = date(2024, 12, 1)
LAST = date(2025, 3, 31)
TODAY = date(2025, 4, 9)
RATES = {"EUR": FX_ONE, "USD": 923_456_789_012, "JPY": 600_000_000_000}
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}

days = st.dates(FIRST - timedelta(days=75), LAST + timedelta(days=40))
amounts = st.one_of(st.sampled_from([0, 1, 50, 99_999]), st.integers(1, 400_000))
shares = st.integers(1, 400_000)


@st.composite
def money(draw: st.DrawFn, *, may_be_unknown: bool) -> dict[str, Any]:
    currency = draw(st.sampled_from(["EUR", "EUR", "USD", "JPY"]))
    drift = draw(st.integers(0, 3)) if currency != "EUR" else 0
    is_unknown = may_be_unknown and currency != "EUR" and draw(st.integers(0, 9)) == 0
    return {"currency": currency, "fx_rate_e12": None if is_unknown else RATES[currency] + drift * 7_654_321}


@st.composite
def invoices(draw: st.DrawFn, accounts: list[str], index: int, *, is_long: bool) -> dict[str, Any]:
    issued = draw(days) - timedelta(days=draw(st.sampled_from([0, 150, 300, 450, 600, 1000])) if is_long else 0)
    has_period = draw(st.booleans())
    starts = draw(days)
    net = draw(amounts)
    return {
        "document_id": f"I{index}",
        "account_id": draw(st.sampled_from(accounts)),
        "kind": "invoice",
        "issue_date": issued,
        "due_date": issued + timedelta(days=draw(st.integers(-3, 40))),
        "service_start": starts if has_period else None,
        "service_end": starts + timedelta(days=draw(st.integers(0, 130))) if has_period else None,
        "net_minor": net,
        "gross_minor": net + draw(st.sampled_from([0, 0, net // 5, 1])),
        **draw(money(may_be_unknown=True)),
        "applies_to": None,
        "is_disputed": draw(st.integers(0, 4)) == 0,
    }


@st.composite
def notes(draw: st.DrawFn, documents: list[dict[str, Any]], index: int) -> dict[str, Any]:
    invoice = draw(st.sampled_from(documents))
    is_linked = draw(st.booleans())
    issued = draw(days)
    net = draw(amounts)
    rate = draw(money(may_be_unknown=True))
    if is_linked:
        drift = 0 if invoice["currency"] == "EUR" else 1_234_567_890
        rate = {"currency": invoice["currency"], "fx_rate_e12": RATES[invoice["currency"]] + drift}
    return {
        **invoice,
        "document_id": f"N{index}",
        "kind": "credit_note",
        "issue_date": issued,
        "due_date": issued,
        "service_start": None,
        "service_end": None,
        "net_minor": net,
        "gross_minor": net,
        **rate,
        "applies_to": invoice["document_id"] if is_linked else None,
    }


@st.composite
def settlements(draw: st.DrawFn, documents: list[dict[str, Any]], *, is_long: bool) -> list[dict[str, Any]]:
    rows = []
    for document in [*draw(st.lists(st.sampled_from(documents), max_size=6)), *(documents if is_long else [])]:
        late = timedelta(days=draw(st.sampled_from([-5, 0, 1, 30, 31, 60, 61, 90, 91, 150])))
        row = {
            "document_id": document["document_id"],
            "settled_on": draw(st.one_of(days, st.just(document["due_date"] + late))),
            "kind": draw(st.sampled_from(["payment", "payment", "write_off", "late_fee"])),
            "gross_minor": draw(st.one_of(shares, st.just(1 + document["gross_minor"] // 3))),
        }
        rows.append(row)
        if row["kind"] == "write_off" and draw(st.booleans()):
            later = row["settled_on"] + timedelta(days=draw(st.integers(0, 60)))
            rows.append(row | {"kind": "recovery", "settled_on": later, "gross_minor": draw(shares)})
    return rows


@st.composite
def spans(draw: st.DrawFn, person: str) -> list[dict[str, Any]]:
    starts = draw(st.dates(FIRST - timedelta(days=40), FIRST + timedelta(days=50)))
    rows = []
    for _ in range(draw(st.integers(0, 2))):
        ends = starts + timedelta(days=draw(st.integers(0, 120)))
        is_hourly = draw(st.integers(0, 3)) == 0
        rows.append(
            {
                "person_id": person,
                "employment": "hourly" if is_hourly else "salaried",
                "valid_from": starts,
                "valid_to": ends,
                "loaded_cost_minor": None if is_hourly else draw(st.integers(0, 3_000_000)),
                "practical_seconds": None if is_hourly else 900 * draw(st.integers(1, 300)),
                "cost_per_hour_minor": draw(st.integers(0, 20_000)) if is_hourly else None,
                **draw(money(may_be_unknown=True)),
            }
        )
        starts = ends + timedelta(days=draw(st.integers(1, 20)))
    return rows


@st.composite
def entries(draw: st.DrawFn, people: list[str], accounts: list[str]) -> dict[str, Any]:
    category = draw(st.sampled_from(["delivery", "delivery", "service", "collection", "sales", "admin", "training"]))
    is_internal = category in {"sales", "admin", "training"}
    return {
        "work_date": draw(days),
        "person_id": draw(st.sampled_from(people)),
        "account_id": None if is_internal else draw(st.sampled_from(accounts)),
        "category": category,
        "worked_seconds": 900 * draw(st.integers(0, 60)),
        "is_category_known": draw(st.integers(0, 5)) > 0,
    }


@st.composite
def pools(draw: st.DrawFn) -> list[dict[str, Any]]:
    labour = {"amount_cents": None, "from_categories": "admin+training", "driver": "client_hours"}
    fixed: dict[str, Any] = {"from_categories": None, "practical_seconds": None}
    timed = {"driver": "events", "practical_seconds": 60 * draw(st.integers(1, 300))}
    kinds = {
        "rent": fixed | {"amount_cents": draw(st.integers(-500, 90_000)), "driver": "client_hours"},
        "billing": fixed | {"amount_cents": draw(st.integers(0, 9_000)), "driver": "documents"},
        "leadership": fixed | {"amount_cents": draw(st.integers(0, 9_000)), "driver": "none"},
        "internal_time": labour | {"practical_seconds": None},
        "support": fixed | {"amount_cents": draw(st.integers(-500, 90_000))} | timed,
        "presales": timed | {"amount_cents": None, "from_categories": "sales"},
    }
    months = [date(2024, 11, 1), date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
    return [
        {"pool": name, "month": month, **kinds[name], "avoidable_ppm": draw(st.sampled_from([0, 250_000, 1_000_000]))}
        for name in draw(st.lists(st.sampled_from(sorted(kinds)), unique=True))
        for month in draw(st.lists(st.sampled_from(months), unique=True, min_size=1))
    ]


@st.composite
def events(draw: st.DrawFn, accounts: list[str], shared: list[dict[str, Any]]) -> dict[str, Any]:
    pool = draw(st.sampled_from(shared))
    count = draw(st.integers(0, 9))
    return {
        "event_date": pool["month"] + timedelta(days=draw(st.integers(0, 27))),
        "account_id": draw(st.sampled_from(accounts)),
        "event": draw(st.sampled_from(["ticket", "mail"])),
        "pool": pool["pool"],
        "events": count,
        "estimated_seconds": count * draw(st.integers(0, 1_800)),
    }


@st.composite
def small_firms(draw: st.DrawFn, *, is_long: bool = False) -> Firm:
    accounts = [f"A{index}" for index in range(draw(st.integers(1, 4)))]
    people = [f"P{index}" for index in range(draw(st.integers(1, 3)))]
    documents = [
        draw(invoices(accounts, index, is_long=is_long))
        for index in range(draw(st.integers(5, 9) if is_long else st.integers(0, 5)))
    ]
    if documents:
        documents += [draw(notes(documents, index)) for index in range(draw(st.integers(0, 2)))]
    costs = st.builds(
        lambda row, rate: row | rate,
        st.fixed_dictionaries(
            {
                "cost_date": days,
                "account_id": st.sampled_from([*accounts, None]),
                "kind": st.sampled_from(["pass_through", "contractor", "expense"]),
                "amount_minor": st.integers(-9_000, 90_000),
            }
        ),
        money(may_be_unknown=True),
    )
    shared = draw(pools())
    timed = [pool for pool in shared if pool["driver"] == "events"]
    return {
        "accounts": [
            {"account_id": name, "name": name, "started_on": date(2020, 1, 1), "is_matched": index != 1}
            for index, name in enumerate(accounts)
        ],
        "documents": documents,
        "settlements": draw(settlements(documents, is_long=is_long)) if documents else [],
        "direct_costs": draw(st.lists(costs, max_size=5)),
        "time_entries": draw(st.lists(entries(people, accounts), max_size=14)),
        "cost_rates": [row for person in people for row in draw(spans(person))],
        "pools": shared,
        "events": draw(st.lists(events(accounts, timed), max_size=8)) if timed else [],
        "opening_ecl": [{"account_id": accounts[0], "amount_cents": draw(st.integers(0, 5_000))}],
    }


def facts_of(firm: Firm) -> Facts:
    tables: dict[str, pd.DataFrame | str] = {}
    for name, rows in firm.items():
        columns = SCHEMAS[name].columns
        whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
        tables[name] = whole.astype({column.name: KINDS[column.type] for column in columns})
    return Facts("EUR", tables)


@pytest.fixture(scope="session")
def firms() -> st.SearchStrategy[Firm]:
    """Generate the rows of a small firm, by fact table."""
    return small_firms()


@pytest.fixture(scope="session")
def firms_with_history() -> st.SearchStrategy[Firm]:
    """Generate firms whose documents may reach back far enough for loss rates of their own."""
    return small_firms(is_long=True)


@pytest.fixture(scope="session")
def facts_of_firm() -> Callable[[Firm], Facts]:
    """Turn generated rows into fact tables."""
    return facts_of


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The defaults, over four months that cross a new year and a February, without a limit on the data's coverage."""
    return Policy(tiers=TierPolicy(coverage_rate_min=0), period=PeriodPolicy(window_months=4))


@pytest.fixture(scope="session")
def judged(policy: Policy) -> Iterator[Callable[[Firm], Verdicts]]:
    """Evaluate generated rows on one engine: a table that is registered again replaces the former one."""
    engine = DuckDBEngine(threads=1)

    def judge(firm: Firm) -> Verdicts:
        return evaluate(facts_of(firm), policy, TODAY, engine=engine)

    yield judge
    engine.close()
