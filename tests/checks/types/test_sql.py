from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.conftest import Execute


@pytest.fixture
def sql(execute: Execute):
    def run(rest: str, url: str = "sqlite::memory:", **options: object) -> str | None:
        text = f"retries: 0\nchecks: [{{name: a, type: sql, url: '{url}', {rest}}}]"
        return execute(text, **options).messages[0]

    return run


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("query: select 42", None),
        ("query: select 42, expect: {value: 42, rows: 1, min: 1, max: 50}", None),
        ("query: 'select ? + 1', params: [41], expect: {value: 42}", None),
        ("query: select 42, expect: {value: 43}", 'expected the value "43", got "42"'),
        ("query: select 42, expect: {max: 41}", "expected max 41, got 42"),
        ("query: select 'x', expect: {min: 41}", 'expected a number, got "x"'),
        ("query: select 1 where 1 = 2, expect: {rows: 1}", "expected 1 rows, got 0"),
        ("query: select 1 where 1 = 2, expect: {value: 1}", "the query returned no rows"),
        ("query: 'select 1 a, 2 b', expect: {value: 1}", "value, min and max need a query with one column, got 2"),
        ("query: 'select 1 a, 2 b', expect: {jmespath: '[0].b == `2`'}", None),
        ("expect: {}", "sql check requires a 'query' field"),
    ],
)
def test_rows_have_to_be_as_expected(sql, rest: str, message: str | None) -> None:
    assert sql(rest) == message


def test_an_error_of_the_database_is_the_message(sql) -> None:
    assert sql("query: select nope").startswith("db.query: ")


def test_writing_is_refused_under_readonly(sql, tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/a.db?mode=rwc"
    assert sql("query: create table t (a int)", url, readonly=True).startswith("readonly: ")
