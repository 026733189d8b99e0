"""Which engine serves what, and how the direct one treats its connections."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from assay_shell.runtime.builtins.http.engine import Wire, make_engine
from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.http.conftest import Ask
from tests.runtime.builtins.http.raw_server import Peer, RawServer

Serve = Callable[..., RawServer]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("wanted", "changes", "cookies", "kind"),
    [
        pytest.param("pyreqwest", {}, False, "PyreqwestEngine", id="pyreqwest"),
        pytest.param("pyreqwest", {"unix_socket": "/s"}, False, "HttpxEngine", id="unix socket"),
        pytest.param("httpx", {}, False, "HttpxEngine", id="httpx"),
        pytest.param("direct", {}, False, "DirectEngine", id="direct"),
        pytest.param("direct", {"unix_socket": "/s"}, False, "DirectEngine", id="direct unix socket"),
        pytest.param("direct", {"http2": True}, False, "PyreqwestEngine", id="http2"),
        pytest.param("direct", {"proxy": "http://127.0.0.1:1"}, False, "PyreqwestEngine", id="proxy"),
        pytest.param("direct", {"proxy": ""}, False, "DirectEngine", id="no proxy"),
        pytest.param("direct", {}, True, "PyreqwestEngine", id="cookies"),
    ],
)
def test_each_wire_gets_an_engine_that_can_serve_it(
    monkeypatch: pytest.MonkeyPatch, wanted: str, changes: dict[str, object], cookies: bool, kind: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ASSAY_HTTP_ENGINE", wanted)
    engine = make_engine(Wire().but(**changes), {} if cookies else None)
    assert type(engine).__name__ == kind


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_passed_by(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ASSAY_HTTP_ENGINE", "direct")
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert type(make_engine(Wire())).__name__ == "PyreqwestEngine"


@pytest.mark.parametrize(("method", "outcome"), [("get", "ok"), ("put", "ok"), ("post", "refused")])
def test_a_kept_connection_that_ends_as_a_request_arrives_is_replaced(
    run: Callable[[str], object], serve: Serve, monkeypatch: pytest.MonkeyPatch, method: str, outcome: str
) -> None:
    """But a POST is not sent twice: the server may have acted on it before it went."""
    monkeypatch.setenv("ASSAY_HTTP_ENGINE", "direct")

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(OK)
        peer.head()  # takes one more request and closes without a word

    server = serve(talk)
    code = f"""
      http.get("{server.url}")
      local ok, answer = pcall(http.{method}, "{server.url}")
      return ok and answer.body or "refused"
    """
    assert run(code) == outcome
    assert server.connections == (2 if outcome == "ok" else 1)


@pytest.mark.parametrize("engine", ["pyreqwest", "direct"], indirect=True)
def test_bytes_that_nobody_asked_for_spoil_a_connection(ask: Ask, serve: Serve) -> None:
    """What follows an answer must never be taken for the answer to the next request (httpx does take it)."""

    def talk(peer: Peer) -> None:
        while peer.head():
            peer.send(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")

    server = serve(talk)
    code = f"""
      local out = {{}}
      for i = 1, 4 do out[i] = http.get("{server.url}").body; sleep(0.01) end
      return out
    """
    assert ask(code) == ["ok"] * 4


def test_many_cancelled_requests_all_let_go_at_once(
    run: Callable[[str], object], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_HTTP_ENGINE", "direct")
    gone: list[bool] = []

    def talk(peer: Peer) -> None:
        peer.head()
        gone.append(peer.gone())

    server = serve(talk)

    def all_gone() -> bool:
        deadline = time.monotonic() + 2
        while len(gone) < 50 and time.monotonic() < deadline:
            time.sleep(0.01)
        return gone == [True] * 50

    with Runtime() as runtime:
        runtime.evaluate(f"""
          local tasks = {{}}
          for i = 1, 50 do tasks[i] = async.spawn(function() http.get("{server.url}") end) end
          sleep(0.3)
          for i = 1, 50 do tasks[i]:cancel() end
          sleep(0.05)
        """)
        assert all_gone()  # while the runtime lives on
