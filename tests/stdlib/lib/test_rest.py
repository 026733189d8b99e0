"""lib/rest.lua: addresses, requests, statuses, errors, pages and waiting, as every module for a service has them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.vm import Runtime

REST = 'local rest = require("assay.lib.rest") '
API = REST + 'local api = rest.service("thing", { message = rest.by_target, headers = rest.authorization }) '
CAUGHT = "local ok, e = pcall(function() {} end) return {{ ok, tostring(e), e.service, e.method, e.path, e.status }}"


@pytest.fixture
def ask(run, stub):
    """Run code in which `api` is a service, `url` the stub's address and `c` a client with a token."""

    def evaluate(code, **options):
        client = f'local url = "{stub.url}" local c = rest.client({{}}, url, {{ token = "t0ken-of-mine" }}) '
        return run(API + client + code, **options)

    return evaluate


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        pytest.param("app@docker", "app@docker", id="sub-delimiters stay"),
        pytest.param("a/b", "a%2Fb", id="slash"),
        pytest.param("a b?c#d", "a%20b%3Fc%23d", id="blank, question mark, hash"),
        pytest.param("100%", "100%25", id="lone percent sign"),
        pytest.param("a%2Fb%zz", "a%2Fb%25zz", id="what is encoded stays"),
        pytest.param("é\\", "%C3%A9%5C", id="bytes outside ASCII, backslash"),
        pytest.param("..a", "..a", id="dots in a name"),
    ],
)
def test_a_segment_reaches_the_server_as_one_segment(ask, stub, value, sent):
    stub.on("GET", f"/v1/{sent}", json={})
    ask(f"api.get('read', c, '/v1/{{name}}', {{ name = {json.dumps(value, ensure_ascii=False)} }})")
    assert stub.requests[0].path == f"/v1/{sent}"


def test_a_path_keeps_its_slashes(ask, stub):
    stub.on("GET", "/v1/team/my%20app/", json={})
    ask("api.get('read', c, '/v1/{+path}', { path = 'team/my app/' })")
    assert stub.requests[0].path == "/v1/team/my%20app/"


@pytest.mark.parametrize("template", ["/v1/{name}", "/v1/{+name}"])
@pytest.mark.parametrize("name", ["..", ".", "%2e%2E", ".%2e"])
def test_dot_segments_never_leave_the_path(ask, stub, template, name):
    caught = ask(CAUGHT.format(f"api.get('read', c, '{template}', {{ name = '{name}' }})"))
    assert "thing.read: name must not have the path part" in caught[1]
    assert stub.requests == []


@given(st.text(st.characters(exclude_characters="\0%", exclude_categories=["Cs"]), min_size=1))
def test_whatever_a_segment_holds_is_read_back_by_the_server(text):
    from urllib.parse import unquote

    with Runtime() as runtime:
        code = f"local text = ('{text.encode().hex()}'):gsub('..', function(h) return string.char(tonumber(h, 16)) end)"
        (sent,) = runtime.evaluate(f"{REST} {code} return rest.segment(text)") or (None,)
    if sent is None:
        assert text in (".", "..")
    else:
        assert unquote(sent) == text
        assert not set(sent) & set("/?# \\")


def test_a_query_has_the_order_of_the_template_and_encoded_values(ask, stub):
    stub.on("GET", "/q", json={})
    ask(
        "api.get('q', c, '/q?b&a&end=end_time&m[]=list&flag?&off', "
        "{ a = 'x+y&z', b = 1.0, end_time = 5, list = { 'one', 'two' }, flag = false, off = false, extra = 1 })"
    )
    assert stub.requests[0].query == "b=1.0&a=x%2By%26z&end=5&m[]=one&m[]=two&flag=false"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("api.get('f', c, '/{name}')", "thing.f: attempt to concatenate a nil value", id="nil"),
        pytest.param("api.get('f', c, '/{name}', { name = {} })", "a table value (local 'name')", id="table"),
        pytest.param("api.delete('f', c, '/x/{name}', { name = '' })", "thing.f: name must not be empty", id="empty"),
        pytest.param("rest.seconds('thing.f', {}, 'timeout')", "arithmetic on a table value", id="time"),
        pytest.param("api.get('f', c, '/q?query=expr!')", "concatenate a nil value (local 'expr')", id="query"),
        pytest.param("api.get('f', c, '/q?query', { query = true })", "a boolean value (local 'query')", id="boolean"),
        pytest.param(
            "api.get('f', c, '/q?query', true)",
            "thing.f: attempt to index a boolean value (local 'opts')",
            id="options",
        ),
        pytest.param("rest.merged({}, print)", "attempt to index a function value (local 'opts')", id="options-merged"),
        pytest.param(
            "rest.merged(1, nil, 'thing.f')", "thing.f: attempt to index a number value (local 'opts')", id="named"
        ),
        pytest.param(
            "api:wait_reachable(nil, '/', {})",
            "thing.wait: attempt to concatenate a nil value (local 'url')",
            id="wait",
        ),
        pytest.param("api.get('f', nil, '/')", "thing.f: attempt to index a nil value (local 'url')", id="no address"),
        pytest.param("rest.client({}, 5)", "client: attempt to index a number value (local 'url')", id="no URL"),
    ],
)
def test_a_wrong_argument_is_named(ask, stub, call, text):
    assert text in ask(CAUGHT.format(call))[1]
    assert stub.requests == []


