"""The records that files state, before anything is resolved: one schema per record kind.

A record says what stands in the file: the *party* is the customer as the books name it (`party_key` where they
give a number), a task is a task. Which account that is, and which category, is decided later (`connectors.facts`).
Money is int64 minor units of the currency beside it, hours are int64 seconds, rates and shares are Decimal text.
Every record also carries its provenance (`PROVENANCE`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

FieldType: TypeAlias = Literal["text", "date", "money", "duration", "decimal", "integer", "boolean"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record kind. `values` lists the only texts allowed, where limited."""

    name: str
    type: FieldType
    meaning: str
    required: bool = False
    values: tuple[str, ...] = ()


_PARTY = (
    Field("party", "text", "customer as the source names it"),
    Field("party_key", "text", "customer number in the source, or the CRM record id"),
)
_IDENTIFIERS = (
    Field("party_company_number", "text", "VAT or trade register number of the customer"),
    Field("party_email", "text", "e-mail address of the customer"),
)
_CURRENCY = Field("currency", "text", "ISO 4217; blank: home currency")
_FX = Field("fx_rate", "decimal", "home currency units for one unit of currency, where the source states it")

KINDS: dict[str, tuple[Field, ...]] = {
    "document": (
        Field("document_id", "text", "number on the document", required=True),
        *_PARTY,
        *_IDENTIFIERS,
        Field("kind", "text", "what it is", required=True, values=("invoice", "credit_note")),
        Field("issue_date", "date", "date on the document", required=True),
        Field("due_date", "date", "date on which payment is due"),
        Field("service_start", "date", "first day of the period billed"),
        Field("service_end", "date", "last day of the period billed"),
        Field("net", "money", "net of tax; positive in both kinds"),
        Field("gross", "money", "with tax; positive in both kinds"),
        _CURRENCY,
        _FX,
        Field("applies_to", "text", "credit note: the invoice it reduces"),
        Field("is_disputed", "boolean", "the amount is in dispute"),
    ),
    "settlement": (
        Field("document_id", "text", "the document that it settles", required=True),
        Field("settled_on", "date", "day of payment or write-off", required=True),
        Field("kind", "text", "what it is", required=True, values=("payment", "write_off", "recovery", "late_fee")),
        Field("gross", "money", "amount with tax, in the document's currency", required=True),
        Field("currency", "text", "ISO 4217; XXX: that of the document; blank: the same, in the home digits"),
    ),
    "direct_cost": (
        Field("cost_date", "date", "date of the bill", required=True),
        *_PARTY,
        Field("kind", "text", "what it is", required=True, values=("pass_through", "contractor", "expense")),
        Field("amount", "money", "net of tax; negative: refund", required=True),
        _CURRENCY,
        _FX,
        Field("supplier", "text", "who was paid"),
    ),
    "gl_line": (
        Field("line_date", "date", "date of the posting", required=True),
        Field("gl_account", "text", "code or name of the bookkeeping account", required=True),
        *_PARTY,
        *_IDENTIFIERS,
        Field("supplier", "text", "who billed"),
        Field("reference", "text", "document number"),
        Field("description", "text", "text of the posting"),
        Field("amount", "money", "debit positive, credit negative, net of tax", required=True),
        _CURRENCY,
        _FX,
    ),
    "bill_payment": (
        Field("paid_on", "date", "day of payment", required=True),
        Field("supplier", "text", "who was paid"),
        Field("reference", "text", "number of the bill"),
        Field("amount", "money", "amount paid", required=True),
        _CURRENCY,
    ),
    "time_entry": (
        Field("work_date", "date", "day worked", required=True),
        Field("person", "text", "who worked: e-mail where the source has it, else the name", required=True),
        *_PARTY,
        Field("project", "text", "project"),
        Field("task", "text", "task"),
        Field("tags", "text", "tags"),
        Field("worked", "duration", "time worked", required=True),
        Field("is_billable", "boolean", "billable in the source"),
    ),
    "cost_rate": (
        Field("person", "text", "whose rate", required=True),
        Field("email", "text", "how the time tracker names the person, where not by the name above"),
        Field("role", "text", "role, for averages that name nobody"),
        Field("employment", "text", "how the person is paid", required=True, values=("salaried", "hourly")),
        Field("valid_from", "date", "first day of the span", required=True),
        Field("valid_to", "date", "last day of the span, inclusive", required=True),
        Field("loaded_cost", "money", "salaried: cost of the whole span"),
        Field("practical_hours", "duration", "salaried: practical capacity of the whole span"),
        Field("cost_per_hour", "money", "hourly: cost of an hour"),
        _CURRENCY,
    ),
    "pool": (
        Field("pool", "text", "name of the shared cost", required=True),
        Field("valid_from", "date", "first day; blank: always"),
        Field("valid_to", "date", "last day, inclusive; blank: for good"),
        Field("monthly_amount", "money", "cost of a month; blank where it is labour"),
        Field("from_categories", "text", "internal categories whose labour it is, joined by +"),
        Field(
            "driver",
            "text",
            "what shares it out",
            required=True,
            values=("client_hours", "documents", "events", "none"),
        ),
        Field("avoidable_share", "decimal", "share that goes when a client goes, 0-1"),
        Field("practical_hours", "duration", "driver events: practical capacity that a month's amount pays for"),
        _CURRENCY,
    ),
    "opening_ecl": (
        *_PARTY,
        Field("amount", "money", "loss allowance at the start of the window", required=True),
        _CURRENCY,
    ),
    "timesheet": (
        Field("person", "text", "whose timesheets", required=True),
        Field("expected_weeks", "integer", "weeks due", required=True),
        Field("submitted_weeks", "integer", "weeks handed in", required=True),
    ),
    "control_total": (
        Field("period_start", "date", "first day", required=True),
        Field("period_end", "date", "last day", required=True),
        Field("line", "text", "line of the firm's statement", required=True),
        Field("amount", "money", "what the books say", required=True),
        _CURRENCY,
    ),
    "contract": (
        *_PARTY,
        *_IDENTIFIERS,
        Field("start", "date", "first day"),
        Field("end", "date", "last day"),
        Field("notice_days", "integer", "days of notice"),
        Field("contracted_hours", "duration", "hours a year"),
        Field("satisfaction", "decimal", "score, any scale"),
        Field("renewal_months", "integer", "months that it goes on for without notice"),
    ),
    "remedy": (
        *_PARTY,
        Field(
            "remedy",
            "text",
            "what was tried",
            required=True,
            values=("collect", "reduce_cost_to_serve", "renegotiate_scope", "reprice", "migrate"),
        ),
        Field("started", "date", "first day", required=True),
        Field("ended", "date", "last day"),
        Field("outcome", "text", "what came of it", values=("open", "worked", "failed", "declined", "lapsed")),
    ),
    "exemption": (
        *_PARTY,
        Field(
            "kind",
            "text",
            "why",
            required=True,
            values=("strategic", "pipeline", "dispute", "legal_hold", "referral"),
        ),
        Field("owner", "text", "who answers for it", required=True),
        Field("reason", "text", "in words", required=True),
        Field("expires", "date", "last day", required=True),
        Field("granted", "date", "first day; blank: always so far"),
    ),
    "pin": (
        *_PARTY,
        Field("tier", "text", "tier that holds", required=True, values=("A", "B", "C", "D")),
        Field("owner", "text", "who answers for it", required=True),
        Field("reason", "text", "in words", required=True),
        Field("pinned", "date", "first day", required=True),
        Field("expires", "date", "last day, at most 12 months later", required=True),
    ),
    "event": (
        Field("event_date", "date", "day", required=True),
        *_PARTY,
        Field("event", "text", "ticket, mail, meeting, ...", required=True),
        Field("count", "integer", "how many", required=True),
        Field("attributes", "text", "what made each take longer, as name=number joined by ;"),
    ),
    "party_name": (
        Field("party_key", "text", "number of a customer or supplier in the books", required=True),
        Field("party", "text", "its name", required=True),
    ),
    "gl_account_name": (
        Field("gl_account", "text", "code of the bookkeeping account", required=True),
        Field("name", "text", "its name", required=True),
    ),
    "fx": (
        Field("day", "date", "first day on which the rate holds", required=True),
        Field("currency", "text", "foreign currency, ISO 4217", required=True),
        Field("rate", "decimal", "home currency units for one unit of currency", required=True),
    ),
    "cash": (
        Field("day", "date", "day", required=True),
        Field("balance", "money", "cash at hand", required=True),
        _CURRENCY,
    ),
}

PROVENANCE = ("source_file", "source_sha256", "source_sheet", "source_line", "mapping", "mapping_version")

_SUFFIX: dict[FieldType, str] = {"money": "_minor", "duration": "_seconds"}


def differing_fields(kinds: Sequence[str]) -> frozenset[str]:
    """Return the names under which the kinds have fields that allow different values."""
    values: dict[str, set[tuple[str, ...]]] = {}
    for kind in kinds:
        for field in KINDS[kind]:
            values.setdefault(field.name, set()).add(field.values)
    return frozenset(name for name, allowed in values.items() if len(allowed) > 1)


def column_name(field: Field) -> str:
    """Return the column of a field: the unit is in the name (`net` -> `net_minor`, `worked` -> `worked_seconds`)."""
    return field.name + _SUFFIX.get(field.type, "")
