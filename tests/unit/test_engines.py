"""Which engine a configuration opens."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from connectors.exports.frames import open_database
from profitability.engines.duckdb import DuckDBEngine
from profitability.errors import DataError, EngineError
from profitability.facts import Column, Schema
from sync.engines import mebibytes, open_engine
from sync.exit_codes import ExitCode, exit_code
from sync.settings import EngineSettings


def test_duckdb_takes_memory_cores_and_spill_folder(tmp_path: Path) -> None:
    settings = EngineSettings("duckdb", "1 GiB", 1, tmp_path / "spill")
    with closing(open_engine(settings)) as engine:
        assert isinstance(engine, DuckDBEngine)
        taken = engine.fetch(
            "SELECT current_setting('memory_limit') AS memory, current_setting('threads') AS threads, "
            "current_setting('temp_directory') AS folder"
        ).iloc[0]
        assert (taken["memory"], taken["threads"], taken["folder"]) == ("1.0 GiB", 1, str(tmp_path / "spill"))


def test_long_queries_draw_no_bar_on_stdout_where_the_answer_goes() -> None:
    setting = "SELECT current_setting('enable_progress_bar')"
    with closing(DuckDBEngine()) as engine, open_database() as connection:
        assert not engine.fetch(setting).iloc[0, 0]
        assert connection.execute(setting).fetchall() == [(False,)]


def test_spark_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    for name in [name for name in sys.modules if name.startswith("pyspark.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(EngineError, match=r"Spark is not installed\n  do: pip install 'whalecurve\[spark\]'") as told:
        open_engine(EngineSettings("spark", None, None, tmp_path))
    assert exit_code(told.value) is ExitCode.CONFIG


@pytest.mark.parametrize(
    ("size", "whole"), [("800MB", 762), ("4 GiB", 4096), ("1TB", 953_674), ("2TiB", 2_097_152), ("512MiB", 512)]
)
def test_sizes_in_whole_mebibytes(size: str, whole: int) -> None:
    assert mebibytes(size) == whole


def test_a_spark_server_that_does_not_answer_is_named_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        remote = f"sc://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(EngineError, match=f"{remote}: the Spark Connect server does not answer"):
            open_engine(EngineSettings("spark", None, None, tmp_path, spark_remote=remote))


def test_a_damaged_parquet_file_is_refused_wherever_the_damage_shows(tmp_path: Path) -> None:
    things = Schema("things", "one", (Column("id", "BIGINT", "number"), Column("name", "VARCHAR", "words")))
    path = tmp_path / "things.parquet"
    duckdb.sql("SELECT range AS id, md5(CAST(range AS VARCHAR)) AS name FROM range(20000)").write_parquet(str(path))
    whole = path.read_bytes()
    refused = 0
    for place in range(4, len(whole) - 4, len(whole) // 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with closing(DuckDBEngine()) as engine:
            try:
                engine.scan("things", str(path), things)
                engine.model("counted", "SELECT count(DISTINCT name) AS names, sum(id) AS ids FROM things")
            except DataError as error:
                refused += 1
                assert error.where in {"things", "counted"}  # noqa: PT017 (most places do not show: pages have no checksum)
    assert refused > 0
