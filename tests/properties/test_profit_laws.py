"""Laws that hold for every firm: what may change a figure, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from profitability.verdicts import Verdicts

pytestmark = pytest.mark.slow

Firm = dict[str, list[dict[str, Any]]]
Firms = st.SearchStrategy[Firm]
Judge = Callable[[Firm], Verdicts]

FIRST, LAST = date(2024, 12, 1), date(2025, 3, 31)
ORDER = ["D", "C", "B", "A"]

# Shrinking would run the models for minutes; a failing firm is small as it is, and printed.
few = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def figures(verdicts: Verdicts, column: str) -> dict[str, Any]:
    return dict(zip(verdicts.accounts["account_id"], verdicts.accounts[column], strict=True))


def lines_of(verdicts: Verdicts, *, without: str = "", shared: bool = True) -> dict[tuple[Any, ...], int]:
    return {
        (row["account_id"], row["month"], row["line"]): row["amount_cents"]
        for row in verdicts.lines.to_dict("records")
        if row["amount_cents"] and row["account_id"] != without and (shared or not row["line"].startswith("alloc_"))
    }


@few
@given(data=st.data())
def test_order_of_rows_changes_nothing_and_an_empty_account_neither(
    data: st.DataObject, firms: Firms, judged: Judge
) -> None:
    firm = data.draw(firms)
    before = judged(firm)
    turned = deepcopy(firm)
    for rows in turned.values():
        rows.reverse()
    turned["accounts"].append(
        {"account_id": "A00", "name": "prospect", "started_on": date(2020, 1, 1), "is_matched": True}
    )
    after = judged(turned)
    pd.testing.assert_frame_equal(after.accounts, before.accounts)
    pd.testing.assert_frame_equal(after.lines, before.lines)
    pd.testing.assert_frame_equal(after.firm, before.firm)
    pd.testing.assert_frame_equal(after.reconciliation, before.reconciliation)


@few
@given(data=st.data())
def test_curve_explanation_and_statement_add_up(data: st.DataObject, firms: Firms, judged: Judge) -> None:
    verdicts = judged(data.draw(firms))
    ranked = verdicts.accounts[verdicts.accounts["is_matched"]]
    if not ranked.empty:
        assert list(ranked["rank"]) == list(range(1, len(ranked) + 1))
        profit, curve = ranked["ncp_cents"], ranked["cumulative_ncp_cents"]
        assert curve.iloc[-1] == profit.sum()
        assert max(0, curve.max()) == profit.clip(lower=0).sum()
    explained = verdicts.explanation.drop(columns=["account_id", "gap_ratio", "top_drivers"])
    assert (explained.sum(axis=1) - verdicts.explanation["gap_ratio"]).abs().max() < 1e-9 or explained.empty
    money = verdicts.statement.set_index("account_id")
    costs = money.drop(columns=[f"{name}_cents" for name in ("gross_billings", "net_revenue", "agi", "cm1", "cm2")])
    costs = costs.drop(columns=["cm3_cents", "ncp_cents"])
    assert (money["gross_billings_cents"] - costs.sum(axis=1) == money["ncp_cents"]).all()
    assert all(len(reason) <= 255 for reason in verdicts.accounts["reason"])


@few
@given(data=st.data())
def test_more_revenue_never_lowers_the_own_tier(data: st.DataObject, firms: Firms, judged: Judge) -> None:
    firm = data.draw(firms)
    own = [
        row
        for row in firm["documents"]
        if row["kind"] == "invoice"
        and row["currency"] == "EUR"
        and row["net_minor"] == row["gross_minor"] > 0
        and row["service_start"] is None
        and FIRST <= row["issue_date"] <= LAST
    ]
    assume(own)
    raised = data.draw(st.sampled_from(own))
    before = judged(firm)
    more = data.draw(st.integers(1_000, 900_000))
    raised["net_minor"] += more
    raised["gross_minor"] += more
    after = judged(firm)
    account = raised["account_id"]
    tier, former = figures(after, "indicative_tier")[account], figures(before, "indicative_tier")[account]
    assert "N" in (tier, former) or ORDER.index(tier) >= ORDER.index(former)
    assert figures(after, "ncp_cents")[account] > figures(before, "ncp_cents")[account]


@few
@given(data=st.data())
def test_paying_later_never_raises_profit(data: st.DataObject, firms: Firms, judged: Judge) -> None:
    firm = data.draw(firms)
    payments = [row for row in firm["settlements"] if row["kind"] == "payment"]
    assume(payments)
    before = figures(judged(firm), "ncp_cents")
    data.draw(st.sampled_from(payments))["settled_on"] += timedelta(days=data.draw(st.integers(1, 60)))
    after = figures(judged(firm), "ncp_cents")
    assert all(after.get(account, 0) <= before.get(account, 0) for account in {*before, *after})


@few
@given(data=st.data())
def test_more_hours_move_others_only_through_pools_and_use_up_idle_time(
    data: st.DataObject, firms: Firms, judged: Judge
) -> None:
    firm = data.draw(firms)
    own = [row for row in firm["time_entries"] if row["account_id"] and FIRST <= row["work_date"] <= LAST]
    assume(own)
    entry = data.draw(st.sampled_from(own))
    before = judged(firm)
    entry["worked_seconds"] += 900
    after = judged(firm)
    # Overtime makes every hour of that person and month cheaper; the law holds within practical hours.
    is_paid_anyway = is_salaried(firm, entry)
    assume(idle(before) - idle(after) == (900 if is_paid_anyway else 0))
    account = entry["account_id"]
    assert lines_of(after, without=account, shared=False) == lines_of(before, without=account, shared=False)
    assert sum(figures(after, "ncp_cents").values()) <= sum(figures(before, "ncp_cents").values()) + pool_swing(
        before, after
    )
    # What the account is charged more is what the firm's idle time costs less.
    if is_paid_anyway:
        assert labour(after) - labour(before) == unused(before) - unused(after)


def is_salaried(firm: Firm, entry: dict[str, Any]) -> bool:
    """Tell whether the person has a salary, in a currency with a known rate, on the day of the entry."""
    return any(
        row["person_id"] == entry["person_id"]
        and row["employment"] == "salaried"
        and row["fx_rate_e12"] is not None
        and row["valid_from"] <= entry["work_date"] <= row["valid_to"]
        for row in firm["cost_rates"]
    )


def idle(verdicts: Verdicts) -> int:
    return int(verdicts.reconciliation.set_index("line").loc["unused_capacity_hours", "amount"])


def unused(verdicts: Verdicts) -> int:
    return int(verdicts.firm.loc[verdicts.firm["line"] == "unused_capacity", "amount_cents"].sum())


def labour(verdicts: Verdicts) -> int:
    names = ["delivery_labour_cents", "service_labour_cents", "late_collection_labour_cents"]
    return int(verdicts.statement[names].sum().sum())


def pool_swing(before: Verdicts, after: Verdicts) -> int:
    """Return how much less the accounts carry of the pools; hours may only draw in what had no driver."""
    return int(before.accounts["alloc_cents"].sum() - after.accounts["alloc_cents"].sum())
