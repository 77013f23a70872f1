"""SAF-T Financial of Norway, 1.1 to 1.3: the ledger, from which documents are told as `postings` says.

Schemas and the standard chart: https://github.com/Skatteetaten/saf-t. An account refers to the standard chart by
`StandardAccountID` (until 1.2) or `GroupingCode` (1.3); one that refers to neither is taken to be numbered like it.
Opening balances stand beside the accounts, not among the entries. A line names its invoice in `ReferenceNumber`, or in
`CrossReference` where it pays one; lines of one voucher share `SourceDocumentID`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.exports.builtin.entries import Account, Books, Entry, Posting
from connectors.exports.builtin.grids import Notes, title_rows
from connectors.exports.builtin.postings import HEADINGS, Sorter
from connectors.exports.builtin.saft import amount_of, day_of, fault, needed, needed_day
from connectors.exports.builtin.totals import Stated, Totals
from connectors.exports.builtin.xmlfile import Element, all_of, elements, local_name, parent_name, text_of
from connectors.exports.chart import Ledger
from connectors.exports.source import FileFaultError, RawRow, Source

_LEDGER = "GeneralLedgerEntries"
_TOTALS = frozenset({"NumberOfEntries", "TotalDebit", "TotalCredit"})
_NAMES = frozenset({"Header", "Account", "Customer", "Supplier", "Transaction"}) | _TOTALS


def read_saft_no(source: Source, ledger: Ledger, notes: Notes) -> Iterator[RawRow]:
    """Yield titles, headings and rows of an audit file; see `BuiltGrid`.

    Raises:
        FileFaultError: damaged, cut, dangerous, or its control totals are not those of its lines.
    """
    totals, accounts, names = (
        Totals(notes),
        dict[str, Account](),
        {"Customer": dict[str, str](), "Supplier": dict[str, str]()},
    )
    sorter: Sorter | None = None
    stated: dict[str, Decimal | None] = {}
    for element in elements(source, _NAMES):
        match local_name(element):
            case "Header":
                books = Books(accounts, names["Customer"], names["Supplier"], text_of(element, "DefaultCurrencyCode"))
                sorter = Sorter(books, ledger, notes)
                yield from title_rows(_titles(element), HEADINGS)
            case "Account":
                account = _account(element)
                accounts[account.code] = account
            case ("Customer" | "Supplier") as kind:
                names[kind][needed(element, f"{kind}ID")] = text_of(element, "Name")
            case "Transaction" if sorter is not None:
                yield from sorter.cost_rows(_entry(element, totals))
            case name if parent_name(element) == _LEDGER:
                stated[name] = amount_of(element, "")
    if sorter is None:
        raise FileFaultError("holds no Header before its entries: no audit file, or damaged", "Export it again.")
    totals.check(_stated(stated))
    yield from sorter.document_rows()


def _titles(header: Element) -> tuple[str, ...]:
    """Return version, period and firm; a period that is stated in months stays blank."""
    days = [text_of(header, f"SelectionCriteria/Selection{edge}Date") for edge in ("Start", "End")]
    return (
        f"SAF-T NO {text_of(header, 'AuditFileVersion')}",
        " to ".join(filter(None, days)),
        text_of(header, "Company/Name"),
    )


def _stated(figures: dict[str, Decimal | None]) -> Stated:
    count = figures.get("NumberOfEntries")
    return Stated(
        count=None if count is None else int(count),
        debit=figures.get("TotalDebit"),
        credit=figures.get("TotalCredit"),
    )


def _account(element: Element) -> Account:
    code = needed(element, "AccountID")
    standard = text_of(element, "StandardAccountID") or text_of(element, "GroupingCode") or code
    return Account(code, text_of(element, "AccountDescription"), standard)


def _entry(element: Element, totals: Totals) -> Entry:
    lines = list(all_of(element, "Line"))
    numbers = {
        voucher: number
        for line in lines
        if (voucher := text_of(line, "SourceDocumentID")) and (number := _invoice_number(line))
    }
    postings = tuple(_posting(line, numbers, totals) for line in lines)
    name = needed(element, "TransactionID")
    totals.close_entry(element.sourceline, name, [posting.amount for posting in postings])
    return Entry(element.sourceline, name, needed_day(element, "TransactionDate"), postings)


def _invoice_number(line: Element) -> str:
    return text_of(line, "ReferenceNumber") or text_of(line, "CrossReference")


def _posting(line: Element, numbers: dict[str, str], totals: Totals) -> Posting:
    debit, credit = amount_of(line, "DebitAmount/Amount"), amount_of(line, "CreditAmount/Amount")
    if (debit is None) == (credit is None):
        raise fault(line, "", "a line needs either a DebitAmount or a CreditAmount")
    totals.add(debit if debit is not None else credit or Decimal(0), "C" if debit is None else "D")
    voucher = text_of(line, "SourceDocumentID")
    return Posting(
        line=line.sourceline,
        account=needed(line, "AccountID"),
        amount=debit if debit is not None else -(credit or Decimal(0)),
        customer=text_of(line, "CustomerID"),
        supplier=text_of(line, "SupplierID"),
        reference=_invoice_number(line) or numbers.get(voucher, voucher),
        text=text_of(line, "Description"),
        due=day_of(line, "DueDate"),
    )
