"""What scripts written for the original rely on: the form of http.serve with two arguments."""

from __future__ import annotations

import json
import socket

import pytest

from tests.support.ports import free_port

ECHO = """{ GET = { ["/echo"] = function(req) return { json = req } end },
            POST = { ["/echo"] = function(req) return { body = req.body } end,
                     ["/json"] = function(req) return { json = { body = req.body } } end } }"""


def route(body: str, path: str = "/") -> str:
    """Return a routes table with one handler whose body is *body*."""
    return f'{{ GET = {{ ["{path}"] = function(req) {body} end }} }}'


# Routes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param("/a", 200, id="exact"),
        pytest.param("/a?x=1", 200, id="without the query"),
        pytest.param("/a/", 404, id="no trailing slash"),
        pytest.param("/a/b", 404, id="no prefix"),
        pytest.param("/A", 404, id="case counts"),
        pytest.param("/%61", 404, id="no decoding"),
        pytest.param("/a%20b", 200, id="as written in the route"),
        pytest.param("/:id", 200, id="a colon is a colon"),
        pytest.param("/7", 404, id="no parameters"),
        pytest.param("/*", 200, id="a star is a star"),
        pytest.param("/other", 404, id="unknown"),
        pytest.param("//a", 404, id="two slashes"),
        pytest.param("http://test/a?b", 200, id="absolute form"),
    ],
)
def test_paths_are_compared_exactly_and_raw(serve, target, status):
    paths = ", ".join(f'["{path}"] = f' for path in ("/a", "/a%20b", "/:id", "/*"))
    server = serve(f"{{ GET = {{ {paths} }} }}", before="local function f() return { body = 'ok' } end")
    assert server.get(target).status == status


def test_an_unknown_path_is_404_with_a_plain_text(serve):
    answer = serve(route("return {}")).get("/none")
    assert (answer.status, answer.header("content-type"), answer.body) == (404, "text/plain", b"not found")


def test_a_known_path_with_another_method_is_404_too(serve):
    server = serve(route("return {}"))
    assert [server.get("/", method=method).status for method in ("POST", "HEAD", "OPTIONS")] == [404, 404, 404]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "PROPFIND", "FOO", "X-Y!", "CONNECT", "SOURCE"])
def test_any_token_is_a_method_and_method_keys_are_upper_cased(serve, method):
    server = serve(f'{{ ["{method.lower()}"] = {{ ["/"] = function(req) return {{ body = req.method }} end }} }}')
    answer = server.get("/", method=method)
    assert (answer.status, answer.body) == (200, b"" if method == "HEAD" else method.encode())


def test_a_method_in_lower_case_is_another_method(serve):
    assert serve(route("return {}")).get("/", method="get").status == 404


def test_routes_are_read_once(serve):
    routes = "routes = { GET = { ['/'] = function() routes.GET['/new'] = routes.GET['/'] return {} end } }"
    server = serve("routes", before=routes)
    assert server.get("/").status == 200
    assert server.get("/new").status == 404


def test_several_servers_run_in_one_script_and_the_port_is_the_latest(run):
    code = """
    local function start(name)
      async.spawn(function() http.serve(0, { GET = { ["/"] = function() return { body = name } end } }) end)
      sleep(0.02)
      return _SERVER_PORT
    end
    local a, b = start("a"), start("b")
    local function get(port) return http.get("http://127.0.0.1:" .. port .. "/").body end
    return { get(a), get(b), math.type(_SERVER_PORT), _SERVER_PORT == b }"""
    assert run(code) == ["a", "b", "integer", True]


# Requests ----------------------------------------------------------------------------------------------------


def test_a_request_has_the_fields_of_the_contract_and_no_others(serve):
    answer = serve(ECHO).get("/echo?a=1&b=x", "X-One: 1", "Accept: */*")
    assert json.loads(answer.body) == {
        "method": "GET",
        "path": "/echo",
        "query": "a=1&b=x",
        "params": {"a": "1", "b": "x"},
        "headers": {"host": "test", "x-one": "1", "accept": "*/*"},
        "body": "",
    }


