from __future__ import annotations

import pytest

from assay_shell.runtime.views.model import Column, Live, Progress, Table, Text
from assay_shell.runtime.views.plain import PlainScreen
from assay_shell.runtime.vm import Runtime


@pytest.fixture
def written():
    """What is written to standard output and standard error: two lists of bytes."""
    return [], []


@pytest.fixture
def screen(written):
    """`screen(*terminals)`: a plain screen whose descriptors in *terminals* are terminals."""
    runtime = Runtime(stdout=written[0].append, stderr=written[1].append)
    yield lambda *terminals: PlainScreen(runtime, lambda descriptor: descriptor in terminals)
    runtime.close()


@pytest.fixture(autouse=True)
def terminal_type(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


WIDE = Table((Column("STATUS"), Column("x")), [("Running", "y" * 300)], 1)


def test_a_pipe_gets_whole_lines_without_colours(screen, written):
    screen().show(WIDE)
    assert b"".join(written[0]).decode() == f"STATUS   x\nRunning  {'y' * 300}\n"


def test_a_terminal_gets_lines_that_fit_with_colours(screen, written):
    screen(1).show(WIDE)
    text = b"".join(written[0]).decode()
    assert "\x1b[32mRunning" in text
    assert "y" * 300 not in text


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(screen, written, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    screen(1).show(WIDE)
    assert b"\x1b" not in b"".join(written[0])


def test_bytes_that_are_no_text_are_written_as_escapes(screen, written):
    screen().show(Text("\udcff ü"))
    assert b"".join(written[0]) == "\\xff ü\n".encode()


def test_progress_is_drawn_over_itself_on_a_terminal_only(screen, written):
    for terminals in ((), (1,), (2,)):
        place = screen(*terminals).open(Progress(0, 4, "x"))
        place.update(Progress(1, 4, "x"))
        place.close(Progress(4, 4, "x", finished=True))
        assert written[0] == []
    text = b"".join(written[1]).decode()
    assert text.startswith("\rx  ")
    assert text.count("\r") == 2  # the second drawing came too soon after the first
    assert text.endswith("\n")
    assert "100%" in text


def test_the_items_of_a_stream_are_lines(screen, written):
    place = screen().open(Live(None, "events"))
    place.add("one")
    place.update(Text("one"))
    place.add("two")
    place.close(Text("one\ntwo"))
    assert b"".join(written[0]) == b"one\ntwo\n"
