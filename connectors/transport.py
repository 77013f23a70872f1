"""One policy for talking to a CRM: deadlines, retries of reads, what counts as transient.

Writes are never retried here: a write without a clear answer is `unknown`, and reading the record back settles it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import urlsplit

import tenacity
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.errors import CrmUnavailableError

TRANSIENT_STATUS = frozenset({420, 423, 429, 500, 502, 503, 504, 521, 522, 523, 524})
"""Statuses after which the same read may succeed (reference: vendors' error pages, see each connector)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a CRM.

    Attributes:
        connect_seconds, read_seconds: limits of one request (connection; silence between bytes).
        total_seconds: limit of one request from first byte sent to last byte received.
        attempts: most tries of one read.
        first_wait_seconds, longest_wait_seconds: pause between tries, doubling, jittered.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    total_seconds: float = 120.0
    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0


class TransientCrmError(CrmUnavailableError):
    """A failure that may pass by itself; `retry_after` is the wait in seconds that the CRM asked for, if any."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.retry_after = retry_after


def retrying_reads(patience: Patience) -> tenacity.Retrying:
    """Return the retry policy of reads; use as `retrying_reads(patience)(call, *args)`.

    The last `TransientCrmError` is raised as it is when the attempts are used up.
    """
    backoff = tenacity.wait_exponential_jitter(
        multiplier=patience.first_wait_seconds, max=patience.longest_wait_seconds, jitter=patience.first_wait_seconds
    )

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientCrmError) else None
        return min(asked, patience.longest_wait_seconds) if asked is not None else backoff(state)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientCrmError),
        stop=tenacity.stop_after_attempt(patience.attempts),
        wait=wait,
        reraise=True,
    )


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this machine, the only place where plain http is accepted."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def set_deadline(pool: HTTPConnectionPool, *, total_seconds: float) -> None:
    """Bound the wait for status line and headers on every new connection of a urllib3 pool.

    The read timeout of urllib3 starts again with every byte, so headers that trickle would hold a run for hours.
    """
    kind = _DeadlineHttps if pool.scheme == "https" else _DeadlineHttp

    def connection(**options: Any) -> HTTPConnection:  # noqa: ANN401 - urllib3's own keywords, passed on
        made = kind(**options)
        made.total_seconds = total_seconds
        return made

    pool.ConnectionCls = connection  # type: ignore[assignment]  # declared as a class, but only ever called


class _DeadlineHttp(HTTPConnection):
    total_seconds = 120.0

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3, whose response is another class
        with _cut_after(self, self.total_seconds):
            return super().getresponse()


class _DeadlineHttps(HTTPSConnection):
    total_seconds = 120.0

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3, whose response is another class
        with _cut_after(self, self.total_seconds):
            return super().getresponse()


@contextmanager
def _cut_after(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Shut the connection's socket down once the time is up, and say so with `TimeoutError`."""
    is_late = Event()

    def cut() -> None:
        is_late.set()
        if connection.sock is not None:
            # Not the method of an SSL socket, which would take the TLS state from under the reading thread.
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if is_late.is_set():
            raise TimeoutError("total deadline passed") from error
        raise
    finally:
        timer.cancel()
    # Headers that end in a cut look whole to http.client.
    if is_late.is_set():
        raise TimeoutError("total deadline passed")
