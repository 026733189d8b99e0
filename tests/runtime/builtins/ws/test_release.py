"""What a WebSocket connection leaves behind: nothing."""

from __future__ import annotations

import gc
import socket
import threading
import time
from pathlib import Path

import pytest

from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.ws.peer import by_hand


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
    done = threading.Event()
    with by_hand(lambda conn: done.wait(10)) as url:
        seconds = run(f"local c = ws.connect('{url}') local started = time() c:close() return time() - started")
        done.set()
    assert seconds < 4


def test_a_cancelled_task_does_not_wait_for_the_goodbye_of_the_other_side(run):
    ended = threading.Event()

    def handle(conn):
        while conn.recv(4096):
            pass
        ended.set()

    with by_hand(handle) as url:
        code = (
            f"local t = async.spawn(function() local c <close> = ws.connect('{url}') c:recv() end) "
            "sleep(0.1) local started = time() t:cancel() pcall(t.await, t) return time() - started"
        )
        assert run(code) < 0.5
        assert ended.wait(5)


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
