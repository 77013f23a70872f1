"""The fact tables: what the engine reads, one schema each.

A fact is something that happened, as a file or the CRM states it: already resolved to an account id
and a category, still in its own currency. Money is int64 minor units of the currency beside it,
hours are int64 seconds, dates are `DATE`. `fx_rate_e12` is home minor units for one minor unit of
the row's currency, times 10^12 (home currency: 10^12; JPY -> EUR at 0.006: 0.6 cent a yen = 600_000_000_000).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol, TypeAlias

import pandas as pd

SqlType: TypeAlias = Literal["VARCHAR", "BIGINT", "DATE", "BOOLEAN"]

FX_ONE = 10**12
PPM = 10**6


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a fact table: SQL type, meaning (with unit), and whether it may be null or be left out."""

    name: str
    type: SqlType
    meaning: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """One fact table: its name, the meaning of a row, and its columns in order."""

    table: str
    grain: str
    columns: tuple[Column, ...]


ACCOUNTS = Schema(
    "accounts",
    "one account, or one customer of the books that has no account yet (is_matched false)",
    (
        Column("account_id", "VARCHAR", "CRM record id, or `unmatched:<source value>`"),
        Column("name", "VARCHAR", "name as the CRM (or the books) state it"),
        Column("started_on", "DATE", "earliest of CRM start date and first won deal", nullable=True),
        Column("is_matched", "BOOLEAN", "false: has a statement, is neither ranked nor written"),
        Column("parent_id", "VARCHAR", "account that controls it, if any", nullable=True),
        Column("owner", "VARCHAR", "who answers for the account in the CRM", nullable=True),
    ),
)

DOCUMENTS = Schema(
    "documents",
    "one invoice or credit note",
    (
        Column("document_id", "VARCHAR", "number on the document, unique"),
        Column("account_id", "VARCHAR", "who was billed"),
        Column("kind", "VARCHAR", "invoice | credit_note (amounts positive in both)"),
        Column("issue_date", "DATE", "date on the document"),
        Column("due_date", "DATE", "date on which payment is due; the issue date of a credit note"),
        Column("service_start", "DATE", "first day of the period billed, where stated", nullable=True),
        Column("service_end", "DATE", "last day of the period billed, where stated", nullable=True),
        Column("net_minor", "BIGINT", "net of tax, minor units of currency, >= 0"),
        Column("gross_minor", "BIGINT", "with tax, minor units of currency, >= 0; equals net where no tax is stated"),
        Column("currency", "VARCHAR", "ISO 4217"),
        Column("fx_rate_e12", "BIGINT", "home minor units per minor unit at the issue date x 10^12", nullable=True),
        Column("applies_to", "VARCHAR", "credit note: the invoice it reduces", nullable=True),
        Column("is_disputed", "BOOLEAN", "true: no financing while the dispute is ours"),
    ),
)

SETTLEMENTS = Schema(
    "settlements",
    "one payment of, or write-off on, one document, or money that came in because it was paid late",
    (
        Column("document_id", "VARCHAR", "the document that it settles"),
        Column("settled_on", "DATE", "day of payment or write-off"),
        Column(
            "kind",
            "VARCHAR",
            "payment | write_off | recovery (paid after it was written off) | late_fee (interest and fees received, "
            "beside the document's amount)",
        ),
        Column("gross_minor", "BIGINT", "with tax, minor units of the document's currency, > 0"),
    ),
)

DIRECT_COSTS = Schema(
    "direct_costs",
    "one cost line of the books that belongs to an account, or to the firm where account_id is null",
    (
        Column("cost_date", "DATE", "date of the bill"),
        Column("account_id", "VARCHAR", "who caused it; null: unassigned, firm level", nullable=True),
        Column("kind", "VARCHAR", "pass_through | contractor | expense"),
        Column("amount_minor", "BIGINT", "net of tax, minor units of currency; negative = refund"),
        Column("currency", "VARCHAR", "ISO 4217"),
        Column("fx_rate_e12", "BIGINT", "home minor units per minor unit at the date x 10^12", nullable=True),
    ),
)

