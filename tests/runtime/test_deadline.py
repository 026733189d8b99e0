from __future__ import annotations

import time
from pathlib import Path

import pytest

from assay_shell.runtime.deadline import Deadline
from assay_shell.runtime.errors import DeadlineExceeded, ScriptError
from assay_shell.runtime.vm import Runtime
from tests.support.command import Command


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("while true do end", id="busy"),
        pytest.param("while true do pcall(error) end", id="catching everything"),
        pytest.param("sleep(30)", id="waiting"),
    ],
)
def test_what_takes_too_long_is_interrupted_and_the_runtime_lives_on(code: str) -> None:
    with Runtime() as runtime:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught, Deadline(runtime, 0.1):
            runtime.evaluate(code)
        assert time.monotonic() - started < 1
        assert (caught.value.seconds, caught.value.exit_code) == (0.1, 1)
        assert runtime.evaluate("return 1 + 1") == [2]


def test_what_ends_in_time_is_left_alone() -> None:
    with Runtime() as runtime:
        with Deadline(runtime, 30):
            assert runtime.evaluate("return 'done'") == ["done"]
        with pytest.raises(ScriptError, match="own"), Deadline(runtime, 30):
            runtime.evaluate("error('own')")


@pytest.mark.long
@pytest.mark.parametrize("wait", ["sleep(0)", ""])
def test_a_c_function_that_runs_away_ends_the_process(cli: Command, tmp_path: Path, wait: str) -> None:
    (tmp_path / "s.lua").write_text(f"{wait} ; (('a'):rep(40)):find(('a-'):rep(40) .. 'b')")
    started = time.monotonic()
    done = cli("run", "--timeout", "1", "s.lua")
    assert (done.returncode, done.stdout) == (1, b"")
    assert "ERROR execution timed out after 1s" in done.stderr.decode()
    assert time.monotonic() - started < 8


def test_what_no_interrupt_reaches_ends_the_process() -> None:
    killed: list[int] = []
    with Runtime() as runtime, Deadline(runtime, 0.05, grace=0.05, kill=killed.append):
        deadline = time.monotonic() + 5
        while not killed and time.monotonic() < deadline:
            time.sleep(0.01)
    assert killed == [1]
