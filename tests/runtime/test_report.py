from __future__ import annotations

from collections.abc import Iterable

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.report import callers, hint, panel, text_with_hint


def known(owner: str) -> Iterable[str]:
    return {"": ["print", "http", "pcall"], "http": ["get", "post", "client"]}.get(owner, [])


def nil(kind: str, name: str, line: int = 1, verb: str = "call") -> ScriptError:
    return ScriptError(f"x.lua:{line}: attempt to {verb} a nil value ({kind} '{name}')", chunk="x.lua", line=line)


def test_the_panel_marks_the_cause_and_names_what_may_have_been_meant() -> None:
    error = ScriptError(
        "rotate.lua:2: attempt to call a nil value (field 'gett')",
        traceback="stack traceback:\n\trotate.lua:2: in local 'fetch'\n\trotate.lua:5: in main chunk\n\t[C]: in ?",
        chunk="rotate.lua",
        line=2,
    )
    assert panel(error, "local url = 1\n\tlocal page = http.gett(url)\n", names=known) == (
        "error: attempt to call a nil value (field 'gett')\n"
        "   ┌─ rotate.lua:2\n"
        " 2 │     local page = http.gett(url)\n"
        "   │                       ^^^^ did you mean http.get?\n"
        "   called from rotate.lua:5 in main chunk"
    )


def test_a_panel_without_source_shows_the_place() -> None:
    error = ScriptError("gone.lua:7: oops", chunk="gone.lua", line=7)
    assert panel(error, None) == "error: oops\n   ┌─ gone.lua:7"


def test_a_panel_without_place_is_the_message() -> None:
    assert panel(ScriptError("memory error: not enough memory"), "x = 1") == "error: memory error: not enough memory"


def test_colours_only_where_asked_for() -> None:
    error = nil("field", "gett")
    assert "\x1b[" not in panel(error, "http.gett()", names=known)
    assert "\x1b[1;31merror:\x1b[0m" in panel(error, "http.gett()", names=known, colour=True)


@pytest.mark.parametrize(
    ("message", "line", "marked"),
    [
        pytest.param("attempt to call a nil value (global 'foo')", "x = xfoo + foo()", "foo", id="whole names only"),
        pytest.param("attempt to index a nil value (local 'cfg')", "return cfg.url", "cfg", id="local"),
        pytest.param("bad argument #1 to 'insert' (table expected)", "table.insert(nil)", "insert", id="argument"),
        pytest.param("'=' expected near 'y'", "x y", "y", id="syntax"),
        pytest.param("fs.read: failed", "local t = fs.read(p)", "fs.read", id="builtin"),
        pytest.param("fs.read: failed", "local t = r(p) .. read(p)", "read", id="builtin under another name"),
        pytest.param("readonly: fs.remove blocked (x)", 'fs.remove("x")', "fs.remove", id="refused builtin"),
        pytest.param("own words", 'if bad then error("own words") end', "error", id="raised by the script"),
        pytest.param("odd", "   do_it(1)", "do_it(1)", id="nothing tells"),
    ],
)
def test_the_cause_is_underlined(message: str, line: str, marked: str) -> None:
    error = ScriptError(f"x.lua:1: {message}", chunk="x.lua", line=1)
    *_, text, under = panel(error, line).split("\n")
    start = under.index("^")
    assert text[start : start + under.count("^")] == marked


def test_builtin_messages_have_no_position_and_keep_their_words() -> None:
    error = ScriptError("http.get: no", chunk="x.lua", line=1)
    assert panel(error, "http.get()").startswith("error: http.get: no\n   ┌─ x.lua:1\n")


def test_wide_characters_before_the_cause_keep_the_mark_in_place() -> None:
    under = panel(nil("global", "foo"), 's = "日本" .. foo').split("\n")[-1]
    assert under == "   │ " + " " * len('s = "    " .. ') + "^^^"


