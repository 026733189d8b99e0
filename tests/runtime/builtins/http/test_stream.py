"""Bodies as they arrive."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from assay_shell.runtime.builtins.http.stream import Lines
from assay_shell.runtime.errors import BuiltinError
from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

Serve = Callable[..., RawServer]

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _slowly(*pieces: bytes, pause: float = 0.05) -> Callable[[Peer], None]:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(CHUNKED)
        for piece in pieces:
            time.sleep(pause)
            peer.send(_chunk(piece))
        peer.send(b"0\r\n\r\n")
        peer.gone()

    return talk


def test_chunks_come_as_they_arrive(ask: Ask, serve: Serve) -> None:
    server = serve(_slowly(b"one", b"two", bytes(range(256))))
    code = f"""
      local out, first = {{}}, nil
      for chunk in http.stream("{server.url}") do out[#out + 1] = chunk; first = first or time() end
      return {{ out[1], out[2], #out[3], time() - first > 0.05 }}
    """
    assert ask(code) == ["one", "two", 256, True]


def test_lines_come_whole_and_without_their_ends(ask: Ask, serve: Serve) -> None:
    server = serve(_slowly(b"o", b"ne\ntw", b"o\r", b"\n\nfour\rstill four", pause=0.01))
    code = f"""
      local out = {{}}
      for line in http.stream("{server.url}", {{ lines = true }}) do out[#out + 1] = line end
      return out
    """
    assert ask(code) == ["one", "two", "", "four\rstill four"]


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([b"a\n", b"b"], [b"a", b"b"]),
        ([b"a", b"b", b"\n"], [b"ab"]),
        ([b"\n\n"], [b"", b""]),
        ([b"", b"a\nb\n"], [b"a", b"b"]),
    ],
)
def test_lines_are_cut_wherever_the_pieces_end(pieces: list[bytes], lines: list[bytes]) -> None:
    splitter = Lines("here", 100)
    found = [line for piece in pieces for line in splitter.feed(piece)]
    rest = splitter.rest()
    assert found + ([rest] if rest else []) == lines


def test_a_line_without_end_stops_at_the_limit() -> None:
    splitter = Lines("here", 10)
    splitter.feed(b"0123456789")
    with pytest.raises(BuiltinError, match=r"here: a line is longer than max_body \(10 bytes\)"):
        splitter.feed(b"x")


def test_a_stream_sends_what_it_is_told(ask: Ask, stub: Stub) -> None:
    stub.on("POST", "/x", body=b"answer")
    code = """
      local opts = { method = "post", body = { q = 1 }, headers = { ["X-A"] = "1" }, params = { a = 1 } }
      local out = ""
      for chunk in http.stream(URL .. "/x", opts) do out = out .. chunk end
      return out
    """
    assert ask(code) == "answer"
    sent = stub.requests[0]
    assert (sent.json(), sent.header("X-A"), sent.query) == ({"q": 1}, "1", "a=1")


def test_a_stream_follows_redirects_and_decodes(ask: Ask, stub: Stub) -> None:
    import gzip

    stub.on("GET", "/a", status=302, headers=[("Location", "/b")])
    stub.on("GET", "/b", body=gzip.compress(b"text" * 50000), headers=[("Content-Encoding", "gzip")])
    code = 'local n = 0; for c in http.stream(URL .. "/a", { decompress = true }) do n = n + #c end return n'
    assert ask(code) == 200000


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_status_is_an_error_with_what_the_server_says(refuses: Refuses, stub: Stub, status: int) -> None:
    stub.on("GET", "/x", status=status, body=b"not here\n")
    message = refuses('http.stream(URL .. "/x")')
    assert message == f"http.stream failed: HTTP {status} for url ({stub.url}/x): not here"


def test_the_status_is_a_field_of_the_error(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=404)
    assert ask('local ok, e = pcall(http.stream, URL .. "/x"); return e.status') == 404


def test_leaving_the_loop_closes_the_connection(ask: Ask, serve: Serve) -> None:
    gone: list[bool] = []

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(CHUNKED, _chunk(b"one"))
        gone.append(peer.gone())

    server = serve(talk)
    code = f"""
      for chunk in http.stream("{server.url}") do break end
      for i = 1, 100 do sleep(0.005) end
      return true
    """
    ask(code)
    assert gone == [True]


def test_a_stream_that_breaks_off_is_an_error_where_it_is_read(ask: Ask, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\none")

    server = serve(talk)
    code = f"""
      local out = {{}}
      local ok, e = pcall(function() for c in http.stream("{server.url}") do out[#out + 1] = c end end)
      return {{ ok, out[1], tostring(e) }}
    """
    ok, first, message = ask(code)
    assert (ok, first) == (False, "one")
    assert "http.stream: reading body failed: end of file before message length reached" in message


@pytest.mark.parametrize(
    ("opts", "pieces"),
    [("read_timeout = 0.1", [b"a"]), ("timeout = 0.2", [b"a"] * 25)],
    ids=["silence", "everything"],
)
def test_a_stream_can_be_limited_in_time(refuses: Refuses, serve: Serve, opts: str, pieces: list[bytes]) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(CHUNKED)
        for piece in pieces:
            peer.send(_chunk(piece))
            time.sleep(0.02)
        peer.gone()

    server = serve(talk)
    message = refuses(f'for c in http.stream("{server.url}", {{ {opts} }}) do end')
    assert message == "http.stream: reading body failed: operation timed out"


def test_the_timeout_of_a_client_is_for_the_head_of_a_stream(ask: Ask, serve: Serve) -> None:
    server = serve(_slowly(b"one", b"two", pause=0.12))
    code = f"""
      local out, c = {{}}, http.client({{ timeout = 0.15 }})
      for chunk in c:stream("{server.url}") do out[#out + 1] = chunk end
      return out
    """
    assert ask(code) == ["one", "two"]


def test_a_head_that_does_not_come_is_an_error(refuses: Refuses, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.head()
        peer.gone()

    server = serve(talk)
    message = refuses(f'http.client({{ timeout = 0.1 }}):stream("{server.url}")')
    assert message == f"http.stream failed: error sending request for url ({server.url}/): operation timed out"


def test_a_stream_has_no_limit_but_the_one_that_is_given(refuses: Refuses, ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", body=bytes(3000))
    loop = 'local n = 0; for c in http.stream(URL .. "/x"{}) do n = n + #c end return n'
    assert ask(loop.format("")) == 3000
    message = refuses(loop.format(", { max_body = 2999 }"))
    assert message == "http.stream: reading body failed: the body is larger than max_body (2999 bytes)"


@pytest.mark.parametrize("name", ["stream", "events"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [("5", "first argument must be a URL string"), ('"u", 5', "second argument must be a table or nil")],
)
def test_arguments_are_checked(refuses: Refuses, name: str, arguments: str, complaint: str) -> None:
    assert refuses(f"http.{name}({arguments})") == f"http.{name}: {complaint}"


@pytest.mark.parametrize("name", ["stream", "events"])
def test_read_only_mode_judges_by_the_method(ask: Ask, refuses: Refuses, stub: Stub, name: str) -> None:
    stub.on("GET", "/x", headers=[("Content-Type", "text/event-stream")])
    assert f"http.{name} blocked (POST " in refuses(f'http.{name}(URL .. "/x", {{ method = "post" }})', readonly=True)
    ask(f'http.{name}(URL .. "/x")', readonly=True)
