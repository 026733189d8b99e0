"""The example service, as its first lines say it is used."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Command
from tests.support.talk import Talk

SERVICE = Path(__file__).parents[2] / "examples" / "service.lua"
CART = {"service": "cart", "version": "2.7.1"}


@pytest.fixture
def service(cli: Command) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The running process and its port."""
    process = cli.start(SERVICE, "0", env={"NO_COLOR": "1"})
    assert process.stderr is not None
    while b"serving" not in (line := process.stderr.readline()):
        assert line, "the service ended"
    yield process, int(line.rsplit(b":", 1)[1])
    process.kill()


def test_deployments_come_in_are_listed_and_reach_followers(service: tuple[subprocess.Popen[bytes], int]) -> None:
    _, port = service
    with Talk(port) as talk, Talk(port) as follower:
        assert json.loads(talk.get("/deployments").body) == []
        follower.send(b"GET /deployments/events HTTP/1.1\r\nHost: t\r\n\r\n").head()
        answer = talk.get("/deployments", method="POST", body=json.dumps(CART).encode())
        assert (answer.status, answer.header("location")) == (201, "/deployments/1")
        assert follower.chunk() == b'event: deployed\ndata: {"id":1,"service":"cart","version":"2.7.1"}\nid: 1\n\n'
        talk.get("/deployments", method="POST", body=b'{"service":"web","version":"1"}')
        assert json.loads(talk.get("/deployments?service=cart").body) == [{"id": 1, **CART}]
        assert json.loads(talk.get("/deployments/2").body)["service"] == "web"
        assert json.loads(talk.get("/health").body) == {"ok": True, "deployments": 2}


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "text"),
    [
        pytest.param("POST", "/deployments", b"{", 400, "expected a JSON object", id="no JSON"),
        pytest.param("POST", "/deployments", b"{}", 422, "service and version are required", id="incomplete"),
        pytest.param("POST", "/deployments", b"x" * 70000, 413, "larger than 65536", id="too large"),
        pytest.param("GET", "/deployments/9", b"", 404, "no such deployment", id="unknown id"),
        pytest.param("GET", "/deployments/x", b"", 404, "no such deployment", id="id that is none"),
        pytest.param("DELETE", "/deployments", b"", 405, "method not allowed", id="method"),
        pytest.param("GET", "/nowhere", b"", 404, "not found", id="path"),
    ],
)
def test_what_it_refuses(
    service: tuple[subprocess.Popen[bytes], int], method: str, target: str, body: bytes, status: int, text: str
) -> None:
    with Talk(service[1]) as talk:
        answer = talk.get(target, method=method, body=body)
    assert answer.status == status
    assert text in answer.text


def test_a_stream_of_events_ends_by_itself(service: tuple[subprocess.Popen[bytes], int]) -> None:
    with Talk(service[1]) as talk:
        body = talk.get("/countdown?from=2").body
    assert body == b"event: left\ndata: 2\n\nevent: left\ndata: 1\n\nevent: done\ndata: go\n\n"


def test_it_ends_gently(service: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = service
    with Talk(port) as talk:
        assert talk.get("/health").header("x-request-id")
        process.send_signal(signal.SIGTERM)
        assert talk.ended()
    assert process.wait(10) == 143
