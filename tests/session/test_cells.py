"""Inputs become functions that share their locals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.errors import ScriptError, ScriptSyntaxError
from assay_shell.session.tokens import depth_at_end, tokens


@pytest.mark.parametrize(
    ("inputs", "values"),
    [
        pytest.param(["local x = 1", "x"], [1], id="a local stays"),
        pytest.param(["local a, b = 1, 2 local c = 3", "a + b + c"], [6], id="several on one line"),
        pytest.param(["local f = math.floor\nlocal y = f(2.5)", "y"], [2], id="a call ends at the next statement"),
        pytest.param(["local x = 1", "function up() x = x + 1 end", "up()", "x"], [2], id="a function shares it"),
        pytest.param(["local x = 1 function f() return x end", "local x = 2", "f(), x"], [1, 2], id="a new one"),
        pytest.param(["local function f(n) return n < 2 and n or f(n-1) + n end", "f(4)"], [10], id="a local function"),
        pytest.param(["local k <const> = 5", "k"], [5], id="a constant"),
        pytest.param(["local x", "x = 4", "x"], [4], id="without a value"),
        pytest.param(["do local x = 1 end", "x"], [None], id="a block keeps its own"),
        pytest.param(["for i = 1, 2 do local x = i end", "x"], [None], id="so does a loop"),
        pytest.param(["local x = function() while true do break end return 3 end", "x()"], [3], id="blocks inside"),
        pytest.param(["local s = [[ local z = 1 ]] -- local w = 2", "z, w"], [None, None], id="strings and comments"),
        pytest.param(["local t = {\n  a = 1,\n}\nt.b = 2", "t.a + t.b"], [3], id="over several lines"),
        pytest.param(["local x = 1 goto out\n::out::", "x"], [1], id="a jump to the end"),
        pytest.param(["local x = 3; return x"], [3], id="an explicit return"),
        pytest.param(["local t = {1, 2}\n#t"], [2], id="the last expression, no statement before it"),
        pytest.param(["local x = 1\nx + 1;"], [2], id="with a semicolon"),
        pytest.param(["math.max(1, 2) -- the larger"], [2], id="a call with a comment"),
        pytest.param(["local y = 2\ntostring(y)"], ["2"], id="the last call"),
        pytest.param(["1", "2", "_ * 10 + _2"], [21], id="earlier results"),
        pytest.param(["_"], [None], id="no earlier result"),
        pytest.param(["_ = 3", "_"], [3], id="a global of that name"),
        pytest.param(["-- nothing"], [], id="a comment alone"),
        pytest.param(["print('x')"], [], id="a call with nothing to say"),
        pytest.param(["x"], [None], id="an expression that is nil"),
    ],
)
def test_inputs_go_on_where_the_last_one_ended(typed, inputs, values):
    for source in inputs[:-1]:
        typed.values(source)
    assert typed.values(inputs[-1]) == values


def test_locals_declared_before_an_error_stay(typed):
    assert typed.outcome("local before = 1\nerror('stop')\nlocal after = 2").error is not None
    assert typed.values("before, after") == [1, None]


def test_an_error_names_the_line_of_the_input(typed):
    error = typed.outcome("local x = 1\nlocal y = 2\n\nerror('here')").error
    assert isinstance(error, ScriptError)
    assert (error.chunk, error.line, error.message) == ("<input 1>", 4, "<input 1>:4: here")


def test_a_call_that_fails_as_the_last_expression_is_in_the_traceback(typed):
    error = typed.outcome("local function inner() error('deep') end\ninner()").error
    assert isinstance(error, ScriptError)
    assert "<input 1>:2" in error.traceback


@pytest.mark.parametrize("source", ["1 +", "x = = 1", "end", "for"])
def test_what_is_no_lua_is_refused_and_changes_nothing(typed, source):
    typed.values("local x = 1")
    assert isinstance(typed.outcome(source).error, ScriptSyntaxError)
    assert typed.values("x") == [1]


def test_too_many_locals_at_once_are_refused_by_name(typed):
    for start in range(0, 400, 100):
        names = ", ".join(f"v{index}" for index in range(start, start + 100))
        typed.values(f"local {names} = 1")
    assert typed.values("v0, v399") == [1, None]
    error = typed.outcome("return " + " or ".join(f"v{index}" for index in range(1, 300))).error
    assert "more than 180 locals" in str(error)


@given(st.text(alphabet="local function end()[]{}\"'=-x1 \n", max_size=60))
def test_words_lie_in_order_within_the_source(source):
    found = tokens(source, comments=True)
    assert all(source[token.start : token.end] == token.text for token in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert depth_at_end(source) >= 0


def test_an_error_in_the_last_expression_is_at_its_line(typed):
    error = typed.outcome("local pods = {} pods.itemz[1]").error
    assert (error.line, error.message) == (1, "<input 1>:1: attempt to index a nil value (field 'itemz')")
