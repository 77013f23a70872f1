"""One policy for talking to a CRM: deadlines, sizes, retries of reads, what counts as transient.

Writes are never retried here: a write without a clear answer is `unknown`, and reading the record back settles it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import SplitResult, urlsplit

import tenacity
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.errors import CrmAnswerError, CrmUnavailableError

_PASSING_STATUS = frozenset({406, 408, 420, 423, 425, 429})
"""Beside all of 5xx; 406 and 420 were seen in practice for answers that come a moment later."""

_PIECE_BYTES = 64 * 1024


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


class BrokenAnswerError(CrmAnswerError):
    """An answer without the form that it must have, as a gateway's page or half a body has; the next may be whole."""


def retrying_reads(patience: Patience) -> tenacity.Retrying:
    """Return the retry policy of reads; use as `retrying_reads(patience)(call, *args)`.

    A `TransientCrmError` or `BrokenAnswerError` is tried again; the last one is raised as it is when the attempts are
    used up. So the call must take its answer apart itself: what is found broken only later is not read again.
    """
    backoff = tenacity.wait_exponential_jitter(
        multiplier=patience.first_wait_seconds, max=patience.longest_wait_seconds, jitter=patience.first_wait_seconds
    )

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, TransientCrmError) else None
        return min(asked, patience.longest_wait_seconds) if asked is not None else backoff(state)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((TransientCrmError, BrokenAnswerError)),
        stop=tenacity.stop_after_attempt(patience.attempts),
        wait=wait,
        reraise=True,
    )


def is_passing(status: int) -> bool:
    """Tell whether the same read may succeed after this status, and a write may have been done in spite of it."""
    return status in _PASSING_STATUS or status >= 500  # noqa: PLR2004 - server errors, RFC 9110


def is_loopback(url: str) -> bool:
    """Tell whether a URL points at this machine, the only place where plain http is accepted."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bare_address(url: str) -> SplitResult | None:
    """Return the parts of a URL that is an address alone, without user, path, query or fragment; None for any other."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    return parts if is_bare and parts.hostname else None


def whole_body(raw: BaseHTTPResponse, *, started: float, patience: Patience, most_bytes: int, where: str) -> bytes:
    """Return the unpacked body of a response; a server that drips bytes meets the clock, a flood the size limit.

    Args:
        raw: response of which nothing was read; closed if it is not read to its end.
        patience: its `total_seconds` count from `started`.
        where: named in the errors.
        started: when the request was sent, on the clock of `time.monotonic`.
        most_bytes: limit of the body, as sent and as unpacked.

    Raises:
        TransientCrmError: the body did not end in time.
        CrmAnswerError: it is larger than the limit.
    """
    try:
        pieces = _pieces(raw, deadline=started + patience.total_seconds, limit=patience.total_seconds, where=where)
        received = BytesIO(_joined(pieces, most_bytes=most_bytes, where=where))
        encoding = {"Content-Encoding": raw.headers.get("Content-Encoding", "")}
        unpacked = HTTPResponse(received, headers=encoding, preload_content=False)
        return _joined(unpacked.stream(_PIECE_BYTES, decode_content=True), most_bytes=most_bytes, where=where)
    except BaseException:
        raw.close()  # half-read: the connection must not be used again
        raise


def _pieces(raw: BaseHTTPResponse, *, deadline: float, limit: float, where: str) -> Iterator[bytes]:
    # read1 returns after one receive; read, and a read1 that unpacks, go on receiving past any deadline.
    while piece := raw.read1(_PIECE_BYTES, decode_content=False):
        yield piece
        if time.monotonic() > deadline:
            raise TransientCrmError(f"the answer was not complete within {limit:g} s", where=where)


def _joined(pieces: Iterable[bytes], *, most_bytes: int, where: str) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most_bytes:
            raise CrmAnswerError(f"the answer is larger than {most_bytes} bytes", where=where)
    return bytes(body)


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
