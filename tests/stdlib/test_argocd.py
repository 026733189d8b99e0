"""assay.argocd beyond its request table: logging in, waiting, names that stay in their path."""

from __future__ import annotations

import pytest

APP = "/api/v1/applications/web"


@pytest.fixture
def argocd(run, stub):
    """Run code in which `c` is a client with a name and a password; sleeping takes no time."""

    def evaluate(code, opts='{ username = "anna", password = "pass-of-anna" }', **options):
        quick = "local slept = {} sleep = function(s) slept[#slept + 1] = s end "
        return run(f'{quick} local c = require("assay.argocd").client("{stub.url}", {opts}) {code}', **options)

    return evaluate


def only_with(token):
    def reply(request, handler):
        known = request.header("authorization") == f"Bearer {token}"
        body = b'{"Version": "v3"}' if known else b"no session"
        handler.send_response_only(200 if known else 401)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def test_a_server_that_refuses_the_basic_header_is_asked_for_a_token_once(argocd, stub):
    stub.on("GET", "/api/version", reply=only_with("jwt-of-anna"))
    stub.on("POST", "/api/v1/session", json={"token": "jwt-of-anna"})
    assert argocd("c:version() return { c:version().Version, c.token }") == ["v3", "jwt-of-anna"]
    assert [(request.method, request.path) for request in stub.requests] == [
        ("GET", "/api/version"),
        ("POST", "/api/v1/session"),
        ("GET", "/api/version"),
        ("GET", "/api/version"),
    ]
    assert stub.requests[0].header("authorization").startswith("Basic ")
    assert stub.requests[1].json() == {"username": "anna", "password": "pass-of-anna"}


def test_a_token_that_has_expired_is_renewed(argocd, stub):
    stub.on("POST", "/api/v1/session", json={"token": "jwt-one"}, times=1)
    stub.on("POST", "/api/v1/session", json={"token": "jwt-two"})
    stub.on("GET", "/api/version", reply=only_with("jwt-two"))
    assert argocd("c:login() return c:version().Version") == "v3"
    assert len(stub.requests) == 4


def test_a_token_of_the_scripts_own_is_never_replaced(argocd, stub):
    stub.on("GET", "/api/version", status=401, body="no session")
    opts = '{ token = "token-of-mine", username = "anna", password = "pass-of-anna" }'
    assert argocd("return (pcall(c.version, c))", opts) is False
    assert [request.path for request in stub.requests] == ["/api/version"]


def test_where_logging_in_fails_the_error_is_that_of_the_request(argocd, stub):
    stub.on("GET", "/api/version", status=401, body="no session")
    stub.on("POST", "/api/v1/session", status=401, body="wrong password")
    text = argocd("return tostring(select(2, pcall(c.version, c)))")
    assert text.endswith("argocd: GET /api/version HTTP 401: no session")
    text = argocd("return tostring(select(2, pcall(c.login, c)))")
    assert text.endswith("argocd: POST /api/v1/session HTTP 401: wrong password")


def test_logging_in_is_allowed_where_only_reading_is_and_a_sync_is_not(argocd, stub):
    stub.on("POST", "/api/v1/session", json={"token": "jwt-of-anna"})
    assert argocd("return c:login()", readonly=True) == "jwt-of-anna"
    assert argocd("return (pcall(c.sync, c, 'web'))", readonly=True) is False
    assert len(stub.requests) == 1


def test_no_secret_appears_in_an_error(argocd, stub):
    def echo(request, handler):
        body = f"{request.body.decode()} {request.header('authorization')} jwt-of-anna".encode()
        handler.send_response_only(403)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    stub.on("POST", "/api/v1/session", json={"token": "jwt-of-anna"}, times=1)
    stub.on("POST", "/api/v1/session", reply=echo)
    stub.on("GET", "/api/version", reply=echo)
    text = argocd(
        "c:login() local _, a = pcall(c.version, c) local _, b = pcall(c.login, c, 'eve', 'pass-of-eve') return a .. b"
    )
    assert text.count("HTTP 403") == 2
    for secret in ("pass-of-anna", "pass-of-eve", "jwt-of-anna", "cGFzcy1vZi1hbm5h"):
        assert secret not in text


