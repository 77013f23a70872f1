"""The account statement in Polars, by hand: streaming engine, int64, 128 bits only where a product needs them.

It takes what the generated firm is known to hold: every hour has a rate, every pool shares by client hours or by
documents. So it leaves out problems, missing rates, the firm's own lines, coverage and every check of the facts.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
from polars import col

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
HOME = "EUR"
FX_ONE = 10**12
WHOLE_MONTH = 377580
"""Divisible by 28, 29, 30 and 31."""
CAPITAL = 3650
"""10 % a year is a 3650th a day."""
LOSS_PER_MILLE = ((0, 5), (30, 15), (60, 40), (90, 100))
LOSS_OVER_90 = 350
CLIENT = {"delivery": "delivery_labour", "service": "service_labour", "collection": "late_collection_labour"}
INTERNAL = ("sales", "admin", "training", "internal")
COSTS = {"pass_through": "pass_through", "contractor": "contractors", "expense": "direct_expenses"}


def account_lines(folder: Path) -> pl.DataFrame:
    """Return one row per account, month (years x 12 + months) and line: account_id, month, line, amount_cents."""
    documents = _documents(folder)
    settlements = _settlements(folder, documents)
    spans, practical = _spans(folder)
    time = _time(folder, spans)
    labour = _labour(time, spans, practical)
    client = labour.filter(col("account_id").is_not_null())
    worked = client.select(
        "account_id", "month", line=col("category").replace_strict(CLIENT), amount_cents="amount_cents"
    )
    opening = pl.scan_parquet(folder / "opening_ecl.parquet").select(
        "account_id", month=_month(pl.lit(LAST)), line=pl.lit("ecl_movement"), amount_cents=-col("amount_cents")
    )
    # No two of these have a line in common, so that each is summed on its own.
    parts = [
        _revenue(documents),
        _direct_costs(folder),
        worked,
        _late_financing(documents, settlements),
        pl.concat([_expected_loss(documents, settlements), opening]),
        _write_offs(settlements),
    ]
    summed = [part.lazy().group_by("account_id", "month", "line").agg(col("amount_cents").sum()) for part in parts]
    return pl.concat([*summed, _shared(folder, documents, labour)]).collect(engine="streaming")


def statement(lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row per account, one column per line."""
    names = lines["line"].unique().to_list()
    sums = [pl.when(col("line") == name).then("amount_cents").otherwise(0).sum().alias(name) for name in names]
    return lines.lazy().group_by("account_id").agg(sums).collect(engine="streaming")


def _documents(folder: Path) -> pl.DataFrame:
    is_home = col("currency") == HOME
    return (
        pl.scan_parquet(folder / "documents.parquet")
        .with_columns(
            due=pl.max_horizontal("issue_date", "due_date"),
            rate=pl.when(is_home).then(1).otherwise("fx_rate_e12"),
            unit=pl.when(is_home).then(1).otherwise(FX_ONE),
            is_invoice=col("kind") == "invoice",
        )
        .with_columns(
            net_cents=pl.when(is_home)
            .then("net_minor")
            .otherwise(_half_up(col("net_minor").cast(pl.Int128) * col("rate"), FX_ONE).cast(pl.Int64))
        )
        .drop("kind", "currency", "due_date", "fx_rate_e12")
        .with_row_index("place")
        .with_columns(col("place").cast(pl.Int64))
        .collect(engine="streaming")
    )


def _settlements(folder: Path, documents: pl.DataFrame) -> pl.DataFrame:
    """Return what lowers an invoice's balance, with the invoice's place: settlements and linked credit notes."""
    invoices = documents.lazy().filter(col("is_invoice")).select("place", "document_id")
    paid = pl.scan_parquet(folder / "settlements.parquet").select(
        "document_id", "settled_on", "gross_minor", is_loss=col("kind") == "write_off"
    )
    notes = (
        documents.lazy()
        .filter(~col("is_invoice") & col("applies_to").is_not_null())
        .select(document_id="applies_to", settled_on="issue_date", gross_minor="gross_minor", is_loss=False)
    )
    lowered = pl.concat([paid, notes]).join(invoices, on="document_id")
    return (
        lowered.drop("document_id")
        .join(documents.lazy().select("place", *_SHARE, "account_id", "due"), on="place")
        .collect(engine="streaming")
    )


_SHARE = ("net_minor", pl.col("gross_minor").alias("gross"), "rate", "unit")


def _net_share(part: pl.Expr) -> pl.Expr:
    """Return the net value of a part of a document, in cents."""
    whole = col("gross").cast(pl.Int128) * col("unit")
    return _half_up(part.cast(pl.Int128) * col("net_minor") * col("rate"), whole).cast(pl.Int64)


