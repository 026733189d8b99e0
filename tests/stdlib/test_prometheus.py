"""assay.prometheus beyond its request table: long expressions, and what reading may do."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

LONG = "up or " * 2000 + "up"
ANSWER = {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "7"]}]}}


@pytest.fixture
def prometheus(run, stub):
    stub.on("POST", "/api/v1/query", json=ANSWER)
    stub.on("POST", "/api/v1/query_range", json=ANSWER)

    def evaluate(code, **options):
        start = f'local url, long, m = "{stub.url}", ("up or "):rep(2000) .. "up", require("assay.prometheus") '
        return run(start + code, **options)

    return evaluate


@pytest.mark.parametrize("readonly", [False, True])
def test_a_long_expression_is_posted_and_counts_as_reading(prometheus, stub, readonly):
    assert prometheus("return m.query(url, long)", readonly=readonly) == 7
    prometheus("m.query_range(url, long, 1, nil, '5s')", readonly=readonly)
    instant, over_time = stub.requests
    assert instant.header("content-type") == over_time.header("content-type") == "application/x-www-form-urlencoded"
    assert parse_qsl(instant.body.decode()) == [("query", LONG)]
    assert parse_qsl(over_time.body.decode()) == [("query", LONG), ("start", "1"), ("step", "5s")]


def test_a_reload_is_a_write(prometheus, stub):
    caught = prometheus("return tostring(select(2, pcall(m.config_reload, url)))", readonly=True)
    assert "readonly: http.post blocked" in caught
    assert stub.requests == []


def test_a_post_that_a_script_replaced_is_used(prometheus, stub):
    code = f"http.post = function() return {{ status = 200, body = [[{json.dumps(ANSWER)}]] }} end "
    assert prometheus(code + "return m.query(url, long)", readonly=True) == 7
    assert stub.requests == []


def test_a_refused_long_expression_is_the_same_error(prometheus, stub):
    stub.on("POST", "/api/v1/query", status=400, body="parse error")
    caught = prometheus("local _, e = pcall(m.query, url, long) return { tostring(e), e.method, e.status }")
    assert caught[0].endswith("prometheus.query: HTTP 400: parse error")
    assert caught[1:] == ["POST", 400]


def test_a_histogram_sample_is_not_lost(prometheus, stub):
    result = [{"metric": {"job": "x"}, "histogram": [1, {"count": "3"}]}]
    stub.on("GET", "/api/v1/query", json={"status": "success", "data": {"resultType": "vector", "result": result}})
    assert prometheus("return m.query(url, 'up')") == [{"metric": {"job": "x"}, "histogram": [1, {"count": "3"}]}]


@pytest.mark.parametrize("function", ["query", "query_range"])
def test_a_missing_expression_is_named(prometheus, stub, function):
    caught = prometheus(f"return tostring(select(2, pcall(m.{function}, url)))")
    assert f"prometheus.{function}: attempt to concatenate a nil value (local 'promql')" in caught
    assert stub.requests == []


@pytest.mark.parametrize("body", ["null", "true", "7"])
def test_an_answer_that_is_no_object_is_told_with_the_request(prometheus, stub, body):
    stub.on("GET", "/api/v1/alerts", body=body)
    text, *fields = prometheus("local _, e = pcall(m.alerts, url) return { tostring(e), e.service, e.path, e.status }")
    assert text.partition(": ")[2] == f"prometheus.alerts: HTTP 200: the answer is no object: {body}"
    assert fields == ["prometheus", "/api/v1/alerts", 200]