@pytest.mark.parametrize("slashes", ["", "/", "///"])
def test_slashes_at_the_end_of_the_address_do_not_count(ask, stub, slashes):
    stub.on("GET", "/base/x", json={"n": 1})
    assert ask(f"return api.get('f', url .. '/base{slashes}', '/x').n") == 1


@pytest.mark.parametrize("status", [201, 204, 302, 403, 404, 429, 500, 503])
def test_an_error_tells_service_method_path_and_status(ask, stub, status):
    stub.on("GET", "/v1/a", status=status, body="no luck")
    body = "" if status == 204 else "no luck"
    assert ask(CAUGHT.format("api.get('f', c, '/v1/{n}?q', { n = 'a', q = 'b c' })")) == [
        False, f"<test>:1: thing: GET /v1/a?q=b c HTTP {status}: {body}", "thing", "GET", "/v1/a", status,
    ]  # fmt: skip


def test_an_error_in_a_module_begins_with_its_place(run, stub):
    stub.on("GET", "/api/version", status=500, body="down")
    message = run(f'local ok, e = pcall(require("assay.traefik").version, "{stub.url}") return tostring(e)')
    assert message.startswith("assay/traefik.lua:")
    assert message.endswith(": traefik: GET /api/version HTTP 500: down")


def test_errors_answer_to_string_methods_and_concatenation(ask, stub):
    stub.on("GET", "/x", status=500)
    code = "local _, e = pcall(api.get, 'f', c, '/x') return { e:match('HTTP (%d+)'), ('' .. e):match('thing') }"
    assert ask(code) == ["500", "thing"]


@pytest.mark.parametrize("body", ["x" * 100_000, "é" * 10_000])
def test_an_error_shows_at_most_8_kib_of_the_body(ask, stub, body):
    stub.on("GET", "/x", status=500, body=body)
    shown = ask("local _, e = pcall(api.get, 'f', c, '/x') return tostring(e)").partition("500: ")[2]
    assert 8190 <= len(shown.encode()) <= 8192
    assert body.startswith(shown)


@pytest.mark.parametrize("pad", [0, 8180])
def test_a_token_that_the_server_repeats_is_masked(ask, stub, pad):
    stub.on("GET", "/x", status=403, body="y" * pad + " bad t0ken-of-mine")
    assert "t0ken" not in ask("local _, e = pcall(api.get, 'f', c, '/x') return tostring(e)")


def test_find_is_nil_for_404_and_an_error_for_the_rest(ask, stub):
    stub.on("GET", "/broken", status=500)
    assert ask("return { api.find('f', c, '/none') == nil, (pcall(api.find, 'f', c, '/broken')) }") == [True, False]


@pytest.mark.parametrize("body", ["", "<html>", '{"half":'])
def test_what_is_no_json_is_the_decoders_error_with_the_requests_fields(ask, stub, body):
    stub.on("GET", "/x", body=body)
    caught = ask(CAUGHT.format("api.get('f', c, '/x')"))
    assert caught[1].startswith("runtime error: json.parse: ")
    assert caught[2:] == ["thing", "GET", "/x", 200]


def test_a_failed_transport_keeps_its_text_and_tells_the_request(run):
    caught = run(API + CAUGHT.format("api.get('f', 'http://127.0.0.1:1', '/x')"))
    assert caught[1].startswith("runtime error: http.get failed: ")
    assert caught[2:5] == ["thing", "GET", "/x"]


def test_a_redirect_loop_is_the_transports_error(ask, stub):
    stub.on("GET", "/x", status=302, headers=[("Location", "/x")])
    caught = ask(CAUGHT.format("api.get('f', c, '/x')"))
    assert caught[1].startswith("runtime error: http.get failed: ")
    assert caught[2:5] == ["thing", "GET", "/x"]


