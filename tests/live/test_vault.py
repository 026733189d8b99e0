"""The vault module against OpenBao: secrets, policies, mounts, tokens, transit, PKI."""

from __future__ import annotations

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(60)]


@pytest.fixture
def talk(openbao):
    return Talk("vault", f"local url = '{openbao.url}' local c = m.client(url, '{openbao.token}')")


def test_a_secret_is_written_read_listed_and_deleted(talk):
    found = talk(
        "local put = c:kv_put('secret', 'team/app', { user = 'anna', port = 5432, list = { 1, 2 } }) "
        "local got = c:kv_get('secret', 'team/app') "
        "local names, deep = table.concat(c:kv_list('secret'), ' '):match('team/'), c:kv_list('secret', 'team') "
        "local about = c:kv_metadata('secret', 'team/app').data.versions['1'].destroyed "
        "c:kv_delete('secret', 'team/app') "
        "return { put.data.version, got.data, got.metadata.version, names, deep, about, "
        "c:kv_get('secret', 'team/app') }"
    )
    assert found == [1, {"user": "anna", "port": 5432, "list": [1, 2]}, 1, "team/", ["app"], False]


def test_what_is_not_there_is_nil_or_an_empty_list(talk):
    code = (
        "return { c:kv_get('secret', 'nothing') == nil, c:kv_metadata('secret', 'nothing') == nil, "
        "#c:kv_list('secret', 'nowhere'), c:read('secret/data/nothing') == nil, c:policy_get('nobody') == nil, "
        "#c:list('secret/metadata/nowhere') }"
    )
    assert talk(code) == [True, True, 0, True, True, 0]


def test_an_empty_secret_is_an_object(talk):
    assert (
        talk("c:kv_put('secret', 'empty', {}) return json.encode(c:kv_get('secret', 'empty').metadata.version)") == "1"
    )


@pytest.mark.parametrize(
    "key", [pytest.param(key, id=key) for key in ("a b", "what?", "hash#tag", "half%", "quo'te", "grüße", "a+b&c=d")]
)
def test_odd_keys_reach_the_server_as_they_are(talk, key):
    code = (
        "local key = env.get('KEY') c:kv_put('secret', 'odd/' .. key, { v = 1 }) "
        "local listed = c:kv_list('secret', 'odd') local value = c:kv_get('secret', 'odd/' .. key).data.v "
        "c:write('secret/destroy/odd/' .. key, { versions = { 1 } }) c:delete('secret/metadata/odd/' .. key) "
        "return { value, listed }"
    )
    assert talk(code.replace("env.get('KEY')", f'"{key}"')) == [1, [key]]


def test_a_key_cannot_climb_out_of_its_mount(talk):
    assert "must not have the path part '.' or '..'" in talk.fails("return c:kv_get('secret', '../../sys/mounts')")


def test_any_path_is_written_read_listed_and_deleted(talk):
    code = (
        "c:engine_enable('plain', 'kv', { description = 'version one', options = { version = '1' } }) "
        "local nothing = c:write('plain/x', { a = 'b' }) local got = c:read('plain/x') local names = c:list('plain') "
        "c:delete('plain/x') local gone = c:read('plain/x') c:engine_disable('plain') "
        "return { nothing == nil, got, names, gone == nil, c:engine_list()['plain/'] == nil }"
    )
    assert talk(code) == [True, {"a": "b"}, ["x"], True, True]


def test_engines_are_mounted_tuned_and_listed(talk):
    code = (
        "c:engine_enable('tuned', 'kv-v2', { config = { max_lease_ttl = '1h' } }) "
        "c:engine_tune('tuned', { default_lease_ttl = '30m', description = 'now tuned' }) "
        "local mount = c:engine_list()['tuned/'] c:engine_disable('tuned') "
        "return { mount.type, mount.description, mount.config.default_lease_ttl, mount.config.max_lease_ttl }"
    )
    assert talk(code) == ["kv", "now tuned", 1800, 3600]


