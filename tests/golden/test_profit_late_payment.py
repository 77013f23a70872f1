"""Published figures of late payment: carrying cost, DSO, statutory interest and provision matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, Facts
from profitability.late_interest import statutory_interest_cents
from profitability.loss_rates import allowance, loss_rates
from profitability.policy import LatePaymentPolicy, Policy
from profitability.verdicts import Verdicts

Reader = Callable[[str], list[dict[str, str]]]
Invoice = tuple[int, date, date]
Settlement = tuple[str, date, str, int]

TODAY, LAST = date(2026, 1, 20), date(2025, 12, 31)
AGES = (0, 30, 60, 89, 500)
"""Days past due, one per bucket; none but the last lets an invoice of the history be judged."""


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    own = DuckDBEngine(threads=1)
    yield own
    own.close()


@pytest.fixture(scope="session")
def vectors(worked_rows: Reader) -> Mapping[str, str]:
    return {row["id"]: row["expected"] for row in worked_rows("published_vectors.csv")}


def firm(invoices: Sequence[Invoice], settlements: Sequence[Settlement] = ()) -> Facts:
    """Return a firm of one account: invoices 0, 1, ... by amount in euros, issue date and due date, without tax."""
    documents = pd.DataFrame(
        {
            "document_id": [str(index) for index in range(len(invoices))],
            "account_id": "A",
            "kind": "invoice",
            "issue_date": pd.to_datetime([issued for _, issued, _ in invoices]),
            "due_date": pd.to_datetime([due for *_, due in invoices]),
            "net_minor": [100 * euros for euros, *_ in invoices],
            "gross_minor": [100 * euros for euros, *_ in invoices],
            "currency": "EUR",
            "fx_rate_e12": FX_ONE,
            "is_disputed": False,
        }
    )
    paid = pd.DataFrame(
        [(number, pd.Timestamp(day), kind, 100 * euros) for number, day, kind, euros in settlements],
        columns=["document_id", "settled_on", "kind", "gross_minor"],
    )
    accounts = pd.DataFrame({"account_id": ["A"], "name": ["A"], "is_matched": [True]})
    tables: dict[str, pd.DataFrame | str] = {"accounts": accounts, "documents": documents}
    return Facts("EUR", tables | ({"settlements": paid} if settlements else {}))


def figure(verdicts: Verdicts, column: str) -> float:
    return verdicts.accounts.set_index("account_id").loc["A", column]


@pytest.mark.parametrize(("vector", "carried"), [("L01", (1_000, "0.06", 100)), ("L02", (17_777, "0.075", 66))])
def test_carrying_cost_of_an_invoice_paid_late(
    vector: str, carried: tuple[int, str, int], vectors: Mapping[str, str], engine: DuckDBEngine
) -> None:
    """L01, L02. Posted month by month: due on the eve of a year, the cents of the months meet the published sum."""
    euros, yearly, days = carried
    due = date(2024, 12, 31)
    facts = firm([(euros, due, due)], [("0", due + timedelta(days=days), "payment", euros)])
    policy = Policy(late_payment=LatePaymentPolicy(cost_of_capital=Fraction(yearly)))
    cost = figure(evaluate(facts, policy, TODAY, engine=engine), "late_financing_cents")
    assert Decimal(int(cost)) / 100 == Decimal(vectors[vector])


def test_days_sales_outstanding(vectors: Mapping[str, str], engine: DuckDBEngine) -> None:
    """L03."""
    issued, due = date(2025, 6, 30), date(2026, 2, 28)
    facts = firm([(780_000, issued, due)], [("0", issued, "payment", 660_000)])
    assert round(figure(evaluate(facts, Policy(), TODAY, engine=engine), "dso_days")) == int(vectors["L03"])


def test_statutory_interest(vectors: Mapping[str, str]) -> None:
    """L04."""
    interest = statutory_interest_cents(3_200_00, 75, Fraction("0.0215"))
    assert Decimal(interest) / 100 == Decimal(vectors["L04"])


def test_provision_matrix_of_the_policy(vectors: Mapping[str, str], engine: DuckDBEngine) -> None:
    """E01: rates and balances of the illustrative example, one invoice per bucket."""
    rates = tuple(Fraction(text) for text in ("0.003", "0.016", "0.036", "0.066", "0.106"))
    balances = (15_000_000, 7_500_000, 4_000_000, 2_500_000, 1_000_000)
    policy = Policy(late_payment=LatePaymentPolicy(ecl_rates=rates))
    verdicts = evaluate(firm(aged(balances)), policy, TODAY, engine=engine)
    assert figure(verdicts, "closing_ecl_cents") == 100 * int(vectors["E01"])
    assert allowance(balances, rates) == int(vectors["E01"])


REACHED = (100_000, 50_000, 23_000, 8_000, 2_000)
"""Of what was sold, what was still unpaid as each bucket began; the last was never paid."""

BALANCES = (300_000, 140_000, 60_000, 23_000, 5_000)


def aged(balances: Sequence[int]) -> list[Invoice]:
    """Open one invoice per bucket; the last is older than the history, which therefore is long enough."""
    dues = [LAST - timedelta(days=days) for days in AGES]
    return [
        (euros, date(2023, 12, 31) if days > 90 else due, due)
        for euros, due, days in zip(balances, dues, AGES, strict=True)
    ]


def published_history() -> tuple[list[Invoice], list[Settlement]]:
    """One invoice of the history, number 5, paid in parts as the buckets end; the rest is written off."""
    due = date(2024, 6, 30)
    parts = [before - after for before, after in pairwise(REACHED)]
    paid = [
        ("5", due + timedelta(days=days), "payment", part) for days, part in zip((0, 30, 60, 90), parts, strict=True)
    ]
    return [(REACHED[0], date(2024, 6, 1), due)], [*paid, ("5", date(2025, 1, 1), "write_off", REACHED[-1])]


def percent(rate: Fraction) -> str:
    exact = Decimal(100 * rate.numerator) / rate.denominator
    return str(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


def test_loss_rates_of_the_own_history(vectors: Mapping[str, str], engine: DuckDBEngine) -> None:
    """E02, E03: the same rates and allowance from the models and from the named functions."""
    invoices, settlements = published_history()
    verdicts = evaluate(firm([*aged(BALANCES), *invoices], settlements), Policy(), TODAY, engine=engine)
    found = engine.fetch("SELECT * FROM loss_rates ORDER BY bucket ASC")
    rates = [Fraction(*pair) for pair in zip(found["loss_numerator"], found["loss_denominator"], strict=True)]
    assert found["is_own_history"].all()
    assert tuple(rates) == loss_rates(REACHED)
    assert [percent(rate) for rate in rates] == vectors["E02"].split()

    cents = int(figure(verdicts, "closing_ecl_cents"))
    assert cents == allowance([100 * euros for euros in BALANCES], loss_rates(REACHED))
    assert cents // 100 == int(vectors["E03"])
    rounded_first = [Fraction(percent(rate)) / 100 for rate in rates]
    assert allowance(BALANCES, rounded_first) != int(vectors["E03"])


def test_the_worked_example_has_too_short_a_history(
    worked_facts: Facts, worked_policy: Policy, engine: DuckDBEngine
) -> None:
    evaluate(worked_facts, worked_policy, TODAY, engine=engine)
    assert not engine.fetch("SELECT is_own_history FROM loss_rates")["is_own_history"].any()
