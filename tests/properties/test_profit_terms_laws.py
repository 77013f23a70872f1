"""Notice days walked from term to term, and demand summed deal by deal."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.demand import pipeline_cents, unmet_seconds
from profitability.facts import SCHEMAS
from profitability.notice import notice_dates

AS_OF = date(2025, 12, 31)
NAMES = ("a", "b", "c")

Record = dict[str, Any]


def table(name: str, rows: list[Record]) -> pd.DataFrame:
    kinds = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
    columns = {column.name: kinds[column.type] for column in SCHEMAS[name].columns}
    return pd.DataFrame(rows, columns=list(columns), dtype="object").astype(columns)


def next_term(end: date, count: int, months: int) -> date:
    """Return the end of a later term, by the calendar."""
    period = pd.Period(end, "M") + count * months
    is_last = (end + timedelta(days=1)).day == 1
    day = period.days_in_month if is_last else min(end.day, period.days_in_month)
    return date(period.year, period.month, day)


contract = st.fixed_dictionaries(
    {
        "ends_on": st.one_of(st.none(), st.dates(date(2019, 1, 1), date(2028, 12, 31)), st.just(date(2024, 2, 29))),
        "notice_days": st.one_of(st.none(), st.integers(0, 400)),
        "renewal_months": st.one_of(st.none(), st.integers(0, 25)),
    }
)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(contract, min_size=1, max_size=8), lead=st.integers(0, 90))
def test_notice_is_found_by_walking_from_term_to_term(rows: list[Record], lead: int) -> None:
    stated = [{"account_id": str(index), **row} for index, row in enumerate(rows)]
    found = notice_dates(table("contracts", stated), as_of=AS_OF, lead_days=lead)
    for row, own in zip(stated, found.to_dict("records"), strict=True):
        notice = timedelta(days=row["notice_days"] or 0)
        months = 12 if row["renewal_months"] is None else row["renewal_months"]
        if row["ends_on"] is None:
            reached = None if row["notice_days"] is None else AS_OF + notice
            assert pd.isna(own["ends_on"])
            assert pd.isna(own["notice_by"])
            assert not own["is_locked"]
        else:
            count = 0
            while months and next_term(row["ends_on"], count, months) - notice < AS_OF:
                count += 1
            reached = next_term(row["ends_on"], count, months)
            assert own["ends_on"].date() == reached
            by = reached - notice
            assert pd.isna(own["notice_by"]) if by < AS_OF else own["notice_by"].date() == by
            assert own["is_locked"] == (row["ends_on"] - notice - timedelta(days=lead) > AS_OF)
        month = own["earliest_month"]
        assert pd.isna(month) if reached is None else month.date() == reached.replace(day=1)


deal = st.fixed_dictionaries(
    {
        "account_id": st.one_of(st.none(), st.sampled_from(NAMES)),
        "stage": st.sampled_from(["open", "won"]),
        "amount_cents": st.one_of(st.none(), st.integers(0, 10**15)),
        "demand_seconds": st.one_of(st.none(), st.integers(0, 10**8)),
        "probability_ppm": st.one_of(st.none(), st.integers(0, 10**6)),
        "starts_on": st.one_of(st.none(), st.dates(date(2025, 12, 1), date(2026, 2, 1)), st.just(AS_OF)),
    }
)


def rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(deal, max_size=8),
    throughput=st.fractions(0, 100, max_denominator=1_000_000),
)
def test_demand_is_the_sum_over_deals(rows: list[Record], throughput: Fraction) -> None:
    deals = table("deals", [{"deal_id": str(index), **row} for index, row in enumerate(rows)])
    seconds, worth = Fraction(0), dict.fromkeys(NAMES, Fraction(0))
    for row in rows:
        chance = Fraction(row["probability_ppm"] or 0, 10**6) if row["stage"] == "open" else Fraction(1)
        if row["stage"] == "won" and (row["starts_on"] is None or row["starts_on"] <= AS_OF):
            continue
        if row["demand_seconds"] is not None:
            seconds += chance * row["demand_seconds"]
        elif throughput:
            seconds += chance * (row["amount_cents"] or 0) / throughput
        is_ahead = row["starts_on"] is None or row["starts_on"] > AS_OF
        if row["stage"] == "open" and row["account_id"] and is_ahead:
            worth[row["account_id"]] += chance * (row["amount_cents"] or 0)
    assert unmet_seconds(deals, throughput, as_of=AS_OF) == rounded(seconds)
    found = pipeline_cents(deals, as_of=AS_OF).to_dict()
    assert {name: found.get(name, 0) for name in NAMES} == {name: rounded(value) for name, value in worth.items()}