def test_credentials_headers_and_transport_options_go_along(run, stub):
    stub.on("GET", "/x", json={})
    run(API + f'local c = rest.client({{}}, "{stub.url}", {{ username = "u", password = "p" }},'
        ' { headers = { ["X-Scope-OrgID"] = "team" }, timeout = 5 }) api.get("f", c, "/x")')  # fmt: skip
    assert stub.requests[0].header("authorization") == "Basic dTpw"
    assert stub.requests[0].header("x-scope-orgid") == "team"


def test_a_changed_field_of_a_client_takes_effect(ask, stub):
    stub.on("GET", "/x", json={})
    ask("c.token = 'another' api.get('f', c, '/x')")
    assert stub.requests[0].header("authorization") == "Bearer another"


def test_functions_that_a_script_replaced_are_used(ask, stub):
    stubs = (
        "http.get = function() return { status = 200, body = 'x' } end "
        "json.parse = function(b) return { b .. '!' } end "
    )
    assert ask(stubs + "return api.get('f', c, '/x')") == ["x!"]
    assert stub.requests == []


def test_a_post_is_a_write(ask, stub):
    assert "readonly: http.post blocked" in ask(CAUGHT.format("api.post('f', c, '/x')"), readonly=True)[1]
    assert stub.requests == []


def test_scripts_cannot_get_at_the_shared_parts_that_modules_use(run, stub):
    code = f"""
    local rest, seen = require("assay.lib.rest"), {{}}
    for name in pairs(rest) do rest[name] = function() seen[#seen + 1] = name end end
    package.preload["assay.lib.rest"] = function() seen[#seen + 1] = "preload" return rest end
    pairs = function() seen[#seen + 1] = "pairs" end
    setmetatable = function() seen[#seen + 1] = "setmetatable" end
    string.gsub = function() seen[#seen + 1] = "gsub" end
    pcall(require("assay.prometheus").query, "{stub.url}", ("x"):rep(9000))
    assert.eq(seen[1], nil)
    return #seen"""
    assert run(code) == 0


def test_of_a_link_only_its_marks_are_taken(ask, stub):
    stub.on("GET", "/v1/a", json=[1], headers=[("Link", '</v1/a?page=2&name=b&filter=x>; rel="next"')], times=1)
    stub.on("GET", "/v1/a", json=[2])
    each = "api:each_linked('list', c, '/v1/{name}?filter&page', { name = 'a', filter = 'f' }, { 'page' })"
    assert ask(f"local n = {{}} for item in {each} do n[#n + 1] = item end return n") == [1, 2]
    assert [request.target for request in stub.requests] == ["/v1/a?filter=f", "/v1/a?filter=f&page=2"]


def test_a_websocket_that_is_refused_tells_the_request(ask, stub):
    stub.on("GET", "/v1/x", status=403)
    socket = "api:websocket('open', c, '/v1/{name}?a', { name = 'x', a = 'b c' })"
    caught = ask(CAUGHT.format(socket))
    assert caught[0] is False
    assert caught[1].startswith("runtime error: ws.connect: HTTP error: 403")
    assert caught[2:] == ["thing", "GET", "/v1/x", 403]
    assert stub.requests[0].query == "a=b%20c"
    assert stub.requests[0].header("authorization") == "Bearer t0ken-of-mine"


def test_a_target_is_what_a_request_line_sends(run):
    code = "return rest.target('thing.f', '/v1/{name}?a&list', { name = 'x/y', a = 'b c', list = { 1, 2 } })"
    assert run(REST + code) == "/v1/x%2Fy?a=b%20c&list=1&list=2"


def test_a_stream_gives_lines_with_the_credentials_of_its_client(ask, stub):
    stub.on("GET", "/log/x%2Fy", body="one\ntwo\n")
    code = "local seen = {} for line in api:stream('log', c, '/log/{id}', { id = 'x/y' }, { lines = true }) do "
    assert ask(code + "seen[#seen + 1] = line end return seen") == ["one", "two"]
    assert stub.requests[0].header("authorization") == "Bearer t0ken-of-mine"


def test_a_stream_that_is_refused_is_an_error_of_the_service(ask, stub):
    stub.on("GET", "/log", status=403, body="not you, t0ken-of-mine")
    caught = ask(
        CAUGHT.replace("function() {} end", "api.stream, api, 'log', c, '/log'").replace("{{", "{").replace("}}", "}")
    )
    assert caught[1].endswith("thing: GET /log HTTP 403: not you, ••••••••")
    assert caught[2:] == ["thing", "GET", "/log", 403]
    text = ask("c.url = 'http://127.0.0.1:1' return tostring(select(2, pcall(api.stream, api, 'log', c, '/log')))")
    assert "http.stream failed: error sending request" in text
