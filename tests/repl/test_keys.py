"""Keys at a prompt that is fed through a pipe."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from assay_shell.repl.editor import Editor
from assay_shell.repl.engine import Engine
from assay_shell.repl.history import SharedHistory
from assay_shell.repl.screen import Screen
from assay_shell.repl.settings import Settings
from assay_shell.runtime.vm import Runtime
from assay_shell.session.workspace import Workspace


@pytest.fixture
def engine(request):
    """A VM on its thread; keys wait for it until it has answered, however slow the machine is."""
    patience = getattr(request, "param", 60.0)
    running = Engine(lambda: Workspace(Runtime(stdout=lambda data: None)), patience=patience)
    running.start()
    _ = running.workspace
    yield running
    assert running.close()


@pytest.fixture
def editing(engine, tmp_path):
    """Open an editor whose keys come through a pipe; *hide* sees each line before the history has it."""

    @contextmanager
    def opened(hide=str, **settings):
        with create_pipe_input() as given, create_app_session(input=given, output=DummyOutput()):
            history = SharedHistory(str(tmp_path / "history.jsonl"), "/p", hide)
            screen = Screen(environment={"TERM": "xterm"})
            yield Editor(engine, screen, Settings(**settings), history, input=given, output=DummyOutput()), given

    return opened


@pytest.fixture
def feed(editing):
    """What the editor reads when keys are *pressed*."""

    def read(pressed, **settings):
        with editing(**settings) as (editor, given):
            given.send_text(pressed)
            return asyncio.run(editor.read())

    return read


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        pytest.param("x = 1\r", "x = 1", id="a line"),
        pytest.param("if x then\ry()\rend\r", "if x then\n  y()\nend", id="a block"),
        pytest.param("f({\r1,\r})\r", "f({\n    1,\n  })", id="brackets"),
        pytest.param("if a then\rb()\relse\rc()\rend\r", "if a then\n  b()\nelse\n  c()\nend", id="else"),
        pytest.param("x = 1\x1b\ry = 2\r", "x = 1\ny = 2", id="a new line on demand"),
        pytest.param("if x then\r\x7fy() end\r", "if x then\ny() end", id="back by a step"),
        pytest.param("json.enc\t(1)\r", "json.encode(1)", id="the only candidate"),
        pytest.param("string.forma\t\r", "string.format", id="of Lua's own"),
        pytest.param("\t1\r", "  1", id="an indentation"),
        pytest.param(".form\t json\r", ".format json", id="a command"),
        pytest.param("\x1b[200~a = 1\r\nb = 2\x1b[201~\r", "a = 1\nb = 2", id="a paste"),
        pytest.param("1 +\r1\r", "1 +\n1", id="half an expression"),
        pytest.param("x)\r", "x)", id="what can never be right is run, and told"),
    ],
)
def test_keys_make_an_input(feed, keys, text):
    assert feed(keys) == text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        pytest.param("json.\tnull\r", "json.null", id="the first one shows the menu"),
        pytest.param("json.\t\t\r\r", "json.array", id="the next one takes its first entry"),
        pytest.param("json.\t\t\t\r\r", "json.decode", id="and then the second"),
        pytest.param("json.e\x15json.p\t\r", "json.parse", id="what was typed before does not count"),
    ],
)
def test_tabs_walk_through_the_menu(feed, keys, text):
    assert feed(keys) == text


def test_vi_keys(feed):
    assert feed("hello\x1b0xA!\r", keys="vi") == "ello!"


@pytest.mark.parametrize(("keys", "error"), [("\x04", EOFError), ("half\x03", KeyboardInterrupt)])
def test_the_ways_out_of_a_line(feed, keys, error):
    with pytest.raises(error):
        feed(keys)


@pytest.mark.parametrize("engine", [0.05], indirect=True)
def test_a_busy_vm_does_not_hold_up_enter(engine, feed):
    running = engine.foreground(lambda workspace: workspace.submit("while true do end"))
    assert feed("x = {\r1 }\r") == "x = {\n  1 }"
    engine.interrupt()
    assert str(running.result(10).error) == "interrupted"


def test_ctrl_c_right_behind_enter_is_no_key_of_that_line_nor_of_the_next(editing):
    taken = []

    def just_entered(text):
        taken.append((editor.press_ctrl_c(), editor.entered))
        return text

    async def two_lines():
        return await editor.read(), await editor.read()

    with editing(hide=just_entered) as (editor, given):
        given.send_text("one\rtwo\r")
        assert asyncio.run(two_lines()) == ("one", "two")
    assert taken == [(False, True), (False, True)]
    assert not editor.entered
