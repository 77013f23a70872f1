"""Prices, remedies and levers of the worked example, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.facts import Facts
from profitability.firm import Firm
from profitability.levers import levers
from profitability.policy import Policy
from profitability.remedies import remedy_ladder
from profitability.reprice import ask_limits, price_figures
from profitability.units import SECONDS_PER_HOUR

Reader = Callable[[str], list[dict[str, str]]]

TODAY = date(2026, 1, 20)


@pytest.fixture(scope="module")
def accounts(worked_facts: Facts, worked_policy: Policy) -> pd.DataFrame:
    return evaluate(worked_facts, worked_policy, TODAY).accounts


@pytest.fixture(scope="module")
def prices(accounts: pd.DataFrame, worked_policy: Policy) -> pd.DataFrame:
    return price_figures(accounts, worked_policy).set_index("account_id", drop=False)


@pytest.fixture(scope="module")
def ladder(accounts: pd.DataFrame, prices: pd.DataFrame, worked_policy: Policy, worked_rows: Reader) -> pd.DataFrame:
    total = accounts.sum(numeric_only=True)
    firm = Firm(
        profit_cents=3_620_092,
        net_revenue_cents=int(total["net_revenue_cents"]),
        agi_cents=int(total["agi_cents"]),
        ncp_cents=int(total["ncp_cents"]),
        service_labour_cents=int(total["service_labour_cents"]),
        worked_seconds=int(total["worked_seconds"]),
        idle_seconds=462 * SECONDS_PER_HOUR,
        unmet_seconds=850 * SECONDS_PER_HOUR,
        throughput_cents=44_541_107,
        throughput_seconds=int(total["worked_seconds"]),
    )
    tried = pd.DataFrame(worked_rows("remedies.csv")).rename(
        columns={"client_id": "account_id", "started": "started_on", "ended": "ended_on"}
    )
    found = remedy_ladder(accounts, prices, tried, worked_policy, firm, as_of=date(2025, 12, 31))
    return found.set_index("account_id", drop=False)


def decimals(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def money(cents: int) -> str:
    return decimals(Decimal(int(cents)) / 100)


def percent(share: float) -> str:
    return decimals(100 * Decimal(repr(float(share))))


def hours(seconds: int) -> str:
    return decimals(Decimal(int(seconds)) / SECONDS_PER_HOUR)


def test_prices(prices: pd.DataFrame, worked_rows: Reader) -> None:
    expected = worked_rows("expected_reprice.csv")
    for row in expected:
        found = prices.loc[row["client"]]
        assert row == row | {
            "breakeven_increase": money(found["breakeven_cents"]),
            "breakeven_pct_of_agi": percent(found["breakeven_ratio"]),
            "target20_increase": money(found["target_cents"]),
            "target20_pct_of_agi": percent(found["target_ratio"]),
            "breakeven_increase_if_paid_on_time": money(found["on_time_breakeven_cents"]),
            "breakeven_pct_if_paid_on_time": percent(found["on_time_breakeven_ratio"]),
            "tier_if_paid_on_time": "D" if found["is_d_on_time"] else "not D",
        }
    rest = prices.drop([row["client"] for row in expected])
    assert len(rest) == 4
    assert rest["breakeven_cents"].isna().all()
    assert not prices["is_beyond_price"].any()


def test_only_an_account_below_the_target_margin_has_a_rise_to_it(prices: pd.DataFrame) -> None:
    assert set(prices.index[prices["target_cents"].notna()]) == {"CIR", "HAL", "DEL", "GRO", "FJO"}


def test_break_even_price_of_an_hour(prices: pd.DataFrame) -> None:
    assert decimals(Decimal(repr(float(prices.loc["GRO", "breakeven_per_hour_cents"]))) / 100) == "17.67"


def test_chance_of_loss_below_which_asking_pays(accounts: pd.DataFrame, worked_rows: Reader) -> None:
    cases = [row for row in worked_rows("expected_whatif.csv") if "+" not in row["exit"]]
    exits = pd.DataFrame(
        {
            "account_id": [row["exit"] for row in cases],
            "expected_cents": [int(Decimal(row["delta_expected"]) * 100) for row in cases],
        }
    ).astype({"expected_cents": "Int64"})
    limits = ask_limits(accounts, exits).set_axis(accounts["account_id"]).dropna()
    expected = {row["client"]: row["max_churn_probability_pct"] for row in worked_rows("expected_reprice.csv")}
    assert {account: percent(limit) for account, limit in limits.items()} == expected


def test_ladder(ladder: pd.DataFrame, accounts: pd.DataFrame, worked_rows: Reader) -> None:
    agi = accounts.set_index("account_id")["agi_cents"]
    expected = worked_rows("expected_remedies.csv")
    for row in expected:
        found = ladder.loc[row["client"]]
        assert row == {
            "client": found["account_id"],
            "gap_to_breakeven": money(found["gap_cents"]),
            "collect": money(found["collect_cents"]),
            "reduce_cost_to_serve": money(found["reduce_cost_to_serve_cents"]),
            "hours_freed_service": hours(found["freed_service_seconds"]),
            "renegotiate_scope": money(found["renegotiate_scope_cents"]),
            "hours_freed_scope": hours(found["freed_scope_seconds"]),
            "residual_reprice": money(found["residual_cents"]),
            "residual_reprice_pct_of_agi": percent(found["residual_cents"] / agi[row["client"]]),
            "of_which_cash": money(found["cash_cents"]),
        }
    assert list(ladder["account_id"]) == [row["client"] for row in expected]
    assert ladder["migrate_cents"].isna().all()


def test_open_remedies(ladder: pd.DataFrame, worked_rows: Reader) -> None:
    for row in worked_rows("expected_decisions.csv"):
        names = tuple(row["open_remedies"].split())
        if row["client"] not in ladder.index:
            assert (names, row["action"]) == ((), "none")
            continue
        found = ladder.loc[row["client"]]
        assert found["open_remedies"] == names
        assert found["next_remedy"] == (row["action"].removeprefix("remedy:") if names else "")
    assert ladder.loc["FJO", "next_remedy_cents"] == 803_068
    assert pd.isna(ladder.loc["GRO", "next_remedy_cents"])


def test_smallest_changes(accounts: pd.DataFrame, worked_policy: Policy) -> None:
    found = levers(accounts, worked_policy).set_index("account_id")
    whole_hours = (Decimal(int(found.loc["GRO", "service_seconds"])) / SECONDS_PER_HOUR).to_integral_value(
        ROUND_CEILING
    )
    assert found.loc["GRO", "to_tier"] == "C"
    assert f"{found.loc['GRO', 'price_ratio']:+.0%}" == "+13%"
    assert whole_hours == 83
    assert found["late_days"].isna().all()
    assert dict(found["to_tier"]) == {
        "ALF": "",
        "BOR": "",
        "EMB": "",
        "CIR": "",
        "HAL": "B",
        "DEL": "B",
        "GRO": "C",
        "FJO": "C",
    }
