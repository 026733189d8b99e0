from __future__ import annotations

import pytest

from tests.checks.conftest import Execute
from tests.support.stub import Stub

CHECK = "retries: 0\nchecks:\n  - {{name: a, type: http, url: {url}{rest}}}"


@pytest.fixture
def check(execute: Execute, stub: Stub):
    """The message of one http check against the stub's `/x`; None where it passes."""

    def run(rest: str = "", path: str = "/x") -> str | None:
        ran = execute(CHECK.format(url=stub.url + path, rest=rest and f", {rest}"))
        (message,) = ran.messages
        assert ran.report.passed == (message is None)
        return message

    return run


@pytest.mark.parametrize(
    ("status", "message"),
    [(200, None), (299, None), (300, "expected 2xx, got 300"), (404, "expected 2xx, got 404")],
)
def test_without_expect_any_2xx_passes(check, stub: Stub, status: int, message: str | None) -> None:
    stub.on("GET", "/x", status=status)
    assert check() == message


def test_an_empty_expect_takes_any_status(check, stub: Stub) -> None:
    stub.on("GET", "/x", status=500)
    assert check("expect: {}") is None
    assert check("expect: {min: 5, max: 1}") is None


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        pytest.param("status: 201", "expected status 201, got 200", id="status"),
        pytest.param("status: 201, body: zz", "expected status 201, got 200", id="status before body"),
        pytest.param("body: zz, json: .a == 2", 'body does not contain "zz"', id="body before json"),
        pytest.param("json: .a == 2", "JSON expression failed: .a == 2", id="json"),
        pytest.param("status: 200, body: hello, json: .a == 1", None, id="all hold"),
        pytest.param("status: [201, 5xx]", "expected status 201 or 5xx, got 200", id="status list"),
        pytest.param("status: [200-204, 404]", None, id="status range"),
        pytest.param("status: 2xx", None, id="status class"),
        pytest.param("body: [hello, you]", 'body does not contain "you"', id="several texts"),
        pytest.param("not_body: hello", 'body contains "hello"', id="not body"),
        pytest.param("matches: 'h[el]+o'", None, id="matches"),
        pytest.param("matches: '^h[el]+o$'", 'body does not match "^h[el]+o$"', id="matches not"),
        pytest.param("headers: {X-A: '1'}", None, id="header"),
        pytest.param("headers: {x-a: '2'}", 'expected header x-a "2", got "1"', id="header differs"),
        pytest.param("headers: {x-b: '2'}", 'expected header x-b "2", got none', id="header missing"),
        pytest.param("jmespath: 'length(l) == `2`'", None, id="jmespath"),
        pytest.param("jmespath: 'l[5]'", "JMESPath expression gave null: l[5]", id="jmespath null"),
        pytest.param("latency: 30s", None, id="latency"),
    ],
)
def test_expectations_decide_in_order(check, stub: Stub, expect: str, message: str | None) -> None:
    stub.on("GET", "/x", json={"a": 1, "t": "hello", "l": [1, 2]}, headers=[("X-A", "1")])
    assert check(f"expect: {{{expect}}}") == message


def test_a_bad_pattern_is_a_failed_check(check, stub: Stub) -> None:
    stub.on("GET", "/x")
    assert check("expect: {matches: '('}").startswith("regex.match: ")


def test_a_slow_answer_fails_latency(check, stub: Stub) -> None:
    stub.on("GET", "/x", delay=0.05)
    assert check("expect: {latency: 10ms}").startswith("expected an answer within 10 ms, got one after ")


def test_a_body_that_is_not_json_says_so(check, stub: Stub) -> None:
    stub.on("GET", "/x", body="<html>")
    assert check("expect: {json: .a == 1}").startswith("response body is not valid JSON: ")


def test_bytes_that_are_no_text_are_replaced(check, stub: Stub) -> None:
    stub.on("GET", "/x", body=bytes(range(256)))
    assert check("expect: {body: abc}") is None


def test_redirects_are_followed_unless_told_not_to(check, stub: Stub) -> None:
    stub.on("GET", "/x", status=302, headers=[("Location", "/y")])
    stub.on("GET", "/y", body="there")
    assert check("expect: {status: 200, body: there}") is None
    assert check("follow_redirects: false") == "expected 2xx, got 302"


def test_a_missing_url_fails_at_run_time_and_is_retried(execute: Execute) -> None:
    ran = execute("retries: 2\nbackoff: 1ms\nchecks: [{name: a, type: http}]")
    assert ran.messages == ["http check requires a 'url' field"]
    assert ran.report.results[0].attempts == 3


def test_a_refused_connection_is_named_with_its_causes(execute: Execute) -> None:
    url = "http://127.0.0.1:1/x"
    (message,) = execute(CHECK.format(url=url, rest="")).messages
    assert message == (
        f"HTTP GET {url}: error sending request for url ({url}): client error (Connect): "
        "tcp connect error: Connection refused (os error 111)"
    )


def test_a_body_that_breaks_off_is_named(check, stub: Stub) -> None:
    def cut(request, handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        handler.close_connection = True

    stub.on("GET", "/x", reply=cut)
    assert check().startswith(f"reading response body from {stub.url}/x: ")


def test_a_huge_body_is_refused(check, stub: Stub) -> None:
    def flood(request, handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            for _ in range(64):
                handler.wfile.write(b"x" * (1 << 20))
        except OSError:
            pass  # the client has had enough
        handler.close_connection = True

    stub.on("GET", "/x", reply=flood)
    assert "larger than max_body" in check()


def test_own_headers_are_sent_and_nothing_else(check, stub: Stub) -> None:
    stub.on("GET", "/x")
    assert check("headers: {X-Key: k}") is None
    names = {name.lower() for name, _ in stub.requests[0].headers}
    assert stub.requests[0].header("x-key") == "k"
    assert names <= {"x-key", "host", "user-agent", "accept"}


def test_passwords_in_addresses_are_not_reported(execute: Execute) -> None:
    (message,) = execute(CHECK.format(url="http://user:hunter2secret@127.0.0.1:1/x", rest="")).messages
    assert message is not None
    assert "hunter2secret" not in message
