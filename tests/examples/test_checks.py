"""The example list of checks, against servers of its own."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.support.authority import make_certificates
from tests.support.command import Command
from tests.support.listener import Server, secured
from tests.support.stub import Request, Stub

ROOT = Path(__file__).parents[2]
CHECKS = "examples/checks.yaml"


def mail(connection: socket.socket) -> None:
    connection.sendall(b"220 mail ready\r\n")
    if connection.recv(100):
        connection.sendall(b"250 hello\r\n")
        connection.recv(1)


def serve_shop(stub: Stub) -> None:
    stub.on("GET", "/health", json={"status": "ok", "build": {"version": "2.7.1"}})
    stub.on("GET", "/login", json={"token": "t-5f0c81d2", "carts": [{"id": 17}]})
    stub.on("GET", "/carts/17", json={"items": []})
    stub.on("GET", "/old", status=301, headers=[("Location", "/new")])
    stub.on("GET", "/new", body="<h1>Shop</h1>")
    stub.on("GET", "/debug", status=404)
    for page in ("about", "imprint", "contact"):
        stub.on("GET", f"/pages/{page}", body=f"This is {page}.")
    stub.on("GET", "/articles", json=[{"name": "cup", "stock": 12}, {"name": "pot", "stock": 40}])
    stub.on("GET", "/logout", status=204)
    stub.on("GET", "/api/v1/query", reply=answer_query)


def answer_query(request: Request, handler) -> None:
    (query,) = parse_qs(request.query)["query"]
    value = "0.25" if query.startswith("sum(rate(") else "42"
    body = json.dumps({"status": "success", "data": {"result": [{"metric": {}, "value": [0, value]}]}}).encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


@pytest.fixture
def world(stub: Stub, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that leads the checks to servers of this test."""
    serve_shop(stub)
    certificates = make_certificates(tmp_path)
    database = tmp_path / "shop.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create table orders (state text)")
        connection.executemany("insert into orders values (?)", [("open",)] * 3 + [("done",)])
        connection.commit()
    with ExitStack() as stack:
        mail_server, tls_server = Server(mail), Server(secured(certificates))
        stack.callback(mail_server.close)
        stack.callback(tls_server.close)
        yield {
            "SHOP": stub.url, "SHOP_HOST": "localhost", "SHOP_PORT": str(stub.port), "PROMETHEUS": stub.url,
            "MAIL_PORT": str(mail_server.port), "TLS_PORT": str(tls_server.port), "MAIL_HOST": "127.0.0.1",
            "TLS_AUTHORITY": str(certificates.authority), "DATABASE": f"sqlite://{database}",
            "RUST_LOG": "error", "NO_COLOR": "1",
        }  # fmt: skip


def test_all_twenty_pass(cli: Command, world: dict[str, str], stub: Stub) -> None:
    done = cli(CHECKS, cwd=ROOT, env=world)
    report = json.loads(done.stdout)
    assert [check for check in report["checks"] if not check["passed"]] == []
    assert (done.returncode, len(report["checks"]), done.stderr) == (0, 20, b"")
    carts = [request for request in stub.requests if request.path == "/carts/17"]
    assert carts[0].header("Authorization") == "Bearer t-5f0c81d2"
    assert stub.requests[-1].path == "/logout"


def test_what_is_wrong_is_what_fails(cli: Command, world: dict[str, str], stub: Stub) -> None:
    stub.on("GET", "/articles", json=[{"name": "cup", "stock": 2}, {"name": "pot", "stock": 40}])
    stub.on("GET", "/login", status=500)
    done = cli(CHECKS, "--output", "ndjson", cwd=ROOT, env=world)
    assert done.returncode == 1
    *lines, last = map(json.loads, done.stdout.splitlines())
    told = {line["name"]: line["message"].partition("\n")[0] for line in lines if not line["passed"]}
    assert told == {
        "login": "expected 2xx, got 500",
        "cart": 'skipped: it depends on "login", which did not pass',
        "stock": "short of cup",
    }
    assert last["summary"] == {"passed": 17, "failed": 2, "skipped": 1}


def test_the_smoke_checks_alone(cli: Command, world: dict[str, str]) -> None:
    done = cli(CHECKS, "--tag", "smoke", cwd=ROOT, env=world)
    assert [check["name"] for check in json.loads(done.stdout)["checks"]] == ["health", "build"]
