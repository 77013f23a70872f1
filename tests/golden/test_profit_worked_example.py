"""The worked example of the specification, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest

from profitability.closes import HISTORY_COLUMNS, publish
from profitability.engine import evaluate
from profitability.errors import DataError
from profitability.facts import SCHEMAS, Facts
from profitability.policy import Policy
from profitability.ratios import decimal_text
from profitability.tiers import assign_tiers
from profitability.units import SECONDS_PER_HOUR
from profitability.verdicts import Verdicts

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]

TODAY = date(2026, 1, 20)

# The statement's own line names are the engine's column names without `_cents`.
MONEY = {
    "agi": "agi_cents",
    "ncp": "ncp_cents",
    "cumulative_ncp": "cumulative_ncp_cents",
    "effective_rate": "effective_rate_cents",
    "throughput_per_hour": "throughput_cents",
    "open_receivable": "open_receivable_cents",
    "closing_ecl": "closing_ecl_cents",
}
PERCENT = {
    "ncp_margin_pct": "ncp_margin_ratio",
    "delivery_margin_pct": "cm1_margin_ratio",
    "cm3_margin_pct": "cm3_margin_ratio",
    "positive_profit_before_pct": "positive_before_ratio",
    "whale_pct_of_total": "whale_ratio",
    "realisation_pct": "realisation_ratio",
    "overservicing_pct": "overservicing_ratio",
    "ttm_cm2_margin_pct": "cm2_margin_ratio",
    "t3m_cm2_margin_pct": "quarter_cm2_margin_ratio",
}
PLAIN = {"rank": "rank", "avg_days_late": "avg_days_late", "dso_days": "dso_days", "coverage": "coverage"}
TEXT = {"client": "account_id", "tier": "published_tier"}


@pytest.fixture(scope="module")
def verdicts(worked_facts: Facts, worked_policy: Policy) -> Verdicts:
    return evaluate(worked_facts, worked_policy, TODAY)


def shown(value: float, like: str) -> str:
    """Write a number with as many digits as the expected text has."""
    digits = Decimal(1).scaleb(Decimal(like).as_tuple().exponent)
    return str(Decimal(repr(float(value))).quantize(digits, ROUND_HALF_UP))


def test_statement_to_the_cent(verdicts: Verdicts, worked_rows: Reader) -> None:
    statement = verdicts.statement.set_index("account_id")
    expected = worked_rows("expected_statement.csv")
    for row in expected:
        line = row.pop("line")
        total = row.pop("total")
        column = statement[f"{line}_cents"]
        found = {account: decimal_text(int(column[account]), 2).replace(",", "") for account in row}
        assert found == row, line
        assert decimal_text(int(column.sum()), 2).replace(",", "") == total, line
    assert len(statement.columns) == len(expected)


def test_lines_add_up_to_the_statement(verdicts: Verdicts) -> None:
    by_line = verdicts.lines.groupby(["account_id", "line"])["amount_cents"].sum()
    statement = verdicts.statement.set_index("account_id")
    for (account, line), amount in by_line.items():
        assert statement.loc[account, f"{line}_cents"] == amount
    assert sorted(verdicts.lines["month"].dt.month.unique()) == list(range(1, 13))


def test_reconciliation(verdicts: Verdicts, worked_rows: Reader) -> None:
    found = {
        row.line: shown(row.amount / (SECONDS_PER_HOUR if row.unit == "seconds" else 100), "0.00")
        for row in verdicts.reconciliation.itertuples()
    }
    assert found == {row["line"]: row["amount"] for row in worked_rows("expected_reconciliation.csv")}
    assert verdicts.books_status == "consistent with its inputs"


def test_every_column_of_the_accounts(verdicts: Verdicts, worked_rows: Reader) -> None:
    accounts = verdicts.accounts
    for position, row in enumerate(worked_rows("expected_clients.csv")):
        account = accounts.iloc[position]
        assert set(row) == {*MONEY, *PERCENT, *PLAIN, *TEXT, "hours"}
        found = {name: str(account[column]) for name, column in TEXT.items()}
        found |= {name: shown(account[column] / 100, row[name]) for name, column in MONEY.items()}
        found |= {name: shown(account[column] * 100, row[name]) for name, column in PERCENT.items()}
        found |= {name: shown(account[column], row[name]) for name, column in PLAIN.items()}
        found["hours"] = shown(account["worked_seconds"] / SECONDS_PER_HOUR, row["hours"])
        assert found == row


def test_first_rating_is_published_at_once(verdicts: Verdicts) -> None:
    accounts = verdicts.accounts
    assert (accounts["published_tier"] == accounts["indicative_tier"]).all()
    assert (accounts["tier_since"] == pd.Timestamp(2025, 12, 31)).all()
    assert (accounts["tier_status"] == "Final").all()
    assert (accounts["unrated_reason"] == "").all()


def test_explanation(verdicts: Verdicts, worked_rows: Reader) -> None:
    explanation = verdicts.explanation.set_index("account_id")
    for row in worked_rows("expected_explanation.csv"):
        found = explanation.loc[row.pop("client")]
        assert "; ".join(found["top_drivers"]) == row.pop("top3_drivers")
        gap = row.pop("gap_to_portfolio_margin_pp")
        assert shown(found["gap_ratio"] * 100, gap) == gap
        assert {line: shown(found[line] * 100, part) for line, part in row.items()} == row


def test_explanation_is_additive_in_whole_numbers(verdicts: Verdicts) -> None:
    statement = verdicts.statement.set_index("account_id")
    lines = [name for name in verdicts.explanation.columns if f"{name}_cents" in statement.columns]
    totals = statement.sum()
    for account, own in statement.iterrows():
        gap = Fraction(int(totals["ncp_cents"]), int(totals["agi_cents"])) - Fraction(
            int(own["ncp_cents"]), int(own["agi_cents"])
        )
        parts = sum(
            Fraction(int(own[f"{line}_cents"]), int(own["agi_cents"]))
            - Fraction(int(totals[f"{line}_cents"]), int(totals["agi_cents"]))
            for line in lines
        )
        assert parts == gap, account


def test_texts(verdicts: Verdicts) -> None:
    texts = verdicts.accounts.set_index("account_id")
    assert texts.loc["GRO", "reason"] == (
        "D: does not cover the costs it causes. "
        "Costs above average for its income: service and support time, delivery time, shared cost: facilities tools."
    )
    for reason in texts["reason"]:
        assert len(reason) <= 255
        assert not any(letter.isdigit() for letter in reason)
    lines = texts.loc["GRO", "reasons"].split("\n")
    assert "Left after the costs it causes (CM3): -3,057.91; D below 0.00." in lines
    assert "Net client profit: -11,617.44, -48.41 % of AGI; B from 10 %, A from 20 %." in lines
    assert any("service and support time +36.59" in line for line in lines)


@pytest.mark.parametrize(
    "case",
    [
        "all_loss",
        "four_equal",
        "five_equal",
        "single",
        "zero_revenue",
        "credit_note_only",
        "nets_to_zero",
        "big_but_thin",
        "dormant",
    ],
)
def test_edge_cases(case: str, worked_rows: Reader) -> None:
    rows = [row for row in worked_rows("expected_edge_cases.csv") if row["case"] == case]
    table = pd.DataFrame(
        {
            "account_id": [row["account"] for row in rows],
            "is_matched": True,
            "unrated_reason": ["dormant" if row["tier"] == "N" else "" for row in rows],
            **{f"{name}_cents": [100 * int(row[name]) for row in rows] for name in ("agi", "cm3", "ncp")},
        }
    ).assign(net_revenue_cents=lambda frame: frame["agi_cents"])
    rated = assign_tiers(table, Policy())
    assert list(rated["account_id"]) == [row["account"] for row in rows]
    for row, found in zip(rows, rated.to_dict("records"), strict=True):
        assert found["indicative_tier"] == row["tier"]
        columns = {
            "margin_pct": "ncp_margin_ratio",
            "positive_profit_before_pct": "positive_before_ratio",
            "whale_pct_of_total": "whale_ratio",
        }
        for name, column in columns.items():
            value = found[column]
            assert ("" if pd.isna(value) else shown(value * 100, "0.00")) == row[name], name


def test_edge_cases_are_all_tested(worked_rows: Reader) -> None:
    mark = next(mark for mark in test_edge_cases.pytestmark if mark.name == "parametrize")
    assert {row["case"] for row in worked_rows("expected_edge_cases.csv")} == set(mark.args[1])


def at_close(row: dict[str, str]) -> pd.DataFrame:
    """Rate one account among others that put it at p = 0.50, as the vector states wherever p matters."""
    agi = 10_000
    ncp = int(Decimal(row["ncp_margin"]) * agi)
    others = [5 * ncp, ncp, ncp, ncp, ncp] if ncp > 0 else [agi]
    table = pd.DataFrame({"account_id": ["own", *(f"other{index}" for index in range(len(others)))]}).assign(
        is_matched=True,
        unrated_reason="",
        agi_cents=agi,
        net_revenue_cents=agi,
        cm3_cents=int(Decimal(row["cm3_margin"]) * agi),
        ncp_cents=[ncp, *others],
    )
    rated = assign_tiers(table, Policy())
    own = rated[rated["account_id"] == "own"]
    assert ncp <= 0 or own["positive_before_ratio"].iloc[0] == float(row["positive_profit_before"])
    return own


def test_hysteresis(worked_rows: Reader) -> None:
    history: pd.DataFrame | None = None
    for row in worked_rows("expected_hysteresis.csv"):
        close = date(2025, int(row["close"]), 28)
        published = publish(at_close(row), history, close_date=close, confirm_closes=2)
        found = published.iloc[0]
        assert found["indicative_tier"] == row["raw_tier"]
        assert found["published_tier"] == row["published_tier"], row
        if row["note"].startswith("pending"):
            assert (found["candidate_tier"], found["pending_closes"]) == (row["note"].split()[1], 1)
        else:
            assert found["pending_closes"] == 0
        if row["note"].startswith(("published", "first")):
            assert found["tier_since"] == pd.Timestamp(close)
        closed = published.assign(close_date=pd.Timestamp(close))[list(HISTORY_COLUMNS)]
        history = closed if history is None else pd.concat([history, closed], ignore_index=True)


def test_control_totals_met_or_refused(worked_facts: Facts, worked_policy: Policy) -> None:
    totals = {
        "net_revenue": 53_561_107,
        "pass_through": 6_000_000,
        "contractors": 2_200_000,
        "direct_expenses": 820_000,
        "payroll": 34_100_000,
        "pools": 6_000_000,
        "ledger_profit": 3_740_737,
    }
    control = pd.DataFrame({"line": list(totals), "amount_cents": list(totals.values())})
    assert list(control.columns) == [column.name for column in SCHEMAS["control_totals"].columns]
    met = replace(worked_facts, tables={**worked_facts.tables, "control_totals": control})
    assert evaluate(met, worked_policy, TODAY).books_status == "reconciled"

    control.loc[control["line"] == "payroll", "amount_cents"] += 1
    missed = replace(worked_facts, tables={**worked_facts.tables, "control_totals": control})
    with pytest.raises(DataError, match=r"payroll: 341,000\.00 from the facts, 341,000\.01 stated") as refused:
        evaluate(missed, worked_policy, TODAY)
    assert refused.value.code == "WC-042"


def test_the_same_facts_give_the_same_verdicts_in_any_order(
    verdicts: Verdicts, worked_facts: Facts, worked_policy: Policy
) -> None:
    shuffled = {
        name: table.sample(frac=1, random_state=7) if isinstance(table, pd.DataFrame) else table
        for name, table in worked_facts.tables.items()
    }
    again = evaluate(replace(worked_facts, tables=shuffled), worked_policy, TODAY)
    pd.testing.assert_frame_equal(again.accounts, verdicts.accounts)
    pd.testing.assert_frame_equal(again.lines, verdicts.lines)
    pd.testing.assert_frame_equal(again.firm, verdicts.firm)


def test_a_thousandfold_of_all_money_changes_no_tier_and_no_share(
    verdicts: Verdicts, worked_facts: Facts, worked_policy: Policy
) -> None:
    money = {"net_minor", "gross_minor", "amount_minor", "amount_cents", "loaded_cost_minor", "cost_per_hour_minor"}
    larger = {
        name: table.assign(**{column: table[column] * 1000 for column in money & set(table.columns)})
        for name, table in worked_facts.tables.items()
        if isinstance(table, pd.DataFrame)
    }
    found = evaluate(replace(worked_facts, tables=larger), worked_policy, TODAY).accounts
    for column in ("account_id", "rank", "published_tier", "coverage", "avg_days_late"):
        pd.testing.assert_series_equal(found[column], verdicts.accounts[column])
    # Each of some two hundred postings per account was rounded by half a cent at most.
    assert (found["ncp_cents"] - 1000 * verdicts.accounts["ncp_cents"]).abs().max() <= 200 * 500
    assert (found["ncp_margin_ratio"] - verdicts.accounts["ncp_margin_ratio"]).abs().max() < 1e-4
