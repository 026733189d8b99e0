"""A session of the shell in a terminal, with a real API server behind it."""

from __future__ import annotations

import json

import pytest

from tests.support.shell import CTRL_C, TAB, Terminal, new_home, variables

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

SPACE = "shell-live"
PATIENCE = 30.0
DEPLOYMENT = f"/apis/apps/v1/namespaces/{SPACE}/deployments/cart"


@pytest.fixture
def cluster(kubernetes):
    """The cluster with one deployment of two pods that run."""
    kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
    labels = {"app": "cart"}
    pod = {"nodeName": "node-1", "containers": [{"name": "main", "image": "x"}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    body = {"metadata": {"name": "cart"}, "spec": spec}
    kubernetes.call("POST", f"/apis/apps/v1/namespaces/{SPACE}/deployments", body)
    return kubernetes


@pytest.fixture
def home(tmp_path):
    """A home folder."""
    return new_home(tmp_path)


@pytest.fixture
def environment(home, tmp_path, cluster):
    """The variables of a user of the cluster."""
    return variables(home, tmp_path, {"KUBECONFIG": str(cluster.kubeconfig), "KUBERNETES_SERVICE_HOST": None})


@pytest.fixture
def terminal(environment, tmp_path):
    """A shell in ask mode."""
    opened = Terminal(["--ask"], environment, tmp_path, columns=120, rows=40)
    opened.wait_for_prompt()
    opened.wait_for("kube: admin/default   ask before write")
    yield opened
    opened.close()


def names_of(cluster):
    items = cluster.call("GET", f"/api/v1/namespaces/{SPACE}/pods")["items"]
    return sorted(item["metadata"]["name"] for item in items if item["status"].get("phase") == "Running")


def wait_for_pods(cluster, terminal, count):
    terminal.wait_until(lambda: len(names_of(cluster)) == count, f"there are no {count} pods", seconds=PATIENCE)
    return names_of(cluster)


def list_by_tab(terminal):
    """Type as little as completion allows."""
    terminal.type('k8s = require("assay.k8' + TAB)
    terminal.wait_for('k8s = require("assay.k8s')
    terminal.enter('")')
    terminal.wait_for_prompt()
    terminal.type("c = k8s.cli" + TAB)
    terminal.wait_for("c = k8s.client")
    terminal.enter("()")
    terminal.wait_for_prompt()
    terminal.type('c:pods("shell-' + TAB)
    terminal.wait_for_match(rf'c:pods\("{SPACE}', seconds=PATIENCE)
    terminal.enter('")')
    terminal.wait_for_prompt()


def watch(terminal, pods):
    """The watch is live, and its items stay."""
    terminal.enter(f'c:watch("{SPACE}", "pod")')
    for name in pods:
        terminal.wait_for_match(rf"^ADDED +{name} +1/1 +Running", seconds=PATIENCE)
    terminal.type(CTRL_C)
    terminal.wait_for_prompt()
    assert terminal.run("#_ >= 2") == "true"


def scale(terminal, cluster):
    """A write shows what it changes, and waits."""
    terminal.enter(f'c:scale("{SPACE}", "deployment", "cart", 3).spec.replicas')
    terminal.wait_for(f"PATCH {cluster.url}{DEPLOYMENT}/scale")
    terminal.type("d")
    terminal.wait_for("spec.replicas  2 \u2192 3", seconds=PATIENCE)
    assert cluster.call("GET", DEPLOYMENT)["spec"]["replicas"] == 2
    terminal.type("y")
    terminal.wait_for_match(r"^3$", seconds=PATIENCE)
    terminal.wait_for_prompt()
    assert cluster.call("GET", DEPLOYMENT)["spec"]["replicas"] == 3


def test_a_session_lists_watches_scales_and_becomes_a_script_with_the_same_result(
    terminal, environment, cluster, cli, tmp_path
):
    pods = wait_for_pods(cluster, terminal, 2)
    list_by_tab(terminal)
    for name in pods:
        terminal.wait_for_match(rf"^{name} +1/1 +Running +0 ")
    watch(terminal, pods)
    scale(terminal, cluster)
    wait_for_pods(cluster, terminal, 3)
    shown = terminal.run(f'json.encode(c:rollout_status("{SPACE}", "cart"))', seconds=PATIENCE)
    assert json.loads(shown)["desired"] == 3
    assert "in triage.lua" in terminal.run(".save triage.lua")

    saved = (tmp_path / "triage.lua").read_text()
    assert cluster.token not in saved
    cluster.call("PATCH", DEPLOYMENT, {"spec": {"replicas": 2}}, "application/merge-patch+json")
    wait_for_pods(cluster, terminal, 2)
    done = cli(tmp_path / "triage.lua", env={"KUBECONFIG": environment["KUBECONFIG"]}, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["desired"]) == (0, 3), done.stderr
    assert cluster.call("GET", DEPLOYMENT)["spec"]["replicas"] == 3
