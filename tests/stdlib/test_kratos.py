"""assay.kratos beyond its request table: who asks, what is never shown, odd arguments, pages."""

from __future__ import annotations

import pytest


@pytest.fixture
def kratos(run, stub):
    def evaluate(code, **options):
        return run(f'local c = require("assay.kratos").client("{stub.url}", {{}}) {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:get_identity()", "kratos.get_identity: attempt to concatenate a nil value (local 'id')"),
        pytest.param("c:get_identity('..')", "kratos.get_identity: id must not have the path part", id="dots"),
        pytest.param("c:get_login_flow()", "kratos.get_login_flow: attempt to concatenate a nil value", id="flow"),
        pytest.param("c:submit_login_flow(nil, {})", "(local 'flow_id')", id="submit"),
        pytest.param("c:get_schema({})", "kratos.get_schema: attempt to concatenate a table value", id="schema"),
        pytest.param("c:each_session()()", "kratos.each_session: attempt to concatenate a nil value", id="iterator"),
        pytest.param("require('assay.kratos').client(5)", "attempt to index a number value", id="client"),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(kratos, stub, call, text):
    assert text in kratos(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert stub.requests == []


def test_an_address_that_is_missing_is_told_with_the_service(run):
    code = (
        "local c = require('assay.kratos').client({ public_url = 'http://127.0.0.1:1' }) "
        "local _, e = pcall(c.get_identity, c, 'i') return { tostring(e), e.service, e.method }"
    )
    text, *fields = run(code)
    assert text.startswith("assay/kratos.lua:")
    assert text.endswith(": kratos: admin_url not configured")
    assert fields == ["kratos", "GET"]


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        pytest.param("GET", "/sessions/whoami", "c:whoami('ory_session=secret-of-session')", id="cookie"),
        pytest.param("GET", "/sessions/whoami", "c:whoami({ session_token = 'secret-of-session' })", id="token"),
        pytest.param("POST", "/self-service/login", "c:submit_login_flow('f', {}, 'secret-of-session')", id="submit"),
    ],
)
def test_what_tells_who_asks_is_in_no_error(kratos, stub, method, path, call):
    secret = "ory_session=secret-of-session" if "ory_session" in call else "secret-of-session"
    stub.on(method, path, status=500, body=f"cannot read {secret}")
    caught = kratos(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert "HTTP 500: cannot read " in caught
    assert "secret-of-session" not in caught


def test_a_token_that_a_login_gave_is_in_no_error(kratos, stub):
    stub.on("POST", "/self-service/login", json={"session_token": "token-given-at-login"})
    stub.on("GET", "/schemas", status=500, body="token-given-at-login")
    caught = kratos(
        "local t = c:submit_login_flow('f', {}).session_token "
        "return { t, tostring(select(2, pcall(c.list_schemas, c))) }"
    )
    assert caught[0] == "token-given-at-login"
    assert "token-given-at-login" not in caught[1]


@pytest.mark.parametrize("call", ["submit_registration_flow('f', {})", "create_identity({})", "delete_sessions('i')"])
def test_writing_is_refused_where_only_reading_is_allowed(kratos, stub, call):
    caught = kratos(f"return tostring(select(2, pcall(function() return c:{call} end)))", readonly=True)
    assert "readonly: http." in caught
    assert stub.requests == []


def test_a_login_counts_as_reading(kratos, stub):
    stub.on("POST", "/self-service/login", json={"session": {}})
    assert kratos("return c:submit_login_flow('f', {}) ~= nil", readonly=True) is True


def test_no_page_comes_from_another_server(kratos, stub):
    link = '<http://127.0.0.1:1/admin/identities?page_token=m&credentials_identifier=x>; rel="next"'
    stub.on("GET", "/admin/identities?page_token=m", json=[2])
    stub.on("GET", "/admin/identities", json=[1], headers=[("Link", link)])
    assert kratos("local all = {} for i in c:each_identity() do all[#all + 1] = i end return all") == [1, 2]
