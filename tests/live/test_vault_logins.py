"""Logins, leases, versions, namespaces and pages of the vault module, against OpenBao and what it lends access to."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.live.harness.databases import PASSWORD
from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]


@pytest.fixture
def talk(openbao):
    return Talk("vault", f"local url = '{openbao.url}' local c = m.client(url, '{openbao.token}')")


# Versions of secrets --------------------------------------------------------------------------------------


def test_versions_are_patched_deleted_brought_back_and_destroyed(talk):
    code = (
        "c:kv_put('secret', 'v/app', { a = '1', b = '2' }) c:kv_patch('secret', 'v/app', { b = '3' }) "
        "local patched, first = c:kv_get('secret', 'v/app').data, c:kv_get('secret', 'v/app', { version = 1 }).data "
        "c:kv_delete('secret', 'v/app') local deleted = c:kv_get('secret', 'v/app') "
        "c:kv_undelete('secret', 'v/app', 2) local back = c:kv_get('secret', 'v/app').data.b "
        "c:kv_destroy('secret', 'v/app', { 1, 2 }) "
        "local state = c:kv_metadata('secret', 'v/app').data.versions['1'].destroyed "
        "c:kv_purge('secret', 'v/app') "
        "return { patched, first, deleted == nil or deleted.data == nil, back, state, "
        "c:kv_metadata('secret', 'v/app') == nil }"
    )
    assert talk(code) == [{"a": "1", "b": "3"}, {"a": "1", "b": "2"}, True, "3", True, True]


def test_a_write_that_expects_another_version_is_refused(talk):
    code = (
        "c:kv_put('secret', 'cas', { n = 1 }, { cas = 0 }) "
        "local ok, e = pcall(c.kv_put, c, 'secret', 'cas', { n = 2 }, { cas = 0 }) "
        "c:kv_put('secret', 'cas', { n = 3 }, { cas = 1 }) c:kv_patch('secret', 'cas', { n = 4 }, { cas = 2 }) "
        "local n = c:kv_get('secret', 'cas').data.n c:kv_purge('secret', 'cas') return { ok, e.status, n }"
    )
    assert talk(code) == [False, 400, 4]


def test_names_come_page_by_page(talk):
    code = (
        "for i = 1, 7 do c:kv_put('secret', 'pages/' .. i, { n = i }) end local function all(next) local list = {} "
        "for name in next do list[#list + 1] = name end return table.concat(list, ' ') end "
        "local keys = all(c:each_kv_name('secret', 'pages', { page_size = 3 })) "
        "local names = all(c:each_name('secret/metadata/pages', { page_size = 2 })) return { keys, names }"
    )
    assert talk(code) == ["1 2 3 4 5 6 7"] * 2


# Logins ---------------------------------------------------------------------------------------------------


def test_a_machine_logs_in_by_approle(talk):
    code = (
        "c:auth_enable('machines', 'approle') "
        "c:auth_create_role('machines', 'web', { token_policies = { 'default' } }) "
        "local id = c:read('auth/machines/role/web/role-id').role_id "
        "local secret = c:write('auth/machines/role/web/secret-id', {}).data.secret_id "
        "local own = m.client(url) local auth = own:login_approle(id, secret, { mount = 'machines' }) "
        "local other = m.client(url) local ok, e = pcall(other.login_approle, other, id, 'wrong-secret-id', "
        "{ mount = 'machines' }) "
        "local seen = own:token_lookup_self().path c:auth_disable('machines') "
        "return { auth.client_token == own.token, seen, auth.policies, ok, e.status, "
        "tostring(e):find('wrong-secret-id', 1, true) == nil }"
    )
    assert talk(code) == [True, "auth/machines/login", ["default"], False, 400, True]


def test_a_person_logs_in_by_password(talk):
    code = (
        "c:auth_enable('people', 'userpass') c:write('auth/people/users/anna', { password = 'a password' }) "
        "local own = m.client(url) local auth = own:login_userpass('anna', 'a password', { mount = 'people' }) "
        "local seen = own:token_lookup_self().display_name c:auth_disable('people') "
        "return { auth.client_token == own.token, seen }"
    )
    assert talk(code) == [True, "people-anna"]


def test_a_token_of_another_issuer_logs_in(talk):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    now = int(time.time())
    claims = {"iss": "https://issuer.test", "sub": "build-7", "aud": "live", "iat": now, "nbf": now, "exp": now + 300}
    token = jwt.encode(claims, key, algorithm="ES256")
    code = (
        "c:auth_enable('ci', 'jwt') c:auth_config('ci', { bound_issuer = 'https://issuer.test', "
        f"jwt_validation_pubkeys = {{ [[{pem}]] }} }}) c:auth_create_role('ci', 'build', {{ role_type = 'jwt', "
        "user_claim = 'sub', bound_audiences = { 'live' }, token_policies = { 'default' } }) "
        f"local own = m.client(url) local auth = own:login_jwt('build', '{token}', {{ mount = 'ci' }}) "
        "local seen = own:token_lookup_self().display_name c:auth_disable('ci') "
        "return { auth.client_token == own.token, seen }"
    )
    assert talk(code) == [True, "ci-build-7"]


def test_a_pod_logs_in_by_its_service_account(talk, kubernetes):
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    made = kubernetes.call("POST", path, {"spec": {"expirationSeconds": 600}})
    code = (
        "c:auth_enable('kubernetes', 'kubernetes') "
        f"c:auth_config('kubernetes', {{ kubernetes_host = '{kubernetes.url}', "
        f"kubernetes_ca_cert = [[{kubernetes.ca.read_text()}]], token_reviewer_jwt = '{kubernetes.token}' }}) "
        "c:auth_create_role('kubernetes', 'web', { bound_service_account_names = { 'default' }, "
        "bound_service_account_namespaces = { 'default' }, token_policies = { 'default' }, "
        "audience = 'https://kubernetes.default.svc' }) local own = m.client(url) "
        f"local auth = own:login_kubernetes('web', {{ jwt = '{made['status']['token']}' }}) "
        "local seen = own:token_lookup_self().meta.service_account_name c:auth_disable('kubernetes') "
        "return { auth.client_token == own.token, seen }"
    )
    assert talk(code) == [True, "default"]


# Tokens and leases ----------------------------------------------------------------------------------------


def test_tokens_are_renewed(talk):
    code = (
        "local token = c:token_create({ ttl = '5m', renewable = true }) local own = m.client(url, token.client_token) "
        "local a, b = own:token_renew_self('10m'), c:token_renew(token.client_token, '15m') "
        "return { a.lease_duration, b.lease_duration }"
    )
    assert talk(code) == [600, 900]


def test_what_is_lent_is_renewed_and_taken_back(talk, postgres):
    host = urlsplit(postgres.url).netloc.rpartition("@")[2]
    statement = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
    code = (
        "c:engine_enable('database', 'database') c:write('database/config/pg', { plugin_name = "
        "'postgresql-database-plugin', allowed_roles = { 'reader' }, username = 'postgres', "
        f"password = '{PASSWORD}', connection_url = 'postgresql://{{{{username}}}}:{{{{password}}}}@{host}/postgres"
        "?sslmode=disable' }) c:write('database/roles/reader', { db_name = 'pg', "
        f"creation_statements = {{ [[{statement}]] }}, default_ttl = '5m', max_ttl = '1h' }}) "
        "local lent = c:read('database/creds/reader') "
        "local id = 'database/creds/reader/' .. c:list('sys/leases/lookup/database/creds/reader')[1] "
        f"local pg = db.connect('{postgres.url}') local function exists() return #db.query(pg, "
        "'SELECT 1 FROM pg_roles WHERE rolname = $1', { lent.username }) == 1 end "
        "local before, about = exists(), c:lease_lookup(id) local renewed = c:lease_renew(id, 1800) "
        "c:lease_revoke(id) local deadline = time() + 10 while exists() and time() < deadline do sleep(0.05) end "
        "local after = exists() db.close(pg) c:engine_disable('database') "
        "return { before, about.renewable, about.ttl <= 300, renewed.lease_duration, after }"
    )
    assert talk(code) == [True, True, True, 1800, False]


# Namespaces -----------------------------------------------------------------------------------------------


def test_namespaces_keep_their_secrets_apart(talk):
    code = (
        "c:namespace_create('team') local listed = c:namespaces() local inner = c:in_namespace('team') "
        "inner:engine_enable('secret', 'kv', { options = { version = '2' } }) "
        "inner:kv_put('secret', 'x', { where = 'inside' }) "
        "local inside, outside = inner:kv_get('secret', 'x').data.where, c:kv_get('secret', 'x') "
        "local same = m.client(url, { token = c.token, namespace = 'team' }):kv_get('secret', 'x').data.where "
        "inner:engine_disable('secret') c:namespace_delete('team') return { listed, inside, outside == nil, same }"
    )
    assert talk(code) == [["team/"], "inside", True, "inside"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param("m.client(url):login_userpass('nobody', 'secret-word')", "HTTP 4", id="a mount that is not there"),
        pytest.param("c:login_approle(nil)", "vault.login_approle", id="no role"),
        pytest.param("c:lease_lookup('no/such/lease')", "HTTP 400", id="an unknown lease"),
        pytest.param("c:token_renew('s.unknown')", "HTTP 4", id="an unknown token"),
        pytest.param("c:kv_patch('secret', 'not/there', { a = 1 })", "HTTP 404", id="a patch of nothing"),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    message = talk.fails(call)
    assert expected in message
    assert "secret-word" not in message
