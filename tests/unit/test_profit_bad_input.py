"""Input that cannot be, case by case: refused with its rows, or taken by a rule of its own; never a silent zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from profitability import DataError, Facts, Policy, Verdicts, evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE
from profitability.policy import TierPolicy

TODAY = date(2026, 1, 20)
DAY = pd.Timestamp(2025, 9, 30)
HOUR = 3600
LOOSE = Policy(tiers=TierPolicy(coverage_rate_min=0))

ACCOUNT: dict[str, Any] = {
    "account_id": "A",
    "name": "Alfa",
    "started_on": pd.Timestamp(2020, 1, 1),
    "is_matched": True,
}
INVOICE: dict[str, Any] = {
    "document_id": "I1",
    "account_id": "A",
    "kind": "invoice",
    "issue_date": DAY,
    "due_date": DAY,
    "net_minor": 10_000,
    "gross_minor": 10_000,
    "currency": "EUR",
    "fx_rate_e12": FX_ONE,
    "is_disputed": False,
}
TIME: dict[str, Any] = {
    "work_date": DAY,
    "person_id": "P",
    "account_id": "A",
    "category": "delivery",
    "worked_seconds": HOUR,
    "is_category_known": True,
}
RATE: dict[str, Any] = {
    "person_id": "P",
    "employment": "hourly",
    "valid_from": pd.Timestamp(2025, 1, 1),
    "valid_to": pd.Timestamp(2025, 12, 31),
    "cost_per_hour_minor": 2_000,
    "currency": "EUR",
    "fx_rate_e12": FX_ONE,
}
PAID: dict[str, Any] = {"document_id": "I1", "settled_on": DAY, "kind": "payment", "gross_minor": 10_000}

Judge = Callable[..., Verdicts]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(threads=1)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def judge(engine: DuckDBEngine) -> Judge:
    """Evaluate one sound account, with some tables put in the place of its own."""

    def judged(**tables: Any) -> Verdicts:
        sound = {
            "accounts": [ACCOUNT],
            "documents": [INVOICE],
            "settlements": [PAID],
            "time_entries": [TIME],
            "cost_rates": [RATE],
        }
        whole = {
            name: pd.DataFrame(rows) if isinstance(rows, list) else rows for name, rows in (sound | tables).items()
        }
        return evaluate(Facts("EUR", whole), LOOSE, TODAY, engine=engine)

    return judged


@pytest.fixture(scope="module")
def sound(judge: Judge) -> Verdicts:
    """Evaluate the sound account, to be looked at by several tests and changed by none."""
    return judge()


def own(verdicts: Verdicts) -> Any:
    return verdicts.accounts.set_index("account_id").loc["A"]


def test_sound_input_gives_figures(sound: Verdicts) -> None:
    found = own(sound)
    assert (found["net_revenue_cents"], found["delivery_labour_cents"], found["tier_status"]) == (
        10_000,
        2_000,
        "Final",
    )


def test_time_without_a_rate_costs_nothing_only_provisionally_and_is_listed(judge: Judge) -> None:
    verdicts = judge(time_entries=[TIME, TIME | {"person_id": "X", "worked_seconds": 2 * HOUR}])
    found = own(verdicts)
    assert (found["worked_seconds"], found["costed_seconds"]) == (3 * HOUR, HOUR)
    assert found["tier_status"] == "Provisional"
    assert found["coverage"] < 100
    assert verdicts.problems[["problem", "subject", "seconds"]].to_numpy().tolist() == [
        ["hours_without_rate", "X", 2 * HOUR]
    ]


def test_time_outside_every_span_of_a_rate_is_time_without_a_rate(judge: Judge) -> None:
    verdicts = judge(cost_rates=[RATE | {"valid_to": DAY - pd.Timedelta(days=1)}])
    assert own(verdicts)["tier_status"] == "Provisional"
    assert list(verdicts.problems["problem"]) == ["hours_without_rate"]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"cost_rates": [RATE, RATE | {"valid_from": DAY, "valid_to": DAY}]},
            "cost_rates: spans of one person overlap: P from 2025-09-30",
        ),
        (
            {"time_entries": [TIME, TIME | {"worked_seconds": -HOUR}]},
            "time_entries: time is below zero: 2025-09-30 P delivery",
        ),
        (
            {"documents": [INVOICE, INVOICE | {"net_minor": 1}]},
            "documents: document_id stated more than once: I1",
        ),
        (
            {"settlements": [PAID, PAID | {"document_id": "I2"}]},
            "settlements: the document that it settles is not in the documents table: I2",
        ),
        (
            {"documents": [INVOICE | {"currency": "€"}]},
            "documents: currency is not a code of three capital letters: I1",
        ),
    ],
    ids=["overlapping spans", "negative hours", "duplicate document", "settlement of no document", "no currency"],
)
def test_contradictions_are_refused_with_their_rows(judge: Judge, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as refused:
        judge(**tables)
    assert str(refused.value).startswith(message)
    assert refused.value.remedy


def test_a_currency_without_a_known_rate_leaves_the_account_unrated_and_lists_the_document(judge: Judge) -> None:
    verdicts = judge(documents=[INVOICE, INVOICE | {"document_id": "I2", "currency": "XAU", "fx_rate_e12": None}])
    found = own(verdicts)
    assert (found["published_tier"], found["unrated_reason"]) == ("N", "unknown_currency_rate")
    assert verdicts.problems[["problem", "subject"]].to_numpy().tolist() == [["unknown_currency_rate", "documents I2"]]


def test_a_rate_of_pay_in_an_unknown_currency_leaves_its_accounts_unrated(judge: Judge) -> None:
    verdicts = judge(cost_rates=[RATE | {"currency": "USD", "fx_rate_e12": None}])
    assert own(verdicts)["unrated_reason"] == "unknown_currency_rate"
    assert "cost_rates P" in list(verdicts.problems["subject"])


def test_empty_tables_give_no_verdict_about_anybody(judge: Judge) -> None:
    nobody = judge(
        accounts=pd.DataFrame([ACCOUNT]).iloc[:0], documents=[], settlements=[], time_entries=[], cost_rates=[]
    )
    assert nobody.accounts.empty
    assert (nobody.reconciliation["amount"] == 0).all()
    timeless = own(judge(time_entries=[]))
    assert (timeless["published_tier"], timeless["unrated_reason"]) == ("N", "no_time_data")


def test_a_firm_where_nobody_earns_has_no_head_and_says_so(judge: Judge) -> None:
    verdicts = judge(
        accounts=[ACCOUNT | {"account_id": name} for name in ("A", "B")],
        documents=[INVOICE | {"document_id": name, "account_id": name, "net_minor": 1_000} for name in ("A", "B")],
        settlements=[PAID | {"document_id": name} for name in ("A", "B")],
        time_entries=[TIME | {"account_id": name} for name in ("A", "B")],
    )
    portfolio = verdicts.portfolio.set_index("metric")["value"]
    assert list(verdicts.accounts["published_tier"]) == ["D", "D"]
    assert verdicts.accounts["positive_before_cents"].isna().all()
    assert verdicts.accounts["whale_ratio"].isna().all()
    assert portfolio["nobody_earns"] == 1
    assert portfolio["total_ncp_cents"] == -2 * 1_000
    assert np.isnan(portfolio["accounts_for_80pct_of_profit"])


def test_a_circle_of_parents_is_refused_by_name(judge: Judge) -> None:
    rows = [
        ACCOUNT | {"account_id": name, "parent_id": parent} for name, parent in (("A", "B"), ("B", "C"), ("C", "A"))
    ]
    with pytest.raises(DataError, match="accounts are each other's parent: A -> B -> C -> A"):
        judge(accounts=rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net_minor": np.inf}, "column net_minor: 1 row other than BIGINT, never null; found DOUBLE, first in rows 1"),
        ({"net_minor": np.nan}, "column net_minor: 1 row other than BIGINT, never null"),
        ({"net_minor": 0.1}, "column net_minor: 1 row other than BIGINT, never null"),
        ({"net_minor": 2**63}, "column net_minor: 1 row other than BIGINT, never null"),
        ({"issue_date": "2025-09-30"}, "column issue_date: 1 row other than DATE, never null; found VARCHAR"),
        ({"issue_date": 20250930}, "column issue_date: 1 row other than DATE, never null; found BIGINT"),
        ({"issue_date": DAY.tz_localize("UTC")}, "column issue_date: 1 row other than DATE.*found TIMESTAMP WITH TIME"),
        ({"is_disputed": "false"}, "column is_disputed: 1 row other than BOOLEAN"),
        ({"account_id": 1}, "column account_id: 1 row other than VARCHAR"),
        ({"kind": None}, "column kind: 1 row other than VARCHAR, never null"),
    ],
)
def test_values_of_another_kind_are_refused(judge: Judge, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"documents: {message}"):
        judge(documents=[INVOICE | change])


def test_whole_floats_blanks_as_nan_and_columns_of_others_do_no_harm(judge: Judge, sound: Verdicts) -> None:
    dressed = pd.DataFrame([INVOICE]).assign(net_minor=10_000.0, service_start=pd.NaT, applies_to=np.nan, colour="red")
    pd.testing.assert_frame_equal(judge(documents=dressed).accounts, sound.accounts)


def test_a_table_that_is_not_ours_is_refused(judge: Judge) -> None:
    with pytest.raises(DataError, match=r"facts: no such fact table: time_entires\n.*time_entries"):
        judge(time_entires=[TIME])


@pytest.mark.parametrize("home", ["euro", "ZZZ", ""])
def test_a_home_currency_that_is_none_is_refused(home: str, engine: DuckDBEngine) -> None:
    with pytest.raises(DataError, match=f"facts.home_currency: '{home}' is not a currency of ISO 4217"):
        evaluate(Facts(home), Policy(), TODAY, engine=engine)


def test_a_source_that_is_no_table_is_refused(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cash: found PosixPath; expected a frame, an Arrow table, or a path as text"):
        judge(cash=tmp_path)


@pytest.mark.parametrize("content", [b"", b"day,balance_cents\n2025-12-31,5\n", b"PAR1" + bytes(40) + b"PAR1", None])
def test_files_that_are_no_parquet_are_refused(judge: Judge, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "cash.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="cash: the Parquet files of this table cannot be read"):
        judge(cash=str(tmp_path / "*.parquet"))


@pytest.mark.parametrize(
    "tables",
    [
        {"direct_costs": [("A", 2**62), ("A", 2**62)]},
        {"direct_costs": [("A", 2**62), ("B", 2**62), (None, -(2**62))]},
        {"direct_costs": [(None, 2**62), (None, 2**61)]},
    ],
    ids=["one account", "together", "the firm alone"],
)
def test_amounts_that_add_up_beyond_64_bits_are_refused(judge: Judge, tables: dict[str, Any]) -> None:
    costs = [
        {"cost_date": DAY, "account_id": account, "kind": "expense", "amount_minor": amount, "currency": "EUR"}
        for account, amount in tables["direct_costs"]
    ]
    with pytest.raises(DataError) as refused:
        judge(accounts=[ACCOUNT, ACCOUNT | {"account_id": "B"}], direct_costs=costs)
    assert "misread decimal mark" in refused.value.remedy


def test_an_account_may_have_any_name(judge: Judge) -> None:
    names = ['O\'Neil "x"; DROP TABLE accounts; --', "a\0b", "😀 é", " A ", "%_*"]
    verdicts = judge(
        accounts=[ACCOUNT | {"account_id": name, "name": name} for name in names],
        documents=[INVOICE | {"account_id": name, "document_id": name} for name in names],
        settlements=[PAID | {"document_id": name} for name in names],
        time_entries=[TIME | {"account_id": name} for name in names],
    )
    found = verdicts.accounts[["account_id", "name", "ncp_cents"]].to_numpy().tolist()
    assert sorted(found) == sorted([name, name, 8_000] for name in names)


def test_days_of_the_first_and_the_last_year_are_days(judge: Judge) -> None:
    first, last = date(1, 1, 1), date(9999, 12, 31)
    verdicts = judge(
        accounts=[ACCOUNT | {"started_on": first}],
        documents=[INVOICE, INVOICE | {"document_id": "old", "issue_date": first, "due_date": last}],
        settlements=[PAID | {"settled_on": last}, PAID | {"document_id": "old", "settled_on": first}],
        cost_rates=[RATE | {"valid_from": first, "valid_to": last}],
        contracts=[{"account_id": "A", "ends_on": last, "notice_days": 3_660}],
        decisions=[{"account_id": "A", "decision": "keep", "holds_until": last}],
        exemptions=[{"account_id": "A", "kind": "dispute", "owner": "Ada", "reason": "?", "expires_on": last}],
        remedies=[{"account_id": "A", "remedy": "collect", "started_on": first, "ended_on": last}],
        deals=[{"deal_id": "1", "stage": "won", "starts_on": last, "demand_seconds": HOUR}],
    )
    found = own(verdicts)
    assert (found["net_revenue_cents"], found["delivery_labour_cents"]) == (10_000, 2_000)
    assert found["open_receivable_cents"] == 10_000
    assert verdicts.firm_figures.unmet_seconds == HOUR
