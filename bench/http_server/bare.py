"""The least a Python server can do: httptools on uvloop with a finished answer; `/events` sends ready-made events."""

from __future__ import annotations

import asyncio
import sys

import httptools
import uvloop

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 26\r\n"
    b'date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n{"message":"hello","n":42}'
)
EVENTS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = b"15\r\nevent: tick\ndata: 42\n\n\r\n"
PERIOD = 0.05


class Bare(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        if self._url != b"/events":
            self._transport.write(ANSWER)
            return
        self._transport.write(EVENTS)
        self._tick()

    def _tick(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(EVENT)
            asyncio.get_running_loop().call_later(PERIOD, self._tick)


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Bare, "0.0.0.0", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
