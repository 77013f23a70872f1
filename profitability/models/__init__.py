"""The SQL models: from facts to account x month lines, one named SELECT per file.

They keep to a subset of SQL that DuckDB and Spark read alike, and to whole numbers: every division and every rounding
is written out, every window has a total order. Numbers of finance come in through the one-row table `params`.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files
from math import lcm

import pandas as pd

from profitability.facts import SCHEMAS, Column, Facts, Schema, SqlType
from profitability.periods import Window, add_months, month_end, month_start
from profitability.policy import LatePaymentPolicy, Policy
from profitability.tables import Engine

MODELS = (
    "document_values",
    "revenue",
    "direct_cost_values",
    "rate_spans",
    "rate_months",
    "time_months",
    "capacity",
    "labour",
    "unused_capacity",
    "pool_amounts",
    "pool_drivers",
    "pool_shares",
    "balances",
    "financing",
    "open_items",
    "settlement_values",
    "account_lines",
    "firm_lines",
    "books",
    "missing_rates",
    "person_coverage",
    "statement",
    "activity",
    "account_totals",
    "firm_coverage",
    "problems",
)
"""In the order of the data flow: a model reads fact tables and models before it."""

QUARTER_MONTHS = 3

MONTHS = Schema(
    "months",
    "one month",
    (
        Column("month", "DATE", "first day"),
        Column("last_day", "DATE", "last day"),
        Column("day_before", "DATE", "last day of the month before"),
    ),
)


def build_models(engine: Engine) -> None:
    """Run every model over the loaded facts."""
    for name in MODELS:
        engine.model(name, files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def load_facts(engine: Engine, facts: Facts, window: Window, policy: Policy) -> None:
    """Register the facts, the window's months, a calendar of all service periods, and the policy's numbers.

    Raises:
        DataError: a table does not fit its schema.
    """
    for name, schema in SCHEMAS.items():
        engine.scan(name, facts.tables.get(name, _empty(schema)), schema)
    engine.scan("months", _months(window.months), MONTHS)
    engine.scan("calendar", _months(_service_months(engine, window)), MONTHS)
    _load_params(engine, facts.home_currency, window, policy.late_payment)


def _empty(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame({column.name: pd.Series(dtype="str") for column in schema.columns})


def _months(months: tuple[date, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": pd.to_datetime(pd.Series(months, dtype="object")),
            "last_day": pd.to_datetime(pd.Series([month_end(month) for month in months], dtype="object")),
            "day_before": pd.to_datetime(pd.Series([month - timedelta(days=1) for month in months], dtype="object")),
        }
    )


def _service_months(engine: Engine, window: Window) -> tuple[date, ...]:
    """Return every month of a service period that reaches into the window: remainders are shared over all of them."""
    spans = engine.fetch(
        "SELECT min(service_start) AS first_day, max(service_end) AS last_day FROM documents "  # noqa: S608 (own dates)
        f"WHERE service_end >= DATE '{window.first_day}' AND service_start <= DATE '{window.last_day}'"
    )
    first, last = spans["first_day"].iloc[0], spans["last_day"].iloc[0]
    if pd.isna(first):
        return window.months
    start = month_start(min(first.date(), window.first_day))
    end = max(last.date(), window.last_day)
    return tuple(
        add_months(start, index) for index in range(12 * (end.year - start.year) + end.month - start.month + 1)
    )


def _load_params(engine: Engine, home_currency: str, window: Window, late: LatePaymentPolicy) -> None:
    share = lcm(*(rate.denominator for rate in late.ecl_rates))
    losses = [int(rate * share) for rate in late.ecl_rates]
    dates = {
        "first_day": window.first_day,
        "as_of": window.last_day,
        "last_month": month_start(window.last_day),
        "quarter_first": window.last_months(QUARTER_MONTHS),
    }
    numbers = {
        "capital_numerator": late.cost_of_capital.numerator,
        "capital_denominator": late.cost_of_capital.denominator * late.day_count,
        "loss_denominator": share,
        **dict(zip(("loss_not_due", "loss_30", "loss_60", "loss_90", "loss_over_90"), losses, strict=True)),
    }
    types: dict[str, SqlType] = {
        "home_currency": "VARCHAR",
        **dict.fromkeys(dates, "DATE"),
        **dict.fromkeys(numbers, "BIGINT"),
    }
    schema = Schema("params", "one row", tuple(Column(name, kind, "own") for name, kind in types.items()))
    frame = pd.DataFrame({"home_currency": [home_currency], **{k: [pd.Timestamp(v)] for k, v in dates.items()}})
    engine.scan("params", frame.assign(**numbers), schema)
