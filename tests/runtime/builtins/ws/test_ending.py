"""How a WebSocket connection ends: by either side, at a limit, by a frame against the rules."""

from __future__ import annotations

import pytest

from assay_shell.runtime.errors import ScriptError
from tests.runtime.builtins.ws.peer import CLOSE, CONTINUED, PING, RESET, TEXT, frame

# The end ------------------------------------------------------------------------------------------------


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


# Limits and broken frames -------------------------------------------------------------------------------


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
