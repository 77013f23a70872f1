"""XML Auditfile Financieel (NL), all versions that pyxaf reads: CLAIR2, 3.0, 3.1, 3.2, 3.2.1, 4.0, and the older ADF.

https://www.softwarepakketten.nl/auditfiles and the schemas inside pyxaf describe the format. It holds postings, not
invoices: `postings` tells which headings the table has and how documents come out of postings. Amounts carry their
side (D or C); a negative one counts on the other side. Opening entries (period 0, or a journal of type O) are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import pyxaf
from pyxaf import (
    AccountKind,
    AuditFile,
    JournalKind,
    LedgerAccount,
    Line,
    RelationKind,
    Severity,
    Transaction,
    Version,
)

from connectors.exports.builtin.entries import Account, Books, Entry, Posting
from connectors.exports.builtin.grids import Notes, title_rows
from connectors.exports.builtin.postings import HEADINGS, Sorter
from connectors.exports.builtin.totals import Stated, Totals
from connectors.exports.chart import Ledger
from connectors.exports.reading import Problem
from connectors.exports.source import FileFaultError, RawRow, Source

ADF_MARK = b"CLAIR1.00.00"
"""What the fixed-width audit file of 1999 begins with."""

_OPENING_PERIOD = 0
_HARMLESS = "XAF1011"
"""ISO-8859-1 read as windows-1252, as we ask for."""
_SPOILT = {"XAF1006": "bytes that the encoding does not know"}
_EXPORT_AGAIN = "Export the audit file again, from the bookkeeping system itself."
_AS_WINDOWS: tuple[Literal["latin1-as-cp1252"]] = ("latin1-as-cp1252",)
"""What calls itself ISO-8859-1 is windows-1252 wherever the two differ."""


def read_xaf(source: Source, ledger: Ledger, notes: Notes) -> Iterator[RawRow]:
    """Yield titles, headings and rows of an audit file; see `BuiltGrid`.

    Raises:
        FileFaultError: damaged, cut, dangerous, or its control totals are not those of its lines.
    """
    source.stream.seek(0)  # pyxaf reads from where the stream stands, each time anew
    try:
        with pyxaf.open(source.stream, repair=_AS_WINDOWS) as file:
            yield from title_rows(_titles(file), HEADINGS)
            yield from _rows(file, ledger, notes)
    except pyxaf.PyxafError as error:
        line = error.line if isinstance(error, pyxaf.XmlSyntaxError) else None
        what = str(error).removeprefix(f"{source.path}: ")
        raise FileFaultError(f"damaged, cut or dangerous: {what}", _EXPORT_AGAIN, line=line or 0) from error


def _titles(file: AuditFile) -> tuple[str, ...]:
    header = file.header
    if header.raw is None:
        raise FileFaultError("holds no header: no audit file, or damaged", _EXPORT_AGAIN)
    days = [day.isoformat() for day in (header.start_date, header.end_date) if day is not None]
    return f"XAF {file.version.value}", " to ".join(days), file.company.name or ""


def _rows(file: AuditFile, ledger: Ledger, notes: Notes) -> Iterator[RawRow]:
    totals = Totals(notes)
    sorter = Sorter(_books(file), ledger, notes)
    for transaction in file.transactions():
        entry = _entry(transaction, file, totals)
        if not _is_opening(file, transaction):
            yield from sorter.cost_rows(entry)
    _check_findings(file, notes)
    totals.check(_stated(file))
    yield from sorter.document_rows()


def _books(file: AuditFile) -> Books:
    accounts = {account.id: _account(account) for account in file.accounts.values()}
    names = {relation.id: relation.name or "" for relation in file.relations.values()}
    return Books(accounts, names, names, (file.header.currency or "").strip())


def _account(account: LedgerAccount) -> Account:
    """Tell the balance sheet by the type of the account, else by its RGS code, which then begins with B."""
    standard = (account.rgs.code or "") if account.rgs else ""
    kind = account.account_type.kind
    is_balance = kind is AccountKind.BALANCE or (kind is not AccountKind.PROFIT_LOSS and standard.startswith("B"))
    return Account(account.id, account.description or "", standard, is_balance=is_balance)


def _is_opening(file: AuditFile, transaction: Transaction) -> bool:
    journal = file.journals.get(transaction.journal_id or "")
    is_opening_journal = journal is not None and journal.journal_type.kind is JournalKind.OPENING
    return is_opening_journal or transaction.period_number == _OPENING_PERIOD


def _entry(transaction: Transaction, file: AuditFile, totals: Totals) -> Entry:
    line = transaction.raw.line if transaction.raw else 0
    name = " ".join(part for part in (transaction.journal_id, transaction.number) if part)
    day = _day(transaction, file)
    if day is None:
        raise FileFaultError(
            f"entry {name} has no day, or none of the calendar", _EXPORT_AGAIN, line=line, column="trDt"
        )
    invoices = {
        each.document_ref: each.invoice_ref for each in transaction.lines if each.document_ref and each.invoice_ref
    }
    postings = tuple(_posting(each, file, invoices, totals) for each in transaction.lines)
    totals.close_entry(line, name, [posting.amount for posting in postings])
    return Entry(line, name, day, postings)


def _day(transaction: Transaction, file: AuditFile) -> date | None:
    """Return the day of an entry. ADF always states that of a line; its day of the entry is that of the processing."""
    days = (line.effective_date for line in transaction.lines if line.effective_date is not None)
    return next(days, transaction.date) if file.version is Version.ADF else transaction.date


def _posting(line: Line, file: AuditFile, invoices: dict[str, str], totals: Totals) -> Posting:
    number = line.raw.line if line.raw else 0
    if line.amount is None or line.side is None or line.signed_amount is None or not line.account_id:
        written = {name: line.raw.get(name) for name in ("accID", "amnt", "amntTp")} if line.raw else {}
        what = f"no account, amount or side that can be read: {written}"
        raise FileFaultError(what, _EXPORT_AGAIN, line=number, column="amnt")
    totals.add(line.amount, line.side.value)
    document, relation = line.document_ref or "", file.relations.get(line.relation_id or "")
    is_customer = relation is not None and relation.relation_type.kind is RelationKind.CUSTOMER
    return Posting(
        line=number,
        account=line.account_id,
        amount=line.signed_amount,
        customer=line.relation_id or "",
        supplier="" if is_customer else line.relation_id or "",
        reference=line.invoice_ref or invoices.get(document, document),
        text=line.description or "",
    )


def _stated(file: AuditFile) -> Stated:
    totals = file.transaction_totals
    return Stated() if totals is None else Stated(totals.lines_count, totals.total_debit, totals.total_credit)


def _check_findings(file: AuditFile, notes: Notes) -> None:
    """Pass on what pyxaf found odd; what spoils texts refuses the file."""
    for finding in file.findings:
        line = finding.line or 0
        if finding.code in _SPOILT:
            raise FileFaultError(_SPOILT[finding.code], _EXPORT_AGAIN, line=line)
        if finding.severity is not Severity.INFO and finding.code != _HARMLESS:
            what = finding.message
            notes.add(finding.code, Problem(line, "", finding.value or "", what, "Check that the file is whole."))
