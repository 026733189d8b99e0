"""The shell in a terminal of its own: `shell` opens one, `home` is where it keeps its files."""

from __future__ import annotations

import pytest

from tests.support.command import Command
from tests.support.shell import Terminal


@pytest.fixture
def home(tmp_path):
    """A home folder."""
    folder = tmp_path / "home"
    (folder / ".config/assay").mkdir(parents=True)
    return folder


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
        variables = {
            "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PAGER": "cat",
            "XDG_CONFIG_HOME": str(home / ".config"), "XDG_DATA_HOME": str(home / ".local/share"), **(env or {}),
        }  # fmt: skip
        environment = Command(work).environment(variables)
        for name in ("COLUMNS", "LINES", "COLORTERM", *(name for name, value in (env or {}).items() if value is None)):
            environment.pop(name, None)
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
