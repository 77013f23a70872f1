"""A generated firm gives the same figures on both engines: every cell of every model, and every verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import pandas as pd
import pytest

from benchmarks.generated_firm import TODAY
from profitability.engine import evaluate
from profitability.engines.duckdb import DuckDBEngine
from profitability.engines.spark import SparkEngine
from profitability.facts import Facts
from profitability.models import MODELS
from profitability.policy import Policy
from profitability.verdicts import Verdicts

pytestmark = pytest.mark.spark

Count = Callable[[str], int]


@pytest.fixture(scope="module")
def verdicts(spark: SparkEngine, duckdb: DuckDBEngine, generated_facts: Facts) -> tuple[Verdicts, Verdicts]:
    here = evaluate(generated_facts, Policy(), TODAY, engine=duckdb)
    return here, evaluate(generated_facts, Policy(), TODAY, engine=spark)


@pytest.fixture(scope="module")
def count(duckdb: DuckDBEngine) -> Count:
    """Count rows of a table that meet a condition."""
    return lambda where: int(duckdb.fetch(f"SELECT count(*) AS found FROM {where}")["found"].iloc[0])  # noqa: S608 (own text)


def test_every_verdict_is_equal(verdicts: tuple[Verdicts, Verdicts]) -> None:
    here, there = verdicts
    for field in fields(Verdicts):
        found, wanted = getattr(there, field.name), getattr(here, field.name)
        if isinstance(wanted, pd.DataFrame):
            pd.testing.assert_frame_equal(found, wanted, obj=field.name)
        else:
            assert found == wanted, field.name


@pytest.mark.usefixtures("verdicts")
@pytest.mark.parametrize("model", MODELS)
def test_every_cell_of_every_model_is_equal(model: str, spark: SparkEngine, duckdb: DuckDBEngine) -> None:
    wanted, found = (engine.fetch(f"SELECT * FROM {model}") for engine in (duckdb, spark))  # noqa: S608 (own names)
    columns = list(wanted.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(columns, ignore_index=True), wanted.sort_values(columns, ignore_index=True)
    )
    # A few unknown rates are in the firm, so that no model has nothing to compare.
    assert len(wanted) > 0


@pytest.mark.usefixtures("verdicts")
@pytest.mark.parametrize(
    ("at_least", "where"),
    [
        (100_000, "time_entries"),
        (6, "(SELECT DISTINCT currency FROM documents)"),
        (100, "documents WHERE kind = 'credit_note' AND applies_to IS NOT NULL"),
        (100, "documents WHERE service_start IS NOT NULL"),
        (100, "documents WHERE is_disputed"),
        (100, "settlements WHERE kind = 'write_off'"),
        (500, "(SELECT document_id FROM settlements GROUP BY document_id HAVING count(*) > 1)"),
        (30, "cost_rates WHERE extract(DAY FROM valid_from) > 1"),
        (5, "(SELECT DISTINCT person_id FROM cost_rates WHERE employment = 'hourly')"),
        (30, "capacity WHERE CAST(logged_seconds AS HUGEINT) * practical_denominator > practical_numerator"),
        (4, "(SELECT DISTINCT driver FROM pools)"),
        (2, "(SELECT DISTINCT category FROM labour WHERE account_id IS NULL)"),
    ],
)
def test_the_firm_has_what_could_differ(count: Count, at_least: int, where: str) -> None:
    assert count(where) >= at_least
