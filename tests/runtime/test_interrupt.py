"""Stopping scripts from outside: everything Lua can be busy with, and that the VM stays usable."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from assay_shell.runtime.errors import Interrupted
from assay_shell.runtime.vm import Runtime

BUSY = {
    "loop": "while true do end",
    "pcall loop": "while true do pcall(function() while true do end end) end",
    "xpcall loop": "while true do xpcall(function() while true do end end, function(e) return e end) end",
    "wait": "sleep(60)",
    "wait in a pcall loop": "while true do pcall(sleep, 60) end",
    "coroutine": "coroutine.wrap(function() while true do end end)()",
    "nested coroutines": "coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()",
    "resume loop": "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "wait in a coroutine": "coroutine.wrap(function() sleep(60) end)()",
    "generator": "for _ in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end",
    "sort": "table.sort({3, 2, 1}, function() while true do end end)",
    "gsub": "string.gsub('abc', '.', function() while true do end end)",
    "metamethod": "local _ = setmetatable({}, {__index = function() while true do end end}).x",
    "builtins": "while true do base64.encode('abc') end",
    "failing builtins": "while true do pcall(base64.decode, '!') end",
    "busy task": "async.spawn(function() while true do end end) sleep(60)",
    "waiting tasks": "async.map({1, 2, 3}, function() sleep(60) end)",
    "sleep(0) loop": "while true do sleep(0) end",
}


def interrupted(runtime: Runtime, code: str, after: float = 0.03) -> float:
    """Run *code* until it is interrupted; seconds from the interrupt to the answer."""
    at: list[float] = []

    def fire() -> None:
        at.append(time.monotonic())
        while not runtime.interrupt():  # on a busy machine the script may not have begun
            time.sleep(0.001)

    timer = threading.Timer(after, fire)
    timer.start()
    with pytest.raises(Interrupted) as caught:
        runtime.evaluate(code)
    took = time.monotonic() - at[0]
    timer.join()
    assert caught.value.exit_code == 130
    return took


@pytest.mark.parametrize("count_hook", [False, True], ids=["api", "count hook"])
@pytest.mark.parametrize("what", BUSY)
def test_everything_stops_and_the_vm_stays_usable(what, count_hook):
    with Runtime(count_hook=count_hook) as runtime:
        runtime.evaluate("kept = { 1 }")
        interrupted(runtime, BUSY[what])
        assert runtime.evaluate("sleep(0) return kept[1] + select(2, pcall(function() return 1 end))") == [2]


@pytest.mark.parametrize("what", ["loop", "pcall loop", "wait", "wait in a coroutine"])
def test_close_variables_run_and_may_wait(what):
    out: list[bytes] = []
    guard = "setmetatable({}, {__close = function() sleep(0.001) print('closed') end})"
    with Runtime(stdout=out.append) as runtime:
        interrupted(runtime, f"local x <close> = {guard} pcall(function() local y <close> = {guard} {BUSY[what]} end)")
    assert b"".join(out) == b"closed\nclosed\n"


def test_a_busy_loop_is_stopped_again_and_again():
    with Runtime() as runtime:
        code = "while true do pcall(function() local c = coroutine.wrap(function() base64.encode('x') end) c() end) end"
        for step in range(25):
            interrupted(runtime, code, after=0.002 + step / 5000)


SHORT_LIVED = [
    "while true do pcall(function() local c = coroutine.wrap(function() base64.encode('x') end) c() end) end",
    "while true do (coroutine.wrap(function() coroutine.wrap(function() for i = 1, 9 do end end)() end))() end",
    "while true do pcall(function() local c = coroutine.wrap(function() sleep(0) end) c() end) end",
]


@pytest.mark.long
@pytest.mark.timeout(90)
@pytest.mark.parametrize("code", SHORT_LIVED, ids=["builtins", "nested", "waits"])
def test_coroutines_that_come_and_go_survive_a_thousand_interrupts(code: str) -> None:
    with Runtime() as runtime:
        for step in range(1000):
            interrupted(runtime, code, after=0.001 + step % 29 / 4000)
        assert runtime.evaluate("return collectgarbage('isrunning')") == [True]


def test_user_code_cannot_swallow_or_fake_an_interrupt(run):
    assert run("local ok, e = pcall(error, 'x\\3y') return e") == "x\x03y"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("what", ["loop", "pcall loop", "wait", "builtins", "waiting tasks"])
def test_a_signal_ends_the_command_with_its_code_after_cleaning_up(cli, what, number, code):
    guard = "setmetatable({}, {__close = function() print('closed') end})"
    process = cli.start("exec", "-e", f"local x <close> = {guard} print('ready') io.stdout:flush() {BUSY[what]}")
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (code, b"closed\n")
    assert b"Traceback" not in err


def test_a_second_signal_ends_what_no_hook_can_reach(cli):
    code = "print('ready') io.stdout:flush() string.find(('a'):rep(600), '.-.-.-.-b$')"
    process = cli.start("exec", "-e", code)
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130


def test_a_builtin_that_blocks_in_a_system_call_is_broken_out_of(cli, tmp_path):
    import os

    os.mkfifo(tmp_path / "fifo")
    process = cli.start("exec", "-e", f"print('ready') io.stdout:flush() fs.read('{tmp_path / 'fifo'}')")
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
