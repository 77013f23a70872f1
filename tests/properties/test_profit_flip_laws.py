"""Laws of the flip test, over generated firms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from profitability.engines.duckdb import DuckDBEngine
from profitability.facts import Facts
from profitability.flip import full_time_totals
from profitability.measures import account_totals
from profitability.models import build_models, load_facts
from profitability.periods import Window
from profitability.policy import Policy

pytestmark = pytest.mark.slow

Firm = dict[str, list[dict[str, Any]]]

FIRST, LAST = date(2024, 12, 1), date(2025, 3, 31)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    with closing(DuckDBEngine(threads=1)) as place:
        yield place


def cents(engine: DuckDBEngine, sql: str) -> int:
    return int(engine.fetch(f"SELECT CAST(coalesce({sql}, 0) AS BIGINT) AS cents")["cents"].iloc[0])


# Shrinking would run the models for minutes; a failing firm is small as it is, and printed.
@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_half_of_the_weeks_missing_is_all_time_twice(
    data: st.DataObject,
    firms: st.SearchStrategy[Firm],
    facts_of_firm: Callable[[Firm], Facts],
    policy: Policy,
    engine: DuckDBEngine,
) -> None:
    firm = data.draw(firms)
    forgetful = data.draw(st.sets(st.sampled_from(["P0", "P1", "P2"]), min_size=1))
    firm["timesheets"] = [{"person_id": name, "expected_weeks": 34, "submitted_weeks": 17} for name in forgetful]
    twice = deepcopy(firm)
    for row in twice["time_entries"]:
        row["worked_seconds"] *= 2 if row["person_id"] in forgetful else 1

    load_facts(engine, facts_of_firm(twice), Window(FIRST, LAST), policy)
    build_models(engine)
    wanted, _ = account_totals(engine)
    load_facts(engine, facts_of_firm(firm), Window(FIRST, LAST), policy)
    build_models(engine)
    logged, _ = account_totals(engine)
    full = full_time_totals(engine)
    pd.testing.assert_frame_equal(logged if full is None else full, wanted)

    build_models(engine, ("unused_capacity", "firm_lines", "books"))
    costs = cents(engine, "(SELECT sum(amount_cents) FROM books WHERE line <> 'net_revenue')")
    revenue = cents(engine, "(SELECT amount_cents FROM books WHERE line = 'net_revenue')")
    below = cents(engine, "(SELECT sum(amount_cents) FROM firm_lines)")
    assert int(wanted["ncp_cents"].sum()) - below == revenue - costs
