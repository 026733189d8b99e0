"""Redirects, timeouts, and what happens when the server misbehaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

Serve = Callable[..., RawServer]

OK = b"HTTP/1.1 200 OK\r\n"


def _chain(stub: Stub, hops: int) -> None:
    for index in range(hops):
        stub.on("GET", f"/{index}", status=302, headers=[("Location", f"/{index + 1}")])
    stub.on("GET", f"/{hops}", body=b"arrived")


def test_ten_redirects_are_followed(ask: Ask, stub: Stub) -> None:
    _chain(stub, 10)
    assert ask('return http.get(URL .. "/0").body') == "arrived"
    assert stub.requests[1].header("Referer") == f"{stub.url}/0"


def test_the_eleventh_redirect_is_an_error(refuses: Refuses, stub: Stub) -> None:
    _chain(stub, 11)
    message = refuses('http.get(URL .. "/0")')
    assert message == f"http.get failed: error following redirect for url ({stub.url}/10): too many redirects"


def test_max_redirects_can_be_chosen(refuses: Refuses, ask: Ask, stub: Stub) -> None:
    _chain(stub, 2)
    assert "too many redirects" in refuses('http.get(URL .. "/0", { max_redirects = 1 })')
    assert "too many redirects" in refuses('http.get(URL .. "/0", { max_redirects = 0 })')
    assert ask('return http.get(URL .. "/0", { max_redirects = 2 }).body') == "arrived"


def test_redirects_are_answers_where_they_are_not_followed(ask: Ask, stub: Stub) -> None:
    _chain(stub, 1)
    code = 'local r = http.get(URL .. "/0", { follow_redirects = false }); return { r.status, r.headers.location }'
    assert ask(code) == [302, "/1"]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (301, "PUT", "PUT"),
        (302, "PATCH", "PATCH"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ],
)
def test_method_and_body_follow_the_status(ask: Ask, stub: Stub, status: int, method: str, then: str) -> None:
    stub.on(method, "/a", status=status, headers=[("Location", "/b")])
    stub.on(then, "/b", body=b"arrived")
    assert ask(f'return http.{method.lower()}(URL .. "/a", {{ a = 1 }}).body') == "arrived"
    kept = then == method
    assert stub.requests[1].body == (b'{"a":1}' if kept else b"")
    assert stub.requests[1].header("Content-Type") == ("application/json" if kept else None)


def test_a_head_request_stays_one(ask: Ask, stub: Stub) -> None:
    stub.on("HEAD", "/a", status=303, headers=[("Location", "/b")])
    stub.on("HEAD", "/b")
    assert ask('return http.head(URL .. "/a").status') == 200


def test_secrets_do_not_follow_to_another_server(ask: Ask, stub: Stub) -> None:
    other = Stub()
    try:
        other.on("GET", "/b")
        stub.on("GET", "/a", status=302, headers=[("Location", f"{other.url}/b")])
        stub.on("GET", "/c", status=302, headers=[("Location", "/a")])
        ask('http.get(URL .. "/c", { bearer = "t0ken-1234", headers = { Cookie = "a=1", ["X-Mine"] = "2" } })')
        inside, outside = stub.requests[1], other.requests[0]
        assert [inside.header(name) for name in ("Authorization", "Cookie")] == ["Bearer t0ken-1234", "a=1"]
        assert [outside.header(name) for name in ("Authorization", "Cookie", "X-Mine")] == [None, None, "2"]
        assert outside.header("Host") == f"127.0.0.1:{other.port}"
    finally:
        other.close()


def test_credentials_in_a_location_are_used_and_not_passed_on(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", f"http://u:p@127.0.0.1:{stub.port}/b")])
    stub.on("GET", "/b", status=302, headers=[("Location", "/c")])
    stub.on("GET", "/c")
    ask('http.get(URL .. "/a")')
    assert stub.requests[1].header("Authorization") == "Basic dTpw"
    assert stub.requests[2].header("Referer") == f"{stub.url}/b"


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://127.0.0.1:99999/"])
def test_a_redirect_to_what_is_not_http_is_an_error(refuses: Refuses, stub: Stub, location: str) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", location)])
    message = refuses('http.get(URL .. "/a")')
    assert message.startswith(f"http.get failed: error following redirect for url ({stub.url}/a): ")


def test_a_redirect_without_location_is_an_answer(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/a", status=302)
    assert ask('return http.get(URL .. "/a").status') == 302


def test_an_error_after_a_redirect_names_the_address_it_happened_at(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", "http://127.0.0.1:1/b")])
    message = refuses('http.get(URL .. "/a")')
    assert message.startswith("http.get failed: error sending request for url (http://127.0.0.1:1/b): ")


def _until_gone(*pieces: bytes) -> Callable[[Peer], None]:
    """Answers with *pieces* and then says nothing more."""

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(*pieces)
        peer.gone()

    return talk


def _then_close(*pieces: bytes) -> Callable[[Peer], None]:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(*pieces)

    return talk


@pytest.mark.parametrize(
    ("pieces", "beginning"),
    [
        pytest.param((), "http.get failed: error sending request for url (", id="no head"),
        pytest.param((b"HTTP/1.1 2",), "http.get failed: error sending request for url (", id="half a head"),
        pytest.param(
            (OK + b"Content-Length: 9\r\n\r\nabc",), "http.get: reading body failed: operation timed out", id="body"
        ),
    ],
)
@pytest.mark.parametrize("option", ["timeout", "read_timeout"])
def test_a_server_that_hangs_is_left_in_time(
    refuses: Refuses, serve: Serve, pieces: tuple[bytes, ...], beginning: str, option: str
) -> None:
    server = serve(_until_gone(*pieces))
    started = time.monotonic()
    message = refuses(f'http.get("{server.url}", {{ {option} = 0.15 }})')
    assert 0.1 < time.monotonic() - started < 2
    assert message.startswith(beginning)
    assert message.endswith("operation timed out")


def test_the_timeout_covers_redirects(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", "/a")], delay=0.1)
    assert refuses('http.get(URL .. "/a", { timeout = 0.25, max_redirects = 100 })').endswith("operation timed out")
    assert len(stub.requests) < 5


def test_a_timeout_of_zero_fails_every_request(refuses: Refuses, stub: Stub) -> None:
    message = refuses("http.get(URL, { timeout = 0 })")
    assert message == f"http.get failed: error sending request for url ({stub.url}/): operation timed out"
    assert stub.requests == []


def test_an_endless_timeout_is_fine(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    assert ask('return http.get(URL .. "/x", { timeout = math.huge, read_timeout = 1e300 }).status') == 200


def test_a_cancelled_request_closes_its_connection(ask: Ask, serve: Serve, engine: str) -> None:
    """At once; pyreqwest gives its thread no sign before the answer begins, so there it is when the time is over."""
    asked, gone = threading.Event(), threading.Event()

    def talk(peer: Peer) -> None:
        peer.head()
        asked.set()
        if peer.gone():
            gone.set()

    server = serve(talk)
    limit = 0.6 if engine == "pyreqwest" else 30
    code = f"""
      local task = async.spawn(function() http.get("{server.url}", {{ timeout = {limit} }}) end)
      sleep(0.3)
      task:cancel()
      local started = time()
      pcall(function() task:await() end)
      return time() - started
    """
    assert ask(code) < 0.2
    assert asked.is_set()
    assert gone.wait(1)


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        pytest.param(
            (OK + b"Content-Length: 9\r\n\r\nabc",),
            "http.get: reading body failed: end of file before message length reached",
            id="too short",
        ),
        pytest.param(
            (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",),
            "http.get: reading body failed: end of file before message length reached",
            id="chunk too short",
        ),
        pytest.param(
            (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nab",), "http.get: reading body failed: ", id="bad chunk"
        ),
        pytest.param((), "connection closed before message completed", id="nothing"),
        pytest.param((b"HTTP/1.1 20",), "http.get failed: error sending request for url (", id="half a head"),
        pytest.param((b"hello\r\n\r\n",), "http.get failed: error sending request for url (", id="no http"),
        pytest.param(
            (OK + b"Content-Length: many\r\n\r\n",), "http.get failed: error sending request", id="bad length"
        ),
        pytest.param(
            (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",),
            "http.get failed: error sending",
            id="two lengths",
        ),
        pytest.param(
            (OK + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",), "http.get failed: error sending", id="huge header"
        ),
    ],
)
def test_a_broken_answer_is_an_error(refuses: Refuses, serve: Serve, pieces: tuple[bytes, ...], message: str) -> None:
    server = serve(_then_close(*pieces))
    assert message in refuses(f'http.get("{server.url}")')


def test_endless_headers_are_an_error(refuses: Refuses, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(OK)
        index = 0
        while peer.send(b"".join(b"X-%d: %s\r\n" % (index + i, b"x" * 100) for i in range(100))):
            index += 100

    server = serve(talk)
    message = refuses(f'http.get("{server.url}", {{ timeout = 5 }})')
    assert message.startswith("http.get failed: error sending request for url (")
    assert "timed out" not in message


def test_an_endless_body_stops_at_the_limit(refuses: Refuses, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(OK + b"\r\n")
        while peer.send(bytes(65536)):
            pass

    server = serve(talk)
    message = refuses(f'http.get("{server.url}", {{ max_body = 1000000, timeout = 5 }})')
    assert message == "http.get: reading body failed: the body is larger than max_body (1000000 bytes)"


def test_a_reset_connection_tells_the_systems_reason(refuses: Refuses, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(OK + b"Content-Length: 10\r\n\r\nab")
        peer.reset()

    server = serve(talk)
    message = refuses(f'http.get("{server.url}")')
    assert message.startswith("http.get: reading body failed: Connection reset by peer (os error ")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        pytest.param(OK + b"Content-Length: 2\r\n\r\nokmore", "ok", id="longer than announced"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end", id="until the end"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok", "ok", id="continue"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nT: r\r\n\r\n", "ok", id="chunked"
        ),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok", id="no reason"),
    ],
)
def test_unusual_answers_are_read(ask: Ask, serve: Serve, answer: bytes, body: str) -> None:
    server = serve(_then_close(answer))
    assert ask(f'return http.get("{server.url}").body') == body


def test_a_kept_connection_that_the_server_has_closed_is_replaced(ask: Ask, serve: Serve) -> None:
    server = serve(_then_close(OK + b"Content-Length: 2\r\n\r\nok"))
    code = f'local n = 0; for i = 1, 3 do n = n + #http.get("{server.url}").body; sleep(0.03) end return n'
    assert ask(code) == 6
    assert server.connections == 3
