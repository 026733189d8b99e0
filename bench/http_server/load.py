"""Load for a server: requests over kept connections, and listeners to event streams."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time

import uvloop


def requests_per_second(url: str, seconds: float, connections: int) -> float:
    """Return how many requests a server answers: by wrk where it is installed, by a loop of our own otherwise."""
    if shutil.which("wrk"):
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}", url]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in report or "Socket errors" in report:
            raise RuntimeError(report)
        found = re.search(r"Requests/sec:\s+([\d.]+)", report)
        assert found is not None
        return float(found[1])
    return uvloop.run(_requests(url, seconds, connections)) / seconds


def events_per_second(url: str, seconds: float, listeners: int, publish: str | None = None) -> float:
    """Return how many events *listeners* get; with *publish* a task posts there 20 times a second."""
    return uvloop.run(_events(url, seconds, listeners, publish)) / seconds


class _Caller(asyncio.Protocol):
    """Asks again as soon as it has its answer, which must always have the same length."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._size = 0
        self._got = 0
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._size = self._size or len(data)
        self._got += len(data)
        if self._got >= self._size:
            self._got = 0
            self.count += 1
            self._transport.write(self._request)


class _Listener(asyncio.Protocol):
    """Counts events."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.count += data.count(b"data: ")


def _parts(url: str) -> tuple[str, int, bytes]:
    found = re.fullmatch(r"http://([^:]+):(\d+)(/.*)", url)
    assert found is not None
    request = f"GET {found[3]} HTTP/1.1\r\nHost: {found[1]}\r\n\r\n"
    return found[1], int(found[2]), request.encode()


async def _requests(url: str, seconds: float, connections: int) -> int:
    host, port, request = _parts(url)
    loop = asyncio.get_running_loop()
    callers = [_Caller(request) for _ in range(connections)]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, host, port)  # type: ignore[misc]
    before = sum(caller.count for caller in callers)
    await asyncio.sleep(seconds)
    return sum(caller.count for caller in callers) - before


async def _events(url: str, seconds: float, listeners: int, publish: str | None) -> int:
    host, port, request = _parts(url)
    loop = asyncio.get_running_loop()
    found = [_Listener(request) for _ in range(listeners)]
    for listener in found:
        await loop.create_connection(lambda listener=listener: listener, host, port)  # type: ignore[misc]
    publisher = loop.create_task(_publish(publish)) if publish else None
    await asyncio.sleep(1.0)
    before, started = sum(listener.count for listener in found), time.perf_counter()
    await asyncio.sleep(seconds)
    count = sum(listener.count for listener in found) - before
    took = time.perf_counter() - started
    if publisher is not None:
        publisher.cancel()
    return round(count * seconds / took)


async def _publish(url: str) -> None:
    host, port, _ = _parts(url)
    path = url.split("/", 3)[3]
    reader, writer = await asyncio.open_connection(host, port)
    while True:
        writer.write(f"POST /{path} HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n42".encode())
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
