"""A server to talk to, and how to talk to it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from websockets.sync.server import ServerConnection

from tests.runtime.builtins.ws.peer import Peer, by_hand


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def echo(peer: Peer) -> str:
    """Return the address of a server that sends everything back."""

    def handler(conn: ServerConnection) -> None:
        for message in conn:
            conn.send(message)

    return peer.on("/echo", handler)


@pytest.fixture
def mute() -> Iterator[str]:
    """Return the address of a server that answers no ping, and a close by hanging up."""

    def handle(conn: socket.socket) -> None:
        while (data := conn.recv(4096)) and data[0] != 0x88:
            pass

    with by_hand(handle) as url:
        yield url


@pytest.fixture
def talk(run):
    """Run code in which `c` is a connection to the address."""

    def evaluate(url: str, code: str, opts: str = "nil", **options: object) -> object:
        return run(f"local c <close> = ws.connect('{url}', {opts}) {code}", **options)

    return evaluate


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]
