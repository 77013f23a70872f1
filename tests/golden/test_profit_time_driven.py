"""Time-driven costing: Kaplan & Anderson's published figures, and the worked example with all timesheets handed in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import SCHEMAS, Facts
from profitability.flip import add_flip, full_time_totals, missing_hours
from profitability.models import build_models, load_facts
from profitability.policy import PeriodPolicy, Policy, TierPolicy
from profitability.time_equations import TimeEquation, event_seconds
from profitability.units import half_up
from profitability.verdicts import Verdicts

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]
Key = tuple[str, date]

MONTH = date(2025, 6, 1)
TODAY = date(2025, 7, 20)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
MINUTE = 60

MINUTES = {"order": 8, "inquiry": 44, "credit check": 50}
VOLUMES = {"order": 49_000, "inquiry": 1_400, "credit check": 2_500}
BUDGET, PRACTICAL_MINUTES = 560_000_00, 700_000


def frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = list(SCHEMAS[table].columns)[: len(rows[0])]
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    return whole.astype({column.name: KINDS[column.type] for column in columns})


def department(pools: dict[str, tuple[int, int]], events: list[tuple[str, str, str, int, int]]) -> Verdicts:
    """Judge one month of pools (amount, practical seconds) and events (account, event, pool, how many, seconds)."""
    accounts = sorted({event[0] for event in events})
    facts = Facts(
        "EUR",
        {
            "accounts": frame("accounts", [(name, name, date(2020, 1, 1), True) for name in accounts]),
            "pools": frame(
                "pools",
                [(name, MONTH, cents, None, "events", 0, practical) for name, (cents, practical) in pools.items()],
            ),
            "events": frame("events", [(date(2025, 6, 12), *event) for event in events]),
        },
    )
    policy = Policy(tiers=TierPolicy(coverage_rate_min=0), period=PeriodPolicy(window_months=1))
    return evaluate(facts, policy, TODAY)


@pytest.fixture(scope="module")
def published(worked_rows: Reader) -> dict[str, Decimal]:
    """Figures of the literature by their id."""
    rows = worked_rows("published_vectors.csv")
    return {row["id"]: Decimal(row["expected"]) for row in rows if row["id"].startswith("T")}


@pytest.fixture(scope="module")
def time_driven() -> Verdicts:
    """The published department: one account with one event of each kind, and one with all the others."""
    pool = "department"
    equations = {event: TimeEquation(event, pool, minutes * MINUTE) for event, minutes in MINUTES.items()}
    singles = [(event, event, pool, 1, event_seconds(1, {}, equations[event])) for event in VOLUMES]
    others = [
        ("rest", event, pool, count - 1, event_seconds(count - 1, {}, equations[event]))
        for event, count in VOLUMES.items()
    ]
    return department({pool: (BUDGET, PRACTICAL_MINUTES * MINUTE)}, [*singles, *others])


def charged(verdicts: Verdicts) -> dict[str, int]:
    accounts = verdicts.accounts
    assert (accounts["service_labour_cents"] == accounts["estimated_service_cents"]).all()
    return dict(zip(accounts["account_id"], accounts["service_labour_cents"], strict=True))


def test_an_event_costs_its_time_at_the_rate_of_practical_capacity(
    time_driven: Verdicts, published: dict[str, Decimal]
) -> None:
    """T01-T04."""
    cents = charged(time_driven)
    for event, vector in (("order", "T02"), ("inquiry", "T03"), ("credit check", "T04")):
        assert cents[event] == published[vector] * 100
        assert Fraction(cents[event], 100 * MINUTES[event]) == Fraction(published["T01"])


def test_unused_capacity_is_never_charged(time_driven: Verdicts, published: dict[str, Decimal]) -> None:
    """T05-T08."""
    assigned = sum(charged(time_driven).values())
    unused = dict(zip(time_driven.firm["line"], time_driven.firm["amount_cents"], strict=True))
    rate = Fraction(published["T01"]) * 100
    assert assigned == published["T06"] * 100
    assert assigned / rate == published["T05"]
    assert unused == {"unused_department": published["T08"] * 100}
    assert unused["unused_department"] / rate == published["T07"]


def test_conventional_rates_hide_unused_capacity(published: dict[str, Decimal]) -> None:
    """T09-T11: where people state shares of their time, all of it counts as used, and every event costs more."""
    shares = {"order": 70, "inquiry": 10, "credit check": 20}
    pools = {event: (BUDGET * shares[event] // 100, count) for event, count in VOLUMES.items()}
    singles = [(event, event, event, 1, 1) for event in VOLUMES]
    others = [("rest", event, event, count - 1, count - 1) for event, count in VOLUMES.items()]
    verdicts = department(pools, [*singles, *others])
    cents = charged(verdicts)
    for event, vector in (("order", "T09"), ("inquiry", "T10"), ("credit check", "T11")):
        assert cents[event] == published[vector] * 100
    assert sum(cents.values()) == BUDGET
    assert verdicts.firm.empty


class FullTime:
    """The worked example with P4's two missing weeks worked like the other 44: fractions, straight from the CSVs."""

    def __init__(self, read: Reader) -> None:
        weeks = {
            row["person_id"]: (int(row["expected_weeks"]), int(row["submitted_weeks"])) for row in read("people.csv")
        }
        self.spans = read("rates.csv")
        self.cents: Counter[tuple[str, str]] = Counter()
        rows: Counter[tuple[str, date, str, str, str]] = Counter()
        for row in read("time.csv"):
            day = date.fromisoformat(row["date"])
            key = (row["person_id"], day.replace(day=1), self.span(row["person_id"], row["date"])["valid_from"])
            rows[*key, row["client_id"], row["category"]] += int(Decimal(row["hours"]) * 3600)
        self.seconds = {key: half_up(Fraction(time * weeks[key[0]][0], weeks[key[0]][1])) for key, time in rows.items()}
        self.internal: Counter[tuple[date, str]] = Counter()
        self.labour()
        self.pools(read)

    def span(self, person: str, day: str) -> dict[str, str]:
        (found,) = [s for s in self.spans if s["person_id"] == person and s["valid_from"] <= day <= s["valid_to"]]
        return found

    def labour(self) -> None:
        logged: Counter[Key] = Counter()
        for (person, month, _, _, _), time in self.seconds.items():
            logged[person, month] += time
        for (person, month, start, account, category), time in self.seconds.items():
            span = self.span(person, start)
            # Every span of the example is of whole months, in one of which no other span lies.
            months = int(span["valid_to"][5:7]) - int(span["valid_from"][5:7]) + 1
            practical = Fraction(span["practical_hours"]) * 3600
            stretch = min(Fraction(1), practical / months / logged[person, month])
            cents = half_up(time * Fraction(span["loaded_cost"]) * 100 / practical * stretch)
            if account:
                line = "late_collection_labour" if category == "collection" else f"{category}_labour"
                self.cents[account, line] += cents
            else:
                self.internal[month, category] += cents

    def pools(self, read: Reader) -> None:
        hours: dict[date, Counter[str]] = defaultdict(Counter)
        for (_, month, _, account, _), time in self.seconds.items():
            if account:
                hours[month][account] += time
        for row in read("overhead_pools.csv"):
            if row["driver"] != "client_hours":
                continue
            for month, taken in hours.items():
                amount = row["monthly_amount"]
                names = amount.removeprefix("from_time:").split("+")
                whole = (
                    sum(self.internal[month, name] for name in names) if ":" in amount else int(Decimal(amount) * 100)
                )
                for account, part in dealt(whole, taken).items():
                    self.cents[account, f"alloc_{row['pool']}"] += part


