"""assay.zitadel beyond its request table: machine keys and their tokens, second attempts, warnings, odd arguments."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

TOKEN = "/oauth/v2/token"
USERS = "/management/v1/users/_search"
POLICY = "/admin/v1/policies/login"


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key(private_key):
    pem = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"userId": "user-1", "keyId": "key-1", "key": pem.decode(), "type": "serviceaccount"}


@pytest.fixture
def zitadel(run, stub):
    def evaluate(code, opts='token = "token-of-zitadel"', **options):
        made = f'local c = require("assay.zitadel").client("{stub.url}", {{ domain = "example.com", {opts} }}) '
        return run(made + code, **options)

    return evaluate


@pytest.fixture
def with_key(zitadel, key, tmp_path):
    """Run code with a client of a machine user."""

    def evaluate(code, opts="", **options):
        path = tmp_path / "key.json"
        path.write_text(json.dumps(key))
        return zitadel(code, opts=f'machine_key_file = "{path}", {opts}', **options)

    return evaluate


def claims_of(request, private_key):
    """The statement in a token request, whose signature must be good."""
    form = parse_qs(request.body.decode())
    assert list(form) == ["grant_type", "scope", "assertion"]
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    assert form["scope"] == ["openid urn:zitadel:iam:org:project:id:zitadel:aud"]
    head, body, signature = form["assertion"][0].split(".")

    def decoded(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    private_key.public_key().verify(decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "RS256", "kid": "key-1"}
    return json.loads(decoded(body))


def test_a_machine_key_is_exchanged_for_a_token(with_key, stub, private_key):
    stub.on("POST", TOKEN, json={"access_token": "fresh-token"})
    assert with_key("return c.access_token") == "fresh-token"
    request = stub.requests[0]
    assert request.header("host") == "auth.example.com"
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.header("authorization") is None
    assert b"scope=openid+urn%3Azitadel%3Aiam%3Aorg%3Aproject%3Aid%3Azitadel%3Aaud&" in request.body
    claims = claims_of(request, private_key)
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("user-1", "user-1", "https://auth.example.com")
    assert claims["exp"] - claims["iat"] == 300
    assert isinstance(claims["iat"], int)


def test_a_key_may_be_a_table_and_comes_first(zitadel, stub, key):
    stub.on("POST", TOKEN, json={"access_token": "fresh-token"})
    opts = f"{{ url = '{stub.url}', domain = 'd', machine_key = KEY, token = 'x', machine_key_file = '/none' }}"
    code = f"return require('assay.zitadel').client({opts}).access_token"
    given = json.dumps(key)
    assert zitadel(f"local KEY = json.parse([==[{given}]==]) {code}") == "fresh-token"


def test_logging_in_counts_as_reading(with_key, stub):
    stub.on("POST", TOKEN, json={"access_token": "fresh-token"})
    stub.on("POST", USERS, json={"result": []})
    assert with_key("return #c:search_users()", readonly=True) == 0


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        pytest.param({"status": 400, "body": "bad key"}, "zitadel: token exchange failed (HTTP 400): bad key", id="no"),
        pytest.param({"status": 401, "body": "who"}, "zitadel: token exchange failed (HTTP 401): who", id="401"),
        pytest.param({"json": {}}, "value is nil - zitadel: no access_token in token response", id="no token"),
        pytest.param({"body": "<html>"}, "json.parse: ", id="no JSON"),
    ],
)
def test_a_token_that_is_not_given_is_an_error(run, stub, key, tmp_path, reply, text):
    stub.on("POST", TOKEN, **reply)
    (tmp_path / "key.json").write_text(json.dumps(key))
    opts = f'{{ url = "{stub.url}", domain = "d", machine_key_file = "{tmp_path}/key.json" }}'
    caught = run(f"return tostring(select(2, pcall(require('assay.zitadel').client, {opts})))")
    assert text in caught
    assert "PRIVATE KEY" not in caught
    assert len(stub.requests) == 1


@pytest.mark.parametrize("part", ["userId", "key", "keyId"])
def test_a_key_that_lacks_a_part_is_refused(run, stub, key, tmp_path, part):
    del key[part]
    (tmp_path / "key.json").write_text(json.dumps(key))
    opts = f'{{ url = "{stub.url}", domain = "d", machine_key_file = "{tmp_path}/key.json" }}'
    caught = run(f"return tostring(select(2, pcall(require('assay.zitadel').client, {opts})))")
    assert f"assert.not_nil failed: value is nil - zitadel: machine key missing {part}\n" in caught
    assert stub.requests == []


def test_a_token_that_is_over_is_renewed_once(with_key, stub):
    stub.on("POST", TOKEN, json={"access_token": "first-token"}, times=1)
    stub.on("POST", TOKEN, json={"access_token": "second-token"})
    stub.on("GET", POLICY, status=401, times=1)
    stub.on("GET", POLICY, json={"policy": {"a": 1}})
    assert with_key("return { c:get_login_policy().a, c.access_token }") == [1, "second-token"]
    sent = [request.header("authorization") for request in stub.requests if request.method == "GET"]
    assert sent == ["Bearer first-token", "Bearer second-token"]


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_server_that_always_refuses_is_not_asked_for_ever(with_key, stub, status):
    stub.on("POST", TOKEN, json={"access_token": "first-token"}, times=1)
    stub.on("POST", TOKEN, status=status, json={"access_token": "second-token"})
    stub.on("GET", POLICY, status=401)
    assert with_key("return tostring(c:get_login_policy())") == "nil"
    assert len(stub.requests) == (4 if status == 200 else 3)


def test_a_token_without_a_key_is_not_renewed(zitadel, stub):
    stub.on("GET", POLICY, status=401)
    assert zitadel("return tostring(c:get_login_policy())") == "nil"
    assert len(stub.requests) == 1


def test_an_app_is_searched_for_without_a_filter_where_the_filter_is_refused(zitadel, stub):
    path = "/management/v1/projects/p/apps/_search"
    stub.on("POST", path, status=400, times=1)
    stub.on("POST", path, json={"result": [{"name": "web", "id": "1"}]})
    assert zitadel("return c:find_app('p', 'web').id") == "1"
    assert stub.requests[1].json() == {"query": {"limit": 100}}


def test_an_app_that_cannot_be_searched_for_is_none(zitadel, stub):
    stub.on("POST", "/management/v1/projects/p/apps/_search", status=400)
    assert zitadel("return c:find_app('p', 'web') == nil") is True
    assert len(stub.requests) == 2


def test_a_provider_is_offered_in_the_words_of_the_server(zitadel, stub):
    stub.on("POST", f"{POLICY}/idps", status=400, body="unknown value IDPOWNERTYPE_SYSTEM", times=1)
    stub.on("POST", f"{POLICY}/idps", json={})
    assert zitadel("return c:add_idp_to_login_policy('7')") is True
    assert stub.requests[1].json() == {"idpId": "7", "ownerType": "IDP_OWNER_TYPE_SYSTEM"}


def test_users_of_all_pages(zitadel, stub):
    def page(request, handler):
        offset = request.json()["query"]["offset"]
        body = json.dumps({"result": [{"id": n} for n in range(offset, min(offset + 2, 5))]}).encode()
        handler.send_response_only(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    stub.on("POST", USERS, reply=page)
    code = "local ids = {} for user in c:each_user({ page_size = 2 }) do ids[#ids + 1] = user.id end return ids"
    assert zitadel(code, readonly=True) == [0, 1, 2, 3, 4]
    assert len(stub.requests) == 3


def test_users_that_are_refused_half_way_are_an_error(zitadel, stub):
    stub.on("POST", USERS, json={"result": [{"id": 1}]}, times=1)
    stub.on("POST", USERS, status=503, body="busy")
    code = (
        "local n = 0 local _, e = pcall(function() for _ in c:each_user({ page_size = 1 }) do n = n + 1 end end) "
        "return { n, tostring(e) }"
    )
    n, text = zitadel(code)
    assert n == 1
    assert f"zitadel: POST {USERS} HTTP 503: busy" in text


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param(
            "c:find_app('a/../b?c#d', 'x')", "/management/v1/projects/a%2F..%2Fb%3Fc%23d/apps/_search", id="app"
        ),
        pytest.param("c:update_user_email('a b', 'x@y')", "/management/v1/users/a%20b/email", id="user"),
    ],
)
def test_names_are_encoded(zitadel, stub, call, path):
    zitadel(f"return {call}")
    assert stub.requests[0].target == path


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:find_project()", "zitadel.find_project: attempt to concatenate a nil value (local 'name')"),
        pytest.param("c:create_project({})", "zitadel.create_project: attempt to concatenate a table value"),
        pytest.param(
            "c:find_app(nil, 'x')", "zitadel.find_app: attempt to concatenate a nil value (local 'project_id')"
        ),
        pytest.param("c:find_app('..', 'x')", "zitadel.find_app: project_id must not have the path part", id="dots"),
        pytest.param(
            "c:create_oidc_app('p', { name = 'x', subdomain = 's' })", "(local 'callbackPath')", id="callback"
        ),
        pytest.param(
            "c:create_oidc_app('p', { name = 'x', callbackPath = 's' })", "(local 'subdomain')", id="subdomain"
        ),
        pytest.param("c:update_user_email('u')", "zitadel.update_user_email: attempt to concatenate a nil value"),
        pytest.param("c:add_idp_to_login_policy()", "zitadel.add_idp_to_login_policy: attempt", id="idp"),
        pytest.param("c:ensure_primary_domain()", "zitadel.ensure_primary_domain: attempt to concatenate", id="domain"),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(zitadel, stub, call, text):
    assert text in zitadel(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert stub.requests == []


@pytest.mark.parametrize("call", ["create_project('p')", "update_login_policy({})", "update_user_email('u', 'e')"])
def test_writing_is_refused_where_only_reading_is_allowed(zitadel, stub, call):
    caught = zitadel(f"return tostring(select(2, pcall(function() return c:{call} end)))", readonly=True)
    assert "readonly: http." in caught
    assert stub.requests == []


def test_a_server_that_is_not_there_is_an_error_everywhere(run):
    opts = '{ url = "http://127.0.0.1:1", domain = "d", token = "t" }'
    made = f"local c = require('assay.zitadel').client({opts})"
    assert run(f"{made} return {{ (pcall(c.find_project, c, 'x')), (pcall(c.search_users, c)) }}") == [False, False]


def test_secrets_are_in_no_error(zitadel, stub):
    def echo(request, handler):
        body = f"{request.header('authorization')} secret-of-an-app".encode()
        handler.send_response_only(500)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    stub.on("POST", "/management/v1/projects/p/apps/oidc", json={"clientSecret": "secret-of-an-app"})
    stub.on("POST", "/management/v1/projects", reply=echo)
    caught = zitadel(
        "local app = c:create_oidc_app('p', { name = 'x', subdomain = 's', callbackPath = '/' }) "
        "return { app.clientSecret, tostring(select(2, pcall(c.create_project, c, 'x'))) }"
    )
    assert caught[0] == "secret-of-an-app"
    assert "zitadel: failed to create project 'x' (HTTP 500): " in caught[1]
    assert "secret-of-an-app" not in caught[1]
    assert "token-of-zitadel" not in caught[1]


def test_a_warning_shows_no_more_of_an_answer_than_an_error_does(zitadel, stub):
    stub.on("PUT", POLICY, status=500, body="x" * 100_000)
    code = "local seen log.warn = function(text) seen = text end c:update_login_policy({ a = 1 }) return #seen"
    assert 8192 < zitadel(code) < 8300
