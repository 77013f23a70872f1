"""The HTTP session under simple-salesforce: deadlines, size cap, host allow-list, loopback, no redirects.

simple-salesforce sets no timeout, writes `https` into every address and follows redirects with the token on;
this session is the one place through which all its calls go, the login among them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse

from connectors.errors import CrmAnswerError, CrmUnavailableError
from connectors.salesforce.login import LOOPBACK_HOST, VENDOR_DOMAIN, SalesforceLogin
from connectors.transport import TRANSIENT_STATUS, Patience, TransientCrmError, is_loopback, set_deadline

MOST_BYTES = 64 * 2**20
"""Largest answer taken; a page of 2,000 accounts is about 3 MB."""

_PIECE_BYTES = 2**16
_TRUSTED_DOMAINS = (VENDOR_DOMAIN, ".force.com")
# 406 was seen in practice for answers that come a moment later (reference: error codes, request level).
_PASSING_STATUS = TRANSIENT_STATUS | {406}


class SalesforceSession(requests.Session):
    """A session that can only talk to the login's org, in time, and without following redirects.

    Raises on every request:
        TransientCrmError: no answer in time, connection lost, or a status that may pass.
        CrmUnavailableError: TLS cannot be verified.
        CrmAnswerError: a redirect, a foreign host, or an answer larger than the cap.
    """

    def __init__(self, login: SalesforceLogin, *, patience: Patience, most_bytes: int = MOST_BYTES) -> None:
        super().__init__()
        self._login = login
        self._patience = patience
        self.trust_env = not login.is_local  # proxies and CA files of the environment; neither is for loopback
        self.auth = _keep_authorization
        self.adapters.clear()
        self.mount("https://", _DeadlineAdapter(login, patience=patience, most_bytes=most_bytes))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401 - passed on
        """Send one request and read its whole answer."""
        host = urlsplit(request.url or "").hostname or ""
        if not self._is_trusted(str(host)):
            raise CrmAnswerError(
                f"Salesforce names the host {str(host)!r}, which is not the vendor's",
                where=self._login.host,
                remedy="Check the My Domain address; nothing was sent to that host.",
            )
        options["timeout"] = (self._patience.connect_seconds, self._patience.read_seconds)
        options["allow_redirects"] = False
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            raise _lost(error, self._login.host) from error
        return self._expect_final(response)

    def _is_trusted(self, host: str) -> bool:
        if self._login.is_local:
            return host == LOOPBACK_HOST or is_loopback(f"http://{_bracketed(host)}")
        return host == self._login.host or host.endswith(_TRUSTED_DOMAINS)

    def _expect_final(self, response: requests.Response) -> requests.Response:
        status = response.status_code
        if status in _PASSING_STATUS:
            raise TransientCrmError(f"Salesforce answers with status {status}", where=self._login.host)
        if 300 <= status < 400:  # noqa: PLR2004 - the redirect class of RFC 9110
            raise CrmAnswerError(
                f"Salesforce answers with a redirect (status {status}), which is not followed",
                where=self._login.host,
                remedy="Check the My Domain address.",
            )
        return response


class _DeadlineAdapter(HTTPAdapter):
    """Applies the deadlines, and sends what is meant for loopback there, over plain http if the login says so."""

    def __init__(self, login: SalesforceLogin, *, patience: Patience, most_bytes: int) -> None:
        super().__init__()
        self._login = login
        self._patience = patience
        self._most_bytes = most_bytes

    # `requests` calls this with keywords alone, so they are passed on without their names.
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override] # noqa: ANN401 - see above
        if self._login.is_local:
            local = urlsplit(self._login.url)
            request.url = urlsplit(str(request.url))._replace(scheme=local.scheme, netloc=local.netloc).geturl()
        deadline = time.monotonic() + self._patience.total_seconds
        response = super().send(request, **options)
        raw = cast("BaseHTTPResponse", response.raw)
        response.raw = _BoundedBody(raw, deadline=deadline, most_bytes=self._most_bytes, where=self._login.host)
        return response

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:  # noqa: ANN401 - passed on
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **options))
        set_deadline(pool, total_seconds=self._patience.total_seconds)
        return pool


class _BoundedBody:
    """A urllib3 response body that ends by a deadline and a size; `requests` reads it as `Response.raw`."""

    def __init__(self, raw: BaseHTTPResponse, *, deadline: float, most_bytes: int, where: str) -> None:
        self._raw = raw
        self._deadline = deadline  # on the clock of time.monotonic()
        self._most_bytes = most_bytes
        self._where = where

    def stream(self, chunk_bytes: int, *, decode_content: bool = True) -> Iterator[bytes]:
        """Yield the decoded body, once all of it has come.

        Raises:
            TransientCrmError: the deadline passed.
            CrmAnswerError: the body is larger than the cap, as sent or as unpacked.
        """
        encoding = {"Content-Encoding": self._raw.headers.get("Content-Encoding", "")}
        received = BytesIO(b"".join(self._capped(self._pieces())))
        unpacked = HTTPResponse(received, headers=encoding, preload_content=False)
        yield from self._capped(unpacked.stream(chunk_bytes, decode_content=decode_content))

    def _pieces(self) -> Iterator[bytes]:
        # read1 returns after one receive; read, and an unpacking read1, go on receiving past any deadline.
        while piece := self._raw.read1(_PIECE_BYTES, decode_content=False):
            yield piece
            if time.monotonic() > self._deadline:
                self.close()
                raise TransientCrmError("the answer did not end within the total deadline", where=self._where)

    def _capped(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        received_bytes = 0
        for piece in pieces:
            received_bytes += len(piece)
            if received_bytes > self._most_bytes:
                self.close()
                raise CrmAnswerError(f"the answer is larger than {self._most_bytes} bytes", where=self._where)
            yield piece

    def close(self) -> None:
        """Drop the connection, as the rest of the body is not wanted."""
        self._raw.close()

    def release_conn(self) -> None:
        """Give the connection back to its pool."""
        self._raw.release_conn()


def _keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the header as it is; without an auth object, requests would put a .netrc entry in its place."""
    return request


def _lost(error: requests.RequestException, host: str) -> CrmUnavailableError:
    kind = type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return CrmUnavailableError(
            "the TLS certificate cannot be verified",
            where=host,
            remedy="Check the address; name your own CA file in REQUESTS_CA_BUNDLE if a proxy signs for the host.",
        )
    return TransientCrmError(f"no whole answer from Salesforce ({kind})", where=host, remedy="Run again later.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