@pytest.mark.parametrize(
    ("query", "params"),
    [
        pytest.param("", [], id="none"),
        pytest.param("a", {"a": ""}, id="key alone"),
        pytest.param("a=", {"a": ""}, id="empty value"),
        pytest.param("=x", {"": "x"}, id="empty key"),
        pytest.param("a=1&a=2", {"a": "2"}, id="last wins"),
        pytest.param("a=x+y", {"a": "x y"}, id="plus is a blank"),
        pytest.param("a%20b=%2B", {"a b": "+"}, id="escapes"),
        pytest.param("a=%zz%4", {"a": "%zz%4"}, id="bad escapes stay"),
        pytest.param("&&a=1&", {"a": "1"}, id="empty pieces"),
        pytest.param("a=b=c", {"a": "b=c"}, id="equals in a value"),
        pytest.param("a=%C3%A9", {"a": "é"}, id="UTF-8"),
        pytest.param("a;b=1", {"a;b": "1"}, id="semicolons do not separate"),
        pytest.param("a=1?b=2", {"a": "1?b=2"}, id="second question mark"),
    ],
)
def test_params_are_the_decoded_query(serve, query, params):
    assert json.loads(serve(ECHO).get(f"/echo?{query}").body)["params"] == params


def test_of_repeated_request_headers_the_last_wins_and_non_ascii_values_are_left_out(serve):
    headers = json.loads(serve(ECHO).get("/echo", "X-A: 1", "x-a: 2", "X-B: \xe9", "X-C:  c\t ").body)["headers"]
    assert headers == {"host": "test", "x-a": "2", "x-c": "c"}


def test_all_bytes_pass_through_bodies(serve):
    data = bytes(range(256)) * 4
    assert serve(ECHO).get("/echo", method="POST", body=data).body == data


def test_a_chunked_body_is_decoded(serve):
    server = serve(ECHO)
    head = b"POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert server.send(head + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n").body == b"abcdefg"


def test_a_large_body_has_no_limit(serve):
    data = b"x" * (12 << 20)
    assert serve(ECHO).get("/echo", method="POST", body=data).body == data


def test_an_empty_body_is_an_empty_string(serve):
    assert json.loads(serve(ECHO).get("/json", "Content-Length: 0", method="POST").body) == {"body": ""}


# Responses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        pytest.param("nil", 200, id="default"),
        pytest.param("201", 201, id="integer"),
        pytest.param("404.9", 404, id="float"),
        pytest.param("'418'", 418, id="numeric string"),
        pytest.param("' 202 '", 202, id="string with blanks"),
        pytest.param("799", 799, id="unknown"),
        pytest.param("999", 999, id="largest"),
        pytest.param("1000", 200, id="too large"),
        pytest.param("99", 200, id="too small"),
        pytest.param("-404", 200, id="negative"),
        pytest.param("'x'", 200, id="no number"),
        pytest.param("{}", 200, id="table"),
        pytest.param("true", 200, id="boolean"),
        pytest.param("0/0", 200, id="NaN"),
        pytest.param("1/0", 200, id="infinite"),
    ],
)
def test_status(serve, status, sent):
    answer = serve(route(f"return {{ status = {status}, body = 'x' }}")).get("/")
    assert (answer.status, answer.body) == (sent, b"x")


@pytest.mark.parametrize("status", [100, 101, 199])
def test_an_interim_status_is_500_with_an_empty_body(serve, status):
    answer = serve(route(f"return {{ status = {status}, body = 'x' }}")).get("/")
    assert (answer.status, answer.body) == (500, b"")


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(serve, status):
    with serve(route(f"return {{ status = {status}, body = 'x' }}")).talk() as talk:
        answer = talk.get("/")
        assert (answer.status, answer.header("content-length")) == (status, None)
        assert talk.get("/").status == status


