"""The REST API of the Salesforce sandbox: the slice that a nightly sync uses.

Facts of sizes, limits and error bodies: Salesforce REST API Developer Guide (pages named at each route).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.sandbox.salesforce_login import Sessions
from connectors.sandbox.salesforce_query import LARGEST_PAGE, SMALLEST_PAGE, QueryRunner
from connectors.sandbox.salesforce_rows import SalesforceRows, not_found
from connectors.sandbox.salesforce_values import SalesforceError
from connectors.sandbox.schema import Schema
from connectors.sandbox.store import Records

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_OLDEST_VERSION, _OLDEST_SERVED, _NEWEST_VERSION = 7, 31, 68
_BATCH_SIZE = re.compile(r"batchSize=(\d+)")


class SalesforceApi:
    """Answers requests from the store.

    Attributes:
        daily_calls: the allowance of the org; each call but a login counts.
        calls: how many were made since the sandbox started.
    """

    def __init__(self, records: Records, schema: Schema, sessions: Sessions, *, daily_calls: int) -> None:
        self._sessions = sessions
        self._rows = SalesforceRows(records, schema)
        self._queries = QueryRunner(records, schema)
        self.daily_calls, self.calls = daily_calls, 0

    def routes(self) -> list[Route]:
        """Return the paths that exist."""
        base, rows = "/services/data/v{version}", self._rows
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", f"{base}/", self._resources),
            ("GET", f"{base}/limits", self._limits),
            ("GET", f"{base}/query", self._query),
            ("GET", f"{base}/query/", self._query),  # the form of simple-salesforce
            ("GET", f"{base}/queryAll", self._query_all),
            ("GET", f"{base}/queryAll/", self._query_all),
            ("GET", f"{base}/query/{{locator}}", self._query_more),
            ("GET", f"{base}/sobjects/{{object}}/describe", rows.describe),
            ("GET", f"{base}/sobjects/{{object}}/{{id}}", rows.read),
            ("PATCH", f"{base}/sobjects/{{object}}/{{id}}", rows.update),
            ("PATCH", f"{base}/composite/sobjects", rows.update_collection),
            ("GET", f"{base}/composite/sobjects/{{object}}", rows.retrieve_collection),
            ("POST", f"{base}/composite/sobjects/{{object}}", rows.retrieve_collection),
        ]
        return [
            Route("/services/oauth2/token", self._sessions.issue, methods=["POST"]),
            Route("/services/data", self._versions, methods=["GET"]),
            Route("/services/data/", self._versions, methods=["GET"]),
            *(Route(path, self._guarded(endpoint), methods=[method]) for method, path, endpoint in table),
            Route("/services/{rest:path}", self._unknown, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
        ]

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint that checks version, session and allowance first, and reports usage."""

        async def answer(request: Request) -> Response:
            try:
                _check_version(request.path_params["version"])
                self._sessions.check(request)
                self._count_call()
                response = await endpoint(request)
            except SalesforceError as refusal:
                response = JSONResponse([refusal.as_request_error()], status_code=refusal.status)
            # REST API "API Usage" header: Sforce-Limit-Info.
            response.headers["Sforce-Limit-Info"] = f"api-usage={self.calls}/{self.daily_calls}"
            return response

        return answer

    def _count_call(self) -> None:
        if self.calls >= self.daily_calls:
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self.calls += 1

    async def _versions(self, _request: Request) -> Response:
        # REST API "Versions": open to all, no session.
        versions = range(_OLDEST_SERVED, _NEWEST_VERSION + 1)
        return JSONResponse(
            [{"label": f"API {n}.0", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in versions]
        )

    async def _unknown(self, _request: Request) -> Response:
        return JSONResponse([not_found().as_request_error()], status_code=404)

    async def _resources(self, request: Request) -> Response:
        base = request.url.path.rstrip("/")
        names = ("sobjects", "query", "queryAll", "limits", "composite")
        # REST API "Resources by Version": `identity` tells a client who it is logged in as.
        return JSONResponse({**{name: f"{base}/{name}" for name in names}, "identity": self._sessions.identity_url})

    async def _limits(self, _request: Request) -> Response:
        # REST API "Limits".
        left = self.daily_calls - self.calls
        return JSONResponse({"DailyApiRequests": {"Max": self.daily_calls, "Remaining": left}})

    async def _query(self, request: Request) -> Response:
        return self._first_page(request, with_deleted=False)

    async def _query_all(self, request: Request) -> Response:
        return self._first_page(request, with_deleted=True)

    def _first_page(self, request: Request, *, with_deleted: bool) -> Response:
        # REST API "Query": 2,000 rows a page, 200-2,000 by Sforce-Query-Options.
        text = request.query_params.get("q")
        if not text:
            raise SalesforceError("MALFORMED_QUERY", "SOQL query parameter 'q' is required.")
        version = request.path_params["version"]
        size = _page_size(request.headers.get("sforce-query-options", ""))
        return JSONResponse(self._queries.run(text, version=version, page_size=size, with_deleted=with_deleted))

    async def _query_more(self, request: Request) -> Response:
        params = request.path_params
        return JSONResponse(self._queries.go_on(params["locator"], version=params["version"]))


def _check_version(version: str) -> None:
    """Refuse versions that are retired (410) or do not exist (404)."""
    number, _, minor = version.partition(".")
    if minor != "0" or not number.isdigit() or not _OLDEST_VERSION <= int(number) <= _NEWEST_VERSION:
        raise not_found()
    if int(number) < _OLDEST_SERVED:
        raise SalesforceError("UNSUPPORTED_API_VERSION", f"API version {version} is retired", status=410)


def _page_size(options: str) -> int:
    asked = _BATCH_SIZE.search(options)
    return min(max(int(asked[1]), SMALLEST_PAGE), LARGEST_PAGE) if asked else LARGEST_PAGE
