from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expressions import as_captured, parse_json, parse_value, require_equal, require_true, search

DOCUMENT = {"a": 1, "f": 1.0, "s": "x", "five": "5", "n": None, "t": True, "b": {"c": {"d": "deep"}}, "l": [1], "": "e"}
scalars = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)


@pytest.mark.parametrize(
    "expression",
    [
        ".a == 1", "a==1", "..a == 1", ".f == 1.0", '.s == "x"', ".s == x", ".n == null", ".t == true",
        ".b.c.d == deep", "b..c.d==deep", '.five == "5"',
    ],
)  # fmt: skip
def test_an_expression_holds(expression: str) -> None:
    require_equal(expression, DOCUMENT)


@pytest.mark.parametrize(
    "expression",
    [".a == 1.0", ".f == 1", ".five == 5", ".a == true", ".t == 1", ".n == false", ".l == 1", ".b == {}", '.s == "'],
)
def test_an_expression_that_does_not_hold_fails_with_its_text(expression: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        require_equal(expression, DOCUMENT)
    assert caught.value.message == f"JSON expression failed: {expression}"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        pytest.param(".zzz == 1", "JSON path '.zzz' not found in response", id="missing"),
        pytest.param(".b.x.y == 1", "JSON path '.x' not found in response", id="missing inside"),
        pytest.param(".a.b == 1", "JSON path '.b' not found in response", id="not an object"),
        pytest.param(".l.0 == 1", "JSON path '.0' not found in response", id="no indexes"),
        pytest.param(
            '.s "x"', r"""unsupported JSON expression syntax: ".s \"x\"" (expected '.path == value')""", id="no =="
        ),
    ],
)
def test_an_expression_that_cannot_be_tried_says_why(expression: str, message: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        require_equal(expression, DOCUMENT)
    assert caught.value.message == message


def test_a_single_quote_mark_is_a_bare_text() -> None:
    assert parse_value('"') == '"'
    require_equal('.a == "', {"a": '"'})


def test_a_dot_alone_is_the_whole_document() -> None:
    require_equal(". == 5", 5)


@given(scalars)
def test_a_scalar_of_json_equals_its_own_text(value: object) -> None:
    require_equal(f".a == {json.dumps(value)}", {"a": value})


@given(st.text())
def test_any_text_in_quotes_is_that_text(text: str) -> None:
    assert parse_value(f'"{text}"') == text


@pytest.mark.filterwarnings("ignore:deprecated string literal:PendingDeprecationWarning")  # of jmespath
@given(st.text(max_size=20))
def test_no_expression_raises_anything_but_a_failed_check(expression: str) -> None:
    for check in (require_equal, require_true):
        with suppress(CheckFailed):
            check(expression, DOCUMENT)


def test_what_is_beyond_the_range_of_floats_is_a_text() -> None:
    assert parse_value("1e999") == "1e999"


@pytest.mark.parametrize("expression", ["a", "s", "b.c.d", "l[0]", "length(l) == `1`", "t"])
def test_jmespath_that_finds_something_true_holds(expression: str) -> None:
    require_true(expression, DOCUMENT)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        pytest.param("zzz", "JMESPath expression gave null: zzz", id="nothing"),
        pytest.param("a == `2`", "JMESPath expression gave false: a == `2`", id="false"),
        pytest.param("l[?@ > `1`]", "JMESPath expression gave []: l[?@ > `1`]", id="empty"),
    ],
)
def test_jmespath_that_finds_nothing_true_fails_with_what_it_found(expression: str, message: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        require_true(expression, DOCUMENT)
    assert caught.value.message == message


def test_zero_is_something() -> None:
    require_true("a", {"a": 0})


def test_a_broken_jmespath_says_what_is_wrong() -> None:
    with pytest.raises(CheckFailed, match='JMESPath expression "a\\["'):
        search("a[", DOCUMENT)


def test_a_body_that_is_not_json_says_so() -> None:
    with pytest.raises(CheckFailed, match=r"^response body is not valid JSON: "):
        parse_json("<html>", "response body")


@pytest.mark.parametrize(("value", "text"), [("x", "x"), (5, "5"), ({"a": [1]}, '{"a":[1]}'), (True, "true")])
def test_captured_values_are_texts(value: object, text: str) -> None:
    assert as_captured(value) == text
