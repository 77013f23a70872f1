"""What bears on decisions and is refused: which rule, which rows, and what to do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from profitability.decision_rules import DECISION_RULES
from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.errors import DataError
from profitability.facts import SCHEMAS, Facts
from profitability.holds import live_exemptions, live_holds
from profitability.policy import Policy
from profitability.remedies import REMEDIES, SPENT_OUTCOMES
from profitability.tiers import TIERS

TODAY = date(2026, 1, 20)
DAY = date(2025, 12, 1)
LATER = date(2026, 12, 1)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}

Row = dict[str, Any]

SOUND: dict[str, Row] = {
    "accounts": {"account_id": "A", "name": "Alfa", "is_matched": True},
    "contracts": {
        "account_id": "A",
        "contracted_seconds": 0,
        "ends_on": LATER,
        "notice_days": 0,
        "renewal_months": 0,
        "satisfaction_e6": -7,
    },
    "remedies": {"account_id": "A", "remedy": "collect", "started_on": DAY, "ended_on": DAY, "outcome": "worked"},
    "exemptions": {
        "account_id": "A",
        "kind": "dispute",
        "owner": "Ada",
        "reason": "in court",
        "expires_on": DAY,
        "granted_on": DAY,
    },
    "decisions": {"account_id": "A", "decision": "keep", "holds_until": LATER},
    "pins": {
        "account_id": "A",
        "tier": "B",
        "owner": "Ada",
        "reason": "late billing",
        "pinned_on": DAY,
        "expires_on": LATER,
    },
    "deals": {
        "deal_id": "D1",
        "account_id": "A",
        "stage": "open",
        "amount_cents": -1,
        "demand_seconds": 0,
        "probability_ppm": 1_000_000,
        "starts_on": LATER,
    },
    "cash": {"day": DAY, "balance_cents": -5},
}

NOT_KNOWN = "account_id is not in the accounts table"
TEN_YEARS = "notice or renewal is not between nothing and ten years"
TRIED, EXEMPT, PINNED = "@ collect from 2025-12-01", "@ dispute to 2025-12-01", "@ from 2025-12-01"

# Table, what is changed in its sound row, what is told of the rule, and of the row; @ stands for its own id.
BROKEN: list[tuple[str, Row, str, str]] = [
    ("contracts", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("remedies", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("exemptions", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("decisions", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("pins", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("deals", {"account_id": "X"}, NOT_KNOWN, "X"),
    ("contracts", {"contracted_seconds": -1}, "the time agreed is below zero", "@"),
    ("contracts", {"notice_days": -1}, TEN_YEARS, "@"),
    ("contracts", {"notice_days": 2**40}, TEN_YEARS, "@"),
    ("contracts", {"renewal_months": -1}, TEN_YEARS, "@"),
    ("contracts", {"renewal_months": 121}, TEN_YEARS, "@"),
    (
        "remedies",
        {"remedy": "Collect"},
        "remedy is none of collect, reduce_cost_to_serve, renegotiate_scope, reprice, migrate",
        "@ Collect from 2025-12-01: Collect",
    ),
    ("remedies", {"outcome": "open"}, "outcome is none of worked, failed, declined, lapsed", f"{TRIED}: open"),
    ("remedies", {"ended_on": date(2025, 11, 30)}, "ended_on lies before started_on", TRIED),
    (
        "exemptions",
        {"kind": "friend"},
        "kind is none of strategic, pipeline, dispute, legal_hold, referral",
        "@ friend to 2025-12-01: friend",
    ),
    ("exemptions", {"granted_on": LATER}, "expires_on lies before granted_on", EXEMPT),
    ("exemptions", {"owner": " "}, "owner or reason is blank", EXEMPT),
    ("exemptions", {"reason": ""}, "owner or reason is blank", EXEMPT),
    (
        "decisions",
        {"decision": "Phase out"},
        "decision is none of open, keep, improve_first, phase_out",
        "@: Phase out",
    ),
    ("pins", {"tier": "N"}, "tier is none of A, B, C, D", f"{PINNED}: N"),
    ("pins", {"expires_on": date(2025, 11, 30)}, "expires_on lies before pinned_on", PINNED),
    ("pins", {"expires_on": date(2026, 12, 2)}, "a tier is pinned for more than 12 months", PINNED),
    ("pins", {"owner": ""}, "owner or reason is blank", PINNED),
    ("pins", {"reason": "  "}, "owner or reason is blank", PINNED),
    ("deals", {"stage": "lost"}, "stage is none of open, won", "@: lost"),
    ("deals", {"probability_ppm": -1}, "the chance is not between none and certain", "@"),
    ("deals", {"probability_ppm": 1_000_001}, "the chance is not between none and certain", "@"),
    ("deals", {"demand_seconds": -1}, "the time sold is below zero", "@"),
]

TWICE = {"contracts": "account_id", "decisions": "account_id", "deals": "deal_id", "cash": "day"}


def facts(tables: dict[str, list[Row]]) -> Facts:
    frames: dict[str, Any] = {}
    for name, rows in tables.items():
        kinds = {column.name: KINDS[column.type] for column in SCHEMAS[name].columns if column.name in rows[0]}
        frames[name] = pd.DataFrame(rows, dtype="object").astype(kinds)
    return Facts("EUR", frames)


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def refusal(engine: DuckDBEngine, tables: dict[str, list[Row]]) -> DataError:
    with pytest.raises(DataError) as refused:
        evaluate(facts(tables), Policy(), TODAY, engine=engine)
    return refused.value


@pytest.fixture(scope="module")
def told(engine: DuckDBEngine) -> list[str]:
    """What is said of all cases at once, each on an account (or deal) of its own."""
    tables: dict[str, list[Row]] = {"accounts": []}
    for case, (table, change, _, _) in enumerate(BROKEN):
        own = {key: str(case) for key in ("account_id", "deal_id") if key in SOUND[table]}
        tables["accounts"].append(SOUND["accounts"] | {"account_id": str(case)})
        tables.setdefault(table, []).append(SOUND[table] | own | change)
    return str(refusal(engine, tables)).splitlines()


def test_sound_facts_and_limits_that_are_just_met_pass(engine: DuckDBEngine) -> None:
    tables = {name: [row] for name, row in SOUND.items()}
    tables["remedies"].append(SOUND["remedies"] | {"ended_on": None, "outcome": None})
    tables["exemptions"].append(SOUND["exemptions"] | {"granted_on": None})
    tables["decisions"] = [{"account_id": "A", "decision": None, "holds_until": None}]
    tables["deals"].append(
        dict.fromkeys(SOUND["deals"]) | {"deal_id": "D2", "stage": "won", "account_id": None, "probability_ppm": 0}
    )
    assert evaluate(facts(tables), Policy(), TODAY, engine=engine).accounts.empty


@pytest.mark.parametrize("case", range(len(BROKEN)), ids=[f"{table}-{told}" for table, _, told, _ in BROKEN])
def test_broken_facts_are_refused_with_their_rows(case: int, told: list[str]) -> None:
    table, _, what, subject = BROKEN[case]
    headline = f"  {table}: {what}: "
    line = next(line for line in told if line.startswith(headline))
    assert subject.replace("@", str(case)) in line.removeprefix(headline).split(", ")


def test_what_is_stated_twice_is_refused(engine: DuckDBEngine) -> None:
    twice = {name: [row] * (2 if name in TWICE else 1) for name, row in SOUND.items()}
    text = str(refusal(engine, twice))
    assert text.startswith("4 rules on the facts are broken")
    for table, key in TWICE.items():
        assert f"\n  {table}: {key} stated more than once: {SOUND[table][key]}\n    do: keep one row each" in text


def test_every_rule_on_decisions_is_tested() -> None:
    tested = {(table, what) for table, _, what, _ in BROKEN}
    tested |= {(table, f"{key} stated more than once") for table, key in TWICE.items()}
    assert {(rule.table, rule.what) for rule in DECISION_RULES} == tested


def test_a_leap_day_is_pinned_to_the_end_of_february(engine: DuckDBEngine) -> None:
    leap = SOUND["pins"] | {"pinned_on": date(2024, 2, 29)}
    tables = {"accounts": [SOUND["accounts"]], "pins": [leap | {"expires_on": date(2025, 2, 28)}]}
    assert evaluate(facts(tables), Policy(), TODAY, engine=engine).accounts.empty
    tables["pins"] = [leap | {"expires_on": date(2025, 3, 1)}]
    assert "more than 12 months: A from 2024-02-29" in str(refusal(engine, tables))


def test_the_words_of_the_rules_are_those_that_the_engine_looks_for() -> None:
    wording = {
        (rule.table, rule.what.split(" is none of ")[0]): rule.what for rule in DECISION_RULES if "none of" in rule.what
    }
    words = {place: set(what.split(" is none of ")[1].split(", ")) for place, what in wording.items()}
    assert words["remedies", "remedy"] == set(REMEDIES)
    assert words["remedies", "outcome"] == {"worked", *SPENT_OUTCOMES}
    assert words["pins", "tier"] == set(TIERS)
    kinds = words["exemptions", "kind"]
    exemptions = pd.DataFrame([SOUND["exemptions"] | {"account_id": kind, "kind": kind} for kind in sorted(kinds)])
    accounts = pd.DataFrame({"account_id": sorted(kinds), "ncp_cents": 0})
    none = pd.Series(dtype="int64")
    assert set(live_exemptions(exemptions, accounts, none, today=DAY).index) == kinds
    decisions = pd.DataFrame(
        [SOUND["decisions"] | {"account_id": one, "decision": one} for one in ("keep", "improve_first")]
    )
    assert set(live_holds(decisions, today=DAY).index) == words["decisions", "decision"] - {"open", "phase_out"}
