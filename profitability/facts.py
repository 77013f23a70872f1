"""The fact tables: what the engine reads, one schema each.

A fact is something that happened, as a file or the CRM states it: already resolved to an account id
and a category, still in its own currency. Money is int64 minor units of the currency beside it,
hours are int64 seconds, dates are `DATE`. `fx_rate_e12` is home minor units for one minor unit of
the row's currency, times 10^12 (home currency: 10^12; JPY -> EUR at 0.006: 0.6 cent a yen = 600_000_000_000).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

import pandas as pd

SqlType: TypeAlias = Literal["VARCHAR", "BIGINT", "DATE", "BOOLEAN"]

FX_ONE = 10**12
PPM = 10**6


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a fact table: its SQL type, whether it may be null, and what it means (with unit)."""

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
    "one payment of, or write-off on, one document",
    (
        Column("document_id", "VARCHAR", "the document that it settles"),
        Column("settled_on", "DATE", "day of payment or write-off"),
        Column("kind", "VARCHAR", "payment | write_off"),
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
        Column("driver", "VARCHAR", "client_hours | documents | none (stays at firm level)"),
        Column("avoidable_ppm", "BIGINT", "share that disappears when an account leaves, parts per million"),
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
        OPENING_ECL,
        CONTRACTS,
        TIMESHEETS,
        CONTROL_TOTALS,
    )
}

Table: TypeAlias = "pd.DataFrame | str"
"""A frame in the schema's columns, or a path (glob allowed) of Parquet files that hold them."""


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
