"""Fixtures for tests of the HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from tests.support.served import Served


class Serve(Protocol):
    def __call__(self, routes: str, options: str = "", /, *, before: str = "", **runtime: object) -> Served: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a routes table (Lua text) with an options table; *before* is code that runs first."""
    started: list[Served] = []

    def start(routes: str, options: str = "", /, *, before: str = "", **runtime: object) -> Served:
        tail = f", {options}" if options else ""
        server = Served(f"{before}\nhttp.serve(0, {routes}{tail})", **runtime)
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()
