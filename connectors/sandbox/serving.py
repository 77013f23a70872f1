"""Run an ASGI application on loopback, in a thread, with a start and a stop that can be waited for."""

from __future__ import annotations

import asyncio
import functools
import socket
import threading

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from connectors.sandbox.gateway import Gateway

_HOST = "127.0.0.1"
_BACKLOG = 128
_STOP_SECONDS = 5.0


class _Connection(H11Protocol):
    """One connection; the application finds its transport in the scope, so that a fault can close it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the parent narrows it
        super().connection_made(transport)
        self.app = _with_transport(self.app, transport)


def _with_transport(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "transport": transport}, receive, send)

    return call


def open_port(port: int) -> socket.socket:
    """Return a listening socket on loopback; port 0 takes any that is free.

    Raises:
        OSError: the port is taken.
    """
    # asyncio switches Nagle's algorithm off only for sockets that name their protocol; with it, answers take 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Serving:
    """A gateway that is being served."""

    def __init__(self, gateway: Gateway, listening: socket.socket) -> None:
        self._gateway = gateway
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end the open exchanges, and wait for the thread."""
        self._loop.call_soon_threadsafe(self._gateway.stopping.set)
        self._thread.join()

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, listening: socket.socket) -> None:
        config = uvicorn.Config(self._gateway, log_config=None, lifespan="off", access_log=False, ws="none")
        config.load()
        state = ServerState()
        connect = functools.partial(_Connection, config=config, server_state=state, app_state={})
        server = await asyncio.get_running_loop().create_server(connect, sock=listening)
        await self._gateway.stopping.wait()
        server.close()
        for connection in tuple(state.connections):
            connection.shutdown()
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=_STOP_SECONDS)
        for connection in tuple(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
