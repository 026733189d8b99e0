"""Clients: their settings, methods, cookies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub


@pytest.mark.parametrize("name", ["get", "delete", "head", "options", "post", "put", "patch"])
def test_a_client_has_the_request_functions_as_methods(ask: Ask, stub: Stub, name: str) -> None:
    stub.on(name.upper(), "/x", status=201)
    assert ask(f'local c = http.client(); return c:{name}(URL .. "/x").status') == 201


def test_a_client_has_the_other_functions_too(ask: Ask, stub: Stub, tmp_path: Path) -> None:
    stub.on("GET", "/x", body=b"one\ntwo")
    stub.on("LOCK", "/x", body=b"locked")
    stub.on("GET", "/events", body=b"data: a\n\n", headers=[("Content-Type", "text/event-stream")])
    code = f"""
      local c, out = http.client({{ headers = {{ ["X-Base"] = "1" }} }}), {{}}
      out[1] = c:request("LOCK", URL .. "/x").body
      for line in c:stream(URL .. "/x", {{ lines = true }}) do out[#out + 1] = line end
      for event in c:events(URL .. "/events", {{ reconnect = false }}) do out[#out + 1] = event.data end
      out[#out + 1] = c:download(URL .. "/x", "{tmp_path}/x").size
      return out
    """
    assert ask(code) == ["locked", "one", "two", "a", 7]
    assert [request.header("X-Base") for request in stub.requests] == ["1"] * 4


def test_errors_of_methods_read_like_those_of_the_functions(refuses: Refuses) -> None:
    assert refuses("http.client():get(5)") == "http.get: first argument must be a URL string"
    assert refuses('http.client():post("u", 5)') == "http.post: second argument must be a string, table, or nil"
    assert refuses('http.client():put("u", "", 5)') == "http.put: third argument must be a table or nil"
    assert refuses('http.client():get("http://127.0.0.1:1/")').startswith("http.get failed: error sending request for ")


@pytest.mark.parametrize("call", ['c.get("u")', "c.get()", "c.post({})", 'c.get({}, "u")', 'c.stream("u")'])
def test_a_call_with_a_dot_is_an_error(refuses: Refuses, call: str) -> None:
    message = refuses(f"local c = http.client(); {call}")
    assert message == "http._client_request: first arg must be an http client"


def test_redirects_are_followed_unless_switched_off(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", "/b")])
    stub.on("GET", "/b")
    code = 'return http.client({}):get(URL .. "/a").status'
    assert ask(code.format("{}")) == 200
    for opts, status in [
        ("{ timeout = 5 }", 200),
        ("{ follow_redirects = false }", 302),
        ("{ follow_redirects = 0 }", 200),
    ]:
        assert ask(f'return http.client({opts}):get(URL .. "/a").status') == status


def test_a_request_may_differ_from_its_client(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/a", status=302, headers=[("Location", "/b")])
    stub.on("GET", "/b")
    code = """
      local c = http.client({ follow_redirects = false })
      return c:get(URL .. "/a", { follow_redirects = true }).status
    """
    assert ask(code) == 200


def test_headers_of_a_client_are_sent_unless_a_request_has_its_own(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    ask("""
      local c = http.client({ headers = { ["X-A"] = "client", ["X-B"] = "client" }, bearer = "t0ken" })
      c:get(URL .. "/x", { headers = { ["x-a"] = "request" } })
    """)
    sent = [(k.lower(), v) for k, v in stub.requests[0].headers if k.lower().startswith(("x-", "auth"))]
    assert sorted(sent) == [("authorization", "Bearer t0ken"), ("x-a", "request"), ("x-b", "client")]


@pytest.mark.parametrize("timeout", ['"5"', "5", '"abc"', "{}", "true", "print", "1e9", "math.huge"])
def test_a_timeout_that_is_no_number_is_ignored(ask: Ask, stub: Stub, timeout: str) -> None:
    stub.on("GET", "/x")
    assert ask(f'return http.client({{ timeout = {timeout} }}):get(URL .. "/x").status') == 200


@pytest.mark.parametrize("timeout", ["0", '"0"', "0.0"])
def test_a_timeout_of_zero_fails_every_request(refuses: Refuses, timeout: str) -> None:
    assert refuses(f"http.client({{ timeout = {timeout} }}):get(URL)").endswith("operation timed out")


@pytest.mark.parametrize("timeout", ["-1", "0/0", '"-1"', "-math.huge"])
def test_a_timeout_below_zero_is_an_error(refuses: Refuses, timeout: str) -> None:
    assert refuses(f"http.client({{ timeout = {timeout} }})") == "http.client: timeout must not be negative or NaN"


def test_the_timeout_of_a_client_holds_for_its_requests(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/slow", delay=0.3)
    assert refuses('http.client({ timeout = 0.1 }):get(URL .. "/slow")').endswith("operation timed out")


def test_retries_of_a_client_hold_for_its_requests(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=503, times=1)
    stub.on("GET", "/x", body=b"ok")
    assert ask('return http.client({ retries = { backoff = 0.01 } }):get(URL .. "/x").body') == "ok"


def test_cookies_are_kept_only_by_a_client_that_was_told_to(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/login", headers=[("Set-Cookie", "id=1; Path=/"), ("Set-Cookie", "b=2; Path=/other")])
    stub.on("GET", "/x")
    ask("""
      local keeping, plain, other = http.client({ cookies = true }), http.client({}), http.client({ cookies = true })
      for _, c in ipairs({ keeping, plain }) do
        c:get(URL .. "/login")
        c:get(URL .. "/x")
      end
      http.get(URL .. "/login")
      http.get(URL .. "/x")
      other:get(URL .. "/x")
      keeping:get(URL .. "/x", { headers = { Cookie = "mine=1" } })
    """)
    sent = [request.header("Cookie") for request in stub.requests if request.path == "/x"]
    assert sent == ["id=1", None, None, None, "mine=1"]


def test_cookies_set_by_a_redirect_are_kept(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/login", status=302, headers=[("Set-Cookie", "id=1; Path=/"), ("Location", "/x")])
    stub.on("GET", "/x")
    ask('http.client({ cookies = true }):get(URL .. "/login")')
    assert stub.requests[1].header("Cookie") == "id=1"


def test_cookies_of_one_client_are_shared_by_requests_with_other_options(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/login", headers=[("Set-Cookie", "id=1; Path=/")])
    stub.on("GET", "/x")
    ask("""
      local c = http.client({ cookies = true })
      c:get(URL .. "/login")
      c:get(URL .. "/x", { connect_timeout = 5 })
    """)
    assert stub.requests[1].header("Cookie") == "id=1"


def test_cookies_belong_to_clients_alone(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    lines: list[str] = []
    ask('http.get(URL .. "/x", { cookies = true })', log=lambda level, message, target, **_: lines.append(message))
    assert lines == ["http.get: unknown option 'cookies'"]


def test_read_only_mode_blocks_the_methods_that_write(refuses: Refuses, stub: Stub) -> None:
    message = refuses('http.client():post(URL .. "/x", "body")', readonly=True)
    assert "post blocked (POST " in message
    assert stub.requests == []


def test_many_clients_with_equal_options_share_connections(ask: Ask, serve: Callable[..., RawServer]) -> None:
    def talk(peer: Peer) -> None:
        while peer.head():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    server = serve(talk)
    ask(f'for i = 1, 50 do http.client({{ connect_timeout = 5 }}):get("{server.url}") end')
    assert server.connections == 1


def test_a_great_many_kinds_of_clients_do_no_harm(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    code = 'local n = 0; for i = 1, 40 do n = n + http.get(URL .. "/x", { connect_timeout = i }).status end return n'
    assert ask(code) == 40 * 200
