"""Prove that the accounts and the firm's level together are the books; publish nothing otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from profitability.errors import BooksError, ControlTotalError, DataError
from profitability.statement import CARRIED_BY_ACCOUNTS, IMPUTED_LINE
from profitability.units import money_text
from profitability.verdicts import BooksStatus

_COSTS = ("pass_through", "contractors", "direct_expenses", "payroll", "pools")
_IMPUTED_AND_LOSSES = (IMPUTED_LINE, "ecl_movement", "write_offs", "fx_difference")

LARGEST_SUM = 1 << 62
"""What amounts of either sign may add up to: half of what 64 bits hold."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The proof: its lines, the firm's profit, and what may be said of the books."""

    lines: pd.DataFrame
    profit_cents: int
    status: BooksStatus


def reconcile(
    statement: pd.DataFrame,
    firm: pd.DataFrame,
    books: pd.DataFrame,
    *,
    control: pd.DataFrame,
    idle_seconds: int,
    currency: str,
) -> Reconciliation:
    """Compare the way through the accounts with the way through the books, to the cent.

    I1: sum of NCP - firm-level lines = firm profit of the books. I2: firm profit + imputed financing = ledger profit.

    Args:
        statement: one row per account, `<line>_cents`.
        firm: line, amount_cents: what no account carries.
        books: line, amount_cents: totals that never went through an account.
        control: line, amount_cents: what the customer's books say; may be empty.
        idle_seconds: unused practical time.
        currency: of the books, for the digits of amounts in messages.

    Raises:
        DataError: a difference; nothing may be published.
    """
    book = {str(line): int(amount) for line, amount in zip(books["line"], books["amount_cents"], strict=True)}
    _refuse_unsafe_sums(statement, book)
    below = firm.groupby("line", sort=True)["amount_cents"].sum()
    net_client_profit = int(statement["ncp_cents"].sum())
    by_accounts = net_client_profit - int(below.sum())
    by_books = _profit(book)
    in_accounts = {line: int(statement[f"{line}_cents"].sum()) for line in CARRIED_BY_ACCOUNTS}
    _compare({**in_accounts, "firm_profit": by_accounts}, {**book, "firm_profit": by_books}, currency)
    imputed = book.get(IMPUTED_LINE, 0)
    ledger = by_books + imputed
    told = [
        ("sum_of_net_client_profit", net_client_profit, "cents"),
        *((f"less_{line}", int(amount), "cents") for line, amount in below.items()),
        ("firm_profit_by_clients", by_accounts, "cents"),
        ("firm_profit_from_books", by_books, "cents"),
        ("add_back_imputed_financing", imputed, "cents"),
        ("ledger_profit", ledger, "cents"),
        ("unused_capacity_hours", idle_seconds, "seconds"),
    ]
    frame = pd.DataFrame(told, columns=["line", "amount", "unit"]).astype({"amount": "int64"})
    return Reconciliation(frame, by_books, _against_control(control, {**book, "ledger_profit": ledger}, currency))


def _refuse_unsafe_sums(statement: pd.DataFrame, book: dict[str, int]) -> None:
    """Refuse amounts that can add up to more than 64 bits hold: numpy would wrap without a word."""
    amounts = statement[[name for name in statement.columns if name.endswith("_cents") and "ppm" not in name]]
    largest = max(amounts.astype("float64").abs().sum().max(), sum(map(abs, book.values())), 0)
    if largest > LARGEST_SUM:
        raise DataError(
            f"amounts add up to more than {LARGEST_SUM:,} minor units",
            where="accounts",
            remedy="look for a misread decimal mark in the exports",
        )


def _profit(book: dict[str, int]) -> int:
    costs = sum(book.get(line, 0) for line in (*_COSTS, *_IMPUTED_AND_LOSSES))
    return book.get("net_revenue", 0) - costs


def _compare(in_accounts: dict[str, int], book: dict[str, int], currency: str) -> None:
    wrong = [
        f"{line}: {money_text(found, currency)} by account, {money_text(book.get(line, 0), currency)} in the books"
        for line, found in in_accounts.items()
        if found != book.get(line, 0)
    ]
    if wrong:
        raise BooksError(
            "accounts and firm level do not add up to the books: " + "; ".join(wrong),
            where="reconciliation",
            remedy="nothing is published; report this with `whalecurve doctor`, it is a fault of the program",
        )


def _against_control(control: pd.DataFrame, book: dict[str, int], currency: str) -> BooksStatus:
    if control.empty:
        return "consistent with its inputs"
    triples = [
        (str(line), book.get(str(line), 0), int(stated))
        for line, stated in zip(control["line"], control["amount_cents"], strict=True)
    ]
    wrong = [
        f"{line}: {money_text(found, currency)} from the facts, {money_text(stated, currency)} stated, "
        f"difference {money_text(found - stated, currency)}"
        for line, found, stated in triples
        if found != stated
    ]
    if wrong:
        raise ControlTotalError(
            "the facts do not meet the control totals: " + "; ".join(wrong),
            where="control_totals",
            remedy="nothing is published; find the missing or doubled export, or correct the control total",
        )
    return "reconciled"
