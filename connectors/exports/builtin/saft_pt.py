"""SAF-T of Portugal, 1.04 (Portaria 302/2016): sales invoices, credit and debit notes, and payments.

A document's totals are those of `DocumentTotals`; lines carry up to four decimals and its totals are theirs rounded, so
a total is held against its lines to half a cent a line, and rounded half up to cents itself where it has more digits.
`FR` and `VD` are invoice and receipt in one. Which types and statuses count is for the mapping to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from connectors.exports.builtin.grids import Notes, row_of, title_rows
from connectors.exports.builtin.saft import amount_of, fault, needed, needed_amount, needed_day
from connectors.exports.builtin.xmlfile import Element, all_of, elements, local_name, parent_name, text_of
from connectors.exports.chart import Ledger
from connectors.exports.reading import Problem
from connectors.exports.source import FileFaultError, RawRow, Source

HEADINGS = (
    "Document",
    "Document type",
    "Payment type",
    "Status",
    "Document date",
    "Due date",
    "Net",
    "Gross",
    "Applies to",
    "Payment date",
    "Settlement",
    "Paid",
    "Customer",
    "Customer name",
    "Customer tax number",
    "Currency",
)
"""Headings of the table: a row fills those of a document, of a payment, or of both."""

Cells: TypeAlias = dict[str, str]
"""Heading -> cell."""

_SALES, _PAYMENTS = "SalesInvoices", "Payments"
_FIGURES = frozenset({"NumberOfEntries", "TotalDebit", "TotalCredit"})
_NAMES = frozenset({"Header", "Customer", "Invoice", "Payment"}) | _FIGURES
_PAID_AT_ONCE = frozenset({"FR", "VD"})
_NOT_IN_TOTALS = frozenset({"A", "F"})
"""Cancelled, and billed again by another document: the control totals leave them out."""

_CENT, _HALF_CENT = Decimal("0.01"), Decimal("0.005")
_EXPORT_AGAIN = "Export the file again; if it stays so, the program that wrote it is at fault."


@dataclass(slots=True)
class _Section:
    """The documents of one kind: what the file states of them, and what they came to."""

    stated: dict[str, Decimal | None] = field(default_factory=dict)
    found: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(_FIGURES, Decimal(0)))

    @property
    def is_there(self) -> bool:
        """Whether the file has any of it."""
        return bool(self.stated) or self.found["NumberOfEntries"] > 0

    def add(self, element: Element, status: str) -> None:
        """Count a document and its lines."""
        self.found["NumberOfEntries"] += 1
        if status not in _NOT_IN_TOTALS:
            for side in ("Debit", "Credit"):
                amounts = (amount_of(line, f"{side}Amount") for line in all_of(element, "Line"))
                self.found[f"Total{side}"] += sum((amount or Decimal(0) for amount in amounts), Decimal(0))

    def check(self, name: str, notes: Notes) -> None:
        """Compare what was counted with what is stated, in the digits in which it is stated.

        Raises:
            FileFaultError: they differ.
        """
        for figure, found in self.found.items():
            stated = self.stated.get(figure)
            if stated is None:
                remedy = "Compare the sums with the books."
                notes.add(name, Problem(0, figure, "", f"{name} states no {figure}: nothing shows it whole", remedy))
            elif found.quantize(stated, ROUND_HALF_UP) != stated:
                what = f"{name} states {figure} {stated:f}, but its documents come to {found:f}"
                raise FileFaultError(what, _EXPORT_AGAIN, column=figure)


@dataclass(slots=True)
class _File:
    """What was read of a file so far."""

    ledger: Ledger
    notes: Notes
    currency: str = ""
    has_header: bool = False
    customers: dict[str, dict[str, str]] = field(default_factory=dict)
    sections: dict[str, _Section] = field(default_factory=lambda: {_SALES: _Section(), _PAYMENTS: _Section()})

    def rows(self, element: Element) -> Iterator[RawRow]:
        """Take one element, and yield the rows that it gives."""
        match local_name(element):
            case "Header":
                self.currency, self.has_header = text_of(element, "CurrencyCode"), True
                yield from title_rows(_titles(element), HEADINGS)
            case "Customer":
                self.customers[needed(element, "CustomerID")] = _customer(element)
            case "Invoice" if self.has_header:
                yield from self._document(element, _SALES, _invoice_rows(element, self.ledger, self.notes))
            case "Payment" if self.has_header:
                yield from self._document(element, _PAYMENTS, _payment_rows(element, self.notes))
            case figure if parent_name(element) in self.sections:
                self.sections[parent_name(element)].stated[figure] = amount_of(element, "")

    def _document(self, element: Element, section: str, rows: Iterator[Cells]) -> Iterator[RawRow]:
        status = needed(element, f"DocumentStatus/{local_name(element)}Status")
        self.sections[section].add(element, status)
        key = needed(element, "CustomerID")
        customer = self.customers.get(key, {})
        if not customer:
            what = f"customer {key} stands on no list: it is known by its number only"
            self.notes.add(
                "customer", Problem(element.sourceline, "CustomerID", key, what, "Export the customers, too.")
            )
        for cells in rows:
            row = {"Status": status, "Currency": self.currency} | customer | cells
            yield row_of(element.sourceline, HEADINGS, row)

    def check(self) -> None:
        """Compare all that was read with what the file states.

        Raises:
            FileFaultError: they differ, or there are no sales documents at all.
        """
        if not (self.has_header and self.sections[_SALES].is_there):
            remedy = "Export the audit file of billing (faturação), not the one of the accounts alone."
            raise FileFaultError("holds no sales invoices", remedy)
        for name, section in self.sections.items():
            if section.is_there:
                section.check(name, self.notes)


def read_saft_pt(source: Source, ledger: Ledger, notes: Notes) -> Iterator[RawRow]:
    """Yield titles, headings and rows of an audit file; see `BuiltGrid`.

    Raises:
        FileFaultError: damaged, cut, dangerous, or its control totals are not those of its documents.
    """
    file = _File(ledger, notes)
    for element in elements(source, _NAMES):
        yield from file.rows(element)
    file.check()


def _titles(header: Element) -> tuple[str, ...]:
    period = f"{text_of(header, 'StartDate')} to {text_of(header, 'EndDate')}"
    return f"SAF-T PT {text_of(header, 'AuditFileVersion')}", period, text_of(header, "CompanyName")


def _customer(element: Element) -> dict[str, str]:
    return {"Customer name": text_of(element, "CompanyName"), "Customer tax number": text_of(element, "CustomerTaxID")}


def _invoice_rows(invoice: Element, ledger: Ledger, notes: Notes) -> Iterator[Cells]:
    kind, day = needed(invoice, "InvoiceType"), needed_day(invoice, "InvoiceDate")
    net, gross = _totals(invoice, notes)
    if text_of(invoice, "DocumentStatus/InvoiceStatus") not in _NOT_IN_TOTALS:
        _check_lines(invoice, net)
    days = ledger.payment_days
    cells = {
        "Document": needed(invoice, "InvoiceNo"),
        "Document type": kind,
        "Document date": day.isoformat(),
        "Due date": "" if days is None else (day + timedelta(days=days)).isoformat(),
        "Net": f"{net:f}",
        "Gross": f"{gross:f}",
        "Applies to": _reference(invoice),
        "Customer": text_of(invoice, "CustomerID"),
    }
    if kind in _PAID_AT_ONCE and gross:
        cells |= {"Payment date": day.isoformat(), "Settlement": "payment", "Paid": f"{gross:f}"}
        cells["Due date"] = day.isoformat()
    yield cells


def _totals(document: Element, notes: Notes) -> tuple[Decimal, Decimal]:
    """Return net and gross in cents; a cent between them that is no tax is noted.

    Raises:
        FileFaultError: net and tax are not gross, by more than the cent that rounding may leave.
    """
    names = ("NetTotal", "TaxPayable", "GrossTotal")
    net, tax, gross = (needed_amount(document, f"DocumentTotals/{name}") for name in names)
    rest = gross - net - tax
    what = f"net {net:f} and tax {tax:f} are not gross {gross:f}"
    if abs(rest) > _CENT:
        raise fault(document, "DocumentTotals", what)
    if rest:
        notes.add(
            "cent", Problem(document.sourceline, "DocumentTotals", f"{rest:f}", what, "Compare with the document.")
        )
    return net.quantize(_CENT, ROUND_HALF_UP), gross.quantize(_CENT, ROUND_HALF_UP)


def _check_lines(invoice: Element, net: Decimal) -> None:
    amounts = [_line_amount(line) for line in all_of(invoice, "Line")]
    total = abs(sum(amounts, Decimal(0)))
    if abs(total - abs(net)) > _HALF_CENT * max(len(amounts), 1):
        raise fault(invoice, "DocumentTotals/NetTotal", f"net is {net:f}, but the lines add up to {total:f}")


def _line_amount(line: Element) -> Decimal:
    """Return what a line bills or settles; a debit is negative."""
    credit, debit = amount_of(line, "CreditAmount"), amount_of(line, "DebitAmount")
    if (credit is None) == (debit is None):
        raise fault(line, "", "a line needs either a CreditAmount or a DebitAmount")
    return credit if credit is not None else -(debit or Decimal(0))


def _reference(invoice: Element) -> str:
    """Return the one document that all references of a credit note name, empty where they name none or several."""
    named = {(reference.text or "").strip() for reference in all_of(invoice, "Line/References/Reference")} - {""}
    return named.pop() if len(named) == 1 and text_of(invoice, "InvoiceType") == "NC" else ""


def _payment_rows(payment: Element, notes: Notes) -> Iterator[Cells]:
    """Yield what a payment settles, document by document; discounts for paying early are written off."""
    shared = {
        "Payment type": needed(payment, "PaymentType"),
        "Payment date": needed_day(payment, "TransactionDate").isoformat(),
        "Customer": text_of(payment, "CustomerID"),
    }
    discounts: dict[str, Decimal] = {}
    for line in all_of(payment, "Line"):
        number = _settled(line)
        discounts[number] = discounts.get(number, Decimal(0)) + (amount_of(line, "SettlementAmount") or Decimal(0))
    for number, paid in _paid(payment, notes).items():
        amounts = {"payment": paid, "write_off": discounts[number].quantize(_CENT, ROUND_HALF_UP)}
        for kind, amount in amounts.items():
            if amount > 0:
                yield shared | {"Document": number, "Settlement": kind, "Paid": f"{amount:f}"}
        if paid < 0:
            what = f"a payment sets off document {number}: it is taken as not settled by it"
            notes.add("set off", Problem(payment.sourceline, "Paid", f"{paid:f}", what, "Check the open credit notes."))


def _settled(line: Element) -> str:
    numbers = {needed(source, "OriginatingON") for source in all_of(line, "SourceDocumentID")}
    if len(numbers) != 1:
        raise fault(line, "SourceDocumentID", f"a line must settle one document, not {len(numbers)}")
    return numbers.pop()


def _paid(payment: Element, notes: Notes) -> dict[str, Decimal]:
    """Return what each document gets of the gross total: lines are net of tax wherever the payment states tax.

    Raises:
        FileFaultError: the lines, with their tax, are not the gross total.
    """
    _, gross = _totals(payment, notes)
    has_tax = amount_of(payment, "DocumentTotals/TaxPayable") != 0
    shares: dict[str, Decimal] = {}
    for line in all_of(payment, "Line"):
        rate = amount_of(line, "Tax/TaxPercentage") if has_tax else None
        amount = _line_amount(line) * (1 + (rate or Decimal(0)) / 100)
        number = _settled(line)
        shares[number] = shares.get(number, Decimal(0)) + amount
    if len(shares) <= 1:
        return dict.fromkeys(shares, gross)
    paid = {number: amount.quantize(_CENT, ROUND_HALF_UP) for number, amount in shares.items()}
    rest = gross - sum(paid.values(), Decimal(0))
    if abs(rest) > _CENT * len(paid):
        raise fault(payment, "DocumentTotals/GrossTotal", f"gross is {gross:f}, {-rest:f} less than the lines with tax")
    paid[max(paid, key=lambda number: paid[number])] += rest
    return paid
