"""Names of a cluster come from the background: asked for once in a while, never waited for."""

from __future__ import annotations

import asyncio
import json

import pytest

from assay_shell.session.completion import Completer, Wanted
from assay_shell.session.completion.cluster import LIFETIME, ClusterNames
from assay_shell.session.completion.kubernetes import KubernetesNames


class Cluster:
    """Answers with names, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Wanted] = []
        self.failure: Exception | None = None

    async def fetch(self, wanted: Wanted) -> list[str]:
        self.asked.append(wanted)
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return {"namespaces": ["default", "shop"], "kinds": ["pod", "service"]}.get(wanted.what, ["cart-1", "cart-2"])


@pytest.fixture
def cluster():
    return Cluster()


def later(loop):
    """Let the background go on for a moment."""
    loop.run_until_complete(asyncio.sleep(0.01))


async def ask(names, wanted):
    return names.names(wanted)


def test_the_first_answer_comes_at_once_and_the_next_has_the_names(typed, cluster):
    names, wanted = ClusterNames(cluster.fetch), Wanted("namespaces")
    assert typed.loop.run_until_complete(ask(names, wanted)) == []
    later(typed.loop)
    assert typed.loop.run_until_complete(ask(names, wanted)) == ["default", "shop"]
    assert cluster.asked == [wanted]


def test_names_are_fetched_anew_when_they_have_aged_and_the_old_ones_serve_until_then(typed, cluster):
    now = [0.0]
    names, wanted = ClusterNames(cluster.fetch, clock=lambda: now[0]), Wanted("namespaces")
    typed.loop.run_until_complete(ask(names, wanted))
    later(typed.loop)
    now[0] = LIFETIME - 1
    typed.loop.run_until_complete(ask(names, wanted))
    assert len(cluster.asked) == 1
    now[0] = LIFETIME + 1
    assert typed.loop.run_until_complete(ask(names, wanted)) == ["default", "shop"]
    later(typed.loop)
    assert len(cluster.asked) == 2


def test_a_failure_is_told_to_the_log_and_not_tried_again_at_once(typed, cluster):
    told: list[str] = []
    cluster.failure = OSError("connection refused")
    names, wanted = ClusterNames(cluster.fetch, log=told.append), Wanted("objects", "pod", "shop")
    for _ in range(3):
        assert typed.loop.run_until_complete(ask(names, wanted)) == []
        later(typed.loop)
    assert (len(cluster.asked), told) == (1, ["completion: objects pod shop: connection refused"])


def test_without_a_running_loop_nothing_is_fetched(cluster):
    assert ClusterNames(cluster.fetch).names(Wanted("kinds")) == []
    assert cluster.asked == []


MODULE = """--- @module assay.k8s
--- @description Kubernetes
--- @quickref M.list(namespace, kind, opts?) -> list | List; opts: {label_selector (as text), limit = 500}
--- @quickref M.get_resource(namespace, kind, name, opts?) -> object | Get
--- @quickref c:logs(namespace, pod, {container, tail, since}) -> str | Logs
--- @quickref c:deployment(namespace, name) -> object | A deployment
local M, Client = {}, {}
local function names(...)
  local items = {}
  for index, name in ipairs({ ... }) do items[index] = { metadata = { name = name } } end
  sleep(0.001)
  return { items = items }
end
function Client:list(namespace, kind, opts)
  if kind == "namespace" then return names("default", "shop") end
  if kind == "forbidden" then error("k8s.list: HTTP 403") end
  return names(namespace .. "-" .. kind .. "-1", namespace .. "-" .. kind .. "-2")
end
function Client:kinds() return { { kind = "Pod" }, { kind = "Service" } } end
function M.client()
  return { logs = Client.logs, deployment = Client.deployment, list = Client.list, kinds = Client.kinds }
end
function M.list(namespace, kind, opts) return Client:list(namespace, kind, opts) end
function M.get_resource(namespace, kind, name, opts) end
function Client:logs(namespace, pod, opts) end
function Client:deployment(namespace, name) end
return M
"""


@pytest.fixture
def offered_later(typed, cluster, tmp_path, monkeypatch):
    """What is offered at the end of a source once the background has had its turn."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "k8s.lua").write_text(MODULE)
    typed.values('k8s = require("assay.k8s")  c = k8s.client()')
    completer = Completer(typed.session, fetch=cluster.fetch)

    async def at(source):
        first = completer.complete(source, len(source)).items
        assert all(candidate.kind != "name" for candidate in first)
        await asyncio.sleep(0.01)
        return [candidate.text for candidate in completer.complete(source, len(source)).items]

    return lambda source: typed.loop.run_until_complete(at(source))


@pytest.mark.parametrize(
    ("source", "names", "wanted"),
    [
        pytest.param('c:logs("', ["default", "shop"], Wanted("namespaces", client="c"), id="namespaces"),
        pytest.param('c:logs("sh', ["shop"], Wanted("namespaces", client="c"), id="some namespaces"),
        pytest.param('c:logs("shop", "', ["cart-1", "cart-2"], Wanted("objects", "pod", "shop", "c"), id="pods"),
        pytest.param('c:logs(ns, "', ["cart-1", "cart-2"], Wanted("objects", "pod", "web", "c"), id="by a local"),
        pytest.param('k8s.list("shop", "', ["pod", "service"], Wanted("kinds", client="k8s"), id="kinds"),
        pytest.param(
            'k8s.get_resource("shop", "service", "', ["cart-1", "cart-2"],
            Wanted("objects", "service", "shop", "k8s"), id="objects of a kind",
        ),
        pytest.param(
            'c:deployment("shop", "', ["cart-1", "cart-2"],
            Wanted("objects", "deployment", "shop", "c"), id="objects of a method",
        ),
    ],
)  # fmt: skip
def test_names_are_offered_where_a_call_wants_them(typed, cluster, offered_later, source, names, wanted):
    typed.values('local ns = "web"')
    assert offered_later(source) == names
    assert cluster.asked == [wanted]


