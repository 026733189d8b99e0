"""assay.vault beyond its request table: what counts as reading, what stays inside its path, what is never shown."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def vault(run, stub):
    def evaluate(code, **options):
        return run(f'local c = require("assay.vault").client("{stub.url}", "s.token-of-root") {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("path", "data", "call", "found"),
    [
        pytest.param("/v1/auth/token/lookup", {"id": "x"}, "c:token_lookup('s.some-token').id", "x", id="lookup"),
        pytest.param("/v1/transit/decrypt/k", {"plaintext": "aGk="}, "c:transit_decrypt('k', 'v')", "hi", id="decrypt"),
    ],
)
def test_a_post_that_changes_nothing_is_allowed_where_only_reading_is(vault, stub, path, data, call, found):
    stub.on("POST", path, json={"data": data})
    assert vault(f"return {call}", readonly=True) == found


@pytest.mark.parametrize("call", ["c:kv_put('kv', 'a', { b = 1 })", "c:transit_encrypt('k', 'x')", "c:token_create()"])
def test_a_post_that_changes_something_is_refused_there(vault, stub, call):
    caught = vault(f"return tostring(select(2, pcall(function() return {call} end)))", readonly=True)
    assert "readonly: http.post blocked" in caught
    assert stub.requests == []


@pytest.mark.parametrize(
    "call",
    ["c:read('secret/../sys/seal')", "c:kv_get('kv', '../../sys')", "c:policy_get('..')", "c:kv_delete('%2e%2e', 'x')"],
)
def test_no_argument_leaves_its_path(vault, stub, call):
    assert vault(f"return (pcall(function() return {call} end))") is False
    assert stub.requests == []


@pytest.mark.parametrize(
    "call", ["c:read('x')", "c:token_revoke('s.token-to-revoke')", "c:token_lookup('s.token-to-look-up')"]
)
def test_a_token_never_appears_in_an_error(vault, stub, call):
    for method, path in (("GET", "/v1/x"), ("POST", "/v1/auth/token/revoke"), ("POST", "/v1/auth/token/lookup")):

        def echo(request, handler):
            body = f"{request.header('x-vault-token')} {request.body.decode()}".encode()
            handler.send_response_only(400)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        stub.on(method, path, reply=echo)
    caught = vault(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert "HTTP 400: " in caught
    assert "s.token" not in caught


def test_any_bytes_come_back_from_transit(vault, stub):
    from base64 import b64encode

    every = bytes(range(256))
    stub.on("POST", "/v1/transit/decrypt/k", json={"data": {"plaintext": b64encode(every).decode()}})
    stub.on("POST", "/v1/transit/encrypt/k", json={"data": {"ciphertext": "c"}})
    assert vault("return c:transit_decrypt('k', 'v')").encode("utf-8", "surrogateescape") == every
    vault("local b = {} for i = 0, 255 do b[i + 1] = string.char(i) end c:transit_encrypt('k', table.concat(b))")
    assert json.loads(stub.requests[-1].body) == {"plaintext": b64encode(every).decode()}


def test_a_server_that_refuses_connections_counts_as_not_there_yet(run):
    opts = "{ timeout = 0.02, interval = 0.01 }"
    wait = f'local _, e = pcall(require("assay.vault").wait, "http://127.0.0.1:1", {opts}) '
    caught = run(wait + "return { tostring(e), e.service, e.path }")
    assert caught[0].endswith("vault.wait: not reachable at http://127.0.0.1:1 after 0.02s")
    assert caught[1] == "vault"
    assert caught[2].startswith("/v1/sys/health")
