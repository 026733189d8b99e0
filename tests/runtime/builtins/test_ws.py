"""The WebSocket client against the server of the `websockets` package, and against frames written by hand."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.http.raw_server import RawServer
from tests.support.authority import Certificates, make_certificates

REFUSED = f"{os.strerror(errno.ECONNREFUSED)} (os error {errno.ECONNREFUSED})"
RESET = "WebSocket protocol error: Connection reset without closing handshake"
UPGRADED = "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
TEXT, BINARY, CLOSE, PING, CONTINUED = 1, 2, 8, 9, 0


def frame(opcode: int, data: bytes = b"", *, final: bool = True) -> bytes:
    """Return a frame as servers write it."""
    head = bytes([opcode | (0x80 if final else 0)])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + b"\x7e" + struct.pack(">H", len(data)) + data
    return head + b"\x7f" + struct.pack(">Q", len(data)) + data


class Peer:
    """A server whose handlers are chosen by path; `seen` is what they note down."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.seen: list[Any] = []
        self.requests: list[Request] = []
        self.gone = threading.Event()
        self._handlers: dict[str, Callable[[ServerConnection], None]] = {}
        self._server: Server = serve(
            self._handle, "127.0.0.1", 0, ssl=context, process_request=self._check, max_size=None,
            select_subprotocol=_best, ping_interval=None, close_timeout=1,
        )  # fmt: skip
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def on(self, path: str, handler: Callable[[ServerConnection], None]) -> str:
        """Have *handler* serve connections to *path*, and return their address."""
        self._handlers[path] = handler
        return f"ws://127.0.0.1:{self.port}{path}"

    def raw(self, path: str, *frames: bytes, drop: bool = False) -> str:
        """Send *frames* as they are; then drop the connection, or read until the client has gone."""

        def handler(conn: ServerConnection) -> None:
            conn.socket.sendall(b"".join(frames))
            if drop:
                conn.socket.shutdown(socket.SHUT_RDWR)
            else:
                self.read_all(conn)

        return self.on(path, handler)

    def read_all(self, conn: ServerConnection) -> None:
        """Note messages down until the client closes, then how it closed."""
        try:
            while True:
                self.seen.append(conn.recv())
        except ConnectionClosed as exc:
            self.seen.append(exc.rcvd and (exc.rcvd.code, exc.rcvd.reason))
        finally:
            self.gone.set()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _check(self, conn: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if request.path.startswith("/status/"):
            return conn.respond(HTTPStatus(int(request.path.rpartition("/")[2])), "no")
        return None

    def _handle(self, conn: ServerConnection) -> None:
        assert conn.request is not None
        with contextlib.suppress(OSError, ConnectionClosed):
            self._handlers[conn.request.path](conn)


def _best(conn: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return next((name for name in offered if name.startswith("chat.")), None)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def echo(peer: Peer) -> str:
    """Return the address of a server that sends everything back."""

    def handler(conn: ServerConnection) -> None:
        for message in conn:
            conn.send(message)

    return peer.on("/echo", handler)


@pytest.fixture
def mute() -> Iterator[str]:
    """Return the address of a server that answers no ping, and a close by hanging up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                key = conn.recv(4096).partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
                conn.sendall(UPGRADED.format(accept_key(key)).encode())
                while (data := conn.recv(4096)) and data[0] != 0x88:
                    pass

        thread = threading.Thread(target=serve_once)
        thread.start()
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


@pytest.fixture
def talk(run):
    """Run code in which `c` is a connection to the address."""

    def evaluate(url: str, code: str, opts: str = "nil", **options: object) -> object:
        return run(f"local c <close> = ws.connect('{url}', {opts}) {code}", **options)

    return evaluate


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield unused.getsockname()[1]


# Messages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("ws.send(c, 'hello') return ws.recv(c)", "hello", id="text"),
        pytest.param("ws.send(c, 'grüße €') return ws.recv(c)", "grüße €", id="text outside ASCII"),
        pytest.param("ws.send(c, 1.5) return ws.recv(c)", "1.5", id="a number"),
        pytest.param("ws.send(c, 7) return ws.recv(c)", "7", id="an integer"),
        pytest.param("ws.send(c, '') return ws.recv(c)", "", id="nothing"),
        pytest.param("c:send('a') c:send('b') return c:recv() .. c:recv()", "ab", id="methods, in order"),
        pytest.param("ws.send_binary(c, 'text') return ws.recv(c)", "text", id="binary that is text"),
        pytest.param("return ws.send(c, 'x')", None, id="send returns nothing"),
        pytest.param("return ws.close(c)", None, id="close returns nothing"),
        pytest.param("ws.close(c) ws.close(c) c:close() return 'fine'", "fine", id="closing again is fine"),
        pytest.param("local s = string.rep('x', 300000) c:send(s) return c:recv() == s", True, id="a large one"),
    ],
)
def test_what_is_sent_comes_back(talk, echo, code, expected):
    assert talk(echo, code) == expected


def test_text_goes_as_a_text_frame_and_binary_as_a_binary_one(talk, peer):
    url = peer.on("/", peer.read_all)
    talk(url, "c:send('t') c:send_binary('b') c:send_binary('') c:close()")
    assert peer.gone.wait(5)
    assert peer.seen == ["t", b"b", b"", (1000, "")]


def test_all_byte_values_pass_as_binary(talk, echo):
    code = (
        "local all = {} for i = 0, 255 do all[#all + 1] = string.char(i) end local data = table.concat(all) "
        "c:send_binary(data) local got, kind = c:recv({ binary = true }) return tostring(got == data) .. kind"
    )
    assert talk(echo, code) == "truebinary"


def test_a_connection_for_binary_takes_any_bytes_and_tells_the_kind(talk, echo):
    code = "c:send_binary('\\xff') c:send('t') local a, k = c:recv() local b, l = c:recv() return k .. #a .. l .. b"
    assert talk(echo, code, "{ binary = true }") == "binary1textt"


def test_a_text_message_gives_one_result(talk, echo):
    assert talk(echo, "c:send('x') return select('#', c:recv())") == 1


def test_binary_that_is_no_text_is_refused_and_the_connection_stays_usable(talk, peer):
    url = peer.raw("/", frame(BINARY, b"ab\xff"), frame(TEXT, b"next"))
    code = "local ok, e = pcall(ws.recv, c) return tostring(e) .. '|' .. ws.recv(c)"
    assert talk(url, code).splitlines()[0].partition("|")[0] == (
        "runtime error: ws.recv: invalid UTF-8: invalid utf-8 sequence of 1 bytes from index 2"
    )
    assert talk(url, "pcall(ws.recv, c) return ws.recv(c)") == "next"


def test_fragments_are_joined_and_pings_between_them_answered(talk, peer):
    frames = [frame(TEXT, b"gr\xc3", final=False), frame(PING, b"p"), frame(CONTINUED, b"\xbc", final=False)]
    frames.append(frame(CONTINUED, "ße".encode()))
    assert talk(peer.raw("/", *frames), "return c:recv()") == "grüße"


def test_many_small_fragments_make_one_message(talk, peer):
    frames = [frame(BINARY, b"", final=False), *[frame(CONTINUED, b"x", final=False)] * 500, frame(CONTINUED, b"!")]
    assert talk(peer.raw("/", *frames), "return c:recv()") == "x" * 500 + "!"


def test_a_message_that_comes_byte_by_byte_is_read(talk, peer):
    def handler(conn: ServerConnection) -> None:
        conn.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(TEXT, b"slowly"):
            conn.socket.sendall(bytes([byte]))
        peer.read_all(conn)

    assert talk(peer.on("/", handler), "return c:recv()") == "slowly"


def test_one_task_receives_while_another_sends(talk, peer):
    def handler(conn: ServerConnection) -> None:
        peer.seen.append(conn.recv())
        conn.send("answer")

    code = (
        "local task = async.spawn(function() return c:recv() end) sleep(0.02) c:send('question') return task:await()[1]"
    )
    assert talk(peer.on("/", handler), code) == "answer"
    assert peer.seen == ["question"]


def test_two_tasks_that_receive_get_one_message_each(talk, peer):
    url = peer.raw("/", frame(TEXT, b"1"), frame(TEXT, b"2"))
    code = (
        "local a, b = async.spawn(function() return c:recv() end), async.spawn(function() return c:recv() end) "
        "return a:await()[1] + b:await()[1]"
    )
    assert talk(url, code) == 3


def test_a_ping_tells_the_seconds_until_the_pong(talk, echo):
    assert 0 <= talk(echo, "return c:ping()") < 5
    assert 0 <= talk(echo, "return ws.ping(c, { data = 'abc', timeout = 5 })") < 5


def test_a_ping_that_nobody_answers_gives_nil(run, mute):
    code = f"local c = ws.connect('{mute}') local started = time() local none = c:ping({{ timeout = 0.05 }}) c:close()"
    assert run(f"{code} return {{ tostring(none), time() - started < 3 }}") == ["nil", True]


# Time -----------------------------------------------------------------------------------------------------


def test_recv_gives_nil_when_nothing_comes_in_time_and_loses_nothing(talk, echo):
    code = "local none = c:recv({ timeout = 0.05 }) c:send('late') return tostring(none) .. ws.recv(c, { timeout = 5 })"
    assert talk(echo, code) == "nillate"


@pytest.mark.parametrize("call", ["c:recv({ timeout = -1 })", "c:recv({ timeout = 0/0 })"])
def test_a_timeout_that_makes_no_sense_is_refused(talk, echo, call):
    with pytest.raises(ScriptError, match=r"ws\.recv: timeout must not be negative or NaN"):
        talk(echo, call)


def test_a_server_that_says_nothing_is_given_up_on(fails):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        assert fails(f"ws.connect('{url}', {{ timeout = 0.1 }})") == "ws.connect: IO error: timed out after 0.1 s"


# Iteration ------------------------------------------------------------------------------------------------


def test_a_loop_goes_on_until_the_other_side_closes(talk, peer):
    url = peer.raw("/", frame(TEXT, b"a"), frame(TEXT, b""), frame(TEXT, b"b"), frame(CLOSE, b"\x03\xe8bye"))
    assert talk(url, "local all = {} for m in c do all[#all + 1] = m end return all") == ["a", "", "b"]


def test_a_loop_over_binary_has_the_kind_too(talk, peer):
    url = peer.raw("/", frame(BINARY, b"\x00\xff"), frame(TEXT, b"t"), frame(CLOSE))
    code = "local all = {} for m, kind in c do all[#all + 1] = kind .. #m end return all"
    assert talk(url, code, "{ binary = true }") == ["binary2", "text1"]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        pytest.param([frame(CLOSE, b"\x03\xf3oops")], "ws.recv: connection closed", id="a code that tells of trouble"),
        pytest.param([], f"ws.recv: {RESET}", id="no close"),
    ],
)
def test_a_loop_that_ends_badly_raises(talk, peer, ending, text):
    url = peer.raw("/", frame(TEXT, b"a"), *ending, drop=not ending)
    with pytest.raises(ScriptError) as caught:
        talk(url, "for _ in c do end")
    assert caught.value.message == text


# The end --------------------------------------------------------------------------------------------------


def test_a_close_by_the_other_side_ends_recv_with_code_and_reason(talk, peer):
    url = peer.raw("/", frame(CLOSE, b"\x0f\xa1maintenance"))
    code = (
        "local ok, e = pcall(ws.recv, c) local s = c:status() "
        "return { e.message, e.code, e.reason, s.open, s.code, s.reason, s.clean }"
    )
    assert talk(url, code) == ["ws.recv: connection closed", 4001, "maintenance", False, 4001, "maintenance", True]
    assert talk(url, "pcall(c.recv, c) return select(2, pcall(c.recv, c)).message") == "ws.recv: connection closed"


def test_a_close_without_code_has_the_number_for_none(talk, peer):
    assert talk(peer.raw("/", frame(CLOSE)), "pcall(c.recv, c) return c:status().code") == 1005


def test_messages_before_the_close_are_still_read(talk, peer):
    url = peer.raw("/", frame(TEXT, b"last"), frame(CLOSE, b"\x03\xe8"))
    assert talk(url, "sleep(0.05) return c:recv()") == "last"


def test_an_abrupt_end_is_no_close(talk, peer):
    url = peer.raw("/", frame(TEXT, b"x"), drop=True)
    code = "c:recv() local ok, e = pcall(c.recv, c) return { e.message, e.code, c:status().clean }"
    assert talk(url, code) == [f"ws.recv: {RESET}", 1006, False]


def test_our_code_and_reason_reach_the_other_side(talk, peer):
    url = peer.on("/", peer.read_all)
    assert talk(url, "c:close(4002, 'enough') return c:status()") == {
        "open": False, "code": 4002, "reason": "enough", "clean": True,
    }  # fmt: skip
    assert peer.gone.wait(5)
    assert peer.seen == [(4002, "enough")]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("ws.recv(c)", "ws.recv: connection closed", id="recv"),
        pytest.param(
            "ws.send(c, 'x')", "ws.send: WebSocket protocol error: Sending after closing is not allowed", id="send"
        ),
        pytest.param("ws.ping(c)", "ws.ping: connection closed", id="ping"),
        pytest.param("for m in c do error('no') end error('ended')", "<test>:1: ended", id="a loop ends"),
    ],
)
def test_after_our_close(talk, echo, code, message):
    with pytest.raises(ScriptError) as caught:
        talk(echo, f"ws.close(c) {code}")
    assert caught.value.message.endswith(message)


def test_a_close_wakes_the_task_that_waits(talk, echo):
    code = (
        "local task = async.spawn(function() return select(2, pcall(c.recv, c)).message end) "
        "sleep(0.02) c:close() return task:await()[1]"
    )
    assert talk(echo, code) == "ws.recv: connection closed"


@pytest.mark.parametrize("call", ["c:close(1)", "c:close(1005)", "c:close(999)", "c:close(1000, ('x'):rep(124))"])
def test_a_code_or_reason_that_cannot_be_sent_is_refused(talk, echo, call):
    with pytest.raises(ScriptError, match=r"^ws\.close: "):
        talk(echo, call)


def test_status_of_an_open_connection(talk, echo):
    assert talk(echo, "return ws.status(c)") == {"open": True}


# Limits and broken frames -----------------------------------------------------------------------------------


def test_a_message_above_the_limit_ends_the_connection(talk, peer):
    url = peer.on("/", lambda conn: (conn.send("x" * 1001), peer.read_all(conn))[0])
    with pytest.raises(ScriptError) as caught:
        talk(url, "c:recv()", "{ max_size = 1000 }")
    assert caught.value.message == "ws.recv: Space limit exceeded: Message too long: more than 1000 bytes (max_size)"
    assert peer.gone.wait(5)
    assert peer.seen[0][0] == 1009


def test_the_limit_counts_the_whole_of_a_fragmented_message(talk, peer):
    url = peer.raw("/", frame(TEXT, b"x" * 600, final=False), frame(CONTINUED, b"x" * 600))
    with pytest.raises(ScriptError, match="Space limit exceeded"):
        talk(url, "c:recv()", "{ max_size = 1000 }")


def test_64_MiB_pass_by_default_and_not_one_byte_more(talk, peer):
    size = 64 << 20
    data = b"\x00" * (size + 1)
    url = peer.on("/", lambda conn: (conn.send(data[:size]), conn.send(data), peer.read_all(conn))[0])
    code = "local n = #c:recv() return n .. select(2, pcall(c.recv, c)).message"
    text = f"ws.recv: Space limit exceeded: Message too long: more than {size} bytes (max_size)"
    assert talk(url, code) == f"{size}{text}"


def test_a_message_larger_than_the_memory_of_the_script_is_an_error_it_can_catch(talk, peer):
    url = peer.on("/", lambda conn: (conn.send(b"x" * (12 << 20)), peer.read_all(conn))[0])
    code = "return select(2, pcall(c.recv, c)).message"
    assert talk(url, code, memory_limit=8 << 20) == "not enough memory"


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param(frame(TEXT, b"\xff"), "UTF-8 encoding error: invalid start byte at position 0", id="bad text"),
        pytest.param(frame(TEXT, b"\xe2\x82"), "UTF-8 encoding error: unexpected end of data at position 0", id="cut"),
        pytest.param(frame(3), "WebSocket protocol error: invalid opcode", id="an unknown opcode"),
        pytest.param(frame(TEXT | 0x40), "WebSocket protocol error: reserved bits must be 0", id="reserved bits"),
        pytest.param(frame(CONTINUED, b"x"), "WebSocket protocol error: ", id="a continuation of nothing"),
        pytest.param(frame(TEXT, final=False) + frame(TEXT), "WebSocket protocol error: ", id="one inside another"),
        pytest.param(frame(PING, b"x" * 126), "WebSocket protocol error: ", id="a long ping"),
        pytest.param(frame(PING, final=False), "WebSocket protocol error: ", id="a ping in pieces"),
        pytest.param(frame(CLOSE, b"x"), "WebSocket protocol error: ", id="a close with half a code"),
        pytest.param(frame(CLOSE, b"\x03\xed"), "WebSocket protocol error: ", id="a close code nobody may send"),
        pytest.param(b"\x81\x80\x00\x00\x00\x00", "WebSocket protocol error: incorrect masking", id="a masked frame"),
        pytest.param(b"\x81\x7f" + b"\xff" * 8, "", id="a size beyond all bounds"),
    ],
)
def test_a_frame_against_the_rules_ends_the_connection_with_a_reason(talk, peer, bad, message):
    with pytest.raises(ScriptError) as caught:
        talk(peer.raw("/", bad), "c:recv()")
    assert caught.value.message.startswith(f"ws.recv: {message}")
    assert "internal" not in caught.value.message


def test_random_frames_never_do_worse_than_raise(talk, peer):
    import random

    chance = random.Random(7)
    for _ in range(40):
        noise = chance.randbytes(chance.randrange(1, 60))
        code = (
            "local ok, e repeat ok, e = pcall(c.recv, c, { timeout = 0.02 }) until not ok or e == nil "
            "return ok or e.message"
        )
        found = talk(peer.raw("/", noise, drop=True), code, "{ binary = true }")
        assert found is True or str(found).startswith("ws.recv: "), noise
        assert "internal" not in str(found), noise


# Connecting -----------------------------------------------------------------------------------------------


def test_headers_and_subprotocols_are_sent(talk, peer):
    url = peer.on("/", peer.read_all)
    headers = "{ Authorization = 'Bearer abc', ['X-List'] = { 'a', 'b' }, ['X-N'] = 5 }"
    opts = f"{{ headers = {headers}, subprotocols = {{ 'chat.v1' }} }}"
    assert talk(url, "return c.subprotocol", opts) == "chat.v1"
    sent = peer.requests[0].headers
    assert (sent["Authorization"], sent.get_all("X-List"), sent["X-N"]) == ("Bearer abc", ["a", "b"], "5")
    assert "User-Agent" not in sent
    assert "Sec-WebSocket-Extensions" not in sent


def test_the_first_subprotocol_that_the_server_knows_is_taken(talk, peer):
    url = peer.on("/", peer.read_all)
    assert talk(url, "return c.subprotocol", "{ subprotocols = { 'other', 'chat.v1', 'chat.v2' } }") == "chat.v1"
    assert talk(url, "return c.subprotocol") is None


def test_compression_is_offered_on_demand(talk, peer, echo):
    assert talk(echo, "c:send(('x'):rep(1000)) return #c:recv()", "{ compression = true }") == 1000
    assert "permessage-deflate" in peer.requests[0].headers["Sec-WebSocket-Extensions"]


def test_a_compressed_bomb_stops_at_the_limit(talk, peer):
    url = peer.on("/", lambda conn: (conn.send("x" * (4 << 20)), peer.read_all(conn))[0])
    with pytest.raises(ScriptError, match="Space limit exceeded"):
        talk(url, "c:recv()", "{ compression = true, max_size = 65536 }")


def test_keepalive_notices_a_server_that_has_died(talk, mute):
    with pytest.raises(ScriptError) as caught:
        talk(mute, "c:recv()", "{ keepalive = 0.05 }")
    assert caught.value.message == "ws.recv: WebSocket protocol error: keepalive ping timeout"


def test_query_and_sign_in_of_an_address_are_used_and_not_shown(talk, peer):
    url = peer.on("/a%20b?x=1", peer.read_all).replace("//", "//me:hunter2@")
    assert "hunter2" not in str(talk(url, "return c.url"))
    assert peer.requests[0].path == "/a%20b?x=1"
    assert peer.requests[0].headers["Authorization"] == "Basic bWU6aHVudGVyMg=="


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("http://127.0.0.1/", "URL error: URL scheme not supported", id="http"),
        pytest.param("127.0.0.1:80", "URL error: URL scheme not supported", id="no scheme"),
        pytest.param("", "URL error: URL scheme not supported", id="nothing"),
        pytest.param("ws:///path", "URL error: No host name in the URL", id="no host"),
        pytest.param("ws://127.0.0.1:99999/", "URL error: ", id="a port beyond all bounds"),
        pytest.param("ws://127.0.0.1/a b", "HTTP format error: invalid uri character", id="a blank"),
        pytest.param("ws://127.0.0.1/\\r\\nX: y", "HTTP format error: invalid uri character", id="a line end"),
        pytest.param("ws://127.0.0.1/ü", "HTTP format error: invalid uri character", id="a letter outside ASCII"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(fails, url, message):
    assert fails(f"ws.connect('{url}')").startswith(f"ws.connect: {message}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_refused_connection_says_so(fails, closed_port, host):
    expected = f"ws.connect: IO error: {REFUSED}"
    assert fails(f"ws.connect('ws://{host}:{closed_port}')") == expected


@pytest.mark.parametrize(
    ("status", "text"),
    [(401, "401 Unauthorized"), (404, "404 Not Found"), (503, "503 Service Unavailable"), (302, "302 Found")],
)
def test_a_server_that_refuses_is_quoted(run, peer, status, text):
    url = f"ws://127.0.0.1:{peer.port}/status/{status}"
    code = f"local ok, e = pcall(ws.connect, '{url}') return {{ e.message, e.status }}"
    assert run(code) == [f"ws.connect: HTTP error: {text}", status]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"", "WebSocket protocol error: Handshake not finished", id="nothing"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", "WebSocket protocol error: ", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP error: 200 OK", id="a plain web server"),
        pytest.param(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                     "WebSocket protocol error: ", id="a wrong answer to the key"),
    ],
)  # fmt: skip
def test_a_server_that_speaks_something_else(fails, answer, message):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                conn.recv(4096)
                conn.sendall(answer)

        thread = threading.Thread(target=serve_once)
        thread.start()
        text = fails(f"ws.connect('ws://127.0.0.1:{server.getsockname()[1]}')")
        thread.join()
    assert text.startswith(f"ws.connect: {message}")


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ timeout = 0 }", "ws.connect: timeout and keepalive must be positive"),
        ("{ keepalive = -1 }", "ws.connect: timeout and keepalive must be positive"),
        ("{ max_size = -1 }", "ws.connect: max_size must not be negative"),
        ("{ proxy = 5 }", "ws.connect: proxy must be a URL, true (from the environment) or false"),
        ("{ proxy = '' }", "ws.connect: proxy must be a URL, true (from the environment) or false"),
        ("{ proxy = 'ftp://u:s3cret-word@x' }", "ws.connect: the proxy cannot be used: scheme ftp isn't supported"),
        ("{ proxy = 'nothing' }", "ws.connect: the proxy cannot be used: scheme  isn't supported"),
        ("{ subprotocols = 5 }", "ws.connect: subprotocols must be a list of names"),
        ("{ subprotocols = { 1 } }", "ws.connect: subprotocols must be a list of names"),
        ("{ headers = { ['a b'] = 'c' } }", "ws.connect: HTTP format error: invalid HTTP header name"),
        ("{ headers = { a = 'b\\r\\nc: d' } }", "ws.connect: HTTP format error: failed to parse header value"),
        ("{ headers = 5 }", "error converting Lua integer to table"),
        ("5", "bad argument #2: error converting Lua integer to table"),
    ],
)
def test_options_that_make_no_sense_are_refused(fails, closed_port, opts, message):
    assert fails(f"ws.connect('ws://127.0.0.1:{closed_port}', {opts})") == message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"HTTP/1.1 407 x\r\n\r\n", "the proxy answered 407 Proxy Authentication Required", id="refuses"),
        pytest.param(b"nonsense\r\n\r\n", "the proxy cannot be used: ", id="is none"),
        pytest.param(b"", "the proxy cannot be used: ", id="hangs up"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named(fails, answer, message):
    heads: list[bytes] = []

    def talk(peer):
        heads.append(peer.head())
        peer.send(answer)

    proxy = RawServer(talk)
    said = fails(f"ws.connect('ws://far.invalid', {{ proxy = 'http://u:s3cret-word@127.0.0.1:{proxy.port}' }})")
    proxy.close()
    assert said.startswith(f"ws.connect: IO error: {message}")
    assert "s3cret-word" not in said
    assert heads[0].startswith(b"CONNECT far.invalid:80 HTTP/1.1\r\n")


def test_the_proxy_of_the_environment_is_taken_on_demand_and_where_it_is_for(fails, closed_port, monkeypatch):
    def talk(peer):
        peer.head()
        peer.send(b"HTTP/1.1 407 x\r\n\r\n")

    proxy = RawServer(talk)
    monkeypatch.setenv("http_proxy", proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    url = f"ws://127.0.0.1:{closed_port}"
    said = [fails(f"ws.connect('{url}', {{ proxy = true }})"), fails(f"ws.connect('{url}')")]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    said.append(fails(f"ws.connect('{url}', {{ proxy = true }})"))
    proxy.close()
    assert ["407" in text for text in said] == [True, False, False]
    assert proxy.connections == 1


def test_an_unknown_option_is_an_error_under_strict(fails, closed_port):
    text = fails(f"ws.connect('ws://127.0.0.1:{closed_port}', {{ header = {{}} }})", strict=True)
    assert text == "ws.connect: unknown option 'header', did you mean 'headers'?" or "headers" in text


def test_looking_at_the_group_loads_neither_websockets_nor_an_event_loop():
    code = (
        "import sys; from assay_shell.runtime.vm import run; run('return ws.connect'); "
        "print([name for name in sys.modules if name in ('websockets', 'asyncio', 'ssl')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_headers_that_hold_secrets_are_never_shown():
    headers = "{ Authorization = 'Bearer abcdef123', ['X-API-Key'] = 'vwxyz789', ['X-Id'] = 'visible42' }"
    with Runtime() as runtime:
        runtime.evaluate(f"pcall(ws.connect, 'ws://127.0.0.1:1/', {{ headers = {headers} }})")
        shown = runtime.redactor.text("abcdef123 vwxyz789 visible42")
    assert "abcdef123" not in shown
    assert "vwxyz789" not in shown
    assert "visible42" in shown


# Arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["send", "send_binary", "recv", "ping", "status", "close"])
@pytest.mark.parametrize("first", ["nil", "5", "'x'", "{}", "io.stdout"])
def test_the_first_argument_must_be_a_connection(fails, name, first):
    second = ", 'x'" if name.startswith("send") else ""
    assert fails(f"ws.{name}({first}{second})") == f"ws.{name}: first argument must be a ws connection"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ws.connect(nil)", "bad argument #1: error converting Lua nil to String (expected string or number)"),
        ("ws.connect({})", "bad argument #1: error converting Lua table to String (expected string or number)"),
    ],
)
def test_connect_wants_an_address(fails, code, message):
    assert fails(code) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ws.send(c)", "bad argument #2: error converting Lua nil to String (expected string or number)"),
        ("c:send({})", "bad argument #2: error converting Lua table to String (expected string or number)"),
        ("c:send('a\\xff')", "bad argument #2: error converting Lua string to String (invalid utf-8 sequence of 1 bytes"
                             " from index 1)"),
        ("c:ping({ data = ('x'):rep(126) })", "ws.ping: data must have at most 125 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused(talk, echo, call, message):
    with pytest.raises(ScriptError) as caught:
        talk(echo, call)
    assert caught.value.message == message


# TLS ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def vault(certificates: Certificates) -> Iterator[Peer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    server = Peer(context)
    yield server
    server.close()


@pytest.fixture
def secure(vault: Peer) -> str:
    """Return the address of a server that says `secret`."""
    return vault.on("/", lambda conn: conn.send("secret")).replace("ws://127.0.0.1", "wss://localhost")


def test_a_certificate_of_an_authority_that_is_named_is_trusted(talk, secure, certificates):
    assert talk(secure, "return c:recv()", f"{{ ca_cert_file = '{certificates.authority}' }}") == "secret"
    assert talk(secure, "return c:recv()", f"{{ ca_cert = fs.read('{certificates.authority}') }}") == "secret"


def test_the_trust_of_the_environment_counts(talk, secure, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    assert talk(secure, "return c:recv()") == "secret"


def test_an_unknown_authority_is_not_trusted(talk, secure):
    with pytest.raises(ScriptError, match=r"^ws\.connect: TLS error: invalid peer certificate: "):
        talk(secure, "return 1")


def test_a_certificate_for_another_name_is_not_trusted(talk, secure, certificates, tmp_path):
    elsewhere = make_certificates(tmp_path)
    with pytest.raises(ScriptError, match="invalid peer certificate"):
        talk(secure, "return 1", f"{{ ca_cert_file = '{elsewhere.authority}' }}")
    url = secure.replace("localhost", "[::ffff:127.0.0.1]")
    with pytest.raises(ScriptError, match=r"^ws\.connect: TLS error: invalid peer certificate: "):
        talk(url, "return 1", f"{{ ca_cert_file = '{certificates.authority}' }}")


def test_trust_may_be_left_out_and_the_name_be_another(talk, secure, certificates):
    assert talk(secure, "return c:recv()", "{ verify = false }") == "secret"
    by_number = secure.replace("localhost", "[::ffff:127.0.0.1]")
    trusting = f"ca_cert_file = '{certificates.authority}'"
    assert talk(by_number, "return c:recv()", f"{{ {trusting}, server_name = 'localhost' }}") == "secret"


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ ca_cert_file = '/none' }", 'failed to read CA cert file "/none": No such file or directory (os error 2)'),
        ("{ key = 'x' }", "a client key needs its certificate (cert or cert_file)"),
        ("{ cert = 'x' }", "TLS error: invalid certificate: "),
    ],
)
def test_certificates_that_cannot_be_used_are_named(fails, opts, message):
    assert fails(f"ws.connect('wss://127.0.0.1:1', {opts})").startswith(f"ws.connect: {message}")


# Release --------------------------------------------------------------------------------------------------


def test_a_cancelled_task_closes_what_it_holds(run, peer):
    url = peer.on("/", peer.read_all)
    code = (
        f"local t = async.spawn(function() local c <close> = ws.connect('{url}') c:recv() end) "
        "sleep(0.1) t:cancel() sleep(0.1)"
    )
    run(code)
    assert peer.gone.wait(5)
    assert peer.seen == [(1000, "")]


@pytest.mark.long
def test_a_server_that_never_says_goodbye_delays_the_end_by_two_seconds_at_most(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                key = conn.recv(4096).partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
                conn.sendall(UPGRADED.format(accept_key(key)).encode())
                done.wait(10)

        thread = threading.Thread(target=serve_once)
        thread.start()
        url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        seconds = run(f"local c = ws.connect('{url}') local started = time() c:close() return time() - started")
        done.set()
        thread.join()
    assert seconds < 4


def test_a_cancelled_task_does_not_wait_for_the_goodbye_of_the_other_side(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                key = conn.recv(4096).partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
                conn.sendall(UPGRADED.format(accept_key(key)).encode())
                while conn.recv(4096):
                    pass
                ended.set()

        thread = threading.Thread(target=serve_once)
        thread.start()
        url = f"ws://127.0.0.1:{server.getsockname()[1]}"
        code = (
            f"local t = async.spawn(function() local c <close> = ws.connect('{url}') c:recv() end) "
            "sleep(0.1) local started = time() t:cancel() pcall(t.await, t) return time() - started"
        )
        assert run(code) < 0.5
        assert ended.wait(5)
        thread.join()


def test_a_cancelled_connect_leaves_no_socket(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        run(f"local t = async.spawn(function() ws.connect('{url}') end) sleep(0.1) t:cancel() sleep(0.02)")
        conn, _ = silent.accept()
        with conn:
            conn.settimeout(5)
            while conn.recv(4096):
                pass  # what was sent, then the end


def test_what_a_script_leaves_open_is_closed_when_it_ends(run, peer):
    url = peer.on("/", peer.read_all)
    run(f"c = ws.connect('{url}') d = ws.connect('{url}')")
    assert peer.gone.wait(5)
    assert peer.seen[0] == (1001, "")


def test_a_connection_that_nobody_holds_is_released(peer):
    url = peer.on("/", peer.read_all)
    with Runtime() as runtime:
        runtime.evaluate(f"ws.connect('{url}')")
        gc.collect()
        runtime.evaluate("collectgarbage() collectgarbage() sleep(0.05)")
        gc.collect()
        runtime.evaluate("sleep(0.05)")
        assert peer.gone.wait(2)


def test_two_hundred_connections_leave_no_descriptor(peer, echo):
    with Runtime() as runtime:
        code = f"for i = 1, %d do local c <close> = ws.connect('{echo}') c:send('x') c:recv() end"
        runtime.evaluate(code % 5)
        before = len(list(Path("/dev/fd").iterdir()))
        runtime.evaluate(code % 200)
        for _ in range(100):  # the peer is in this process and closes its ends in its own time
            left = len(list(Path("/dev/fd").iterdir())) - before
            if left <= 3:
                break
            time.sleep(0.05)
        assert left <= 3  # below zero where the peer was slow to close the first five


# Read-only ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("ws.send(c, 'x')", "ws.send"),
        ("c:send('x')", "ws connection:send"),
        ("ws.send_binary(c, 'x')", "ws.send_binary"),
        ("c:send_binary('x')", "ws connection:send_binary"),
    ],
)
def test_sending_is_refused_under_readonly(talk, peer, call, name):
    url = peer.on("/", peer.read_all)
    with pytest.raises(ScriptError) as caught:
        talk(url, call, readonly=True)
    assert caught.value.message.startswith(f"readonly: {name} blocked ({url})")
    assert peer.gone.wait(5)
    assert peer.seen == [(1000, "")]


@pytest.mark.parametrize(
    "path",
    ["exec?command=ls", "attach", "portforward/", "%65xec", "exec#x", "exec/.", "x%2Fexec", "proxy/portForward/n/pod"],
)
def test_running_commands_in_pods_is_refused_under_readonly(fails, path):
    url = f"wss://127.0.0.1:1/api/v1/namespaces/n/pods/p/{path}"
    assert fails(f"ws.connect('{url}')", readonly=True).startswith("readonly: ws.connect blocked (wss://127.0.0.1:1/")


def test_listening_goes_on_under_readonly(talk, peer):
    url = peer.raw("/", frame(TEXT, b"news"))
    code = "c:ping({ timeout = 1 }) return c:recv() .. tostring(c:status().open)"
    assert talk(url, code, readonly=True) == "newstrue"
