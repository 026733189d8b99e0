"""Watches that outlive their connections, and logs as they grow."""

from __future__ import annotations

import json
import threading

import pytest

from tests.stdlib.k8s.cluster import GONE, PODS, caught, named


def lines(*events: tuple[str, object]) -> str:
    """The body of a watch."""
    return "".join(json.dumps({"type": kind, "object": item}) + "\n" for kind, item in events)


def watched(version: str, seconds: int = 300) -> str:
    """The target of a watch from that version."""
    return f"{PODS}?watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}"


WATCH = (
    "local seen = {{}} for event in c:watch(nil, 'pod', {opts}) do "
    "seen[#seen + 1] = event.type .. ' ' .. event.object.metadata.name "
    "if #seen == {count} then break end end return seen"
)


def test_a_watch_tells_what_there_is_and_then_what_changes_over_all_connections(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    changed = {"metadata": {"name": "a", "uid": "a", "resourceVersion": "6"}}
    bookmark = {"metadata": {"resourceVersion": "8"}}
    stub.on("GET", watched("5"), body=lines(("MODIFIED", changed), ("BOOKMARK", bookmark)))
    stub.on("GET", watched("8"), body=lines(("DELETED", changed)))
    assert ask(WATCH.format(opts="{}", count=3)) == ["ADDED a", "MODIFIED a", "DELETED a"]


@pytest.mark.parametrize("form", ["status", "event"])
def test_a_version_that_is_forgotten_leads_to_a_new_list_and_what_differs(ask, stub, form):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a", "b", "c")}, times=1)
    items = [*named("a"), *named("b", version="9"), *named("d")]
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "9"}, "items": items})
    if form == "status":
        stub.on("GET", watched("5"), status=410, json=GONE)
    else:
        stub.on("GET", watched("5"), body=lines(("ERROR", GONE)))
    stub.on("GET", watched("9"), body=lines(("ADDED", named("e")[0])))
    seen = ask(WATCH.format(opts="{}", count=7))
    assert seen == ["ADDED a", "ADDED b", "ADDED c", "MODIFIED b", "ADDED d", "DELETED c", "ADDED e"]


@pytest.mark.parametrize("form", ["status", "event"])
def test_a_server_that_forgets_every_version_is_not_asked_all_the_time(ask, stub, form):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    if form == "status":
        stub.on("GET", watched("5", 1), status=410, json=GONE)
    else:
        stub.on("GET", watched("5", 1), body=lines(("ERROR", GONE)))
    assert ask(WATCH.format(opts="{ timeout = 0.5 }", count=9)) == []
    assert len(stub.requests) < 10


def test_a_watch_may_begin_at_a_version_or_with_the_next_change(ask, stub):
    stub.on("GET", watched("3"), body=lines(("ADDED", named("x")[0])))
    assert ask(WATCH.format(opts="{ resource_version = '3' }", count=1)) == ["ADDED x"]
    assert len(stub.requests) == 1
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "3"}, "items": named("a")})
    assert ask(WATCH.format(opts="{ initial = false }", count=1)) == ["ADDED x"]


def test_a_watch_outlives_a_server_in_trouble(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    stub.on("GET", watched("5"), status=503, times=1)
    stub.on("GET", watched("5"), body=lines(("ADDED", named("x")[0])))
    assert ask(WATCH.format(opts="{}", count=1)) == ["ADDED x"]


@pytest.mark.parametrize(
    ("events", "text"),
    [
        pytest.param(
            lines(("ERROR", {"code": 403, "message": "no more"})), "HTTP 403 /api/v1/namespaces/shop/pods", id="no"
        ),
        pytest.param("{half\n", "json.parse: ", id="half a document"),
        pytest.param(
            lines(("ERROR", {"code": 403, "message": {"a": 1}})),
            '{"code":403,"message":{"a":1}}',
            id="no words",
        ),
        pytest.param("\n7\n", "k8s.watch: HTTP 200 /api/v1/namespaces/shop/pods", id="no event"),
        pytest.param(lines(("ADDED", "x")), "k8s.watch: HTTP 200 /api/v1/namespaces/shop/pods", id="no object"),
        pytest.param(lines(("ADDED", {"metadata": 7})), "k8s.watch: HTTP 200 ", id="no metadata"),
    ],
)
def test_a_watch_that_is_refused_later_is_an_error(ask, stub, events, text):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    stub.on("GET", watched("5"), body=events)
    assert text in ask(caught("for _ in c:watch(nil, 'pod') do end"))


def test_a_watch_with_a_timeout_ends_by_itself(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    done = threading.Event()

    def silence(_request, handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.flush()
        done.wait(5)

    stub.on("GET", watched("5", 1), reply=silence)
    try:
        assert ask(WATCH.format(opts="{ timeout = 0.3 }", count=9)) == ["ADDED a"]
    finally:
        done.set()


def test_a_watch_can_be_held_and_closed(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a", "b")})
    code = "local w = c:watch(nil, 'pod') local first = w:next() w:close() "
    assert ask(code + "return { first.object.metadata.name, w:next() == nil }") == ["a", True]


def test_logs_are_followed_line_by_line(ask, stub):
    stub.on("GET", f"{PODS}/web-0/log?tailLines=2&container=app&follow=true", body="one\ntwo\n")
    code = "local seen = {} for line in c:logs(nil, 'web-0', { follow = true, tail = 2, container = 'app' }) do "
    assert ask(code + "seen[#seen + 1] = line end return seen") == ["one", "two"]
    said = ask(caught("c:logs(nil, 'gone', { follow = true })"))
    assert f"k8s.logs: HTTP 404 {PODS}/gone/log?follow=true: no route" in said
