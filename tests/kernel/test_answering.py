"""What is no proper request: the kernel says so, and goes on."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.session import DELIM

from tests.kernel.conftest import Notebook, new_manager


def frames(client: Any, kind: str = "execute_request", content: object = None, **header: object) -> list[bytes]:
    """A signed message as it goes over the wire."""
    session = client.session
    message = session.msg(kind, {"code": "1 + 1"} if content is None else content)
    message["header"].update(header)
    return list(session.serialize(message))


def second(notebook: Notebook) -> Notebook:
    """Another front end of the same kernel: one with a session of its own, as another browser would be."""
    client = BlockingKernelClient(connection_file=notebook.manager.connection_file)
    client.load_connection_file()
    return Notebook(notebook.manager, client)


def garbage(client: Any) -> dict[str, list[bytes]]:
    """Messages that nobody should send, by what is wrong with them."""
    good = frames(client)
    sign = client.session.sign
    return {
        "no delimiter": [b"hello"],
        "empty": [b""],
        "nothing behind the delimiter": [DELIM],
        "unsigned": [DELIM, b"", *good[2:]],
        "signed by somebody else": [DELIM, b"0" * 64, *good[2:]],
        "too few frames": good[:4],
        "no JSON": [DELIM, sign([b"{", b"{}", b"{}", b"{}"]), b"{", b"{}", b"{}", b"{}"],
        "a header that is a list": [DELIM, sign([b"[]", b"{}", b"{}", b"{}"]), b"[]", b"{}", b"{}", b"{}"],
        "a subshell that is not there": frames(client, subshell_id="other"),
        "a type that is not known": frames(client, kind="dance_request"),
        "large": [b"x" * (1 << 20)] * 8,
    }


@pytest.mark.parametrize("channel", ["shell_channel", "control_channel", "stdin_channel"])
def test_garbage_on_a_channel_harms_nothing(fresh, channel):
    client = fresh.client
    for message in garbage(client).values():
        getattr(client, channel).socket.send_multipart(message)
    assert fresh.text("6 * 7") == "42"
    fresh.client.execute("sleep(30)", stop_on_error=False)
    time.sleep(0.1)
    fresh.manager.interrupt_kernel()
    assert client.get_shell_msg(timeout=10)["content"]["ename"] == "Interrupted"
    assert client.is_alive()


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("execute_request", {}, id="no code"),
        pytest.param("execute_request", {"code": 5}, id="code that is no text"),
        pytest.param("complete_request", {"code": "pri"}, id="no cursor"),
        pytest.param("inspect_request", {"cursor_pos": 1}, id="inspection of nothing"),
        pytest.param("is_complete_request", {}, id="completeness of nothing"),
        pytest.param("history_request", {"hist_access_type": "tail", "output": False, "raw": True, "n": "x"}, id="n"),
        pytest.param("history_request", {"unheard": 1}, id="history"),
        pytest.param("shutdown_request", {}, id="shutdown"),
    ],
)
def test_a_request_that_makes_no_sense_gets_an_error_reply(shared, kind, content):
    client = shared.client
    message = client.session.msg(kind, content)
    client.shell_channel.send(message)
    reply = client.get_shell_msg(timeout=10)
    assert (reply["msg_type"], reply["content"]["status"]) == (kind.replace("request", "reply"), "error")
    assert reply["parent_header"]["msg_id"] == message["header"]["msg_id"]
    assert reply["content"]["evalue"]
    assert shared.text("1 + 1") == "2"


@pytest.mark.parametrize("channel", ["shell", "control"])
@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b"[" * 100_000], ids=["half", "none", "bytes", "deep"])
def test_a_request_whose_content_cannot_be_read_gets_an_error_reply(shared, channel, content):
    client = shared.client
    header, *rest = frames(client)[2:5]
    signed = [header, *rest, content]
    getattr(client, f"{channel}_channel").socket.send_multipart([DELIM, client.session.sign(signed), *signed])
    reply = getattr(client, f"get_{channel}_msg")(timeout=10)
    assert (reply["msg_type"], reply["content"]["status"]) == ("execute_reply", "error")
    assert reply["parent_header"]["msg_id"] == json.loads(header)["msg_id"]
    while client.get_iopub_msg(timeout=10)["content"].get("execution_state") != "idle":
        pass
    assert shared.text("1 + 1") == "2"


def test_a_request_for_a_subshell_is_refused(shared):
    shared.client.shell_channel.socket.send_multipart(frames(shared.client, subshell_id="other"))
    assert "no subshell" in shared.client.get_shell_msg(timeout=10)["content"]["evalue"]


def test_what_goes_wrong_in_the_kernel_is_told_to_whoever_runs_jupyter(jupyter_path, tmp_path):
    manager, log = new_manager(), tmp_path / "log"
    with log.open("wb") as file:
        manager.start_kernel(stderr=file)
    notebook = Notebook(manager)
    notebook.client.shell_channel.socket.send_multipart([DELIM, b"0" * 64, *frames(notebook.client)[2:]])
    notebook.client.shell_channel.send(notebook.client.session.msg("complete_request", {"code": 5}))
    notebook.client.get_shell_msg(timeout=10)
    notebook.close()
    first, second = log.read_text().splitlines()
    assert "assay kernel: WARNING: dropped what nobody has signed" in first
    assert "assay kernel: ERROR: complete_request failed" in second


def test_a_comm_is_closed_at_once(shared):
    client = shared.client
    for kind in ("comm_msg", "comm_close", "comm_open"):
        client.shell_channel.send(client.session.msg(kind, {"comm_id": "c1", "target_name": "widget", "data": {}}))
    while (message := client.get_iopub_msg(timeout=10))["msg_type"] != "comm_close":
        pass
    assert message["content"]["comm_id"] == "c1"
    assert shared.text("1 + 1") == "2"


@pytest.mark.parametrize("cursor", [-5, 10**9])
def test_a_cursor_beyond_the_text_is_answered(shared, cursor):
    for ask in (shared.client.complete, shared.client.inspect):
        ask("crypto.ha", cursor)
        assert shared.client.get_shell_msg(timeout=10)["content"]["status"] in ("ok", "error")


def test_a_debugger_is_neither_offered_nor_missed(shared):
    shared.client.kernel_info()
    assert "debugger" not in shared.client.get_shell_msg(timeout=10)["content"]["supported_features"]
    request = shared.client.session.msg("debug_request", {"command": "initialize"})
    shared.client.control_channel.send(request)
    assert shared.client.get_control_msg(timeout=10)["content"]["status"] == "error"


def test_two_front_ends_share_one_kernel_and_hear_their_own_replies(fresh):
    other = second(fresh)
    fresh.run("local shared = 1")
    slow = fresh.client.execute("sleep(0.3) shared = shared + 1 return 'slow'")
    fast = other.client.execute("return shared")
    assert fresh.client.get_shell_msg(timeout=10)["parent_header"]["msg_id"] == slow
    assert other.client.get_shell_msg(timeout=10)["parent_header"]["msg_id"] == fast
    assert fresh.text("shared") == other.text("shared") == "2"
    other.client.execute("return input('who? ')", allow_stdin=True)
    assert other.client.get_stdin_msg(timeout=10)["content"]["prompt"] == "who? "
    assert not fresh.client.stdin_channel.msg_ready()
    other.client.input("me")
    assert other.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    other.client.stop_channels()


def test_only_the_one_who_was_asked_answers(fresh):
    other = second(fresh)
    other.client.execute("return input('who? ')", allow_stdin=True, stop_on_error=False)
    asked = other.client.get_stdin_msg(timeout=10)["header"]
    for message in garbage(other.client).values():
        other.client.stdin_channel.socket.send_multipart(message)
    fresh.client.input("somebody else")
    earlier = {"header": {**asked, "msg_id": "another question"}}
    other.client.stdin_channel.send(other.client.session.msg("input_reply", {"value": "too late"}, earlier))
    assert not other.client.shell_channel.msg_ready()
    other.client.input("me")
    assert other.client.get_shell_msg(timeout=10)["content"]["status"] == "ok"
    assert other.text("_") == "me"
    other.client.stop_channels()


def test_a_front_end_that_is_gone_while_it_is_asked_does_not_end_the_kernel(fresh):
    other = second(fresh)
    other.client.execute("return input('who? ')", allow_stdin=True, stop_on_error=False)
    other.client.get_stdin_msg(timeout=10)
    other.client.stop_channels()
    fresh.manager.interrupt_kernel()
    assert fresh.text("1 + 1") == "2"


def test_a_stranger_without_the_key_is_not_answered(shared):
    info = shared.client.get_connection_info()
    stranger: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
    stranger.linger = 0
    stranger.connect(f"tcp://{info['ip']}:{info['shell_port']}")
    message = frames(shared.client)
    stranger.send_multipart([DELIM, b"0" * 64, *message[2:]])
    assert not stranger.poll(200)
    stranger.close()
    assert shared.text("1 + 1") == "2"
