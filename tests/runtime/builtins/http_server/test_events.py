"""Server-sent events and streams: what goes over the wire, who waits for whom, and who leaves."""

from __future__ import annotations

import socket
import time

import pytest

from tests.support.talk import until


def sse(body: str, more: str = "") -> str:
    """Return a routes table whose handler answers with an event stream."""
    return f'{{ GET = {{ ["/"] = function(req) return {{ sse = function(send) {body} end{more} }} end }} }}'


def stream(body: str, more: str = "") -> str:
    """Return a routes table whose handler answers with a body in pieces."""
    return f'{{ GET = {{ ["/"] = function(req) return {{ stream = function(write) {body} end{more} }} end }} }}'


CLOSED = "setmetatable({}, { __close = function() print('closed') end })"


def test_an_event_stream_has_its_headers_and_is_chunked(serve):
    answer = serve(sse("send({ data = 'x' })")).get("/")
    assert answer.status == 200
    assert answer.header("content-type") == "text/event-stream"
    assert answer.header("cache-control") == "no-cache"
    assert answer.header("connection") == "keep-alive"
    assert answer.header("transfer-encoding") == "chunked"
    assert answer.body == b"data: x\n\n"


def test_status_and_headers_are_the_handlers(serve):
    more = ", status = 201, headers = { ['Content-Type'] = 'text/x', ['Cache-Control'] = 'none', X = 'y' }"
    answer = serve(sse("", more)).get("/")
    assert (answer.status, answer.body) == (201, b"")
    assert (answer.all("content-type"), answer.all("cache-control"), answer.header("x")) == (["text/x"], ["none"], "y")


def test_events_win_over_everything(serve):
    assert serve(sse("send({ data = 1 })", ", json = {}, body = 'x'")).get("/").body == b"data: 1\n\n"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        pytest.param("{ data = 'a' }", "data: a\n\n", id="data"),
        pytest.param("{ data = 'a\\nb' }", "data: a\ndata: b\n\n", id="two lines"),
        pytest.param("{ data = 'a\\n' }", "data: a\ndata: \n\n", id="line end last"),
        pytest.param("{ data = '' }", "data: \n\n", id="empty data"),
        pytest.param("{ data = 'a\\rb' }", "data: a\rb\n\n", id="CR stays"),
        pytest.param(
            "{ retry = 5, id = 'i', data = 'd', event = 'e' }", "event: e\ndata: d\nid: i\nretry: 5\n\n", id="order"
        ),
        pytest.param("{ event = 1, data = 2.5, id = 3 }", "event: 1\ndata: 2.5\nid: 3\n\n", id="numbers"),
        pytest.param("{ retry = '250' }", "retry: 250\n\n", id="retry as text"),
        pytest.param("{ retry = 'soon' }", "\n", id="retry that is none"),
        pytest.param("{ event = true, data = {}, id = print }", "\n", id="other types are absent"),
        pytest.param("{ comment = 'x' }", "\n", id="unknown keys"),
        pytest.param("{}", "\n", id="empty"),
        pytest.param("{ data = 'é\\xff' }", "data: é\udcff\n\n", id="bytes"),
    ],
)
def test_encoding(serve, event, text):
    assert serve(sse(f"send({event})")).get("/").body == text.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("send({ event = 'a\\nb' })", "SSE event name must not contain newlines", id="event LF"),
        pytest.param("send({ event = 'a\\rb' })", "SSE event name must not contain newlines", id="event CR"),
        pytest.param("send({ id = 'a\\nb' })", "SSE id must not contain newlines", id="id LF"),
        pytest.param("send({ id = 'a\\r' })", "SSE id must not contain newlines", id="id CR"),
        pytest.param("send('x')", "bad argument #1: error converting Lua string to table", id="string"),
        pytest.param("send()", "bad argument #1: error converting Lua nil to table", id="nil"),
    ],
)
def test_what_send_refuses(serve, call, text):
    server = serve(sse(f"local ok, e = pcall(function() {call} end) send({{ data = e.message }})"))
    assert server.get("/").body == f"data: {text}\n\n".encode()


def test_send_waits_when_nobody_reads_and_goes_on_when_somebody_does(serve):
    body = "for i = 1, 400 do send({ data = ('x'):rep(65536) }) sent = i end print('all')"
    server = serve(sse(body), before="sent = 0")
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert not server.has_printed("all", patience=0.2)
        total = sum(len(piece) for piece in iter(talk.chunk, b""))
        assert total == 400 * (65536 + len("data: \n\n"))
        assert server.has_printed("all")


