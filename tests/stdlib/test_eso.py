"""assay.eso beyond its request table: the version a server has, waiting, refreshing, odd arguments."""

from __future__ import annotations

import pytest

GROUP = "/apis/external-secrets.io"
DB = f"{GROUP}/v1beta1/namespaces/shop/externalsecrets/db"


@pytest.fixture
def eso(run, stub):
    """Run code in which `c` is a client; sleeping takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        return run(f'{quick} local c = require("assay.eso").client("{stub.url}", "kube-token-1") {code}', **options)

    return evaluate


def condition(status):
    return {"status": {"conditions": [{"type": "Ready", "status": status}]}}


def test_a_server_that_has_v1_only_is_asked_for_that(eso, stub):
    stub.on("GET", DB, status=404, body="404 page not found\n")
    stub.on("GET", GROUP, json={"versions": [{"version": "v1"}, {"version": "v1alpha1"}]})
    stub.on("GET", f"{GROUP}/v1", json={"resources": [{"name": "externalsecrets"}]})
    stub.on("GET", f"{GROUP}/v1/namespaces/shop/externalsecrets/db", json=condition("True"))
    code = "return { c:is_secret_synced('shop', 'db'), c:external_secret_status('shop', 'db').ready }"
    assert eso(code) == [True, True]
    assert len(stub.requests) == 5


def test_a_secret_that_is_not_there_yet_is_waited_for(eso, stub):
    stub.on("GET", DB, status=404, body="{}", times=1)
    stub.on("GET", DB, json=condition("True"))
    assert eso("return { c:wait_secret_synced('shop', 'db'), slept }") == [True, 5]


def test_waiting_counts_its_sleeps(eso, stub):
    stub.on("GET", DB, json={})
    text = eso("return tostring(select(2, pcall(c.wait_secret_synced, c, 'shop', 'db', 7)))")
    assert text.startswith("assay/eso.lua:")
    assert text.endswith("eso: ExternalSecret shop/db not synced after 7s")
    assert len(stub.requests) == 2


def test_an_error_ends_the_waiting(eso, stub):
    stub.on("GET", DB, status=500, body="broken")
    text = eso("return tostring(select(2, pcall(c.wait_secret_synced, c, 'shop', 'db')))")
    assert text.endswith(f"eso: GET {DB} HTTP 500: broken")


@pytest.mark.parametrize(
    ("call", "kind", "path"),
    [
        pytest.param("external_secret_status", "ExternalSecret", "externalsecrets", id="secret"),
        pytest.param("secret_store_status", "SecretStore", "secretstores", id="store"),
    ],
)
def test_a_missing_object_is_an_error_with_the_requests_fields(eso, stub, call, kind, path):
    path = f"{GROUP}/v1beta1/namespaces/shop/{path}/x"
    stub.on("GET", path, status=404, body="{}")
    found = eso(f"local _, e = pcall(c.{call}, c, 'shop', 'x') return {{ tostring(e), e.status, e.path, e.service }}")
    assert found[0].endswith(f"eso: {kind} shop/x not found")
    assert found[1:] == [404, path, "eso"]


def test_refreshing_waits_until_the_secret_was_fetched_again(eso, stub):
    def fetched(at, version):
        return {"status": {"refreshTime": at, "syncedResourceVersion": version}}

    stub.on("PATCH", DB, json=fetched("09:00", "1-a"))
    stub.on("GET", DB, json=fetched("09:00", "1-a"), times=2)
    stub.on("GET", DB, json=fetched("09:00", "1-b"))
    code = "return { c:refresh('shop', 'db', 60).status.syncedResourceVersion, slept }"
    assert eso(code) == ["1-b", 2]
    assert "force-sync" in stub.requests[0].json()["metadata"]["annotations"]


def test_refreshing_that_does_not_come_ends_at_its_deadline(eso, stub):
    stub.on("PATCH", DB, json={})
    stub.on("GET", DB, json={})
    text = eso("return tostring(select(2, pcall(c.refresh, c, 'shop', 'db', 0.02)))")
    assert text.endswith("eso: ExternalSecret shop/db not refreshed after 0.02s")


def test_refreshing_is_a_write(eso, stub):
    text = eso("return tostring(select(2, pcall(c.refresh, c, 'shop', 'db')))", readonly=True)
    assert "readonly: http.patch blocked" in text
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("external_secrets()", "eso.external_secrets: attempt to concatenate a nil value", id="nil"),
        pytest.param("secret_store('shop', {})", "attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("is_secret_synced('shop', '')", "eso.is_secret_synced: name must not be empty", id="empty"),
        pytest.param("cluster_secret_store('..')", "name must not have the path part '.' or '..'", id="dots"),
        pytest.param("external_secret_status('n')", "eso.external_secret_status: attempt to concatenate", id="status"),
        pytest.param("wait_secret_synced('n', 'x', 'y')", "arithmetic on a string value", id="timeout"),
        pytest.param("each('pods')", "eso.each: there is no list 'pods', only cluster_external_secrets", id="list"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(eso, stub, call, text):
    assert text in eso(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []
