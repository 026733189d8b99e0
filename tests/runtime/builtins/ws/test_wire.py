"""The wire of a WebSocket takes turns with the rest of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.protocol import State
from websockets.server import ServerProtocol

from assay_shell.runtime.builtins.ws.wire import Wire

PING, PONG = b"\x89\x80\0\0\0\0", b"\x8a\x00"


class Client(asyncio.Transport):
    """What is written for the client, and whether more is read from it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self._reading = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True

    def is_read(self) -> bool:
        return self._reading

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


def on_a_loop(check: Callable[[Wire, Client], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        wire, client = Wire(ServerProtocol(state=State.OPEN), ping_interval=None), Client()
        wire.connection_made(client)
        await check(wire, client)
        wire.connection_lost(None)

    asyncio.run(run())


def test_what_comes_at_once_is_taken_in_turns():
    async def check(wire: Wire, client: Client) -> None:
        wire.data_received(PING * 30_000)
        assert len(client.written) < 3000 * len(PONG)
        assert not client.is_read()
        while not client.is_read():
            await asyncio.sleep(0)
        assert client.written == PONG * 30_000

    on_a_loop(check)


def test_nothing_is_taken_while_the_client_takes_nothing():
    async def check(wire: Wire, client: Client) -> None:
        wire.pause_writing()
        wire.data_received(PING)
        wire.data_received(PING * 10)
        await asyncio.sleep(0.01)
        assert (client.written, client.is_read()) == (PONG, False)
        wire.resume_writing()
        await asyncio.sleep(0.01)
        assert (client.written, client.is_read()) == (PONG * 11, True)

    on_a_loop(check)


def test_what_is_held_comes_before_the_end():
    async def check(wire: Wire, client: Client) -> None:
        wire.data_received(PING * 30_000 + b"\x88\x80\0\0\0\0")
        wire.eof_received()
        assert client.written == PONG * 30_000 + b"\x88\x00"

    on_a_loop(check)
