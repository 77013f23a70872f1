"""Opens the engine that the configuration names."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from profitability.tables import Engine
    from sync.settings import EngineSettings

CONNECT_PORT = 15002
"""Where a Spark Connect server listens if its address names no port (Spark documentation, "Spark Connect")."""
ANSWER_SECONDS = 10

_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def open_engine(settings: EngineSettings) -> Engine:
    """Return the engine; the caller closes it.

    Raises:
        EngineError: Spark or Java is not installed, or the server does not answer.
    """
    if settings.backend == "spark":
        return _spark(settings)
    from profitability.engines.duckdb import DuckDBEngine

    return DuckDBEngine(
        memory_limit=settings.memory_limit, threads=settings.threads, spill_folder=str(settings.spill_folder)
    )


def _spark(settings: EngineSettings) -> Engine:
    """Open Spark. Memory, cores and spill folder are those of this process; a cluster and a server have their own."""
    from profitability.engines.spark import SparkEngine

    if settings.spark_remote is not None:
        _refuse_silence(settings.spark_remote)
        return SparkEngine(remote=settings.spark_remote)
    own = {"spark.local.dir": str(settings.spill_folder)}
    if settings.memory_limit is not None:
        own["spark.driver.memory"] = f"{mebibytes(settings.memory_limit)}m"
    return SparkEngine(master=settings.spark_master or f"local[{settings.threads or '*'}]", settings=own)


def _refuse_silence(remote: str) -> None:
    """Refuse a server that nobody answers for: Spark's own client would try for ten minutes."""
    from profitability.errors import EngineError

    address = urlsplit(remote)
    try:
        socket.create_connection((address.hostname, address.port or CONNECT_PORT), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"the Spark Connect server does not answer ({error})",
            where=remote,
            remedy="Start the server, or correct engine.spark_remote.",
        ) from error


def mebibytes(size: str) -> int:
    """Return a size such as 800MB or 4 GiB in whole MiB, as Spark takes it."""
    number, unit = re.fullmatch(r"(\d+) ?(\w+)", size).groups()  # type: ignore[union-attr]  # checked when it was read
    return int(number) * _UNITS[unit] // 2**20