TIME_ENTRIES = Schema(
    "time_entries",
    "hours of one person on one day for one account (or none) in one category",
    (
        Column("work_date", "DATE", "day worked"),
        Column("person_id", "VARCHAR", "who worked"),
        Column("account_id", "VARCHAR", "for whom; null: internal", nullable=True),
        Column(
            "category",
            "VARCHAR",
            "delivery | service | collection with an account; else sales | admin | training | internal",
        ),
        Column("worked_seconds", "BIGINT", "seconds worked, >= 0"),
        Column("is_category_known", "BOOLEAN", "false: the task is in no map and counts as delivery"),
    ),
)

COST_RATES = Schema(
    "cost_rates",
    "what one person costs in one span of days; spans of a person never overlap",
    (
        Column("person_id", "VARCHAR", "whose rate"),
        Column("employment", "VARCHAR", "salaried | hourly"),
        Column("valid_from", "DATE", "first day of the span"),
        Column("valid_to", "DATE", "last day of the span, inclusive"),
        Column("loaded_cost_minor", "BIGINT", "salaried: cost of the whole span, minor units", nullable=True),
        Column("practical_seconds", "BIGINT", "salaried: practical capacity of the whole span", nullable=True),
        Column("cost_per_hour_minor", "BIGINT", "hourly: cost of an hour, minor units", nullable=True),
        Column("currency", "VARCHAR", "ISO 4217"),
        Column("fx_rate_e12", "BIGINT", "home minor units per minor unit x 10^12", nullable=True),
    ),
)

POOLS = Schema(
    "pools",
    "one shared cost in one month",
    (
        Column("pool", "VARCHAR", "its name, any"),
        Column("month", "DATE", "first day of the month"),
        Column(
            "amount_cents",
            "BIGINT",
            "home minor units; null where the amount is labour of from_categories",
            nullable=True,
        ),
        Column(
            "from_categories", "VARCHAR", "internal categories whose labour is the amount, joined by +", nullable=True
        ),
        Column("driver", "VARCHAR", "client_hours | documents | events (time-driven) | none (stays at firm level)"),
        Column("avoidable_ppm", "BIGINT", "share that disappears when an account leaves, parts per million"),
        Column(
            "practical_seconds",
            "BIGINT",
            "driver events: practical capacity that the month's amount pays for, seconds",
            nullable=True,
        ),
    ),
)

EVENTS = Schema(
    "events",
    "events of one kind for one account on one day, where their time is not logged",
    (
        Column("event_date", "DATE", "day"),
        Column("account_id", "VARCHAR", "for whom"),
        Column("event", "VARCHAR", "ticket, mail, meeting, ..."),
        Column("pool", "VARCHAR", "pool with driver events that pays for the time"),
        Column("events", "BIGINT", "how many, >= 0"),
        Column("estimated_seconds", "BIGINT", "time that they all took, by their time equation, seconds"),
    ),
)

OPENING_ECL = Schema(
    "opening_ecl",
    "the loss allowance of one account at the start of the window",
    (
        Column("account_id", "VARCHAR", "whose allowance"),
        Column("amount_cents", "BIGINT", "home minor units"),
    ),
)

CONTRACTS = Schema(
    "contracts",
    "what was agreed with one account",
    (
        Column("account_id", "VARCHAR", "with whom"),
        Column("contracted_seconds", "BIGINT", "time agreed for a year, seconds", nullable=True),
        Column("ends_on", "DATE", "last day of the contract; null: open-ended, or not known", nullable=True),
        Column("notice_days", "BIGINT", "days of notice before that day", nullable=True),
        Column("renewal_months", "BIGINT", "months it is renewed for without notice; null: 12", nullable=True),
        Column(
            "satisfaction_e6", "BIGINT", "how satisfied the client is, on the firm's own scale x 10^6", nullable=True
        ),
    ),
)

REMEDIES = Schema(
    "remedies",
    "one attempt to bring an account back into profit",
    (
        Column("account_id", "VARCHAR", "with whom"),
        Column("remedy", "VARCHAR", "collect | reduce_cost_to_serve | renegotiate_scope | reprice | migrate"),
        Column("started_on", "DATE", "first day"),
        Column("ended_on", "DATE", "last day", nullable=True),
        Column("outcome", "VARCHAR", "worked | failed | declined | lapsed; null: under way", nullable=True),
    ),
)

