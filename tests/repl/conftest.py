"""The shell in a terminal of its own: `shell` opens one, `home` is where it keeps its files."""

from __future__ import annotations

import pytest

from tests.support.shell import Terminal, new_home, variables


@pytest.fixture
def home(tmp_path):
    """A home folder."""
    return new_home(tmp_path)


@pytest.fixture
def work(tmp_path):
    """The folder that the shell is opened in."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def shell(home, work):
    """Open a shell; arguments, variables and size as given. It is at its first prompt."""
    opened = []

    def open_one(*arguments, env=None, columns=80, rows=24, prompt=True):
        environment = variables(home, work, env)
        terminal = Terminal(list(arguments), environment, work, columns=columns, rows=rows)
        opened.append(terminal)
        if prompt:
            terminal.wait_for_prompt()
        if prompt and environment["TERM"] != "dumb":
            terminal.wait_for_match(r"read-(write|only)|ask before")
        return terminal

    yield open_one
    for terminal in opened:
        terminal.close()
