"""Late payment in odd circumstances: money that comes in after all, and which history counts for loss rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import FX_ONE, Facts
from profitability.late_interest import statutory_interest_cents
from profitability.loss_rates import allowance, loss_rates
from profitability.models import build_models, load_facts
from profitability.periods import closed_window
from profitability.policy import LatePaymentPolicy, Policy
from profitability.verdicts import Verdicts

TODAY, LAST = date(2026, 1, 20), date(2025, 12, 31)
HISTORY_FIRST = date(2024, 1, 1)
MATRIX = LatePaymentPolicy().ecl_rates
DEFAULTS = Policy()

Row = dict[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    own = DuckDBEngine(threads=1)
    yield own
    own.close()


def invoice(number: str, due: date, cents: int, **other: Any) -> Row:
    usual = {
        "document_id": number,
        "account_id": "A",
        "kind": "invoice",
        "issue_date": due - timedelta(days=30),
        "due_date": due,
        "net_minor": cents,
        "gross_minor": cents,
        "currency": "EUR",
        "fx_rate_e12": FX_ONE,
        "applies_to": None,
        "is_disputed": False,
    }
    return usual | other


def settled(number: str, day: date, kind: str, cents: int) -> Row:
    return {"document_id": number, "settled_on": day, "kind": kind, "gross_minor": cents}


ANCIENT = invoice("ancient", date(2023, 12, 31), 1, issue_date=date(2023, 12, 31))
"""Makes the history long enough and is no part of it."""


def firm(documents: Sequence[Row], settlements: Sequence[Row] = ()) -> Facts:
    days = {"issue_date": "datetime64[us]", "due_date": "datetime64[us]", "settled_on": "datetime64[us]"}
    tables: dict[str, pd.DataFrame | str] = {
        "accounts": pd.DataFrame({"account_id": ["A"], "name": ["A"], "is_matched": [True]})
    }
    for name, rows in (("documents", documents), ("settlements", settlements)):
        if rows:
            table = pd.DataFrame(list(rows))
            kinds = {column: kind for column, kind in days.items() if column in table.columns}
            # A column without any text would have no type.
            tables[name] = table.astype(kinds | ({"applies_to": "str"} if name == "documents" else {}))
    return Facts("EUR", tables)


def figure(verdicts: Verdicts, column: str) -> Any:
    return verdicts.accounts.set_index("account_id").loc["A", column]


def ledger_profit(verdicts: Verdicts) -> int:
    return int(verdicts.reconciliation.set_index("line").loc["ledger_profit", "amount"])


def rates_of(engine: DuckDBEngine, facts: Facts, policy: Policy = DEFAULTS) -> tuple[list[Fraction], list[bool]]:
    """Return the loss rate of each bucket, and whether it comes from the firm's own history."""
    load_facts(engine, facts, closed_window(TODAY, None, policy.period), policy)
    build_models(engine, ("document_values", "loss_survivors", "loss_rates", "open_items"))
    table = engine.fetch("SELECT * FROM loss_rates ORDER BY bucket ASC")
    pairs = zip(table["loss_numerator"], table["loss_denominator"], strict=True)
    return [Fraction(int(part), int(whole)) for part, whole in pairs], table["is_own_history"].to_list()


def test_a_recovery_and_a_fee_lower_the_loss_and_nothing_else(engine: DuckDBEngine) -> None:
    due = date(2025, 3, 31)
    bill = [invoice("1", due, 100_000, gross_minor=121_000)]
    given_up = [settled("1", date(2025, 5, 1), "payment", 60_500), settled("1", date(2025, 6, 1), "write_off", 24_200)]
    back = [settled("1", date(2025, 8, 1), "recovery", 12_100), settled("1", date(2025, 9, 1), "late_fee", 4_000)]
    before = evaluate(firm(bill, given_up), DEFAULTS, TODAY, engine=engine)
    after = evaluate(firm(bill, given_up + back), DEFAULTS, TODAY, engine=engine)

    # 242.00 with 21 % tax was 200.00 net; 121.00 came back as 100.00; the fee bears no tax.
    assert (figure(before, "write_offs_cents"), figure(after, "write_offs_cents")) == (20_000, 20_000 - 10_000 - 4_000)
    posted = after.lines[after.lines["line"] == "write_offs"].set_index("month")["amount_cents"]
    assert {month.month: amount for month, amount in posted.items()} == {6: 20_000, 8: -10_000, 9: -4_000}
    for column in ("late_financing_cents", "open_receivable_cents", "closing_ecl_cents", "avg_days_late", "dso_days"):
        assert figure(before, column) == figure(after, column), column
    assert figure(after, "open_receivable_cents") == 30_000
    assert figure(after, "ncp_cents") - figure(before, "ncp_cents") == 14_000
    assert ledger_profit(after) - ledger_profit(before) == 14_000


