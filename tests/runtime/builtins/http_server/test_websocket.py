"""WebSocket routes, with the WebSocket client of a library and with one of our own."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as plain_connect

from tests.support.talk import until

ECHO = """{ GET = { ["/"] = { ws = function(conn, req)
    for message in conn do conn:send(req.params.x .. message) end
    print("left")
  end, max_size = 1000, subprotocols = { "b", "a" } } } }"""


def connect(url: str, **options: Any) -> Any:
    return plain_connect(url, **options)


@pytest.fixture
def echo(serve):
    return serve(ECHO)


def code_of(closed: ConnectionClosed) -> int:
    assert closed.rcvd is not None
    return closed.rcvd.code


def url(server, target="/?x=y"):
    return f"ws://127.0.0.1:{server.port}{target}"


def test_messages_go_both_ways(echo):
    with connect(url(echo)) as client:
        for message in ("one", "", "zwei é", "x" * 1000):
            client.send(message)
            assert client.recv() == "y" + message
        client.send(["fragment", "ed"])
        assert client.recv() == "yfragmented"
        assert client.ping().wait(2)
    assert echo.has_printed("left")


def test_a_handler_may_answer_with_a_websocket(serve):
    answer = "if req.params.ok then return { ws = function(c) c:send('hi') end } end return { status = 403 }"
    code = f"function(req) {answer} end"
    server = serve(f'{{ GET = {{ ["/"] = {code} }} }}')
    with connect(url(server, "/?ok=1")) as client:
        assert client.recv() == "hi"
        with pytest.raises(ConnectionClosed) as caught:
            client.recv()
    assert code_of(caught.value) == 1000
    with pytest.raises(InvalidStatus) as refused:
        connect(url(server, "/"))
    assert refused.value.response.status_code == 403


def test_binary_messages(serve):
    routes = """{ GET = { ["/"] = { binary = true, ws = function(conn)
        local data, kind = conn:recv()
        conn:send_binary(data .. kind)
      end } } }"""
    with connect(url(serve(routes))) as client:
        client.send(bytes(range(256)))
        assert client.recv() == bytes(range(256)) + b"binary"


def test_subprotocols_are_agreed_on_in_our_order(echo):
    with connect(url(echo), subprotocols=["a", "b"]) as client:
        assert client.subprotocol == "b"
    with connect(url(echo), subprotocols=["other"]) as client:
        assert client.subprotocol is None


def test_a_message_that_is_too_large_ends_the_connection(echo):
    with connect(url(echo)) as client:
        client.send("x" * 1001)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv()
    assert code_of(caught.value) == 1009


def test_text_that_is_not_utf_8_ends_the_connection(echo):
    with connect(url(echo)) as client:
        client.send(b"\xff", text=True)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv()
    assert code_of(caught.value) == 1007


def test_an_error_of_the_handler_is_1011_and_logged(serve):
    server = serve('{ GET = { ["/"] = { ws = function(conn) conn:recv() error("boom") end } } }')
    with connect(url(server)) as client:
        client.send("x")
        with pytest.raises(ConnectionClosed) as caught:
            client.recv()
    assert code_of(caught.value) == 1011
    assert server.has_logged("http.serve WebSocket: handler error: <served>:2: boom")


SENDER = """function(conn) local ok, e = pcall(function() while true do conn:send("tick") sleep(0.005) end end)
  print("ended") error(e, 0) end"""
READER = """function(conn) local ok, e = pcall(function() while true do conn:recv() end end)
  print("ended") error(e, 0) end"""


@pytest.mark.parametrize("how", ["with a goodbye", "without a word"])
@pytest.mark.parametrize("handler", [pytest.param(SENDER, id="sends"), pytest.param(READER, id="reads")])
def test_a_client_that_leaves_is_no_error_to_log(serve, handler, how):
    server = serve(f'{{ GET = {{ ["/"] = {{ ws = {handler} }} }} }}')
    with connect(url(server)) as client:
        if how == "without a word":
            client.socket.shutdown(socket.SHUT_RDWR)
    assert server.has_printed("ended")
    assert not [line for line in server.logs if line[0] == "error"]


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        pytest.param("function(conn) conn:close() conn:send('x') end", "ws.send", id="after its own close"),
        pytest.param("function(conn) conn:recv() end", "UTF-8 encoding error", id="a client that errs"),
        pytest.param("function(conn) pcall(conn.recv, conn) fs.read('/none') end", "fs.read", id="of another kind"),
    ],
)
def test_other_failures_of_a_handler_are_logged(serve, handler, said):
    server = serve(f'{{ GET = {{ ["/"] = {{ ws = {handler} }} }} }}')
    with connect(url(server)) as client, suppress(ConnectionClosed):
        client.send(b"\xff", text=True)  # if the handler has not closed by now
        client.recv()
    assert until(lambda: any(level == "error" and said in text for level, text, _ in server.logs))


def test_the_handler_may_close_with_a_code(serve):
    server = serve('{ GET = { ["/"] = { ws = function(conn) conn:close(4001, "enough") end } } }')
    with connect(url(server)) as client, pytest.raises(ConnectionClosed) as caught:
        client.recv()
    assert code_of(caught.value) == 4001
    assert "enough" in str(caught.value)


def test_what_is_no_handshake_is_426(echo):
    answer = echo.get("/")
    assert (answer.status, answer.header("upgrade")) == (426, "websocket")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        pytest.param(["Sec-WebSocket-Version: 13"], 400, id="no key"),
        pytest.param(["Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 13"], 400, id="bad key"),
        pytest.param(
            ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 12"], 400, id="bad version"
        ),
    ],
)
def test_a_bad_handshake_is_refused(echo, lines, status):
    with echo.talk() as talk:
        answer = talk.get("/", "Connection: Upgrade", "Upgrade: websocket", *lines)
        assert answer.status == status
        assert talk.ended()


def test_other_origins_can_be_kept_out(serve):
    routes = '{ GET = { ["/"] = { ws = function(c) c:send("hi") end, origins = { "https://ours.example" } } } }'
    server = serve(routes)
    with connect(url(server), origin="https://ours.example") as client:
        assert client.recv() == "hi"
    with pytest.raises(InvalidStatus) as refused:
        connect(url(server), origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_a_frame_that_comes_with_the_handshake_is_not_lost(echo):
    with echo.talk() as talk:
        handshake = (
            b"GET /?x=y HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert " 101 " in talk.send(handshake + b"\x81\x82\0\0\0\0hi").head()
        assert talk.exactly(5) == b"\x81\x03yhi"


def test_middleware_stands_before_websockets(serve):
    check = "if not req.params.key then return { status = 401 } end return next(req)"
    options = f"{{ middleware = function(req, next) {check} end }}"
    server = serve('{ GET = { ["/"] = { ws = function(c, r) c:send(r.remote) end } } }', options)
    with connect(url(server, "/?key=1")) as client:
        assert client.recv() == "127.0.0.1"
    with pytest.raises(InvalidStatus):
        connect(url(server, "/"))


def test_the_client_of_the_same_runtime_meets_the_server(run):
    code = """
    local h = http.serve(0, { GET = { ["/"] = { ws = function(conn) for m in conn do conn:send(m .. m) end end } } },
      { background = true })
    local conn <close> = ws.connect((h.url:gsub("^http", "ws")) .. "/")
    local got = {}
    for i = 1, 3 do conn:send("m" .. i) got[i] = conn:recv() end
    return got"""
    assert run(code) == ["m1m1", "m2m2", "m3m3"]


def test_a_stop_says_goodbye(run):
    code = """
    local routes = { GET = { ["/"] = { ws = function(conn) for m in conn do end end } } }
    local h = http.serve(0, routes, { background = true })
    local conn = ws.connect((h.url:gsub("^http", "ws")) .. "/")
    async.spawn(function() h:stop() end)
    local ok, e = pcall(conn.recv, conn)
    return { ok, e.code }"""
    assert run(code) == [False, 1001]


def test_pings_of_our_own_find_clients_that_are_gone(serve):
    code = "{ ws = function(conn) local ok, e = pcall(conn.recv, conn) print(ok) end }"
    server = serve(f'{{ GET = {{ ["/"] = {code} }} }}', "{ ping = 0.05 }")
    with server.talk() as talk:
        talk.get("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                 "Sec-WebSocket-Version: 13")  # fmt: skip
        assert server.has_printed("false")


HANDSHAKE = b"""GET / HTTP/1.1\r
Host: t\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
Sec-WebSocket-Version: 13\r
\r
"""
READS = '{ GET = { ["/"] = { ws = function(conn) for m in conn do print("got " .. #m) end end } } }'
PING, TEXT = b"\x89\x80\0\0\0\0", b"\x81\x81\0\0\0\0a"


def test_a_client_that_takes_no_pongs_is_read_no_further(serve):
    """Its pongs would pile up in our memory."""
    server = serve(READS)
    pings = (b"\x89\xfd\0\0\0\0" + b"x" * 125) * (24 << 20 >> 7)
    with server.talk() as talk:
        talk.send(HANDSHAKE).head()
        talk.socket.settimeout(0.15)
        sent = 0
        with suppress(TimeoutError):
            while sent < len(pings):
                sent += talk.socket.send(pings[sent : sent + 131_072])
        assert sent < len(pings)


def test_what_came_behind_many_pings_is_not_lost(serve):
    server = serve(READS)
    with server.talk() as talk:
        talk.send(HANDSHAKE).head()
        talk.send(PING * 10_000 + TEXT + b"\x88\x80\0\0\0\0")
        talk.socket.shutdown(socket.SHUT_WR)
        assert talk.rest() == b"\x8a\x00" * 10_000 + b"\x88\x00"
    assert server.has_printed("got 1")


@pytest.mark.parametrize(("option", "value"), [("max_size", "-1"), ("max_size", "'x'"), ("subprotocols", "{ 1 }")])
def test_options_that_make_no_sense_are_500(serve, option, value):
    server = serve(f'{{ GET = {{ ["/"] = {{ ws = function() end, {option} = {value} }} }} }}')
    with pytest.raises(InvalidStatus) as refused:
        connect(url(server))
    assert refused.value.response.status_code == 500
    assert json.dumps(option).strip('"') in refused.value.response.body.decode()