def dealt(whole: int, weights: Counter[str]) -> dict[str, int]:
    """Share by largest remainder, the smaller account id first where remainders are equal."""
    exact = {account: Fraction(whole * weight, weights.total()) for account, weight in weights.items()}
    parts = {account: int(share) for account, share in exact.items()}
    for account in sorted(exact, key=lambda name: (parts[name] - exact[name], name))[: whole - sum(parts.values())]:
        parts[account] += 1
    return parts


@pytest.fixture(scope="module")
def flipped(worked_facts: Facts, worked_policy: Policy) -> tuple[Verdicts, pd.DataFrame, pd.DataFrame]:
    """The worked example as it is, with P4's missing weeks filled in, and what is missing."""
    verdicts = evaluate(worked_facts, worked_policy, date(2026, 1, 20))
    with closing(DuckDBEngine(threads=1)) as engine:
        load_facts(engine, worked_facts, verdicts.window, worked_policy)
        build_models(engine)
        missing = missing_hours(engine)
        full = full_time_totals(engine)
    assert full is not None
    return verdicts, full, missing


LINES = ("delivery_labour", "service_labour", "late_collection_labour", "alloc_facilities_tools", "alloc_internal_time")


def test_full_time_figures_equal_an_exact_computation(
    flipped: tuple[Verdicts, pd.DataFrame, pd.DataFrame], worked_rows: Reader
) -> None:
    verdicts, full, _ = flipped
    exact = FullTime(worked_rows)
    accounts = full.set_index("account_id")
    was = verdicts.accounts.set_index("account_id")
    for account in accounts.index:
        own = {line: exact.cents[account, line] for line in LINES}
        assert {line: accounts.loc[account, f"{line}_cents"] for line in LINES} == own
        dearer = sum(own.values()) - sum(int(was.loc[account, f"{line}_cents"]) for line in LINES)
        assert was.loc[account, "ncp_cents"] - accounts.loc[account, "ncp_cents"] == dearer
    assert (accounts["agi_cents"] == was["agi_cents"].reindex(accounts.index)).all()
    assert (accounts["delivery_labour_cents"] > was["delivery_labour_cents"].reindex(accounts.index)).any()


def test_two_missing_weeks_flip_no_tier(
    flipped: tuple[Verdicts, pd.DataFrame, pd.DataFrame], worked_policy: Policy, worked_rows: Reader
) -> None:
    verdicts, full, missing = flipped
    judged = add_flip(verdicts.accounts, full, missing, worked_policy)
    assert list(judged["flip_tier"]) == list(verdicts.accounts["indicative_tier"])
    assert list(judged["flip_tier"]) == ["A", "A", "A", "B", "C", "C", "D", "D"]
    # P4 works for all of them; each has its busiest month in every month already, so that nothing more can be its own.
    logged = sum(Decimal(row["hours"]) for row in worked_rows("time.csv") if row["person_id"] == "P4")
    assert set(missing["missing_seconds"]) == {half_up(Fraction(logged) * 3600 * 2 / 44)}
    assert set(missing["headroom_seconds"]) == {0}
    assert list(judged["worst_tier"]) == list(judged["flip_tier"])
