"""The HTTP session under simple-salesforce: deadlines, size cap, host allow-list, loopback, no redirects.

simple-salesforce sets no timeout, writes `https` into every address and follows redirects with the token on;
this session is the one place through which all its calls go, the login among them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool

from connectors.errors import CrmAnswerError, CrmUnavailableError
from connectors.salesforce.login import LOOPBACK_HOST, VENDOR_DOMAIN, SalesforceLogin
from connectors.transport import (
    Patience,
    TransientCrmError,
    is_loopback,
    is_passing,
    set_deadline,
    whole_body,
)

MOST_BYTES = 64 * 2**20
"""Largest answer taken; a page of 2,000 accounts is about 3 MB."""

_TRUSTED_DOMAINS = (VENDOR_DOMAIN, ".force.com")


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
        if is_passing(status):
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
        started = time.monotonic()
        response = super().send(request, **options)
        whole = partial(
            whole_body, started=started, patience=self._patience, most_bytes=self._most_bytes, where=self._login.host
        )
        response.raw = _BoundedBody(cast("BaseHTTPResponse", response.raw), whole)
        return response

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> HTTPConnectionPool:  # noqa: ANN401 - passed on
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **options))
        set_deadline(pool, total_seconds=self._patience.total_seconds)
        return pool


class _BoundedBody:
    """A urllib3 response body that ends by a deadline and a size; `requests` reads it as `Response.raw`."""

    def __init__(self, raw: BaseHTTPResponse, whole: Callable[[BaseHTTPResponse], bytes]) -> None:
        self._raw, self._whole = raw, whole

    def stream(self, _chunk_bytes: int, *, decode_content: bool = True) -> Iterator[bytes]:  # noqa: ARG002 - as requests calls it
        """Yield the unpacked body, once all of it has come; see `connectors.transport.whole_body`."""
        yield self._whole(self._raw)

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
