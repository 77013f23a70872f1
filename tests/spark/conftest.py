"""Spark within this process, and a generated firm for both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.generated_firm import Size, write_firm
from profitability.engines.duckdb import DuckDBEngine
from profitability.engines.spark import SparkEngine
from profitability.facts import Facts


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    engine = SparkEngine(master="local[2]", settings={"spark.sql.shuffle.partitions": "2"})
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def duckdb() -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def generated_facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    size = Size(accounts=1_000, time_entries=120_000, invoices=20_000, events=4_000)
    return write_firm(tmp_path_factory.mktemp("firm"), size, seed=7)
