"""The dex module against Dex."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk
from tests.support.ports import free_port

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture
def talk(dex):
    return Talk("dex", f"local url, gone = '{dex.url}', 'http://127.0.0.1:{free_port()}'")


def test_discovery_tells_what_the_server_offers(talk):
    code = (
        "local d = m.discovery(url) local function has(list, x) for _, y in ipairs(list) do "
        "if x == y then return true end end return false end "
        "return { d.issuer == url, m.issuer(url) == url, m.has_endpoint(url, 'token_endpoint'), "
        "m.has_endpoint(url, 'no_such_endpoint'), has(m.supported_scopes(url), 'openid'), "
        "has(m.supported_response_types(url), 'code'), #m.supported_grant_types(url) == "
        "#(d.grant_types_supported or {}), m.supports_scope(url, 'email'), m.supports_scope(url, 'launch_missiles'), "
        "m.supports_grant_type(url, 'no_such_grant') }"
    )
    assert talk(code) == [True, True, True, False, True, True, True, True, False, False]


def test_keys_are_read_from_where_discovery_says(talk):
    assert talk("local key = m.jwks(url).keys[1] return { key.kty, key.use, #key.n > 100 }") == ["RSA", "sig", True]


def test_a_sound_configuration_has_no_errors(talk):
    code = (
        "local fine, lost = m.validate_config(url .. '/'), m.validate_config(gone) "
        "return { m.health(url), m.ready(url), fine.ok, #fine.errors, lost.ok, "
        "lost.errors[1]:match('^discovery failed: ') ~= nil, m.admin_version(url) == nil, "
        "m.client(url):issuer() == url }"
    )
    assert talk(code) == [True, True, True, 0, False, True, True, True]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.discovery(url .. '/elsewhere')", "dex.discovery: HTTP 404", id="no issuer there"),
        pytest.param("m.jwks(gone)", "error sending request", id="nobody there"),
        pytest.param("m.discovery(nil)", "attempt to index a nil value (local 'url')", id="no address"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)
