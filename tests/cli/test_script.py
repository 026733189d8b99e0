"""Scripts run as processes: what is read, what is printed where, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from assay_shell.cli.script import extension_of
from tests.support.command import ASSAY, Command
from tests.support.terminal import on_terminal

TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ", re.MULTILINE)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "s.lua"


def lines(stderr: bytes) -> list[str]:
    """Return the log lines without their timestamps."""
    return TIMESTAMP.sub("", stderr.decode()).splitlines()


# Which file, and how it is read


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        pytest.param("x.lua", "lua", id="plain"),
        pytest.param("a.b/x.tar.gz", "gz", id="the last dot of the name"),
        pytest.param("a.lua/x", "", id="none"),
        pytest.param(".lua", "", id="hidden file"),
        pytest.param("x.", "", id="nothing after the dot"),
        pytest.param("x.LUA", "LUA", id="case stays"),
        pytest.param("x.lua/", "lua", id="slash at the end"),
    ],
)
def test_the_extension_is_what_follows_the_last_dot(name: str, extension: str) -> None:
    assert extension_of(name) == extension


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        pytest.param("s.txt", "txt", id="another"),
        pytest.param("s.LUA", "LUA", id="upper case"),
        pytest.param("s", "", id="none"),
        pytest.param('s.q"', '\\"'.join(["q", ""]), id="quote"),
    ],
)
@pytest.mark.parametrize("command", [[], ["run"]])
def test_other_extensions_are_refused_before_the_file_is_opened(
    cli: Command, command: list[str], name: str, extension: str
) -> None:
    done = cli(*command, name)
    expected = f'error: unsupported file extension "{extension}" (expected .yaml, .yml, or .lua)\n'
    assert (done.returncode, done.stdout, done.stderr.decode()) == (1, b"", expected)


def test_a_mistyped_command_is_an_unsupported_file_with_a_hint(cli: Command) -> None:
    done = cli("modlues")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        'error: unsupported file extension "" (expected .yaml, .yml, or .lua)',
        "hint: there is a command 'assay modules'",
    ]


@pytest.mark.parametrize("command", [[], ["run"], ["exec"]])
def test_a_missing_file_is_named(cli: Command, command: list[str]) -> None:
    done = cli(*command, "gone.lua")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"error: reading gone.lua: No such file or directory (os error 2)\n"


def test_a_directory_is_no_script(cli: Command, script: Path) -> None:
    script.mkdir()
    assert cli(script.name).stderr == b"error: reading s.lua: Is a directory (os error 21)\n"


def test_a_file_is_no_folder(cli: Command, script: Path) -> None:
    script.touch()
    assert cli("s.lua/x.lua").stderr == b"error: reading s.lua/x.lua: Not a directory (os error 20)\n"


@pytest.mark.parametrize("content", [b"print(1)\xff", b"-- \xed\xa0\x80", b"\xc3"])
def test_a_script_has_to_be_utf_8(cli: Command, script: Path, content: bytes) -> None:
    script.write_bytes(content)
    done = cli(script.name)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"error: reading s.lua: stream did not contain valid UTF-8\n"


def test_nul_bytes_in_a_string_are_kept(cli: Command, script: Path) -> None:
    script.write_bytes(b'io.write("a\0b", #"a\0b")')
    assert cli(script.name).stdout == b"a\0b3"


def test_nul_bytes_in_code_are_a_syntax_error(cli: Command, script: Path) -> None:
    script.write_bytes(b"x = 1\nx = \0 2\n")
    done = cli(script.name)
    assert done.returncode == 1
    assert lines(done.stderr)[1].startswith("ERROR syntax error: s.lua:2: unexpected symbol")


def test_a_syntax_error_has_line_and_token(cli: Command, script: Path) -> None:
    script.write_text("local x = 1\nif x then\nx = = 2\n")
    done = cli(script.name)
    assert done.returncode == 1
    assert lines(done.stderr)[1] == "ERROR syntax error: s.lua:3: unexpected symbol near '='"


def test_a_byte_order_mark_is_a_syntax_error(cli: Command, script: Path) -> None:
    script.write_bytes(b"\xef\xbb\xbfprint(1)")
    assert "syntax error: s.lua:1:" in cli(script.name).stderr.decode()


def test_an_empty_script_is_fine(cli: Command, script: Path) -> None:
    script.touch()
    done = cli(script.name)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("#!/usr/bin/env assay\n\nerror('here')", "s.lua:3: here", id="line numbers are the file's"),
        pytest.param("#!/usr/bin/assay\r\nerror('here')", "s.lua:2: here", id="carriage return"),
    ],
)
def test_a_shebang_is_skipped_and_its_line_counts(cli: Command, script: Path, content: str, expected: str) -> None:
    script.write_text(content)
    assert lines(cli(script.name).stderr)[1] == f"ERROR {expected}"


def test_a_shebang_without_a_second_line_is_an_empty_script(cli: Command, script: Path) -> None:
    script.write_text("#!/usr/bin/env assay")
    assert cli(script.name).returncode == 0


def test_a_script_with_a_shebang_runs_by_itself(cli: Command, script: Path) -> None:
    script.write_text(f"#!{ASSAY}\nprint(arg[1], arg[2])\n")
    script.chmod(0o755)
    done = subprocess.run([script, "a", "b"], env=cli.environment(), capture_output=True, check=False)
    assert done.stdout == b"a\tb\n"


# Where code may come from


def test_code_from_the_command_line_is_called_eval(cli: Command) -> None:
    done = cli("exec", "-e", "print(1) error('x')")
    assert (done.returncode, done.stdout) == (1, b"1\n")
    assert lines(done.stderr)[:2] == [" INFO starting assay (inline eval mode)", "ERROR <eval>:1: x"]


def test_code_may_have_a_shebang(cli: Command) -> None:
    assert cli("exec", "-e", "#!x\nprint(2)").stdout == b"2\n"


def test_code_wins_over_a_file(cli: Command) -> None:
    done = cli("exec", "-e", "print('code')", "gone.lua")
    assert (done.returncode, done.stdout) == (0, b"code\n")


def test_exec_runs_any_file_as_lua(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text("print('lua')")
    done = cli("exec", "conf.yaml")
    assert (done.returncode, done.stdout) == (0, b"lua\n")
    assert lines(done.stderr) == [" INFO starting assay (script mode) script=conf.yaml"]


def test_exec_needs_code_or_a_file(cli: Command) -> None:
    done = cli("exec")
    assert (done.returncode, done.stderr) == (1, b"error: exec requires either -e <code> or a file path\n")


@pytest.mark.parametrize("command", [[], ["run"], ["exec"]])
def test_a_dash_reads_standard_input(cli: Command, command: list[str]) -> None:
    done = cli(*command, "-", "a", input="print(arg[0], arg[1], ...)\nerror('x')")
    assert (done.returncode, done.stdout) == (1, b"<stdin>\ta\ta\n")
    assert lines(done.stderr)[1] == "ERROR <stdin>:2: x"


def test_standard_input_has_to_be_utf_8(cli: Command) -> None:
    assert cli("-", input=b"\xff").stderr == b"error: reading <stdin>: stream did not contain valid UTF-8\n"


# What a script sees and returns


def test_arguments_reach_the_script(cli: Command, script: Path) -> None:
    script.write_text("print(arg[0], #arg, arg[1], arg[2], ...)")
    assert cli("s.lua", "one", "--", "--two").stdout == b"s.lua\t2\tone\t--two\tone\t--two\n"


def test_arguments_may_have_any_bytes(cli: Command, script: Path) -> None:
    script.write_text("io.write(arg[1])")
    every = bytes(range(1, 256))
    done = subprocess.run(
        [ASSAY, script, "--", every], env=cli.environment(), capture_output=True, check=False
    )
    assert done.stdout == every


def test_without_arguments_there_is_no_arg(cli: Command, script: Path) -> None:
    script.write_text("print(arg, select('#', ...))")
    assert cli("s.lua").stdout == b"nil\t0\n"


def test_returned_values_change_nothing(cli: Command) -> None:
    done = cli("exec", "-e", "return 7")
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("require('os').exit(7)", 7, id="number"),
        pytest.param("require('os').exit()", 0, id="nothing"),
        pytest.param("require('os').exit(false)", 1, id="false"),
        pytest.param("pcall(require('os').exit, 9)", 9, id="not caught"),
        pytest.param("async.spawn(function() require('os').exit(4) end):await() sleep(5)", 4, id="from a task"),
    ],
)
def test_a_script_may_choose_its_exit_code(cli: Command, code: str, status: int) -> None:
    assert cli("exec", "-e", code).returncode == status


def test_an_error_is_one_log_line_and_exit_code_1(cli: Command, script: Path) -> None:
    script.write_text("local function f()\n  error('boom')\nend\nf()\n")
    done = cli("s.lua")
    assert (done.returncode, done.stdout) == (1, b"")
    assert lines(done.stderr)[:3] == [
        " INFO starting assay (script mode) script=s.lua", "ERROR s.lua:2: boom", "stack traceback:",
    ]  # fmt: skip


def test_a_near_name_is_suggested(cli: Command) -> None:
    done = cli("exec", "-e", "base64.encod('x')")
    assert lines(done.stderr)[1] == (
        "ERROR <eval>:1: attempt to call a nil value (field 'encod') (did you mean base64.encode?)"
    )


def test_output_and_log_lines_keep_apart(cli: Command) -> None:
    done = cli("exec", "-e", "print('out') io.write('put') io.stderr:write('err\\n')")
    assert done.stdout == b"out\nput"
    assert done.stderr.endswith(b"\nerr\n")


def test_all_byte_values_can_be_printed(cli: Command) -> None:
    code = "local t = {} for b = 0, 255 do t[#t + 1] = string.char(b) end io.write(table.concat(t))"
    assert cli("exec", "-e", code).stdout == bytes(range(256))


def test_a_hundred_megabytes_of_output_arrive(cli: Command) -> None:
    process = cli.start("exec", "-e", "local s = ('x'):rep(1 << 20) for i = 1, 100 do io.write(s) end")
    assert process.stdout is not None
    size = 0
    while chunk := process.stdout.read(1 << 20):
        size += len(chunk)
    assert (process.wait(10), size) == (0, 100 << 20)


# Options


@pytest.mark.parametrize("arguments", ["-v s.lua", "s.lua -v", "-v run s.lua", "run s.lua -v"])
def test_verbose_shows_debug_lines_wherever_it_stands(cli: Command, script: Path, arguments: str) -> None:
    script.write_text("log.debug('seen')")
    assert "DEBUG seen" in lines(cli(*arguments.split(), env={"RUST_LOG": "off"}).stderr)


@pytest.mark.parametrize(
    ("rust_log", "expected"),
    [
        pytest.param("lua=info", [" INFO hi"], id="only what scripts log"),
        pytest.param("error", ["ERROR <eval>:1: x", "stack traceback:"], id="errors"),
        pytest.param("", [], id="nothing at all"),
        pytest.param("off", [], id="off"),
    ],
)
def test_the_environment_filters_log_lines_but_not_the_exit_code(
    cli: Command, rust_log: str, expected: list[str]
) -> None:
    done = cli("exec", "-e", "log.info('hi') error('x')", env={"RUST_LOG": rust_log})
    assert done.returncode == 1
    assert lines(done.stderr)[: len(expected)] == expected
    assert bool(done.stderr) == bool(expected)


def test_log_lines_may_be_json(cli: Command, script: Path) -> None:
    script.write_text("log.warn('careful')\nerror('boom')\n")
    done = cli("--log-format", "json", "s.lua")
    found = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["level"], line["message"].partition("\n")[0]) for line in found] == [
        ("INFO", "starting assay (script mode)"),
        ("WARN", "careful"),
        ("ERROR", "s.lua:2: boom"),
    ]
    assert (found[0]["script"], found[2]["script"], found[2]["line"]) == ("s.lua", "s.lua", 2)


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        pytest.param(["--readonly"], {}, id="option"),
        pytest.param([], {"ASSAY_READONLY": "1"}, id="environment"),
    ],
)
def test_readonly_refuses_writes(cli: Command, tmp_path: Path, arguments: list[str], env: dict[str, str]) -> None:
    done = cli(*arguments, "exec", "-e", "fs.write('canary', 'x')", env=env)
    assert done.returncode == 1
    assert lines(done.stderr)[1] == "ERROR readonly: fs.write blocked (canary)"
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("x = = 1", 4, id="syntax"),
        pytest.param("local s = ('x'):rep(64 << 20) s = s .. s", 5, id="memory"),
        pytest.param("error('x')", 1, id="another error"),
        pytest.param("require('os').exit(3)", 3, id="the script's own"),
        pytest.param("return 1", 0, id="none"),
    ],
)
def test_exit_codes_may_be_finer(cli: Command, code: str, status: int) -> None:
    env = {"ASSAY_MEMORY_LIMIT": "96M"}
    assert cli("--exit-codes=detailed", "exec", "-e", code, env=env).returncode == status
    assert cli("exec", "-e", code, env=env).returncode == (1 if status in (4, 5) else status)


def test_an_unreadable_file_has_a_finer_exit_code(cli: Command) -> None:
    assert cli("--exit-codes", "detailed", "gone.lua").returncode == 3
    assert cli("--exit-codes", "detailed", "gone.txt").returncode == 3


# Being stopped


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("while true do end", id="busy"),
        pytest.param("while true do pcall(error) end", id="catching everything", marks=pytest.mark.long),
        pytest.param("sleep(30)", id="waiting", marks=pytest.mark.long),
    ],
)
def test_a_deadline_ends_a_script(cli: Command, script: Path, code: str) -> None:
    script.write_text(code)
    started = time.monotonic()
    done = cli("run", "--timeout", "1", "s.lua")
    assert time.monotonic() - started < 3
    assert done.returncode == 1
    assert lines(done.stderr)[-1] == "ERROR execution timed out after 1s"


def test_a_script_within_its_deadline_is_left_alone(cli: Command, script: Path) -> None:
    script.write_text("print(1)")
    done = cli("run", "--timeout", "5", "s.lua")
    assert (done.returncode, done.stdout) == (0, b"1\n")


@pytest.mark.parametrize(
    ("number", "status"),
    [pytest.param(signal.SIGINT, 130, id="SIGINT"), pytest.param(signal.SIGTERM, 143, id="SIGTERM")],
)
@pytest.mark.parametrize(
    "work",
    [
        pytest.param("while true do end", id="busy"),
        pytest.param("sleep(30)", id="waiting"),
        pytest.param("shell.exec('sleep 30')", id="child"),
    ],
)
def test_a_signal_ends_a_script_after_its_clean_up(cli: Command, work: str, number: int, status: int) -> None:
    code = (
        "local c <close> = setmetatable({}, { __close = function() print('closed') end }) "
        f"print('ready') io.stdout:flush() {work}"
    )
    process = cli.start("exec", "-e", code)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    output, errors = process.communicate(timeout=5)
    assert (process.returncode, output) == (status, b"closed\n")
    assert lines(errors) == [" INFO starting assay (inline eval mode)"]


@pytest.mark.parametrize(
    ("number", "status"),
    [pytest.param(signal.SIGINT, 130, id="SIGINT"), pytest.param(signal.SIGTERM, 143, id="SIGTERM")],
)
@pytest.mark.parametrize(
    "work",
    [
        pytest.param("io.read('a')", id="a last read"),
        pytest.param("io.read() io.read() io.read() sleep(30)", id="several reads"),
        pytest.param("for line in io.lines() do print(line) end sleep(30)", id="lines"),
        pytest.param("while true do pcall(io.stdin.read, io.stdin, 1) end", id="reads for ever"),
        pytest.param("coroutine.wrap(function() while true do io.read(1) end end)()", id="in a coroutine"),
    ],
)
def test_a_signal_ends_a_script_that_reads(cli: Command, work: str, number: int, status: int) -> None:
    code = f"local c <close> = setmetatable({{}}, {{ __close = function() print('closed') end }}) print('ready') {work}"
    code = f"io.stderr:write('now\\n') io.stdout:setvbuf('no') {code}"
    process = cli.start("exec", "-e", code, stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    while process.stderr.readline() != b"now\n":
        pass
    time.sleep(0.1)  # until it reads; what is printed comes at the end
    process.send_signal(number)
    assert process.wait(timeout=5) == status
    assert process.stdout.read() == b"ready\nclosed\n"


@pytest.mark.parametrize("delay", [0.03, 0.05, 0.07, 0.09, 0.11, 0.13, 0.15])
def test_a_signal_is_never_lost_while_a_script_starts(cli: Command, delay: float) -> None:
    process = cli.start("exec", "-e", "sleep(20)")
    time.sleep(delay)
    process.terminate()
    assert process.wait(5) in (143, -signal.SIGTERM)


# Readers that leave


def test_a_reader_that_leaves_ends_the_script_quietly(cli: Command) -> None:
    process = cli.start("exec", "-e", "while true do print(('x'):rep(100)) end")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert lines(process.stderr.read()) == [" INFO starting assay (inline eval mode)"]
    process.wait(5)


def test_a_reader_that_left_before_a_short_output_is_no_error(cli: Command) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{ASSAY}' exec -e 'sleep(0.1) print(1)' | true"],
        env=cli.environment({"RUST_LOG": "off"}), capture_output=True, check=False,
    )  # fmt: skip
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("print(1)",
                     "error: writing standard output: No space left on device (os error 28)", id="at the end"),
        pytest.param("print(('x'):rep(1 << 20))",
                     "ERROR writing standard output: No space left on device (os error 28)", id="on the way"),
    ],
)  # fmt: skip
def test_output_that_cannot_be_written_is_an_error(cli: Command, code: str, message: str) -> None:
    with open("/dev/full", "wb") as full:
        process = cli.start("exec", "-e", code, stdout=full)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert lines(errors)[1] == message


# On a terminal


def test_a_terminal_shows_errors_as_a_marked_panel(cli: Command) -> None:
    code = "local text = 'x'\nprint('before')\nbase64.encod(text)"
    shown = on_terminal(cli, ASSAY, "exec", "-e", code, env={"NO_COLOR": "1", "RUST_LOG": "error"})
    assert shown == (
        "before\n"
        "error: attempt to call a nil value (field 'encod')\n"
        "   ┌─ <eval>:3\n"
        " 3 │ base64.encod(text)\n"
        "   │        ^^^^^ did you mean base64.encode?\n"
    )


def test_a_terminal_gets_colours_unless_told_otherwise(cli: Command) -> None:
    assert "\x1b[31m" in on_terminal(cli, ASSAY, "exec", "-e", "error('x')")
    assert "\x1b[" not in on_terminal(cli, ASSAY, "exec", "-e", "error('x')", env={"NO_COLOR": "1"})
    assert "\x1b[" not in cli("exec", "-e", "error('x')").stderr.decode()


def test_a_terminal_sees_output_as_it_is_printed(cli: Command) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [ASSAY, "exec", "-e", "io.write('now') sleep(30)"], stdin=subprocess.DEVNULL, stdout=follower,
        stderr=subprocess.DEVNULL, env=cli.environment(),
    )  # fmt: skip
    os.close(follower)
    try:
        assert os.read(leader, 100) == b"now"
    finally:
        process.terminate()
        process.wait(5)
        os.close(leader)


def test_an_error_in_a_module_shows_the_module_s_line(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "helper.lua").write_text("local M = {}\nfunction M.go() error('inside') end\nreturn M\n")
    code = "require('helper').go()"
    shown = subprocess.run(
        ["/bin/sh", "-c", f"cd '{tmp_path}' && exec '{ASSAY}' exec -e \"{code}\""],
        env=cli.environment(), capture_output=True, check=False,
    ).stderr  # fmt: skip
    assert "helper.lua:2: inside" in shown.decode()
