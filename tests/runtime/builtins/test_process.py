"""process: what is listed, which signals go through, how long waiting takes, and the words of its errors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assay_shell.runtime.builtins.process import processes_by_psutil, processes_in_proc
from assay_shell.runtime.errors import BuiltinError
from tests.conftest import Fails, Run
from tests.support.processes import gone

linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
NAME = "assay-test-nap"


@pytest.fixture
def nap(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of a name that no other has, with a blank in its arguments."""
    program = tmp_path / NAME
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([program, "60", "0.5"])
    deadline = time.monotonic() + 10
    while psutil.Process(process.pid).name() != NAME and time.monotonic() < deadline:
        time.sleep(0.01)  # until then it is a copy of this one
    yield process
    process.kill()
    process.wait()


def test_a_process_is_listed_with_number_name_and_arguments(
    run: Run, nap: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    code = f"for _, p in ipairs(process.list()) do if p.pid == {nap.pid} then return p end end"
    assert run(code) == {"pid": nap.pid, "name": NAME, "cmdline": f"{tmp_path}/{NAME} 60 0.5"}


def test_this_process_and_the_first_are_listed_once(run: Run) -> None:
    pids = run("local pids = {} for i, p in ipairs(process.list()) do pids[i] = p.pid end return pids")
    assert isinstance(pids, list)
    assert pids.count(os.getpid()) == pids.count(1) == 1


@linux
@pytest.mark.parametrize(
    ("name", "cmdline", "row"),
    [
        pytest.param(b"sh\n", b"sh\0-c\0a b\0", {"name": b"sh", "cmdline": b"sh -c a b"}, id="arguments"),
        pytest.param(b"kworker/0:1\n", b"", {"name": b"kworker/0:1"}, id="thread of the kernel"),
        pytest.param(b"a)\n(b\n", b"\xff\0\0", {"name": b"a)\n(b", "cmdline": b"\xff"}, id="odd bytes"),
    ],
)
def test_the_kernels_files_are_read_as_they_are(
    tmp_path: Path, name: bytes, cmdline: bytes, row: dict[str, object]
) -> None:
    for folder, files in {"7": {"comm": name, "cmdline": cmdline}, "8": {}, "self": {"comm": b"x\n"}}.items():
        (tmp_path / folder).mkdir()
        for file, data in files.items():
            (tmp_path / folder / file).write_bytes(data)
    assert processes_in_proc(str(tmp_path)) == [{"pid": 7, **row}]


@linux
def test_a_missing_table_of_processes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuiltinError) as caught:
        processes_in_proc(f"{tmp_path}/none")
    assert caught.value.message == "process.list: failed to read /proc: No such file or directory (os error 2)"


def test_without_proc_the_list_says_the_same(nap: subprocess.Popen[bytes], tmp_path: Path) -> None:
    rows = {row["pid"]: row for row in processes_by_psutil()}
    assert rows[nap.pid] == {"pid": nap.pid, "name": NAME, "cmdline": f"{tmp_path}/{NAME} 60 0.5"}


def test_a_name_runs_only_when_it_is_exactly_that(run: Run, nap: subprocess.Popen[bytes]) -> None:
    code = f"""
        local is = process.is_running
        return {{ is("{NAME}"), is("{NAME[:-1]}"), is("{NAME.upper()}"), is(""), is("\\xff"), is(1) }}
    """
    assert run(code) == [True, False, False, False, False, False]


def test_a_name_stops_running_when_its_process_ends_even_if_nobody_collects_it(
    run: Run, nap: subprocess.Popen[bytes]
) -> None:
    nap.kill()
    assert gone(nap.pid)
    assert run(f"return process.is_running('{NAME}')") is False


@pytest.mark.parametrize(
    ("call", "signal"),
    [
        pytest.param("{pid}", 15, id="SIGTERM by default"),
        pytest.param("{pid}, nil", 15, id="nil is the default"),
        pytest.param("{pid}, 9", 9, id="given"),
        pytest.param("{pid}.9, 9.7", 9, id="fractions dropped"),
    ],
)
def test_a_signal_arrives(run: Run, nap: subprocess.Popen[bytes], call: str, signal: int) -> None:
    assert run(f"return process.kill({call.format(pid=nap.pid)})") is True
    assert nap.wait(5) == -signal


def test_signal_zero_only_tests(run: Run, nap: subprocess.Popen[bytes]) -> None:
    assert run(f"return process.kill({nap.pid}, 0)", readonly=True) is True
    assert nap.poll() is None


