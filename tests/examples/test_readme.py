"""The examples that the README shows: run as a user would, against local servers, with what they print and do."""

from __future__ import annotations

import hashlib
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.support.command import Command
from tests.support.stub import Stub

README = Path(__file__).parents[2] / "examples" / "readme"
DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/cart"


@pytest.fixture
def pod(tmp_path: Path, stub: Stub) -> dict[str, str]:
    """The environment of a pod whose API server is the stub."""
    (tmp_path / "token").write_text("abc.def.ghi")
    return {"ACCOUNT_DIR": str(tmp_path), "API_SERVER": stub.url}


@pytest.mark.parametrize(
    ("ready", "status", "line"),
    [
        pytest.param(3, 0, " INFO cart: 3 of 3 replicas ready", id="all ready"),
        pytest.param(1, 1, "cart has replicas that are not ready", id="some are not"),
    ],
)
def test_cluster_health(cli: Command, stub: Stub, pod: dict[str, str], ready: int, status: int, line: str) -> None:
    stub.on("GET", DEPLOYMENT, json={"spec": {"replicas": 3}, "status": {"readyReplicas": ready}})
    done = cli(README / "cluster_health.lua", "shop", "cart", env=pod)
    assert (done.returncode, done.stdout) == (status, b"")
    assert line in done.stderr.decode()
    assert stub.requests[0].header("Authorization") == "Bearer abc.def.ghi"


def test_cluster_health_without_rights_names_the_status(cli: Command, stub: Stub, pod: dict[str, str]) -> None:
    stub.on("GET", DEPLOYMENT, status=403, body="forbidden")
    done = cli(README / "cluster_health.lua", "shop", "cart", env=pod)
    assert done.returncode == 1
    assert "API server" in done.stderr.decode()
    assert "abc.def.ghi" not in done.stderr.decode()


def test_endpoints_are_asked_at_once_and_listed_in_order(cli: Command, stub: Stub) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        stub.on("GET", "/health", body="ok", delay=0.1)
        stub.on("GET", "/ready", status=204)
        stub.on("GET", "/old", status=500)
        urls = [f"{stub.url}/health", f"{stub.url}/ready", f"{stub.url}/old", closed]
        done = cli(README / "endpoints.lua", *urls)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        f"ok   200 {urls[0]}",
        f"ok   204 {urls[1]}",
        f"FAIL 500 {urls[2]}",
        f"FAIL 0   {closed}  Connection refused (os error 111)",
        "2 of 4 are well",
    ]


def test_endpoints_that_are_all_well_are_a_success(cli: Command, stub: Stub) -> None:
    stub.on("GET", "/health")
    done = cli(README / "endpoints.lua", f"{stub.url}/health")
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (0, "1 of 1 are well")


def test_a_rotated_token_is_in_the_file_and_nowhere_else(cli: Command, stub: Stub, tmp_path: Path) -> None:
    config = tmp_path / "app.yaml"
    config.write_text("name: cart\non: push\nauth: { token: old }\n")
    stub.on("POST", "/hook", status=202)
    done = cli(README / "rotate_token.lua", config, f"{stub.url}/hook")
    assert done.returncode == 0
    written = yaml.safe_load(config.read_text().replace("on:", "'on':"))
    token = written["auth"]["token"]
    assert (len(token), written["name"], written["on"]) == (32, "cart", "push")
    assert config.stat().st_mode & 0o777 == 0o600
    assert not config.with_name("app.yaml.new").exists()
    sent = json.loads(stub.requests[0].body)
    assert sent == {"file": str(config), "fingerprint": hashlib.sha256(token.encode()).hexdigest()[:12]}
    assert token not in done.stderr.decode()


def test_rotating_is_refused_under_readonly(cli: Command, stub: Stub, tmp_path: Path) -> None:
    config = tmp_path / "app.yaml"
    config.write_text("name: cart\n")
    done = cli("--readonly", README / "rotate_token.lua", config, f"{stub.url}/hook")
    assert done.returncode == 1
    assert "readonly: fs.write blocked" in done.stderr.decode()
    assert config.read_text() == "name: cart\n"
    assert stub.requests == []


def test_orders_are_written_in_one_transaction_and_no_parameter_becomes_sql(cli: Command, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:{tmp_path}/shop.db?mode=rwc"}
    done = cli(README / "orders.lua", env=environment)
    assert (done.returncode, done.stdout) == (0, b"chair'); DROP TABLE orders; --\t120\n")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        assert shop.execute("SELECT count(*), sum(total) FROM orders").fetchone() == (2, 162.5)


def test_orders_in_a_database_that_has_them_fail_with_its_words(cli: Command, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": f"sqlite:{tmp_path}/shop.db?mode=rwc"}
    cli(README / "orders.lua", env=environment)
    again = cli(README / "orders.lua", env=environment)
    assert again.returncode == 1
    assert "table orders already exists" in again.stderr.decode()
