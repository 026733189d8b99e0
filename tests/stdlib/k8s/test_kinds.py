"""Kinds that a server names, odd arguments, and waiting for objects."""

from __future__ import annotations

import pytest

from tests.stdlib.k8s.cluster import NS, PODS, caught, named

# Kinds ------------------------------------------------------------------------------------------------------

AGGREGATED = {
    "kind": "APIGroupDiscoveryList",
    "items": [{
        "metadata": {"name": "cert-manager.io"},
        "versions": [
            {"version": "v1", "resources": [{
                "resource": "certificates", "responseKind": {"kind": "Certificate"}, "scope": "Namespaced",
                "singularResource": "certificate", "shortNames": ["cert"], "verbs": ["get", "list"],
            }]},
            {"version": "v1alpha2", "resources": [
                {"resource": "certificates", "responseKind": {"kind": "Certificate"}, "scope": "Namespaced"}
            ]},
        ],
    }],
}  # fmt: skip


@pytest.fixture
def custom(stub):
    """A server with a kind of its own, in the form of one answer."""
    stub.on("GET", "/api", json={"kind": "APIGroupDiscoveryList", "items": []})
    stub.on("GET", "/apis", json=AGGREGATED)
    path = "/apis/cert-manager.io/v1/namespaces/shop/certificates"
    stub.on("GET", f"{path}/tls", json=named("tls")[0])
    stub.on("GET", path, json={"items": named("tls")})
    return stub


@pytest.mark.parametrize("name", ["certificate", "Certificates", "cert", "certificate.cert-manager.io"])
def test_a_kind_that_only_the_server_knows_is_found(ask, custom, name):
    assert ask(f"return c:get_resource(nil, '{name}', 'tls').metadata.name") == "tls"
    assert ask(f"return k8s.get_resource('shop', '{name}', 'tls', o).metadata.name") == "tls"


def test_the_server_is_asked_once_for_its_kinds(ask, custom):
    ask("c:list(nil, 'cert') c:list(nil, 'certificate') k8s.list('shop', 'cert', o) pcall(c.list, c, nil, 'nope')")
    assert [request.path for request in custom.requests].count("/apis") == 1


def test_a_kind_may_be_what_the_list_of_kinds_has(ask, custom):
    assert ask("return #c:list(nil, c:kinds()[1]).items") == 1


def test_discovered_kinds_become_methods(ask, custom):
    said = ask("c:discover() return { #c:certificates().items, c:certificate('tls').metadata.name, type(c.url) }")
    assert said == [1, "tls", "string"]


def test_servers_that_list_group_by_group_are_asked_for_each(ask, stub):
    stub.on("GET", "/api", json={"versions": ["v1"]})
    stub.on("GET", "/api/v1", json={"resources": [{"name": "pods", "kind": "Pod", "namespaced": True}]})
    stub.on("GET", "/apis", json={"groups": [{"name": "g", "versions": [{"version": "v2"}]}]})
    resources = [{"name": "zones", "kind": "Zone", "namespaced": False}, {"name": "zones/status", "kind": "Zone"}]
    stub.on("GET", "/apis/g/v2", json={"resources": resources})
    stub.on("GET", "/apis/g/v2/zones/a", json=named("a")[0])
    assert ask("return c:get_resource(nil, 'zone', 'a').metadata.name") == "a"


def test_an_unknown_kind_is_an_error_with_advice(ask, stub):
    said = ask(caught("k8s.list('shop', 'Nope', o)"))
    assert said.endswith(
        "k8s: unknown resource kind 'Nope'. Use k8s.register_crd() for custom resources or k8s.get() with a raw path."
    )
    assert ask("return pcall(k8s._resource_path, 'shop', 'nope', 'x')") is False


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_server_that_does_not_say_which_kinds_it_has_is_an_error_and_asked_again(ask, stub, status):
    stub.on("GET", "/apis", status=status, body="not now", times=1)
    code = "local said = select(2, pcall(c.list, c, 'shop', 'nope')) return { said.status, tostring(said), "
    said = ask(code + "tostring(select(2, pcall(c.list, c, 'shop', 'nope'))) }")
    assert said[0] == status
    assert f"k8s.list: HTTP {status} /apis: not now" in said[1]
    assert "unknown resource kind 'nope'" in said[2]
    stub.on("GET", "/apis/shop.example/v1", status=status, body="not now")
    said = ask(caught("c:apply({ apiVersion = 'shop.example/v1', kind = 'Nope', metadata = { name = 'x' } })"))
    assert f"k8s.apply: HTTP {status} /apis/shop.example/v1: not now" in said


