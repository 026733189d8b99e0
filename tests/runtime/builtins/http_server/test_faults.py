"""Clients that are broken, slow, gone or hostile, and what is left of them."""

from __future__ import annotations

import gc
import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.processes import descriptors
from tests.support.served import Served
from tests.support.talk import Talk, until

ROUTES = """{
  GET = { ["/"] = function(req) return { body = "ok" } end,
          ["/slow"] = function() sleep(0.05) return { body = "slow" } end },
  POST = { ["/"] = function(req) return { body = #req.body } end } }"""


@pytest.fixture(scope="module")
def target():
    """One server for all the noise of this module."""
    server = Served(f"http.serve(0, {ROUTES})")
    yield server
    server.close()


def still_serves(server: Served) -> bool:
    return server.get("/").body == b"ok"


# Noise -------------------------------------------------------------------------------------------------------

NOISE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n", b"Host: t\r\n", b"Content-Length: 5\r\n",
        b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding:\tchunked\r\n", b"Connection: close\r\n", b"\r\n", b"\n",
        b"\r", b" ", b"\t", b"\0", b":", b"hello", b"0\r\n\r\n", b"5\r\nhello\r\n", b"GET", b"/", b"HTTP/1.1",
        b"X: y\r\n",
        b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"\xff", b"\x16\x03\x01",
    ]
)  # fmt: skip


def answers_to(server: Served, data: bytes) -> list[bytes]:
    """Send *data* and nothing more; the first lines of all that comes back."""
    with server.talk() as talk:
        with suppress(OSError):  # refused already
            talk.send(data).socket.shutdown(socket.SHUT_WR)
        return [line for line in talk.rest().split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@NOISE
@given(data=st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=200))
def test_noise_gets_answers_of_http_or_none(target, data):
    for line in answers_to(target, data):
        assert line[9:12] in (b"100", b"200", b"400", b"404", b"408", b"413", b"417", b"431"), line
    assert still_serves(target)


FAULTY = st.sampled_from(
    [
        b"A : b", b" A: b", b"A\x00: b", b"A: b\x00", b": b", b"A", b"A: b\rc", b"Content-Length: -1",
        b"Content-Length: 1, 2", b"Content-Length: 0x5", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, x",
        b"A\xc3: b", b"Host: again", b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nContent-Length: 6", b"A: b\nB: c", b"@: x",
    ]
)  # fmt: skip
FINE = st.sampled_from([b"X-A: b", b"Accept: */*", b"User-Agent: x", b"Cookie: a=b; c=d"])


@NOISE
@given(before=st.lists(FINE, max_size=4), fault=FAULTY, after=st.lists(FINE, max_size=4), rest=st.binary(max_size=40))
def test_a_malformed_head_gets_400_or_a_close_and_nothing_behind_it_is_answered(target, before, fault, after, rest):
    head = b"\r\n".join([b"POST / HTTP/1.1", b"Host: t", *before, fault, *after]) + b"\r\n\r\n"
    smuggled = b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n"
    found = answers_to(target, head + rest + smuggled)
    assert [line[9:12] for line in found] in ([b"400"], [])
    assert still_serves(target)


@NOISE
@given(
    requests=st.lists(st.sampled_from([b"", b"abc", b"x" * 3000]), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 9000), max_size=6),
    chunked=st.booleans(),
)
def test_however_requests_are_cut_each_gets_its_answer(target, requests, cuts, chunked):
    data = b""
    for body in requests:
        if chunked:
            coded = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
            data += b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + coded
        else:
            data += b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    with target.talk() as talk:
        talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in zip(places, places[1:], strict=False):  # noqa: RUF007 - the last place has no partner
            talk.send(data[start:end])
        assert [int(talk.answer().body) for _ in requests] == [len(body) for body in requests]


# Gone --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="at once"),
        pytest.param(b"GET / HT", id="in the head"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc", id="in the body"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", id="in a chunk"),
        pytest.param(b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n", id="before the answer"),
        pytest.param(b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n" * 20, id="before many answers"),
    ],
)
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_client_that_leaves_leaves_nothing(target, sent, reset):
    before = descriptors()
    for _ in range(10):
        with target.talk() as talk:
            if reset:
                talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            talk.send(sent)
    assert until(lambda: descriptors() <= before)
    assert still_serves(target)
    assert not [entry for entry in target.logs if entry[0] == "error"]


def test_many_pipelined_requests_are_held_back_and_answered(target):
    with target.talk(timeout=20) as talk:
        count = 3000
        talk.socket.settimeout(20)
        import threading

        sender = threading.Thread(target=talk.send, args=(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * count,))
        sender.start()
        assert all(talk.answer().body == b"ok" for _ in range(count))
        sender.join()


