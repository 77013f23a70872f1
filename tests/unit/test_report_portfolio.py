"""The lines of a plan about the whole firm: the right words for one and for many, for a question and for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from profitability import Facts, Policy, Verdicts, evaluate
from profitability.policy import LatePaymentPolicy
from profitability.review import APPROVED, REVIEW_FOR_OFFBOARDING
from sync.report.portfolio import loss_rate_lines, portfolio_data, portfolio_lines

DAY = pd.Timestamp(2025, 6, 30)

PART = {
    "account_id": "a",
    "tranche": 1,
    "tranches": 1,
    "month": pd.Timestamp(2026, 2, 1),
    "agi_leaving_cents": 2_400_000,
    "expected_cents": 522_977,
    "freed_seconds": 660 * 3600,
    "redeployed_seconds": 388 * 3600,
    "idle_seconds": 272 * 3600,
    "route": "ask_first",
    "why": "",
    "is_cash_known": True,
}


def firm(**nets: int) -> Verdicts:
    """Evaluate customers with these net amounts: an invoice above zero, an expense below."""
    accounts = pd.DataFrame({"account_id": list(nets), "name": [name.title() for name in nets], "is_matched": True})
    billed = {name: net for name, net in nets.items() if net > 0}
    spent = {name: -net for name, net in nets.items() if net < 0}
    documents = pd.DataFrame({"document_id": list(billed), "account_id": list(billed), "kind": "invoice"}).assign(
        issue_date=DAY,
        due_date=pd.Timestamp(2025, 12, 31),
        net_minor=list(billed.values()),
        gross_minor=list(billed.values()),
        currency="EUR",
        is_disputed=False,
    )
    costs = pd.DataFrame({"cost_date": DAY, "account_id": list(spent), "kind": "expense", "currency": "EUR"}).assign(
        amount_minor=list(spent.values())
    )
    tables = {"accounts": accounts, "documents": documents, "direct_costs": costs}
    none = Fraction(0)
    no_losses = replace(Policy(), late_payment=LatePaymentPolicy(ecl_rates=(none, none, none, none, none)))
    facts = Facts("EUR", {name: table for name, table in tables.items() if len(table)})
    return evaluate(facts, no_losses, date(2026, 1, 20))


@pytest.fixture(scope="module")
def one() -> Verdicts:
    return firm(a=100_000)


def planned(verdicts: Verdicts, *parts: dict[str, Any], state: str = REVIEW_FOR_OFFBOARDING) -> Verdicts:
    plan = pd.DataFrame([PART | part for part in parts]).astype({"month": "datetime64[us]"})
    return replace(verdicts, phase_out=plan, reviews=verdicts.reviews.assign(state=state))


def line(verdicts: Verdicts, head: str) -> str:
    (found,) = lines(verdicts, head)
    return found


def lines(verdicts: Verdicts, head: str) -> list[str]:
    return [each for each in portfolio_lines(verdicts) if each.startswith(f"{head} ")]


def test_one_account_that_earns_is_told_in_the_singular(one: Verdicts) -> None:
    assert line(one, "Profit") == (
        "Profit     1 of 1 account earns 80 % of all gains; "
        "the best one earns 100.0 % of the net profit, the largest one brings 100.0 % of the revenue"
    )
    assert not lines(one, "Losses")


def test_one_account_that_loses_is_told_in_the_singular() -> None:
    assert line(firm(a=100_000, b=-30_000), "Losses") == (
        "Losses     1 account loses 300.00 EUR; if it left, firm profit of 700.00 would be 1,000.00 on paper, "
        "1,000.00 with no hour resold, 1,000.00 as demand stands"
    )


def test_several_that_lose_are_told_together() -> None:
    told = line(firm(a=100_000, b=-30_000, c=-10_000), "Losses")

    assert told.startswith("Losses     2 accounts lose 400.00 EUR; if all of them left, firm profit of 600.00 would be")


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.755, "; doubling it takes 75.5 % of their hours resold"),
        (1.2, "; all of their hours resold would not double it"),
        (-0.1, ""),
        (float("nan"), ""),
    ],
)
def test_doubling_is_told_only_where_it_takes_something(share: float, told: str) -> None:
    verdicts = firm(a=100_000, b=-30_000)
    value = verdicts.portfolio["value"].where(verdicts.portfolio["metric"] != "losers_double_ratio", share)

    changed = replace(verdicts, portfolio=verdicts.portfolio.assign(value=value))

    assert line(changed, "Losses").partition("as demand stands")[2] == told


def test_where_nobody_earns_no_share_is_told() -> None:
    told = line(firm(a=-100_000), "Profit")

    assert told == "Profit     no account earns a profit: look at rates and prices before any single account"


def test_a_question_is_not_told_as_a_decision(one: Verdicts) -> None:
    assert line(planned(one, {}), "Exit plan") == (
        "Exit plan  A, if people decide so: from 2026-02, income -24,000.00, expected profit +5,229.77 EUR a year"
    )
    assert "A, as people decided: from 2026-02" in line(planned(one, {}, state=APPROVED), "Exit plan")


def test_parts_and_reasons_for_being_late_are_told(one: Verdicts) -> None:
    second = {"tranche": 2, "tranches": 3, "why": "the cap on income that leaves", "expected_cents": -100}

    told = line(planned(one, second), "Exit plan")

    assert "part 2 of 3: from 2026-02 (the cap on income that leaves)" in told
    assert "profit -1.00 EUR" in told


def test_an_exit_without_a_month_frees_no_hours(one: Verdicts) -> None:
    verdicts = planned(one, {"month": pd.NaT, "why": "its exit does not pay", "is_cash_known": False})

    assert line(verdicts, "Exit plan") == "Exit plan  A, if people decide so: no month, its exit does not pay"
    assert not lines(verdicts, "Hours")
    assert not lines(verdicts, "Cash")
    (part,) = portfolio_data(verdicts)["phase_out"]
    assert (part["month"], part["part"]) == (None, None)


def test_hours_name_the_people_to_talk_to_first(one: Verdicts) -> None:
    people = pd.DataFrame({"person_id": ["ada", "ben"], "talk_first": [True, False]})

    told = line(replace(planned(one, {}), people=people), "Hours")

    assert told == "Hours      660 h freed: 388 h for known demand, 272 h idle; talk first to ada"


@pytest.mark.parametrize("is_known", [True, False])
def test_unknown_cash_is_told_where_something_leaves(one: Verdicts, *, is_known: bool) -> None:
    assert bool(lines(planned(one, {"is_cash_known": is_known}), "Cash")) is not is_known


def test_a_warning_is_told_once_and_says_when_it_is_about_the_time_after(one: Verdicts) -> None:
    rows = [
        ("now", "AGI", "top1", "red", 0.3, "x"),
        ("now", "AGI", "top5", "note", 0.6, "x"),
        ("after", "AGI", "top1", "red", 0.4, "x"),
        ("after", "CM3", "hhi", "amber", 900.0, "y"),
    ]
    columns = ["stage", "basis", "measure", "level", "value", "source"]

    told = lines(replace(one, concentration=pd.DataFrame(rows, columns=columns)), "Watch")

    assert told == [
        "Watch      the largest account has 30.0 % of AGI; red above 25.0 % (x)",
        "Watch      the concentration index of CM3 is 900 points, once those planned have left; amber above 1,800 (y)",
    ]


@pytest.mark.parametrize(
    ("is_own", "told"),
    [
        ([False] * 5, []),
        ([True] * 5, ["Loss rates your own, from 24 months of invoices"]),
        (
            [True, True, True, False, False],
            ["Loss rates your own, from 24 months of invoices; 2 of 5 ages were never reached: policy.toml"],
        ),
    ],
)
def test_loss_rates_are_told_where_they_are_the_firms_own(one: Verdicts, is_own: list[bool], told: list[str]) -> None:
    rates = one.loss_rates.assign(is_own_history=is_own)

    assert loss_rate_lines(replace(one, loss_rates=rates)) == told