def test_a_recovery_of_an_earlier_year_is_income_of_this_one(engine: DuckDBEngine) -> None:
    due = date(2024, 3, 31)
    rows = [
        settled("1", date(2024, 6, 1), "write_off", 10_000),
        settled("1", date(2025, 6, 1), "recovery", 2_500),
        settled("1", date(2026, 1, 5), "recovery", 2_500),
    ]
    verdicts = evaluate(firm([invoice("1", due, 10_000)], rows), DEFAULTS, TODAY, engine=engine)
    assert figure(verdicts, "write_offs_cents") == -2_500
    assert ledger_profit(verdicts) == 2_500


def test_a_fee_in_foreign_currency_counts_at_the_rate_of_the_document(engine: DuckDBEngine) -> None:
    bill = invoice("1", date(2025, 3, 31), 0, currency="USD", fx_rate_e12=FX_ONE * 9 // 10)
    verdicts = evaluate(
        firm([bill], [settled("1", date(2025, 5, 1), "late_fee", 4_005)]), DEFAULTS, TODAY, engine=engine
    )
    # 36.045 is rounded half up, as a gain of 36.05.
    assert figure(verdicts, "write_offs_cents") == -3_605


def test_money_beside_the_amount_does_not_overpay_an_invoice(engine: DuckDBEngine) -> None:
    due = date(2025, 3, 31)
    rows = [
        settled("1", due, "write_off", 10_000),
        settled("1", due, "recovery", 10_000),
        settled("1", due, "late_fee", 10_000),
    ]
    assert evaluate(firm([invoice("1", due, 10_000)], rows), DEFAULTS, TODAY, engine=engine).problems.empty
    too_much = [*rows, settled("1", due, "payment", 1)]
    problems = evaluate(firm([invoice("1", due, 10_000)], too_much), DEFAULTS, TODAY, engine=engine).problems
    assert list(problems["problem"]) == ["settled_beyond_amount"]


def lost_half(due: date, **other: Any) -> tuple[list[Row], list[Row]]:
    """Return an invoice of 100.00 of which half was paid on the day, and no more."""
    return [invoice("1", due, 10_000, **other)], [settled("1", due, "payment", 5_000)]


def test_history_counts_from_the_day_before_24_months(engine: DuckDBEngine) -> None:
    documents, paid = lost_half(date(2025, 6, 30))
    for first, is_long in ((date(2024, 1, 1), False), (date(2023, 12, 31), True)):
        oldest = ANCIENT | {"issue_date": first, "due_date": date(2025, 12, 31)}
        rates, is_own = rates_of(engine, firm([oldest, *documents], paid))
        assert rates == ([Fraction(1, 2), *[Fraction(1)] * 4] if is_long else list(MATRIX))
        assert is_own == [is_long] * 5


def test_finance_may_keep_its_own_matrix(engine: DuckDBEngine) -> None:
    documents, paid = lost_half(date(2025, 6, 30))
    facts = firm([ANCIENT, *documents], paid)
    assert rates_of(engine, facts, Policy(own_loss_rates=False)) == (list(MATRIX), [False] * 5)


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        ({"due_date": LAST - timedelta(days=90)}, True),
        ({"due_date": LAST - timedelta(days=89)}, False),
        ({"issue_date": HISTORY_FIRST}, True),
        ({"issue_date": HISTORY_FIRST - timedelta(days=1)}, False),
        ({"is_disputed": True}, False),
        ({"currency": "USD", "fx_rate_e12": None}, False),
        ({"net_minor": 0, "gross_minor": 0}, False),
    ],
)
def test_which_invoices_are_judged(other: Row, counts: bool, engine: DuckDBEngine) -> None:
    documents, paid = lost_half(date(2025, 6, 30), **other)
    table = firm([ANCIENT, *documents], paid)
    frame = table.tables["documents"]
    assert isinstance(frame, pd.DataFrame)
    table.tables["documents"] = frame.astype({"fx_rate_e12": "Int64"})
    assert rates_of(engine, table)[1] == [counts] * 5