EXEMPTIONS = Schema(
    "exemptions",
    "one reason, with an owner and a last day, not to review an account",
    (
        Column("account_id", "VARCHAR", "which"),
        Column("kind", "VARCHAR", "strategic | pipeline | dispute | legal_hold | referral"),
        Column("owner", "VARCHAR", "who answers for it"),
        Column("reason", "VARCHAR", "in words"),
        Column("expires_on", "DATE", "last day on which it holds"),
        Column("granted_on", "DATE", "first day on which it holds; null: always so far", nullable=True),
    ),
)

DECISIONS = Schema(
    "decisions",
    "what people decided about one account, from the CRM",
    (
        Column("account_id", "VARCHAR", "about which"),
        Column("decision", "VARCHAR", "open | keep | improve_first | phase_out", nullable=True),
        Column("holds_until", "DATE", "until this day the review flag is held back", nullable=True),
    ),
)

PINS = Schema(
    "pins",
    "a tier that a person set for a time",
    (
        Column("account_id", "VARCHAR", "of which account"),
        Column("tier", "VARCHAR", "A | B | C | D"),
        Column("owner", "VARCHAR", "who answers for it"),
        Column("reason", "VARCHAR", "in words"),
        Column("pinned_on", "DATE", "first day on which it holds"),
        Column("expires_on", "DATE", "last day on which it holds, at most 12 months later"),
    ),
)

DEALS = Schema(
    "deals",
    "one deal that is open, or won",
    (
        Column("deal_id", "VARCHAR", "CRM record id, unique"),
        Column("account_id", "VARCHAR", "whose deal", nullable=True),
        Column("stage", "VARCHAR", "open | won"),
        Column(
            "amount_cents",
            "BIGINT",
            "yearly value, home minor units; null: not stated, or no known rate",
            nullable=True,
        ),
        Column("demand_seconds", "BIGINT", "hours sold, seconds; null: amount / throughput of an hour", nullable=True),
        Column("probability_ppm", "BIGINT", "chance of an open deal, parts per million", nullable=True),
        Column(
            "starts_on", "DATE", "day on which the work starts; the close date where no other is known", nullable=True
        ),
    ),
)

CASH = Schema(
    "cash",
    "cash at hand on the evening of one day",
    (
        Column("day", "DATE", "day"),
        Column("balance_cents", "BIGINT", "home minor units"),
    ),
)

TIMESHEETS = Schema(
    "timesheets",
    "how many weeks of one person were due and handed in",
    (
        Column("person_id", "VARCHAR", "whose timesheets"),
        Column("expected_weeks", "BIGINT", "weeks due in the window"),
        Column("submitted_weeks", "BIGINT", "weeks handed in"),
    ),
)

CONTROL_TOTALS = Schema(
    "control_totals",
    "what the books say a line of the firm's statement must add up to in the window",
    (
        Column(
            "line",
            "VARCHAR",
            "net_revenue | pass_through | contractors | direct_expenses | payroll | pools | ledger_profit",
        ),
        Column("amount_cents", "BIGINT", "home minor units"),
    ),
)

SCHEMAS: dict[str, Schema] = {
    schema.table: schema
    for schema in (
        ACCOUNTS,
        DOCUMENTS,
        SETTLEMENTS,
        DIRECT_COSTS,
        TIME_ENTRIES,
        COST_RATES,
        POOLS,
        EVENTS,
        OPENING_ECL,
        CONTRACTS,
        REMEDIES,
        EXEMPTIONS,
        DECISIONS,
        PINS,
        DEALS,
        CASH,
        TIMESHEETS,
        CONTROL_TOTALS,
    )
}


class ArrowTable(Protocol):
    """Anything that hands out its rows as an Arrow C stream, as often as asked: a table of Polars, pyarrow, ..."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the stream (Arrow documentation, "The Arrow PyCapsule Interface")."""
        ...


Table: TypeAlias = "pd.DataFrame | ArrowTable | str"
"""A frame or Arrow table in the schema's columns, or a path (glob allowed) of Parquet files that hold them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one evaluation reads.

    Attributes:
        home_currency: ISO code of the books; every published amount is in it.
        tables: fact table name -> frame or Parquet path. A name that is missing counts as an empty table.
        covered_through: last day that every required source covers; None: not known, not limited.
    """

    home_currency: str
    tables: dict[str, Table] = field(default_factory=dict)
    covered_through: date | None = None
