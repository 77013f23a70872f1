"""The worked example on Spark, within this process and on a Spark Connect server: to the cent, as on DuckDB."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from profitability.engine import evaluate
from profitability.engines.spark import SparkEngine
from profitability.facts import Facts
from profitability.policy import Policy
from profitability.verdicts import Verdicts

pytestmark = pytest.mark.spark

TODAY = date(2026, 1, 20)
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
STARTS_WITHIN_SECONDS = 120

# A process that has run Spark itself cannot be a client of a server as well.
CLIENT = """
import pickle, sys
from contextlib import closing
from pathlib import Path
from profitability.engine import evaluate
from profitability.engines.spark import SparkEngine

facts, policy, today = pickle.loads(Path(sys.argv[2]).read_bytes())
with closing(SparkEngine(remote=sys.argv[1])) as engine:
    verdicts = evaluate(facts, policy, today, engine=engine)
Path(sys.argv[3]).write_bytes(pickle.dumps(verdicts))
"""

Reader = Callable[[str], list[dict[str, str]]]


@pytest.fixture(scope="module")
def here(worked_facts: Facts, worked_policy: Policy) -> Verdicts:
    return evaluate(worked_facts, worked_policy, TODAY)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A Spark Connect server on this machine's loopback."""
    import pyspark

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": port,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "4g",
        "spark.sql.shuffle.partitions": 2,
        "spark.ui.enabled": "false",
    }
    submit = str(Path(pyspark.__file__).parent / "bin" / "spark-submit")
    command = [submit, "--class", SERVER, "--master", "local[2]", "spark-internal"]
    command[1:1] = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    with (tmp_path / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_for(port)
            yield f"sc://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    ends = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, "the server does not start"
            time.sleep(0.2)
        else:
            return


def assert_equal(found: Verdicts, wanted: Verdicts) -> None:
    for field in fields(Verdicts):
        one, other = getattr(found, field.name), getattr(wanted, field.name)
        if isinstance(other, pd.DataFrame):
            pd.testing.assert_frame_equal(one, other, obj=field.name)
        else:
            assert one == other, field.name


def test_within_this_process(worked_facts: Facts, worked_policy: Policy, here: Verdicts, worked_rows: Reader) -> None:
    with closing(SparkEngine(master="local[2]", settings={"spark.sql.shuffle.partitions": "2"})) as engine:
        found = evaluate(worked_facts, worked_policy, TODAY, engine=engine)
    assert_equal(found, here)
    statement = found.statement.set_index("account_id")
    for row in worked_rows("expected_statement.csv"):
        cents = statement[f"{row.pop('line')}_cents"]
        assert cents.sum() == 100 * Decimal(row.pop("total"))
        assert {account: 100 * Decimal(amount) for account, amount in row.items()} == cents.to_dict()


def test_on_a_spark_connect_server(
    server: str, worked_facts: Facts, worked_policy: Policy, here: Verdicts, tmp_path: Path
) -> None:
    given, found = tmp_path / "given", tmp_path / "found"
    given.write_bytes(pickle.dumps((worked_facts, worked_policy, TODAY)))
    subprocess.run([sys.executable, "-c", CLIENT, server, str(given), str(found)], check=True, timeout=600)
    assert_equal(pickle.loads(found.read_bytes()), here)  # noqa: S301 (our own file)
