"""Small firms on which the decision side has something to decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import strategies as st

from profitability.closes import HISTORY_COLUMNS
from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, Facts
from profitability.policy import Policy, RemedyPolicy
from profitability.verdicts import Verdicts

Row = dict[str, Any]
Firm = dict[str, list[Row]]

LAST, TODAY = date(2025, 3, 31), date(2025, 4, 9)
MONTHS = [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
CLOSES = (pd.Timestamp(2025, 1, 31), pd.Timestamp(2025, 2, 28))
TIERS = "ABCD"
REMEDIES = ["collect", "reduce_cost_to_serve", "renegotiate_scope", "reprice", "migrate"]
OUTCOMES = [None, "worked", "failed", "declined", "lapsed"]

recent = st.dates(date(2024, 9, 1), TODAY + timedelta(days=5))
coming = st.one_of(st.none(), st.dates(date(2025, 2, 1), date(2026, 2, 1)))
hours = st.integers(0, 40).map(lambda halves: halves * 1_800)
EUROS = {"currency": "EUR", "fx_rate_e12": FX_ONE}
BILL = {"kind": "invoice", "service_start": None, "service_end": None, "applies_to": None, "is_disputed": False}


def rows_of(most: int, *unique: str, **columns: Any) -> st.SearchStrategy[list[Row]]:
    """Generate rows of a fact table that differ in the named columns; a list is a choice of values."""
    choices = {
        name: st.sampled_from(values) if isinstance(values, list) else values for name, values in columns.items()
    }
    one = st.fixed_dictionaries(choices)
    return st.lists(one, max_size=most, unique_by=lambda row: tuple(row[name] for name in unique))


def add_work(draw: st.DrawFn, firm: Firm, names: list[str]) -> None:
    """Let one person work for every account in every month, and bill each of them."""
    for name, month in product(names, MONTHS):
        net, due = (
            draw(st.sampled_from([0, 90_000, 250_000, 600_000])),
            draw(recent.filter(lambda day: day > MONTHS[0])),
        )
        bill = {"document_id": f"{name} {month}", "account_id": name, "issue_date": month, "due_date": due} | BILL
        firm["documents"] = [*firm["documents"], bill | EUROS | {"net_minor": net, "gross_minor": net}]
        work = {"work_date": month, "person_id": "Q", "account_id": name, "worked_seconds": draw(hours)}
        work["category"] = draw(st.sampled_from(["delivery", "delivery", "service", "collection"]))
        firm["time_entries"] = [*firm["time_entries"], work | {"is_category_known": True}]
    salary = {"loaded_cost_minor": 2_000_000, "practical_seconds": 1_800 * draw(st.integers(1, 900))}
    pay = draw(st.sampled_from([salary, salary, {"cost_per_hour_minor": 4_500}]))
    span = {
        "person_id": "Q",
        "valid_from": MONTHS[0],
        "valid_to": LAST,
        "employment": "hourly" if len(pay) == 1 else "salaried",
    }
    firm["cost_rates"] = [*firm["cost_rates"], span | pay | EUROS]


@st.composite
def draw_firm(draw: st.DrawFn, firms: st.SearchStrategy[Firm]) -> Firm:
    """A small firm with enough work and money for tiers, and with all that bears on a decision."""
    firm = dict(draw(firms))
    names = [row["account_id"] for row in firm["accounts"]]
    one = st.sampled_from(names)
    for index, row in enumerate(firm["accounts"]):
        row["parent_id"] = draw(st.sampled_from([None, None, None, *names[:index]]))
    add_work(draw, firm, names)
    weeks = draw(st.sampled_from([17, 17, 17, 16, 4]))
    people = [row["person_id"] for row in firm["cost_rates"] + firm["time_entries"]]
    firm["timesheets"] = [
        {"person_id": person, "expected_weeks": 17, "submitted_weeks": weeks} for person in sorted(set(people))
    ]
    known = {"contracted_seconds": st.one_of(st.none(), hours), "notice_days": [None, 0, 30, 90]}
    firm["contracts"] = draw(rows_of(4, "account_id", account_id=one, ends_on=coming, **known))
    outcome = {"outcome": OUTCOMES}
    tries = rows_of(8, "remedy", "started_on", account_id=one, remedy=REMEDIES, started_on=recent, **outcome)
    firm["remedies"] = draw(tries)
    choice = {"decision": [None, "open", "keep", "improve_first", "phase_out"]}
    firm["decisions"] = draw(rows_of(2, "account_id", account_id=one, holds_until=coming, **choice))
    why = {"kind": ["dispute", "legal_hold", "referral"], "owner": ["Ada"], "reason": ["a reason"]}
    days = {"granted_on": recent, "expires_on": coming.filter(bool)}
    firm["exemptions"] = draw(rows_of(1, "account_id", account_id=one, **why, **days))
    size = {"amount_cents": [None, 0, 3_000_000], "demand_seconds": st.one_of(st.none(), st.integers(0, 2_000_000))}
    chance = {"stage": ["open", "won"], "probability_ppm": [None, 0, 333_333, 1_000_000], "starts_on": coming}
    firm["deals"] = draw(rows_of(4, "deal_id", deal_id=[*"1234"], account_id=[None, *names], **size, **chance))
    return firm


@st.composite
def draw_closes(draw: st.DrawFn, names: list[str]) -> pd.DataFrame:
    """Two closes before this one: a tier that stands since the first, and what the second alone would have given."""
    rows = []
    for name in names:
        tier = draw(st.sampled_from([*TIERS, "D", "D"]))
        for close, candidate in zip(CLOSES, (tier, draw(st.sampled_from([tier, *TIERS]))), strict=True):
            rows.append((name, close, candidate, tier, CLOSES[0]))
    return pd.DataFrame(rows, columns=HISTORY_COLUMNS)


@pytest.fixture(scope="session")
def ripe_firms(firms: st.SearchStrategy[Firm]) -> st.SearchStrategy[Firm]:
    """Generate the rows of a small firm with contracts, remedies, exemptions, decisions, deals and groups."""
    return draw_firm(firms)


@pytest.fixture(scope="session")
def closes() -> Callable[[list[str]], st.SearchStrategy[pd.DataFrame]]:
    """Generate two earlier closes of the accounts named."""
    return draw_closes


@pytest.fixture(scope="session")
def ladder_policy(policy: Policy) -> Policy:
    """The policy of generated firms, with a lighter package, so that all five remedies can be tried."""
    return replace(policy, remedies=RemedyPolicy(light_package_cents=100_000))


@pytest.fixture(scope="session")
def judge(
    facts_of_firm: Callable[[Firm], Facts], ladder_policy: Policy
) -> Iterator[Callable[[Firm, pd.DataFrame], Verdicts]]:
    """Evaluate generated rows after earlier closes, all on one engine."""
    engine = DuckDBEngine(threads=1)
    yield lambda firm, history: evaluate(facts_of_firm(firm), ladder_policy, TODAY, history=history, engine=engine)
    engine.close()
