"""The SQL models: from facts to account x month lines, one named SELECT per file.

They keep to a subset of SQL that DuckDB and Spark read alike, and to whole numbers: every division and every rounding
is written out, every window has a total order. Numbers of finance come in through the one-row table `params`.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import pandas as pd

from profitability.errors import DataError
from profitability.facts import FX_ONE, SCHEMAS, Column, Facts, Schema, SqlType, Table
from profitability.loss_rates import AGEING_DAYS, HISTORY_MONTHS
from profitability.periods import LONGEST_SERVICE_DAYS, Window, add_months, month_end, month_start
from profitability.policy import LatePaymentPolicy, Policy
from profitability.tables import Engine
from profitability.units import minor_digits

MODELS = (
    "document_values",
    "revenue",
    "direct_cost_values",
    "rate_spans",
    "rate_months",
    "time_months",
    "person_hours",
    "capacity",
    "labour",
    "unused_capacity",
    "pool_amounts",
    "event_costs",
    "pool_drivers",
    "pool_shares",
    "balances",
    "financing",
    "loss_survivors",
    "loss_rates",
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

AFTER_TIME = (
    "capacity",
    "labour",
    "pool_amounts",
    "event_costs",
    "pool_drivers",
    "pool_shares",
    "account_lines",
    "missing_rates",
    "person_coverage",
    "statement",
    "activity",
    "account_totals",
)
"""What `account_totals` takes from `time_months`, step by step: run again where other time is put in its place."""

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

AGEING_BUCKETS = Schema(
    "ageing_buckets",
    "one range of days past due, both ways without an end at the ends",
    (
        Column("bucket", "BIGINT", "0: not due"),
        Column("after_days", "BIGINT", "it begins on the evening of this day past due"),
        Column("until_days", "BIGINT", "its last day past due"),
        Column("loss_numerator", "BIGINT", "share expected to be lost by the policy"),
        Column("loss_denominator", "BIGINT", "of that share"),
    ),
)

ANY_DAYS = 10**7
"""More days than lie between any two dates."""


def build_models(engine: Engine, names: tuple[str, ...] = MODELS) -> None:
    """Run models, every one unless told otherwise, over the loaded facts."""
    for name in names:
        engine.model(name, files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def load_facts(engine: Engine, facts: Facts, window: Window, policy: Policy) -> None:
    """Register the facts, the window's months, a calendar of all service periods, and the policy's numbers.

    Raises:
        DataError: a table does not fit its schema, or is none of ours; the home currency is not of ISO 4217.
    """
    _refuse_unknown(facts)
    for name, schema in SCHEMAS.items():
        source = facts.tables.get(name)
        if source is None or _is_blank(source):
            engine.model(name, _no_rows(schema))
        else:
            engine.scan(name, source, schema)
    engine.scan("months", _months(window.months), MONTHS)
    engine.scan("calendar", _months(_service_months(engine, window)), MONTHS)
    engine.scan("ageing_buckets", _ageing_buckets(policy.late_payment), AGEING_BUCKETS)
    _load_params(engine, facts.home_currency, window, policy)


def _refuse_unknown(facts: Facts) -> None:
    if unknown := sorted(facts.tables.keys() - SCHEMAS.keys()):
        raise DataError(
            f"no such fact table: {', '.join(unknown)}",
            where="facts",
            remedy=f"name them as `profitability.facts` does: {', '.join(SCHEMAS)}",
        )
    try:
        minor_digits(facts.home_currency)
    except ValueError as error:
        raise DataError(
            f"{facts.home_currency!r} is not a currency of ISO 4217",
            where="facts.home_currency",
            remedy="state the code of the books' currency, such as EUR",
        ) from error


def _is_blank(source: Table) -> bool:
    """Tell a frame without a row or a column, which says nothing of what it would hold."""
    return isinstance(source, pd.DataFrame) and source.shape == (0, 0)


def _no_rows(schema: Schema) -> str:
    """Return the SELECT of an empty table: most firms fill few tables, and what we make needs no check."""
    nulls = ", ".join(f'CAST(NULL AS {column.type}) AS "{column.name}"' for column in schema.columns)
    return f"SELECT {nulls} WHERE false"


def _months(months: tuple[date, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": pd.to_datetime(pd.Series(months, dtype="object")),
            "last_day": pd.to_datetime(pd.Series([month_end(month) for month in months], dtype="object")),
            "day_before": pd.to_datetime(pd.Series([month - timedelta(days=1) for month in months], dtype="object")),
        }
    )


def _ageing_buckets(late: LatePaymentPolicy) -> pd.DataFrame:
    limits = (-ANY_DAYS, *AGEING_DAYS, ANY_DAYS)
    return pd.DataFrame(
        {
            "bucket": range(len(late.ecl_rates)),
            "after_days": limits[:-1],
            "until_days": limits[1:],
            "loss_numerator": [rate.numerator for rate in late.ecl_rates],
            "loss_denominator": [rate.denominator for rate in late.ecl_rates],
        }
    )


def _service_months(engine: Engine, window: Window) -> tuple[date, ...]:
    """Return every month of a service period that reaches into the window: remainders are shared over all of them."""
    spans = engine.fetch(
        "SELECT min(service_start) AS first_day, max(service_end) AS last_day FROM documents "  # noqa: S608 (own dates)
        f"WHERE service_end >= DATE '{window.first_day}' AND service_start <= DATE '{window.last_day}' "
        f"AND date_diff('day', service_start, service_end) <= {LONGEST_SERVICE_DAYS}"
    )
    first, last = spans["first_day"].iloc[0], spans["last_day"].iloc[0]
    if pd.isna(first):
        return window.months
    start = month_start(min(first.date(), window.first_day))
    end = max(last.date(), window.last_day)
    return tuple(
        add_months(start, index) for index in range(12 * (end.year - start.year) + end.month - start.month + 1)
    )


def _load_params(engine: Engine, home_currency: str, window: Window, policy: Policy) -> None:
    late = policy.late_payment
    dates = {
        "first_day": window.first_day,
        "as_of": window.last_day,
        "last_month": month_start(window.last_day),
        "quarter_first": window.last_months(QUARTER_MONTHS),
        "history_first": add_months(month_start(window.last_day), 1 - HISTORY_MONTHS),
    }
    numbers = {
        "capital_numerator": late.cost_of_capital.numerator,
        "capital_denominator": late.cost_of_capital.denominator * late.day_count,
        **{f"after_days_{bucket}": days for bucket, days in enumerate(AGEING_DAYS, start=1)},
        "fx_one": FX_ONE,
    }
    types: dict[str, SqlType] = {
        "home_currency": "VARCHAR",
        "uses_own_losses": "BOOLEAN",
        **dict.fromkeys(dates, "DATE"),
        **dict.fromkeys(numbers, "BIGINT"),
    }
    schema = Schema("params", "one row", tuple(Column(name, kind, "own") for name, kind in types.items()))
    frame = pd.DataFrame({"home_currency": [home_currency], **{k: [pd.Timestamp(v)] for k, v in dates.items()}})
    engine.scan("params", frame.assign(**numbers, uses_own_losses=policy.own_loss_rates), schema)
