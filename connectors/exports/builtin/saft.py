"""Standard Audit File for Tax (SAF-T): the elements that the files of all countries share.

The OECD's schema is a frame that each country fills in its own way: Portugal with invoices and payments (`saft_pt`),
Norway with the ledger (`saft_no`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors.exports.builtin.xmlfile import Element, Root, text_of
from connectors.exports.cells import NUMBER_FORMATS, CellFaultError, read_date, read_number
from connectors.exports.source import FileFaultError

_NAMESPACE = "StandardAuditFile"
_EXPORT_AGAIN = "Export the audit file again, from the bookkeeping system itself."


def is_saft(root: Root) -> bool:
    """Tell SAF-T from other audit files: by its namespace, where one is stated, else by how its root is written."""
    return root.name == "AuditFile" and (not root.namespace or _NAMESPACE in root.namespace)


def needed(element: Element, path: str) -> str:
    """Return the text at a path.

    Raises:
        FileFaultError: blank or absent.
    """
    text = text_of(element, path)
    if not text:
        raise fault(element, path, f"{path} is blank or absent")
    return text


def amount_of(element: Element, path: str) -> Decimal | None:
    """Return the amount at a path, None where there is none.

    Raises:
        FileFaultError: not a number.
    """
    text = text_of(element, path)
    try:
        return read_number(text, NUMBER_FORMATS["plain"]).value if text else None
    except CellFaultError as error:
        raise fault(element, path, f"{text!r}: {error.what}") from error


def needed_amount(element: Element, path: str) -> Decimal:
    """Return the amount at a path.

    Raises:
        FileFaultError: absent, or not a number.
    """
    needed(element, path)
    return amount_of(element, path) or Decimal(0)


def day_of(element: Element, path: str) -> date | None:
    """Return the day at a path, None where there is none; a time behind it is passed over.

    Raises:
        FileFaultError: no day of the calendar.
    """
    text = text_of(element, path)
    try:
        return read_date(text.partition("T")[0], "%Y-%m-%d") if text else None
    except CellFaultError as error:
        raise fault(element, path, f"{text!r}: {error.what}") from error


def needed_day(element: Element, path: str) -> date:
    """Return the day at a path.

    Raises:
        FileFaultError: absent, or no day of the calendar.
    """
    day = day_of(element, path)
    if day is None:
        raise fault(element, path, f"{path} is blank or absent")
    return day


def fault(element: Element, path: str, what: str) -> FileFaultError:
    """Return what is wrong below an element, with the line on which the nearest one stands."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/"))) if path else None
    nearest = element if found is None else found
    return FileFaultError(what, _EXPORT_AGAIN, line=nearest.sourceline or 0, column=path)
