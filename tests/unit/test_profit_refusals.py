"""Facts that are refused: which rule, which rows, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability.checks import check_facts
from profitability.decision_rules import DECISION_RULES
from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.errors import DataError
from profitability.facts import ACCOUNTS, FX_ONE, OPENING_ECL, SCHEMAS, Facts
from profitability.models import load_facts
from profitability.periods import closed_window
from profitability.policy import Policy
from profitability.reconcile import reconcile
from profitability.rules import RULES

TODAY = date(2026, 1, 20)
DAY = date(2025, 6, 30)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}

ACCOUNT = ("A", "name", None, True)
INVOICE = ("I1", "A", "invoice", DAY, DAY, None, None, 100, 100, "EUR", FX_ONE, None, False)
NOTE = ("N1", "A", "credit_note", DAY, DAY, None, None, 10, 10, "EUR", FX_ONE, "I1", False)
PAYMENT = ("I1", DAY, "payment", 100)
COST = (DAY, "A", "expense", 100, "EUR", FX_ONE)
TIME = (DAY, "P", "A", "delivery", 3600, True)
RATE = ("P", "salaried", date(2025, 1, 1), date(2025, 12, 31), 1000, 3600, None, "EUR", FX_ONE)
POOL = ("rent", date(2025, 6, 1), 100, None, "client_hours", 0)
SUPPORT = ("support", date(2025, 6, 1), 100, None, "events", 0, 3600)
EVENT = (DAY, "A", "ticket", "support", 2, 600)

SOUND: dict[str, list[tuple[Any, ...]]] = {
    "accounts": [ACCOUNT],
    "documents": [INVOICE, NOTE],
    "settlements": [PAYMENT],
    "direct_costs": [COST],
    "time_entries": [TIME],
    "cost_rates": [RATE],
    "pools": [POOL],
    "opening_ecl": [("A", 5)],
    "contracts": [("A", 3600)],
    "timesheets": [("P", 40, 40)],
    "control_totals": [("pools", 100)],
}


def frame(table: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    # Columns at the end that may be null may be left out.
    columns = SCHEMAS[table].columns[: len(rows[0])] if rows else SCHEMAS[table].columns
    whole = pd.DataFrame(rows, columns=[column.name for column in columns], dtype="object")
    return whole.astype({column.name: KINDS[column.type] for column in columns})


def facts(**tables: list[tuple[Any, ...]]) -> Facts:
    return Facts("EUR", {name: frame(name, rows) for name, rows in (SOUND | tables).items()})


def changed(row: tuple[Any, ...], **values: Any) -> tuple[Any, ...]:
    """Set values by their position `at3=...`."""
    new = list(row)
    for name, value in values.items():
        new[int(name.removeprefix("at"))] = value
    return tuple(new)


BROKEN = [
    ({"accounts": [ACCOUNT, ACCOUNT]}, "account_id stated more than once: A"),
    ({"documents": [INVOICE, INVOICE, NOTE]}, "document_id stated more than once: I1"),
    ({"opening_ecl": [("A", 5), ("A", 5)]}, "opening_ecl: account_id stated more than once"),
    ({"timesheets": [("P", 1, 1), ("P", 1, 1)]}, "person_id stated more than once"),
    ({"pools": [POOL, POOL]}, "pool and month stated more than once: rent 2025-06-01"),
    ({"control_totals": [("pools", 1), ("pools", 1)]}, "line stated more than once"),
    ({"documents": [changed(INVOICE, at1="X"), NOTE]}, "documents: account_id is not in the accounts table: X"),
    ({"direct_costs": [changed(COST, at1="X")]}, "direct_costs: account_id is not"),
    ({"time_entries": [changed(TIME, at2="X")]}, "time_entries: account_id is not"),
    ({"events": [changed(EVENT, at1="X")], "pools": [SUPPORT]}, "events: account_id is not"),
    ({"opening_ecl": [("X", 5)]}, "opening_ecl: account_id is not"),
    (
        {"documents": [INVOICE, changed(NOTE, at9="eur")]},
        "documents: currency is not a code of three capital letters: N1",
    ),
    ({"direct_costs": [changed(COST, at4="Euro")]}, "direct_costs: currency is not a code"),
    ({"cost_rates": [changed(RATE, at7="")]}, "cost_rates: currency is not a code"),
    ({"documents": [changed(INVOICE, at10=2 * FX_ONE), NOTE]}, "documents: fx_rate_e12 is not above zero"),
    ({"direct_costs": [changed(COST, at4="USD", at5=0)]}, "direct_costs: fx_rate_e12 is not above zero"),
    ({"cost_rates": [changed(RATE, at8=-1)]}, "cost_rates: fx_rate_e12 is not above zero"),
    ({"documents": [INVOICE, changed(NOTE, at2="memo")]}, "kind is neither invoice nor credit_note: N1: memo"),
    ({"documents": [changed(INVOICE, at7=-1), NOTE]}, "net or gross is below zero"),
    ({"documents": [changed(INVOICE, at5=DAY, at6=date(2025, 1, 1)), NOTE]}, "service period ends before"),
    ({"documents": [changed(INVOICE, at6=DAY), NOTE]}, "or lacks one of its days: I1"),
    (
        {"documents": [changed(INVOICE, at5=date(1, 1, 1), at6=date(9999, 12, 31)), NOTE]},
        "the service period is longer than ten years: I1",
    ),
    ({"documents": [INVOICE, changed(NOTE, at9="USD")]}, "applies to no invoice, or to one in another currency: N1"),
    ({"documents": [INVOICE, changed(NOTE, at11="N1")]}, "applies to no invoice"),
    ({"settlements": [changed(PAYMENT, at0="X")]}, "settlements: the document that it settles is not"),
    ({"settlements": [changed(PAYMENT, at2="gift")]}, "none of payment, write_off, recovery, late_fee: I1: gift"),
    ({"settlements": [changed(PAYMENT, at3=0)]}, "the amount is not above zero"),
    ({"settlements": [changed(PAYMENT, at2="recovery")]}, "nothing was written off up to that day: I1 on 2025-06-30"),
    (
        {"settlements": [changed(PAYMENT, at2="recovery"), ("I1", date(2025, 7, 1), "write_off", 100)]},
        "a recovery on a document of which nothing was written off up to that day: I1",
    ),
    ({"direct_costs": [changed(COST, at2="rent")]}, "kind is none of pass_through, contractor, expense"),
    ({"time_entries": [changed(TIME, at4=-900)]}, "time is below zero: 2025-06-30 P delivery"),
    ({"time_entries": [changed(TIME, at3="design")]}, "the category is not one of ours"),
    ({"time_entries": [changed(TIME, at2=None)]}, "names no account"),
    ({"cost_rates": [changed(RATE, at1="freelance")]}, "employment is neither"),
    ({"cost_rates": [changed(RATE, at3=date(2024, 1, 1))]}, "the span ends before it starts"),
    ({"cost_rates": [changed(RATE, at5=0)]}, "a salaried span lacks"),
    ({"cost_rates": [changed(RATE, at1="hourly")]}, "an hourly span lacks"),
    ({"cost_rates": [RATE, changed(RATE, at2=date(2025, 12, 31))]}, "overlap: P from 2025-12-31"),
    ({"pools": [changed(POOL, at1=DAY)]}, "the month is not given by its first day"),
    ({"pools": [changed(POOL, at3="admin")]}, "both an amount and categories, or neither"),
    ({"pools": [changed(POOL, at4="revenue")]}, "the driver is none of"),
    ({"pools": [(*POOL, 3600)]}, "a pool with driver events lacks its practical time, or another pool has one"),
    ({"pools": [changed(SUPPORT, at6=None)]}, "lacks its practical time, or another pool has one: support"),
    ({"pools": [changed(SUPPORT, at6=0)]}, "lacks its practical time"),
    ({"pools": [changed(POOL, at5=-1)]}, "the avoidable share is not between none and all of the pool"),
    ({"pools": [changed(POOL, at5=1_000_001)]}, "the avoidable share is not between"),
    ({"pools": [changed(POOL, at0=" ")]}, "the pool has no name"),
    ({"pools": [changed(POOL, at0="unused_capacity")]}, "the name is one of our own lines"),
    ({"pools": [changed(POOL, at0="unused_support")]}, "the name is one of our own lines: unused_support"),
    ({"pools": [changed(SUPPORT, at0="capacity")]}, "the name is one of our own lines: capacity"),
    ({"pools": [changed(POOL, at0="unallocated_rent")]}, "the name is one of our own lines: unallocated_rent"),
    ({"pools": [changed(POOL, at0="unpooled_admin")]}, "the name is one of our own lines: unpooled_admin"),
    ({"pools": [changed(POOL, at2=None, at3="admin+delivery")]}, "names something other than"),
    (
        {
            "pools": [changed(POOL, at2=None, at3="admin"), changed(POOL, at0="b", at2=None, at3="sales+admin")],
            "time_entries": [changed(TIME, at2=None, at3="admin")],
        },
        "two pools take the labour of one category in the same month: 2025-06-01 admin",
    ),
    ({"events": [changed(EVENT, at4=-1)], "pools": [SUPPORT]}, "a number of events or their time is below zero"),
    ({"events": [changed(EVENT, at5=-1)], "pools": [SUPPORT]}, "their time is below zero, or there is time without"),
    ({"events": [changed(EVENT, at4=0)], "pools": [SUPPORT]}, "there is time without an event: 2025-06-30 A ticket"),
    ({"events": [EVENT]}, "the pool that pays for an event is not there in its month with driver events"),
    (
        {"events": [changed(EVENT, at3="rent")], "pools": [(*POOL, None), SUPPORT]},
        "is not there in its month with driver",
    ),
    ({"events": [changed(EVENT, at0=date(2025, 7, 1))], "pools": [SUPPORT]}, "events: 2025-07-01 A ticket support"),
    ({"timesheets": [("P", -1, 0)]}, "a number of weeks is below zero"),
    ({"control_totals": [("rent", 5)]}, "not one that can be compared: rent"),
]


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    return DuckDBEngine(threads=1)


def test_sound_facts_pass(engine: DuckDBEngine) -> None:
    assert evaluate(facts(), Policy(), TODAY, engine=engine).books_status == "reconciled"


@pytest.fixture(scope="module")
def loaded() -> Iterator[DuckDBEngine]:
    """Hold the sound facts, loaded as an evaluation loads them; a test puts back what it changes."""
    with closing(DuckDBEngine(threads=1)) as own:
        load_facts(own, facts(), closed_window(TODAY, None, Policy().period), Policy())
        check_facts(own)
        yield own


@pytest.mark.parametrize(("tables", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_broken_facts_are_refused_with_their_rows(
    tables: dict[str, list[tuple[Any, ...]]], message: str, loaded: DuckDBEngine
) -> None:
    for name, rows in tables.items():
        loaded.scan(name, frame(name, rows), SCHEMAS[name])
    try:
        with pytest.raises(DataError) as refused:
            check_facts(loaded)
    finally:
        for name in tables:
            loaded.scan(name, frame(name, SOUND.get(name, [])), SCHEMAS[name])
    assert message in str(refused.value)
    assert refused.value.remedy


def test_every_rule_is_tested() -> None:
    """Each case's message, less the rows it names, must lie in the wording of its rule."""
    said = [message.rsplit(": ", cut)[0] for _, message in BROKEN for cut in (0, 1)]
    own = [rule for rule in RULES if rule not in DECISION_RULES]
    untested = [rule for rule in own if not any(part in f"{rule.table}: {rule.what}" for part in said)]
    assert untested == []
    assert len(BROKEN) >= len(own)


