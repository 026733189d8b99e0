"""How a service ends: what is under way is finished, what is endless is told, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.support.ports import free_port
from tests.support.processes import gone
from tests.support.talk import Talk, until

SERVICE = """
local started, ended = 0, 0
local options = { grace = GRACE }
local routes = { GET = {
  ["/slow"] = function() started = started + 1 sleep(0.3) ended = ended + 1 return { body = "done" } end,
  ["/busy"] = function()
    local till = time() + 0.2
    while time() < till do local _ = ("x"):rep(100) end
    return { body = "done" }
  end,
  ["/endless"] = function()
    local x <close> = setmetatable({}, { __close = function() print("closed") io.stdout:flush() end })
    sleep(60)
  end,
  ["/events"] = function() return { sse = function(send) while true do send({ data = 1 }) sleep(0.01) end end } end,
  ["/stream"] = function() return { stream = function(w) for i = 1, 30 do w("x") sleep(0.01) end end } end,
  ["/count"] = function() return { json = started } end,
} }
SERVE
"""
FOREGROUND = """
async.spawn(function() while not _SERVER_PORT do sleep(0.002) end print(_SERVER_PORT) io.stdout:flush() end)
"""
WAYS = {
    "foreground": f"{FOREGROUND} http.serve(0, routes, options)",
    "spawned": f"async.spawn(function() http.serve(0, routes, options) end) {FOREGROUND} sleep(60)",
    "background": f"options.background = true http.serve(0, routes, options) {FOREGROUND} sleep(60)",
}


@pytest.fixture
def service(cli, tmp_path: Path):
    """Start the service as a process; its port follows."""

    def start(way: str = "foreground", grace: float = 10):
        code = SERVICE.replace("SERVE", WAYS[way]).replace("GRACE", str(grace))
        (tmp_path / "service.lua").write_text(code)
        process = cli.start("service.lua")
        return process, int(process.stdout.readline())

    return start


def request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: t\r\n\r\n".encode()


def finish(process, timeout: float = 15) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_loses_none_of_100_requests(service, way, number, code):
    process, port = service(way)
    talks = [Talk(port).send(request("/slow")) for _ in range(100)]
    with Talk(port) as talk:
        assert until(lambda: talk.get("/count").body == b"100")
    process.send_signal(number)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda talk: talk.answer(), talks))
    assert [answer.body for answer in answers] == [b"done"] * 100
    for talk in talks:
        talk.socket.close()
    returncode, _, err = finish(process)
    assert returncode == code
    assert b"Traceback" not in err


def test_a_busy_request_is_not_lost_either(service):
    process, port = service()
    with Talk(port) as talk:
        talk.send(request("/busy"))
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert talk.answer().body == b"done"
    assert finish(process)[0] == 143


def test_an_idle_service_ends_at_once(service):
    process, port = service()
    with Talk(port) as talk:
        assert talk.get("/count").status == 200
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert talk.ended()
        assert finish(process)[0] == 143
        assert time.monotonic() - before < 2


def test_what_takes_longer_than_the_grace_is_cancelled(service):
    process, port = service(grace=0.2)
    with Talk(port) as talk:
        talk.send(request("/endless"))
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert talk.rest() == b""
    returncode, out, _ = finish(process)
    assert (returncode, out) == (143, b"closed\n")


def test_nothing_new_is_accepted_while_the_rest_finishes(service):
    process, port = service()
    with Talk(port) as talk:
        talk.send(request("/slow"))
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        with pytest.raises(ConnectionError):
            Talk(port)
        assert talk.answer().body == b"done"
    assert finish(process)[0] == 143


@pytest.mark.long  # event streams get a second
def test_streams_finish_and_event_streams_do_not_hold_the_end_up(service):
    process, port = service(grace=30)
    with Talk(port) as events, Talk(port) as stream:
        events.send(request("/events")).head()
        stream.send(request("/stream"))
        time.sleep(0.05)
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert stream.answer().body == b"x" * 30
        assert events.rest()
    assert finish(process)[0] == 143
    assert time.monotonic() - before < 5


def test_a_second_signal_ends_it_now(service):
    process, port = service(grace=60)
    with Talk(port) as talk:
        talk.send(request("/endless"))
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert finish(process)[0] == 143


WORKERS = """
local pid = shell.exec("echo $PPID").stdout:match("%d+")
print(pid) io.stdout:flush()
local function slow(req) sleep(tonumber(req.query)) return { body = "done" } end
http.serve(PORT, { GET = { ["/"] = function() return { body = pid } end, ["/slow"] = slow } }, { workers = 3 })
"""


@pytest.fixture
def workers(cli, tmp_path):
    """Start a service of three processes: the first, all pids, and the port."""
    port = free_port()
    (tmp_path / "w.lua").write_text(WORKERS.replace("PORT", str(port)))
    process = cli.start("w.lua")
    return process, {int(process.stdout.readline()) for _ in range(3)}, port


def test_workers_share_the_port_are_replaced_and_end_together(workers):
    process, pids, port = workers
    assert len(pids) == 3

    def seen() -> set[int]:
        return {int(ask(port)) for _ in range(60)}

    assert until(lambda: seen() == pids)
    os.kill(next(pid for pid in pids if pid != process.pid), signal.SIGKILL)
    fresh = int(process.stdout.readline())
    assert until(lambda: fresh in seen())
    process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == 143
    assert all(gone(pid) for pid in [*pids, fresh])


@pytest.mark.parametrize("whom", ["the first", "all"])
def test_no_request_is_lost_when_workers_end(workers, whom):
    process, pids, port = workers
    assert until(lambda: {int(ask(port)) for _ in range(60)} == pids)
    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(ask, port, f"/slow?{0.2 if index % 2 else 0.6}") for index in range(40)]
        time.sleep(0.1)
        for pid in [process.pid] if whom == "the first" else pids:
            os.kill(pid, signal.SIGTERM)
        assert {answer.result() for answer in answers} == {b"done"}
    assert finish(process)[0] == 143
    assert all(gone(pid) for pid in pids)


def test_workers_end_with_a_first_process_that_is_killed(workers):
    process, pids, _ = workers
    process.kill()
    finish(process)
    assert until(lambda: all(gone(pid) for pid in pids))


def ask(port: int, target: str = "/") -> bytes:
    try:
        with Talk(port) as talk:
            return talk.get(target).body
    except (ConnectionError, EOFError):
        return b"0"


def test_without_room_for_workers_there_is_an_error_and_no_server():
    port = free_port()
    with Runtime() as runtime:
        runtime.resources["command"] = ("/no/such/program",)
        with pytest.raises(ScriptError, match=r"http\.serve: failed to start a worker: No such file or directory"):
            runtime.evaluate(f"http.serve({port}, {{}}, {{ workers = 2, background = true }})")
        with pytest.raises(ConnectionError):
            Talk(port)
