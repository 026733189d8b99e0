"""assay.dex beyond its request table: keys from where discovery says, validation, odd arguments."""

from __future__ import annotations

import pytest

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def dex(run, stub):
    def evaluate(code, **options):
        return run(f'local url, dex = "{stub.url}", require("assay.dex") {code}', **options)

    return evaluate


def complete(url):
    return {
        "issuer": url,
        "authorization_endpoint": f"{url}/auth",
        "token_endpoint": f"{url}/token",
        "jwks_uri": f"{url}/keys?v=1&w=%2F",
    }


def test_keys_come_from_the_address_that_discovery_gives_exactly(dex, stub):
    stub.on("GET", DISCOVERY, json=complete(stub.url))
    stub.on("GET", "/keys", json={"keys": [{"kid": "k1"}]})
    assert dex("return dex.jwks(url).keys[1].kid") == "k1"
    assert stub.requests[1].target == "/keys?v=1&w=%2F"


def test_keys_that_are_refused_are_an_error_of_their_own(dex, stub):
    stub.on("GET", DISCOVERY, json=complete(stub.url))
    stub.on("GET", "/keys", status=404, body="gone")
    caught = dex("local _, e = pcall(dex.jwks, url) return { tostring(e), e.service, e.status, e.path }")
    assert caught[0].endswith("dex.jwks: HTTP 404: gone")
    assert caught[1:] == ["dex", 404, "/keys"]


def test_credentials_are_not_sent_to_where_discovery_points(dex, stub):
    stub.on("GET", DISCOVERY, json=complete(stub.url))
    stub.on("GET", "/keys", json={"keys": []})
    dex("dex.client(url, { token = 'token-for-dex', headers = { Trace = '1' } }):jwks()")
    assert stub.requests[0].header("authorization") == "Bearer token-for-dex"
    assert stub.requests[1].header("authorization") is None


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        pytest.param({}, [], id="complete"),
        pytest.param({"issuer": "{url}/"}, ["issuer mismatch: expected {url}, got {url}/"], id="slash at its end"),
        pytest.param({"issuer": None}, ["missing issuer"], id="issuer"),
        pytest.param(
            {"authorization_endpoint": None, "token_endpoint": None, "jwks_uri": None},
            ["missing authorization_endpoint", "missing token_endpoint", "missing jwks_uri"],
            id="all but the issuer",
        ),
    ],
)
def test_validation_lists_what_is_missing_in_order(dex, stub, change, errors):
    def filled(text):
        return text and text.replace("{url}", stub.url)

    document = {**complete(stub.url), **{name: filled(value) for name, value in change.items()}}
    stub.on("GET", DISCOVERY, json=document)
    found = dex("local found = dex.validate_config(url .. '/') return { found.ok, table.unpack(found.errors) }")
    assert found == [not errors, *map(filled, errors)]


def test_validation_tells_of_a_server_that_is_not_there(dex):
    found = dex(
        "local found = dex.validate_config('http://127.0.0.1:1') return { found.ok, found.errors[1], #found.errors }"
    )
    assert found[0] is False
    assert found[1].startswith("discovery failed: ")
    assert "http.get failed" in found[1]
    assert found[2] == 1


def test_a_client_has_all_functions_without_the_address(dex, stub):
    stub.on("GET", DISCOVERY, json={**complete(stub.url), "scopes_supported": ["openid"]})
    stub.on("GET", "/healthz")
    code = (
        "local c = dex.client(url) "
        "return { c:validate_config().ok, c:supports_scope('openid'), c:ready(), c:issuer() == url, "
        "c:has_endpoint('x'), tostring(c:admin_version()) }"
    )
    assert dex(code) == [True, True, True, True, False, "nil"]


def test_health_of_a_server_that_is_not_there_is_an_error(dex):
    assert dex("return (pcall(dex.health, 'http://127.0.0.1:1'))") is False


@pytest.mark.parametrize(
    "call", ["dex.discovery()", "dex.validate_config()", "dex.admin_version()", "dex.client()", "dex.health({})"]
)
def test_an_address_that_is_no_text_is_refused(dex, call):
    assert "attempt to index" in dex(f"return tostring(select(2, pcall(function() {call} end)))")


@pytest.mark.parametrize("body", ["<html>", '{"half', "[]", '"text"', "5", "null"])
def test_a_document_that_is_none_is_no_surprise(dex, stub, body):
    stub.on("GET", DISCOVERY, body=body)
    assert dex("return dex.validate_config(url).ok") is False
