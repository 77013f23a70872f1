"""What the SQL of the models means is the same on Spark as on DuckDB, value by value and refusal by refusal."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profitability.engines.duckdb import DuckDBEngine
from profitability.engines.spark import SparkEngine, to_spark
from profitability.errors import DataError
from profitability.facts import Column, Schema
from profitability.tables import Engine

pytestmark = pytest.mark.spark

MOST = 2**63 - 1
NUMBERS = Schema(
    "numbers",
    "one pair",
    (Column("id", "BIGINT", "place"), Column("a", "BIGINT", "any"), Column("b", "BIGINT", "any", nullable=True)),
)
THINGS = Schema(
    "things",
    "one thing",
    (
        Column("name", "VARCHAR", "its name"),
        Column("day", "DATE", "its day"),
        Column("is_new", "BOOLEAN", "or not", nullable=True),
        Column("size", "BIGINT", "in whole numbers", nullable=True),
    ),
)

wholes = st.one_of(st.integers(-3, 3), st.integers(-(10**6), 10**6), st.integers(-MOST, MOST))
divisors = st.one_of(st.integers(-3, 3), st.integers(-MOST, MOST)).filter(bool)


def truncated(number: int, divisor: int) -> int:
    quotient = abs(number) // abs(divisor)
    return quotient if (number < 0) == (divisor < 0) else -quotient


def both(spark: SparkEngine, duckdb: DuckDBEngine, sql: str) -> pd.DataFrame:
    """Return what both engines give for a model, which must be the same."""
    found = []
    for engine in (duckdb, spark):
        engine.model("tried", sql)
        found.append(engine.fetch("SELECT * FROM tried ORDER BY 1 ASC"))
    pd.testing.assert_frame_equal(found[1], found[0])
    return found[0]


def told(engine: Engine, source: pd.DataFrame | str, schema: Schema) -> str:
    with pytest.raises(DataError) as refused:
        engine.scan(schema.table, source, schema)
    return str(refused.value)


@settings(max_examples=1, deadline=None)
@given(pairs=st.lists(st.tuples(wholes, divisors), min_size=200, max_size=200))
def test_whole_division_truncates_and_the_remainder_has_the_sign_of_the_number(
    spark: SparkEngine, duckdb: DuckDBEngine, pairs: list[tuple[int, int]]
) -> None:
    frame = pd.DataFrame(pairs, columns=["a", "b"], dtype="int64").rename_axis("id").reset_index()
    for engine in (spark, duckdb):
        engine.scan("numbers", frame, NUMBERS)
    found = both(
        spark,
        duckdb,
        "SELECT id, a // b AS quotient, a % b AS remainder, "
        "CAST(CAST(a AS HUGEINT) * b // 1000003 % 1000000007 AS BIGINT) AS wide FROM numbers",
    )
    for (number, divisor), row in zip(pairs, found.itertuples(), strict=True):
        quotient = truncated(number, divisor)
        assert (row.quotient, row.remainder) == (quotient, number - quotient * divisor)
        wide = truncated(number * divisor, 1_000_003)
        assert row.wide == wide - truncated(wide, 1_000_000_007) * 1_000_000_007


@pytest.mark.parametrize(
    "figure",
    [
        f"CAST(CAST({MOST} AS HUGEINT) * a AS BIGINT)",
        f"CAST(CAST({MOST} AS HUGEINT) * 30 // a AS BIGINT)",
        f"a + {MOST}",
        f"a * {MOST}",
        "CAST(sum(a) OVER () * 4611686018427387904 AS BIGINT)",
    ],
)
def test_a_figure_beyond_64_bits_is_refused(spark: SparkEngine, duckdb: DuckDBEngine, figure: str) -> None:
    frame = pd.DataFrame({"id": [1], "a": [3]})
    for engine in (spark, duckdb):
        engine.scan("numbers", frame, NUMBERS)
        with pytest.raises(DataError, match="tried: an amount or a time is too large to be computed with"):
            engine.model("tried", f"SELECT {figure} AS figure FROM numbers")  # noqa: S608 (own text)


def test_dates_texts_orders_and_nulls_mean_the_same(spark: SparkEngine, duckdb: DuckDBEngine) -> None:
    things = pd.DataFrame(
        {
            "name": ["alloc_rent", "allocXrent", "ä", "Z", "a'b", "", "it's"],
            "day": pd.to_datetime(
                ["2024-02-29", "2025-12-31", "1999-01-01", "9999-12-31", "2025-01-31", "1970-01-01", "1899-12-31"]
            ),
            "is_new": pd.array([True, None, False, True, None, False, True], dtype="boolean"),
            "size": pd.array([None, 5, -5, 5, None, 0, 7], dtype="Int64"),
        }
    )
    for engine in (spark, duckdb):
        engine.scan("things", things, THINGS)
    found = both(
        spark,
        duckdb,
        """
        SELECT
            name, day, is_new, size, name LIKE 'alloc_%' AS is_like, 'x' || name || '+' AS joined,
            CAST(date_trunc('month', day) AS DATE) AS month, last_day(day) AS month_end,
            date_diff('day', day, DATE '2025-03-01') AS days,
            (extract(YEAR FROM day) * 12 + extract(MONTH FROM day)) * 377580 * extract(DAY FROM day) AS weight,
            greatest(day, DATE '2000-01-01') AS later, least(coalesce(size, 9), 6) AS smaller,
            CAST(row_number() OVER (ORDER BY size DESC, name ASC) AS BIGINT) AS turn,
            lead(day) OVER (ORDER BY day ASC) AS following,
            CAST(sum(size) OVER (ORDER BY name ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS BIGINT) AS sum,
            left(name, 6) AS start, replace(name, 'rent', 'lent') AS changed, CAST(day AS VARCHAR) AS written
        FROM things
        """,
    )
    assert list(found["name"]) == ["", "Z", "a'b", "allocXrent", "alloc_rent", "it's", "ä"]
    assert found["weight"].max() == (9999 * 12 + 12) * 377580 * 31
    for engine in (spark, duckdb):
        ordered = engine.fetch("SELECT size FROM things ORDER BY size ASC, name ASC")["size"]
        assert [None if pd.isna(value) else value for value in ordered] == [-5, 0, 5, 5, 7, None, None]


def test_empty_tables_have_the_types_of_full_ones(spark: SparkEngine, duckdb: DuckDBEngine) -> None:
    nothing = pd.DataFrame({column.name: pd.Series(dtype="str") for column in THINGS.columns})
    for engine in (spark, duckdb):
        engine.scan("things", nothing, THINGS)
    assert both(spark, duckdb, "SELECT * FROM things").empty
    assert both(spark, duckdb, "SELECT count(*) AS things, CAST(sum(size) AS BIGINT) AS size FROM things").shape == (
        1,
        2,
    )


NAMES, DAYS = ["a", "b", "c"], pd.to_datetime(["2025-01-01"] * 3)
MISFITS: list[dict[str, Any]] = [
    {"name": NAMES},
    {"name": ["a", None, None], "day": DAYS},
    {"name": NAMES, "day": ["x", "y", "z"]},
    {"name": NAMES, "day": [datetime(2025, 1, 1), datetime(2025, 1, 1, 9), datetime(2025, 1, 2)]},  # noqa: DTZ001 (days)
    {"name": NAMES, "day": DAYS, "size": [1.0, 2.5, float("nan")]},
    {"name": NAMES, "day": DAYS, "size": ["1", "2", "3"]},
    {"name": NAMES, "day": DAYS, "is_new": [0, 1, 1]},
    {"name": [1, 2, 3], "day": DAYS},
]


@pytest.mark.parametrize("columns", MISFITS, ids=" ".join)
@pytest.mark.parametrize("kind", ["frame", "files"])
def test_a_source_that_does_not_fit_is_refused_in_the_same_words(
    spark: SparkEngine, duckdb: DuckDBEngine, columns: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame(columns)
    if kind == "frame":
        assert told(spark, frame, THINGS) == told(duckdb, frame, THINGS)
        return
    # Two files: rows are counted through them.
    for place, part in enumerate((frame.iloc[:1], frame.iloc[1:])):
        part.to_parquet(tmp_path / f"part{place}.parquet", index=False)
    path = str(tmp_path / "part*.parquet")
    assert told(spark, path, THINGS) == told(duckdb, path, THINGS)


def test_files_that_are_not_there_or_not_parquet_are_refused(
    spark: SparkEngine, duckdb: DuckDBEngine, tmp_path: Path
) -> None:
    path = str(tmp_path / "none*.parquet")
    assert told(spark, path, THINGS) == told(duckdb, path, THINGS)
    (tmp_path / "text.parquet").write_text("not Parquet", encoding="utf-8")
    assert "the Parquet files of this table cannot be read" in told(spark, str(tmp_path / "text.parquet"), THINGS)


def test_what_is_written_can_be_scanned_by_both(spark: SparkEngine, duckdb: DuckDBEngine, tmp_path: Path) -> None:
    things = pd.DataFrame({"name": ["x", "y"], "day": [date(2025, 1, 1)] * 2, "size": [1.0, None]})
    for engine, name in ((spark, "by_spark"), (duckdb, "by_duckdb")):
        engine.scan("things", things, THINGS)
        engine.write("things", str(tmp_path / name))
    for written in (f"{tmp_path}/by_spark/*.parquet", f"{tmp_path}/by_duckdb"):
        for engine in (spark, duckdb):
            engine.scan("things", written, THINGS)
        assert len(both(spark, duckdb, "SELECT * FROM things")) == 2


def test_a_name_that_is_used_again_holds_the_new_rows(spark: SparkEngine) -> None:
    for size in (1, 2):
        spark.scan("numbers", pd.DataFrame({"id": range(size), "a": 1}), NUMBERS)
        spark.model("kept", "SELECT count(*) AS found FROM numbers")
    spark.model("kept", "SELECT found + 1 AS found FROM kept")
    assert spark.fetch("SELECT found FROM kept")["found"].tolist() == [3]


def test_the_text_for_spark_divides_exactly_and_widens_parts_of_dates() -> None:
    sql = "SELECT CAST(a AS HUGEINT) // (b // 2) AS q, extract(DAY FROM d) * 2 AS e FROM t"
    a, b = "CAST(a AS DECIMAL(38, 0))", "CAST(b AS DECIMAL(38, 0))"
    half = f"CAST(({b} - ({b} % 2)) / 2 AS DECIMAL(38, 0))"
    quotient = f"CAST(({a} - ({a} % ({half}))) / ({half}) AS DECIMAL(38, 0)) AS q"
    parts = ["SELECT " + quotient, "CAST(EXTRACT(DAY FROM d) AS BIGINT) * 2 AS e FROM t"]
    assert to_spark(sql) == ", ".join(parts)


def test_a_machine_without_java_is_told_what_to_install() -> None:
    program = "from profitability.engines.spark import SparkEngine; SparkEngine()"
    bare = {"PATH": str(Path(sys.executable).parent), "JAVA_HOME": ""}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=bare, check=False)
    assert "EngineError: local[*]: Spark cannot be started or reached" in done.stderr
    assert "a Java 17 or 21 runtime" in done.stderr


def test_a_second_engine_has_its_own_tables_and_leaves_spark_running(spark: SparkEngine) -> None:
    spark.model("kept", "SELECT 1 AS number")
    second = SparkEngine(master="local[2]")
    second.model("kept", "SELECT 2 AS number")
    assert second.fetch("SELECT number FROM kept")["number"].tolist() == [2]
    second.close()
    assert spark.fetch("SELECT number FROM kept")["number"].tolist() == [1]


def test_settings_that_decide_results_cannot_be_changed(spark: SparkEngine) -> None:  # noqa: ARG001 (Spark runs)
    lax = SparkEngine(master="local[2]", settings={"spark.sql.ansi.enabled": "false"})
    with pytest.raises(DataError):
        lax.model("broken", "SELECT CAST(9223372036854775807 AS BIGINT) + CAST(1 AS BIGINT) AS number")
    lax.close()