def test_policies_are_written_read_listed_and_deleted(talk):
    code = (
        'c:policy_put("reader", [[path "secret/data/team/*" { capabilities = ["read"] }]]) '
        "local policy = c:policy_get('reader') local names = c:policy_list() c:policy_delete('reader') "
        "return { policy.name, policy.policy, table.concat(names, ' '), c:policy_get('reader') == nil }"
    )
    name, text, names, gone = talk(code)
    assert (name, text, gone) == ("reader", 'path "secret/data/team/*" { capabilities = ["read"] }', True)
    assert {"default", "reader", "root"} <= set(names.split())


def test_a_policy_bounds_a_token(talk):
    code = (
        'c:policy_put("narrow", [[path "secret/data/open" { capabilities = ["read"] }]]) '
        "c:kv_put('secret', 'open', { v = 1 }) c:kv_put('secret', 'shut', { v = 2 }) "
        "local token = c:token_create({ policies = { 'narrow' }, ttl = '5m' }) "
        "local limited = m.client(url, token.client_token) "
        "local ok, e = pcall(limited.kv_get, limited, 'secret', 'shut') "
        "return { limited:kv_get('secret', 'open').data.v, ok, e.status, e.service, e.method, e.path, "
        "tostring(e):find(token.client_token, 1, true) == nil }"
    )
    assert talk(code) == [1, False, 403, "vault", "GET", "/v1/secret/data/shut", True]


def test_auth_methods_and_their_roles(talk):
    code = (
        "c:auth_enable('approle', 'approle', { description = 'machines' }) "
        "c:auth_create_role('approle', 'web', { token_ttl = '10m', token_policies = { 'default' } }) "
        "local role, roles = c:auth_read_role('approle', 'web'), c:auth_list_roles('approle') "
        "local none = c:auth_read_role('approle', 'nobody') local mount = c:auth_list()['approle/'] "
        "c:auth_disable('approle') "
        "return { role.token_ttl, role.token_policies, roles, none == nil, mount.type, mount.description, "
        "c:auth_list()['approle/'] == nil }"
    )
    assert talk(code) == [600, ["default"], ["web"], True, "approle", "machines", True]


def test_an_auth_method_is_configured(talk):
    code = (
        "c:auth_enable('jwt', 'jwt') "
        "local key = c:transit_list_keys "
        "c:auth_config('jwt', { bound_issuer = 'https://issuer.test', jwt_supported_algs = { 'ES256' }, "
        "jwt_validation_pubkeys = { env.PEM } }) "
        "local issuer = c:read('auth/jwt/config').bound_issuer c:auth_disable('jwt') return issuer"
    )
    pem = (
        "-----BEGIN PUBLIC KEY-----\\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\\n"
        "q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\\n-----END PUBLIC KEY-----\\n"
    )
    code = code.replace("local key = c:transit_list_keys ", "").replace("env.PEM", f'"{pem}"')
    assert talk(code) == "https://issuer.test"


def test_tokens_are_made_looked_up_and_revoked(talk):
    code = (
        "local token = c:token_create({ ttl = '5m', display_name = 'live' }) "
        "local seen = c:token_lookup(token.client_token) "
        "local own = m.client(url, token.client_token) local self_seen = own:token_lookup_self() "
        "own:token_revoke_self() local ok, e = pcall(c.token_lookup, c, token.client_token) "
        "local second = c:token_create() c:token_revoke(second.client_token) "
        "local ok2 = pcall(c.token_lookup, c, second.client_token) "
        "return { token.lease_duration, seen.display_name, self_seen.accessor == token.accessor, ok, e.status, ok2, "
        "tostring(e):find(token.client_token, 1, true) == nil }"
    )
    lease, name, same, ok, status, second, hidden = talk(code)
    assert (lease, name, same, ok, second, hidden) == (300, "token-live", True, False, False, True)
    assert status in (400, 403)


