from __future__ import annotations

from pathlib import Path

import pytest

from assay_shell.checks.types.k8s import KINDS
from tests.checks.conftest import Execute
from tests.support.stub import Stub

CONFIG = """
current-context: here
contexts:
  - {{name: here, context: {{cluster: c, user: u}}}}
  - {{name: elsewhere, context: {{cluster: d, user: u}}}}
  - {{name: program, context: {{cluster: c, user: p}}}}
  - {{name: insecure, context: {{cluster: i, user: u}}}}
clusters:
  - {{name: c, cluster: {{server: "{url}/"}}}}
  - {{name: i, cluster: {{server: "{url}/", insecure-skip-tls-verify: true}}}}
users:
  - {{name: u, user: {{token: t-0a1b2c3d}}}}
  - {{name: p, user: {{exec: {{command: login}}}}}}
"""
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


@pytest.fixture
def check(execute: Execute, stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The message of one k8s check against the stub."""
    (tmp_path / "config").write_text(CONFIG.format(url=stub.url))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    def run(rest: str) -> str | None:
        return execute(f"retries: 0\nchecks: [{{name: a, type: k8s, {rest}}}]").messages[0]

    return run


def deployment(name: str, ready: int, wanted: int = 2, observed: int = 1) -> dict[str, object]:
    status = {"readyReplicas": ready, "observedGeneration": observed}
    return {"metadata": {"name": name, "generation": 1}, "spec": {"replicas": wanted}, "status": status}


def conditions(name: str, **found: str) -> dict[str, object]:
    listed = [{"type": kind, "status": status} for kind, status in found.items()]
    return {"metadata": {"name": name}, "status": {"conditions": listed}}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        pytest.param(deployment("cart", 2), None, id="ready"),
        pytest.param(deployment("cart", 1), "not ready: cart (1 of 2)", id="short"),
        pytest.param(deployment("cart", 0, 0), None, id="scaled to nothing"),
        pytest.param(
            deployment("cart", 2, observed=0),
            "not ready: cart (its last change is not observed yet)",
            id="fresh change",
        ),
        pytest.param({"metadata": {"name": "cart"}}, "not ready: cart (0 of 1)", id="no status"),
    ],
)
def test_a_deployment_is_ready_with_all_its_replicas(check, stub: Stub, item: object, message: str | None) -> None:
    stub.on("GET", f"{DEPLOYMENTS}/cart", json=item)
    assert check("kind: Deployment, namespace: shop, object: cart") == message
    assert stub.requests[0].header("Authorization") == "Bearer t-0a1b2c3d"


def test_all_of_a_kind_have_to_be_ready(check, stub: Stub) -> None:
    stub.on("GET", DEPLOYMENTS, json={"items": [deployment("a", 2), deployment("b", 0), deployment("c", 1)]})
    assert check("kind: deployment, namespace: shop") == "not ready: b (0 of 2); c (1 of 2)"


@pytest.mark.parametrize(
    ("kind", "path", "item", "message"),
    [
        ("node", "/api/v1/nodes", conditions("n1", Ready="True"), None),
        ("node", "/api/v1/nodes", conditions("n1", Ready="Unknown", MemoryPressure="True"), "not ready: n1"),
        ("pod", "/api/v1/pods", conditions("p", Ready="False"), "not ready: p"),
        ("job", "/apis/batch/v1/jobs", conditions("j", Complete="True"), None),
        ("daemonset", "/apis/apps/v1/daemonsets",
         {"metadata": {"name": "d"}, "status": {"desiredNumberScheduled": 3, "numberReady": 2}},
         "not ready: d (2 of 3)"),
    ],
)  # fmt: skip
def test_each_kind_is_ready_in_its_own_way(
    check, stub: Stub, kind: str, path: str, item: object, message: str | None
) -> None:
    stub.on("GET", path, json={"items": [item]})
    assert check(f"kind: {kind}") == message


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("kind: pod", "asking {url}/api/v1/pods: HTTP 404"),
        ("kind: pond", f'k8s check knows the kinds {", ".join(KINDS)}, not "pond"'),
        ("object: x", "k8s check requires a 'kind' field"),
        ("kind: pod, context: nope", 'kubeconfig: there is no context "nope" in "{config}"'),
        ("kind: pod, context: elsewhere", 'kubeconfig: there is no cluster "d" in "{config}"'),
        ("kind: pod, context: program",
         'the user in "{config}" signs in by a program; give it a token or a certificate'),
        ("kind: pod, context: insecure",
         'the cluster in "{config}" asks for TLS without verification, which checks refuse'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(check, stub: Stub, tmp_path: Path, rest: str, message: str) -> None:
    assert check(rest) == message.replace("{url}", stub.url).replace("{config}", str(tmp_path / "config"))


def test_an_empty_list_is_a_failure(check, stub: Stub) -> None:
    stub.on("GET", "/api/v1/pods", json={"items": []})
    assert check("kind: pod") == "there are no pods"


def test_a_missing_kubeconfig_says_so(check, tmp_path: Path) -> None:
    (tmp_path / "config").unlink()
    said = check("kind: pod, context: here")
    assert said == f'there is no kubeconfig: "{tmp_path}/config"'


def test_files_of_a_kubeconfig_are_merged_as_elsewhere(check, stub: Stub, tmp_path: Path, monkeypatch) -> None:
    stub.on("GET", DEPLOYMENTS, json={"items": [deployment("a", 2)]})
    (tmp_path / "first").write_text("current-context: there\ncontexts: [{name: there, context: {cluster: c, user: u}}]")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/none:{tmp_path}/first:{tmp_path}/config")
    assert check("kind: deployment, namespace: shop") is None
    assert stub.requests[0].header("Authorization") == "Bearer t-0a1b2c3d"
