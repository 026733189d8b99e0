"""assert: what passes, and the words of what does not."""

from __future__ import annotations

import pytest

PASSES = [
    "eq(1, 1)", "eq(1, 1.0)", "eq(0.1 + 0.2, 0.3)", "eq('a', 'a')", "eq(nil, nil)", "eq(T, T)", "eq(1/0, 1/0)",
    "ne(1, '1')", "ne({}, {})", "ne(0/0, 0/0)", "ne(nil, false)", "ne(1, 2)", "gt(2, 1)", "gt(1.5, 1)", "lt(1, 2)",
    "contains('abc', 'b')", "contains('a.c', '.')", "contains('', '')", "not_nil(false)", "not_nil(0)",
    "matches('abc123', '%a+%d+')", "matches('x', '^x$')",
]  # fmt: skip


@pytest.mark.parametrize("call", PASSES)
def test_what_holds_returns_nothing(run, call):
    assert run(f"T = {{}} return select('#', assert.{call})") == 0


FAILS = [
    ("eq(1, 2)", 'assert.eq failed: "1" != "2"'),
    ("eq(1, 2, 'why')", 'assert.eq failed: "1" != "2" - why'),
    ("eq(1, 2, 7)", 'assert.eq failed: "1" != "2" - 7'),
    ("eq(1, 2, nil)", 'assert.eq failed: "1" != "2"'),
    ("eq(1.5, 2.0)", 'assert.eq failed: "1.5" != "2"'),
    ("eq(1e20, 0)", 'assert.eq failed: "100000000000000000000" != "0"'),
    ("eq(0.00001, 0)", 'assert.eq failed: "0.00001" != "0"'),
    ("eq(0/0, 1/0)", 'assert.eq failed: "NaN" != "inf"'),
    ("eq(nil, -1/0)", 'assert.eq failed: "nil" != "-inf"'),
    ("eq({}, print)", 'assert.eq failed: "<table>" != "<function>"'),
    ("eq(coroutine.create(print), true)", 'assert.eq failed: "<thread>" != "true"'),
    ("eq(select(2, pcall(fs.read)), 1)", 'assert.eq failed: "<error>" != "1"'),
    ("eq('a\"\\n', '\\xff')", 'assert.eq failed: "a\\"\\n" != "<invalid utf-8>"'),
    ("eq('1', 1)", 'assert.eq failed: "1" != "1"'),
    ("ne(3, 3.0)", 'assert.ne failed: "3" == "3"'),
    ("gt(1, 2)", "assert.gt failed: 1 is not > 2"),
    ("gt(0/0, 1, 'm')", "assert.gt failed: NaN is not > 1 - m"),
    ("gt('2', 1)", "assert.gt: both arguments must be numbers"),
    ("lt(2, 2, 'm')", "assert.lt failed: 2 is not < 2 - m"),
    ("lt(nil, 2, 'm')", "assert.lt: both arguments must be numbers"),
    ("contains('abc', 'x')", 'assert.contains failed: "abc" does not contain "x"'),
    ("contains(1, 'x')", "assert.contains: first argument must be a string"),
    ("contains('x', 1)", "assert.contains: second argument must be a string"),
    ("not_nil(nil)", "assert.not_nil failed: value is nil"),
    ("not_nil(nil, 'm')", "assert.not_nil failed: value is nil - m"),
    ("matches('abc', '%d')", 'assert.matches failed: "abc" does not match pattern "%d"'),
    ("matches(5, '%d')", "assert.matches: first argument must be a string"),
    ("matches('5', 5)", "assert.matches: second argument must be a pattern string"),
]


@pytest.mark.parametrize(("call", "message"), FAILS)
def test_what_does_not_hold_says_so(fails, call, message):
    assert fails(f"assert.{call}") == message


def test_a_bad_pattern_is_named(fails):
    assert fails("assert.matches('x', '[')").startswith("assert.matches: pattern error: ")


def test_assert_can_be_called_as_in_standard_lua(run, fails):
    assert run("return { assert(1, 'x') }") == [1, "x"]
    assert fails("assert(false, 'mine')") == "mine"
    assert fails("assert(nil)") == "assertion failed!"
    assert run("local _, e = pcall(function() assert(false, {code = 2}) end) return e.code") == 2
    assert "value expected" in fails("assert()")


def test_assertions_are_errors_of_builtins(run):
    text = run("local _, e = pcall(assert.eq, 1, 2) return tostring(e)")
    assert text.startswith('runtime error: assert.eq failed: "1" != "2"\n')
