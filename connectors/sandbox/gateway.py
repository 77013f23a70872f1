"""What stands before both APIs: the log of requests, and the faults that were scripted."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.sandbox.exchange import Exchange
from connectors.sandbox.faults import Faults

KEPT_REQUESTS = 20_000
_BATCH_WRITES = ("/batch/update", "/batch/create", "/batch/upsert", "/batch/archive")


@dataclass(slots=True)
class LoggedRequest:
    """One request, as it came in.

    Attributes:
        headers: lower-case names; the credentials are left out.
        status: of the answer; None: there was none, or not yet.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None = None

    @property
    def is_write(self) -> bool:
        """Tell whether the request asks to change a record."""
        return self.method in {"PATCH", "PUT", "DELETE"} or self.path.endswith(_BATCH_WRITES)


@dataclass(slots=True)
class Gateway:
    """The outermost ASGI layer."""

    app: ASGIApp
    faults: Faults
    requests: deque[LoggedRequest]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Log a request, then play the fault that waits for it, or pass it on."""
        body = await _whole_body(receive)
        logged = _logged(scope, body)
        self.requests.append(logged)

        async def note_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                logged.status = message["status"]
            await send(message)

        replay = _replayed(body, receive)
        fault = self.faults.take(logged.method, logged.path)
        if fault is None:
            await self.app(scope, replay, note_status)
        else:
            await fault(Exchange(self.app, self.stopping, scope, replay, note_status))


def _logged(scope: Scope, body: bytes) -> LoggedRequest:
    headers: dict[str, Any] = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    headers.pop("authorization", None)
    return LoggedRequest(scope["method"], scope["path"], scope["query_string"].decode(), headers, body)


async def _whole_body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body again, then what the connection says."""
    left: deque[Message] = deque([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Message:
        return left.popleft() if left else await receive()

    return again