def test_all_broken_rules_are_told_at_once(engine: DuckDBEngine) -> None:
    with pytest.raises(DataError, match="2 rules on the facts are broken") as refused:
        evaluate(
            facts(timesheets=[("P", -1, 0)], settlements=[changed(PAYMENT, at3=0)]), Policy(), TODAY, engine=engine
        )
    assert "timesheets: a number of weeks" in str(refused.value)
    assert "settlements: the amount" in str(refused.value)


def test_long_lists_of_rows_are_cut(engine: DuckDBEngine) -> None:
    rows = [changed(TIME, at0=date(2025, 6, day), at4=-1) for day in range(1, 9)]
    with pytest.raises(DataError, match="2025-06-05 P delivery and 3 more"):
        evaluate(facts(time_entries=rows), Policy(), TODAY, engine=engine)


@pytest.mark.parametrize(
    ("amounts", "message"),
    [
        ([1.5, 2.0], r"column amount_cents: 1 row other than BIGINT, never null; found DOUBLE, first in rows 1"),
        (["12", "7"], r"column amount_cents: 2 rows other than BIGINT.*found VARCHAR, first in rows 1, 2"),
        ([7, None], r"column amount_cents: 1 row other than BIGINT.*first in rows 2"),
        ([2**63, 1], r"column amount_cents: 1 row other than BIGINT"),
    ],
)
def test_scan_names_the_column_and_the_first_rows(amounts: list[object], message: str, engine: DuckDBEngine) -> None:
    with pytest.raises(DataError, match=message) as refused:
        engine.scan("opening_ecl", pd.DataFrame({"account_id": ["A", "B"], "amount_cents": amounts}), OPENING_ECL)
    assert refused.value.where == "opening_ecl"
    assert "home minor units" in refused.value.remedy


