from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.checks.conftest import Execute


@pytest.fixture
def script(execute: Execute, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a script check with that code; its name is s.lua, relative to the working directory."""
    monkeypatch.chdir(tmp_path)

    def run(code: str, rest: str = "", head: str = "retries: 0\n", **options: object):
        (tmp_path / "s.lua").write_text(code)
        return execute(f"{head}checks: [{{name: a, type: script, file: s.lua{rest}}}]", **options)

    return run


@pytest.mark.parametrize("code", ["", "return false", "#!/usr/bin/assay\nreturn 1", "assert.eq(1, 1)"])
def test_no_error_passes_whatever_is_returned(script, code: str) -> None:
    assert script(code).messages == [None]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("\nerror('boom')", "s.lua:2: boom\nstack traceback:\n", id="error"),
        pytest.param("#!/x\nerror('boom')", "s.lua:2: boom\nstack traceback:\n", id="shebang keeps line numbers"),
        pytest.param("x = = 1", "syntax error: s.lua:1: ", id="syntax"),
        pytest.param("assert.eq(1, 2)", "assert.eq failed", id="builtin"),
        pytest.param("require('os').exit(3)", "the script exited with code 3", id="exit"),
    ],
)
def test_an_error_is_the_message_with_its_position(script, code: str, message: str) -> None:
    (found,) = script(code).messages
    assert found.startswith(message)


def test_exit_0_passes(script) -> None:
    assert script("require('os').exit(0)").states == ["passed"]


def test_a_script_that_cannot_be_read_says_why(execute: Execute, tmp_path: Path) -> None:
    ran = execute("retries: 0\nchecks: [{name: a, type: script, file: /no/s.lua}, {name: b, type: script}]")
    assert ran.messages == [
        'failed to read Lua script "/no/s.lua": No such file or directory (os error 2)',
        "script check requires a 'file' field",
    ]
    (tmp_path / "b.lua").write_bytes(b"\xff")
    ran = execute(f"retries: 0\nchecks: [{{name: a, type: script, file: {tmp_path}/b.lua}}]")
    assert str(ran.messages[0]).endswith('b.lua": stream did not contain valid UTF-8')


def test_the_variables_of_a_check_are_for_env_get_alone(script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_A", "process")
    monkeypatch.delenv("CHECK_B", raising=False)
    code = """
    assert.eq(env.get("CHECK_A"), "check")
    assert.eq(env.get("CHECK_B"), "1")
    env.set("CHECK_A", "set")
    assert.eq(env.get("CHECK_A"), "check")
    assert.eq(env.list()["CHECK_B"], nil)
    assert.eq(shell.exec("printf %s \\"$CHECK_B\\"").stdout, "")
    """
    assert script(code, ", env: {CHECK_A: check, CHECK_B: 1}").messages == [None]


def test_what_env_set_sets_stays_for_later_checks(execute: Execute, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CHECK_C", "before")
    (tmp_path / "set.lua").write_text('env.set("CHECK_C", "x")')
    (tmp_path / "get.lua").write_text('assert.eq(env.get("CHECK_C"), "x")')
    text = f"retries: 0\nchecks: [{{name: a, type: script, file: {tmp_path}/set.lua}}, "
    assert execute(text + f"{{name: b, type: script, file: {tmp_path}/get.lua}}]").messages == [None, None]


def test_each_attempt_has_a_fresh_vm(script, tmp_path: Path) -> None:
    code = 'seen = (seen or 0) + 1 print(seen) error("again")'
    ran = script(code, head="retries: 2\nbackoff: 0s\n")
    assert ran.printed == b"1\n1\n1\n"


def test_tasks_work_and_end_with_the_check(script) -> None:
    code = """
    local handle = async.spawn(function() sleep(0.001) return 5 end)
    assert.eq(handle.await()[1], 5)
    async.spawn(function() sleep(60) end)
    async.spawn_interval(60, function() end)
    """
    assert script(code).messages == [None]


@pytest.mark.parametrize(
    "code", ["while true do end", "sleep(60)", "while true do pcall(sleep, 60) end", 'shell.exec("sleep 60")']
)
def test_a_script_that_hangs_is_stopped_wherever_it_is(script, code: str) -> None:
    started = time.monotonic()
    ran = script(code, head="timeout: 100ms\n")
    assert ran.messages == ["global timeout of 0s exceeded"]
    assert time.monotonic() - started < 5


def test_a_write_is_refused_under_readonly(script, tmp_path: Path) -> None:
    ran = script(f'fs.write("{tmp_path}/x", "")', readonly=True)
    assert ran.messages[0].startswith("readonly: fs.write blocked")


def test_bytes_that_are_no_text_are_replaced_in_messages(script) -> None:
    assert script('error("a\\xffb", 0)').messages[0].startswith("a\ufffdb")


def test_a_file_that_blocks_holds_up_nobody(execute: Execute, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    script = f"{{name: a, type: script, file: {tmp_path}/pipe}}"
    ran = execute(f"timeout: 100ms\nparallel: true\nretries: 0\nchecks: [{script}, {{name: b, type: http}}]")
    assert ran.messages == ["global timeout of 0s exceeded", "http check requires a 'url' field"]
    assert time.monotonic() - started < 5
    (tmp_path / "pipe").write_text("")  # lets the thread go
