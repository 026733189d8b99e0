"""assay.hydra beyond its request table: secrets, what counts as reading, odd arguments and answers."""

from __future__ import annotations

from urllib.parse import quote

import pytest


@pytest.fixture
def hydra(run, stub):
    def evaluate(code, **options):
        return run(f'local c = require("assay.hydra").client("{stub.url}") {code}', **options)

    return evaluate


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:get_client()", "hydra.get_client: attempt to concatenate a nil value (local 'client_id')"),
        pytest.param("c:delete_client('..')", "hydra.delete_client: client_id must not have the path part", id="dots"),
        pytest.param(
            "c:get_login_request()", "hydra.get_login_request: attempt to concatenate a nil value", id="login"
        ),
        pytest.param("c:accept_consent()", "hydra.accept_consent: attempt to concatenate a nil value", id="consent"),
        pytest.param("c:exchange_code({ client_id = 'w' })", "hydra.exchange_code: attempt to concatenate", id="code"),
        pytest.param("c:refresh_token('w', 's')", "(local 'refresh_token')", id="refresh"),
        pytest.param("c:introspect({})", "hydra.introspect: attempt to concatenate a table value", id="introspect"),
        pytest.param("c:build_authorize_url()", "hydra.build_authorize_url: attempt to concatenate", id="authorize"),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(hydra, stub, call, text):
    assert text in hydra(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert stub.requests == []


def test_looking_at_a_token_counts_as_reading_and_changing_one_does_not(hydra, stub):
    stub.on("POST", "/admin/oauth2/introspect", json={"active": True})
    assert hydra("return c:introspect('t').active", readonly=True) is True
    caught = hydra("return tostring(select(2, pcall(c.revoke_token, c, 'w', 's', 't')))", readonly=True)
    assert "readonly: http.post blocked" in caught


@pytest.mark.parametrize(
    ("path", "call", "secret"),
    [
        pytest.param(
            "/oauth2/token", "c:exchange_code({ code = 'c', client_id = 'w', client_secret = S })", "client/1="
        ),
        pytest.param("/oauth2/token", "c:refresh_token('w', S, 'refresh')", "client/1="),
        pytest.param("/oauth2/token", "c:refresh_token('w', nil, S)", "refresh/1="),
        pytest.param("/oauth2/revoke", "c:revoke_token('w', 's', S)", "token/of/ada"),
        pytest.param("/admin/oauth2/introspect", "c:introspect(S)", "token/of/ada"),
    ],
)
def test_no_secret_is_in_an_error(hydra, stub, path, call, secret):
    stub.on("POST", path, status=400, body=f"{secret} {quote(secret, safe='')}")
    caught = hydra(f"local S = '{secret}' return tostring(select(2, pcall(function() return {call} end)))")
    assert "HTTP 400: " in caught
    assert secret not in caught
    assert quote(secret, safe="") not in caught


def test_tokens_that_were_given_are_in_no_error(hydra, stub):
    stub.on("POST", "/oauth2/token", json={"access_token": "access-of-ada", "refresh_token": "refresh-of-ada"})
    stub.on("GET", "/.well-known/jwks.json", status=500, body="access-of-ada refresh-of-ada")
    caught = hydra(
        "local tokens = c:exchange_code({ code = 'c', client_id = 'w' }) "
        "return { tokens.access_token, tostring(select(2, pcall(c.jwks, c))) }"
    )
    assert caught[0] == "access-of-ada"
    assert "of-ada" not in caught[1]


def test_a_challenge_is_one_value(hydra, stub):
    hydra("pcall(c.accept_login, c, 'a&b=c#d/é', 'user')")
    assert stub.requests[0].query == "login_challenge=a%26b%3Dc%23d%2F%C3%A9"