@pytest.mark.parametrize(
    ("response", "body", "kind"),
    [
        pytest.param(
            "{ json = { b = 1, a = { 1, 2.0, 'x' } } }", b'{"a":[1,2.0,"x"],"b":1}', "application/json", id="json"
        ),
        pytest.param("{ json = {} }", b"[]", "application/json", id="empty table"),
        pytest.param("{ json = 'text' }", b'"text"', "application/json", id="json string"),
        pytest.param("{ json = 5 }", b"5", "application/json", id="json number"),
        pytest.param("{ json = false }", b"false", "application/json", id="json false"),
        pytest.param("{ json = json.null }", b"null", "application/json", id="json null"),
        pytest.param("{ json = { f = print } }", b"null", "application/json", id="not encodable"),
        pytest.param("{ json = { n = 0/0 } }", b"null", "application/json", id="NaN"),
        pytest.param("{ json = { 1 }, body = 'x' }", b"[1]", "application/json", id="json over body"),
        pytest.param("{ body = 'x' }", b"x", "text/plain", id="text"),
        pytest.param("{ body = '\\xff\\0' }", b"\xff\0", "text/plain", id="bytes"),
        pytest.param("{ body = 42 }", b"42", "text/plain", id="integer"),
        pytest.param("{ body = 1.5 }", b"1.5", "text/plain", id="float"),
        pytest.param("{ body = true }", b"", "text/plain", id="boolean"),
        pytest.param("{ body = {} }", b"", "text/plain", id="table"),
        pytest.param("{}", b"", "text/plain", id="nothing"),
        pytest.param("{ sse = 5, body = 'x' }", b"x", "text/plain", id="sse that is no function"),
        pytest.param("{ sse = {}, json = { 1 } }", b"[1]", "application/json", id="sse that is a table"),
    ],
)
def test_bodies(serve, response, body, kind):
    answer = serve(route(f"return {response}")).get("/")
    assert (answer.status, answer.body, answer.header("content-type")) == (200, body, kind)
    assert answer.header("content-length") == str(len(body))


def test_a_table_that_contains_itself_is_an_error_and_not_the_end(serve):
    server = serve(route("local t = {} t.t = t return { json = t }"))
    answer = server.get("/")
    assert (answer.status, answer.text) == (500, "handler error: runtime error: recursive table at $.t")
    assert server.get("/").status == 500


def test_fields_are_read_with_metamethods(serve):
    answer = serve(route("return setmetatable({}, { __index = { status = 201, body = 'meta' } })")).get("/")
    assert (answer.status, answer.body) == (201, b"meta")


def test_extra_return_values_are_ignored(serve):
    assert serve(route("return { body = 'a' }, { body = 'b' }")).get("/").body == b"a"


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        pytest.param("{ ['X-A'] = 'b' }", [("x-a", "b")], id="lower case"),
        pytest.param(
            "{ ['Set-Cookie'] = { 'a=1', 'b=2' } }", [("set-cookie", "a=1"), ("set-cookie", "b=2")], id="list"
        ),
        pytest.param("{ x = { 1, {}, 2.5, true, 'c' } }", [("x", "1"), ("x", "2.5"), ("x", "c")], id="mixed list"),
        pytest.param("{ x = 5, y = 1.0 }", [("x", "5"), ("y", "1.0")], id="numbers"),
        pytest.param("{ x = true, y = print }", [], id="others are dropped"),
        pytest.param("{ 'one' }", [("1", "one")], id="numeric key"),
        pytest.param("{ x = 'caf\\xc3\\xa9' }", [("x", "caf\xc3\xa9")], id="bytes beyond ASCII"),
        pytest.param("'none'", [], id="not a table"),
        pytest.param("{ x = '' }", [("x", "")], id="empty value"),
    ],
)
def test_headers(serve, headers, sent):
    answer = serve(route(f"return {{ headers = {headers} }}")).get("/")
    usual = ("content-type", "content-length", "date")
    assert answer.status == 200
    assert sorted(pair for pair in answer.headers if pair[0] not in usual) == sorted(sent)


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_an_own_content_type_replaces_the_default_in_any_case(serve, name):
    answer = serve(route(f"return {{ json = {{}}, headers = {{ ['{name}'] = 'text/x' }} }}")).get("/")
    assert answer.all("content-type") == ["text/x"]


