"""The bottom of `hubspot-api-client`, replaced: one request, one answer, under a clock.

The client's own REST layer has no deadline, reads a body of any size, logs bodies at DEBUG, and puts body and headers
into the text of its exceptions. `Wire` stands in its place and returns every status as an `Answer`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlencode, urlsplit

import urllib3

from connectors.errors import CrmUnavailableError
from connectors.hubspot.limits import RateLimits, pause_seconds, rate_limits
from connectors.hubspot.paths import ApiVersion, versioned
from connectors.transport import Patience, TransientCrmError, set_deadline, whole_body

MOST_BYTES = 32 * 1024 * 1024
"""Largest body taken: a page of 100 records has about 100 kB, all properties of a large portal a few MB."""

Query: TypeAlias = Sequence[tuple[str, object]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; the body is left out of its repr."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Wire:
    """The REST layer of all API objects: one host, verified TLS, no redirects, no retries, bounded time and size."""

    def __init__(
        self,
        base_url: str,
        *,
        api_version: ApiVersion,
        patience: Patience,
        most_bytes: int = MOST_BYTES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.host = urlsplit(base_url).netloc
        self.limits = RateLimits()
        self._base_url = base_url
        self._api_version = api_version
        self._patience = patience
        self._most_bytes = most_bytes
        self._sleep = sleep
        self._answered_at = time.monotonic()
        # A pool of one host: it refuses to send the token anywhere else. urllib3 verifies certificates by default.
        self._pool = urllib3.connection_from_url(base_url, maxsize=4)
        set_deadline(self._pool, total_seconds=patience.total_seconds)

    # These names and arguments are those of the client's `rest.RESTClientObject`; no other method is ever called. Its
    # `_request_timeout` is not needed: no request leaves here without a deadline.

    def GET(self, url: str, *, headers: dict[str, str], query_params: Query | None = None, **_: object) -> Answer:  # noqa: N802 - see above
        """Send a GET."""
        return self._request("GET", url, headers=headers, query=query_params)

    def POST(  # noqa: N802 - see above
        self, url: str, *, headers: dict[str, str], query_params: Query | None = None, body: object = None, **_: object
    ) -> Answer:
        """Send a POST with a JSON body."""
        return self._request("POST", url, headers=headers, query=query_params, body=body)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _request(
        self, method: str, url: str, *, headers: dict[str, str], query: Query | None, body: object = None
    ) -> Answer:
        path = versioned(url.removeprefix(self._base_url), self._api_version)
        self._hold_back()
        started = time.monotonic()
        try:
            response = self._pool.urlopen(
                method,
                path + _query_string(query),
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=self._patience.connect_seconds, read=self._patience.read_seconds),
            )
            answer = self._received(response, started=started)
        except urllib3.exceptions.SSLError as error:
            raise CrmUnavailableError(
                "the secure connection failed, the certificate may not be valid",
                where=self.host,
                remedy="Check the address, the clock, and the certificates that this machine trusts.",
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise TransientCrmError(
                f"no answer to {method} ({type(error).__name__})",
                where=self.host,
                remedy="Check the network; run again.",
            ) from error
        _log.debug("%s %s: %d in %.0f ms", method, path, answer.status, (time.monotonic() - started) * 1000)
        return answer

    def _received(self, response: urllib3.BaseHTTPResponse, *, started: float) -> Answer:
        body = whole_body(
            response, started=started, patience=self._patience, most_bytes=self._most_bytes, where=self.host
        )
        if any(name.lower().startswith("x-hubspot-ratelimit-") for name in response.headers):
            self.limits = rate_limits(response.headers)
            self._answered_at = time.monotonic()
        return Answer(response.status, response.headers, body)

    def _hold_back(self) -> None:
        pause = pause_seconds(self.limits, since_answer_seconds=time.monotonic() - self._answered_at)
        if pause > 0:
            self._sleep(min(pause, self._patience.longest_wait_seconds))


def _query_string(query: Query | None) -> str:
    # The client leaves Python's True and False in the query; HubSpot's documented form is lower case.
    pairs = [(name, str(value).lower() if isinstance(value, bool) else value) for name, value in query or ()]
    return f"?{urlencode(pairs)}" if pairs else ""
