"""What a typed line asks for."""

from __future__ import annotations

import pytest

from assay_shell.session.line import Line, read


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("x = 1", Line("code", "x = 1"), id="code"),
        pytest.param(".5 + 1", Line("code", ".5 + 1"), id="a number that begins with a dot"),
        pytest.param(".help", Line("command", "", "help"), id="a command"),
        pytest.param("%save  a b.lua ", Line("command", "a b.lua", "save"), id="a command of a notebook"),
        pytest.param(".time for i = 1, 2 do\nend", Line("command", "for i = 1, 2 do\nend", "time"), id="of two lines"),
        pytest.param("?http.get", Line("help", "http.get"), id="a question"),
        pytest.param("c:pods?", Line("help", "c:pods"), id="a question behind"),
        pytest.param("??fs", Line("source", "fs"), id="source"),
        pytest.param("fs.read??", Line("source", "fs.read"), id="source behind"),
        pytest.param("?", Line("help", ""), id="a question for everything"),
        pytest.param("! ls -l", Line("program", "ls -l"), id="a program"),
        pytest.param("sleep(1) &", Line("job", "sleep(1)"), id="a job"),
        pytest.param("x = 1 & 2", Line("code", "x = 1 & 2"), id="a bit operator"),
        pytest.param("x = 1&", Line("code", "x = 1&"), id="half an operator"),
        pytest.param("'what?'", Line("code", "'what?'"), id="a question in a string"),
        pytest.param("return ...?", Line("code", "return ...?"), id="nothing that has a name"),
    ],
)
def test_the_beginning_or_the_end_of_a_line_says_what_it_asks_for(text, line):
    assert read(text) == line
