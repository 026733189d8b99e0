"""Which cluster calls of assay.k8s go to, and as whom."""

from __future__ import annotations

import base64
import json

from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.http.certificates import Authority
from tests.runtime.builtins.http.raw_server import RawServer
from tests.stdlib.k8s.cluster import PODS, START, caught, kubeconfig, named


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
