"""Syncing with git, against a stub of Argo CD."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "gitops_sync.lua"
TOKEN = "t0ken-of-the-operator"
APP = "/api/v1/applications/cart"
SYNC = f"{APP}/sync"
Sync = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def sync(cli: Command, stub: Stub) -> Sync:
    """Run `assay WORDS` against the stub; the token never appears."""

    def run(*words: str | Path) -> CompletedProcess[bytes]:
        done = cli(*words, env={"ARGOCD_SERVER": stub.url, "ARGOCD_TOKEN": TOKEN})
        assert TOKEN.encode() not in done.stdout + done.stderr
        return done

    return run


def application(sync: str, health: str, revision: str = "abc", **status: object) -> dict[str, object]:
    return {
        "metadata": {"name": "cart"},
        "status": {"sync": {"status": sync, "revision": revision}, "health": {"status": health}, **status},
    }


BEFORE = application(
    "OutOfSync", "Healthy", "abc",
    resources=[
        {"kind": "Deployment", "name": "cart", "status": "OutOfSync"},
        {"kind": "Service", "name": "cart", "status": "Synced"},
    ],
)  # fmt: skip
AFTER = application("Synced", "Healthy", "def", operationState={"phase": "Succeeded"})


@pytest.fixture
def argocd(stub: Stub) -> Stub:
    """The stub with an application that differs from git once, and syncs."""
    stub.on("GET", APP, json=BEFORE, times=1)
    stub.on("GET", APP, json=AFTER)
    stub.on("POST", SYNC, json=BEFORE)
    return stub


def syncs(stub: Stub) -> list[object]:
    return [request.json() for request in stub.requests if request.method == "POST"]


def test_an_application_is_synced_until_it_is_healthy(sync: Sync, argocd: Stub) -> None:
    done = sync(SCRIPT, "--", "--json", "--prune", "--revision=v2", "cart")
    assert done.returncode == 0, done.stderr
    expected = {"app": "cart", "action": "synced", "sync": "Synced", "health": "Healthy", "revision": "def"}
    assert json.loads(done.stdout) == expected
    assert syncs(argocd) == [{"revision": "v2", "prune": True}]
    assert {request.header("authorization") for request in argocd.requests} == {f"Bearer {TOKEN}"}


def test_what_is_synced_and_healthy_is_left_alone(sync: Sync, stub: Stub) -> None:
    stub.on("GET", APP, json=AFTER)
    done = sync(SCRIPT, "cart")
    assert (done.returncode, done.stdout) == (0, b"cart: none, Synced, Healthy at def\n")
    assert syncs(stub) == []


def test_in_tool_mode_a_human_sees_what_would_change(sync: Sync, stub: Stub) -> None:
    stub.on("GET", APP, json=BEFORE)
    asked = json.loads(sync("run", "--mode", "tool", SCRIPT, "cart").stdout)
    wanted = asked["requiresApproval"]
    assert (asked["status"], wanted["prompt"]) == ("needs_approval", "Sync cart?")
    assert wanted["context"] == {"changes": ["Deployment/cart"], "from": "abc", "prune": False}
    assert syncs(stub) == []
    stub.on("GET", APP, json=BEFORE, times=1)
    stub.on("GET", APP, json=AFTER)
    stub.on("POST", SYNC, json=BEFORE)
    done = json.loads(sync("resume", "--token", wanted["resumeToken"], "--approve", "yes").stdout)
    assert done["output"]["action"] == "synced"
    assert syncs(stub) == [{"prune": False}]


def test_a_no_syncs_nothing(sync: Sync, stub: Stub) -> None:
    stub.on("GET", APP, json=BEFORE)
    wanted = json.loads(sync("run", "--mode", "tool", SCRIPT, "cart").stdout)["requiresApproval"]
    done = sync("resume", "--token", wanted["resumeToken"], "--approve", "no")
    assert b"declined: nothing was synced" in done.stdout
    assert syncs(stub) == []


def test_read_only_refuses_the_sync(sync: Sync, argocd: Stub) -> None:
    done = sync("run", "--readonly", SCRIPT, "cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"readonly: " in done.stderr
    assert syncs(argocd) == []


def test_a_sync_that_fails_gives_the_servers_reason(sync: Sync, argocd: Stub) -> None:
    failed = application("OutOfSync", "Healthy", operationState={"phase": "Failed", "message": "no such image"})
    argocd.on("GET", APP, json=failed)
    done = sync(SCRIPT, "cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"operation of cart has failed: no such image" in done.stderr


def test_an_application_that_does_not_become_healthy_in_time_is_a_failure(sync: Sync, argocd: Stub) -> None:
    argocd.on("GET", APP, json=application("Synced", "Degraded", operationState={"phase": "Succeeded"}))
    done = sync(SCRIPT, "--", "--timeout=0", "cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"timeout waiting for cart to become healthy" in done.stderr


def test_an_application_that_is_not_there_is_an_error(sync: Sync, stub: Stub) -> None:
    stub.on("GET", APP, status=404, json={"error": 'applications.argoproj.io "cart" not found'})
    done = sync(SCRIPT, "cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"HTTP 404" in done.stderr


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}", b"the server says nothing about cart"),
        ("[]", b"the server says nothing about cart"),
        ('"cart"', b'HTTP 200: the answer is no object: "cart"'),
    ],
)
def test_an_application_of_which_nothing_is_said_is_not_synced(
    sync: Sync, stub: Stub, body: str, told: bytes
) -> None:
    stub.on("GET", APP, body=body)
    done = sync(SCRIPT, "cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert told in done.stderr
    assert syncs(stub) == []


def test_a_name_cannot_leave_its_path(sync: Sync, stub: Stub) -> None:
    done = sync(SCRIPT, "../../settings")
    assert done.returncode == 1
    assert all(request.path.startswith("/api/v1/applications/") for request in stub.requests)
    assert syncs(stub) == []