def test_requests_behind_a_large_answer_are_all_answered_once_it_is_taken(serve):
    server = serve("""{ GET = { ["/big"] = function() return { body = ("x"):rep(8 << 20) } end,
      ["/"] = function() return { body = "ok" } end } }""")
    count, padding = 300, b"X: %b\r\n" % (b"z" * 1000)
    with server.talk() as talk:
        talk.send(b"GET /big HTTP/1.1\r\nHost: t\r\n\r\n")
        time.sleep(0.1)
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n%b\r\n" % padding * count)
        assert len(talk.answer().body) == 8 << 20
        assert all(talk.answer().body == b"ok" for _ in range(count))


PATIENT = """
local n = 0
async.spawn(function() while not _SERVER_PORT do sleep(0.002) end print(_SERVER_PORT) io.stdout:flush() end)
http.serve(0, { GET = {
  ["/first"] = function() local till = time() + 0.2 while time() < till do end return { body = "" } end,
  ["/more"] = function() n = n + 1 return { body = "" } end,
  ["/n"] = function() return { body = n } end } })
"""


def test_a_client_with_many_requests_at_once_does_not_make_the_others_wait(cli, tmp_path):
    (tmp_path / "s.lua").write_text(PATIENT)
    port = int(cli.start("s.lua").stdout.readline())
    with Talk(port) as eager, Talk(port) as other:
        eager.send(b"GET /first HTTP/1.1\r\nHost: t\r\n\r\n" + b"GET /more HTTP/1.1\r\nHost: t\r\n\r\n" * 1000)
        time.sleep(0.05)
        assert int(other.get("/n").body) < 100
        assert all(eager.answer().status == 200 for _ in range(1001))
        assert other.get("/n").body == b"1000"


def test_requests_of_a_client_that_has_said_all_are_answered_and_the_connection_ends(target):
    with target.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * 200)
        talk.socket.shutdown(socket.SHUT_WR)
        assert all(talk.answer().body == b"ok" for _ in range(200))
        assert talk.ended()


def test_empty_lines_take_no_time(target):
    with target.talk() as talk:
        started = time.process_time()
        talk.send(b"\r\n" * 1_000_000 + b"GET / HTTP/1.1\r\nHost: t\r\n\r\n")
        assert talk.answer().body == b"ok"
        assert time.process_time() - started < 1


def test_a_memory_limit_holds_for_bodies(serve):
    server = serve(ROUTES, memory_limit=24 << 20)
    with server.talk() as talk:
        talk.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 60000000\r\n\r\n")
        assert talk.answer().status == 413
    assert still_serves(server)


def test_a_handler_that_runs_out_of_memory_is_500_and_the_others_go_on(serve):
    routes = """{ GET = { ["/"] = function() return { body = "ok" } end, ["/eat"] = function()
      local t = {} while true do t[#t + 1] = ("x"):rep(100000) .. #t end end } }"""
    server = serve(routes, memory_limit=24 << 20)
    for _ in range(3):
        assert server.get("/eat").status == 500
        assert still_serves(server)


# Many --------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_2000_connections_come_and_go_without_a_trace(target):
    def memory() -> int:
        gc.collect()
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def cycle(count: int) -> None:
        for index in range(count):
            with target.talk() as talk:
                assert talk.get("/" if index % 20 else "/slow").status == 200

    cycle(200)
    before, open_before = memory(), descriptors()
    cycle(2000)
    assert until(lambda: descriptors() <= open_before)
    assert memory() - before < 4 << 20


CLIENTS = """
import socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
clients = []
for index in range(count):
    client = socket.create_connection(("127.0.0.%d" % (index // 10000 + 1), port))
    client.sendall(b"GET / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n")
    while not client.recv(4096).endswith(b"ok"):
        pass
    clients.append(client)
print("open", flush=True)
sys.stdin.readline()
for client in clients:
    client.sendall(b"GET / HTTP/1.1\\r\\nHost: t\\r\\n\\r\\n")
    assert client.recv(4096).endswith(b"ok")
print("served", flush=True)
"""


@pytest.mark.long
@pytest.mark.timeout(180)
def test_10000_idle_connections_are_held_and_served(cli, tmp_path):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 12_000:
        pytest.skip("fewer than 12,000 descriptors: ulimit -n 12000")
    (tmp_path / "s.lua").write_text(
        "async.spawn(function() while not _SERVER_PORT do sleep(0.01) end print(_SERVER_PORT) io.stdout:flush() end)\n"
        f"http.serve(0, {ROUTES})"
    )
    process = cli.start("s.lua")
    port = int(process.stdout.readline())
    clients = subprocess.Popen(
        [sys.executable, "-c", CLIENTS, str(port), "10000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert clients.stdout is not None
        assert clients.stdout.readline() == "open\n"
        before = os.times().elapsed
        with Talk(port) as talk:
            assert talk.get("/").body == b"ok"
        assert os.times().elapsed - before < 1
        time.sleep(0.3)
        with open(f"/proc/{process.pid}/statm") as file:
            assert int(file.read().split()[1]) * resource.getpagesize() < 200 << 20
        assert clients.stdin is not None
        clients.stdin.write("\n")
        clients.stdin.flush()
        assert clients.stdout.readline() == "served\n"
    finally:
        clients.kill()
        clients.communicate()