def test_other_requests_are_served_meanwhile(serve):
    server = serve(
        '{ GET = { ["/e"] = function() return { sse = function(send)'
        ' while true do send({ data = "x" }) sleep(0.01) end end } end,'
        ' ["/"] = function() return { body = "ok" } end } }'
    )
    with server.talk() as talk:
        talk.send(b"GET /e HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert talk.chunk() == b"data: x\n\n"
        assert server.get("/").body == b"ok"
        assert talk.chunk() == b"data: x\n\n"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("send({ data = 1 }) sleep(60)", id="in a wait"),
        pytest.param("while true do send({ data = 1 }) sleep(0.01) end", id="between events"),
        pytest.param("while true do pcall(send, { data = 1 }) sleep(0.01) end", id="with its errors caught"),
        pytest.param("while true do send({ data = ('x'):rep(100000) }) end", id="in send"),
    ],
)
@pytest.mark.parametrize("how", ["close", "reset", "half"])
def test_a_client_that_leaves_ends_the_handler_and_its_close_variables_run(serve, body, how):
    server = serve(sse(f"local x <close> = {CLOSED} {body}"))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        if how == "reset":
            talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        elif how == "half":
            talk.socket.shutdown(socket.SHUT_WR)
            assert server.has_printed("closed")
            return
    assert server.has_printed("closed")
    assert not any(level == "error" for level, _, _ in server.logs)


def test_send_says_that_the_client_has_left(serve):
    loop = "while ok ~= false do ok, e = pcall(send, { data = 1 }) sleep(0.01) end"
    body = f"send({{ data = 1 }}) local ok, e {loop} print(e.message)"
    server = serve(sse(body))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
    assert server.has_printed("SSE stream closed")


def test_send_fails_after_the_function_has_ended(serve):
    server = serve(
        '{ GET = { ["/"] = function() return { sse = function(send) kept = send end } end,'
        ' ["/after"] = function() local ok, e = pcall(kept, { data = 1 }) return { body = e.message } end } }'
    )
    assert server.get("/").body == b""
    assert server.get("/after").body == b"SSE stream closed"


def test_an_error_is_logged_and_ends_the_stream(serve):
    server = serve(sse("send({ data = 1 }) error('boom')"))
    with server.talk() as talk:
        assert talk.get("/").body == b"data: 1\n\n"
        assert talk.get("/").status == 200
    assert server.has_logged("http.serve SSE: handler error: <served>:2: boom")


def test_a_1_0_client_gets_the_bare_events_until_the_end(serve):
    with serve(sse("send({ data = 1 }) sleep(0.01) send({ data = 2 })")).talk() as talk:
        head = talk.send(b"GET / HTTP/1.0\r\n\r\n").head()
        assert "transfer-encoding" not in head
        assert "connection: close\r\n" in head
        assert talk.rest() == b"data: 1\n\ndata: 2\n\n"


def test_a_head_request_gets_the_head(serve):
    server = serve('{ HEAD = { ["/"] = function() return { sse = function(send) send({ data = 1 }) end } end } }')
    with server.talk() as talk:
        for _ in range(2):
            assert talk.get("/", method="HEAD").header("content-type") == "text/event-stream"


def test_heartbeats_fill_the_silence(serve):
    server = serve(sse("send({ data = 1 }) sleep(5)"), "{ heartbeat = 0.04 }")
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert [talk.chunk() for _ in range(3)] == [b"data: 1\n\n", b":\n\n", b":\n\n"]


def test_a_slow_client_can_be_dropped_instead_of_waited_for(serve):
    server = serve(sse("for i = 1, 3000 do send({ data = ('x'):rep(20000) }) end", ", slow = 'drop'"))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        time.sleep(0.1)
        assert len(talk.rest()) < 3000 * 20000
    assert not any(level == "error" for level, _, _ in server.logs)


# Streams -----------------------------------------------------------------------------------------------------


def test_a_body_may_come_in_pieces(serve):
    server = serve(stream("for i = 1, 3 do write('x' .. i) sleep(0.01) end write(4)"))
    with server.talk() as talk:
        for _ in range(2):
            answer = talk.get("/")
            assert (answer.body, answer.header("transfer-encoding")) == (b"x1x2x34", "chunked")


def test_pieces_arrive_as_they_are_written(serve):
    with serve(stream("write('a') sleep(0.2) write('b')")).talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert talk.chunk() == b"a"
        assert talk.quiet(0.05)
        assert talk.chunk() == b"b"


def test_all_bytes_pass_through_streams(serve):
    code = "for i = 0, 255 do write(string.char(i)) end"
    assert serve(stream(code)).get("/").body == bytes(range(256))


def test_an_empty_piece_does_not_end_the_body(serve):
    assert serve(stream("write('a') write('') write('b')")).get("/").body == b"ab"


def test_a_given_length_frames_the_body(serve):
    more = ", headers = { ['Content-Length'] = 3 }"
    server = serve(stream("write('a') write('bc')", more))
    with server.talk() as talk:
        for _ in range(2):
            answer = talk.get("/")
            assert (answer.body, answer.header("transfer-encoding")) == (b"abc", None)


def test_more_than_the_given_length_is_refused_and_less_closes(serve):
    more = ", headers = { ['Content-Length'] = 3 }"
    with serve(stream("write('abc') pcall(write, 'd')", more)).talk() as talk:
        assert talk.get("/").body == b"abc"
        assert talk.get("/").body == b"abc"
    with serve(stream("write('a')", more)).talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert talk.rest() == b"a"