def test_a_content_type_whose_value_is_dropped_still_replaces_the_default(serve):
    assert serve(route("return { headers = { ['Content-Type'] = true } }")).get("/").all("content-type") == []


def test_date_is_added_unless_given(serve):
    server = serve(
        '{ GET = { ["/"] = function() return {} end, ["/own"] = function() return { headers = { Date = "x" } } end } }'
    )
    assert server.get("/").header("date").endswith("GMT")
    assert server.get("/own").all("date") == ["x"]


@pytest.mark.parametrize(("length", "body"), [("2", b"he"), ("5", b"hello"), ("9", b"hello")])
def test_a_content_length_is_used_as_given_and_cannot_shift_the_next_response(serve, length, body):
    server = serve(route(f"return {{ body = 'hello', headers = {{ ['Content-Length'] = {length} }} }}"))
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n" * 2)
        head = talk.head()
        assert head.count("content-length") == 1
        assert f"content-length: {length}\r\n" in head
        rest = talk.rest() if length != "5" else talk.exactly(5)
        assert rest == body


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param("{ ['bad name'] = 'x' }", id="blank in name"),
        pytest.param("{ [''] = 'x' }", id="empty name"),
        pytest.param("{ ['a:b'] = 'x' }", id="colon in name"),
        pytest.param("{ ['a\\r\\nx'] = 'x' }", id="line end in name"),
        pytest.param("{ ['\\xc3\\xa9'] = 'x' }", id="name beyond ASCII"),
        pytest.param("{ x = 'a\\r\\nSet-Cookie: evil' }", id="CRLF in value"),
        pytest.param("{ x = 'a\\nb' }", id="LF in value"),
        pytest.param("{ x = 'a\\rb' }", id="CR in value"),
        pytest.param("{ x = 'a\\0b' }", id="NUL in value"),
        pytest.param("{ x = { 'fine', 'a\\nb' } }", id="in a list"),
        pytest.param("{ ['Content-Length'] = '5, 5' }", id="length that is none"),
        pytest.param("{ ['Content-Length'] = '-1' }", id="negative length"),
    ],
)
def test_an_illegal_header_is_500_and_never_splits_a_response(serve, headers):
    server = serve(route(f"return {{ headers = {headers}, body = 'x' }}"))
    with server.talk() as talk:
        answer = talk.get("/")
        assert answer.status == 500
        assert answer.text.startswith("handler error: illegal ")
        assert talk.get("/").status == 500


def test_how_a_body_is_framed_is_not_the_handlers_to_say(serve):
    server = serve(route("return { body = 'abc', headers = { ['Transfer-Encoding'] = 'chunked' } }"))
    with server.talk() as talk:
        assert (talk.get("/").body, talk.get("/").header("transfer-encoding")) == (b"abc", None)


