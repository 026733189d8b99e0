"""Command lines are completed by what the session hands in, and what follows by what the command wants."""

from __future__ import annotations

import pytest

from assay_shell.session.completion import CommandWord, Completer

COMMANDS = (
    CommandWord(".help", "Say what is known", ".help [NAME]", "name"),
    CommandWord(".load", "Put a file where you type", ".load FILE", "path"),
    CommandWord(".modules", "The modules", ".modules QUERY", "module"),
    CommandWord(".format", "How results are shown", ".format FORMAT", "auto|table|json"),
    CommandWord(".jobs", "What runs"),
)


@pytest.fixture
def shown(typed):
    """What is offered at the end of a line."""
    completer = Completer(typed.session, commands=COMMANDS)
    return lambda line: [candidate.text for candidate in completer.complete(line, len(line)).items]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param(".", [".format", ".help", ".jobs", ".load", ".modules"], id="all commands"),
        pytest.param("  .lo", [".load"], id="a command behind blanks"),
        pytest.param(".format ", ["auto", "json", "table"], id="choices"),
        pytest.param(".format ta", ["table"], id="one choice"),
        pytest.param(".load fi", ["file.lua"], id="a file"),
        pytest.param("!cat fi", ["file.lua"], id="a file for a program"),
        pytest.param(".modules vault", ["assay.vault"], id="a module"),
        pytest.param(".help http.ge", ["get"], id="a name"),
        pytest.param("?http.ge", ["get"], id="a name behind a question mark"),
        pytest.param("??http.ge", ["get"], id="a name behind two"),
        pytest.param(".jobs x", [], id="nothing"),
        pytest.param(".unknown x", [], id="an unknown command"),
    ],
)
def test_a_line_is_completed(shown, tmp_path, monkeypatch, line, offered):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.lua").touch()
    assert shown(line) == offered


def test_what_a_command_is_for_stands_beside_it(typed):
    found = Completer(typed.session, commands=COMMANDS).complete(".lo", 3)
    assert (found.start, found.end) == (0, 3)
    assert (found.items[0].signature, found.items[0].summary) == (".load FILE", "Put a file where you type")


def test_without_commands_a_dot_is_just_a_dot(offered):
    assert offered(".he▮") == []
