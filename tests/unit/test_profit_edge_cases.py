"""The odd cases that the specification names, from facts to verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from profitability import Facts, Policy, Verdicts, evaluate
from profitability.closes import HISTORY_COLUMNS
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE
from profitability.policy import TierPolicy

TODAY = date(2026, 1, 20)
HOUR = 3600
LOOSE = Policy(tiers=TierPolicy(coverage_rate_min=0, coverage_final_min=0))

Row = dict[str, Any]
Judge = Callable[..., Verdicts]


def invoice(number: str, account: str, day: str, cents: int, **other: Any) -> Row:
    values = {"document_id": number, "account_id": account, "kind": "invoice", "net_minor": cents, "gross_minor": cents}
    dates = {"issue_date": pd.Timestamp(day), "due_date": pd.Timestamp(2026, 12, 31), "applies_to": None}
    return values | dates | {"currency": "EUR", "fx_rate_e12": FX_ONE, "is_disputed": False} | other


def note(number: str, account: str, day: str, cents: int, on: str | None = None) -> Row:
    return invoice(number, account, day, cents, kind="credit_note", applies_to=on)


def hours(account: str, day: str, count: int, category: str = "delivery") -> Row:
    """Hours at 20.00 each."""
    who = {"person_id": "P", "account_id": account, "category": category}
    return {"work_date": pd.Timestamp(day), "worked_seconds": count * HOUR, "is_category_known": True} | who


RATE: Row = {
    "person_id": "P",
    "employment": "hourly",
    "valid_from": pd.Timestamp(2025, 1, 1),
    "valid_to": pd.Timestamp(2025, 12, 31),
    "cost_per_hour_minor": 2_000,
    "currency": "EUR",
    "fx_rate_e12": FX_ONE,
}


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """Evaluate accounts known since 2020, by default without expected losses; `parents` by account."""
    engine = DuckDBEngine(threads=1)

    def judged(
        *names: str,
        parents: dict[str, str] | None = None,
        policy: Policy = LOOSE,
        history: pd.DataFrame | None = None,
        **tables: list[Row],
    ) -> Verdicts:
        rows = [{"account_id": name, "parent_id": (parents or {}).get(name)} for name in names]
        accounts = pd.DataFrame(rows).assign(name="n", started_on=pd.Timestamp(2020, 1, 1), is_matched=True)
        paid = [
            {"document_id": row["document_id"], "kind": "payment", "gross_minor": row["net_minor"]}
            | {"settled_on": row["issue_date"]}
            for row in tables["documents"]
            if row["kind"] == "invoice"
        ]
        frames = {name: pd.DataFrame(table) for name, table in tables.items()}
        given = {"accounts": accounts, "settlements": pd.DataFrame(paid), "cost_rates": pd.DataFrame([RATE])} | frames
        return evaluate(Facts("EUR", dict(given)), policy, TODAY, history=history, engine=engine)

    yield judged
    engine.close()


def of(verdicts: Verdicts, name: str) -> Any:
    return verdicts.accounts.set_index("account_id").loc[name]


def test_cost_without_revenue_is_a_d_without_a_margin(judge: Judge) -> None:
    verdicts = judge(
        "A", "B", documents=[invoice("1", "B", "2025-09-30", 50_000)], time_entries=[hours("A", "2025-09-01", 3)]
    )
    found = of(verdicts, "A")
    assert (found["agi_cents"], found["ncp_cents"], found["published_tier"], found["rank"]) == (0, -6_000, "D", 2)
    assert pd.isna(found["ncp_margin_ratio"])
    assert pd.isna(found["cm3_margin_ratio"])
    price = verdicts.prices.set_index("account_id").loc["A"]
    assert pd.isna(price["breakeven_cents"])
    assert pd.isna(price["target_cents"])


def test_selling_to_a_prospect_is_new_business_until_it_costs_something_else(judge: Judge) -> None:
    documents = [invoice("1", "B", "2025-09-30", 50_000)]
    pitch = [hours("prospect", "2025-08-01", 5, "sales"), hours("B", "2025-09-01", 1)]
    before = judge("prospect", "B", documents=documents, time_entries=pitch)
    assert list(before.accounts["account_id"]) == ["B"]
    assert before.firm.set_index("line")["amount_cents"].to_dict() == {"unpooled_sales": 10_000}

    after = judge("prospect", "B", documents=documents, time_entries=[*pitch, hours("prospect", "2025-10-01", 1)])
    assert of(after, "prospect")["ncp_cents"] == -2_000
    assert after.firm.set_index("line")["amount_cents"].to_dict() == {"unpooled_sales": 10_000}


def test_more_credited_than_billed_is_a_d_without_margin_price_or_place_among_the_large(judge: Judge) -> None:
    verdicts = judge(
        "A",
        "B",
        documents=[
            invoice("old", "A", "2024-11-30", 90_000),
            note("1", "A", "2025-10-31", 30_000, on="old"),
            invoice("2", "B", "2025-09-30", 50_000),
        ],
        time_entries=[hours("A", "2025-09-01", 1), hours("B", "2025-09-01", 1)],
    )
    found = of(verdicts, "A")
    assert (found["agi_cents"], found["ncp_cents"], found["published_tier"]) == (-30_000, -32_000, "D")
    assert pd.isna(found["ncp_margin_ratio"])
    assert pd.isna(verdicts.prices.set_index("account_id").loc["A", "breakeven_cents"])
    assert verdicts.portfolio.set_index("metric").loc["top1_agi_ratio", "value"] == 1.0


def test_a_note_on_an_earlier_invoice_counts_in_its_own_month_and_not_in_the_trend(judge: Judge) -> None:
    documents = [
        invoice("june", "A", "2025-06-30", 50_000),
        invoice("october", "A", "2025-10-31", 40_000),
        note("on june", "A", "2025-11-30", 5_000, on="june"),
        note("on october", "A", "2025-12-31", 3_000, on="october"),
        note("on nothing", "A", "2025-12-31", 1_000),
    ]
    verdicts = judge("A", documents=documents, time_entries=[hours("A", "2025-11-01", 2)])
    notes = verdicts.lines[verdicts.lines["line"] == "credit_notes"]
    assert dict(zip(notes["month"].dt.month, notes["amount_cents"], strict=True)) == {11: 5_000, 12: 4_000}
    found = of(verdicts, "A")
    assert found["agi_cents"] == 90_000 - 9_000
    assert (found["quarter_agi_cents"], found["quarter_cm2_cents"]) == (36_000, 32_000)


def test_a_year_paid_ahead_is_earned_month_by_month_although_the_cash_is_here(judge: Judge) -> None:
    year = {"service_start": pd.Timestamp(2025, 7, 1), "service_end": pd.Timestamp(2026, 6, 30)}
    verdicts = judge(
        "A", documents=[invoice("1", "A", "2025-07-01", 36_500, **year)], time_entries=[hours("A", "2025-08-01", 1)]
    )
    billed = verdicts.lines[verdicts.lines["line"] == "gross_billings"].sort_values("month")
    assert billed["amount_cents"].to_list() == [3_100, 3_100, 3_000, 3_100, 3_000, 3_100]
    assert (of(verdicts, "A")["open_receivable_cents"], of(verdicts, "A")["documents"]) == (0, 1)


def test_a_single_account_may_be_an_a_and_is_all_of_the_firm(judge: Judge) -> None:
    verdicts = judge(
        "A", documents=[invoice("1", "A", "2025-09-30", 50_000)], time_entries=[hours("A", "2025-09-01", 3)]
    )
    found = of(verdicts, "A")
    assert (found["published_tier"], found["positive_before_ratio"], found["whale_ratio"]) == ("A", 0.0, 1.0)
    red = verdicts.concentration[verdicts.concentration["level"] == "red"]
    assert ("AGI", "top1") in set(zip(red["basis"], red["measure"], strict=True))


def test_a_firm_that_nets_to_zero_has_a_curve_in_money_alone(judge: Judge) -> None:
    verdicts = judge(
        "A",
        "B",
        documents=[invoice("1", "A", "2025-09-30", 10_000), invoice("2", "B", "2025-09-30", 2_000)],
        time_entries=[hours("A", "2025-09-01", 1), hours("B", "2025-09-01", 5)],
    )
    figures = verdicts.portfolio.set_index("metric")["value"]
    assert (figures["ranked_ncp_cents"], figures["whale_peak_cents"]) == (0, 8_000)
    assert pd.isna(figures["whale_peak_ratio"])
    assert verdicts.accounts["whale_ratio"].isna().all()
    assert list(verdicts.accounts["cumulative_ncp_cents"]) == [8_000, 0]


FAMILY: dict[str, Any] = {
    "parents": {"child": "parent"},
    "documents": [invoice("1", "parent", "2025-09-30", 90_000), invoice("2", "child", "2025-09-30", 10_000)],
    "time_entries": [hours("parent", "2025-09-01", 5), hours("child", "2025-09-01", 10)],
}


def test_a_child_carries_the_tier_of_its_group_and_keeps_its_statement(judge: Judge) -> None:
    verdicts = judge("parent", "child", **FAMILY)
    child = of(verdicts, "child")
    assert (child["ncp_cents"], child["published_tier"], child["group_id"]) == (-10_000, "A", "parent")
    assert "Rated together with its group" in child["reason"]
    assert list(verdicts.reviews["account_id"]) == ["parent"]
    assert verdicts.statement.set_index("account_id")["ncp_cents"].to_dict() == {"parent": 80_000, "child": -10_000}


def test_accounts_may_be_rated_apart_from_their_group(judge: Judge) -> None:
    apart = Policy(tiers=LOOSE.tiers, rate_groups=False)
    verdicts = judge("parent", "child", policy=apart, **FAMILY)
    assert verdicts.accounts.set_index("account_id")["published_tier"].to_dict() == {"parent": "A", "child": "D"}


def test_what_comes_late_moves_the_money_of_its_month_but_no_tier_that_was_published(judge: Judge) -> None:
    documents, time = [invoice("1", "A", "2025-09-30", 10_000)], [hours("A", "2025-09-01", 1)]
    first = judge("A", documents=documents, time_entries=time)
    assert of(first, "A")["published_tier"] == "A"
    close = first.accounts.assign(close_date=pd.Timestamp(first.window.last_day))[list(HISTORY_COLUMNS)]

    again = judge("A", documents=documents, time_entries=[*time, hours("A", "2025-03-01", 9)], history=close)
    found = of(again, "A")
    assert (found["published_tier"], found["indicative_tier"], found["ncp_cents"]) == ("A", "D", -10_000)
    march = again.lines[again.lines["month"] == pd.Timestamp(2025, 3, 1)]
    assert march[["line", "amount_cents"]].to_numpy().tolist() == [["delivery_labour", 18_000]]
