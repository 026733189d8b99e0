from __future__ import annotations

import pytest

from assay_shell.cli.arguments import parse
from assay_shell.runtime.errors import UsageError


def reading(text: str) -> tuple[str, dict[str, str | int | list[str]], list[str]]:
    invocation = parse(text.split())
    return invocation.command, invocation.options, invocation.operands


@pytest.mark.parametrize(
    ("line", "command", "options", "operands"),
    [
        pytest.param("", "", {}, [], id="nothing"),
        pytest.param("a.lua", "FILE", {}, ["a.lua"], id="bare file"),
        pytest.param("a.lua b c", "FILE", {}, ["a.lua", "b", "c"], id="arguments of the script"),
        pytest.param("- b", "FILE", {}, ["-", "b"], id="standard input"),
        pytest.param("-v a.lua", "FILE", {"verbose": ""}, ["a.lua"], id="option before the file"),
        pytest.param("a.lua -v", "FILE", {"verbose": ""}, ["a.lua"], id="option after the file"),
        pytest.param("a.lua b --verbose c", "FILE", {"verbose": ""}, ["a.lua", "b", "c"], id="option in between"),
        pytest.param("a.lua -- -v --x", "FILE", {}, ["a.lua", "-v", "--x"], id="after -- all is the script's"),
        pytest.param("-- a.lua", "FILE", {}, ["a.lua"], id="file after --"),
        pytest.param("-v run a.lua", "run", {"verbose": ""}, ["a.lua"], id="option before the command"),
        pytest.param("run a.lua --mode tool", "run", {"mode": "tool"}, ["a.lua"], id="value as next argument"),
        pytest.param("run --mode=script a.lua", "run", {"mode": "script"}, ["a.lua"], id="value after ="),
        pytest.param("run a.lua --timeout 0", "run", {"timeout": 0}, ["a.lua"], id="number"),
        pytest.param("run run", "run", {}, ["run"], id="a file may be called like a command"),
        pytest.param("exec -e x=1", "exec", {"eval": "x=1"}, [], id="code"),
        pytest.param("exec -ex=1", "exec", {"eval": "x=1"}, [], id="code joined to its letter"),
        pytest.param("exec -e=x", "exec", {"eval": "x"}, [], id="letter and ="),
        pytest.param("exec --eval=--x", "exec", {"eval": "--x"}, [], id="code that begins with dashes"),
        pytest.param("exec -e --x", "exec", {"eval": "--x"}, [], id="code that begins with dashes, apart"),
        pytest.param("exec -ve x", "exec", {"verbose": "", "eval": "x"}, [], id="letters together"),
        pytest.param("exec f.txt", "exec", {}, ["f.txt"], id="any file"),
        pytest.param("context grafana -l5", "context", {"limit": 5}, ["grafana"], id="number joined to its letter"),
        pytest.param("context -l 5 x", "context", {"limit": 5}, ["x"], id="number apart"),
        pytest.param("modules -v", "modules", {"verbose": ""}, [], id="option after the command"),
        pytest.param("help run", "help", {}, ["run"], id="help on a command"),
        pytest.param("docs http.get", "docs", {}, ["http.get"], id="docs"),
        pytest.param("--readonly --strict --debug x.lua", "FILE", {"readonly": "", "strict": "", "debug": ""},
                     ["x.lua"], id="flags"),
        pytest.param("x.lua --log-format json", "FILE", {"log-format": "json"}, ["x.lua"], id="log format"),
        pytest.param("resume --token t --approve yes --resume-ttl 9", "resume",
                     {"token": "t", "approve": "yes", "resume-ttl": 9}, [], id="resume"),
    ],
)  # fmt: skip
def test_a_command_line_is_read(
    line: str, command: str, options: dict[str, str | int], operands: list[str]
) -> None:
    assert reading(line) == (command, options, operands)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("--bogus", "unknown option '--bogus'", id="unknown"),
        pytest.param("--verbos", "unknown option '--verbos'; did you mean --verbose?", id="nearly known"),
        pytest.param("-x", "unknown option '-x'", id="unknown letter"),
        pytest.param("-vx", "unknown option '-x'", id="unknown letter after a known one"),
        pytest.param("a.lua --bogus", "unknown option '--bogus' (for an argument of the script, write: -- --bogus)",
                     id="unknown after a file"),
        pytest.param("a.lua --timeout 5", "unknown option '--timeout' here; 'assay run' has it", id="of a command"),
        pytest.param("run a.lua --timout 5", "unknown option '--timout'; did you mean --timeout? "
                     "(for an argument of the script, write: -- --timout)", id="nearly known of a command"),
        pytest.param("-v -v a.lua", "'--verbose' was given more than once", id="repeated"),
        pytest.param("-v --verbose a.lua", "'--verbose' was given more than once", id="repeated in another form"),
        pytest.param("-vv a.lua", "'--verbose' was given more than once", id="repeated in one word"),
        pytest.param("run a.lua --mode tool --mode tool", "'--mode' was given more than once", id="value repeated"),
        pytest.param("run a.lua --mode", "'--mode <MODE>' needs a value", id="no value"),
        pytest.param("run a.lua --mode --timeout 5", "'--mode <MODE>' needs a value", id="option in place of a value"),
        pytest.param("exec -e", "'--eval <CODE>' needs a value", id="no code"),
        pytest.param("run a.lua --mode shell", "'shell' is no value of '--mode <MODE>' (one of: script, tool)",
                     id="bad choice"),
        pytest.param("run a.lua --mode=", "'' is no value of '--mode <MODE>' (one of: script, tool)", id="empty"),
        pytest.param("run a.lua --timeout=-1", "'-1' is no value of '--timeout <NUMBER>' "
                     "(a whole number, not negative)", id="negative"),
        pytest.param("run a.lua --timeout 1.5", "'1.5' is no value of '--timeout <NUMBER>' "
                     "(a whole number, not negative)", id="fraction"),
        pytest.param("run a.lua --timeout ten", "'ten' is no value of '--timeout <NUMBER>' "
                     "(a whole number, not negative)", id="word"),
        pytest.param("run a.lua --timeout 18446744073709551616", "'18446744073709551616' is no value of "
                     "'--timeout <NUMBER>' (a whole number, not negative)", id="too large"),
        pytest.param("--verbose=1 a.lua", "'--verbose' takes no value, but got '1'", id="value for a flag"),
        pytest.param("modules x", "'modules' takes no argument 'x' here", id="argument too many"),
        pytest.param("context a b", "'context' takes no argument 'b' here", id="second argument"),
        pytest.param("--log-format yaml a.lua", "'yaml' is no value of '--log-format <FORMAT>' (one of: text, json)",
                     id="log format"),
    ],
)  # fmt: skip
def test_wrong_use_is_named(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line.split())
    assert str(caught.value) == message


def test_control_characters_in_arguments_are_shown_escaped() -> None:
    with pytest.raises(UsageError, match=r"unknown option '--\\x1b\[2J'"):
        parse(["--\x1b[2J"])
