from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tests.checks.conftest import Execute


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(0.05)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@pytest.fixture
def slow_port() -> Iterator[int]:
    """A server that takes 50 ms for each answer."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0, backlog=256))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.mark.long
def test_500_checks_of_50_ms_take_less_than_two_seconds(execute: Execute, slow_port: int) -> None:
    url = f"http://127.0.0.1:{slow_port}/"
    checks = "".join(f"  - {{name: c{n}, type: http, url: '{url}'}}\n" for n in range(500))
    report = execute(f"retries: 0\nparallel: 64\nchecks:\n{checks}").report
    assert report.passed
    assert report.milliseconds < 2000