def test_transit_gives_back_the_bytes_it_was_given(talk):
    code = (
        "c:engine_enable('transit', 'transit') c:transit_create_key('box') "
        "c:transit_create_key('rsa', { type = 'rsa-2048' }) "
        "local bytes = '' for i = 0, 255 do bytes = bytes .. string.char(i) end "
        "local sealed = c:transit_encrypt('box', bytes) local opened = c:transit_decrypt('box', sealed) "
        "local keys = c:transit_list_keys() "
        "local ok, e = pcall(c.transit_decrypt, c, 'box', 'vault:v1:AAAA') c:engine_disable('transit') "
        "return { sealed:sub(1, 9), opened == bytes, keys, ok, e.status }"
    )
    assert talk(code) == ["vault:v1:", True, ["box", "rsa"], False, 400]


def test_certificates_are_issued_by_a_ca(talk):
    code = (
        "c:engine_enable('ca', 'pki', { config = { max_lease_ttl = '87600h' } }) "
        "c:write('ca/root/generate/internal', { common_name = 'live.test', ttl = '87600h' }) "
        "c:pki_create_role('ca', 'server', { allowed_domains = { 'live.test' }, allow_subdomains = true, "
        "max_ttl = '72h' }) "
        "local made, pem = c:pki_issue('ca', 'server', { common_name = 'a.live.test', ttl = '24h' }), "
        "c:pki_ca_cert('ca') "
        "local ok, e = pcall(c.pki_issue, c, 'ca', 'server', { common_name = 'elsewhere.test' }) "
        "c:engine_disable('ca') "
        "return { made.certificate:sub(1, 27), made.issuing_ca == pem:gsub('%s+$', ''), made.private_key ~= nil, "
        "#made.serial_number > 10, ok, e.status }"
    )
    assert talk(code) == ["-----BEGIN CERTIFICATE-----", True, True, True, False, 400]


def test_the_state_of_the_server(talk):
    code = (
        "local h, s = c:health(), c:seal_status() "
        "return { h.initialized, h.sealed, h.standby, #h.version > 0, s.sealed, s.initialized, c:is_sealed(), "
        "c:is_initialized(), m.wait(url, { timeout = 5 }) }"
    )
    assert talk(code) == [True, False, False, True, False, True, False, True, True]


def test_credentials_are_made_once(talk):
    code = (
        "if not c:engine_list()['secrets/'] then c:engine_enable('secrets', 'kv', { options = { version = '2' } }) end "
        "local made = 0 local function generate() made = made + 1 return { password = 'p' .. made, user = 'u' } end "
        "local first = m.ensure_credentials(c, 'apps/one', 'password', generate) "
        "local second = m.ensure_credentials(c, 'apps/one', 'password', generate) "
        "return { made, first.password, second.password, m.assert_secret(c, 'apps/one', { 'user' }).user }"
    )
    assert talk(code) == [1, "p1", "p1", "u"]
    assert talk.fails("m.assert_secret(c, 'apps/one', { 'user', 'port' })").endswith(
        "vault.assert_secret: key 'port' missing at secrets/apps/one"
    )


def test_a_wrong_token_is_refused_and_not_told(talk):
    message = talk.fails("m.client(url, 's.wrong-token-value'):kv_put('secret', 'x', { a = 1 })")
    assert "vault: POST /v1/secret/data/x HTTP 403" in message
    assert "wrong-token-value" not in message


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("c:policy_put('bad', 'this is no HCL {')", "HTTP 400", id="a policy that does not parse"),
        pytest.param("c:auth_enable('x', 'nosuch')", "HTTP 400", id="an auth method that does not exist"),
        pytest.param("c:engine_enable('x', 'nosuch')", "HTTP 400", id="an engine that does not exist"),
        pytest.param("c:token_create({ ttl = 'soon' })", "HTTP 400", id="a time that is none"),
        pytest.param("c:write('nowhere/x', { a = 1 })", "HTTP 404", id="a mount that does not exist"),
        pytest.param("c:policy_get(nil)", "vault.policy_get: attempt to concatenate a nil value", id="no name"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)


def test_the_openbao_module_is_the_same(openbao):
    talk = Talk("openbao", f"local c = m.client('{openbao.url}', '{openbao.token}')")
    assert talk("return c:health().sealed") is False
