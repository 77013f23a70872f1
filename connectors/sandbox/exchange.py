"""One request and its answer, as a fault takes part in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers of an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Exchange:
    """One request that a fault plays with: it may answer, wait, hang up, or let the API work first."""

    def __init__(self, app: ASGIApp, stopping: asyncio.Event, scope: Scope, receive: Receive, send: Send) -> None:
        self._app, self._stopping = app, stopping
        self._scope, self._receive, self._send = scope, receive, send
        self.path: str = scope["path"]
        self.is_salesforce = self.path.startswith("/services/")

    async def real_answer(self) -> Answer:
        """Let the API do its work, and return what it would answer."""
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await self._app(self._scope, self._receive, keep)
        headers = {name.decode().title(): value.decode() for name, value in parts[0]["headers"]}
        body = b"".join(part.get("body", b"") for part in parts[1:])
        return Answer(parts[0]["status"], body, headers)

    async def begin(self, answer: Answer) -> None:
        """Send status and headers; a Content-Length that the answer does not state is that of its body."""
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": pairs})

    async def send_body(self, body: bytes, *, is_last: bool = True) -> None:
        """Send some bytes of the body."""
        await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})

    async def hang_up(self, *, after_seconds: float | None = 0) -> None:
        """Close the connection: at once, after a while, or (None) when the client leaves or the sandbox stops."""
        if await self.pause(after_seconds):
            self._scope["transport"].close()
        await self._receive_until_gone()

    async def pause(self, seconds: float | None) -> bool:
        """Wait, but not longer than the client or the sandbox lives; tell whether the client is still there."""
        gone = asyncio.ensure_future(self._receive_until_gone())
        stopped = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({gone, stopped}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        is_there = not gone.done()
        for task in (gone, stopped):
            task.cancel()
        return is_there

    @property
    def is_stopping(self) -> bool:
        """Tell whether the sandbox is about to stop."""
        return self._stopping.is_set()

    async def _receive_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