def test_waiting_looks_every_two_seconds_until_the_application_is_healthy(argocd, stub):
    stub.on("GET", APP, json={"status": {"health": {"status": "Progressing"}}}, times=2)
    stub.on("GET", APP, json={"status": {"health": {"status": "Healthy"}}})
    assert argocd("return { c:wait_healthy('web', 60), slept }") == [True, [2, 2]]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("wait_healthy", "argocd: timeout waiting for web to become healthy", id="healthy"),
        pytest.param("wait_synced", "argocd: timeout waiting for web to become synced", id="synced"),
        pytest.param("wait_operation", "argocd: timeout waiting for the operation of web", id="operation"),
    ],
)
def test_waiting_ends_at_its_deadline(argocd, stub, call, text):
    stub.on("GET", APP, json={})
    found = argocd(f"return tostring(select(2, pcall(c.{call}, c, 'web', 0.05)))")
    assert found.startswith("assay/argocd.lua:")
    assert found.endswith(text)


def test_an_error_ends_the_waiting(argocd, stub):
    stub.on("GET", APP, status=403, body="denied")
    assert "HTTP 403: denied" in argocd("return tostring(select(2, pcall(c.wait_synced, c, 'web', 60)))")
    assert len(stub.requests) == 1


@pytest.mark.parametrize("timeout", ["nil", "{}", "'soon'"])
def test_a_timeout_that_is_no_number_is_named(argocd, timeout):
    text = argocd(f"return tostring(select(2, pcall(c.wait_healthy, c, 'web', {timeout})))")
    assert "argocd.wait_healthy: attempt to perform arithmetic on a" in text
    assert "(local 'timeout_secs')" in text


def test_an_operation_counts_when_nothing_is_going_on(argocd, stub):
    before = {"operationState": {"phase": "Succeeded", "message": "the one before"}}
    stub.on("GET", APP, json={"operation": {"sync": {}}, "status": before}, times=1)
    stub.on("GET", APP, json={"status": {"operationState": {"phase": "Running"}}}, times=1)
    stub.on("GET", APP, json={"status": {"operationState": {"phase": "Succeeded", "message": "synced"}}})
    assert argocd("return c:wait_operation('web', 60).message") == "synced"
    assert len(stub.requests) == 3


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_an_operation_that_failed_is_an_error_with_its_message(argocd, stub, phase):
    stub.on("GET", APP, json={"status": {"operationState": {"phase": phase, "message": "hook died"}}})
    text = argocd("return tostring(select(2, pcall(c.wait_operation, c, 'web', 60)))")
    assert text.endswith("argocd: operation of web has failed: hook died")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("application()", "argocd.application: attempt to concatenate a nil value", id="nil"),
        pytest.param("sync({})", "argocd.sync: attempt to concatenate a table value (local 'name')", id="table"),
        pytest.param("delete_app('')", "argocd.delete_app: name must not be empty", id="empty"),
        pytest.param("project('..')", "argocd.project: name must not have the path part '.' or '..'", id="dots"),
        pytest.param("repository()", "argocd.repository: attempt to concatenate a nil", id="url"),
        pytest.param("cluster(true)", "a boolean value (local 'server_url')", id="server"),
    ],
)
def test_a_wrong_argument_is_named_and_nothing_is_sent(argocd, stub, call, text):
    assert text in argocd(f"return tostring(select(2, pcall(function() return c:{call} end)))")
    assert stub.requests == []


def test_helpers_see_the_methods_that_a_script_replaced(argocd):
    app = "{ status = { health = { status = 'Healthy' } } }"
    assert argocd(f"c.application = function() return {app} end return c:is_healthy('x')") is True
