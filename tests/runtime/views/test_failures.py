from __future__ import annotations

import pytest

from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.redact import MASK
from assay_shell.runtime.report import panel
from assay_shell.runtime.views.failures import failure_view
from assay_shell.runtime.views.text import render


def failing(runtime, source):
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(source, "rotate.lua")
    return caught.value


def test_an_error_shows_its_line_with_the_cause_marked_and_a_hint(runtime):
    source = "local x = 1\nlocal page = http.gett('x')\n"
    error = failing(runtime, source)
    view = failure_view(runtime, error, source, lambda group: ["get", "post"] if group == "http" else [])
    assert (view.chunk, view.line, view.source) == ("rotate.lua", 2, "local page = http.gett('x')")
    start, length = view.marked
    assert view.source[start : start + length] == "gett"
    assert view.hint == "did you mean http.get?"
    assert view.frames == ("called from rotate.lua:2 in main chunk",) or all("rotate.lua" in f for f in view.frames)


def test_the_text_is_that_of_the_panel(runtime):
    source = "local function f() error('no') end\nf()\n"
    error = failing(runtime, source)
    for colour in (False, True):
        assert render(failure_view(runtime, error, source), None, colour=colour) == panel(error, source, colour=colour)


def test_signs_are_plain_in_ascii(runtime):
    error = failing(runtime, "error('ü')")
    assert render(failure_view(runtime, error, "error('ü')"), encoding="ascii").isascii()


def test_secrets_are_masked_in_the_message_and_the_line(runtime):
    source = "error('password=hunter22')"
    view = failure_view(runtime, failing(runtime, source), source)
    assert "hunter22" not in repr(view)
    assert MASK in view.message
    assert MASK in view.source


def test_other_errors_are_their_message(runtime):
    assert failure_view(runtime, BuiltinError("fs.read", "no")).message == "fs.read: no"