def test_every_kind_is_a_method_in_the_singular_and_the_plural(ask, stub):
    stub.on("GET", "/apis/apps/v1/namespaces/shop/deployments/web", json=named("web")[0])
    stub.on("GET", "/apis/apps/v1/namespaces/other/deployments", json={"items": []})
    stub.on("GET", "/api/v1/namespaces/shop", json=named("shop")[0])
    stub.on("GET", "/api/v1/nodes?labelSelector=zone%3Da", json={"items": named("n1")})
    stub.on("GET", f"{NS}/endpoints/web", json=named("web")[0])
    stub.on("GET", f"{NS}/endpoints", json={"items": []})
    said = ask(
        "local d = c:deployment('web') c:deployments('other') "
        "return { d.metadata.name, c:namespace('shop').metadata.name, "
        "c:nodes({ label_selector = { zone = 'a' } }).items[1].metadata.name, "
        "c:endpoints('shop', 'web').metadata.name, #c:endpoints('shop').items, #c:endpoints({ timeout = 5 }).items }"
    )
    assert said == ["web", "shop", "n1", "web", 0, 0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("k8s.get(nil, o)", "k8s.get: NIL (local 'path')", id="path"),
        pytest.param("k8s.list(nil, 'pod', o)", "k8s.list: NIL (local 'namespace')", id="namespace"),
        pytest.param("k8s.get_resource('n', 'pod', nil, o)", "k8s.get_resource: NIL (local 'name')", id="name"),
        pytest.param("k8s.get_resource('n', nil, 'x', o)", "k8s.get_resource: NIL (local 'kind')", id="kind"),
        pytest.param("k8s.get_resource('n', {}, 'x', o)", "concatenate a table value (local 'kind')", id="table"),
        pytest.param("k8s.get_resource('n', 'pod', '', o)", "k8s.get_resource: name must not be empty", id="empty"),
        pytest.param("k8s.get_resource('..', 'pod', 'x', o)", "namespace must not have the path part", id="dots"),
        pytest.param("k8s.register_crd(nil)", "k8s.register_crd: NIL (local 'kind')", id="crd"),
        pytest.param(
            "k8s.register_crd('W', 'a/b', 'v1', 'ws')", "api_group must be a name, not 'a/b'", id="crd-group"
        ),
        pytest.param("k8s.register_crd('W', 'a', 'v1', '..')", "plural must be a name, not '..'", id="crd-plural"),
        pytest.param("k8s.scale('n', 'job', 'x', 1.5, o)", "replicas must be a whole number, got 1.5", id="replicas"),
        pytest.param("k8s.wait_ready('n', 'pod', 'x', {}, o)", "(local 'timeout_secs')", id="timeout"),
        pytest.param("k8s.events_for('n', nil, 'x', o)", "k8s.events_for: NIL", id="events"),
        pytest.param("k8s.apply(7, o)", "k8s.apply: an object must be a table, got number", id="apply"),
        pytest.param("k8s.apply({ kind = 'Pod' }, o)", "k8s.apply: NIL (local 'apiVersion')", id="version"),
        pytest.param("k8s.apply({ apiVersion = 'v1', kind = 'Pod' }, o)", "(local 'name')", id="metadata"),
        pytest.param("k8s.list('n', 'po', 'x')", "k8s.list: attempt to index a string value (local 'opts')", id="opts"),
        pytest.param("k8s.post('/x', {}, 'x')", "k8s.post: attempt to index a string value (local 'opts')", id="opts2"),
        pytest.param("k8s.exec('n', 'p', nil, o)", "k8s.exec: NIL (local 'command')", id="command"),
        pytest.param("k8s.exec('n', 'p', {}, o)", "k8s.exec: command must not be empty", id="no command"),
        pytest.param(
            "o.address = '' k8s.port_forward('n', 'p', 80, o)", "k8s.port_forward: address must not be empty", id="any"
        ),
        pytest.param("k8s.port_forward('n', 'p', 'http', o)", "port must be a port number, got http", id="port"),
    ],
)  # fmt: skip
def test_odd_arguments_are_named_and_send_nothing(ask, stub, call, text):
    assert text.replace("NIL", "attempt to concatenate a nil value") in ask(caught(call))
    assert stub.requests == []


def test_helpers_stand_on_functions_that_scripts_may_replace(ask, stub):
    said = ask(
        "k8s.get = function(path) return { path = path, status = { phase = 'Running' }, items = {} } end "
        "return { k8s.get_resource('n', 'pod', 'x').path, k8s.is_ready('n', 'pod', 'x'), k8s.pod_status('n').total }"
    )
    assert said == ["/api/v1/namespaces/n/pods/x", True, 0]


def test_tokens_and_long_bodies_do_not_stand_in_errors(ask, stub):
    stub.on("GET", "/x", status=500, body="t0ken-of-mine " + "x" * 20000)
    said = ask(caught("k8s.get('/x', o)"))
    assert "t0ken-of-mine" not in said
    assert len(said) < 9000


# Waiting ----------------------------------------------------------------------------------------------------


def test_waiting_asks_until_the_object_is_ready_whatever_fails_meanwhile(ask, stub):
    stub.on("GET", f"{PODS}/x", status=404, times=1)
    stub.on("GET", f"{PODS}/x", json={"status": {"phase": "Pending"}}, times=1)
    stub.on("GET", f"{PODS}/x", json={"status": {"phase": "Running"}})
    assert ask("return c:wait_ready(nil, 'pod', 'x', 1, { interval = 0.01 })") is True
    assert len(stub.requests) == 3


def test_waiting_ends_with_the_time(ask, stub):
    said = ask(caught("c:wait_ready(nil, 'Pod', 'x', 0.03, { interval = 0.01 })"))
    assert said.endswith("k8s.wait_ready: Pod/x not ready after 0.03s")
