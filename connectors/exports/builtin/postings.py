"""Turn the entries of a ledger into documents, settlements and cost lines, each posting once.

What is posted on revenue accounts for one customer under one document number is that document: an invoice, or a credit
note where the sum is a debit. Its gross amount is what the same entries post on the customer's receivable. Later
postings on that receivable under the same number settle the document. Everything else that touches profit is a cost
line; revenue for which no customer can be told is one too, so that the firm's profit is whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from connectors.exports.builtin.entries import Account, Billed, Books, Circles, DocumentKey, Entry, Posting, circles_of
from connectors.exports.builtin.grids import Notes, row_of
from connectors.exports.chart import Ledger, Role
from connectors.exports.reading import Problem
from connectors.exports.source import FileFaultError, RawRow

HEADINGS = (
    "Document",
    "Document type",
    "Document date",
    "Due date",
    "Net",
    "Gross",
    "Payment date",
    "Paid",
    "Posting date",
    "Account",
    "Account name",
    "Named account",
    "Text",
    "Reference",
    "Amount",
    "Customer",
    "Customer name",
    "Supplier",
    "Currency",
)
"""Headings of the table of a ledger: a row fills those of a document, of a payment, or of a posting.

`Named account` is filled on the first posting of each account that has a name.
"""


@dataclass(slots=True)
class _Document:
    line: int
    day: date
    due: date | None = None
    net: Decimal = Decimal(0)
    gross: Decimal | None = None


@dataclass(slots=True)
class Sorter:
    """Sorts the entries of one ledger; what it must keep grows with the documents and payments, not with the file."""

    books: Books
    ledger: Ledger
    notes: Notes
    _documents: dict[DocumentKey, _Document] = field(default_factory=dict)
    _movements: dict[DocumentKey, list[tuple[Posting, date]]] = field(default_factory=dict)
    _roles: dict[str, Role] = field(default_factory=dict)
    _unclassified: set[str] = field(default_factory=set)
    _named: set[str] = field(default_factory=set)

    def cost_rows(self, entry: Entry) -> Iterator[RawRow]:
        """Take one entry: yield its cost lines, and keep what it says of documents."""
        by_role: dict[Role, list[Posting]] = {"revenue": [], "receivable": [], "cost": [], "ignore": []}
        for posting in entry.postings:
            by_role[self._role(posting)].append(posting)
        circles = circles_of(by_role["revenue"], by_role["receivable"])
        billed = Billed()
        nobodys = [posting for posting in by_role["revenue"] if not self._take_revenue(posting, entry, circles, billed)]
        for posting in by_role["receivable"]:
            self._take_receivable(posting, entry, billed)
        suppliers = {posting.supplier for posting in by_role["ignore"]} - {""}
        for posting in (*by_role["cost"], *nobodys):
            yield self._cost_row(posting, entry, suppliers)

    def document_rows(self) -> Iterator[RawRow]:
        """Yield the documents, each followed by its payments; documents that came to nothing are left out.

        Raises:
            FileFaultError: there were entries, and no account is known to be revenue.
        """
        self._refuse_unknown_revenue()
        customers_of = Counter(number for number, _ in self._documents)
        for (number, customer), document in self._documents.items():
            if not document.net and not document.gross:
                continue
            name = number if customers_of[number] == 1 else f"{number} ({customer})"
            shared = {"Document": name, "Currency": self.books.currency}
            yield row_of(document.line, HEADINGS, shared | self._customer(customer) | self._amounts(document))
            for posting, day in self._payments((number, customer), document):
                paid = {"Payment date": day.isoformat(), "Paid": _text(-posting.amount)}
                yield row_of(posting.line, HEADINGS, shared | paid)
            if customer not in self.books.customers:
                what = f"customer {customer} stands on no list: it is known by its number only"
                self.notes.add(
                    "customer", Problem(document.line, "", customer, what, "Add it to the list in the books.")
                )

    def _refuse_unknown_revenue(self) -> None:
        known = (self.ledger.role(account.code, account.standard) for account in self.books.accounts.values())
        if self._roles and "revenue" not in {*known, *self._roles.values()}:
            remedy = "Name the accounts of revenue and receivables under [ledger] in a mapping that extends this one."
            raise FileFaultError("no account is known to be revenue: the file refers to no standard chart", remedy)

    def _role(self, posting: Posting) -> Role:
        code = posting.account
        if code not in self._roles:
            account = self.books.accounts.get(code)
            if account is None:
                what = f"account {code} stands on no list of accounts: its postings count as costs"
                remedy = "If it is no cost, name the account under [ledger] in a mapping of your own."
                self.notes.add(f"account {code}", _odd(posting, what, remedy))
                account = Account(code)
            by_type: Role = "ignore" if account.is_balance else "cost"
            self._roles[code] = self.ledger.role(code, account.standard) or by_type
            if not account.standard and self._roles[code] == "cost":
                self._unclassified.add(code)
        if code in self._unclassified and posting.amount < 0:
            what = f"a credit on account {code}, which refers to no standard chart: it lowers the costs"
            remedy = "If it is revenue, name the account under [ledger] in a mapping that extends this one."
            self.notes.add(f"credit {code}", _odd(posting, what, remedy))
        return self._roles[code]

    def _take_revenue(self, posting: Posting, entry: Entry, circles: Circles, billed: Billed) -> bool:
        """Count a posting into the net amount of its document; False where no customer can be told."""
        key = circles.document_key(posting, entry.name)
        if key is None:
            what = "revenue for which no customer can be told: it counts for the firm as a whole"
            self.notes.add("no customer", _odd(posting, what, "Post revenue with its customer in the books."))
            return False
        document = self._documents.setdefault(key, _Document(posting.line, entry.day))
        billed.add(key)
        document.net -= posting.amount
        document.due = document.due or posting.due
        return True

    def _take_receivable(self, posting: Posting, entry: Entry, billed: Billed) -> None:
        """Count a posting into the gross amount of the document that its entry bills, else keep it as a movement."""
        key = billed.find(posting.reference, posting.customer)
        if key is not None:
            document = self._documents[key]
            document.gross = (document.gross or Decimal(0)) + posting.amount
            document.due = document.due or posting.due
        elif posting.reference and posting.customer:
            self._movements.setdefault((posting.reference, posting.customer), []).append((posting, entry.day))

    def _amounts(self, document: _Document) -> dict[str, str]:
        sign = -1 if document.net < 0 or (not document.net and (document.gross or 0) < 0) else 1
        days = self.ledger.payment_days
        due = document.due or (document.day + timedelta(days=days) if days is not None else None)
        return {
            "Document type": "invoice" if sign > 0 else "credit_note",
            "Document date": document.day.isoformat(),
            "Due date": due.isoformat() if due is not None else "",
            "Net": _text(sign * document.net),
            "Gross": "" if document.gross is None else _text(sign * document.gross),
        }

    def _payments(self, key: DocumentKey, document: _Document) -> Sequence[tuple[Posting, date]]:
        """Return what was paid of an invoice; nothing where money also went back: that is not for us to sort out."""
        movements = self._movements.get(key, ())
        if document.gross is None or document.gross <= 0 or not movements:
            return ()
        back = next((posting for posting, _ in movements if posting.amount >= 0), None)
        if back is not None or -sum(posting.amount for posting, _ in movements) > document.gross:
            what = f"document {key[0]} is paid and charged again, or paid twice: it is taken as unpaid"
            remedy = "State its payments with the own-settlements template."
            self.notes.add("payments", _odd(back or movements[0][0], what, remedy))
            return ()
        return movements

    def _cost_row(self, posting: Posting, entry: Entry, suppliers: AbstractSet[str]) -> RawRow:
        account = self.books.accounts.get(posting.account, Account(posting.account))
        cells = {
            "Posting date": entry.day.isoformat(),
            "Account": account.code,
            "Account name": account.name,
            "Named account": account.code if account.name and account.code not in self._named else "",
            "Text": posting.text,
            "Reference": posting.reference,
            "Amount": _text(posting.amount),
            "Supplier": self._supplier(posting, suppliers),
            "Currency": self.books.currency,
        }
        self._named.add(account.code)
        is_for_customer = posting.customer and not posting.supplier
        return row_of(posting.line, HEADINGS, cells | (self._customer(posting.customer) if is_for_customer else {}))

    def _customer(self, key: str) -> dict[str, str]:
        return {"Customer": key, "Customer name": self.books.customers.get(key, "")}

    def _supplier(self, posting: Posting, suppliers: AbstractSet[str]) -> str:
        """Return who billed a cost: the supplier on its line, else the only one that the entry names."""
        key = posting.supplier or (next(iter(suppliers)) if len(suppliers) == 1 else "")
        return self.books.suppliers.get(key) or key


def _odd(posting: Posting, what: str, remedy: str) -> Problem:
    return Problem(posting.line, "", posting.account, what, remedy)


def _text(amount: Decimal) -> str:
    return format(amount, "f")