def test_scan_takes_whole_floats_and_midnights(engine: DuckDBEngine) -> None:
    engine.scan("opening_ecl", pd.DataFrame({"account_id": ["A"], "amount_cents": [7.0]}), OPENING_ECL)
    assert engine.fetch("SELECT amount_cents FROM opening_ecl")["amount_cents"].to_list() == [7]
    table = pd.DataFrame({"account_id": ["A"], "name": ["n"], "started_on": pd.to_datetime(["2025-01-01 10:00"])})
    with pytest.raises(DataError, match="column started_on: 1 row other than DATE or null"):
        engine.scan("accounts", table.assign(is_matched=True), ACCOUNTS)


@pytest.mark.parametrize(
    ("wrong", "meant"), [("owners", "owner"), ("started on", "started_on"), ("parent", "parent_id")]
)
def test_scan_asks_after_a_column_that_seems_misspelt(engine: DuckDBEngine, wrong: str, meant: str) -> None:
    table = pd.DataFrame({"account_id": ["A"], "name": ["n"], "is_matched": [True], wrong: [None]})
    with pytest.raises(DataError, match=rf"column {wrong} is not known, and would be passed over; is it {meant}\?"):
        engine.scan("accounts", table, ACCOUNTS)


def test_scan_passes_over_columns_of_other_names(engine: DuckDBEngine) -> None:
    table = pd.DataFrame({"account_id": ["A"], "name": ["n"], "is_matched": [True], "colour": ["red"]})
    engine.scan("accounts", table, ACCOUNTS)
    assert "colour" not in engine.fetch("SELECT * FROM accounts")


