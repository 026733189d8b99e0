"""Tool mode as an agent sees it: one envelope on standard output, whatever the script does."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command

TOOL = ("run", "--mode", "tool")


class Tool:
    """Runs a script in tool mode."""

    def __init__(self, cli: Command, folder: Path) -> None:
        self._cli = cli
        self.script = folder / "s.lua"

    def __call__(self, code: str, *options: str, **keywords: Any) -> Any:
        self.script.write_text(code)
        return self._cli(*TOOL, *options, "s.lua", **keywords)

    def answer(self, code: str, *options: str, **keywords: Any) -> Any:
        done = self(code, *options, **keywords)
        assert done.returncode == 0
        return json.loads(done.stdout)


@pytest.fixture
def tool(cli: Command, tmp_path: Path) -> Tool:
    return Tool(cli, tmp_path)


@pytest.mark.parametrize(
    ("code", "output"),
    [
        pytest.param("", "null", id="nothing"),
        pytest.param("return nil, 2", "null", id="the first value counts"),
        pytest.param("return true", "true", id="boolean"),
        pytest.param("return 1.0, 2", "1.0", id="float"),
        pytest.param("return 1e16", "1e+16", id="large float"),
        pytest.param("return 0/0", "null", id="NaN"),
        pytest.param("return {1/0, -1/0}", "[null,null]", id="infinities"),
        pytest.param("return 'é/\\n'", '"é/\\n"', id="text"),
        pytest.param("return {}", "{}", id="empty table"),
        pytest.param("return {1, 2, a = 3}", "[1,2]", id="array with names"),
        pytest.param("return {1, nil, 3}", "[1]", id="array with a hole"),
        pytest.param("return {b = {}, a = {{}}}", '{"a":[{}],"b":{}}', id="sorted keys"),
        pytest.param("return setmetatable({1}, {__len = function() return 9 end})", "[1]", id="metatable"),
        pytest.param("return json.array()", "[]", id="marked array"),
        pytest.param("return sleep(0)", "null", id="after a wait"),
        pytest.param("return ...", "null", id="no arguments"),
    ],
)
def test_the_first_result_is_the_output(tool: Tool, code: str, output: str) -> None:
    done = tool(code)
    expected = f'{{"ok":true,"status":"ok","output":{output},"requiresApproval":null}}'
    assert (done.returncode, done.stdout.decode()) == (0, expected)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("return print", "unsupported value type `function`", id="function"),
        pytest.param("return {coroutine.create(print)}", "unsupported value type `thread`", id="thread"),
        pytest.param("return select(2, pcall(fs.read, nil))", "unsupported value type `error`", id="error object"),
        pytest.param("local t = {} t.t = t return t", "recursive table detected", id="recursive"),
        pytest.param("return '\\255'", "invalid utf-8", id="no UTF-8"),
        pytest.param("return {[1.5] = 1}", "key must be a string", id="key"),
    ],
)
def test_a_result_without_json_form_is_an_error(tool: Tool, code: str, reason: str) -> None:
    envelope = tool.answer(code)
    assert envelope["status"] == "error"
    assert envelope["error"].startswith("serializing Lua result: ")
    assert reason in envelope["error"]


@pytest.mark.parametrize(
    ("code", "start"),
    [
        pytest.param("\nerror('boom')", "s.lua:2: boom\nstack traceback:\n", id="script"),
        pytest.param("#!/usr/bin/env assay\n\nerror('boom')", "s.lua:3: boom\n", id="shebang"),
        pytest.param("fs.read('gone')", 'fs.read: failed to read "gone": No such file', id="builtin"),
        pytest.param("x = = 1", "syntax error: s.lua:1: ", id="syntax"),
        pytest.param("error({code = 7})", "table: 0x", id="table"),
        pytest.param("async.spawn(function() error('in') end):await()", "runtime error: s.lua:1: in", id="task"),
        pytest.param("require('os').exit(3)", "the script ended itself with exit code 3", id="exit"),
    ],
)
def test_an_error_is_an_envelope_with_the_script_s_own_line_numbers(tool: Tool, code: str, start: str) -> None:
    envelope = tool.answer(code)
    assert list(envelope) == ["ok", "status", "error"]
    assert (envelope["ok"], envelope["status"]) == (False, "error")
    assert envelope["error"].startswith(start)


def test_secrets_are_masked_in_errors(tool: Tool) -> None:
    assert "hunter22" not in tool.answer("error('login failed: password=hunter22')")["error"]


def test_a_lack_of_memory_is_an_envelope(tool: Tool) -> None:
    envelope = tool.answer("local s = ('x'):rep(40 << 20) s = s .. s", env={"ASSAY_MEMORY_LIMIT": "64M"})
    assert envelope["error"].startswith("memory error: not enough memory")


@pytest.mark.parametrize("rounds", [3, 300])
def test_a_result_larger_than_the_memory_left_is_an_envelope(tool: Tool, rounds: int) -> None:
    code = f"local t = {{}} for i = 1, {rounds} do t[i] = ('x'):rep(1 << 20) .. i end return t"
    envelope = tool.answer(code, env={"ASSAY_MEMORY_LIMIT": "96M"})
    assert envelope.get("truncated") is True or "not enough memory" in envelope["error"]


# How it is entered


@pytest.mark.parametrize("command", [["s.lua"], ["run", "s.lua"], ["exec", "s.lua"]])
def test_the_environment_turns_it_on(cli: Command, tool: Tool, command: list[str]) -> None:
    tool.script.write_text("return env.get('ASSAY_MODE')")
    done = cli(*command, env={"ASSAY_MODE": "tool"})
    assert json.loads(done.stdout)["output"] == "tool"


@pytest.mark.parametrize(
    ("command", "mode"),
    [
        pytest.param(["run", "--mode", "script", "s.lua"], "tool", id="--mode wins"),
        pytest.param(["run", "s.lua"], "TOOL", id="case counts"),
        pytest.param(["exec", "-e", "print(1)"], "tool", id="code from the command line"),
    ],
)
def test_other_runs_are_script_mode(cli: Command, tool: Tool, command: list[str], mode: str) -> None:
    tool.script.write_text("print(1)")
    assert cli(*command, env={"ASSAY_MODE": mode}).stdout == b"1\n"


def test_the_script_and_its_children_see_the_mode(tool: Tool) -> None:
    code = "return {env.get('ASSAY_MODE'), os.getenv('ASSAY_MODE'), shell.exec('echo $ASSAY_MODE').stdout}"
    assert tool.answer(code)["output"] == ["tool", "tool", "tool\n"]


def test_the_first_log_line_names_script_and_timeout(tool: Tool) -> None:
    stderr = tool("return 1", "--timeout", "9").stderr.decode()
    assert " INFO starting assay (tool mode) script=s.lua timeout_secs=9" in stderr
    assert "timeout_secs=20" in tool("return 1").stderr.decode()


def test_arguments_reach_the_script(cli: Command, tool: Tool) -> None:
    tool.script.write_text("return {arg[1], ...}")
    assert json.loads(cli(*TOOL, "s.lua", "a", "b").stdout)["output"] == ["a", "a", "b"]


def test_a_script_may_come_from_standard_input(cli: Command) -> None:
    assert json.loads(cli(*TOOL, "-", input="return 5").stdout)["output"] == 5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file or directory (os error 2)", id="missing"),
        pytest.param(b"\xff", "stream did not contain valid UTF-8", id="no UTF-8"),
    ],
)
def test_an_unreadable_script_is_an_envelope(cli: Command, tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "s.lua").write_bytes(content)
    done = cli(*TOOL, "s.lua")
    assert (done.returncode, json.loads(done.stdout)) == (
        0, {"ok": False, "status": "error", "error": f"reading s.lua: {reason}"},
    )  # fmt: skip


def test_another_extension_stays_a_plain_error(cli: Command) -> None:
    done = cli(*TOOL, "s.txt")
    assert (done.returncode, done.stdout) == (1, b"")


# What is printed


PRINTS = (
    "print('a') io.write('b') io.stdout:write('c') os_ = require('os') os_.execute('echo d') "
    "io.popen('cat', 'w'):write('e'):close() shell.exec('echo hidden') return 1"
)


def test_what_is_printed_goes_to_standard_error(tool: Tool) -> None:
    done = tool(PRINTS)
    assert json.loads(done.stdout)["output"] == 1
    printed = done.stderr.decode().partition("timeout_secs=20\n")[2]
    assert sorted(printed.replace("\n", "")) == list("abcde")


def test_script_stdout_puts_the_envelope_last_on_standard_output(tool: Tool) -> None:
    done = tool("io.write('put') print('a') return 1", "--script-stdout")
    assert done.stdout == b'puta\n{"ok":true,"status":"ok","output":1,"requiresApproval":null}'


def test_clean_up_prints_before_the_envelope(tool: Tool) -> None:
    code = """
    local on_close = { __close = function() print("gone") end }
    async.spawn(function() local c <close> = setmetatable({}, on_close) sleep(30) end)
    sleep(0)
    return 1"""
    assert tool(code, "--script-stdout").stdout.startswith(b'gone\n{"ok":true')


def test_nobody_has_to_read_what_is_printed(cli: Command, tool: Tool) -> None:
    tool.script.write_text("for i = 1, 100000 do print('some line', i) end return 'done'")
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        process = cli.start(*TOOL, "s.lua", stderr=write_end)
        output, _ = process.communicate(timeout=10)
    finally:
        os.close(write_end)
    assert (process.returncode, json.loads(output)["output"]) == (0, "done")


def test_two_hundred_megabytes_of_output_do_not_end_up_in_the_envelope(cli: Command, tool: Tool) -> None:
    tool.script.write_text("local s = ('x'):rep(9999) for i = 1, 20 << 10 do print(s) end return 'done'")
    with open(os.devnull, "wb") as null:
        process = cli.start(*TOOL, "s.lua", stderr=null)
        output, _ = process.communicate(timeout=20)
    assert json.loads(output)["output"] == "done"


# Time


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("while true do end", id="busy"),
        pytest.param("while true do pcall(error) end", id="catching everything", marks=pytest.mark.long),
        pytest.param("sleep(30)", id="waiting", marks=pytest.mark.long),
        pytest.param("pcall(sleep, 30) return 'late'", id="catching the wait"),
        pytest.param("shell.exec('sleep 30')", id="child", marks=pytest.mark.long),
        pytest.param(
            "local c <close> = setmetatable({}, {__close = function() sleep(0.01) end}) sleep(30)", id="clean-up",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_script_that_takes_too_long_is_a_timeout(tool: Tool, code: str) -> None:
    started = time.monotonic()
    done = tool(code, "--timeout", "1")
    assert (done.returncode, done.stdout) == (
        0, b'{"ok":false,"status":"timeout","error":"execution timed out after 1s"}',
    )  # fmt: skip
    assert time.monotonic() - started < 4


@pytest.mark.long
def test_what_cannot_be_interrupted_ends_with_the_process(cli: Command, tool: Tool) -> None:
    started = time.monotonic()
    done = tool("print('before') return (('a'):rep(40)):find(('a-'):rep(40) .. 'b')", "--timeout", "1")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "timeout")
    assert time.monotonic() - started < 8


@pytest.mark.long
def test_a_full_pipe_that_nobody_reads_does_not_keep_it(cli: Command, tool: Tool) -> None:
    tool.script.write_text("while true do print(('x'):rep(1000)) end")
    process = cli.start(*TOOL, "--timeout", "1", "s.lua")
    assert process.wait(12) == 0
    assert process.stdout is not None
    assert json.loads(process.stdout.read())["status"] == "timeout"


@pytest.mark.long
def test_clean_up_that_never_ends_does_not_keep_the_envelope(tool: Tool) -> None:
    started = time.monotonic()
    code = "_G.x = setmetatable({}, {__gc = function() while true do end end}) return 'kept'"
    assert tool.answer(code, "--timeout", "5")["output"] == "kept"
    assert time.monotonic() - started < 12


def test_without_any_time_a_script_may_compute_but_not_wait(tool: Tool) -> None:
    assert tool.answer("local n = 0 for i = 1, 100000 do n = n + i end return n", "--timeout", "0")["status"] == "ok"
    envelope = tool.answer("pcall(sleep, 0.2) return 1", "--timeout", "0")
    assert envelope == {"ok": False, "status": "timeout", "error": "execution timed out after 0s"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("options", "status"), [((), 0), (("--exit-codes=detailed",), 128)])
def test_a_signal_leaves_an_envelope_behind(
    cli: Command, tool: Tool, number: int, options: tuple[str, ...], status: int
) -> None:
    tool.script.write_text("io.stderr:write('ready\\n') sleep(30)")
    process = cli.start(*TOOL, *options, "s.lua")
    assert process.stderr is not None
    while b"ready" not in process.stderr.readline():
        pass
    process.send_signal(number)
    output, _ = process.communicate(timeout=5)
    assert (process.returncode, json.loads(output)["error"]) == (status and status + number, "interrupted")


# Options


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("return 1", 0, id="ok"),
        pytest.param("error('x')", 1, id="error"),
        pytest.param("x = = 1", 4, id="syntax"),
        pytest.param("sleep(9)", 124, id="timeout"),
        pytest.param("approval.request('Go?')", 10, id="approval"),
        pytest.param("require('os').exit(7)", 7, id="its own"),
    ],
)
def test_exit_codes_may_be_finer(tool: Tool, code: str, status: int) -> None:
    assert tool(code, "--timeout", "1", "--exit-codes=detailed").returncode == status
    assert tool(code, "--timeout", "1").returncode == 0


def test_readonly_holds(tool: Tool, tmp_path: Path) -> None:
    assert "readonly: fs.write blocked" in tool.answer("fs.write('canary', 'x')", "--readonly")["error"]
    assert not (tmp_path / "canary").exists()


def test_an_envelope_that_cannot_be_written_is_an_error(cli: Command, tool: Tool) -> None:
    if not Path("/dev/full").exists():
        return
    tool.script.write_text("return 1")
    with open("/dev/full", "wb") as full:
        process = cli.start(*TOOL, "s.lua", stdout=full)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert b"error: writing standard output: No space left on device" in errors
