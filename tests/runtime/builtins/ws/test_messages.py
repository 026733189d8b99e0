"""Messages of the WebSocket client: what is sent and what comes back, in time and in a loop."""

from __future__ import annotations

import socket
import threading

import pytest
from websockets.sync.server import ServerConnection

from assay_shell.runtime.errors import ScriptError
from tests.runtime.builtins.ws.peer import BINARY, CLOSE, CONTINUED, PING, RESET, TEXT, by_hand, frame

# Messages -----------------------------------------------------------------------------------------------


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


# Time ---------------------------------------------------------------------------------------------------


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


# Iteration ----------------------------------------------------------------------------------------------


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


def test_a_server_that_takes_no_pongs_is_read_no_further(talk):
    """Its pongs would pile up in our memory."""
    pings, stuck = frame(PING, b"x" * 125) * (24 << 20 >> 7), threading.Event()

    def flood(conn):
        conn.settimeout(0.3)
        sent = 0
        try:
            while sent < len(pings):
                sent += conn.send(pings[sent : sent + 131_072])
        except TimeoutError:
            stuck.set()

    with by_hand(flood) as url:
        talk(url, "sleep(1)")
    assert stuck.is_set()


def test_what_came_behind_many_pings_is_not_lost(talk, peer):
    assert talk(peer.raw("/", frame(PING) * 20_000, frame(TEXT, b"here")), "return c:recv()") == "here"