def test_scan_names_missing_columns(engine: DuckDBEngine) -> None:
    with pytest.raises(DataError, match=r"column amount_cents is missing; found account_id"):
        engine.scan("opening_ecl", pd.DataFrame({"account_id": ["A"]}), OPENING_ECL)


def test_parquet_gives_the_same_verdicts_as_frames(engine: DuckDBEngine, tmp_path: Path) -> None:
    wanted = evaluate(facts(), Policy(), TODAY, engine=engine)
    paths = {}
    for name in SOUND:
        folder = tmp_path / name
        folder.mkdir()
        engine.write(name, str(folder / "it's one.parquet"))
        paths[name] = str(folder / "*.parquet")
    found = evaluate(Facts("EUR", dict(paths)), Policy(), TODAY)
    pd.testing.assert_frame_equal(found.accounts, wanted.accounts)
    with pytest.raises(DataError, match="cannot be read"):
        evaluate(Facts("EUR", {"pools": str(tmp_path / "none" / "*.parquet")}), Policy(), TODAY)


def test_amounts_beyond_the_range_of_whole_numbers_are_refused(engine: DuckDBEngine) -> None:
    costs = [changed(COST, at3=9 * 10**18), changed(COST, at3=9 * 10**18)]
    with pytest.raises(DataError, match="direct_cost_values: an amount or a time is too large") as refused:
        evaluate(facts(direct_costs=costs), Policy(), TODAY, engine=engine)
    assert "misread decimal mark" in refused.value.remedy


def test_a_difference_between_accounts_and_books_publishes_nothing() -> None:
    statement = pd.DataFrame(
        {
            "ncp_cents": [100],
            "net_revenue_cents": [100],
            "late_financing_cents": [0],
            "ecl_movement_cents": [0],
            "write_offs_cents": [0],
        }
    )
    empty = pd.DataFrame({"line": pd.Series(dtype="str"), "amount_cents": pd.Series(dtype="int64")})
    books = pd.DataFrame({"line": ["net_revenue", "pools"], "amount_cents": [100, 1]})
    with pytest.raises(DataError, match=r"firm_profit: 1\.00 by account, 0\.99 in the books") as refused:
        reconcile(statement, empty, books, control=empty, idle_seconds=0, currency="EUR")
    assert refused.value.code == "WC-041"