# Errors of handlers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        pytest.param("", "nil", id="nothing"),
        pytest.param("return nil", "nil", id="nil"),
        pytest.param("return 'text'", "string", id="string"),
        pytest.param("return 5", "integer", id="integer"),
        pytest.param("return 5.5", "number", id="float"),
        pytest.param("return true", "boolean", id="boolean"),
        pytest.param("return print", "function", id="function"),
    ],
)
def test_what_is_no_table_is_500(serve, result, kind):
    answer = serve(route(result)).get("/")
    assert (answer.status, answer.header("content-type")) == (500, "text/plain")
    assert answer.text == f"handler error: error converting Lua {kind} to table"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        pytest.param("error('boom')", "handler error: runtime error: <served>:2: boom\nstack traceback:\n", id="error"),
        pytest.param(
            "local x = nil; x.y = 1", "handler error: runtime error: <served>:2: attempt to index", id="Lua's own"
        ),
        pytest.param(
            "fs.read('/none/x')", 'handler error: runtime error: fs.read: failed to read "/none/x"', id="builtin"
        ),
        pytest.param(
            "fs.read(nil)", "handler error: bad argument #1: error converting Lua nil to String", id="conversion"
        ),
        pytest.param("error({})", "handler error: runtime error: table: 0x", id="table"),
        pytest.param(
            "sleep(0.001) error('later')", "handler error: runtime error: <served>:2: later", id="after a wait"
        ),
    ],
)
def test_an_error_is_500_with_its_text(serve, code, text):
    server = serve(route(code))
    answer = server.get("/")
    assert (answer.status, answer.header("content-type")) == (500, "text/plain")
    assert answer.text.startswith(text)
    assert server.has_logged("http.serve: handler error:")
    assert server.get("/").status == 500


def test_secrets_are_masked_in_errors_and_logs(serve):
    server = serve(route("error('bad token s3cr3t-t0ken-0123456789')"))
    server.runtime.redactor.add("s3cr3t-t0ken-0123456789")
    assert b"s3cr3t-t0ken" not in server.get("/").body
    assert not any("s3cr3t-t0ken" in message for _, message, _ in server.logs)


# Waiting -----------------------------------------------------------------------------------------------------


def test_others_are_served_while_a_handler_waits(serve):
    server = serve('{ GET = { ["/slow"] = function() sleep(0.25) return {} end, ["/"] = function() return {} end } }')
    with server.talk() as slow, server.talk() as quick:
        slow.send(b"GET /slow HTTP/1.1\r\nHost: t\r\n\r\n")
        assert quick.get("/").status == 200
        assert slow.quiet(0.05)
        assert slow.answer().status == 200


def test_handlers_may_call_other_services(serve, stub):
    stub.on("GET", "/up", body=b"from above")
    server = serve(route(f"return {{ body = http.get('{stub.url}/up').body }}"))
    assert server.get("/").body == b"from above"


def test_pipelined_requests_are_answered_in_order(serve):
    server = serve(
        '{ GET = { ["/a"] = function(r) sleep(0.03) return { body = "a" } end, '
        '["/b"] = function(r) return { body = "b" } end } }'
    )
    with server.talk() as talk:
        talk.send(b"".join(b"GET /%c HTTP/1.1\r\nHost: t\r\n\r\n" % name for name in b"abbaab"))
        assert [talk.answer().body for _ in range(6)] == [b"a", b"b", b"b", b"a", b"a", b"b"]


def test_a_request_may_arrive_byte_by_byte(serve):
    with serve(ECHO).talk() as talk:
        for (
            byte
        ) in b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabcGET /echo HTTP/1.1\r\nHost: t\r\n\r\n":
            talk.send(bytes((byte,)))
        assert talk.answer().body == b"abc"
        assert talk.answer().status == 200


# Connections -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "lines", "stays"),
    [
        pytest.param("1.1", "", True, id="1.1"),
        pytest.param("1.1", "Connection: close\r\n", False, id="1.1 close"),
        pytest.param("1.1", "Connection: Keep-Alive, Close\r\n", False, id="1.1 close among others"),
        pytest.param("1.0", "", False, id="1.0"),
        pytest.param("1.0", "Connection: keep-alive\r\n", True, id="1.0 keep-alive"),
    ],
)
def test_connections_are_kept_as_the_client_asks(serve, version, lines, stays):
    with serve(route("return { body = 'x' }")).talk() as talk:
        answer = talk.send(f"GET / HTTP/{version}\r\nHost: t\r\n{lines}\r\n".encode()).answer()
        assert answer.body == b"x"
        kept = "keep-alive" if version == "1.0" else None
        assert answer.header("connection") == (kept if stays else "close")
        assert talk.ended() != stays if not stays else talk.quiet(0.05)


