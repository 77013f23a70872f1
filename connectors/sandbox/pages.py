"""Plain pages: what a CRM user sees of an account, and the list of all accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from connectors.sandbox.schema import ACCOUNT_OBJECT, CUSTOMER_OPTIONS, NAME_FIELD, Crm, FieldDef, Schema
from connectors.sandbox.store import Cell, HistoryLine, Record, Store

_CRM_NAME: Mapping[str, str] = {"salesforce": "Salesforce", "hubspot": "HubSpot"}
_PAGE_PATH: Mapping[str, str] = {"salesforce": "/salesforce/Account", "hubspot": "/hubspot/company"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LISTED_ACCOUNTS = 1000
_SHORT_TEXT = 80
_BLANK = "–"  # noqa: RUF001 - a dash is what both CRMs show for a blank


@dataclass(frozen=True, slots=True)
class ShownField:
    """One field as a page shows it."""

    label: str
    value: str
    help: str
    is_blank: bool
    is_wide: bool


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One line of the history."""

    when: str
    who: str
    label: str
    old: str
    new: str


class Pages:
    """Renders the pages from the store."""

    def __init__(self, store: Store, schemas: Mapping[Crm, Schema]) -> None:
        self._store, self._schemas = store, schemas
        loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

    def routes(self) -> list[Route]:
        """Return the pages' paths: ours, and those under which the vendors show a record."""
        return [
            Route("/", self._index),
            Route("/salesforce/Account/{id}", self._salesforce),
            Route("/lightning/r/Account/{id}/view", self._salesforce),
            Route("/hubspot/company/{id}", self._hubspot),
            Route("/contacts/{portal}/record/0-2/{id}", self._hubspot),
        ]

    async def _index(self, _request: Request) -> Response:
        return self._page("index.html", crms=[self._listed(crm) for crm in self._schemas])

    async def _salesforce(self, request: Request) -> Response:
        return self._account("salesforce", request.path_params["id"])

    async def _hubspot(self, request: Request) -> Response:
        return self._account("hubspot", request.path_params["id"])

    def _account(self, crm: Crm, account_id: str) -> Response:
        records = self._store.records(crm)
        record = records.find(ACCOUNT_OBJECT[crm], account_id)
        while record and record.merged_into:
            record = records.find(ACCOUNT_OBJECT[crm], record.merged_into)
        if record is None:
            return self._page("missing.html", status=404, crm=_CRM_NAME[crm])
        fields = self._schemas[crm].fields(record.object)
        return self._page(
            "account.html",
            **self._summary(crm, record),
            crm=_CRM_NAME[crm],
            record=record,
            key=record.values.get(str(CUSTOMER_OPTIONS[crm].account_key)) or _BLANK,
            since=_day(record.values.get(str(CUSTOMER_OPTIONS[crm].started_on))),
            ours=[_shown(each, record) for each in fields.values() if each.owner == "product"],
            yours=[_shown(each, record) for each in fields.values() if each.owner == "people"],
            changes=[_change(fields, line) for line in records.history(record.id)],
        )

    def _summary(self, crm: Crm, record: Record) -> dict[str, Any]:
        """Return what both the list and the head of a record show."""
        by_key = {each.key: each for each in self._schemas[crm].fields(record.object).values() if each.key}

        def told(key: str) -> str:
            value = record.values.get(by_key[key].name) if key in by_key else None
            return _text(by_key[key], value) if value is not None else ""

        tier = record.values.get(by_key["tier"].name) if "tier" in by_key else None
        return {
            "name": record.values.get(NAME_FIELD[crm]) or _BLANK,
            "url": f"{_PAGE_PATH[crm]}/{record.id}",
            "tier": tier,
            "tier_label": told("tier"),
            "reason": told("reason"),
            "review": told("review") == "Yes",
            "decision": told("decision"),
        }

    def _listed(self, crm: Crm) -> dict[str, Any]:
        living = [each for each in self._store.records(crm).scan(ACCOUNT_OBJECT[crm]) if not each.is_deleted]
        accounts = [self._summary(crm, each) for each in living[:_LISTED_ACCOUNTS]]
        return {"name": _CRM_NAME[crm], "accounts": accounts, "total": len(living)}

    def _page(self, template: str, *, status: int = 200, **values: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(values), status, _HEADERS)


def _shown(each: FieldDef, record: Record) -> ShownField:
    value = record.values.get(each.name)
    text = _text(each, value)
    is_wide = each.type == "long_text" or (each.type == "text" and each.length > _SHORT_TEXT)
    return ShownField(each.label, text, each.help, is_blank=text == _BLANK, is_wide=is_wide)


def _change(fields: Mapping[str, FieldDef], line: HistoryLine) -> ShownChange:
    when = datetime.fromisoformat(line.changed_at).strftime("%-d %b %Y, %H:%M UTC")
    each = fields.get(line.field, FieldDef(line.field, line.field, "text"))
    return ShownChange(when, line.changed_by, each.label, _text(each, line.old), _text(each, line.new))


def _text(each: FieldDef, value: Cell) -> str:
    """Return a stored value as people read it; both CRMs' forms are understood."""
    if each.type == "checkbox":
        return "Yes" if value in {True, "true"} else "No"
    if value is None or value == "":
        return _BLANK
    if each.type in {"number", "currency", "percent"}:
        return f"{Decimal(str(value)):,.{each.scale}f}{' %' if each.type == 'percent' else ''}"
    return _day(value) if each.type == "date" else each.options.get(str(value), str(value))


def _day(value: Cell) -> str:
    return date.fromisoformat(str(value)).strftime("%-d %b %Y") if value else _BLANK
