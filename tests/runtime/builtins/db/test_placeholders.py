"""Where SQL text has placeholders, and where it only looks as if."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.db.placeholders import Placeholders


@pytest.mark.parametrize(
    ("sql", "counts", "names"),
    [
        pytest.param("SELECT ?, ?", [2], [], id="question marks"),
        pytest.param("SELECT ?3, ?", [4], [], id="a number, then the next"),
        pytest.param("SELECT ?, ?1", [1], [], id="the same twice"),
        pytest.param("SELECT :a, @b, $c, :a", [3], ["a", "b", "c"], id="names"),
        pytest.param("SELECT ?; SELECT ?, ?;", [1, 2], [], id="statements"),
        pytest.param("SELECT 1;", [0], [], id="one statement and its end"),
        pytest.param("", [0], [], id="nothing"),
        pytest.param("SELECT '?', \"?\", `?`, [?], 'it''s ?'", [0], [], id="quoted"),
        pytest.param("SELECT 1 -- ?\n, ? /* ? ; */ , /* :a", [1], [], id="comments"),
        pytest.param("SELECT 'open ?", [0], [], id="a string without an end"),
        pytest.param("SELECT a$1, 'x':y", [1], ["y"], id="in words"),
        pytest.param("SELECT ?99999999999", [65535], [], id="beyond any database"),
    ],
)
def test_of_sqlite(sql: str, counts: list[int], names: list[str]) -> None:
    found = Placeholders(sql, "sqlite")
    assert (found.counts, found.names) == (counts, names)


def test_dollars_with_numbers_become_question_marks_for_sqlite() -> None:
    found = Placeholders("SELECT $2, '$1', $name, $1 -- $3", "sqlite")
    assert found.text == "SELECT ?2, '$1', $name, ?1 -- $3"
    assert found.nameless
    assert found.names == ["name"]


@pytest.mark.parametrize(
    ("sql", "count", "text", "order"),
    [
        pytest.param("SELECT $1, $2", 2, None, [], id="its own"),
        pytest.param("SELECT :a, :b, :a", 2, "SELECT $1, $2, $1", ["a", "b"], id="names"),
        pytest.param("SELECT x::int, '{}'::json, :a::text", 1, "SELECT x::int, '{}'::json, $1::text", ["a"], id="::"),
        pytest.param("SELECT a[1:n], a[x:y], (f(x)):z", 0, None, [], id="slices"),
        pytest.param("SELECT $$ $1 :a $$, $tag$ $$ $2 $tag$, $1", 1, None, [], id="dollar quotes"),
        pytest.param("SELECT E'\\' $1', 'x\\', $1", 1, None, [], id="backslashes"),
        pytest.param("/* $1 /* $2 */ $3 */ SELECT $1", 1, None, [], id="comments nest"),
        pytest.param('SELECT "$1", U&\'$1\', a$1', 0, None, [], id="quoted and in words"),
        pytest.param("SELECT doc ? 'key', doc @> '{}'", 0, None, [], id="operators"),
    ],
)  # fmt: skip
def test_of_postgresql(sql: str, count: int, text: str | None, order: list[str]) -> None:
    found = Placeholders(sql, "postgres")
    assert found.count == count
    assert found.positional() == (text or sql, order)


@pytest.mark.parametrize(
    ("sql", "count", "text", "order"),
    [
        pytest.param("SELECT ?, ?", 2, None, [], id="its own"),
        pytest.param("SELECT :a, :b, :a", 2, "SELECT ?, ?, ?", ["a", "b", "a"], id="a value for each place"),
        pytest.param("SELECT '\\'?', \"\\\"?\", `?`, ?", 1, None, [], id="quoted"),
        pytest.param("SELECT 1--1?, 2 -- ?\n, 3 # ?\n, ?", 2, None, [], id="comments"),
        pytest.param("SELECT /*!50000 ?, */ /* ? */ ?", 2, None, [], id="comments that run"),
        pytest.param("SELECT @x := :a", 1, "SELECT @x := ?", ["a"], id="assignments"),
    ],
)
def test_of_mysql(sql: str, count: int, text: str | None, order: list[str]) -> None:
    found = Placeholders(sql, "mysql")
    assert found.count == count
    assert found.positional() == (text or sql, order)


@given(st.text(alphabet="?$:@'\"`[]-/*#;a1 \n\\E", max_size=30), st.sampled_from(["sqlite", "postgres", "mysql"]))
def test_no_text_is_too_odd(sql: str, dialect: str) -> None:
    found = Placeholders(sql, dialect)
    text, order = found.positional()
    assert len(text) >= len(sql) - sum(map(len, order))
    assert found.counts != []
    assert len(found.anonymous()) <= len(found.text)
