"""What the request functions send, and what they answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from assay_shell import __version__
from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

ALL_BYTES = bytes(range(256))
WITH_BODY = ["post", "put", "patch"]
WITHOUT_BODY = ["get", "delete", "head", "options"]


def test_a_response_has_status_body_and_lower_case_headers(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=201, body=b"hello", headers=[("X-Thing", "Yes")])
    found = ask(
        'local r = http.get(URL .. "/x"); return { r.status, r.body, r.headers["x-thing"], math.type(r.status) }'
    )
    assert found == [201, "hello", "Yes", "integer"]


def test_pairs_of_a_response_shows_the_fields_of_the_contract_alone(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    code = 'local n = {}; for k in pairs(http.get(URL .. "/x")) do n[#n + 1] = k end table.sort(n); return n'
    assert ask(code) == ["body", "headers", "status"]


@pytest.mark.parametrize("status", [200, 204, 301, 304, 400, 404, 418, 500, 503])
def test_no_status_is_an_error(ask: Ask, stub: Stub, status: int) -> None:
    stub.on("GET", "/x", status=status)
    assert ask('return http.get(URL .. "/x").status') == status


@pytest.mark.parametrize("name", WITHOUT_BODY)
def test_functions_without_body_send_their_method(ask: Ask, stub: Stub, name: str) -> None:
    stub.on(name.upper(), "/x", status=200)
    assert ask(f'return http.{name}(URL .. "/x").status') == 200
    assert stub.requests[0].method == name.upper()
    assert stub.requests[0].header("Content-Length") is None


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("body", ["", ', ""', ", nil"])
def test_an_empty_body_is_announced_as_such(ask: Ask, stub: Stub, name: str, body: str) -> None:
    stub.on(name.upper(), "/x")
    ask(f'http.{name}(URL .. "/x"{body})')
    assert [(k.lower(), v) for k, v in stub.requests[0].headers if "content" in k.lower()] == [("content-length", "0")]


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_string_body_is_sent_as_it_is_and_untyped(ask: Ask, stub: Stub, name: str) -> None:
    stub.on(name.upper(), "/x")
    ask(f'http.{name}(URL .. "/x", "a=1")')
    assert stub.requests[0].body == b"a=1"
    assert stub.requests[0].header("Content-Type") is None


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_table_body_is_sent_as_json(ask: Ask, stub: Stub, name: str) -> None:
    stub.on(name.upper(), "/x")
    ask(f'http.{name}(URL .. "/x", {{ b = {{ 1, 2.0 }}, a = "ü" }})')
    assert stub.requests[0].body == '{"a":"ü","b":[1,2.0]}'.encode()
    assert stub.requests[0].header("Content-Type") == "application/json"


def test_an_empty_table_body_is_an_empty_array(ask: Ask, stub: Stub) -> None:
    stub.on("POST", "/x")
    ask('http.post(URL .. "/x", {})')
    assert stub.requests[0].body == b"[]"


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_a_content_type_of_the_callers_replaces_the_automatic_one(ask: Ask, stub: Stub, name: str) -> None:
    stub.on("POST", "/x")
    ask(f'http.post(URL .. "/x", {{ a = 1 }}, {{ headers = {{ ["{name}"] = "application/merge-patch+json" }} }})')
    types = [value for key, value in stub.requests[0].headers if key.lower() == "content-type"]
    assert types == ["application/merge-patch+json"]


def test_all_bytes_survive_both_ways(ask: Ask, stub: Stub) -> None:
    stub.on("POST", "/x", body=ALL_BYTES)
    code = """
      local all = {}
      for i = 0, 255 do all[#all + 1] = string.char(i) end
      all = table.concat(all)
      return http.post(URL .. "/x", all).body == all
    """
    assert ask(code) is True
    assert stub.requests[0].body == ALL_BYTES


def test_the_charset_of_the_answer_changes_nothing(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", body=b"caf\xe9", headers=[("Content-Type", "text/plain; charset=latin-1")])
    assert ask('return #http.get(URL .. "/x").body') == 4


def test_a_request_carries_only_accept_host_and_our_name_by_default(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    ask('http.get(URL .. "/x")')
    sent = {name.lower(): value for name, value in stub.requests[0].headers}
    assert sent == {"accept": "*/*", "host": f"127.0.0.1:{stub.port}", "user-agent": f"assay/{__version__}"}
    assert stub.requests[0].version == "HTTP/1.1"


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        pytest.param('["User-Agent"] = "mine"', "User-Agent", "mine", id="agent"),
        pytest.param('Accept = "text/html"', "Accept", "text/html", id="accept"),
        pytest.param('Host = "other.example"', "Host", "other.example", id="host"),
        pytest.param('["X-N"] = 5', "X-N", "5", id="integer"),
        pytest.param('["X-N"] = 1.5', "X-N", "1.5", id="float"),
        pytest.param('[1] = "one"', "1", "one", id="number as name"),
        pytest.param('["X-Empty"] = ""', "X-Empty", "", id="empty"),
    ],
)
def test_headers_are_sent_once(ask: Ask, stub: Stub, given: str, name: str, value: str) -> None:
    stub.on("GET", "/x")
    ask(f'http.get(URL .. "/x", {{ headers = {{ {given} }} }})')
    assert [v for k, v in stub.requests[0].headers if k.lower() == name.lower()] == [value]


@pytest.mark.parametrize("value", ['"text"', "5", "true"])
def test_headers_that_are_no_table_are_ignored(ask: Ask, stub: Stub, value: str) -> None:
    stub.on("GET", "/x")
    assert ask(f'return http.get(URL .. "/x", {{ headers = {value} }}).status') == 200


@pytest.mark.parametrize(("value", "kind"), [("true", "boolean"), ("{}", "table"), ("print", "function")])
def test_a_header_value_is_a_string_or_a_number(refuses: Refuses, value: str, kind: str) -> None:
    message = refuses(f"http.get(URL, {{ headers = {{ a = {value} }} }})")
    assert message == f"error converting Lua {kind} to String (expected string or number)"


def test_of_a_repeated_header_the_last_value_counts_and_all_are_reachable(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", headers=[("Set-Cookie", "a=1"), ("X", "one"), ("Set-Cookie", "b=2")])
    code = """
      local r = http.get(URL .. "/x")
      return { r.headers["set-cookie"], r:header_values("Set-Cookie"), r:header_values("x"), #r:header_values("none") }
    """
    assert ask(code) == ["b=2", ["a=1", "b=2"], ["one"], 0]


def test_header_values_outside_visible_ascii_are_left_out(ask: Ask, serve: Callable[..., RawServer]) -> None:
    def talk(peer: Peer) -> None:
        while peer.head():
            peer.send(
                b"HTTP/1.1 200 OK\r\nA: 1\r\nB: caf\xe9\r\nC: caf\xc3\xa9\r\nD: x\ty\r\n"
                b"B: fine\r\nContent-Length: 0\r\n\r\n"
            )

    server = serve(talk)
    found = ask(f'return http.get("{server.url}").headers')
    assert found == {"a": "1", "b": "fine", "d": "x\ty", "content-length": "0"}


def test_a_response_reads_its_body_as_json(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", json={"a": [1, None, {"b": "c"}]})
    assert ask('local d = http.get(URL .. "/x"):json(); return { d.a[1], d.a[3].b }') == [1, "c"]


def test_a_body_that_is_no_json_is_an_error_of_json(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/x", body=b"<html>")
    assert refuses('http.get(URL .. "/x"):json()').startswith("json.parse: ")


def test_the_methods_of_a_response_want_a_colon(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/x", body=b"{}")
    assert "call json with ':'" in refuses('http.get(URL .. "/x").json()')


def test_bodies_are_not_decoded_unless_asked(ask: Ask, stub: Stub) -> None:
    import gzip

    packed = gzip.compress(b"text")
    stub.on("GET", "/x", body=packed, headers=[("Content-Encoding", "gzip")])
    code = 'local r = http.get(URL .. "/x"); return { #r.body, r.headers["content-encoding"] }'
    assert ask(code) == [len(packed), "gzip"]
    code = """
      local r = http.get(URL .. "/x", { decompress = true })
      return { r.body, r.headers["content-encoding"] or "-" }
    """
    assert ask(code) == ["text", "-"]
    asked = stub.requests[1].header("Accept-Encoding")
    assert asked is not None
    assert {"gzip", "deflate"} <= {name.strip() for name in asked.split(",")}


@pytest.mark.parametrize("method", ["PROPFIND", "report"])
def test_request_sends_any_method(ask: Ask, stub: Stub, method: str) -> None:
    stub.on(method.upper(), "/x", body=b"found")
    assert ask(f'return http.request("{method}", URL .. "/x", {{ body = {{ a = 1 }} }}).body') == "found"
    assert stub.requests[0].json() == {"a": 1}


def test_connections_are_kept_and_shared(ask: Ask, serve: Callable[..., RawServer]) -> None:
    def talk(peer: Peer) -> None:
        while peer.head():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    server = serve(talk)
    ask(f'local c = http.client(); for i = 1, 5 do http.get("{server.url}"); c:get("{server.url}") end')
    assert server.connections == 1


def test_requests_of_tasks_run_at_the_same_time(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/slow", delay=0.2)
    code = """
      local started = time()
      local tasks = {}
      for i = 1, 5 do tasks[i] = async.spawn(function() return http.get(URL .. "/slow").status end) end
      for i = 1, 5 do assert.eq(tasks[i].await()[1], 200) end
      return time() - started
    """
    assert ask(code) < 0.8


@pytest.mark.parametrize("name", ["get", "delete", "head", "options", "post", "put", "patch"])
@pytest.mark.parametrize("url", ["nil", "5", "true", "{}", "print"])
def test_an_address_is_a_string(refuses: Refuses, name: str, url: str) -> None:
    assert refuses(f"http.{name}({url})") == f"http.{name}: first argument must be a URL string"


@pytest.mark.parametrize("name", WITHOUT_BODY)
@pytest.mark.parametrize("opts", ['"x"', "5", "true", "print"])
def test_options_of_functions_without_body_are_a_table(refuses: Refuses, name: str, opts: str) -> None:
    assert refuses(f"http.{name}(URL, {opts})") == f"http.{name}: second argument must be a table or nil"


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("opts", ['"x"', "5", "true", "print"])
def test_options_of_functions_with_body_are_a_table(refuses: Refuses, name: str, opts: str) -> None:
    assert refuses(f'http.{name}(URL, "", {opts})') == f"http.{name}: third argument must be a table or nil"


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("body", ["5", "true", "print", "coroutine.create(print)"])
def test_a_body_is_string_table_or_nil(refuses: Refuses, name: str, body: str) -> None:
    assert refuses(f"http.{name}(URL, {body})") == f"http.{name}: second argument must be a string, table, or nil"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("{ 0/0 }", "NaN as JSON number", id="nan"),
        pytest.param("{ f = print }", "unsupported Lua type for JSON: function", id="function"),
        pytest.param("(function() local t = {}; t.t = t; return t end)()", "recursive table", id="recursive"),
    ],
)
def test_what_json_cannot_say_is_an_error_without_prefix(refuses: Refuses, body: str, reason: str) -> None:
    message = refuses(f"http.post(URL, {body})")
    assert reason in message
    assert not message.startswith("http")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('http.request(5, "u")', "http.request: first argument must be a method string"),
        ('http.request("GET", 5)', "http.request: second argument must be a URL string"),
        ('http.request("GET", "u", 5)', "http.request: third argument must be a table or nil"),
        ('http.request("GET", "u", { body = 5 })', "http.request: body must be a string, table, or nil"),
    ],
)
def test_request_names_the_argument_that_is_wrong(refuses: Refuses, call: str, message: str) -> None:
    assert refuses(call) == message


@pytest.mark.parametrize(
    ("url", "opts"),
    [
        pytest.param("no address", "", id="relative"),
        pytest.param("http://", "", id="no host"),
        pytest.param("ftp://127.0.0.1/", "", id="scheme"),
        pytest.param("http://127.0.0.1:99999/", "", id="port"),
        pytest.param("http://127.0.0.1:1/", ', { headers = { ["a b"] = "x" } }', id="header name"),
        pytest.param("http://127.0.0.1:1/", ', { headers = { a = "x\\ny: z" } }', id="header value"),
        pytest.param("http://127.0.0.1:1/", ', { headers = { a = "\\xff" } }', id="header bytes"),
        pytest.param("http://127.0.0.1:1/\\xff", "", id="address bytes"),
    ],
)
def test_what_cannot_be_sent_is_a_builder_error(refuses: Refuses, url: str, opts: str) -> None:
    assert refuses(f'http.get("{url}"{opts})').startswith("http.get failed: builder error")


def test_a_refused_connection_tells_the_address_and_the_cause(refuses: Refuses) -> None:
    message = refuses('http.get("http://user:secret@127.0.0.1:1?a=b")')
    number = 111 if sys.platform == "linux" else 61
    expected = "http.get failed: error sending request for url (http://127.0.0.1:1/?a=b): Connection refused"
    assert message == f"{expected} (os error {number})"


def test_an_unknown_host_is_an_error_that_says_so(refuses: Refuses) -> None:
    message = refuses('http.get("http://nowhere.invalid/")')
    assert message.startswith("http.get failed: error sending request for url (http://nowhere.invalid/): ")
    assert "failed to lookup address" in message


def test_an_unknown_option_warns_once_with_the_near_name(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x")
    lines: list[str] = []

    def log(level: str, message: str, target: str, **fields: object) -> None:
        lines.append(f"{level} {message}")

    ask('for i = 1, 3 do http.get(URL .. "/x", { timeuot = 3 }) end', log=log)
    assert lines == ["warn http.get: unknown option 'timeuot'; did you mean timeout?"]


def test_an_unknown_option_is_an_error_under_strict(refuses: Refuses) -> None:
    assert "unknown option 'timeuot'" in refuses("http.get(URL, { timeuot = 3 })", strict=True)


@pytest.mark.parametrize("name", ["post", "put", "patch", "delete"])
def test_read_only_mode_blocks_what_writes(refuses: Refuses, stub: Stub, name: str) -> None:
    message = refuses(f'http.{name}(URL .. "/x")', readonly=True)
    assert message == f"readonly: http.{name} blocked ({name.upper()} {stub.url}/x)"
    assert stub.requests == []


@pytest.mark.parametrize(
    "call", ['http.get(URL .. "/x")', 'http.head(URL .. "/x")', 'http.request("get", URL .. "/x")']
)
def test_read_only_mode_lets_reads_pass(ask: Ask, stub: Stub, call: str) -> None:
    stub.on("GET", "/x")
    stub.on("HEAD", "/x")
    assert ask(f"return {call}.status", readonly=True) == 200


def test_request_is_judged_by_its_method(refuses: Refuses, stub: Stub) -> None:
    assert "http.request blocked (PUT " in refuses('http.request("put", URL .. "/x")', readonly=True)


@pytest.mark.parametrize(
    "call",
    [
        "http.get(URL, { headers = { UPGRADE = 'websocket' } })",
        "http.client({ headers = { Upgrade = 'websocket' } }):get(URL)",
        "http.stream(URL, { headers = { upgrade = 'h2c' } })",
        "http.request('GET', URL, { headers = { upgrade = 'SPDY/3.1' } })",
    ],
)
def test_read_only_mode_has_no_other_protocol_begin_behind_a_get(refuses: Refuses, stub: Stub, call: str) -> None:
    """What comes next would be unseen, and some servers run commands for it."""
    assert "with an Upgrade header)" in refuses(call, readonly=True)
    assert stub.requests == []


def test_the_guard_does_not_show_secrets_of_the_query(refuses: Refuses) -> None:
    assert "s3cr3t-value" not in refuses('http.post(URL .. "/x?token=s3cr3t-value")', readonly=True)


def test_a_module_may_declare_that_its_post_reads(engine: str, stub: Stub) -> None:
    from assay_shell.runtime.builtins.http.calls import effect_of_declared
    from assay_shell.runtime.vm import Runtime

    stub.on("POST", "/query", json={"ok": True})
    with Runtime(readonly=True) as runtime:
        runtime.evaluate("return http.get")  # loads the group
        helper = runtime.builtins["http.declared_request"]
        assert helper.effect is effect_of_declared
        opts = _table(runtime, '{ _effect = "read", body = { q = 1 } }')
        assert effect_of_declared(None, "POST", stub.url, opts) == ("read", f"POST {stub.url}")
        assert effect_of_declared(None, "POST", stub.url, None)[0] == "write"
        assert runtime.evaluate("return http.declared_request") in ([], [None])
        answer = runtime.scheduler.events.complete(helper.function(runtime, None, "POST", f"{stub.url}/query", opts))
        assert answer.obj["status"] == 200
    assert json.loads(stub.requests[0].body) == {"q": 1}


def _table(runtime: object, source: str) -> object:
    from assay_shell.runtime.values import Table

    raw = runtime.compile(f"return {source}")()  # type: ignore[attr-defined]
    return Table(raw, runtime.border)  # type: ignore[attr-defined]


def test_a_script_that_only_looks_at_http_imports_no_fallback() -> None:
    import subprocess

    code = (
        "import sys\n"
        "from assay_shell.runtime.vm import Runtime\n"
        "with Runtime() as r: r.evaluate('return http.client, http.get')\n"
        "print([name for name in ('httpx', 'pyreqwest', 'ssl', 'asyncio', 'email') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
