"""The SQL models on Spark, for facts that live there already: the same text, read by another engine.

Frames come in and go out through DuckDB in this process, so that both engines check, type and return them alike.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from profitability.engines.duckdb import DuckDBEngine
from profitability.engines.fit import (
    ROWS_SHOWN,
    columns_present,
    fault_counts,
    fault_of,
    misfit,
    too_large,
    typed_columns,
    unreadable,
)
from profitability.errors import EngineError
from profitability.facts import Schema, SqlType, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType
    from sqlglot import exp

_NEEDED = "pip install 'whalecurve[spark]', and a Java 17 or 21 runtime (java on the path, or JAVA_HOME)"

_WIDE = "decimal(38, 0)"

# Spark documentation, "Spark SQL: ANSI compliance" and "Configuration". The first group decides results.
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.session.timeZone": "UTC",
}
_ON_THIS_MACHINE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "8",
}
# Nobody reads the pages on jobs and queries; kept, they fill the memory: one evaluation runs hundreds of queries.
_QUIET = {
    "spark.log.level": "OFF",
    "spark.sql.ui.retainedExecutions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.retainedJobs": "1",
    "spark.ui.retainedStages": "1",
    "spark.ui.retainedTasks": "100",
    "spark.ui.showConsoleProgress": "false",
}

_OVERFLOWS = (
    "ARITHMETIC_OVERFLOW",
    "BINARY_ARITHMETIC_OVERFLOW",
    "CAST_OVERFLOW",
    "NUMERIC_OUT_OF_SUPPORTED_RANGE",
    "NUMERIC_VALUE_OUT_OF_RANGE",
)
_UNREADABLE = ("FAILED_READ_FILE", "PATH_NOT_FOUND", "UNABLE_TO_INFER_SCHEMA")
"""Error conditions of Spark (its documentation, "Error conditions"), as they begin a message."""

_SPARK_NAMES: dict[SqlType, str] = {"VARCHAR": "string", "BIGINT": "long", "DATE": "date", "BOOLEAN": "boolean"}

_DUCKDB_NAMES = {
    "bigint": "BIGINT",
    "binary": "BLOB",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "double": "DOUBLE",
    "float": "FLOAT",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
    "tinyint": "TINYINT",
}


def to_spark(sql: str) -> str:
    """Return a SELECT of the portable subset in Spark's words.

    Three things mean something else there, and are written out: 128-bit integers are DECIMAL(38, 0); `DIV` wraps
    silently beyond 64 bits, so a whole quotient is an exact division after the remainder is taken off; and parts of
    dates, which are 32-bit there, are widened to 64.
    """
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="duckdb")
    # Innermost first: what is replaced holds copies of what it replaces.
    for node in reversed(list(tree.find_all(exp.DataType, exp.IntDiv, exp.DateDiff, exp.Extract))):
        if isinstance(node, exp.IntDiv):
            node.replace(_whole_quotient(node.this, node.expression))
        elif isinstance(node, exp.DateDiff | exp.Extract):
            node.replace(exp.cast(node.copy(), "bigint"))
        elif node.this == exp.DataType.Type.INT128:
            node.replace(exp.DataType.build(_WIDE))
    return str(tree.sql("spark"))


def _whole_quotient(number: exp.Expression, divisor: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    whole = exp.cast(number.copy(), _WIDE)
    remainder = exp.Mod(this=whole.copy(), expression=divisor.copy())
    return exp.cast(exp.Div(this=exp.paren(whole - remainder), expression=divisor.copy()), _WIDE)


class SparkEngine:
    """An `Engine` on Spark: within this process, or on a cluster.

    The session is the engine's own and ends with it; Spark itself only where it was not running in this process.

    Args:
        remote: address of a Spark Connect server, such as `sc://host:15002`; None: Spark starts here, for `master`.
        master: where Spark runs then, such as `local[2]` (Spark documentation, "Master URLs").
        settings: further settings of Spark, by name; those that decide results cannot be changed.

    Raises:
        EngineError: Spark or Java is not installed, or the server does not answer.
    """

    def __init__(
        self, *, remote: str | None = None, master: str = "local[*]", settings: Mapping[str, str] | None = None
    ) -> None:
        given = {**(settings or {}), **_SETTINGS}
        self._session, self._is_starter = _connected(remote, given) if remote else _started(master, given)
        self._near = DuckDBEngine()

    def scan(self, name: str, source: Table, schema: Schema) -> None:
        """Register and check a source; a frame or Arrow table is sent there, Parquet files are read where they lie."""
        if isinstance(source, str):
            self._scan_files(name, source, schema)
            return
        self._near.scan(name, source, schema)
        table = self._near.fetch_arrow(f'SELECT * FROM "{name}"')  # noqa: S608 (our own name)
        with _no_warning():
            self._session.createDataFrame(table, _spark_type(schema)).createOrReplaceTempView(name)

    def model(self, name: str, sql: str) -> None:
        """Keep the result of a SELECT on the executors, so that its plan never runs twice.

        A lost executor loses its part of the result; the evaluation then fails and is run again.
        """
        with _refusing(name):
            kept = self._session.sql(to_spark(sql)).localCheckpoint()
        kept.createOrReplaceTempView(name)

    def write(self, name: str, path: str) -> None:
        """Write a table to a folder of one Parquet file, where Spark reaches it."""
        self._session.table(name).coalesce(1).write.mode("overwrite").parquet(path)

    def fetch(self, sql: str) -> pd.DataFrame:
        """Return the result of a SELECT, in the types that DuckDB gives."""
        with _refusing("a result"), _no_warning():
            found = self._session.sql(to_spark(sql)).toArrow()
        wide = {field.name for field in found.schema if str(field.type).startswith(("int", "decimal"))}
        columns = ", ".join(
            f'CAST("{name}" AS BIGINT) AS "{name}"' if name in wide else f'"{name}"' for name in found.column_names
        )
        with duckdb.connect() as here:
            here.register("found", found)
            return here.execute(f"SELECT {columns} FROM found").df()  # noqa: S608 (names of our own SELECTs)

    def close(self) -> None:
        """End the session."""
        self._near.close()
        if self._is_starter:
            self._session.stop()

    def _scan_files(self, name: str, path: str, schema: Schema) -> None:
        origin = f"{name}__source"
        with _refusing(name):
            files = self._session.read.parquet(path)
            files.createOrReplaceTempView(origin)
            found = {field.name: _duckdb_name(field.dataType.simpleString()) for field in files.schema.fields}
            self._check(files, origin, schema, found)
            self._session.sql(to_spark(typed_columns(schema, found, origin))).createOrReplaceTempView(name)

    def _check(self, files: DataFrame, origin: str, schema: Schema, found: Mapping[str, str]) -> None:
        """Refuse what does not fit the schema."""
        present = columns_present(schema, found)
        faults = [fault_of(column, found[column.name]) for column in present]
        counts = self.fetch(fault_counts(faults, origin)).iloc[0]
        for column, fault, count in zip(present, faults, counts, strict=True):
            if count:
                rows = self._rows_with(files, fault)
                raise misfit(schema.table, column, found[column.name], count=count, rows=rows)

    def _rows_with(self, files: DataFrame, fault: str) -> list[int]:
        """Return the places of the first rows that meet a condition, counted through the files by name."""
        # Spark documentation, "Data Sources: file metadata".
        numbered = files.selectExpr("*", "_metadata.file_path AS __file", "_metadata.row_index AS __place")
        numbered.createOrReplaceTempView("places")
        rows = self.fetch(
            "SELECT f.before + p.__place + 1 AS __row FROM places AS p INNER JOIN ("  # noqa: S608 (conditions come from the schema)
            "SELECT __file, sum(count(*)) OVER (ORDER BY __file ASC) - count(*) AS before FROM places GROUP BY __file"
            f") AS f ON p.__file = f.__file WHERE {fault} ORDER BY __row ASC LIMIT {ROWS_SHOWN}"
        )
        return [int(row) for row in rows["__row"]]


def _started(master: str, settings: Mapping[str, str]) -> tuple[SparkSession, bool]:
    """Start Spark for a master, or open a session of our own where it runs; tell whether we started it."""
    defaults = _QUIET | (_ON_THIS_MACHINE if master.startswith("local") else {})
    with _telling_what_is_needed(master, _NEEDED):
        from pyspark.sql import SparkSession

        running = SparkSession.getActiveSession()
        if running is not None:
            session = running.newSession()
            _set(session, settings)
            return session, False
        builder = SparkSession.builder.appName("whalecurve").master(master)
        for name, value in {**defaults, **settings}.items():
            builder = builder.config(name, value)
        return builder.getOrCreate(), True


def _connected(remote: str, settings: Mapping[str, str]) -> tuple[SparkSession, bool]:
    """Open a session on a Spark Connect server."""
    with _telling_what_is_needed(remote, "see that the server runs, and that its release is that of pyspark here"):
        from pyspark.sql import SparkSession

        session = SparkSession.builder.remote(remote).create()
        _set(session, settings)
        return session, True


def _set(session: SparkSession, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        if name.startswith("spark.sql."):
            session.conf.set(name, value)


@contextmanager
def _telling_what_is_needed(where: str, remedy: str) -> Iterator[None]:
    try:
        with _no_warning():
            from pyspark.errors import PySparkException
            from pyspark.logger import PySparkLogger
    except ImportError as error:
        raise EngineError("Spark is not installed", remedy=_NEEDED) from error
    # It writes each error that it raises to stderr as well; ours are told once.
    PySparkLogger.getLogger("SQLQueryContextLogger").disabled = True
    try:
        with _no_warning():
            yield
    except (ImportError, PySparkException, RuntimeError) as error:
        raise EngineError(f"Spark cannot be started or reached ({error})", where=where, remedy=remedy) from error


def _spark_type(schema: Schema) -> StructType:
    from pyspark.sql.types import StructType

    fields = [
        {"name": column.name, "type": _SPARK_NAMES[column.type], "nullable": True, "metadata": {}}
        for column in schema.columns
    ]
    return StructType.fromJson({"type": "struct", "fields": fields})


def _duckdb_name(kind: str) -> str:
    return _DUCKDB_NAMES.get(kind, kind.upper())


@contextmanager
def _refusing(table: str) -> Iterator[None]:
    """Tell what Spark found wrong in the data as the refusal that every engine gives."""
    try:
        yield
    except Exception as error:  # what comes from the JVM has several classes, and Spark Connect has its own
        told = str(error)
        if any(f"[{condition}" in told for condition in _OVERFLOWS):
            raise too_large(table) from error
        if any(f"[{condition}" in told for condition in _UNREADABLE):
            raise unreadable(table) from error
        raise


@contextmanager
def _no_warning() -> Iterator[None]:
    """Keep back what pyspark says of every pandas since 3.0: no pandas of ours passes through it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield
