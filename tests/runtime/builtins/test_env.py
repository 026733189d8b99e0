from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.vm import Runtime

if TYPE_CHECKING:
    from tests.conftest import Fails, Run

ALL_BUT_NUL = bytes(range(1, 256))
NO_STRING = "bad argument #{}: error converting Lua {} to String (expected string or number)"


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Put the variables of the process back after each test."""
    before = dict(os.environb)
    os.environb[b"ASSAY_TEST"] = b"given"
    yield
    os.environb.clear()
    os.environb.update(before)


def lua_string(data: bytes) -> str:
    return '"' + "".join(f"\\{byte:03}" for byte in data) + '"'


# env.get


def test_a_variable_of_the_process_is_read(run: Run) -> None:
    assert run('return env.get("ASSAY_TEST")') == "given"


def test_a_missing_variable_is_nil(run: Run) -> None:
    assert run('return env.get("ASSAY_NOT_THERE")') is None
    assert run('return env.get("")') is None
    assert run('return env.get("A=B")') is None
    assert run('return env.get("a\\0b")') is None


def test_an_empty_variable_is_an_empty_string(run: Run) -> None:
    os.environb[b"ASSAY_TEST"] = b""
    assert run('return env.get("ASSAY_TEST")') == ""


def test_a_value_that_is_no_utf8_reads_as_nil(run: Run) -> None:
    os.environb[b"ASSAY_TEST"] = b"caf\xe9"
    assert run('return env.get("ASSAY_TEST")') is None


def test_a_value_beyond_ascii_is_read(run: Run) -> None:
    os.environb["ASSAY_TÄST".encode()] = "grün €".encode()
    assert run('return env.get("ASSAY_TÄST")') == "grün €"


def test_a_number_is_a_name_too(run: Run) -> None:
    os.environb[b"42"] = b"answer"
    assert run("return env.get(42)") == "answer"


def test_variables_are_no_fields(run: Run) -> None:
    assert run("return env.ASSAY_TEST") is None


@pytest.mark.parametrize(("value", "kind"), [("", "nil"), ("true", "boolean"), ("{}", "table")])
def test_a_name_must_be_text(fails: Fails, value: str, kind: str) -> None:
    assert fails(f"env.get({value})") == NO_STRING.format(1, kind)


# the variables of a check


@pytest.fixture
def check() -> Iterator[Runtime]:
    """A runtime as a YAML check has it, with a variable of its own that the process has too."""
    runtime = Runtime()
    runtime.check_env["ASSAY_TEST"] = "of the check"
    yield runtime
    runtime.close()


def test_the_variables_of_a_check_come_first(check: Runtime) -> None:
    assert check.evaluate('return env.get("ASSAY_TEST"), env.get("PATH")') == ["of the check", os.environ["PATH"]]


def test_the_variables_of_a_check_beat_those_that_were_set(check: Runtime) -> None:
    assert check.evaluate('env.set("ASSAY_TEST", "set"); return env.get("ASSAY_TEST")') == ["of the check"]
    assert os.environb[b"ASSAY_TEST"] == b"set"


def test_the_variables_of_a_check_are_for_env_get_only(check: Runtime) -> None:
    code = 'for _, entry in ipairs(env.list()) do if entry.key == "ASSAY_TEST" then return entry.value end end'
    assert check.evaluate(code) == ["given"]
    assert check.evaluate('return env._process_get("ASSAY_TEST")') == ["given"]


def test_scripts_see_and_change_the_variables_of_a_check(check: Runtime) -> None:
    assert check.evaluate("return env._check_env.ASSAY_TEST") == ["of the check"]
    assert check.evaluate('env._check_env.NEW = "x"; return env.get("NEW")') == ["x"]
    assert check.evaluate('env._check_env = {}; return env.get("ASSAY_TEST")') == ["given"]
    assert check.evaluate('env._check_env = nil; return env.get("ASSAY_TEST")') == ["given"]


def test_outside_a_check_its_variables_are_an_empty_table(run: Run) -> None:
    assert run("return type(env._check_env), next(env._check_env)") == "table"
    assert run("return next(env._check_env) == nil") is True


# env.set, env.unset


def test_a_variable_that_is_set_reaches_child_processes(run: Run) -> None:
    run('env.set("ASSAY_TEST", "for children")')
    with os.popen('printf %s "$ASSAY_TEST"') as child:
        assert child.read() == "for children"


def test_what_is_set_can_be_read(run: Run) -> None:
    assert run('env.set("ASSAY_TEST", "a=b\\nc"); return env.get("ASSAY_TEST")') == "a=b\nc"
    assert run('env.set("ASSAY_TEST", 1.5); return env.get("ASSAY_TEST")') == "1.5"


def test_all_bytes_reach_child_processes_but_nul(run: Run) -> None:
    run(f'env.set("ASSAY_TEST", {lua_string(ALL_BUT_NUL)})')
    assert os.environb[b"ASSAY_TEST"] == ALL_BUT_NUL
    name = ALL_BUT_NUL.replace(b"=", b"")
    run(f'env.set({lua_string(name)}, "x")')
    assert os.environb[name] == b"x"


@pytest.mark.parametrize("call", ['env.set("ASSAY_TEST", nil)', 'env.set("ASSAY_TEST")', 'env.unset("ASSAY_TEST")'])
def test_a_variable_is_removed(run: Run, call: str) -> None:
    assert run(f'{call}; return env.get("ASSAY_TEST")') is None
    assert b"ASSAY_TEST" not in os.environb
    run(call)  # once more: nothing to remove is fine


@pytest.mark.parametrize("function", ["set", "unset"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param('""', "the name must not be empty", id="empty"),
        pytest.param('"A=B"', "the name must not contain '=' or a NUL byte", id="equals sign"),
        pytest.param('"A\\0B"', "the name must not contain '=' or a NUL byte", id="NUL"),
    ],
)
def test_an_impossible_name_is_an_error(fails: Fails, function: str, name: str, reason: str) -> None:
    assert fails(f"env.{function}({name}, 'x')") == f"env.{function}: {reason}"
    assert fails(f"env.{function}({name}, nil)") == f"env.{function}: {reason}"


def test_a_value_with_a_nul_byte_is_an_error(fails: Fails) -> None:
    assert fails('env.set("ASSAY_TEST", "a\\0b")') == "env.set: the value must not contain a NUL byte"


@pytest.mark.parametrize(("value", "kind"), [("true", "boolean"), ("{}", "table"), ("print", "function")])
def test_a_value_must_be_text_or_a_number(fails: Fails, value: str, kind: str) -> None:
    assert fails(f'env.set("ASSAY_TEST", {value})') == NO_STRING.format(2, kind)
    assert fails(f'env.set({value}, "x")') == NO_STRING.format(1, kind)


def test_setting_is_refused_under_readonly(run: Run) -> None:
    for call in ('env.set("ASSAY_TEST", "x")', 'env.unset("ASSAY_TEST")'):
        message = str(run(f"return tostring(select(2, pcall(function() {call} end)))", readonly=True))
        assert "readonly: " in message
        assert "blocked (ASSAY_TEST)" in message
    assert os.environb[b"ASSAY_TEST"] == b"given"


# env.list


def test_the_list_has_key_and_value_of_each_variable(run: Run) -> None:
    entries = run("return env.list()")
    assert isinstance(entries, list)
    assert {entry["key"]: entry["value"] for entry in entries} == dict(os.environ)
    assert {"key": "ASSAY_TEST", "value": "given"} in entries


def test_the_list_skips_what_is_no_utf8(run: Run) -> None:
    os.environb[b"ASSAY_VALUE"] = b"\xff"
    os.environb[b"ASSAY_\xff"] = b"x"
    entries = run("return env.list()")
    assert isinstance(entries, list)
    assert not [entry for entry in entries if entry["key"].startswith("ASSAY_V") or "\udcff" in entry["key"]]


# env.home, env.cwd


def test_the_home_directory_is_the_variable_s_or_the_user_database_s(run: Run) -> None:
    os.environb[b"HOME"] = b"/somewhere/else"
    assert run("return env.home()") == "/somewhere/else"
    del os.environb[b"HOME"]
    assert run("return env.home()") == os.path.expanduser("~")


def test_the_working_directory_is_absolute(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("return env.cwd()") == str(tmp_path.resolve())


def test_a_removed_working_directory_is_an_error(fails: Fails, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    expected = "env.cwd: failed to read the working directory: No such file or directory (os error 2)"
    assert fails("env.cwd()") == expected
