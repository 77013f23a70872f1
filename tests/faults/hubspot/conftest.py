"""A peer on loopback that answers what a test scripts, byte by byte: for faults below the level of a CRM."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from connectors.base import CrmOptions
from connectors.fields import load_fields
from connectors.hubspot.client import HubSpotLogin
from connectors.hubspot.connector import HubSpotConnector
from connectors.transport import Patience

Reply = bytes | Callable[[socket.socket], None]


@dataclass
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Peer:
    """Gives the scripted replies in turn, then the last one again; keeps what it was asked."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def answer(self, *replies: Reply) -> None:
        self.replies[:] = replies

    @staticmethod
    def reply(content=None, *, status=200, body=None, **headers) -> bytes:
        """A whole HTTP answer; header names are written with underscores."""
        raw = json.dumps(content).encode() if body is None else body
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + raw

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _read_request(stream) -> Request | None:
    first = stream.readline()
    if not first:
        return None
    method, path, _ = first.decode().split(" ", 2)
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode().partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(method, path, headers, stream.read(int(headers.get("content-length", 0))))


def _converse(peer: Peer, connection: socket.socket) -> None:
    """Serve one connection until either side is done; a reply that is a function ends it."""
    try:
        with connection, connection.makefile("rb") as stream:
            while request := _read_request(stream):
                peer.requests.append(request)
                reply = peer.next_reply()
                if not isinstance(reply, bytes):
                    reply(connection)
                    return
                connection.sendall(reply)
    except OSError:
        pass  # the client hung up, as it should in these tests


def _serve(peer: Peer, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # closed by the fixture
        peer.connections += 1
        try:
            connection.settimeout(5)
            secured = tls.wrap_socket(connection, server_side=True) if tls else connection
        except OSError:
            connection.close()  # the handshake was refused
            continue
        threading.Thread(target=_converse, args=(peer, secured), daemon=True).start()


@pytest.fixture
def start_peer() -> Iterator[Callable[..., Peer]]:
    """Start peers; all stop with the test."""
    listeners = []

    def start(tls: ssl.SSLContext | None = None) -> Peer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        port = listener.getsockname()[1]
        peer = Peer(url=f"{'https' if tls else 'http'}://127.0.0.1:{port}")
        threading.Thread(target=_serve, args=(peer, listener, tls), daemon=True).start()
        return peer

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture
def haste() -> Patience:
    """Three tries of a read with hardly a pause; the deadlines leave room for a busy machine."""
    return Patience(
        connect_seconds=5,
        read_seconds=5,
        total_seconds=10,
        attempts=3,
        first_wait_seconds=0.001,
        longest_wait_seconds=0.01,
    )


@pytest.fixture
def connect_hubspot(haste) -> Iterator[Callable[..., HubSpotConnector]]:
    """Connect to a peer as to HubSpot, with the fields that are shipped; the connections close with the test."""
    opened: list[HubSpotConnector] = []
    fields = load_fields(Path(__file__).parents[3] / "config" / "fields.toml")

    def connect(peer, *, patience=haste, token=None, api_version="v3"):
        login = HubSpotLogin(peer.url, token or "pat-na1-any", api_version)
        opened.append(HubSpotConnector(login, fields=fields, options=CrmOptions(), patience=patience))
        return opened[-1]

    yield connect
    for connector in opened:
        connector.close()


@pytest.fixture
def once(haste) -> Patience:
    """One try, so that an error tells the wait that would follow."""
    return replace(haste, attempts=1)


@pytest.fixture
def peer(start_peer) -> Peer:
    """One scripted peer over plain http."""
    return start_peer()
