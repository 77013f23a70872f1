"""Firms whose statement comes out even to the cent, with everything that bears on decisions about their accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import strategies as st

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, Facts
from profitability.policy import PeriodPolicy, Policy, RemedyPolicy, ReviewPolicy, TierPolicy
from profitability.verdicts import Verdicts

Row = dict[str, Any]
Firm = dict[str, list[Row]]
Judge = Callable[[Firm, Policy], Verdicts]

FIRST, LAST, TODAY = date(2024, 12, 1), date(2025, 3, 31), date(2025, 4, 9)
MONTHS = [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
ACCOUNTS = ("A0", "A1", "A2", "A3")
QUARTER_HOUR, HOUR = 900, 3600
HOME = {"currency": "EUR", "fx_rate_e12": FX_ONE}

days = st.dates(FIRST, LAST)
whole_amounts = st.integers(1, 12).map(lambda count: count * 146_000)
"""Financing by days of a year, losses by the thousand, halves, and twentieths of a service period are whole cents."""


@st.composite
def invoices(draw: st.DrawFn, number: int) -> tuple[Row, list[Row]]:
    """Return an invoice, and what was settled of it: all, half, or nothing."""
    issued, net, starts = draw(days), draw(whole_amounts), draw(st.none() | days)
    document = {
        "document_id": f"I{number}",
        "account_id": draw(st.sampled_from(ACCOUNTS)),
        "kind": "invoice",
        "issue_date": issued,
        "due_date": issued + timedelta(days=14),
        "service_start": starts,
        "service_end": starts and starts + timedelta(days=19),
        "net_minor": net,
        "gross_minor": net,
        "is_disputed": draw(st.integers(0, 5)) == 0,
        **HOME,
    }
    settlement = {
        "document_id": f"I{number}",
        "settled_on": issued + timedelta(days=draw(st.integers(0, 90))),
        "kind": draw(st.sampled_from(["payment", "payment", "write_off"])),
        "gross_minor": draw(st.sampled_from([0, net // 2, net])),
    }
    return document, [settlement] if settlement["gross_minor"] else []


def pooled(entries: list[Row], documents: list[Row], quarter_cents: int, document_cents: int) -> list[Row]:
    """Return pools whose every share is in whole cents: so much a quarter hour, and so much a document."""
    hours: Counter[date] = Counter()
    for row in entries:
        hours[row["work_date"].replace(day=1)] += row["worked_seconds"] // QUARTER_HOUR
    issued = Counter(row["issue_date"].replace(day=1) for row in documents)
    given = [
        ("facilities", "client_hours", 0, quarter_cents, hours),
        ("billing", "documents", 250_000, document_cents, issued),
    ]
    return [
        {"pool": pool, "month": month, "amount_cents": cents * units[month], "driver": driver, "avoidable_ppm": ppm}
        for pool, driver, ppm, cents, units in given
        for month in MONTHS
    ]


def rates(hourly_cents_per_second: int) -> list[Row]:
    """Return the rates of P0, whose practical time is never used up, and of P1, who is paid by the hour."""
    span = {"valid_from": FIRST, "valid_to": LAST, **HOME}
    salary = {"employment": "salaried", "loaded_cost_minor": 5 * 400 * HOUR, "practical_seconds": 400 * HOUR}
    hourly = {"employment": "hourly", "cost_per_hour_minor": hourly_cents_per_second * HOUR}
    return [{"person_id": "P0", **salary, **span}, {"person_id": "P1", **hourly, **span}]


work = st.fixed_dictionaries(
    {
        "work_date": days,
        "person_id": st.sampled_from(["P0", "P1"]),
        "account_id": st.sampled_from(ACCOUNTS),
        "category": st.sampled_from(["delivery", "delivery", "service", "service", "collection"]),
        "worked_seconds": st.integers(1, 40).map(lambda count: count * QUARTER_HOUR),
        "is_category_known": st.just(True),
    }
)
costs = st.fixed_dictionaries(
    {
        "cost_date": days,
        "account_id": st.sampled_from(ACCOUNTS),
        "kind": st.sampled_from(["pass_through", "contractor", "expense"]),
        "amount_minor": whole_amounts.map(lambda cents: cents // 4),
        **{name: st.just(value) for name, value in HOME.items()},
    }
)


@st.composite
def firms_without_rounding(draw: st.DrawFn) -> Firm:
    billed = [draw(invoices(number)) for number in range(draw(st.integers(3, 9)))]
    documents = [document for document, _ in billed]
    entries = draw(st.lists(work, min_size=3, max_size=9))
    return {
        "accounts": [
            {"account_id": name, "name": name, "started_on": date(2020, 1, 1), "is_matched": True, "owner": "Ada"}
            for name in ACCOUNTS
        ],
        "documents": documents,
        "settlements": [row for _, settled in billed for row in settled],
        "direct_costs": draw(st.lists(costs, max_size=4)),
        "time_entries": entries,
        "cost_rates": rates(draw(st.integers(1, 8))),
        "pools": pooled(entries, documents, 4 * draw(st.integers(0, 60)), 4 * draw(st.integers(0, 9_000))),
        "opening_ecl": [{"account_id": ACCOUNTS[0], "amount_cents": 1_000}],
        **draw(circumstances(ACCOUNTS)),
    }


agreed = {
    "contracted_seconds": st.none() | st.integers(0, 200).map(lambda hours: hours * HOUR),
    "ends_on": st.sampled_from([None, date(2025, 4, 30), date(2025, 6, 30)]),
    "notice_days": st.sampled_from([None, 0, 30, 90]),
    "satisfaction_e6": st.sampled_from([None, 5_000_000, 9_000_000]),
}
tried = {
    "remedy": st.sampled_from(["collect", "reduce_cost_to_serve", "renegotiate_scope", "reprice", "migrate"]),
    "started_on": days,
    "outcome": st.sampled_from([None, "worked", "failed", "declined"]),
}
for_a_time = {
    "owner": st.sampled_from(["Ada", "Bo"]),
    "reason": st.just("agreed"),
    "expires_on": st.just(date(2025, 6, 30)),
}
exempt = {"kind": st.sampled_from(["pipeline", "dispute"]), "granted_on": st.just(LAST), **for_a_time}
tiers = st.sampled_from("ABCDDD")
pinned = {"tier": tiers, "pinned_on": st.just(date(2025, 1, 1)), **for_a_time}
sold = {
    "stage": st.sampled_from(["open", "won"]),
    "amount_cents": st.integers(0, 20_000).map(lambda euros: 100 * euros),
    "demand_seconds": st.none() | st.integers(340, 420).map(lambda hours: hours * HOUR),
    "probability_ppm": st.sampled_from([500_000, 1_000_000]),
    "starts_on": st.dates(date(2025, 4, 1), date(2026, 3, 1)),
}
closed = {
    "close_date": st.just(pd.Timestamp(2025, 2, 28)),
    "tier_since": st.just(pd.Timestamp(2024, 8, 31)),
    "candidate_tier": tiers,
    "published_tier": tiers,
}


@st.composite
def circumstances(draw: st.DrawFn, accounts: tuple[str, ...]) -> Firm:
    """Draw what bears on decisions; at most one contract, decision, pin and earlier close an account."""

    def some(most: int, columns: dict[str, st.SearchStrategy[Any]], *, once: bool = False) -> list[Row]:
        rows = st.fixed_dictionaries({"account_id": st.sampled_from(accounts), **columns})
        return draw(st.lists(rows, max_size=most, unique_by=(lambda row: row["account_id"]) if once else None))

    balance = 100 * draw(st.integers(0, 90_000))
    return {
        "contracts": some(3, agreed, once=True),
        "remedies": some(4, tried),
        "exemptions": some(3, exempt),
        "decisions": some(3, {"decision": st.sampled_from(["keep", "phase_out", "phase_out"])}, once=True),
        "pins": some(2, pinned, once=True),
        "deals": [row | {"deal_id": f"D{number}"} for number, row in enumerate(some(3, sold))],
        "cash": [{"day": LAST, "balance_cents": balance}] if draw(st.booleans()) else [],
        "timesheets": [{"person_id": "P0", "expected_weeks": 15, "submitted_weeks": 10}] if draw(st.booleans()) else [],
        "closes": some(4, closed, once=True),
    }


@pytest.fixture(scope="session")
def even_firms() -> st.SearchStrategy[Firm]:
    """Generate firms none of whose postings is rounded, so that their statement scales and adds up to the cent."""
    return firms_without_rounding()


@pytest.fixture(scope="session")
def circumstances_of() -> Callable[[tuple[str, ...]], st.SearchStrategy[Firm]]:
    """Generate what bears on decisions about the named accounts."""
    return circumstances


@pytest.fixture(scope="session")
def decision_policy() -> Policy:
    """Limits with which four months of a small firm reach every decision."""
    return Policy(
        tiers=TierPolicy(coverage_rate_min=0),
        period=PeriodPolicy(window_months=4),
        remedies=RemedyPolicy(light_package_cents=50_000),
        review=ReviewPolicy(coverage_min=0, satisfied_from=Fraction(7)),
        standard_rate_cents=11_000,
    )


@pytest.fixture(scope="session")
def decided(facts_of_firm: Callable[[Firm], Facts]) -> Iterator[Judge]:
    """Evaluate rows on one engine; those of `closes` are the history."""
    engine = DuckDBEngine(threads=1)

    def judge(firm: Firm, policy: Policy) -> Verdicts:
        facts = facts_of_firm({name: rows for name, rows in firm.items() if rows and name != "closes"})
        closes = pd.DataFrame(firm["closes"]) if firm["closes"] else None
        return evaluate(facts, policy, TODAY, history=closes, engine=engine)

    yield judge
    engine.close()
