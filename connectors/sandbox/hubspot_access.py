"""Who may call the HubSpot sandbox, and how often."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.hubspot_values import HubSpotError

HUBSPOT_TOKEN = "pat-eu1-sandbox-0000-0000-0000-000000000000"  # noqa: S105 - made up, opens nothing but the sandbox
ALL_SCOPES = (
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
)
_WINDOW_SECONDS = 10.0
_OBJECT_NAME: Mapping[str, str] = {
    **dict.fromkeys(("companies", "company", "0-2"), "companies"),
    **dict.fromkeys(("deals", "deal", "0-3"), "deals"),
}


@dataclass(slots=True)
class HubSpotAccess:
    """Token, scopes and allowance of the one app that is connected.

    Attributes:
        burst_calls: most calls in any ten seconds.
        daily_calls: most calls of a day, counted since the sandbox started.
    """

    burst_calls: int
    daily_calls: int
    token: str = HUBSPOT_TOKEN
    scopes: set[str] = field(default_factory=lambda: set(ALL_SCOPES))
    calls: int = 0
    _recent: deque[float] = field(default_factory=deque)

    def guarded(
        self, endpoint: Callable[[Request], Awaitable[Response]], scope: str
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that checks token, scope and allowance first; `{}` in a scope is the object's name."""

        async def answer(request: Request) -> Response:
            try:
                self._check_token(request)
                self._count_call()
                self._check_scope(scope.format(object_of(request)) if "{}" in scope else scope)
                response = await endpoint(request)
            except HubSpotError as refusal:
                response = JSONResponse(refusal.body(), status_code=refusal.status)
            self._report_allowance(response)
            return response

        return answer

    def _check_token(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise HubSpotError(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
            )

    def _check_scope(self, scope: str) -> None:
        if not scope or scope in self.scopes:
            return
        entry = {
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": [scope]},
        }
        message = "This app hasn't been granted all required scopes to make this call."
        raise HubSpotError(403, "MISSING_SCOPES", message, errors=[entry])

    def _count_call(self) -> None:
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= _WINDOW_SECONDS:
            self._recent.popleft()
        if self.calls >= self.daily_calls:
            raise rate_limited("DAILY")
        if len(self._recent) >= self.burst_calls:
            raise rate_limited("TEN_SECONDLY_ROLLING")
        self._recent.append(now)
        self.calls += 1

    def _report_allowance(self, response: Response) -> None:
        """Add the headers of "API usage guidelines"; no Retry-After, which the vendor does not reliably send."""
        left = max(self.burst_calls - len(self._recent), 0)
        response.headers["X-HubSpot-RateLimit-Max"] = str(self.burst_calls)
        response.headers["X-HubSpot-RateLimit-Remaining"] = str(left)
        response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
        response.headers["X-HubSpot-RateLimit-Daily"] = str(self.daily_calls)
        response.headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(self.daily_calls - self.calls)


def rate_limited(policy: str) -> HubSpotError:
    """Return the refusal of a call over a limit: `TEN_SECONDLY_ROLLING` or `DAILY`."""
    return HubSpotError(
        429,
        "RATE_LIMITS",
        f"You have reached your {policy.lower()} limit.",
        errorType="RATE_LIMIT",
        policyName=policy,
    )


def object_of(request: Request) -> str:
    """Return the object that a path names, by any of its names."""
    name = _OBJECT_NAME.get(str(request.path_params["object"]))
    if name is None:
        raise HubSpotError(404, "OBJECT_NOT_FOUND", "Unable to infer object type from the path")
    return name