def test_readonly_refuses_signals(fails: Fails, nap: subprocess.Popen[bytes]) -> None:
    assert fails(f"process.kill({nap.pid})", readonly=True) == (
        f"readonly: process.kill blocked (pid {nap.pid}, signal 15)"
    )
    assert nap.poll() is None


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("", "pid required", id="nothing"),
        pytest.param("nil, 0", "pid required", id="nil"),
        pytest.param("'1', 0", "pid must be a number", id="numeric text"),
        pytest.param("true, 0", "pid must be a number", id="boolean"),
        pytest.param("{}, 0", "pid must be a number", id="table"),
        pytest.param("0, 0", "pid must be > 0, got 0", id="zero"),
        pytest.param("-1, 0", "pid must be > 0, got -1", id="negative"),
        pytest.param("0.9, 0", "pid must be > 0, got 0", id="fraction"),
        pytest.param("0/0, 0", "pid must be > 0, got 0", id="NaN"),
        pytest.param("-1/0, 0", "pid must be > 0, got -9223372036854775808", id="minus infinity"),
        pytest.param("1, '9'", "signal must be a number", id="signal as text"),
        pytest.param("1, true", "signal must be a number", id="boolean signal"),
        pytest.param("1, -1", "signal must be >= 0, got -1", id="negative signal"),
    ],
)
def test_arguments_of_kill_are_refused_in_the_contracts_words(
    fails: Fails, call: str, message: str, readonly: bool
) -> None:
    if readonly and not call.endswith(" 0"):
        assert fails(f"process.kill({call})", readonly=True).startswith("readonly: process.kill blocked")
    else:
        assert fails(f"process.kill({call})", readonly=readonly) == f"process.kill: {message}"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param("2147483647, 0", "signal 0 to pid 2147483647: No such process (os error 3)", id="nobody"),
        pytest.param("1e15, 0", "signal 0 to pid 1000000000000000: No such process (os error 3)", id="no such number"),
        pytest.param(
            "1/0, 0", "signal 0 to pid 9223372036854775807: No such process (os error 3)", id="infinite number"
        ),
        pytest.param("process.pid(), 999", "signal 999 to pid {me}: Invalid argument (os error 22)", id="no signal"),
        pytest.param(
            "process.pid(), 1e12", "signal 1000000000000 to pid {me}: Invalid argument (os error 22)", id="long signal"
        ),
    ],
)
def test_signals_that_cannot_be_sent_say_why(fails: Fails, call: str, message: str) -> None:
    assert fails(f"process.kill({call})") == f"process.kill: failed to send {message.format(me=os.getpid())}"


def test_a_process_exists_until_it_is_collected(run: Run, nap: subprocess.Popen[bytes]) -> None:
    assert run(f"return process.exists({nap.pid})") is True
    nap.kill()
    nap.wait()
    assert run(f"return process.exists({nap.pid})") is False


@pytest.mark.parametrize(
    ("pid", "there"),
    [("process.pid()", True), ("1", True), ("'1'", True), ("0", False), ("-1", False), ("2^40", False)],
)
def test_existence_is_a_value_for_any_number(run: Run, pid: str, there: bool) -> None:
    assert run(f"return process.exists({pid})", readonly=True) is there


def test_the_own_number_is_that_of_this_process(run: Run) -> None:
    assert run("return process.pid()") == os.getpid()


def test_waiting_ends_as_soon_as_none_runs(run: Run, nap: subprocess.Popen[bytes]) -> None:
    started = time.monotonic()
    code = f"""
        async.spawn(function() sleep(0.1) process.kill({nap.pid}, 9) end)
        local idle = process.wait_idle({{ "no-such-name", "{NAME}" }}, 5, 0.02)
        return idle
    """
    assert run(code) is True
    assert 0.1 <= time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("arguments", "idle"),
    [
        pytest.param(f"'{NAME}', 0.05, 0.01", False, id="still busy"),
        pytest.param(f"'{NAME}', 0.05", False, id="interval longer than the limit"),
        pytest.param(f"'{NAME}', '0.05', '0'", False, id="no interval"),
        pytest.param(f"{{ 'none', '{NAME}' }}, 0.02", False, id="one of them"),
        pytest.param("'no-such-name'", True, id="idle at once"),
        pytest.param("{}", True, id="no names"),
        pytest.param("{ 1, 'no-such-name' }", True, id="a number as name"),
        pytest.param("'no-such-name', 0", False, id="no time to look"),
    ],
)
def test_waiting_tells_whether_all_were_idle(
    run: Run, nap: subprocess.Popen[bytes], arguments: str, idle: bool
) -> None:
    started = time.monotonic()
    assert run(f"return process.wait_idle({arguments})") is idle
    assert time.monotonic() - started < 1


def test_an_idle_machine_is_not_waited_for(run: Run) -> None:
    code = "return process.wait_idle('no-such-name')"
    started = time.monotonic()
    assert run(code) is True
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(
            "process.is_running()",
            "bad argument #1: error converting Lua nil to String (expected string or number)",
            id="no name",
        ),
        pytest.param(
            "process.exists('x')",
            "bad argument #1: error converting Lua string to integer (expected number or string coercible to number)",
            id="no number",
        ),
        pytest.param(
            "process.wait_idle()", "process.wait_idle: names must be a string or an array of strings", id="no names"
        ),
        pytest.param(
            "process.wait_idle(7)", "process.wait_idle: names must be a string or an array of strings", id="number"
        ),
        pytest.param(
            "process.wait_idle({ true })",
            "error converting Lua boolean to String (expected string or number)",
            id="boolean as name",
        ),
        pytest.param(
            "process.wait_idle('x', {})",
            "bad argument #2: error converting Lua table to number (expected number or string coercible to number)",
            id="limit of another type",
        ),
        pytest.param(
            "process.wait_idle('x', -1)",
            "process.wait_idle: timeout must be a non-negative finite number",
            id="negative limit",
        ),
        pytest.param(
            "process.wait_idle('x', 1, 0/0)",
            "process.wait_idle: interval must be a non-negative finite number",
            id="NaN as interval",
        ),
    ],
)
def test_wrong_arguments_are_refused(fails: Fails, call: str, message: str) -> None:
    assert fails(call) == message
