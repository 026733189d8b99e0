"""Everything in this folder that runs Lua runs on each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from tests.runtime.builtins.http.certificates import Authority
from tests.runtime.builtins.http.raw_server import RawServer
from tests.support.stub import Stub


class Ask(Protocol):
    def __call__(self, code: str, /, **options: object) -> Any: ...


class Refuses(Protocol):
    def __call__(self, code: str, /, **options: object) -> str: ...


@pytest.fixture(params=["pyreqwest", "httpx", "direct"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The HTTP engine that clients of this test are made with; and no proxy of the machine's own."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    name = str(request.param)
    monkeypatch.setenv("ASSAY_HTTP_ENGINE", name)
    return name


@pytest.fixture
def ask(run: Callable[..., object], engine: str, stub: Stub) -> Ask:
    """Evaluate Lua code that finds the stub's address in URL."""

    def evaluate(code: str, /, **options: object) -> Any:
        return run(f'local URL = "{stub.url}"; {code}', **options)

    return evaluate


@pytest.fixture
def refuses(fails: Callable[..., str], engine: str, stub: Stub) -> Refuses:
    """Evaluate Lua code that must fail, with the stub's address in URL, and return the message."""

    def evaluate(code: str, /, **options: object) -> str:
        return fails(f'local URL = "{stub.url}"; {code}', **options)

    return evaluate


@pytest.fixture
def serve() -> Iterator[Callable[..., RawServer]]:
    """Start raw servers that end with the test."""
    servers: list[RawServer] = []

    def start(talk: Any, **options: Any) -> RawServer:
        servers.append(RawServer(talk, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that no machine trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))
