"""The cluster's health, asked of a stub of its API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.cluster import kubeconfig
from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "cluster_health.lua"
TOKEN = "t0ken-of-the-operator"
Health = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def health(cli: Command, stub: Stub, tmp_path: Path) -> Health:
    """Run the script with a kubeconfig that leads to the stub."""
    env = kubeconfig(tmp_path, stub.url, TOKEN)
    return lambda *words: cli(SCRIPT, "--", *words, env=env)


def node(name: str, ready: str = "True") -> object:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


def pod(name: str, **status: object) -> object:
    return {"metadata": {"name": name, "namespace": "shop"}, "status": status}


def waits(reason: str) -> object:
    return [{"name": "main", "state": {"waiting": {"reason": reason}}}]


def deployment(name: str, wanted: int, available: int) -> object:
    metadata = {"name": name, "namespace": "shop"}
    return {"metadata": metadata, "spec": {"replicas": wanted}, "status": {"availableReplicas": available}}


def serve(stub: Stub, nodes: list[object], pods: list[object], deployments: list[object], where: str = "") -> None:
    stub.on("GET", "/api/v1/nodes", json={"items": nodes})
    stub.on("GET", f"/api/v1{where}/pods", json={"items": pods})
    stub.on("GET", f"/apis/apps/v1{where}/deployments", json={"items": deployments})


def test_a_cluster_that_is_well_gives_0(health: Health, stub: Stub) -> None:
    serve(stub, [node("a")], [pod("cart", phase="Running"), pod("job", phase="Succeeded")], [deployment("cart", 2, 2)])
    done = health()
    assert (done.returncode, done.stdout) == (0, b"1 nodes, 2 pods, 1 deployments: 0 problems\n"), done.stderr
    assert {request.header("authorization") for request in stub.requests} == {f"Bearer {TOKEN}"}
    assert {request.method for request in stub.requests} == {"GET"}


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        pytest.param({"phase": "Failed", "reason": "Evicted"}, "Evicted", id="evicted"),
        pytest.param({"phase": "Unknown"}, "Unknown", id="unknown"),
        pytest.param({"phase": "Running", "containerStatuses": waits("OOMKilled")}, "OOMKilled", id="loop"),
        pytest.param({"phase": "Pending", "initContainerStatuses": waits("ErrImagePull")}, "ErrImagePull", id="init"),
        pytest.param({"phase": "Pending", "containerStatuses": waits("ContainerCreating")}, None, id="starting"),
        pytest.param(
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "NoRoom"}]},
            "NoRoom", id="unschedulable",
        ),
        pytest.param(
            {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, "not ready", id="not-ready"
        ),
    ],
)  # fmt: skip
def test_a_pod_that_does_not_run_is_named_with_the_reason(
    health: Health, stub: Stub, status: dict[str, object], problem: str | None
) -> None:
    serve(stub, [node("a")], [pod("cart", **status)], [])
    done = health("--json")
    expected = [{"kind": "pod", "namespace": "shop", "name": "cart", "problem": problem}] if problem else []
    assert json.loads(done.stdout) == {"nodes": 1, "pods": 1, "deployments": 0, "problems": expected}
    assert done.returncode == (1 if problem else 0)


def test_problems_are_a_table_and_give_1(health: Health, stub: Stub) -> None:
    serve(stub, [node("a", "Unknown")], [], [deployment("cart", 3, 1)], "/namespaces/shop")
    done = health("shop")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "kind        namespace  name  problem",
        "node                   a     not ready",
        "deployment  shop       cart  1 of 3 available",
        "1 nodes, 0 pods, 1 deployments: 2 problems",
    ]


def test_a_cluster_without_nodes_is_not_well(health: Health, stub: Stub) -> None:
    serve(stub, [], [], [])
    done = health("--json")
    assert done.returncode == 1
    assert [problem["problem"] for problem in json.loads(done.stdout)["problems"]] == ["no nodes"]


def test_what_the_token_may_not_see_is_an_error_without_the_token(health: Health, stub: Stub) -> None:
    stub.on("GET", "/api/v1/nodes", status=403, body=f"nodes is forbidden for {TOKEN}")
    done = health("--json")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"HTTP 403" in done.stderr
    assert b"/api/v1/nodes" in done.stderr
    assert TOKEN.encode() not in done.stderr


def test_an_unknown_context_is_an_error(health: Health) -> None:
    done = health("--context=elsewhere")
    assert done.returncode == 1
    assert b"elsewhere" in done.stderr
