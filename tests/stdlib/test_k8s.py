"""assay.k8s beyond single requests: clusters by context, kinds a server names, watches, apply, pods from inside."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.http.certificates import Authority
from tests.runtime.builtins.http.raw_server import Peer, RawServer

NS = "/api/v1/namespaces/shop"
PODS = f"{NS}/pods"
GONE = {"kind": "Status", "code": 410, "message": "too old"}
START = 'local k8s = require("assay.k8s") '


def kubeconfig(url: str, **user: object) -> str:
    """A kubeconfig with the contexts `here` (namespace shop, with a token) and `other` (without)."""
    return json.dumps({
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
            {"name": "other", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user or {"token": "t0ken-of-context"}}],
    })  # fmt: skip


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have neither a pod nor a kubeconfig around."""
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def ask(run, stub):
    """Run code in which `c` is a client of the stub with the namespace `shop`, and `o` options for the module."""

    def evaluate(code: str, **options: object):
        made = (
            f'local c = k8s.client("{stub.url}", {{ token = "t0ken-of-mine", namespace = "shop" }}) '
            f'local o = {{ base_url = "{stub.url}", token = "t0ken-of-mine" }} '
        )
        return run(START + made + code, **options)

    return evaluate


@pytest.fixture
def config(stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a kubeconfig that leads to the stub."""
    path = tmp_path / "config"
    path.write_text(kubeconfig(stub.url))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


def caught(code: str) -> str:
    """Code that gives the text of the error that *code* raises."""
    return f"return tostring(select(2, pcall(function() {code} end)))"


def named(*names: str, version: str | None = None) -> list[dict[str, object]]:
    """Objects with these names, each also with a version."""
    return [{"metadata": {"name": name, "uid": name, "resourceVersion": version or "1"}} for name in names]


# Which cluster ----------------------------------------------------------------------------------------------


def test_a_client_of_the_current_context_has_its_token_and_namespace(run, stub, config):
    stub.on("GET", PODS, json={"items": named("web-0")})
    stub.on("GET", f"{PODS}/web-0", json=named("web-0")[0])
    code = "local c = k8s.client() return { c:pods().items[1].metadata.name, c:pod('web-0').metadata.name, c.context }"
    assert run(START + code) == ["web-0", "web-0", "here"]
    assert {request.header("authorization") for request in stub.requests} == {"Bearer t0ken-of-context"}


def test_module_functions_take_a_context_and_its_namespace(run, stub, config):
    stub.on("GET", PODS, json={"items": []})
    stub.on("GET", "/api/v1/namespaces/default/pods", json={"items": []})
    run(START + "k8s.list(nil, 'pod', { context = 'here' }) k8s.list_pods(nil, { context = 'other' })")
    assert [request.path for request in stub.requests] == [PODS, "/api/v1/namespaces/default/pods"]
    assert stub.requests[1].header("authorization") is None


def test_without_options_it_is_the_current_context(run, stub, config):
    stub.on("GET", "/version", json={"gitVersion": "v1"})
    assert run(START + "return k8s.get('/version').gitVersion") == "v1"


def test_a_token_beside_a_context_is_the_one_that_is_sent(run, stub, config):
    stub.on("GET", "/version", json={})
    run(START + "k8s.get('/version', { context = 'here', token = 'an0ther-token' })")
    assert stub.requests[0].header("authorization") == "Bearer an0ther-token"


def test_a_context_that_leads_elsewhere_by_now_gets_no_credentials_of_the_old_client(stub, config):
    with Runtime() as runtime:
        runtime.evaluate(START + "c = k8s.client()")
        config.write_text(kubeconfig("http://127.0.0.1:1"))
        assert "leads to another server by now" in str(runtime.evaluate(caught("c:get('/version')"))[0])
    assert stub.requests == []


def test_the_context_that_the_shell_has_chosen_goes_for_clients_and_module_functions(stub, config, monkeypatch):
    stub.on("GET", "/version", json={})
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    with Runtime() as runtime:
        runtime.check_env["ASSAY_KUBE_CONTEXT"] = "here"
        runtime.evaluate(START + "k8s.get('/version') k8s.client():get('/version')")
        runtime.evaluate(START + "k8s.get('/version', { context = 'other' })")
    tokens = [request.header("authorization") for request in stub.requests]
    assert tokens == ["Bearer t0ken-of-context", "Bearer t0ken-of-context", None]


def test_another_current_context_does_not_change_a_client(stub, config):
    stub.on("GET", "/version", json={})
    with Runtime() as runtime:
        runtime.evaluate(START + "c = k8s.client() c:get('/version')")
        config.write_text(kubeconfig(stub.url).replace('"current-context": "here"', '"current-context": "other"'))
        runtime.evaluate("c:get('/version') require('assay.k8s').get('/version')")
    tokens = [request.header("authorization") for request in stub.requests]
    assert tokens == ["Bearer t0ken-of-context", "Bearer t0ken-of-context", None]


def test_another_namespace_of_a_context_is_the_one_of_the_next_call(stub, config):
    with Runtime() as runtime:
        for namespace in ("shop", "other-shop"):
            config.write_text(kubeconfig(stub.url).replace('"namespace": "shop"', f'"namespace": "{namespace}"'))
            runtime.evaluate("pcall(require('assay.k8s').list, nil, 'pod', { context = 'here' })")
    assert [request.path for request in stub.requests] == [PODS, "/api/v1/namespaces/other-shop/pods"]


def test_a_certificate_of_the_kubeconfig_is_shown_to_the_server(run, tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    cert, key = authority.client()

    def answer(peer):
        while peer.head():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    server = RawServer(answer, tls=authority.server(wants_client=True, name="api.example"))
    data = {"client-certificate-data": cert, "client-key-data": key}
    config = json.loads(kubeconfig(server.url, **{n: base64.b64encode(v.encode()).decode() for n, v in data.items()}))
    config["clusters"][0]["cluster"] |= {"certificate-authority": "ca.pem", "tls-server-name": "api.example"}
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    try:
        assert run(START + "return k8s.get('/version')") == []
    finally:
        server.close()


def test_in_a_pod_it_is_the_pods_cluster_and_account(run, monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "::1")
    said = run(
        START
        + "fs.read = function(path) return path:match('/token$') and 't0ken-of-pod\\n' or error('no ' .. path) end "
        "local seen http.get = function(url, opts) seen = { url, opts.headers.Authorization } "
        "return { status = 200, body = '{}', headers = {} } end k8s.get('/version') return seen"
    )
    assert said == ["https://[::1]:443/version", "Bearer t0ken-of-pod"]


def test_outside_of_a_pod_without_a_kubeconfig_there_is_no_cluster(run):
    said = run(START + caught("k8s.get('/version')"))
    assert said.endswith("k8s: not running in a Kubernetes pod (KUBERNETES_SERVICE_HOST not set)")
    assert "no Kubernetes cluster" in run(START + caught("k8s.client()"))


def test_a_missing_token_of_a_service_account_is_said(ask, stub):
    assert "fs.read: failed to read" in ask(caught("k8s.get('/version', { base_url = o.base_url })"))


def test_a_client_by_address_needs_no_token(run, stub):
    stub.on("GET", "/version", json={})
    run(START + f"k8s.client('{stub.url}'):get('/version')")
    assert stub.requests[0].header("authorization") is None


def test_vault_takes_its_token_from_a_secret_of_a_context(run, stub, config):
    stub.on("GET", "/v1/sys/health", json={})
    token = base64.b64encode(b" r00t-token\n").decode()
    stub.on("GET", "/api/v1/namespaces/safe/secrets/root", json={"data": {"root-token": token}})
    opts = "{ secret_namespace = 'safe', secret_name = 'root', context = 'here' }"
    code = f"return require('assay.vault').authenticated_client('{stub.url}', {opts}).token"
    assert run(code) == "r00t-token"
    assert stub.requests[1].header("authorization") == "Bearer t0ken-of-context"


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


# Watching ---------------------------------------------------------------------------------------------------


def lines(*events: tuple[str, object]) -> str:
    """The body of a watch."""
    return "".join(json.dumps({"type": kind, "object": item}) + "\n" for kind, item in events)


def watched(version: str, seconds: int = 300) -> str:
    """The target of a watch from that version."""
    return f"{PODS}?watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={seconds}"


WATCH = (
    "local seen = {{}} for event in c:watch(nil, 'pod', {opts}) do "
    "seen[#seen + 1] = event.type .. ' ' .. event.object.metadata.name "
    "if #seen == {count} then break end end return seen"
)


def test_a_watch_tells_what_there_is_and_then_what_changes_over_all_connections(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    changed = {"metadata": {"name": "a", "uid": "a", "resourceVersion": "6"}}
    bookmark = {"metadata": {"resourceVersion": "8"}}
    stub.on("GET", watched("5"), body=lines(("MODIFIED", changed), ("BOOKMARK", bookmark)))
    stub.on("GET", watched("8"), body=lines(("DELETED", changed)))
    assert ask(WATCH.format(opts="{}", count=3)) == ["ADDED a", "MODIFIED a", "DELETED a"]


@pytest.mark.parametrize("form", ["status", "event"])
def test_a_version_that_is_forgotten_leads_to_a_new_list_and_what_differs(ask, stub, form):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a", "b", "c")}, times=1)
    items = [*named("a"), *named("b", version="9"), *named("d")]
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "9"}, "items": items})
    if form == "status":
        stub.on("GET", watched("5"), status=410, json=GONE)
    else:
        stub.on("GET", watched("5"), body=lines(("ERROR", GONE)))
    stub.on("GET", watched("9"), body=lines(("ADDED", named("e")[0])))
    seen = ask(WATCH.format(opts="{}", count=7))
    assert seen == ["ADDED a", "ADDED b", "ADDED c", "MODIFIED b", "ADDED d", "DELETED c", "ADDED e"]


@pytest.mark.parametrize("form", ["status", "event"])
def test_a_server_that_forgets_every_version_is_not_asked_all_the_time(ask, stub, form):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    if form == "status":
        stub.on("GET", watched("5", 1), status=410, json=GONE)
    else:
        stub.on("GET", watched("5", 1), body=lines(("ERROR", GONE)))
    assert ask(WATCH.format(opts="{ timeout = 0.5 }", count=9)) == []
    assert len(stub.requests) < 10


def test_a_watch_may_begin_at_a_version_or_with_the_next_change(ask, stub):
    stub.on("GET", watched("3"), body=lines(("ADDED", named("x")[0])))
    assert ask(WATCH.format(opts="{ resource_version = '3' }", count=1)) == ["ADDED x"]
    assert len(stub.requests) == 1
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "3"}, "items": named("a")})
    assert ask(WATCH.format(opts="{ initial = false }", count=1)) == ["ADDED x"]


def test_a_watch_outlives_a_server_in_trouble(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    stub.on("GET", watched("5"), status=503, times=1)
    stub.on("GET", watched("5"), body=lines(("ADDED", named("x")[0])))
    assert ask(WATCH.format(opts="{}", count=1)) == ["ADDED x"]


@pytest.mark.parametrize(
    ("events", "text"),
    [
        pytest.param(
            lines(("ERROR", {"code": 403, "message": "no more"})), "HTTP 403 /api/v1/namespaces/shop/pods", id="no"
        ),
        pytest.param("{half\n", "json.parse: ", id="half a document"),
        pytest.param(
            lines(("ERROR", {"code": 403, "message": {"a": 1}})),
            '{"code":403,"message":{"a":1}}',
            id="no words",
        ),
        pytest.param("\n7\n", "k8s.watch: HTTP 200 /api/v1/namespaces/shop/pods", id="no event"),
        pytest.param(lines(("ADDED", "x")), "k8s.watch: HTTP 200 /api/v1/namespaces/shop/pods", id="no object"),
        pytest.param(lines(("ADDED", {"metadata": 7})), "k8s.watch: HTTP 200 ", id="no metadata"),
    ],
)
def test_a_watch_that_is_refused_later_is_an_error(ask, stub, events, text):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": []})
    stub.on("GET", watched("5"), body=events)
    assert text in ask(caught("for _ in c:watch(nil, 'pod') do end"))


def test_a_watch_with_a_timeout_ends_by_itself(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    done = threading.Event()

    def silence(_request, handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.flush()
        done.wait(5)

    stub.on("GET", watched("5", 1), reply=silence)
    try:
        assert ask(WATCH.format(opts="{ timeout = 0.3 }", count=9)) == ["ADDED a"]
    finally:
        done.set()


def test_a_watch_can_be_held_and_closed(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a", "b")})
    code = "local w = c:watch(nil, 'pod') local first = w:next() w:close() "
    assert ask(code + "return { first.object.metadata.name, w:next() == nil }") == ["a", True]


def test_logs_are_followed_line_by_line(ask, stub):
    stub.on("GET", f"{PODS}/web-0/log?tailLines=2&container=app&follow=true", body="one\ntwo\n")
    code = "local seen = {} for line in c:logs(nil, 'web-0', { follow = true, tail = 2, container = 'app' }) do "
    assert ask(code + "seen[#seen + 1] = line end return seen") == ["one", "two"]
    said = ask(caught("c:logs(nil, 'gone', { follow = true })"))
    assert f"k8s.logs: HTTP 404 {PODS}/gone/log?follow=true: no route" in said


# Applying ---------------------------------------------------------------------------------------------------

TEXT = """# two objects
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data:
  text: |
    ---
    not a border
--- # the next
apiVersion: v1
kind: Namespace
metadata: {name: two}
...
---
"""


def test_each_document_of_a_text_is_applied_as_it_stands(ask, stub):
    stub.on("PATCH", f"{NS}/configmaps/one", json=named("one")[0])
    stub.on("PATCH", "/api/v1/namespaces/two", json=named("two")[0])
    assert ask(f"local made = c:apply([[{TEXT}]]) return {{ made[1].metadata.name, #made }}") == ["one", 2]
    assert b"    ---\n    not a border" in stub.requests[0].body
    assert stub.requests[0].query == "fieldManager=assay"
    assert stub.requests[0].header("content-type") == "application/apply-patch+yaml"
    assert b"Namespace" in stub.requests[1].body


def test_lists_are_applied_object_by_object(ask, stub):
    stub.on("PATCH", f"{NS}/configmaps/one", json=named("one")[0])
    item = "{ apiVersion = 'v1', kind = 'ConfigMap', metadata = { name = 'one' } }"
    assert len(ask(f"return c:apply({{ {item}, {item} }})")) == 2
    assert len(ask(f"return c:apply({{ kind = 'List', items = {{ {item} }} }})")) == 1
    assert len(ask("return c:apply('apiVersion: v1\\nkind: List\\nitems: [{apiVersion: v1, kind: ConfigMap, "
                   "metadata: {name: one}}]')")) == 1  # fmt: skip


def test_the_kind_of_a_custom_object_is_asked_for_by_its_version(ask, stub):
    stub.on("GET", "/apis/acme/v2", json={"resources": [{"name": "mice", "kind": "Mouse", "namespaced": True}]})
    stub.on("PATCH", "/apis/acme/v2/namespaces/shop/mice/m", json=named("m")[0])
    mouse = "{ apiVersion = 'acme/v2', kind = 'Mouse', metadata = { name = 'm' } }"
    assert ask(f"c:apply({mouse}) return c:apply({mouse}).metadata.name") == "m"
    assert [request.method for request in stub.requests] == ["GET", "PATCH", "PATCH"]
    assert "k8s.apply: the server has no Rat in acme/v2" in ask(caught(f"c:apply({mouse.replace('Mouse', 'Rat')})"))


def test_what_was_read_can_be_written_back_with_what_is_empty_in_it(ask, stub):
    pod = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"resources": {}, "args": []}]}}
    stub.on("GET", f"{PODS}/x", json=pod)
    stub.on("PUT", f"{PODS}/x", json={})
    ask("local pod = c:pod('x') c:update(nil, 'pod', 'x', pod) assert.eq(json.encode({}), '[]')")
    assert stub.requests[1].json() == pod


# Read-only mode ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "post('/x', {})", "put('/x', {})", "patch('/x', {})", "delete('/x')", "create(nil, 'pod', {})",
        "update(nil, 'pod', 'x', {})", "patch_resource(nil, 'pod', 'x', {})", "delete_resource(nil, 'pod', 'x')",
        "scale(nil, 'deployment', 'x', 1)", "restart(nil, 'deployment', 'x')",
        "apply({ apiVersion = 'v1', kind = 'Pod', metadata = { name = 'x' } })",
        "exec(nil, 'x', 'ls')", "port_forward(nil, 'x', 80)",
    ],
)  # fmt: skip
def test_whatever_changes_something_is_refused_in_read_only_mode(ask, stub, call):
    assert "blocked (" in ask(caught(f"c:{call}"), readonly=True)
    assert stub.requests == []


def test_reading_goes_on_in_read_only_mode(ask, stub):
    stub.on("GET", PODS, json={"metadata": {"resourceVersion": "5"}, "items": named("a")})
    stub.on("GET", f"{PODS}/a/log", body="x")
    code = "return { #c:pods().items, c:watch(nil, 'pod'):next().type, c:logs(nil, 'a'), c:exists(nil, 'pod', 'b') }"
    assert ask(code, readonly=True) == [1, "ADDED", "x", False]


# Inside of pods ---------------------------------------------------------------------------------------------


class Kubelet:
    """A WebSocket server that runs `script(connection)` for whoever connects; `paths` are what was asked for."""

    def __init__(self, script, protocol: str) -> None:
        self.paths: list[str] = []
        self.failures: list[BaseException] = []

        def handle(connection) -> None:
            self.paths.append(connection.request.path)
            try:
                script(connection)
            except ConnectionClosed:
                return
            except BaseException as exc:
                self.failures.append(exc)

        self._server = serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol(protocol)], close_timeout=1)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def close(self) -> None:
        self._server.shutdown()
        assert self.failures == []


@pytest.fixture
def kubelet() -> Iterator[object]:
    """Start servers that speak as kubelets do; they are closed after the test."""
    started: list[Kubelet] = []

    def start(script, protocol: str = "v5.channel.k8s.io") -> Kubelet:
        started.append(Kubelet(script, protocol))
        return started[-1]

    yield start
    for server in started:
        server.close()


def client(url: str) -> str:
    return START + f"local c = k8s.client('{url}', {{ token = 't0ken', namespace = 'shop' }}) "


def ended(status: object) -> bytes:
    return b"\x03" + json.dumps(status).encode()


SUCCESS = {"status": "Success"}
CODE_3 = {
    "status": "Failure",
    "reason": "NonZeroExitCode",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}


@pytest.mark.parametrize(
    ("status", "code"), [pytest.param(SUCCESS, 0, id="success"), pytest.param(CODE_3, 3, id="failure")]
)
def test_a_command_gives_its_exit_code_and_all_its_output(run, kubelet, status, code):
    data = bytes(range(256))

    def script(connection) -> None:
        for piece in (b"\x01", b"\x01" + data, b"\x02oh ", b"\x02no", ended(status)):
            connection.send(piece)

    server = kubelet(script)
    said = run(client(server.url) + "return c:exec(nil, 'web-0', { 'a', 'b c' }, { container = 'app' })")
    assert said == {
        "status": code,
        "stdout": data.decode("utf-8", "surrogateescape"),
        "stderr": "oh no",
        "timed_out": False,
    }
    assert server.paths == [f"{PODS}/web-0/exec?command=a&command=b%20c&container=app&stdout=true&stderr=true"]


def test_a_command_takes_the_proxy_of_the_cluster(run, tmp_path, monkeypatch):
    heads: list[bytes] = []

    def talk(peer: Peer) -> None:
        heads.append(peer.head())
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        heads.append(peer.head())
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nthrough")

    proxy = RawServer(talk)
    config = json.loads(kubeconfig("http://cluster.invalid:6443"))
    config["clusters"][0]["cluster"]["proxy-url"] = proxy.url
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    said = run(START + caught("k8s.client():exec(nil, 'web', 'true')"))
    proxy.close()
    assert f"k8s.exec: HTTP 403 {PODS}/web/exec?command=%2Fbin%2Fsh" in said
    assert said.endswith("through")
    assert heads[0].startswith(b"CONNECT cluster.invalid:6443 HTTP/1.1\r\n")
    assert b"t0ken-of-context" not in heads[0]
    assert b"Authorization: Bearer t0ken-of-context" in heads[1]


def test_the_input_of_a_command_is_sent_whole_and_ended(run, kubelet):
    received = []

    def script(connection) -> None:
        while (message := connection.recv()) != b"\xff\x00":
            received.append(message)
        connection.send(b"\x01" + str(sum(len(message) - 1 for message in received)).encode())
        connection.send(ended(SUCCESS))

    server = kubelet(script)
    said = run(client(server.url) + "return c:exec(nil, 'web-0', 'wc -c', { stdin = ('x'):rep(100000) }).stdout")
    assert said == "100000"
    assert {message[:1] for message in received} == {b"\x00"}
    assert "command=%2Fbin%2Fsh&command=-c&command=wc%20-c&stdin=true" in server.paths[0]


def test_lines_are_handed_on_while_a_command_runs(run, kubelet):
    def script(connection) -> None:
        for piece in (b"\x01one\ntw", b"\x02bad\n", b"\x01o\nthree", ended(SUCCESS)):
            connection.send(piece)

    code = "local seen = {} local function on_line(line, name) seen[#seen + 1] = name .. ' ' .. line end "
    code += "c:exec(nil, 'p', 'x', { on_line = on_line }) return seen"
    seen = run(client(kubelet(script, "v4.channel.k8s.io").url) + code)
    assert seen == ["stdout one", "stderr bad", "stdout two", "stdout three"]


def test_a_command_that_takes_too_long_is_left(run, kubelet):
    def script(connection) -> None:
        connection.send(b"\x01begun")
        connection.recv()

    said = run(client(kubelet(script).url) + "return c:exec(nil, 'p', 'sleep 9', { timeout = 0.2 })")
    assert said == {"status": -1, "stdout": "begun", "stderr": "", "timed_out": True}


def test_a_command_that_is_interrupted_leaves_no_connection(kubelet):
    gone = threading.Event()

    def script(connection) -> None:
        with pytest.raises(ConnectionClosed):
            connection.recv()
        gone.set()

    server = kubelet(script)
    with Runtime() as runtime:
        code = "local t = async.spawn(function() c:exec(nil, 'web', 'sleep 9') end) sleep(0.1) t:cancel() sleep(0.1)"
        runtime.evaluate(client(server.url) + code)
        assert gone.wait(1)


@pytest.mark.parametrize("said", [b"{half", b"[]", b"null", b'{"details":{"causes":[7]},"message":{}}'])
def test_an_end_that_makes_no_sense_is_an_error_of_the_command(run, kubelet, said):
    server = kubelet(lambda connection: connection.send(b"\x03" + said))
    assert "k8s.exec: the server " in run(client(server.url) + caught("c:exec(nil, 'web', 'true')"))


def test_a_command_that_cannot_be_started_says_why(run, kubelet):
    def script(connection) -> None:
        connection.send(ended({"status": "Failure", "message": "no such file: nope"}))

    assert "k8s.exec: no such file: nope" in run(client(kubelet(script).url) + caught("c:exec(nil, 'p', { 'nope' })"))


def test_a_lost_connection_is_an_error(run, kubelet):
    said = run(client(kubelet(lambda connection: connection.close(1011, "gone")).url) + caught("c:exec(nil, 'p', 'x')"))
    assert "ws.recv: connection closed" in said


PREFACE = (8080).to_bytes(2, "little")


def test_a_forwarded_port_carries_bytes_both_ways(kubelet):
    def script(connection) -> None:
        connection.send(b"\x00" + PREFACE)
        connection.send(b"\x01" + PREFACE)
        while True:
            connection.send(b"\x00" + connection.recv()[1:].upper())

    server = kubelet(script, "v4.channel.k8s.io")
    with Runtime() as runtime:
        (port,) = runtime.evaluate(client(server.url) + "f = c:port_forward(nil, 'web-0', 8080) return f.port")
        received = {}

        def talk() -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"hello\x00\xff")
                received["answer"] = connection.recv(100)

        thread = threading.Thread(target=talk)
        thread.start()
        runtime.evaluate("for _ = 1, 40 do sleep(0.01) end")
        thread.join()
        runtime.evaluate("f:close() f:close()")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    assert received == {"answer": b"HELLO\x00\xff"}
    assert server.paths == [f"{PODS}/web-0/portforward?ports=8080"]


def test_a_forwarded_port_closes_at_once_whatever_the_server_does(run):
    def talk(peer: Peer) -> None:
        key = peer.head().partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
        head = "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        peer.send(f"{head}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode())
        while not peer.gone():
            pass

    server = RawServer(talk)
    code = (
        "local p = c:port_forward(nil, 'web', 80) "
        "pcall(http.get, 'http://127.0.0.1:' .. math.tointeger(p.port), { timeout = 0.1 }) "
        "local started = time() p:close() return time() - started"
    )
    assert run(client(server.url) + code) < 0.5
    server.close()


def test_what_a_pod_complains_of_is_logged(run, kubelet, capfd):
    def script(connection) -> None:
        connection.send(b"\x00" + PREFACE)
        connection.send(b"\x01" + PREFACE)
        connection.send(b"\x01nobody listens there")
        connection.recv()

    code = "local f <close> = c:port_forward(nil, 'p', 8080) "
    code += caught("http.get('http://127.0.0.1:' .. f.port)")
    assert "http.get failed" in run(client(kubelet(script, "v4.channel.k8s.io").url) + code)
    assert "k8s.port_forward: nobody listens there" in capfd.readouterr().err


def test_a_port_that_is_taken_cannot_be_forwarded(run, stub):
    said = run(client(stub.url) + caught(f"c:port_forward(nil, 'p', 80, {{ local_port = {stub.port} }})"))
    assert f"k8s.port_forward: cannot listen on 127.0.0.1:{stub.port}: " in said
