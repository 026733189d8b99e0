"""The command itself: help, versions, wrong use, and front ends that are not there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import assay_shell
from tests.support.command import ASSAY, Command


def test_without_arguments_the_help_is_printed_and_callers_learn_that_nothing_ran(cli: Command) -> None:
    done = cli()
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.startswith(b"assay - Lua 5.5 for operations work\n\nUsage: assay ")


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["help"], ["-v", "--help"]])
def test_help_is_no_failure(cli: Command, arguments: list[str]) -> None:
    done = cli(*arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == cli().stdout


@pytest.mark.parametrize("command", ["run", "exec", "docs", "context", "modules", "resume", "help"])
def test_each_command_has_its_own_help(cli: Command, command: str) -> None:
    asked, flagged = cli("help", command), cli(command, "--help")
    assert (asked.returncode, flagged.returncode) == (0, 0)
    if command != "help":
        assert asked.stdout.startswith(b"Usage: assay " + command.encode())
        assert asked.stdout == flagged.stdout


@pytest.mark.parametrize("arguments", [["-V"], ["--version"], ["-v", "-V"]])
def test_the_version_is_ours(cli: Command, arguments: list[str]) -> None:
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (0, f"assay {assay_shell.__version__}\n".encode())


def test_the_module_is_the_command(cli: Command) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assay_shell", "exec", "-e", "print(1 + 1)"],
        capture_output=True, env=cli.environment(), check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"2\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--bogus"], "unknown option '--bogus'", id="unknown option"),
        pytest.param(["run"], "'run' needs a file", id="missing file"),
        pytest.param(["help", "rnu"], "there is no command 'rnu'; did you mean run?", id="unknown command"),
        pytest.param(["run", "a.lua", "--timeout=x"], "'x' is no value of '--timeout <NUMBER>'", id="bad value"),
    ],
)
def test_wrong_use_ends_with_a_hint_and_exit_code_2(cli: Command, arguments: list[str], message: str) -> None:
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    text = done.stderr.decode()
    assert text.startswith(f"error: {message}")
    assert text.endswith("\n\nFor more, try '--help'.\n")


def test_help_into_a_closed_pipe_is_quiet(cli: Command) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [ASSAY, "--help"], stdout=write_end, stderr=subprocess.PIPE, env=cli.environment(), check=False
        )
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_standard_streams_are_no_failure(cli: Command) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{ASSAY}' exec -e 'print(1) io.stderr:write(2)' <&- >&- 2>&-"],
        env=cli.environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_what_others_registered_for_the_end_still_runs(cli: Command) -> None:
    code = (
        "import atexit, sys; atexit.register(print, 'bye', flush=True); sys.argv[1:] = ['exec', '-e', 'print(1)'];"
        "from assay_shell.cli import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=cli.environment(), check=False)
    assert (done.returncode, done.stdout) == (0, b"1\nbye\n")


def test_a_thread_that_hangs_does_not_keep_the_process(cli: Command) -> None:
    code = (
        "import sys, threading, time; threading.Thread(target=time.sleep, args=(60,)).start();"
        "sys.argv[1:] = ['exec', '-e', 'print(1)']; from assay_shell.cli import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=cli.environment(), check=False, timeout=10
    )
    assert (done.returncode, done.stdout) == (0, b"1\n")
