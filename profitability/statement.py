"""The account statement: which lines there are, in which order, and in which words, told once for all who show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SHARED = "alloc_"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement.

    Attributes:
        name: the line in `account_lines`; its total is the column `<name>_cents`.
        sign: 1 where the amount adds to profit, -1 where it is taken off, 0 where it is the result so far.
        title: what the statement calls it.
        words: what it is called inside a sentence.
        holds: what counts in it.
    """

    name: str
    sign: Literal[1, 0, -1]
    title: str
    words: str
    holds: str

    @property
    def is_result(self) -> bool:
        """Whether the line is computed from those above it, so that nothing is posted in it."""
        return self.sign == 0


CAUSED = (
    Line("gross_billings", 1, "Invoices", "invoices", "net of tax, in the months of the service"),
    Line("credit_notes", -1, "Credit notes", "credit notes", "net of tax, in the month of their issue"),
    Line("net_revenue", 0, "Net revenue", "net revenue", "invoices less credit notes"),
    Line("pass_through", -1, "Passed-through cost", "passed-through cost", "media, licences and work billed at cost"),
    Line("agi", 0, "Income (AGI)", "income", "net revenue less passed-through cost: the base of every margin"),
    Line("delivery_labour", -1, "Delivery time", "delivery time", "hours of delivery at the cost of an hour"),
    Line("contractors", -1, "Contractors", "contractors", "bills of others who work for the account"),
    Line("direct_expenses", -1, "Direct expenses", "direct expenses", "other bills that name the account"),
    Line("cm1", 0, "Delivery margin (CM1)", "delivery margin", "AGI less delivery"),
    Line(
        "service_labour",
        -1,
        "Service and support time",
        "service and support time",
        "hours of communication, support and account management; the time of events where hours are not logged",
    ),
    Line("cm2", 0, "Client contribution (CM2)", "client contribution", "CM1 less service and support"),
    Line(
        "late_financing",
        -1,
        "Waiting for payment",
        "waiting for payment",
        "cost of capital on net balances beyond their terms; imputed, so that no ledger shows it",
    ),
    Line("late_collection_labour", -1, "Collection time", "time spent on collection", "hours of chasing payment"),
    Line(
        "ecl_movement",
        -1,
        "Expected credit loss, change",
        "expected credit loss",
        "loss allowance at the end of the window less the allowance at its start",
    ),
    Line(
        "write_offs",
        -1,
        "Write-offs",
        "write-offs",
        "net amounts given up, less what was paid on them afterwards, less interest and fees received for late "
        "payment; below zero where more came in than was given up",
    ),
    Line("cm3", 0, "After late payment (CM3)", "contribution", "CM2 less late payment: what the D test looks at"),
)
"""The lines that an account causes, in order; the shares of the pools and net client profit follow."""

NET_CLIENT_PROFIT = Line("ncp", 0, "Net client profit", "net client profit", "CM3 less shared cost")

COST_LINES = tuple(line.name for line in CAUSED[[line.name for line in CAUSED].index("agi") :] if not line.is_result)
"""Names of the costs between AGI and CM3, in order."""

IMPUTED_LINE = "late_financing"
"""The line that no ledger shows."""

CARRIED_BY_ACCOUNTS = ("net_revenue", IMPUTED_LINE, "ecl_movement", "write_offs")
"""Lines that the accounts carry alone, so that they must equal the books one by one."""

_BY_NAME = {line.name: line for line in (*CAUSED, NET_CLIENT_PROFIT)}


def share_of(pool: str) -> str:
    """Return the name of the line that holds an account's share of a pool."""
    return _SHARED + pool


def line_named(name: str) -> Line:
    """Return a line of the statement by its name.

    Raises:
        KeyError: neither one of ours nor the share of a pool.
    """
    if not name.startswith(_SHARED):
        return _BY_NAME[name]
    pool = name.removeprefix(_SHARED).replace("_", " ")
    return Line(name, -1, f"Shared: {pool}", f"shared cost: {pool}", "what the pool's driver charges the account")


def statement_lines(pools: tuple[str, ...]) -> tuple[Line, ...]:
    """Return the whole statement in its order, the pools in the order given."""
    return (*CAUSED, *(line_named(share_of(pool)) for pool in pools), NET_CLIENT_PROFIT)