def test_options_of_a_signature_are_offered(offered, offered_later):
    assert offered('c:logs("shop", "cart", {▮') == ["container", "since", "tail"]
    assert offered('k8s.list("shop", "pod", { lab▮') == ["label_selector"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param(Wanted("namespaces", client="c"), ["default", "shop"], id="namespaces"),
        pytest.param(Wanted("namespaces", client="k8s"), ["default", "shop"], id="by the module"),
        pytest.param(Wanted("objects", "pod", "shop", "c"), ["shop-pod-1", "shop-pod-2"], id="pods"),
        pytest.param(Wanted("objects", "job", "shop", "held.client"), ["shop-job-1", "shop-job-2"], id="by a field"),
        pytest.param(Wanted("kinds", client="c"), ["pod", "service"], id="kinds"),
        pytest.param(Wanted("kinds", client="k8s"), [], id="what the module does not have"),
        pytest.param(Wanted("kinds", client="nothing"), [], id="no client"),
    ],
)
@pytest.mark.usefixtures("offered_later")
def test_a_cluster_is_asked_by_the_client_that_was_typed(typed, wanted, names):
    typed.values("held = { client = c }")
    assert typed.loop.run_until_complete(KubernetesNames(typed.session)(wanted)) == names


@pytest.mark.usefixtures("offered_later")
def test_a_refusal_of_the_cluster_reaches_nobody_but_the_log(typed):
    told: list[str] = []
    names = ClusterNames(KubernetesNames(typed.session), log=told.append)
    typed.loop.run_until_complete(ask(names, Wanted("objects", "forbidden", "shop", "c")))
    later(typed.loop)
    assert "HTTP 403" in told[0]


@pytest.mark.usefixtures("offered_later")
def test_names_arrive_while_an_input_waits(typed):
    names, wanted = ClusterNames(KubernetesNames(typed.session)), Wanted("namespaces", client="c")

    async def both():
        running = asyncio.ensure_future(typed.session.execute("sleep(0.05) return 1"))
        await asyncio.sleep(0)
        names.names(wanted)
        await running
        return names.names(wanted)

    assert typed.loop.run_until_complete(both()) == ["default", "shop"]


def listed(*names):
    """What an API server says to a list."""
    return json.dumps({"items": [{"metadata": {"name": name}} for name in names], "metadata": {}}).encode()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param('c:logs("', ["default", "shop"], id="namespaces"),
        pytest.param('c:logs("shop", "', ["cart-1", "cart-2"], id="pods"),
        pytest.param('c:pods("sh', ["shop"], id="namespaces of a list"),
        pytest.param('c:pod("shop", "', ["cart-1", "cart-2"], id="a pod"),
        pytest.param('k8s.client(stub_url, options):logs("', [], id="of a client that is not made yet"),
    ],
)
def test_our_own_kubernetes_module_answers(typed, stub, source, names):
    stub.on("GET", "/api/v1/namespaces", body=listed("default", "shop"))
    stub.on("GET", "/api/v1/namespaces/shop/pods", body=listed("cart-1", "cart-2"))
    typed.values(f'k8s = require("assay.k8s")  c = k8s.client("{stub.url}", {{ token = "t" }})')
    completer = Completer(typed.session, fetch=KubernetesNames(typed.session))

    async def at():
        found = completer.complete(source, len(source)).items
        while names and not found:
            await asyncio.sleep(0.01)
            found = completer.complete(source, len(source)).items
        return [candidate.text for candidate in found]

    assert typed.loop.run_until_complete(at()) == names


def test_a_client_of_our_own_kubernetes_module_is_known_as_such(typed, help_at, offered):
    typed.values('k8s = require("assay.k8s")  c = k8s.client("http://127.0.0.1:1", { token = "t" })')
    assert help_at("c:logs('shop', ▮").label == "c:logs(namespace, pod_name, opts?)"
    assert help_at("c:pods(▮").label == "c:pods(namespace, opts)"
    assert offered("c:logs('shop', 'cart', { tai▮")[0] == "tail"
    assert {"pods", "pod", "logs", "watch", "scale"} <= {*offered("c:▮")}
    assert {"label_selector", "field_selector", "limit"} <= {*offered("c:pods('shop', { ▮")}
    assert "label_selector" in offered("c:nodes({ ▮")
    assert "label_selector" in offered("c:pods('shop', { label_s▮")
    assert help_at("c:pods(▮").summary.startswith("All objects of a kind")
    assert help_at("c:pod(▮").summary.startswith("One object")
    typed.values("function c:mine(opts) end")
    assert help_at("c:mine(▮").summary == ""


def test_who_asked_may_wait_until_the_names_have_come(cluster):
    async def asked():
        names = ClusterNames(cluster.fetch)
        await names.settled()  # nothing is on its way
        names.names(Wanted("namespaces"))
        await names.settled()
        return names.names(Wanted("namespaces"))

    assert asyncio.run(asked()) == ["default", "shop"]
