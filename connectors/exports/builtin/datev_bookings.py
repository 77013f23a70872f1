"""Bookings of a DATEV stack: what each of them is, by its two accounts, and what it says net of tax.

A booking names two accounts and one amount. With a customer (a number of one digit more than an account has, beginning
with 1 to 6) it is an invoice or a note against revenue, a payment against the bank, or a write-off. Else each side of
the income statement is a posting; a supplier against the bank is the payment of a bill. Bookings between accounts of
the balance sheet, and balances brought forward, are none of these. Where several bookings make one document (two rates
of tax, a discount, a reversal), the document stands with the first of them, with the sum of all.

The amount holds the tax that the key of the booking names, else that of the account; nothing in the file tells which
accounts imply one, so the mapping's chart does. What neither covers is refused: nobody can tell its net amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

from connectors.exports.builtin.datev_cells import Booking, BookingCells, booking_fault
from connectors.exports.cells import is_blank
from connectors.exports.datev_chart import AccountRole, DatevBooks, DatevChart, TaxClass
from connectors.exports.source import FileFaultError, RawRow

HEADINGS = (
    *("Document", "Kind", "Issued", "Due", "Customer", "Net", "Gross"),
    *("Settlement", "Settled", "Posted", "Account", "Supplier", "Amount", "Paid", "Currency", "Rate"),
)
"""Columns of what a booking says: days as 2026-01-31, amounts as 1234.56; the rest of a row is blank."""

Rows: TypeAlias = Callable[[], Iterable[RawRow]]
_Role: TypeAlias = AccountRole | Literal["debtor", "creditor"] | None
_Event: TypeAlias = Literal["document", "payment", "write_off", "bill_payment", "posting", "nothing"]

_OF_CUSTOMER: Mapping[_Role, _Event] = {"revenue": "document", "bank": "payment", "write_off": "write_off"}
_OF_INCOME_STATEMENT = {"revenue", "cost", "write_off"}
_CHART_DIGITS = 4
_CENT = Decimal("0.01")  # the format has two digits in every currency
_RATE_DIGITS = Decimal("1e-12")
_OWN_CHART = "Say what the account is under [reader.datev.chart] in a mapping of your own."


@dataclass(frozen=True, slots=True)
class _Side:
    """One account of a booking; `amount` is what it is debited with, tax included."""

    account: str
    role: _Role
    amount: Decimal


@dataclass(slots=True)
class _Document:
    """All bookings of one document so far."""

    line: int
    currency: str
    gross: Decimal = Decimal(0)
    net: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class BookingReader:
    """Reads the bookings of one file."""

    cells: BookingCells
    books: DatevBooks
    account_digits: int

    def rows(self, below: Rows, *, chart: str) -> Iterator[RawRow]:
        """Yield the rows of a table: `HEADINGS` first, then the cells of the file.

        Args:
            below: gives the rows below the headings, each time from the top.
            chart: that line 1 states; empty: none.

        Raises:
            FileFaultError: a booking that cannot be told, or that no one chart of the mapping explains.
        """
        known = self._chart(below, chart)
        documents = self._documents(below, known)
        for raw in below():
            if not self._is_whole(raw):
                yield RawRow(raw.line, (*[""] * len(HEADINGS), *raw.cells), raw.is_unended)
                continue
            booking = self.cells.read(raw)
            for said in self._said(booking, known, documents) or [{}]:
                yield RawRow(raw.line, (*(said.get(name, "") for name in HEADINGS), *raw.cells), raw.is_unended)

    def _is_whole(self, raw: RawRow) -> bool:
        """Blank rows and cut ones are not looked at here; the reader of the table passes over or refuses them."""
        return len(raw.cells) >= self.cells.width and not all(map(is_blank, raw.cells))

    def _bookings(self, below: Rows) -> Iterator[Booking]:
        return (self.cells.read(raw) for raw in below() if self._is_whole(raw))

    def _chart(self, below: Rows, stated: str) -> DatevChart:
        charts, name = self.books.chart, stated or self.books.default_chart
        if name:
            if name in charts:
                return charts[name]
            what = f"field 27 of line 1 names the chart of accounts {name}; the mapping knows {', '.join(charts)}"
            raise FileFaultError(what, "Describe it in a mapping of your own: [reader.datev.chart].", line=1)
        misfits = {number: self._misfit(below, chart) for number, chart in charts.items()}
        fitting = [number for number, misfit in misfits.items() if not misfit]
        if len(fitting) == 1:
            return charts[fitting[0]]
        why = "; ".join(misfit or f"{number} knows every account" for number, misfit in misfits.items())
        raise FileFaultError(
            f"line 1 names no chart of accounts (field 27), and the bookings do not show one: {why}",
            "Set `default_chart` under [reader.datev] in a mapping of your own that extends this one.",
            line=1,
        )

    def _misfit(self, below: Rows, chart: DatevChart) -> str:
        for booking in self._bookings(below):
            try:
                self._event(booking, chart)
            except FileFaultError as fault:
                return f"line {booking.line}: {fault.problem.what}"
        return ""

    def _side(self, booking: Booking, account: str, amount: Decimal, chart: DatevChart) -> _Side:
        if len(account) == self.account_digits + 1:
            return _Side(account, "debtor" if account[0] in "123456" else "creditor", amount)
        if len(account) > self.account_digits:
            what = f"account {account} has more digits than the {self.account_digits} that line 1 states"
            raise booking_fault(booking, "Konto", what, "Export again; field 14 of line 1 is wrong.")
        number = account.zfill(self.account_digits)
        role = chart.role(number[:_CHART_DIGITS])
        if role is None:
            raise booking_fault(booking, "Konto", f"account {number} is not in the chart of accounts", _OWN_CHART)
        return _Side(number, role, amount)

    def _event(self, booking: Booking, chart: DatevChart) -> tuple[_Event, tuple[_Side, _Side]]:
        one = self._side(booking, booking.account, booking.amount, chart)
        other = self._side(booking, booking.contra, -booking.amount, chart)
        first, second = (other, one) if other.role == "debtor" else (one, other)
        event = _event_of(first.role, second.role)
        if event is None:
            what = f"customer {first.account} against account {second.account} is no invoice, payment or write-off"
            raise booking_fault(booking, "Konto", what, _OWN_CHART)
        if event in {"document", "payment", "write_off"} and not booking.number:
            what = "a booking of a customer without the number of the document"
            raise booking_fault(booking, "Belegfeld 1", what, "Enter the invoice's number there, and export again.")
        return event, (first, second)

    def _documents(self, below: Rows, chart: DatevChart) -> dict[tuple[str, str], _Document]:
        documents: dict[tuple[str, str], _Document] = {}
        for booking in self._bookings(below):
            event, (debtor, revenue) = self._event(booking, chart)
            if event != "document":
                continue
            key = debtor.account, booking.number
            document = documents.setdefault(key, _Document(booking.line, booking.currency))
            if document.currency != booking.currency:
                what = f"document {booking.number} is in {document.currency} on line {document.line}"
                raise booking_fault(booking, "WKZ Umsatz", what, "Book a document in one currency.")
            document.gross += debtor.amount
            document.net -= self._net(booking, revenue, chart)
        return documents

    def _said(
        self, booking: Booking, chart: DatevChart, documents: Mapping[tuple[str, str], _Document]
    ) -> list[dict[str, str]]:
        """Return what a booking gives: one set of cells for each record, none where it gives no record."""
        event, (one, other) = self._event(booking, chart)
        common = {"Currency": booking.currency, "Rate": _rate(booking)}
        match event:
            case "document":
                document = documents[one.account, booking.number]
                is_first = document.line == booking.line and (document.gross or document.net)
                return [common | self._document_cells(booking, one.account, document)] if is_first else []
            case "payment" | "write_off":
                settled = {"Settlement": event, "Settled": booking.day.isoformat(), "Gross": str(-one.amount)}
                return [common | settled | {"Document": booking.number}]
            case "bill_payment":
                supplier = one if one.role == "creditor" else other
                paid = {"Paid": booking.day.isoformat(), "Amount": str(supplier.amount)}
                return [common | paid | {"Supplier": supplier.account}]
            case "posting":
                sides = [side for side in (one, other) if side.role in _OF_INCOME_STATEMENT]
                supplier_account = next((side.account for side in (one, other) if side.role == "creditor"), "")
                self._refuse_unclear_tax(booking, sides, chart)
                return [
                    common
                    | {"Posted": booking.day.isoformat(), "Account": side.account, "Supplier": supplier_account}
                    | {"Amount": str(self._net(booking, side, chart))}
                    for side in sides
                ]
            case "nothing":
                return []

    def _document_cells(self, booking: Booking, debtor: str, document: _Document) -> dict[str, str]:
        days = self.books.payment_days
        sign = 1 if (document.gross or document.net) > 0 else -1
        due = booking.due or (None if days is None else booking.day + timedelta(days=days))
        return {
            "Document": booking.number,
            "Kind": "invoice" if sign > 0 else "credit_note",
            "Issued": booking.day.isoformat(),
            "Due": due.isoformat() if due else "",
            "Customer": debtor,
            "Net": str(document.net * sign),
            "Gross": str(document.gross * sign),
        }

    def _refuse_unclear_tax(self, booking: Booking, sides: Sequence[_Side], chart: DatevChart) -> None:
        if len(sides) > 1 and any(self._tax(booking, side, chart) != "none" for side in sides):
            what = "tax between two accounts of the income statement: which of the amounts holds it is not said"
            raise booking_fault(booking, "BU-Schlüssel", what, "Book it over an account of the balance sheet.")

    def _net(self, booking: Booking, side: _Side, chart: DatevChart) -> Decimal:
        """Return the amount of a side without its tax; the tax is rounded half up, as each booking by itself."""
        tax = self._tax(booking, side, chart)
        percent = self.books.percent(tax, booking.tax_day)
        if percent is None:
            what = f"the mapping does not know the rates of tax of {booking.tax_day}"
            raise booking_fault(booking, "Belegdatum", what, "Add them under [[reader.datev.rates]].")
        held = abs(side.amount) * percent / (100 + percent)
        return side.amount - held.quantize(_CENT, ROUND_HALF_UP).copy_sign(side.amount)

    def _tax(self, booking: Booking, side: _Side, chart: DatevChart) -> TaxClass:
        if booking.tax_key:
            known = self.books.key.get(booking.tax_key)
            if known is None:
                what = f"tax key {booking.tax_key}, which the mapping does not know"
                raise booking_fault(booking, "BU-Schlüssel", what, "Add it under [reader.datev.key], with its tax.")
            return known
        if booking.is_tax_lifted:
            return "none"
        tax = chart.tax(side.account[:_CHART_DIGITS])
        if tax is None:
            what = f"whether amounts on account {side.account} hold tax is not known, and the booking has no tax key"
            remedy = "List the account as untaxed, reduced or standard under [reader.datev.chart] of your own mapping."
            raise booking_fault(booking, "BU-Schlüssel", what, remedy)
        return tax


def _event_of(one: _Role, other: _Role) -> _Event | None:
    """Return what a booking between two accounts is; a customer is the first of the two. None: nobody knows."""
    roles = {one, other}
    if "carried" in roles:
        return "nothing"
    if one == "debtor":
        return _OF_CUSTOMER.get(other)
    if roles == {"creditor", "bank"}:
        return "bill_payment"
    return "posting" if roles & _OF_INCOME_STATEMENT else "nothing"


def _rate(booking: Booking) -> str:
    """Return the rate of exchange that the two amounts of a booking come to."""
    if booking.base_amount is None or not booking.amount:
        return ""
    return format((booking.base_amount / abs(booking.amount)).quantize(_RATE_DIGITS, ROUND_HALF_UP), "f")
