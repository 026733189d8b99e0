"""assay.flux beyond its request table: versions a server has, reconciling and waiting for it, odd arguments."""

from __future__ import annotations

import json

import pytest

APPS = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/ns1/kustomizations/apps"


@pytest.fixture
def flux(run, stub):
    """Run code in which `c` is a client; `sleep` takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        return run(f'{quick} local c = require("assay.flux").client("{stub.url}", "kube-token-1") {code}', **options)

    return evaluate


def test_a_server_without_the_old_version_of_a_kind_is_asked_for_its_own(flux, stub):
    group = "/apis/source.toolkit.fluxcd.io"
    stub.on("GET", f"{group}/v1beta2/namespaces/ns1/ocirepositories", status=404, body="404 page not found\n")
    stub.on("GET", group, json={"versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}})
    stub.on("GET", f"{group}/v1", json={"resources": [{"name": "ocirepositories"}]})
    stub.on("GET", f"{group}/v1/namespaces/ns1/ocirepositories", json={"items": ["a"]})
    assert flux("return c:oci_repositories('ns1').items") == ["a"]


def reconciled(stub, at, **status):
    """Answer as a server whose object was reconciled at *at*, None for the time that was asked for."""

    def reply(request, handler):
        asked = json.loads(stub.requests[0].body)["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]
        body = json.dumps({"status": {"lastHandledReconcileAt": at or asked, **status}}).encode()
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def test_reconciling_waits_until_flux_has_handled_the_request(flux, stub):
    stub.on("PATCH", APPS, json={})
    stub.on("GET", APPS, reply=reconciled(stub, "earlier"), times=2)
    stub.on("GET", APPS, reply=reconciled(stub, None, lastAppliedRevision="v2"))
    code = "return { c:reconcile('kustomizations', 'ns1', 'apps', 60).status.lastAppliedRevision, slept }"
    assert flux(code) == ["v2", 2]


def test_reconciling_that_failed_is_an_error_with_fluxs_message(flux, stub):
    stub.on("PATCH", APPS, json={})
    ready = {"type": "Ready", "status": "False", "reason": "BuildFailed", "message": "no kustomization.yaml"}
    stub.on("GET", APPS, reply=reconciled(stub, None, conditions=[ready]))
    text = flux("return tostring(select(2, pcall(c.reconcile, c, 'kustomizations', 'ns1', 'apps', 60)))")
    assert text.endswith("flux: kustomizations ns1/apps: no kustomization.yaml")


def test_reconciling_that_does_not_come_ends_at_its_deadline(flux, stub):
    stub.on("PATCH", APPS, json={})
    stub.on("GET", APPS, reply=reconciled(stub, "earlier"))
    text = flux("return tostring(select(2, pcall(c.reconcile, c, 'kustomizations', 'ns1', 'apps', 0.02)))")
    assert text.endswith("flux: kustomizations ns1/apps not reconciled after 0.02s")


def test_two_requests_in_a_row_have_different_marks(flux, stub):
    stub.on("PATCH", APPS, json={})
    flux("for _ = 1, 2 do c:reconcile('kustomizations', 'ns1', 'apps') end")
    assert stub.requests[0].body != stub.requests[1].body


@pytest.mark.parametrize("call", ["suspend", "resume", "reconcile"])
def test_changes_are_refused_where_only_reading_is_allowed(flux, stub, call):
    text = flux(f"return tostring(select(2, pcall(c.{call}, c, 'kustomizations', 'ns1', 'apps')))", readonly=True)
    assert "readonly: http.patch blocked" in text
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("kustomizations()", "flux.kustomizations: attempt to concatenate a nil value", id="no namespace"),
        pytest.param("kustomization('ns1')", "attempt to concatenate a nil value (local 'name')", id="no name"),
        pytest.param("kustomization('ns1', {})", "attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("helm_release('', 'x')", "flux.helm_release: namespace must not be empty", id="empty"),
        pytest.param("alerts('..')", "flux.alerts: namespace must not have the path part '.' or '..'", id="dots"),
        pytest.param("each('pods', 'ns1')", "flux.each: there is no list 'pods', only alerts, git_repos", id="list"),
        pytest.param("suspend('pods', 'ns1', 'x')", "flux.suspend: there is no list 'pods'", id="suspend"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(flux, stub, call, text):
    assert text in flux(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_a_missing_token_is_an_error_of_the_first_call(run, stub):
    code = f'local c = require("assay.flux").client("{stub.url}") return tostring(select(2, pcall(c.alerts, c, "ns1")))'
    assert "attempt to concatenate a nil value (field 'token')" in run(code)
    assert stub.requests == []


def test_the_token_never_appears_in_an_error(flux, stub):
    stub.on("GET", APPS, status=403, body="kube-token-1 may not")
    text = flux("return tostring(select(2, pcall(c.kustomization, c, 'ns1', 'apps')))")
    assert "HTTP 403: " in text
    assert "kube-token-1" not in text


def test_helpers_see_the_methods_that_a_script_replaced(flux):
    ready = "{ status = { conditions = { { type = 'Ready', status = 'True' } } } }"
    code = f"c.kustomization = function() return {ready} end return c:is_kustomization_ready('n', 'x')"
    assert flux(code) is True


def test_a_client_of_a_context_takes_server_token_and_namespace_from_the_kubeconfig(run, stub, tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(
        f"""
current-context: dev
contexts: [{{name: dev, context: {{cluster: c, user: u, namespace: ns1}}}}]
clusters: [{{name: c, cluster: {{server: "{stub.url}"}}}}]
users: [{{name: u, user: {{token: token-of-dev}}}}]
"""
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    stub.on("GET", APPS, json={"a": 1})
    code = 'local c = require("assay.flux").client({ context = "dev" }) return c:kustomization(nil, "apps").a'
    assert run(code) == 1
    assert stub.requests[0].header("authorization") == "Bearer token-of-dev"
