from __future__ import annotations

import json

import pytest

from assay_shell.checks.expect import number_text
from tests.checks.conftest import Execute
from tests.support.stub import Stub


def answer(value: object) -> dict[str, object]:
    return {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]}}


@pytest.fixture
def query(execute: Execute, stub: Stub):
    """State and message of one prometheus check; *body* is what the server answers."""

    def run(body: object, expect: str = "", status: int = 200) -> tuple[str, str | None]:
        text = body if isinstance(body, str) else json.dumps(body)
        stub.on("GET", "/api/v1/query", body=text, status=status)
        ran = execute(
            f"retries: 0\nchecks: [{{name: a, type: prometheus, url: '{stub.url}///', query: 'up{{a=\"b c\"}}'"
            + (f", expect: {{{expect}}}" if expect else "")
            + "}]"
        )
        return ran.states[0], ran.messages[0]

    return run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("42", "42"), ("41.5", "41.5"), ("NaN", "NaN"), ("+Inf", "inf"), ("-inf", "-inf"), ("1e21", "1" + "0" * 21),
        ("1e-7", "0.0000001"), ("-0", "-0"), ("infinity", "inf"), (".5", "0.5"),
    ],
)  # fmt: skip
def test_without_expect_the_value_is_told(query, text: str, shown: str) -> None:
    assert query(answer(text)) == ("passed", f"query returned: {shown}")


def test_the_query_is_sent_as_it_is(query, stub: Stub) -> None:
    query(answer("1"), status=500)
    assert stub.requests[0].target == "/api/v1/query?query=up%7Ba%3D%22b+c%22%7D"


@pytest.mark.parametrize(
    ("value", "expect", "message"),
    [
        ("5", "min: 5, max: 5", None),
        ("4.5", "min: 5", "expected min 5, got 4.5"),
        ("6", "max: 5.5", "expected max 5.5, got 6"),
        ("NaN", "min: 0", "expected min 0, got NaN"),
        ("NaN", "max: 0", "expected max 0, got NaN"),
        ("NaN", "status: 5", None),
        ("+Inf", "max: 1", "expected max 1, got inf"),
    ],
)
def test_the_value_has_to_lie_between_min_and_max(query, value: str, expect: str, message: str | None) -> None:
    assert query(answer(value), expect) == ("failed" if message else "passed", message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": "error", "error": "bad query"}, "Prometheus query failed: bad query"),
        ({"status": "error"}, "Prometheus query failed: unknown error"),
        ({}, "Prometheus query failed: unknown error"),
        ([], "Prometheus query failed: unknown error"),
        ({"status": "success"}, "unexpected Prometheus response format: missing data.result"),
        ({"status": "success", "data": {"result": []}}, "Prometheus query returned no results"),
        ({"status": "success", "data": {"result": [1, "2"]}}, "unexpected Prometheus result format: missing value"),
        (answer(5), "unexpected Prometheus result format: missing value"),
        (answer("x"), 'failed to parse Prometheus value: "x": invalid float literal'),
        (answer("1_0"), 'failed to parse Prometheus value: "1_0": invalid float literal'),
        (answer(""), 'failed to parse Prometheus value: "": cannot parse float from empty string'),
    ],
)
def test_an_odd_answer_fails_with_the_words_of_the_contract(query, body: object, message: str) -> None:
    assert query(body) == ("failed", message)


def test_an_answer_that_is_not_json_says_so(query) -> None:
    assert query("<html>")[1].startswith("Prometheus response is not valid JSON: ")


def test_no_answer_names_the_address(execute: Execute) -> None:
    ran = execute("retries: 0\nchecks: [{name: a, type: prometheus, url: 'http://127.0.0.1:1/', query: up}]")
    assert str(ran.messages[0]).startswith("Prometheus query to http://127.0.0.1:1/: error sending request for url (")


@pytest.mark.parametrize("missing", ["url", "query"])
def test_a_missing_field_fails_at_run_time(execute: Execute, missing: str) -> None:
    given = {"url": "http://127.0.0.1:1", "query": "up"}
    del given[missing]
    rest = ", ".join(f"{name}: '{value}'" for name, value in given.items())
    ran = execute(f"retries: 0\nchecks: [{{name: a, type: prometheus, {rest}}}]")
    assert ran.messages == [f"prometheus check requires a '{missing}' field"]


def test_numbers_have_neither_exponent_nor_a_useless_fraction() -> None:
    assert [number_text(value) for value in (1e300, 2.5e-5, 3.0)] == ["1" + "0" * 300, "0.000025", "3"]