def test_a_very_long_line_is_cut_around_the_cause() -> None:
    *_, text, under = panel(nil("global", "foo"), "x = 1 " * 1000 + "foo() " + "y = 2 " * 1000).split("\n")
    assert len(text) < 180
    start = under.index("^")
    assert text[start : start + 3] == "foo"
    assert "…" in text


def test_what_could_steer_the_terminal_is_made_visible() -> None:
    error = ScriptError("x.lua:1: \x1b[2J", chunk="x.lua", line=1)
    assert "\x1b" not in panel(error, 'error("\x1b[2J")')


@pytest.mark.parametrize(
    ("error", "source", "expected"),
    [
        pytest.param(nil("field", "gett"), "http.gett()", "did you mean http.get?", id="field of a group"),
        pytest.param(nil("global", "pirnt"), "pirnt(1)", "did you mean print?", id="global"),
        pytest.param(nil("global", "htpp", 1, "index"), "htpp.get()", "did you mean http?", id="index of a global"),
        pytest.param(nil("global", "cuont", 2), "count = 1\nx = cuont", "did you mean count?", id="own global"),
        pytest.param(nil("field", "nmae", 2), "t.name = 1\nt.nmae()", "did you mean t.name?", id="own field"),
        pytest.param(nil("method", "podz", 2), "c:pods()\nc:podz()", "did you mean c:pods?", id="own method"),
        pytest.param(nil("global", "zzz"), "zzz()", "", id="nothing like it"),
        pytest.param(nil("local", "gett"), "gett()", "", id="a local is what it is"),
        pytest.param(nil("field", "gett"), "", "", id="no source"),
        pytest.param(ScriptError("boom"), "error('boom')", "", id="another error"),
        pytest.param(nil("field", "?"), "t[1]()", "", id="a field without a name"),
    ],
)
def test_a_nil_name_suggests_a_near_one(error: ScriptError, source: str, expected: str) -> None:
    assert hint(error, source, known) == expected


def test_the_log_line_has_the_same_words_as_the_panel() -> None:
    error = nil("field", "gett")
    error.traceback = "stack traceback:\n\tx.lua:1: in main chunk"
    assert text_with_hint(error, "http.gett()", known) == (
        "x.lua:1: attempt to call a nil value (field 'gett') (did you mean http.get?)\n"
        "stack traceback:\n\tx.lua:1: in main chunk"
    )


def test_deep_tracebacks_are_shortened_in_the_middle() -> None:
    frames = "".join(f"\n\tx.lua:{n}: in upvalue 'f{n}'" for n in range(1, 30))
    found = callers(ScriptError("x", traceback="stack traceback:" + frames, chunk="x.lua", line=1))
    assert len(found) == 7
    assert found[0] == "called from x.lua:2 in upvalue 'f2'"
    assert found[-2] == "... 22 more ..."
    assert found[-1] == "called from x.lua:29 in upvalue 'f29'"


def test_an_error_that_a_module_raises_is_shown_at_the_line_of_the_script(run) -> None:
    code = 'local s = require("assay.k8s").client("http://127.0.0.1:1", { token = "t" })\nlocal x = s:pod("a", "b")'
    with pytest.raises(ScriptError) as caught:
        run(code, name="mine.lua")
    shown = panel(caught.value, code).split("\n")
    assert shown[1:] == ["   ┌─ mine.lua:2", ' 2 │ local x = s:pod("a", "b")', "   │ ^^^^^^^^^^^^^^^^^^^^^^^^^"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("assay/k8s.lua:1: k8s.get: HTTP 404", "k8s.get: HTTP 404", id="raised by a module"),
        pytest.param("assay/x.lua:1: attempt to call", "assay/x.lua:1: attempt to call", id="a fault"),
        pytest.param("mine.lua:3: no", "mine.lua:3: no", id="somebody else's"),
    ],
)
def test_the_place_in_a_module_is_left_out_unless_it_is_a_fault(message: str, shown: str) -> None:
    assert panel(ScriptError(message, chunk="x.lua", line=7), None).startswith(f"error: {shown}\n")
