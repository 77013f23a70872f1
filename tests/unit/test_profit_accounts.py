"""Accounts in odd circumstances, from facts to tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, SCHEMAS, Facts
from profitability.policy import Policy, TierPolicy
from profitability.ratios import is_at_least
from profitability.verdicts import Verdicts

TODAY = date(2026, 1, 20)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
HOUR = 3600


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    # Columns at the end that may be null may be left out.
    columns = SCHEMAS[table].columns[: len(rows[0])] if rows else SCHEMAS[table].columns
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    return whole.astype({column.name: KINDS[column.type] for column in columns})


def invoice(number: str, account: str, day: date, cents: int, **other: Any) -> tuple[Any, ...]:
    values = {
        "document_id": number,
        "account_id": account,
        "kind": "invoice",
        "issue_date": day,
        "due_date": day,
        "service_start": None,
        "service_end": None,
        "net_minor": cents,
        "gross_minor": cents,
        "currency": "EUR",
        "fx_rate_e12": FX_ONE,
        "applies_to": None,
        "is_disputed": False,
    }
    return tuple((values | other).values())


def work(day: date, account: str | None, hours: int, category: str = "delivery", person: str = "P") -> tuple[Any, ...]:
    return (day, person, account, category, hours * HOUR, True)


def firm(accounts: dict[str, tuple[date | None, bool]], **tables: list[tuple[Any, ...]]) -> Facts:
    rows = {"accounts": [(name, name, started, matched) for name, (started, matched) in accounts.items()], **tables}
    rows.setdefault(
        "cost_rates",
        [("P", "salaried", date(2025, 1, 1), date(2025, 12, 31), 12_000_00, 1200 * HOUR, None, "EUR", FX_ONE)],
    )
    return Facts("EUR", {name: frame(name, table) for name, table in rows.items()})


OLD = (date(2020, 1, 1), True)
LOOSE = Policy(tiers=TierPolicy(coverage_rate_min=0, coverage_final_min=0))


def account(verdicts: Verdicts, name: str) -> Any:
    return verdicts.accounts.set_index("account_id").loc[name]


def test_no_facts_at_all(engine: DuckDBEngine) -> None:
    verdicts = evaluate(Facts("EUR"), Policy(), TODAY, engine=engine)
    assert verdicts.accounts.empty
    assert verdicts.explanation.empty
    assert int(verdicts.reconciliation["amount"].abs().sum()) == 0
    assert verdicts.books_status == "consistent with its inputs"


def test_accounts_without_facts_are_left_out_and_unmatched_ones_stay_unranked(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD, "prospect": OLD, "unmatched:x": (None, False)},
        documents=[
            invoice("1", "A", date(2025, 3, 31), 100_000),
            invoice("2", "unmatched:x", date(2025, 3, 31), 900_000),
        ],
        time_entries=[work(date(2025, 10, 1), "A", 10), work(date(2025, 10, 1), "unmatched:x", 30)],
        pools=[("rent", date(2025, 10, 1), 4_000, None, "client_hours", 0)],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert list(verdicts.accounts["account_id"]) == ["A", "unmatched:x"]
    own, other = account(verdicts, "A"), account(verdicts, "unmatched:x")
    assert (own["rank"], own["indicative_tier"], own["alloc_rent_cents"]) == (1, "A", 1_000)
    assert (other["indicative_tier"], other["unrated_reason"], other["alloc_rent_cents"]) == ("N", "unmatched", 3_000)
    assert pd.isna(other["rank"])
    assert own["whale_ratio"] == 1.0
    # 90 % of the revenue names no account: 18 of 20 points are lost; there is no cost nor settlement either.
    assert own["coverage"] == pytest.approx(40 * 40 / 1200 + 2 + 10 + 5, abs=0.01)


def test_young_dormant_and_timeless_accounts_are_not_rated(engine: DuckDBEngine) -> None:
    facts = firm(
        {"young": (date(2025, 7, 2), True), "just": (date(2025, 7, 1), True), "asleep": OLD, "timeless": OLD},
        documents=[
            invoice("1", "young", date(2025, 9, 30), 10_000),
            invoice("2", "just", date(2025, 9, 30), 10_000),
            invoice("3", "asleep", date(2025, 6, 30), 10_000),
            invoice("4", "timeless", date(2025, 9, 30), 10_000),
        ],
        time_entries=[
            work(date(2025, 9, 1), "young", 1),
            work(date(2025, 9, 1), "just", 1),
            work(date(2025, 6, 1), "asleep", 1),
        ],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    reasons = dict(zip(verdicts.accounts["account_id"], verdicts.accounts["unrated_reason"], strict=True))
    assert reasons == {"young": "short_tenure", "just": "", "asleep": "dormant", "timeless": "no_time_data"}
    assert account(verdicts, "asleep")["reason"] == ("N: not rated, because no document and no hours in recent months.")
    assert account(verdicts, "timeless")["rank"] == 1


def test_tenure_counts_from_the_first_fact_where_the_crm_knows_no_start(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": (None, True), "B": (date(2025, 9, 1), True)},
        documents=[invoice("1", "A", date(2024, 2, 1), 1), invoice("2", "B", date(2025, 3, 1), 1)],
        time_entries=[work(date(2025, 9, 1), "A", 1), work(date(2025, 9, 1), "B", 1)],
    )
    accounts = evaluate(facts, LOOSE, TODAY, engine=engine).accounts.set_index("account_id")
    assert accounts.loc["A", "started_on"] == pd.Timestamp(2024, 2, 1)
    assert accounts.loc["B", "started_on"] == pd.Timestamp(2025, 3, 1)
    assert (accounts["unrated_reason"] == "").all()


def test_a_missing_exchange_rate_makes_the_account_unrated_and_is_listed(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD, "B": OLD},
        documents=[
            invoice("1", "A", date(2025, 9, 30), 10_000, currency="USD", fx_rate_e12=None),
            invoice("2", "B", date(2025, 9, 30), 10_000, currency="USD", fx_rate_e12=FX_ONE // 2),
        ],
        time_entries=[work(date(2025, 9, 1), "A", 1), work(date(2025, 9, 1), "B", 1)],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert account(verdicts, "A")["unrated_reason"] == "unknown_currency_rate"
    assert account(verdicts, "B")["net_revenue_cents"] == 5_000
    assert verdicts.problems[["problem", "subject"]].to_numpy().tolist() == [["unknown_currency_rate", "documents 1"]]


def test_time_without_a_rate_makes_the_account_provisional_and_is_listed(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD, "B": OLD},
        documents=[invoice("1", "A", date(2025, 9, 30), 10_000), invoice("2", "B", date(2025, 9, 30), 10_000)],
        time_entries=[work(date(2025, 9, 1), "A", 2), work(date(2025, 9, 1), "A", 3, person="X")],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    assert account(verdicts, "A")["tier_status"] == "Provisional"
    assert account(verdicts, "B")["tier_status"] == "Final"
    problem = verdicts.problems.iloc[0]
    assert (problem["problem"], problem["subject"], problem["seconds"]) == ("hours_without_rate", "X", 3 * HOUR)


def test_a_year_billed_ahead_is_spread_over_its_months_by_days(engine: DuckDBEngine) -> None:
    ahead = invoice("1", "A", date(2025, 1, 1), 100, service_start=date(2025, 11, 15), service_end=date(2026, 2, 14))
    facts = firm({"A": OLD}, documents=[ahead], time_entries=[work(date(2025, 11, 1), "A", 1)])
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    billed = verdicts.lines[verdicts.lines["line"] == "gross_billings"]
    # 92 days: 16, 31, 31 and 14; 17.39 33.70 33.70 15.22 -> the two left-over cents go to December and January.
    assert billed["amount_cents"].to_list() == [17, 34]


def test_overtime_never_charges_more_than_the_payroll(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD, "B": OLD},
        documents=[invoice("1", "A", date(2025, 9, 30), 10_000)],
        time_entries=[
            work(date(2025, 9, 1), "A", 150),
            work(date(2025, 9, 2), "B", 30),
            work(date(2025, 9, 3), None, 20, "admin"),
            work(date(2025, 10, 1), "A", 40),
        ],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    september = verdicts.lines[verdicts.lines["month"] == pd.Timestamp(2025, 9, 1)].set_index(["account_id", "line"])
    # 100 practical hours at 10.00, 200 logged: 5.00 an hour; October at the full rate.
    assert september.loc[("A", "delivery_labour"), "amount_cents"] == 75_000
    assert september.loc[("B", "delivery_labour"), "amount_cents"] == 15_000
    assert account(verdicts, "A")["delivery_labour_cents"] == 75_000 + 40_000
    firm_lines = verdicts.firm.set_index(["month", "line"])["amount_cents"]
    assert firm_lines[pd.Timestamp(2025, 9, 1), "unpooled_admin"] == 10_000
    assert (pd.Timestamp(2025, 9, 1), "unused_capacity") not in firm_lines.index
    assert firm_lines[pd.Timestamp(2025, 10, 1), "unused_capacity"] == 60_000


def test_a_note_at_another_rate_leaves_its_difference_with_the_firm(engine: DuckDBEngine) -> None:
    rate = {"currency": "USD", "fx_rate_e12": 900_000_000_000}
    facts = firm(
        {"A": OLD},
        documents=[
            invoice("1", "A", date(2025, 9, 30), 100_000, **rate),
            invoice(
                "2",
                "A",
                date(2025, 10, 31),
                10_000,
                kind="credit_note",
                currency="USD",
                fx_rate_e12=950_000_000_000,
                applies_to="1",
            ),
        ],
        time_entries=[work(date(2025, 9, 1), "A", 1)],
    )
    verdicts = evaluate(facts, LOOSE, TODAY, engine=engine)
    own = account(verdicts, "A")
    assert own["net_revenue_cents"] == 90_000 - 9_500
    assert own["open_receivable_cents"] == 81_000
    assert verdicts.firm.set_index("line").loc["fx_difference", "amount_cents"] == -500
    # The last quarter leaves the note out, as its invoice is older.
    assert own["quarter_agi_cents"] == 0


def test_amounts_of_a_weak_home_currency_fit(engine: DuckDBEngine) -> None:
    """An invoice over 100 billion rupiah, part paid before its due date, and the same in a foreign currency."""
    rupiah = {"currency": "IDR", "gross_minor": 11 * 10**12}
    documents = [invoice("1", "A", date(2025, 9, 30), 10**13, **rupiah)]
    paid = [("1", date(2025, 9, 30), "payment", 33 * 10**11)]
    time = [work(date(2025, 9, 1), "A", 1)]
    facts = firm({"A": OLD}, documents=documents, settlements=paid, time_entries=time, cost_rates=[])
    own = account(evaluate(replace(facts, home_currency="IDR"), LOOSE, TODAY, engine=engine), "A")
    assert own["net_revenue_cents"] == 10**13
    assert own["open_receivable_cents"] == 7 * 10**12
    # 92 days at 10 % a year on what is open; 35 % of it is expected to be lost.
    assert own["late_financing_cents"] == pytest.approx(7 * 10**12 * 92 // 3650, abs=4)
    assert own["closing_ecl_cents"] == 245 * 10**10

    euros = [invoice("1", "A", date(2025, 9, 30), 10**13, **rupiah, fx_rate_e12=51_234_567)]
    abroad = firm({"A": OLD}, documents=euros, settlements=paid, time_entries=time, cost_rates=[])
    assert account(evaluate(abroad, LOOSE, TODAY, engine=engine), "A")["open_receivable_cents"] == 358_641_969


def test_history_decides_the_published_tier(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD},
        documents=[invoice("1", "A", date(2025, 9, 30), 10_000)],
        time_entries=[work(date(2025, 9, 1), "A", 50)],
    )
    past = pd.DataFrame(
        {
            "account_id": ["A"],
            "close_date": pd.to_datetime(["2025-11-30"]),
            "candidate_tier": ["A"],
            "published_tier": ["A"],
            "tier_since": pd.to_datetime(["2025-03-31"]),
        }
    )
    own = account(evaluate(facts, LOOSE, TODAY, history=past, engine=engine), "A")
    assert (own["indicative_tier"], own["candidate_tier"], own["published_tier"]) == ("D", "D", "A")
    assert (own["tier_since"], own["pending_closes"]) == (pd.Timestamp(2025, 3, 31), 1)
    assert "These figures alone would give D" in own["reasons"]

    this = past.assign(close_date=pd.Timestamp(2025, 12, 31), published_tier="B", tier_since=pd.Timestamp(2025, 12, 31))
    kept = account(evaluate(facts, LOOSE, TODAY, history=pd.concat([past, this]), engine=engine), "A")
    assert (kept["published_tier"], kept["tier_since"]) == ("B", pd.Timestamp(2025, 12, 31))


def test_stale_sources_and_thin_data_lower_the_coverage(engine: DuckDBEngine) -> None:
    facts = firm(
        {"A": OLD},
        documents=[invoice("1", "A", date(2025, 9, 30), 10_000)],
        settlements=[("1", date(2025, 10, 1), "payment", 10_000)],
        direct_costs=[
            (date(2025, 9, 1), "A", "expense", 30, "EUR", FX_ONE),
            (date(2025, 9, 1), None, "expense", 10, "EUR", FX_ONE),
        ],
        time_entries=[(date(2025, 9, 1), "P", "A", "delivery", 900, False)],
        timesheets=[("P", 40, 30)],
    )
    own = account(evaluate(facts, Policy(), TODAY, engine=engine), "A")
    # Time 3/4, halved as its task is unknown; 3/4 of the cost is assigned.
    assert own["coverage"] == 40 * 0.375 + 20 + 15 * 0.75 + 10 + 10 + 5
    assert (own["published_tier"] != "N", own["tier_status"]) == (True, "Provisional")
    stale = account(evaluate(facts, Policy(), TODAY, engine=engine, source_age_days=30), "A")
    assert stale["coverage"] == own["coverage"] - 5
    strict = replace(Policy(), tiers=TierPolicy(coverage_rate_min=80))
    unrated = account(evaluate(facts, strict, TODAY, engine=engine), "A")
    assert (unrated["published_tier"], unrated["unrated_reason"]) == ("N", "low_coverage")


def test_limits_are_compared_without_rounding_and_without_overflow() -> None:
    part = pd.Series([20, 19, 2 * 10**17, 2 * 10**17 - 1, -1], dtype="int64")
    whole = pd.Series([100, 100, 10**18, 10**18, 5], dtype="int64")
    assert is_at_least(part, whole, Fraction(1, 5)).tolist() == [True, False, True, False, False]
    assert is_at_least(part[:2], whole[:2], Fraction(1, 5)).tolist() == [True, False]
    assert is_at_least(part[:0], whole[:0], Fraction(1, 5)).dtype == np.bool_
