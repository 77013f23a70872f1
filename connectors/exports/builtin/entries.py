"""The entries of a ledger, and which document and customer their postings belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the ledger; `standard` is its code in a standard chart, where the file refers to one."""

    code: str
    name: str = ""
    standard: str = ""
    is_balance: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: debit positive. `reference` is the number of the document that it belongs to.

    `customer` and `supplier` are equal where the books do not tell the two apart.
    """

    line: int
    account: str
    amount: Decimal
    customer: str = ""
    supplier: str = ""
    reference: str = ""
    text: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings that belong together and add up to nothing; `name` tells the entry from all others."""

    line: int
    name: str
    day: date
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """What the entries refer to by code: accounts, the names of customers and suppliers; and the currency of it all."""

    accounts: Mapping[str, Account]
    customers: Mapping[str, str]
    suppliers: Mapping[str, str]
    currency: str


DocumentKey = tuple[str, str]
"""Number and customer."""


@dataclass(frozen=True, slots=True)
class Circles:
    """The customers that an entry names, in ever wider circles.

    Attributes:
        receivable, revenue: number of a document -> customers on such lines of that number.
    """

    receivable: Mapping[str, AbstractSet[str]]
    revenue: Mapping[str, AbstractSet[str]]
    customers: AbstractSet[str]
    numbers: AbstractSet[str]

    def document_key(self, posting: Posting, entry_name: str) -> DocumentKey | None:
        """Return document and customer of a revenue posting, None where the entry leaves a doubt about the customer.

        A posting without a number takes the only one of the entry's receivables, else the name of the entry; one
        without a customer takes the only one on the receivable of its document, else on its other lines, else in the
        entry.
        """
        number = posting.reference or (next(iter(self.numbers)) if len(self.numbers) == 1 else "")
        own = {posting.customer} - {""}
        found = own or self.receivable.get(number) or self.revenue.get(number) or self.customers
        return (number or entry_name, next(iter(found))) if len(found) == 1 else None


def circles_of(revenue: Sequence[Posting], receivables: Sequence[Posting]) -> Circles:
    """Return the circles of one entry, from its postings on revenue and receivables."""
    return Circles(
        receivable=_customers_of(receivables),
        revenue=_customers_of(revenue),
        customers={posting.customer for posting in receivables} - {""},
        numbers={posting.reference for posting in receivables} - {""},
    )


def _customers_of(postings: Sequence[Posting]) -> dict[str, set[str]]:
    customers: dict[str, set[str]] = {}
    for posting in postings:
        if posting.customer:
            customers.setdefault(posting.reference, set()).add(posting.customer)
    return customers


@dataclass(frozen=True, slots=True)
class Billed:
    """The documents that one entry bills, to be found by number and customer, or by the one that a line gives."""

    _by_part: dict[DocumentKey, set[DocumentKey]] = field(default_factory=dict)

    def add(self, key: DocumentKey) -> None:
        """Add a document."""
        number, customer = key
        for part in (key, (number, ""), ("", customer), ("", "")):
            self._by_part.setdefault(part, set()).add(key)

    def find(self, number: str, customer: str) -> DocumentKey | None:
        """Return the only document that fits, None where none or several do; blank fits all."""
        found = self._by_part.get((number, customer), set())
        return next(iter(found)) if len(found) == 1 else None