def test_an_error_before_the_first_piece_is_500(serve):
    answer = serve(stream("error('boom')")).get("/")
    assert (answer.status, answer.text[:39]) == (500, "handler error: runtime error: <served>:")


def test_an_error_in_the_middle_breaks_the_body_off(serve):
    server = serve(stream("write('a') sleep(0.01) error('boom')"))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert talk.rest() == b"1\r\na\r\n"
    assert server.has_logged("boom")


def test_a_writer_waits_for_a_client_that_does_not_read(serve):
    server = serve(stream("for i = 1, 200 do write(('x'):rep(100000)) end print('all')"))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        assert not server.has_printed("all", patience=0.2)
        assert sum(len(piece) for piece in iter(talk.chunk, b"")) == 200 * 100000


def test_a_writer_learns_that_its_client_has_left(serve):
    body = f"local x <close> = {CLOSED} write('a') while true do write(('x'):rep(1000)) sleep(0.005) end"
    server = serve(stream(body))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
    assert server.has_printed("closed")


# Channels ----------------------------------------------------------------------------------------------------

CHANNEL = """{ GET = { ["/"] = function() return { sse = ch } end,
  ["/count"] = function() return { json = ch:count() } end,
  ["/close"] = function() ch:close() return {} end },
  POST = { ["/"] = function(req) return { json = ch:publish({ event = "e", data = req.body }) } end } }"""


def listeners(server, count):
    found = []
    for _ in range(count):
        talk = server.talk()
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        found.append(talk)
    return found


def test_an_event_reaches_everybody_who_has_joined(serve):
    server = serve(CHANNEL, before="ch = http.broadcast()")
    assert server.get("/", method="POST", body=b"nobody").body == b"0"
    talks = listeners(server, 5)
    assert server.get("/count").body == b"5"
    assert server.get("/", method="POST", body=b"one\ntwo").body == b"5"
    assert [talk.chunk() for talk in talks] == [b"event: e\ndata: one\ndata: two\n\n"] * 5
    talks.pop().socket.close()
    assert until(lambda: server.get("/count").body == b"4")
    server.get("/close")
    assert [talk.chunk() for talk in talks] == [b""] * 4
    for talk in talks:
        assert talk.get("/count").body == b"0"
        talk.socket.close()


def test_a_channel_is_a_route_too(serve):
    publish = "function() ch:publish({ data = 1 }) return {} end"
    routes = f'{{ GET = {{ ["/"] = {{ sse = ch }} }}, POST = {{ ["/"] = {publish} }} }}'
    server = serve(routes, before="ch = http.broadcast()")
    (talk,) = listeners(server, 1)
    server.get("/", method="POST")
    assert talk.chunk() == b"data: 1\n\n"
    talk.socket.close()


def test_whoever_is_too_slow_is_dropped_and_the_others_are_not(serve):
    server = serve(CHANNEL, before="ch = http.broadcast({ queue = 4 })")
    slow, quick = listeners(server, 2)
    for _ in range(300):
        server.get("/", method="POST", body=b"x" * 30000)
        quick.chunk()
        if server.get("/count").body == b"1":
            break
    assert server.get("/count").body == b"1"
    assert slow.rest()
    slow.socket.close()
    quick.socket.close()


def test_subscribers_in_the_script_get_the_events_as_tables(run):
    code = """
    local ch, seen = http.broadcast(), {}
    local function follow() for event in ch:subscribe() do seen[#seen + 1] = event end end
    local a, b = async.spawn(follow), async.spawn(follow)
    sleep(0.01)
    assert.eq(ch:count(), 2)
    assert.eq(ch:publish({ event = "e", data = "x", id = 5, other = 1 }), 2)
    ch:close() ch:close()
    a.await() b.await()
    return { seen = seen, count = ch:count(), again = select(2, pcall(ch.publish, ch, { data = 1 })).message }"""
    event = {"event": "e", "data": "x", "id": 5}
    found = run(code)
    assert found == {"seen": [event, event], "count": 0, "again": "http channel:publish: the channel is closed"}


def test_a_subscriber_that_leaves_its_loop_gets_nothing_more(run):
    code = """
    local ch = http.broadcast()
    local s = ch:subscribe()
    ch:publish({ data = 1 })
    for event in s do break end
    s:close()
    return { ch:count(), ch:publish({ data = 2 }) }"""
    assert run(code) == [0, 0]


def test_a_subscriber_that_falls_behind_is_told(run):
    code = """
    local ch = http.broadcast({ queue = 2 })
    local s, n = ch:subscribe(), 0
    for i = 1, 3 do ch:publish({ data = i }) end
    local ok, e = pcall(function() for event in s do n = n + 1 end end)
    return { n, e.message }"""
    assert run(code) == [2, "http channel: the subscriber is more than 2 events behind"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("http.broadcast({ queue = 0 })", "http.broadcast: queue must be a positive number of events"),
        ("http.broadcast():publish('x')", "error converting Lua string to table"),
        ("http.broadcast():publish({ event = 'a\\nb' })", "SSE event name must not contain newlines"),
    ],
)
def test_what_channels_refuse(fails, code, text):
    assert fails(code).endswith(text)
