"""The HTTP server that client benchmarks talk to: answers every request with the same 27 bytes, `/slow` after 50 ms."""

from __future__ import annotations

import asyncio

import uvloop

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"ok":true,"items":[1,2,3]}'


class Answer(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        *requests, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for request in requests:
            if request.startswith(b"GET /slow"):
                asyncio.get_running_loop().call_later(0.05, self._transport.write, ANSWER)  # type: ignore[attr-defined]
            else:
                self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until killed; the port is the first line of output."""
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
