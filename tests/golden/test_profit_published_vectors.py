"""Published figures on overhead, retainers, fixed fees and overservicing, and a watch that every vector has a test."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.facts import FX_ONE, SCHEMAS, Facts, Table
from profitability.policy import PeriodPolicy, Policy, TierPolicy
from profitability.units import half_up
from profitability.verdicts import Verdicts

Reader = Callable[[str], list[dict[str, str]]]
Row = tuple[Any, ...]

HOUR = 3600
MONTH, YEAR = 1, 12
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}


@pytest.fixture(scope="module")
def published(worked_rows: Reader) -> Mapping[str, str]:
    """Figures of the literature by their id."""
    return {row["id"]: row["expected"] for row in worked_rows("published_vectors.csv")}


def judged(today: date, months: int, **tables: list[Row]) -> Verdicts:
    """Judge the last closed months of a firm; columns at the end of a row that may be null may be left out."""
    frames: dict[str, Table] = {}
    for name, rows in tables.items():
        columns = SCHEMAS[name].columns[: len(rows[0])]
        whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
        frames[name] = whole.astype({column.name: KINDS[column.type] for column in columns})
    policy = Policy(tiers=TierPolicy(coverage_rate_min=0), period=PeriodPolicy(window_months=months))
    return evaluate(Facts("EUR", frames), policy, today)


def account(name: str) -> Row:
    return (name, name, date(2020, 1, 1), True)


def invoice(to: str, euros: int, day: date, *, last_day: date | None = None) -> Row:
    """Return an invoice that was paid on its day, over a period of service where its last day is given."""
    days = (day, day, day if last_day else None, last_day)
    return (f"for {to}", to, "invoice", *days, 100 * euros, 100 * euros, "EUR", FX_ONE, None, False)


def paid(to: str, euros: int, day: date) -> Row:
    return (f"for {to}", day, "payment", 100 * euros)


def by_the_hour(person: str, euros: int) -> Row:
    return (person, "hourly", date(2025, 1, 1), date(2025, 12, 31), None, None, 100 * euros, "EUR", FX_ONE)


def figures(verdicts: Verdicts, name: str) -> Any:
    return verdicts.accounts.set_index("account_id").loc[name]


def cost_of_an_hour(own: Any, *lines: str) -> int:
    """Return cents, labour and the named lines together."""
    whole = sum(int(own[f"{line}_cents"]) for line in ("delivery_labour", *lines))
    return half_up(Fraction(whole * HOUR, int(own["worked_seconds"])))


def cents(text: str) -> int:
    whole = 100 * Fraction(text)
    assert whole.denominator == 1, text
    return int(whole)


def test_overhead_of_an_hour(published: Mapping[str, str]) -> None:
    """P01, P02: facilities over all hours, internal work over the hours of clients, which alone are billed.

    Of 130.07 hours, each at 100.00, 30.07 go to the firm's own projects; facilities cost 9.43 for each of them all.
    """
    day, own_seconds = date(2025, 6, 2), 30 * HOUR + 252
    verdicts = judged(
        date(2025, 7, 20),
        MONTH,
        accounts=[account("client"), account("own projects")],
        documents=[invoice("client", 20_000, day)],
        time_entries=[
            (day, "P", "client", "delivery", 100 * HOUR, True),
            (day, "P", "own projects", "delivery", own_seconds, True),
        ],
        cost_rates=[by_the_hour("P", 100)],
        pools=[
            ("facilities", date(2025, 6, 1), 122_656, None, "client_hours", 0),
            ("internal", date(2025, 6, 1), 300_700, None, "documents", 0),
        ],
    )
    pools = ("alloc_facilities", "alloc_internal")
    assert cost_of_an_hour(figures(verdicts, "client"), *pools) == cents(published["P01"])
    assert cost_of_an_hour(figures(verdicts, "own projects"), *pools) == cents(published["P02"])


def test_a_retainer_counts_by_the_days_of_its_period(published: Mapping[str, str]) -> None:
    """P03: 14 of the 30 days lie in June, the rest in July."""
    starts = date(2025, 6, 17)
    retainer = invoice("A", 6_000, starts, last_day=starts + timedelta(days=29))
    june, july = (
        figures(judged(today, MONTH, accounts=[account("A")], documents=[retainer]), "A")["net_revenue_cents"]
        for today in (date(2025, 7, 20), date(2025, 8, 20))
    )
    assert june == cents(published["P03"])
    assert june + july == 600_000


def test_a_fixed_fee_that_took_too_many_hours(published: Mapping[str, str]) -> None:
    """P04."""
    day = date(2025, 6, 2)
    verdicts = judged(
        date(2025, 7, 20),
        MONTH,
        accounts=[account("A")],
        documents=[invoice("A", 8_000, day)],
        settlements=[paid("A", 8_000, day)],
        time_entries=[(day, "P", "A", "delivery", 120 * HOUR, True)],
        cost_rates=[by_the_hour("P", 75)],
    )
    own = figures(verdicts, "A")
    assert own["ncp_cents"] == own["cm1_cents"] == cents(published["P04"])


def test_the_margin_of_a_loss(published: Mapping[str, str]) -> None:
    """P05: the loss of 2,300 is what support of 60 hours and licences leave of the fee."""
    day = date(2025, 6, 2)
    verdicts = judged(
        date(2025, 7, 20),
        MONTH,
        accounts=[account("A")],
        documents=[invoice("A", 8_500, day)],
        settlements=[paid("A", 8_500, day)],
        direct_costs=[(day, "A", "expense", 480_000, "EUR", FX_ONE)],
        time_entries=[(day, "P", "A", "service", 60 * HOUR, True)],
        cost_rates=[by_the_hour("P", 100)],
    )
    own = figures(verdicts, "A")
    assert own["ncp_cents"] == -230_000
    assert round(100 * own["ncp_margin_ratio"]) == int(published["P05"])


def test_an_hour_a_week_beyond_the_contract_is_a_gift(published: Mapping[str, str]) -> None:
    """R03: 100 people at 200 an hour give two hours a week for 50 weeks where one was agreed."""
    people = [f"P{number:03}" for number in range(100)]
    weeks = [date(2025, 1, 6) + timedelta(weeks=number) for number in range(50)]
    verdicts = judged(
        date(2026, 1, 20),
        YEAR,
        accounts=[account("A")],
        documents=[invoice("A", 1_000_000, weeks[0])],
        settlements=[paid("A", 1_000_000, weeks[0])],
        time_entries=[(week, person, "A", "delivery", 2 * HOUR, True) for week in weeks for person in people],
        cost_rates=[by_the_hour(person, 200) for person in people],
        contracts=[("A", len(people) * len(weeks) * HOUR)],
    )
    scope = verdicts.remedies.set_index("account_id").loc["A"]
    assert scope["renegotiate_scope_cents"] == cents(published["R03"])
    assert scope["freed_scope_seconds"] == 5_000 * HOUR
    assert figures(verdicts, "A")["overservicing_ratio"] == 1.0


def test_every_published_vector_has_a_test(published: Mapping[str, str]) -> None:
    """An id counts as tested where the text of a test, and not its docstring, states it alone."""
    claimed = {
        node.value
        for path in Path(__file__).parent.glob("test_profit_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(published) - claimed == set()
