from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.conftest import Execute


@pytest.fixture
def command(execute: Execute):
    def run(rest: str, **options: object) -> str | None:
        return execute(f"version: 2\nretries: 0\nchecks: [{{name: a, type: command, {rest}}}]", **options).messages[0]

    return run


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("command: 'true'", None),
        ("command: [sh, -c, 'exit 3'], expect: {exit: 3}", None),
        ("command: 'exit 3'", "expected exit code 0, got exit code 3"),
        ("command: 'echo no >&2; exit 1'", "expected exit code 0, got exit code 1: no"),
        ("command: 'kill -9 $$'", "expected exit code 0, got signal 9"),
        ("command: [echo, 'a b'], expect: {body: a b}", None),
        ("command: [echo, a], expect: {body: b}", 'output does not contain "b"'),
        ("command: 'echo $A', env: {A: val}, expect: {matches: '^val\\n$'}", None),
        ("command: pwd, cwd: /, expect: {matches: '^/\\n$'}", None),
        ("command: [echo, '[1]'], expect: {jmespath: '[0]'}", None),
        ("command: [no-such-program, x]", "starting no-such-program: No such file or directory (os error 2)"),
        ("timeout: 50ms, command: 'sleep 60'", "timed out after 0.05s"),
    ],
)
def test_a_command_has_to_end_and_answer_as_expected(command, rest: str, message: str | None) -> None:
    assert command(rest) == message


def test_a_command_counts_as_a_write(command, tmp_path: Path) -> None:
    said = command(f"command: 'touch {tmp_path}/x'", readonly=True)
    assert said == f"readonly: command blocked (touch {tmp_path}/x)"
    assert not (tmp_path / "x").exists()


def test_a_flood_of_output_is_bounded(command) -> None:
    assert command("command: 'head -c 20000000 /dev/zero'") is None


def test_a_missing_command_says_so(command) -> None:
    assert command("env: {}") == "command check requires a 'command' field"
