"""assay.certmanager beyond its request table: waiting, renewing, odd arguments."""

from __future__ import annotations

import pytest

WEB = "/apis/cert-manager.io/v1/namespaces/shop/certificates/web"


def condition(kind, status):
    return {"status": {"conditions": [{"type": kind, "status": status}]}}


@pytest.fixture
def certmanager(run, stub):
    """Run code in which `c` is a client; sleeping takes no time."""

    def evaluate(code, **options):
        quick = "local slept = 0 sleep = function(s) slept = slept + s end "
        made = f'local c = require("assay.certmanager").client("{stub.url}", "kube-token-1") '
        return run(quick + made + code, **options)

    return evaluate


def test_a_certificate_that_is_not_there_yet_is_waited_for(certmanager, stub):
    stub.on("GET", WEB, status=404, body="{}", times=1)
    stub.on("GET", WEB, json=condition("Ready", "False"), times=1)
    stub.on("GET", WEB, json=condition("Ready", "True"))
    assert certmanager("return { c:wait_certificate_ready('shop', 'web'), slept }") == [True, 10]


def test_an_error_ends_the_waiting(certmanager, stub):
    stub.on("GET", WEB, status=403, body="denied")
    text = certmanager("return tostring(select(2, pcall(c.wait_certificate_ready, c, 'shop', 'web')))")
    assert text.endswith(f"certmanager: GET {WEB} HTTP 403: denied")
    assert len(stub.requests) == 1


def test_waiting_ends_at_its_deadline(certmanager, stub):
    stub.on("GET", WEB, json={})
    text = certmanager("return tostring(select(2, pcall(c.wait_certificate_ready, c, 'shop', 'web', 0.02)))")
    assert text.startswith("assay/certmanager.lua:")
    assert text.endswith("certmanager: timeout waiting for certificate shop/web to be ready")


def test_renewing_is_a_write(certmanager, stub):
    stub.on("GET", WEB, json={"metadata": {}})
    text = certmanager("return tostring(select(2, pcall(c.renew, c, 'shop', 'web')))", readonly=True)
    assert "readonly: http.patch blocked" in text
    assert [request.method for request in stub.requests] == ["GET"]


def test_a_certificate_that_is_not_there_cannot_be_renewed(certmanager, stub):
    stub.on("GET", WEB, status=404, body="none")
    text = certmanager("return tostring(select(2, pcall(c.renew, c, 'shop', 'web')))")
    assert text.endswith(f"certmanager: GET {WEB} HTTP 404: none")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("certificates()", "certmanager.certificates: attempt to concatenate a nil value", id="nil"),
        pytest.param("issuer('shop', {})", "attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("order('shop', '')", "certmanager.order: name must not be empty", id="empty"),
        pytest.param("challenge('..', 'x')", "namespace must not have the path part '.' or '..'", id="dots"),
        pytest.param("cluster_issuer()", "certmanager.cluster_issuer: attempt to concatenate a nil", id="cluster"),
        pytest.param("wait_certificate_ready('n', 'x', {})", "arithmetic on a table value", id="timeout"),
        pytest.param("each('pods')", "certmanager.each: there is no list 'pods', only certificate_requests", id="list"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(certmanager, stub, call, text):
    assert text in certmanager(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_helpers_see_the_methods_that_a_script_replaced(certmanager):
    ready = "{ status = { conditions = { { type = 'Ready', status = 'True' } } } }"
    code = f"c.certificate = function() return {ready} end return c:wait_certificate_ready('n', 'x', 1)"
    assert certmanager(code) is True
