"""Scripted faults: what goes wrong, for which requests, how often.

    box.faults.add(answer(503), method="POST", path="/crm/v3/objects/companies/batch/update", times=2)

A fault takes part in one exchange and decides what the client sees. Faults wait in a queue; the first one
whose method and path prefix match is played, and leaves the queue after `times` plays.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from connectors.sandbox.exchange import Answer, Exchange
from connectors.sandbox.hubspot_access import rate_limited
from connectors.sandbox.hubspot_values import HubSpotError

Fault: TypeAlias = Callable[[Exchange], Awaitable[None]]

_HTML = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@dataclass(slots=True)
class _Waiting:
    fault: Fault
    method: str | None
    path: str
    skip: int
    times: int

    def matches(self, method: str, path: str) -> bool:
        return self.method in {None, method} and path.startswith(self.path)


class Faults:
    """The queue of faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []

    def add(self, fault: Fault, *, method: str | None = None, path: str = "/", times: int = 1, skip: int = 0) -> None:
        """Script a fault for the next `times` requests with this method and path prefix, after `skip` good ones."""
        with self._lock:
            self._waiting.append(_Waiting(fault, method, path, skip, times))

    def clear(self) -> None:
        """Forget the faults that were not played."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> int:
        """How many plays are still to come."""
        with self._lock:
            return sum(each.times for each in self._waiting)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault to play for a request, and count it."""
        with self._lock:
            for each in self._waiting:
                if not each.matches(method, path):
                    continue
                if each.skip:
                    each.skip -= 1
                    continue
                each.times -= 1
                if not each.times:
                    self._waiting.remove(each)
                return each.fault
            return None


def answer(status: int, body: str | None = None, *, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer with a status; without a body, with the one that the vendor sends with it."""

    async def play(exchange: Exchange) -> None:
        usual, content_type = _usual_body(exchange, status)
        given = {"Content-Type": content_type, **(headers or {})}
        await _send(exchange, Answer(status, (usual if body is None else body).encode(), given))

    return play


def too_many_requests(*, retry_after: str | None = None) -> Fault:
    """Answer 429; the wait is told only where one is given."""
    return answer(429, headers={"Retry-After": retry_after} if retry_after else None)


def daily_limit() -> Fault:
    """Say that the allowance of the day is used up."""

    async def play(exchange: Exchange) -> None:
        if exchange.is_salesforce:
            error = {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
            await _send_json(exchange, 403, [error])
        else:
            await _send_json(exchange, 429, rate_limited("DAILY").body())

    return play


def session_expired() -> Fault:
    """Refuse the token, good as it is."""
    return answer(401)


def silence() -> Fault:
    """Never answer."""

    async def play(exchange: Exchange) -> None:
        await exchange.hang_up(after_seconds=None)

    return play


def closed_connection() -> Fault:
    """Close the connection in place of an answer; the API sees nothing of the request."""

    async def play(exchange: Exchange) -> None:
        await exchange.hang_up()

    return play


def cut_json() -> Fault:
    """Do the work, but answer with the first half of the body, its length stated as if that were all."""

    async def play(exchange: Exchange) -> None:
        real = await exchange.real_answer()
        half = real.body[: len(real.body) // 2]
        await _send(exchange, Answer(real.status, half, {**real.headers, "Content-Length": str(len(half))}))

    return play


def dropped_body() -> Fault:
    """Do the work, but hang up in the middle of the body."""

    async def play(exchange: Exchange) -> None:
        real = await exchange.real_answer()
        await exchange.begin(real)
        await exchange.send_body(real.body[: len(real.body) // 2], is_last=False)
        await exchange.hang_up()

    return play


def html_page() -> Fault:
    """Answer 200 with a web page, as a proxy or a maintenance window does."""
    return answer(200, _HTML.format("We will be back soon"), headers={"Content-Type": "text/html"})


def empty_list() -> Fault:
    """Answer 200 with `[]`."""
    return answer(200, "[]")


def applied_then(status: int | None) -> Fault:
    """Do the work, then answer with a status; None: hang up without a word."""

    async def play(exchange: Exchange) -> None:
        await exchange.real_answer()
        await (exchange.hang_up() if status is None else answer(status)(exchange))

    return play


def shuffled() -> Fault:
    """Answer with the results turned around."""
    return _changed_results(lambda results: results[::-1])


def missing_item() -> Fault:
    """Do the work, but leave the last result out of the answer."""
    return _changed_results(lambda results: results[:-1])


def drip(*, pause_seconds: float = 1.0) -> Fault:
    """Answer one byte at a time."""

    async def play(exchange: Exchange) -> None:
        real = await exchange.real_answer()
        await exchange.begin(real)
        for place in range(len(real.body)):
            if not await exchange.pause(pause_seconds) or exchange.is_stopping:
                return await exchange.hang_up()
            await exchange.send_body(real.body[place : place + 1], is_last=place == len(real.body) - 1)
        return None

    return play


def _changed_results(change: Callable[[list[Any]], list[Any]]) -> Fault:
    async def play(exchange: Exchange) -> None:
        real = await exchange.real_answer()
        body = json.loads(real.body)
        if isinstance(body, list):
            body = change(body)
        else:
            name = "records" if exchange.is_salesforce else "results"
            body[name] = change(body[name])
        headers = {name: value for name, value in real.headers.items() if name != "Content-Length"}
        await _send(exchange, Answer(real.status, json.dumps(body).encode(), headers))

    return play


async def _send(exchange: Exchange, whole: Answer) -> None:
    await exchange.begin(whole)
    await exchange.send_body(whole.body)


async def _send_json(exchange: Exchange, status: int, body: object) -> None:
    await _send(exchange, Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"}))


def _usual_body(exchange: Exchange, status: int) -> tuple[str, str]:
    """Return what the vendor sends with a status, and its content type."""
    if status in {502, 503, 504}:
        return _HTML.format(f"{status} Service Unavailable"), "text/html; charset=utf-8"
    if exchange.is_salesforce:
        code, message = _SALESFORCE_ERRORS.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
        return json.dumps([{"message": message, "errorCode": code}]), "application/json;charset=UTF-8"
    if status == 429:  # noqa: PLR2004 - the HTTP status that names the case
        return json.dumps(rate_limited("TEN_SECONDLY_ROLLING").body()), "application/json;charset=utf-8"
    category, message = _HUBSPOT_ERRORS.get(status, ("INTERNAL_ERROR", "internal error"))
    return json.dumps(HubSpotError(status, category, message).body()), "application/json;charset=utf-8"


_SALESFORCE_ERRORS: Mapping[int, tuple[str, str]] = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    429: ("REQUEST_LIMIT_EXCEEDED", "Too many requests."),
    500: ("SERVER_UNAVAILABLE", "Internal server error."),
}
_HUBSPOT_ERRORS: Mapping[int, tuple[str, str]] = {
    401: ("INVALID_AUTHENTICATION", "The OAuth token used to make this call expired."),
    403: ("MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call."),
    423: ("RESOURCE_LOCKED", "The record is locked by another write."),
    477: ("MIGRATION_IN_PROGRESS", "This account is being moved to another data centre."),
}
