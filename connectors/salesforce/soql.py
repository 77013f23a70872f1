"""SOQL text, made only of names that `describe` gave us and of record ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from simple_salesforce.api import Salesforce

from connectors.errors import CrmAnswerError
from connectors.salesforce.client import Ask, SalesforceClient
from connectors.transport import BrokenAnswerError
from profitability.units import counted

IDS_PER_QUERY = 200
"""A query is a GET of at most 16,384 bytes of address and headers; 500 ids broke in practice, 200 did not."""

Row = Mapping[str, Any]

# REST API: "Query Options Header"; 2,000 is the largest page.
_LARGEST_PAGE = {"Sforce-Query-Options": "batchSize=2000"}


@dataclass(frozen=True, slots=True)
class _Page:
    rows: Sequence[Row]
    total: int
    next_url: str | None


def select(names: Sequence[str], *, of: str, where: str = "IsDeleted = false", order_by: str = "") -> str:
    """Return a query for the fields of one object.

    Raises:
        ValueError: a name is no API name; names come from `describe` alone.
    """
    for name in (*names, of):
        if not re.fullmatch(r"[A-Za-z]\w*", name, flags=re.ASCII):
            raise ValueError(f"{name!r} is not an API name")
    condition = f" WHERE {where}" if where else ""
    order = f" ORDER BY {order_by}" if order_by else ""
    return f"SELECT {', '.join(names)} FROM {of}{condition}{order}"  # noqa: S608 - names checked above


def any_of(ids: Sequence[str]) -> str:
    """Return the condition that the record is one of these.

    Raises:
        ValueError: an id has not the form of a record id, or there are none or too many.
    """
    if not 0 < len(ids) <= IDS_PER_QUERY:
        raise ValueError(f"expected 1 to {IDS_PER_QUERY} ids, found {len(ids)}")
    return f"Id IN ({', '.join(quoted_id(record_id) for record_id in ids)})"


def quoted_id(record_id: str) -> str:
    """Return a record id as a SOQL literal; an id holds nothing that a quote would need to escape."""
    if not is_record_id(record_id):
        raise ValueError("expected a record id of 15 or 18 letters and digits")
    return f"'{record_id}'"


def is_record_id(text: str) -> bool:
    """Tell whether a text has the form of a record id: 15 or 18 letters and digits."""
    return re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", text) is not None


def rows_of(client: SalesforceClient, query: str, *, with_deleted: bool = False) -> Iterator[Row]:
    """Yield all rows of a query, page after page; `with_deleted`: those in the recycle bin too.

    Raises:
        CrmAnswerError: a page lacks its parts, pages go round in a circle, or rows are missing at the end.
    """
    # REST API: "Query" and "QueryAll"; the next pages: "Query More Results".
    page = client.read(
        lambda api: _page(api.query(query, include_deleted=with_deleted, headers=_LARGEST_PAGE), client.host)
    )
    received, seen = 0, set[str]()
    while True:
        yield from page.rows
        received += len(page.rows)
        url = page.next_url
        if url is None:
            break
        if url in seen or not url.startswith("/services/data/"):
            raise CrmAnswerError("the address of the next page repeats, or is no page's", where=client.host)
        seen.add(url)
        page = client.read(_next_page(url, client.host))
    if received != page.total:
        raise CrmAnswerError(f"{counted(received, 'record')} came, {page.total} announced", where=client.host)


def _next_page(url: str, host: str) -> Ask[_Page]:
    def ask(api: Salesforce) -> _Page:
        return _page(api.query_more(url, identifier_is_url=True, headers=_LARGEST_PAGE), host)

    return ask


def _page(answer: object, host: str) -> _Page:
    """Check what every page must have; a page without it is never the last one."""
    if isinstance(answer, dict):
        rows, total, done = answer.get("records"), answer.get("totalSize"), answer.get("done")
        next_url = answer.get("nextRecordsUrl")
        has_rows = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        has_end = done is True or (done is False and isinstance(next_url, str))
        if has_rows and has_end and type(total) is int:
            return _Page(rows=cast("list[Row]", rows), total=total, next_url=None if done else next_url)
    raise BrokenAnswerError("a page of a query lacks records, totalSize, done or nextRecordsUrl", where=host)
