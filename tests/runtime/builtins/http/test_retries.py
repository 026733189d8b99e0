"""Trying again: when, how often, after how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate

import pytest

from assay_shell.runtime.builtins.http.engine import BadRequest, BodyError, RedirectError, SendError, TooLarge
from assay_shell.runtime.builtins.http.retries import Retries, retry_after
from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

QUICK = "{ count = 3, backoff = 0.01 }"


def test_nothing_is_tried_again_unless_asked(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=503)
    assert ask('return http.get(URL .. "/x").status') == 503
    assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(ask: Ask, stub: Stub, status: int) -> None:
    stub.on("GET", "/x", status=status, times=2)
    stub.on("GET", "/x", body=b"ok")
    assert ask(f'return http.get(URL .. "/x", {{ retries = {QUICK} }}).body') == "ok"
    assert len(stub.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 501])
def test_a_lasting_failure_is_an_answer(ask: Ask, stub: Stub, status: int) -> None:
    stub.on("GET", "/x", status=status)
    assert ask(f'return http.get(URL .. "/x", {{ retries = {QUICK} }}).status') == status
    assert len(stub.requests) == 1


def test_the_last_answer_is_given_when_the_tries_are_used_up(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=503, body=b"still")
    code = 'local r = http.get(URL .. "/x", { retries = { count = 2, backoff = 0.01 } }); return { r.status, r.body }'
    assert ask(code) == [503, "still"]
    assert len(stub.requests) == 3


def test_a_number_is_enough_and_statuses_can_be_chosen(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=404, times=1)
    stub.on("GET", "/x", status=503)
    opts = "{ retries = { count = 1, statuses = { 404 }, backoff = 0 } }"
    assert ask(f'return http.get(URL .. "/x", {opts}).status') == 503
    assert ask('return http.get(URL .. "/x", { retries = 0 }).status') == 503
    assert len(stub.requests) == 3


def test_retry_after_is_waited_for(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=429, headers=[("Retry-After", "0")], times=1)
    stub.on("GET", "/x", body=b"ok")
    started = time.monotonic()
    assert ask('return http.get(URL .. "/x", { retries = { backoff = 30 } }).body') == "ok"
    assert time.monotonic() - started < 5


def test_a_retry_after_beyond_max_wait_is_not_waited_for(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=503, headers=[("Retry-After", "3600")])
    assert ask('return http.get(URL .. "/x", { retries = 5 }).status') == 503
    assert len(stub.requests) == 1


def test_a_broken_answer_is_fetched_again(ask: Ask, serve: Callable[..., RawServer]) -> None:
    answers = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ]

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(answers.pop(0))

    server = serve(talk)
    assert ask(f'return http.get("{server.url}", {{ retries = {QUICK} }}).body') == "ok"


def test_the_error_stays_when_the_tries_are_used_up(refuses: Refuses) -> None:
    message = refuses(f'http.get("http://127.0.0.1:1/", {{ retries = {QUICK} }})')
    assert "Connection refused" in message


@pytest.mark.parametrize(("unsafe", "requests"), [("false", 1), ("true", 2)])
def test_a_post_that_may_have_arrived_is_repeated_only_when_told_so(
    engine: str, run: Callable[[str], object], serve: Callable[..., RawServer], unsafe: str, requests: int
) -> None:
    def talk(peer: Peer) -> None:
        peer.head()

    server = serve(talk)
    opts = f"{{ retries = {{ count = 1, backoff = 0.01, unsafe = {unsafe} }} }}"
    run(f'pcall(http.post, "{server.url}", "x", {opts})')
    assert server.connections == requests


def test_a_post_that_the_server_put_off_is_repeated(ask: Ask, stub: Stub) -> None:
    stub.on("POST", "/x", status=503, times=1)
    stub.on("POST", "/x", body=b"ok")
    assert ask(f'return http.post(URL .. "/x", {{ a = 1 }}, {{ retries = {QUICK} }}).body') == "ok"
    assert [request.body for request in stub.requests] == [b'{"a":1}', b'{"a":1}']


def test_pauses_double_up_to_the_longest() -> None:
    plan = Retries(9, backoff=1, max_wait=5)
    pauses = [plan.after_error(attempt, "GET", SendError("x")) or 0 for attempt in range(1, 6)]
    for pause, least in zip(pauses, [1, 2, 4, 5, 5], strict=True):
        assert least <= pause <= min(least * 1.25, 5)


@pytest.mark.parametrize(
    ("error", "method", "again"),
    [
        pytest.param(SendError("x"), "GET", True, id="get"),
        pytest.param(BodyError("x"), "DELETE", True, id="body of delete"),
        pytest.param(SendError("x"), "POST", False, id="post"),
        pytest.param(SendError("x", unsent=True), "POST", True, id="unsent post"),
        pytest.param(BodyError("x"), "PATCH", False, id="body of patch"),
        pytest.param(BadRequest("x"), "GET", False, id="bad request"),
        pytest.param(RedirectError("x"), "GET", False, id="redirect"),
        pytest.param(TooLarge(5), "GET", False, id="too large"),
    ],
)
def test_which_errors_are_worth_another_try(error: BadRequest | SendError, method: str, again: bool) -> None:
    assert (Retries(1).after_error(1, method, error) is not None) is again
    assert Retries(1).after_error(2, method, error) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("-1", None),
        ("soon", None),
        ("1.5", None),
        ("", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after([("retry-after", value)]) == seconds


def test_a_date_in_the_future_is_the_time_until_then() -> None:
    found = retry_after([("retry-after", formatdate(time.time() + 100, usegmt=True))])
    assert found is not None
    assert 95 < found <= 100
