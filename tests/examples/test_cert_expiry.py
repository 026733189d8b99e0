"""The report about certificates, asked of a stub of the API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.cluster import kubeconfig
from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "cert_expiry.lua"
TOKEN = "t0ken-of-the-operator"
ALL = "/apis/cert-manager.io/v1/certificates"
Expiry = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def expiry(cli: Command, stub: Stub, tmp_path: Path) -> Expiry:
    """Run the script with a kubeconfig that leads to the stub, in a time zone that is not UTC."""
    env = {**kubeconfig(tmp_path, stub.url, TOKEN), "TZ": "EST5EDT"}
    return lambda *words: cli(SCRIPT, "--", *words, env=env)


def certificate(name: str, days: float | None, ready: str = "True") -> dict[str, object]:
    status: dict[str, object] = {"conditions": [{"type": "Ready", "status": ready}]}
    if days is not None:
        status["notAfter"] = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata = {"name": name, "namespace": "shop"}
    return {"metadata": metadata, "spec": {"dnsNames": [f"{name}.example"]}, "status": status}


@pytest.mark.parametrize(
    ("found", "words", "state", "days_left", "returncode"),
    [
        pytest.param(certificate("a", 60.5), (), "ok", 60, 0, id="long"),
        pytest.param(certificate("a", 20.9), (), "expires soon", 20, 1, id="within-the-default"),
        pytest.param(certificate("a", 20.9), ("--days=7",), "ok", 20, 0, id="within-what-was-asked"),
        pytest.param(certificate("a", -0.1), (), "expired", -1, 1, id="expired"),
        pytest.param(certificate("a", 60.5, "False"), (), "not ready", 60, 1, id="not-ready"),
        pytest.param(certificate("a", None, "False"), (), "never issued", None, 1, id="never"),
    ],
)
def test_the_state_of_a_certificate_follows_from_days_and_readiness(
    expiry: Expiry, stub: Stub, found: object, words: tuple[str, ...], state: str, days_left: int | None,
    returncode: int,
) -> None:  # fmt: skip
    stub.on("GET", ALL, json={"items": [found]})
    done = expiry("--json", *words)
    report = json.loads(done.stdout)
    assert (report["certificates"][0]["state"], report["certificates"][0].get("days_left")) == (state, days_left)
    assert (report["wrong"], done.returncode) == (returncode, returncode)


def test_the_next_to_expire_stands_first(expiry: Expiry, stub: Stub) -> None:
    items = [certificate("late", 90.5), certificate("soon", 3.5), certificate("new", None, "False")]
    stub.on("GET", "/apis/cert-manager.io/v1/namespaces/shop/certificates", json={"items": items})
    done = expiry("shop")
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["namespace", "name", "dns_names", "expires", "days_left", "state"]
    assert [line.split()[1] for line in lines[1:]] == ["new", "soon", "late"]
    assert done.returncode == 1
    sent = [(request.method, request.header("authorization")) for request in stub.requests]
    assert sent == [("GET", f"Bearer {TOKEN}")]


def test_no_certificate_at_all_is_a_failure(expiry: Expiry, stub: Stub) -> None:
    stub.on("GET", ALL, json={"items": []})
    done = expiry("--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"certificates": [], "wrong": 0})
    assert b"no certificates found" in done.stderr


def test_a_refusal_is_an_error_without_the_token(expiry: Expiry, stub: Stub) -> None:
    stub.on("GET", ALL, status=403, body=f"forbidden: {TOKEN}")
    done = expiry()
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"HTTP 403" in done.stderr
    assert TOKEN.encode() not in done.stderr