def _revenue(documents: pl.DataFrame) -> pl.LazyFrame:
    known = documents.lazy().filter(col("net_cents").is_not_null())
    has_period = col("is_invoice") & col("service_start").is_not_null() & col("service_end").is_not_null()
    at_once = known.filter(~has_period & col("issue_date").is_between(FIRST, LAST)).select(
        "account_id",
        month=_month(col("issue_date")),
        line=pl.when("is_invoice").then(pl.lit("gross_billings")).otherwise(pl.lit("credit_notes")),
        amount_cents="net_cents",
    )
    days = (col("service_end") - col("service_start")).dt.total_days() + 1
    weighed = col("net_cents") * _days_in_month(col("service_start"), col("service_end"))
    spread = (
        known.filter(has_period & (col("service_end") >= FIRST) & (col("service_start") <= LAST))
        .select("place", "account_id", "net_cents", "service_start", "service_end", days=days)
        .with_columns(month=pl.int_ranges(_month(col("service_start")), _month(col("service_end")) + 1))
        .explode("month")
        .with_columns(share=weighed // col("days"), remainder=weighed % col("days"))
        # One number orders by remainder, the largest first, then by month: remainders are far below 2^40.
        .with_columns(order=col("remainder") * 2**20 - col("month"))
        .with_columns(
            left_over=col("net_cents") - col("share").sum().over("place"),
            turn=col("order").rank("ordinal", descending=True).over("place"),
        )
        .filter(col("month").is_between(_number(FIRST), _number(LAST)))
        .select(
            "account_id",
            "month",
            line=pl.lit("gross_billings"),
            amount_cents=col("share") + (col("turn") <= col("left_over")).cast(pl.Int64),
        )
    )
    return pl.concat([at_once, spread])


def _direct_costs(folder: Path) -> pl.LazyFrame:
    cents = _half_up(col("amount_minor").abs().cast(pl.Int128) * col("fx_rate_e12"), FX_ONE).cast(pl.Int64)
    return (
        pl.scan_parquet(folder / "direct_costs.parquet")
        .filter(col("account_id").is_not_null() & col("cost_date").is_between(FIRST, LAST))
        .select(
            "account_id",
            month=_month(col("cost_date")),
            line=col("kind").replace_strict(COSTS),
            amount_cents=pl.when(col("currency") == HOME)
            .then("amount_minor")
            .otherwise(col("amount_minor").sign() * cents),
        )
    )


def _spans(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rate spans in home currency, and practical time by person and month as a fraction."""
    spans = (
        pl.read_parquet(folder / "cost_rates.parquet")
        .with_row_index("span")
        .with_columns(
            rate=pl.when(col("currency") == HOME).then(FX_ONE).otherwise("fx_rate_e12"),
            is_hourly=col("employment") == "hourly",
        )
        .with_columns(
            loaded_cents=_half_up(col("loaded_cost_minor").cast(pl.Int128) * col("rate"), FX_ONE).cast(pl.Int64)
        )
    )
    months = (
        spans.filter(~col("is_hourly"))
        .with_columns(month=pl.int_ranges(_month(col("valid_from")), _month(col("valid_to")) + 1))
        .explode("month")
        .with_columns(
            weight=_days_in_month(col("valid_from"), col("valid_to"))
            * (WHOLE_MONTH // _last_day(col("month")).dt.day().cast(pl.Int64))
        )
        .with_columns(numerator=col("practical_seconds") * col("weight"), denominator=col("weight").sum().over("span"))
        .filter(col("month").is_between(_number(FIRST), _number(LAST)))
    )
    nanoseconds = _half_up(col("numerator").cast(pl.Int128) * 10**9, col("denominator")).cast(pl.Int64).sum()
    practical = months.group_by("person_id", "month").agg(
        numerator=pl.when(pl.len() == 1).then(col("numerator").max()).otherwise(nanoseconds),
        denominator=pl.when(pl.len() == 1).then(col("denominator").max()).otherwise(10**9),
    )
    return spans, practical


def _time(folder: Path, spans: pl.DataFrame) -> pl.DataFrame:
    """Return time by span, account (null: internal), category and month."""
    return (
        pl.scan_parquet(folder / "time_entries.parquet")
        .filter(col("work_date").is_between(FIRST, LAST))
        .select(
            "person_id",
            "work_date",
            "worked_seconds",
            category=col("category").cast(pl.Enum([*CLIENT, *INTERNAL])),
            account_id=pl.when(col("category").is_in(list(CLIENT))).then("account_id"),
            month=_month(col("work_date")),
        )
        .join(spans.lazy().select("person_id", "span", "valid_from", "valid_to"), on="person_id")
        .filter(col("work_date").is_between(col("valid_from"), col("valid_to")))
        .group_by("span", "account_id", "category", "month")
        .agg(col("worked_seconds").sum())
        .collect(engine="streaming")
    )


def _labour(time: pl.DataFrame, spans: pl.DataFrame, practical: pl.DataFrame) -> pl.DataFrame:
    """Return time with its cost; overtime within a month makes every hour of it cheaper."""
    rated = time.lazy().join(
        spans.lazy().select(
            "span", "person_id", "is_hourly", "loaded_cents", "practical_seconds", "cost_per_hour_minor", "rate"
        ),
        on="span",
    )
    logged = rated.filter(~col("is_hourly")).group_by("person_id", "month").agg(logged=col("worked_seconds").sum())
    limits = practical.lazy().join(logged, on=["person_id", "month"])
    cents = col("worked_seconds") * col("loaded_cents")
    is_stretched = col("logged").cast(pl.Int128) * col("denominator") > col("numerator")
    stretched = _half_up(
        cents.cast(pl.Int128) * col("numerator"),
        col("practical_seconds").cast(pl.Int128) * col("denominator") * col("logged"),
    )
    by_the_hour = col("worked_seconds").cast(pl.Int128) * col("cost_per_hour_minor") * col("rate")
    return (
        rated.join(limits, on=["person_id", "month"], how="left")
        .select(
            "account_id",
            "month",
            "worked_seconds",
            category=col("category").cast(pl.String),
            amount_cents=pl.when("is_hourly")
            .then(_half_up(by_the_hour, 3600 * FX_ONE).cast(pl.Int64))
            .when(is_stretched)
            .then(stretched.cast(pl.Int64))
            .otherwise(_half_up(cents, col("practical_seconds"))),
        )
        .collect(engine="streaming")
    )


def _late_financing(documents: pl.DataFrame, settlements: pl.DataFrame) -> pl.LazyFrame:
    """Return the cost of waiting: balances past due hold from one step to the next."""
    overdue = documents.lazy().filter(
        col("is_invoice")
        & (col("due") < LAST)
        & col("rate").is_not_null()
        & ~col("is_disputed")
        & (col("gross_minor") > 0)
    )
    steps = pl.concat(
        [
            overdue.select("place", after="due", lowered=pl.lit(0, pl.Int64)),
            settlements.lazy()
            .filter(col("settled_on") < LAST)
            .select("place", after=pl.max_horizontal("settled_on", "due"), lowered="gross_minor"),
        ]
    )
    balances = (
        steps.group_by("place", "after")
        .agg(col("lowered").sum())
        .sort("place", "after")
        # Rows of a document stand together: running over the whole table is faster than window by window.
        .with_columns(
            so_far=col("lowered").cum_sum(),
            until=pl.when(col("place") == col("place").shift(-1)).then(col("after").shift(-1)).otherwise(LAST),
        )
        .with_columns(
            before=pl.when(col("place") != col("place").shift(1, fill_value=-1)).then(col("so_far") - col("lowered"))
        )
        .with_columns(lowered=col("so_far") - col("before").forward_fill())
        .filter(col("until") >= FIRST)
        .join(overdue.select("place", *_SHARE), on="place")
        .filter(col("lowered") < col("gross"))
        .select("place", "after", "until", balance=_net_share(col("gross") - col("lowered")))
    )
    starts = pl.max_horizontal(col("after"), _first_day(col("month")) - pl.duration(days=1))
    ends = pl.min_horizontal(col("until"), _last_day(col("month")))
    first = pl.max_horizontal(_month(col("after") + pl.duration(days=1)), pl.lit(_number(FIRST)))
    return (
        balances.with_columns(month=pl.int_ranges(first, _month(col("until")) + 1))
        .explode("month")
        .filter(col("month").is_not_null())
        .group_by("place", "month")
        .agg(cent_days=(col("balance") * (ends - starts).dt.total_days()).sum())
        .join(overdue.select("place", "account_id"), on="place")
        .select(
            "account_id",
            "month",
            line=pl.lit("late_financing"),
            amount_cents=_half_up(col("cent_days"), CAPITAL),
        )
    )


def _expected_loss(documents: pl.DataFrame, settlements: pl.DataFrame) -> pl.LazyFrame:
    lowered = (
        settlements.lazy().filter(col("settled_on") <= LAST).group_by("place").agg(lowered=col("gross_minor").sum())
    )
    late = (pl.lit(LAST) - col("due")).dt.total_days()
    loss = pl.lit(LOSS_OVER_90)
    for days, share in reversed(LOSS_PER_MILLE):
        loss = pl.when(late <= days).then(share).otherwise(loss)
    return (
        documents.lazy()
        .filter(col("is_invoice") & (col("issue_date") <= LAST) & col("rate").is_not_null())
        .select("place", "account_id", "due", *_SHARE)
        .join(lowered, on="place", how="left")
        .with_columns(still=col("gross") - col("lowered").fill_null(0))
        .filter(col("still") > 0)
        .with_columns(open_cents=_net_share(col("still")))
        .select(
            "account_id",
            month=_month(pl.lit(LAST)),
            line=pl.lit("ecl_movement"),
            amount_cents=_half_up(col("open_cents") * loss, 1000),
        )
    )


def _write_offs(settlements: pl.DataFrame) -> pl.LazyFrame:
    return (
        settlements.lazy()
        .filter(col("is_loss") & col("settled_on").is_between(FIRST, LAST) & col("rate").is_not_null())
        .select(
            "account_id",
            month=_month(col("settled_on")),
            line=pl.lit("write_offs"),
            amount_cents=_net_share(col("gross_minor")),
        )
    )


def _shared(folder: Path, documents: pl.DataFrame, labour: pl.DataFrame) -> pl.LazyFrame:
    """Return the pools shared out by largest remainder."""
    internal = labour.filter(col("account_id").is_null()).group_by("month", "category").agg(col("amount_cents").sum())
    pools = (
        pl.read_parquet(folder / "pools.parquet")
        .filter(col("month").is_between(FIRST, LAST) & (col("driver") != "none"))
        .with_columns(month=_month(col("month")))
    )
    own = (
        pools.filter(col("amount_cents").is_null())
        .with_columns(category=col("from_categories").str.split("+"))
        .explode("category")
        .join(internal.rename({"amount_cents": "own_cents"}), on=["month", "category"])
        .group_by("pool", "month")
        .agg(col("own_cents").sum())
    )
    amounts = pools.join(own, on=["pool", "month"], how="left").select(
        "pool", "month", "driver", pool_cents=pl.coalesce("amount_cents", "own_cents", pl.lit(0))
    )
    hours = (
        labour.lazy()
        .filter(col("account_id").is_not_null())
        .group_by("account_id", "month")
        .agg(weight=col("worked_seconds").sum())
        .filter(col("weight") > 0)
        .with_columns(driver=pl.lit("client_hours"))
    )
    issued = (
        documents.lazy()
        .filter(col("issue_date").is_between(FIRST, LAST))
        .group_by("account_id", month=_month(col("issue_date")))
        .agg(weight=pl.len().cast(pl.Int64))
        .with_columns(driver=pl.lit("documents"))
    )
    weighed = col("pool_cents") * col("weight")
    group = ["pool", "month"]
    return (
        pl.concat([hours, issued])
        .join(amounts.lazy(), on=["driver", "month"])
        .with_columns(total=col("weight").sum().over(group))
        .with_columns(share=weighed // col("total"), remainder=weighed % col("total"))
        .sort("pool", "month", "remainder", "account_id", descending=[False, False, True, False])
        .with_columns(
            left_over=col("pool_cents") - col("share").sum().over(group), turn=pl.int_range(pl.len()).over(group)
        )
        .select(
            "account_id",
            "month",
            line=pl.lit("alloc_") + col("pool"),
            amount_cents=col("share") + (col("turn") < col("left_over")).cast(pl.Int64),
        )
    )


def _half_up(number: pl.Expr, divisor: pl.Expr | int) -> pl.Expr:
    return (2 * number + divisor) // (2 * divisor)


def _number(day: date) -> int:
    return 12 * day.year + day.month - 1


def _month(day: pl.Expr) -> pl.Expr:
    return (12 * day.dt.year().cast(pl.Int64) + day.dt.month() - 1).alias("month")


def _first_day(month: pl.Expr) -> pl.Expr:
    return pl.date(month // 12, month % 12 + 1, 1)


def _last_day(month: pl.Expr) -> pl.Expr:
    return _first_day(month).dt.month_end()


def _days_in_month(starts: pl.Expr, ends: pl.Expr) -> pl.Expr:
    """Return how many days of a span lie in the row's month."""
    first = pl.max_horizontal(starts, _first_day(col("month")))
    last = pl.min_horizontal(ends, _last_day(col("month")))
    return (last - first).dt.total_days() + 1