def test_a_bucket_that_nothing_reached_keeps_the_rate_of_the_policy(engine: DuckDBEngine) -> None:
    due = date(2025, 6, 30)
    paid = [settled("1", due, "payment", 7_500), settled("1", due + timedelta(days=31), "payment", 2_500)]
    rates, is_own = rates_of(engine, firm([ANCIENT, invoice("1", due, 10_000)], paid))
    assert rates == [Fraction(0), Fraction(0), Fraction(0), *MATRIX[3:]]
    assert is_own == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("settlements", "note", "expected"),
    [
        # Written off or merely still open after 90 days: nobody paid.
        ([settled("1", date(2025, 7, 1), "write_off", 10_000)], 0, [1, 1, 1, 1, 1]),
        ([], 0, [1, 1, 1, 1, 1]),
        # Paid in the end, if late: nothing is lost.
        ([settled("1", date(2025, 12, 31), "payment", 10_000)], 0, [0, 0, 0, 0, 0]),
        # The day after the window is not known yet.
        ([settled("1", date(2026, 1, 1), "payment", 10_000)], 0, [1, 1, 1, 1, 1]),
        # What came back after it was written off was paid.
        (
            [settled("1", date(2025, 7, 1), "write_off", 10_000), settled("1", date(2025, 12, 1), "recovery", 6_000)],
            0,
            [Fraction(2, 5)] * 5,
        ),
        # A fee pays nothing of the amount.
        ([settled("1", date(2025, 12, 1), "late_fee", 6_000)], 0, [1, 1, 1, 1, 1]),
        # What was credited was never owed, on whichever day: 40.00 of 60.00 lost.
        ([settled("1", date(2025, 6, 30), "payment", 2_000)], 4_000, [Fraction(2, 3), 1, 1, 1, 1]),
        # More paid than owed counts once.
        ([settled("1", date(2025, 6, 30), "payment", 90_000)], 0, [0, *MATRIX[1:]]),
    ],
)
def test_what_was_never_paid(
    settlements: list[Row], note: int, expected: list[Fraction | int], engine: DuckDBEngine
) -> None:
    credit = {"kind": "credit_note", "issue_date": date(2025, 11, 1), "applies_to": "1"}
    notes = [invoice("N", date(2025, 11, 1), note, **credit)] if note else []
    facts = firm([ANCIENT, invoice("1", date(2025, 6, 30), 10_000), *notes], settlements)
    assert rates_of(engine, facts)[0] == expected


def test_one_matrix_serves_all_accounts(engine: DuckDBEngine) -> None:
    documents = [ANCIENT, invoice("1", date(2025, 6, 30), 30_000), invoice("2", LAST, 999, account_id="B")]
    facts = firm(documents, [settled("1", date(2025, 7, 1), "payment", 20_000)])
    facts.tables["accounts"] = pd.DataFrame({"account_id": ["A", "B"], "name": ["A", "B"], "is_matched": True})
    accounts = evaluate(facts, DEFAULTS, TODAY, engine=engine).accounts.set_index("account_id")
    # A third of what was sold was never paid, by the other account.
    assert accounts.loc["B", "closing_ecl_cents"] == 333
    assert accounts.loc["A", "closing_ecl_cents"] == 10_000 + 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(st.integers(0, 10**13), min_size=5, max_size=5),
    lost=st.integers(1, 10**13),
    balances=st.lists(st.integers(1, 10**12), min_size=4, max_size=4),
)
def test_models_and_functions_agree(parts: list[int], lost: int, balances: list[int], engine: DuckDBEngine) -> None:
    """The last part is paid in the last bucket, so that its rate is below 1."""
    due = date(2024, 9, 30)
    days = (0, 30, 60, 90, 200)
    paid = [settled("1", due + timedelta(days=day), "payment", part) for day, part in zip(days, parts, strict=True)]
    ages = (0, 30, 60, 89)
    open_now = [
        invoice(f"open{age}", LAST - timedelta(days=age), cents) for age, cents in zip(ages, balances, strict=True)
    ]
    documents = [ANCIENT, invoice("1", due, sum(parts) + lost), *open_now]
    facts = firm(documents, [row for row in paid if row["gross_minor"]])
    survivors = [sum(parts[index:]) + lost for index in range(6)]
    *wanted, whole = loss_rates(survivors)
    assert whole == 1
    assert rates_of(engine, facts) == (wanted, [True] * 5)
    assert all(earlier <= later <= 1 for earlier, later in pairwise(wanted))

    # Still open in the last bucket: the cent of the ancient invoice, and what was lost.
    expected = engine.fetch("SELECT document_id, expected_loss_cents FROM open_items").set_index("document_id")
    ids = [*(row["document_id"] for row in open_now), "ancient", "1"]
    found = [int(expected.loc[number, "expected_loss_cents"]) for number in ids]
    rates = [*wanted, wanted[-1]]
    assert found == [allowance([cents], [rate]) for cents, rate in zip([*balances, 1, lost], rates, strict=True)]


def test_no_interest_before_the_due_date_has_passed() -> None:
    assert statutory_interest_cents(100_000, 0, Fraction(2, 100)) == 0
    assert statutory_interest_cents(36_500, 1, Fraction(2, 100)) == 10
    assert statutory_interest_cents(36_000, 1, Fraction(2, 100), day_count=360) == 10
    # 5.5 cents, half away from zero.
    assert statutory_interest_cents(20_075, 1, Fraction(2, 100)) == 6


def test_allowance_needs_one_rate_per_balance() -> None:
    with pytest.raises(ValueError, match="shorter"):
        allowance([1, 2], [Fraction(1)])
