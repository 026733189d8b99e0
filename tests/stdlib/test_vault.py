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


LOGINS = {
    "c:login_approle('role', 'secret-id-of-role')": "approle/login",
    "c:login_userpass('ana', 'secret-of-ana')": "userpass/login/ana",
    "c:login_jwt('ci', 'secret-jwt-of-ci')": "jwt/login",
    "c:login_kubernetes('app', { jwt = 'secret-jwt-of-pod' })": "kubernetes/login",
}


@pytest.mark.parametrize(("call", "path"), LOGINS.items())
def test_a_login_counts_as_reading_and_its_token_is_used(vault, stub, call, path):
    stub.on("POST", f"/v1/auth/{path}", json={"auth": {"client_token": "s.token-of-login"}})
    stub.on("GET", "/v1/x", json={"data": {}})
    vault(f"{call} c:read('x')", readonly=True)
    assert stub.requests[0].header("x-vault-token") is None
    assert stub.requests[1].header("x-vault-token") == "s.token-of-login"


@pytest.mark.parametrize(("call", "path"), LOGINS.items())
def test_what_one_logs_in_with_does_not_show_in_an_error(vault, stub, call, path):
    stub.on("POST", f"/v1/auth/{path}", status=400, body=" ".join(LOGINS))
    caught = vault(f"return tostring(select(2, pcall(function() {call} end)))")
    used = call.split("'")[-2]
    assert "HTTP 400: " in caught
    assert used not in caught


def test_a_token_from_a_login_is_masked_later(vault, stub):
    stub.on("POST", "/v1/auth/jwt/login", json={"auth": {"client_token": "s.token-of-login"}})
    stub.on("GET", "/v1/x", status=403, body="s.token-of-login is not allowed")
    caught = vault("c:login_jwt('r', 'j') return tostring(select(2, pcall(c.read, c, 'x')))")
    assert "s.token-of-login" not in caught


def test_without_a_service_account_the_file_is_named(vault, stub):
    caught = vault("return tostring(select(2, pcall(c.login_kubernetes, c, 'app')))")
    assert "/var/run/secrets/kubernetes.io/serviceaccount/token" in caught
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("c:login_approle(nil)", "vault.login_approle: attempt to concatenate a nil value (local 'role_id')"),
        ("c:login_userpass('ana')", "vault.login_userpass: attempt to concatenate a nil value (local 'password')"),
        ("c:lease_renew({})", "vault.lease_renew: attempt to concatenate a table value (local 'lease_id')"),
        ("c:namespace_create()", "vault.namespace_create: attempt to concatenate a nil value (local 'path')"),
    ],
)
def test_a_missing_argument_is_named(vault, stub, call, named):
    assert named in vault(f"return tostring(select(2, pcall(function() {call} end)))")
    assert stub.requests == []


def test_a_client_in_another_namespace_leaves_its_own_alone(vault, stub):
    stub.on("GET", "/v1/x", json={"data": {}})
    vault(
        "local other = c:in_namespace('team/a') other:read('x') c:read('x') other.token = 'other-token' other:read('x')"
    )
    sent = [(request.header("x-vault-namespace"), request.header("x-vault-token")) for request in stub.requests]
    assert sent == [("team/a", "s.token-of-root"), (None, "s.token-of-root"), ("team/a", "other-token")]


def test_a_write_that_expects_another_version_is_an_error_with_its_status(vault, stub):
    stub.on("POST", "/v1/kv/data/a", status=400, json={"errors": ["check-and-set parameter did not match"]})
    assert vault("return select(2, pcall(c.kv_put, c, 'kv', 'a', {}, { cas = 1 })).status") == 400
    assert json.loads(stub.requests[0].body) == {"data": {}, "options": {"cas": 1}}