def test_a_handler_may_close_the_connection(serve):
    with serve(route("return { headers = { Connection = 'close' } }")).talk() as talk:
        assert talk.get("/").all("connection") == ["close"]
        assert talk.ended()


def test_a_client_that_has_said_all_still_gets_its_answer(serve):
    with serve(route("sleep(0.02) return { body = 'x' }")).talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").socket.shutdown(socket.SHUT_WR)
        assert talk.answer().body == b"x"
        assert talk.ended()


def test_expect_100_continue_is_answered(serve):
    with serve(ECHO).talk() as talk:
        talk.send(b"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert talk.head() == "HTTP/1.1 100 Continue\r\n\r\n"
        assert talk.send(b"hi").answer().body == b"hi"


def test_head_is_answered_without_a_body(serve):
    server = serve('{ HEAD = { ["/"] = function() return { body = "12345" } end } }')
    with server.talk() as talk:
        for _ in range(2):
            assert talk.get("/", method="HEAD").header("content-length") == "5"


# Arguments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["nil", "'80'", "8080.0", "true", "{}"])
def test_the_port_must_be_an_integer(fails, port):
    assert fails(f"http.serve({port}, {{}})") == "http.serve: first argument must be a port number"


@pytest.mark.parametrize("routes", ["nil", "5", "'x'", "print"])
def test_the_routes_must_be_a_table(fails, routes):
    assert fails(f"http.serve(0, {routes})") == "http.serve: second argument must be a routes table"


@pytest.mark.parametrize(
    ("routes", "text"),
    [
        pytest.param("{ GET = 5 }", "error converting Lua integer to table", id="method"),
        pytest.param("{ GET = 'x' }", "error converting Lua string to table", id="method string"),
        pytest.param("{ GET = { ['/'] = 5 } }", "error converting Lua integer to function", id="handler"),
        pytest.param("{ GET = { ['/'] = 'x' } }", "error converting Lua string to function", id="handler string"),
        pytest.param("{ GET = { ['/'] = {} } }", "error converting Lua table to function", id="handler table"),
        pytest.param("{ GET = { ['/'] = true } }", "error converting Lua boolean to function", id="handler boolean"),
    ],
)
def test_wrong_types_in_the_routes_are_named(fails, routes, text):
    assert fails(f"http.serve(0, {routes})") == text


def test_a_port_in_use_is_an_error(fails):
    with socket.create_server(("0.0.0.0", 0)) as other:
        reason = fails(f"http.serve({other.getsockname()[1]}, {{}})")
    assert reason == "http.serve: bind failed: Address already in use (os error 98)"


def test_a_privileged_port_is_an_error(fails, unprivileged):
    import os
    from pathlib import Path

    first = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if (first.exists() and int(first.read_text()) <= 81) or os.geteuid() == 0:
        pytest.skip("anybody may bind low ports here")
    assert fails("http.serve(81, {})") == "http.serve: bind failed: Permission denied (os error 13)"


def test_the_port_is_taken_modulo_65536(run):
    port = free_port()
    code = f"async.spawn(function() http.serve({port} + 65536 * 3, {{}}) end) sleep(0.02) return _SERVER_PORT"
    assert run(code) == port
    assert run("async.spawn(function() http.serve(-65536, {}) end) sleep(0.02) return _SERVER_PORT > 0") is True


def test_a_third_argument_that_is_no_table_is_ignored(run):
    assert run("async.spawn(function() http.serve(0, {}, 'x') end) sleep(0.02) return _SERVER_PORT > 0") is True


def test_it_never_returns(run):
    code = "local done = false async.spawn(function() http.serve(0, {}) done = true end) sleep(0.05) return done"
    assert run(code) is False


def test_serving_is_a_write(fails):
    assert fails("http.serve(0, {})", readonly=True) == "readonly: http.serve blocked (0.0.0.0:0)"
