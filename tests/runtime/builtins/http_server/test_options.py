"""What the options table of http.serve turns on."""

from __future__ import annotations

import json
import ssl
import time

import pytest

from tests.support.talk import Talk, until

OK = "function(req) return { body = 'ok' } end"
ECHO = '{ POST = { ["/"] = function(req) return { body = req.body } end } }'


# Patterns and methods ----------------------------------------------------------------------------------------

PATTERNS = """{ GET = {
  ["/users/:id"] = function(r) return { json = { "one", r.path_params } } end,
  ["/users/me"] = function(r) return { json = { "me", r.path_params } } end,
  ["/users/:id/keys/:key"] = function(r) return { json = { "two", r.path_params } } end,
  ["/files/*"] = function(r) return { json = { "rest", r.path_params } } end,
  ["/tree/*way"] = function(r) return { json = { "named", r.path_params } } end,
} }"""


@pytest.mark.parametrize(
    ("target", "found"),
    [
        pytest.param("/users/7", ["one", {"id": "7"}], id="one"),
        pytest.param("/users/a%20b%2Fc?x=1", ["one", {"id": "a b/c"}], id="decoded"),
        pytest.param("/users/me", ["me", []], id="exact first"),
        pytest.param("/users/7/keys/k", ["two", {"id": "7", "key": "k"}], id="two"),
        pytest.param("/files/a/b.txt", ["rest", {"*": "a/b.txt"}], id="rest"),
        pytest.param("/files/", ["rest", {"*": ""}], id="empty rest"),
        pytest.param("/tree/a/b", ["named", {"way": "a/b"}], id="named rest"),
        pytest.param("/users/", None, id="empty segment"),
        pytest.param("/users/7/", None, id="trailing slash"),
        pytest.param("/users/7/keys", None, id="too short"),
        pytest.param("/files", None, id="no slash"),
    ],
)
def test_patterns_capture(serve, target, found):
    answer = serve(PATTERNS, "{ patterns = true }").get(target)
    assert (json.loads(answer.body) if found else answer.status) == (found or 404)


def test_without_the_option_a_pattern_is_a_path(serve):
    server = serve(f'{{ GET = {{ ["/:id"] = {OK} }} }}', "{}")
    assert [server.get(path).status for path in ("/:id", "/7")] == [200, 404]


def test_a_known_path_with_another_method_is_405_with_allow(serve):
    server = serve(
        f'{{ GET = {{ ["/a"] = {OK} }}, PUT = {{ ["/a"] = {OK}, ["/:x"] = {OK} }} }}',
        "{ method_not_allowed = true, patterns = true }",
    )
    answer = server.get("/a", method="POST")
    assert (answer.status, answer.header("allow"), answer.body) == (405, "GET, PUT", b"method not allowed")
    assert server.get("/b", method="POST").header("allow") == "PUT"
    assert server.get("/a/b", method="POST").status == 404


# Middleware --------------------------------------------------------------------------------------------------


def test_middleware_is_around_every_request(serve):
    options = """{ middleware = { function(req, next)
        if req.headers.authorization ~= "yes" then return { status = 401 } end
        local answer = next(req)
        answer.headers = answer.headers or {}
        answer.headers.outer = req.path
        return answer
      end, function(req, next) sleep(0.001) req.seen = true return next(req) end } }"""
    server = serve('{ GET = { ["/"] = function(req) return { json = req.seen } end } }', options)
    assert server.get("/").status == 401
    answer = server.get("/", "Authorization: yes")
    assert (answer.body, answer.header("outer")) == (b"true", "/")
    missing = server.get("/none", "Authorization: yes")
    assert (missing.status, missing.body, missing.header("outer")) == (404, b"not found", "/none")


def test_one_function_will_do(serve):
    server = serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ middleware = function(req, next) return next(req) end }")
    assert server.get("/").body == b"ok"


# Bodies ------------------------------------------------------------------------------------------------------


def test_bodies_have_ten_mebibytes_unless_told_otherwise(serve):
    with serve(ECHO, "{}").talk() as talk:
        talk.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10485761\r\n\r\n")
        answer = talk.answer()
        assert (answer.status, answer.text) == (413, "body is larger than 10485760 bytes")
        assert talk.ended()


@pytest.mark.parametrize("chunked", [False, True])
def test_max_body_is_kept_to_the_byte(serve, chunked):
    server = serve(ECHO, "{ max_body = 5 }")

    def send(body):
        if not chunked:
            return server.get("/", method="POST", body=body)
        head = b"POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        return server.send(head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")

    assert (send(b"12345").status, send(b"123456").status) == (200, 413)


def test_zero_is_no_limit(serve):
    data = b"x" * (11 << 20)
    assert serve(ECHO, "{ max_body = 0 }").get("/", method="POST", body=data).body == data


def test_a_413_reaches_a_client_that_goes_on_sending(serve):
    with serve(ECHO, "{ max_body = 10 }").talk() as talk:
        talk.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 500_000)
        assert talk.answer().status == 413


def test_a_413_comes_before_100_continue(serve):
    with serve(ECHO, "{ max_body = 10 }").talk() as talk:
        talk.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
        assert talk.answer().status == 413


READER = """{ POST = {
  ["/all"] = function(req)
    local sizes = {}
    for chunk in req:chunks() do sizes[#sizes + 1] = #chunk end
    local total = 0
    for _, size in ipairs(sizes) do total = total + size end
    return { json = { total, req.body == nil or req.body } }
  end,
  ["/some"] = function(req) return { body = req:read(3) .. "|" .. req:read(100) } end,
  ["/none"] = function(req) return { body = "no" } end,
  ["/slow"] = function(req)
    local total = 0
    for chunk in req:chunks() do total = total + #chunk sleep(0.001) end
    return { body = total }
  end,
  ["/told"] = function(req)
    req:read()
    local ok, e = pcall(req.read, req)
    print(tostring(e.message))
    return {}
  end,
} }"""


def test_a_handler_may_read_the_body_as_it_arrives(serve):
    server = serve(READER, "{ stream_body = true }")
    with server.talk() as talk:
        assert json.loads(talk.get("/all", method="POST", body=b"x" * 1_000_000).body) == [1_000_000, ""]
        assert talk.get("/some", method="POST", body=b"abcdef").body == b"abc|def"
        assert json.loads(talk.get("/all", "Content-Length: 0", method="POST").body)[0] == 0
        head = b"POST /all HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert talk.send(head + b"3\r\nabc\r\n0\r\n\r\n").answer().body == b'[3,""]'


def test_a_handler_that_reads_slowly_holds_the_client_back(serve):
    with serve(READER, "{ stream_body = true, max_body = 0 }").talk(timeout=10) as talk:
        assert talk.get("/slow", method="POST", body=b"x" * 6_000_000).body == b"6000000"


def test_a_small_body_that_nobody_reads_keeps_the_connection_and_a_large_one_does_not(serve):
    server = serve(READER, "{ stream_body = true }")
    with server.talk() as talk:
        assert talk.get("/none", method="POST", body=b"x" * 1000).body == b"no"
        assert talk.get("/some", method="POST", body=b"abcdef").body == b"abc|def"
    with server.talk() as talk:
        talk.send(b"POST /none HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n\r\n")
        assert talk.answer().body == b"no"
        assert talk.ended()


def test_a_reader_is_told_that_its_client_has_left(serve):
    server = serve(READER, "{ stream_body = true }")
    with server.talk() as talk:
        talk.send(b"POST /told HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc")
        time.sleep(0.02)
    assert server.has_printed("req:read: the client has closed the connection")


def test_a_reader_is_told_of_a_body_that_is_malformed_or_too_large(serve):
    server = serve(READER, "{ stream_body = true, max_body = 10 }")
    head = b"POST /told HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"
    for more, reason in ((b"x\r\n", "malformed chunk size"), (b"b\r\n01234567890\r\n", "body is larger than 10 bytes")):
        with server.talk() as talk:
            talk.send(head)
            time.sleep(0.02)
            talk.send(more)
            assert talk.answer().status == 200
            assert talk.ended()
        assert server.has_printed(f"req:read: {reason}")


def test_one_route_may_read_by_itself(serve):
    routes = (
        '{ POST = { ["/"] = { handler = function(r) return { body = "got " .. r:read() } end, stream_body = true } } }'
    )
    assert serve(routes).get("/", method="POST", body=b"x").body == b"got x"


# Limits and time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: t\r\n\r\n", id="target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: t\r\nA: " + b"x" * 3000 + b"\r\n\r\n", id="value"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: t\r\n" + b"A: b\r\n" * 20 + b"\r\n", id="count"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: t\r\nA: " + b"x" * 3000, id="incomplete"),
    ],
)
def test_heads_that_are_too_large_are_431(serve, head):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ max_head = 2000, max_headers = 10 }").talk() as talk:
        assert talk.send(head).answer().status == 431
        assert talk.ended()


def test_a_head_of_a_megabyte_is_refused_by_default(serve):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}').talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\nA: ")
        try:
            for _ in range(100):
                talk.send(b"x" * 10000)
        except ConnectionError:
            return
        assert b" 431 " in talk.rest()


def test_a_head_that_comes_too_slowly_is_408(serve):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ head_timeout = 0.15 }").talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\n")
        for _ in range(4):
            time.sleep(0.05)
            talk.send(b"A: b\r\n")
        assert talk.answer().status == 408
        assert talk.ended()


def test_a_client_that_says_nothing_is_sent_away(serve):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ head_timeout = 0.1 }").talk() as talk:
        assert talk.ended()


def test_an_idle_connection_is_closed(serve):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ idle_timeout = 0.1 }").talk() as talk:
        assert talk.get("/").body == b"ok"
        assert talk.ended()


def test_a_body_that_stops_coming_is_408(serve):
    with serve(ECHO, "{ body_timeout = 0.1 }").talk() as talk:
        talk.send(b"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc")
        assert talk.answer().status == 408
        assert talk.ended()


def test_a_handler_may_take_its_time(serve):
    options = "{ head_timeout = 0.05, idle_timeout = 0.05, body_timeout = 0.05 }"
    server = serve('{ GET = { ["/"] = function() sleep(0.25) return { body = "ok" } end } }', options)
    assert server.get("/").body == b"ok"


def test_a_client_that_takes_nothing_is_dropped(serve):
    code = "function() return { stream = function(write) while true do write(('x'):rep(100000)) end end } end"
    server = serve(f'{{ GET = {{ ["/"] = {code} }} }}', "{ write_timeout = 0.1 }", before="")
    with server.talk() as talk:
        talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").head()
        time.sleep(0.3)
        assert talk.rest()


# Places ------------------------------------------------------------------------------------------------------


def test_the_host_is_what_is_bound(serve):
    server = serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ host = '127.0.0.1' }")
    assert server.get("/").body == b"ok"


def test_a_host_that_is_not_ours_cannot_be_bound(fails):
    reason = fails("http.serve(0, {}, { host = '192.0.2.1' })")
    assert reason == "http.serve: bind failed: Cannot assign requested address (os error 99)"


def test_a_unix_socket_is_served_and_removed(run, tmp_path):
    path = tmp_path / "s.sock"
    code = f"""
    local h = http.serve(nil, {{ GET = {{ ["/"] = function(r) return {{ body = r.remote }} end }} }},
      {{ unix_socket = "{path}", background = true }})
    local body = http.get("http://x/", {{ unix_socket = "{path}" }}).body
    h:stop()
    return {{ body, h.url, fs.exists("{path}"), _SERVER_PORT == nil }}"""
    assert run(code) == ["unix", f"unix:{path}", False, True]


def test_a_left_over_socket_is_replaced_and_a_live_one_is_not(run, fails, tmp_path):
    import socket

    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    code = f'http.serve(nil, {{}}, {{ unix_socket = "{path}", background = true }})'
    assert run(f"{code} return 1") == 1
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(path))
        alive.listen()
        assert fails(code) == "http.serve: bind failed: Address already in use (os error 98)"
    path.unlink()
    path.write_text("precious")
    assert fails(code) == "http.serve: bind failed: Address already in use (os error 98)"
    assert path.read_text() == "precious"


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """Files with a certificate for localhost and its key."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("identity")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*pem))
    return folder


def test_tls_with_files(serve, identity):
    options = f"{{ cert_file = '{identity}/cert.pem', key_file = '{identity}/key.pem' }}"
    server = serve('{ GET = { ["/"] = function(r) return { body = ("x"):rep(300000) } end } }', options)
    context = ssl.create_default_context(cafile=str(identity / "cert.pem"))
    with server.talk(tls=context) as talk:
        for _ in range(2):
            assert len(talk.get("/").body) == 300000
        assert talk.socket.selected_alpn_protocol() is None


def test_tls_with_text_and_the_client_of_the_same_script(run, identity):
    code = f"""
    local h = http.serve(0, {{ GET = {{ ["/"] = {OK} }} }},
      {{ cert = fs.read("{identity}/cert.pem"), key = fs.read("{identity}/key.pem"),
        background = true, host = "localhost" }})
    return {{ http.client({{ ca_cert_file = "{identity}/cert.pem" }}):get(h.url).body, h.url:sub(1, 18) }}"""
    assert run(code) == ["ok", "https://localhost:"]


def test_plain_http_on_a_tls_port_and_noise_harm_nobody(serve, identity):
    options = f"{{ cert_file = '{identity}/cert.pem', key_file = '{identity}/key.pem' }}"
    server = serve(f'{{ GET = {{ ["/"] = {OK} }} }}', options)
    with server.talk() as talk:
        assert b"ok" not in talk.send(b"GET / HTTP/1.1\r\nHost: t\r\n\r\n").rest()
    context = ssl.create_default_context(cafile=str(identity / "cert.pem"))
    with server.talk(tls=context) as talk:
        assert talk.get("/").body == b"ok"


def test_tls_on_a_plain_port_is_refused_at_once(serve):
    with serve(f'{{ GET = {{ ["/"] = {OK} }} }}').talk() as talk:
        assert talk.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").answer().status == 400


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("{ key = 'x' }", "http.serve: a key needs its certificate (cert or cert_file)"),
        ("{ cert_file = '/none' }", 'http.serve: failed to read "/none": No such file'),
        ("{ cert = 'x', key = 'y' }", "http.serve: unusable certificate or key: "),
        ("{ slow = 'x' }", 'http.serve: slow must be "drop" or "wait"'),
        ("{ grace = -1 }", "http.serve: grace must be a number of seconds, 0 or more"),
        ("{ workers = 0 }", "http.serve: workers must be between 1 and 256"),
        ("{ workers = 2 }", "http.serve: workers need a script that was started from a file or with -e"),
        ("{ workers = 2, unix_socket = '/tmp/x' }", "http.serve: workers share a port, not a unix socket"),
        ("{ head_timeout = -1 }", "http.serve: head_timeout must not be negative"),
        ("{ middleware = 5 }", "http.serve: middleware must be a function or a list of functions"),
        ("{ static = 5 }", "http.serve: static must be a folder, or a table of path prefixes and folders"),
        ("{ request_id = 'a b' }", "http.serve: request_id must be true or a header name"),
    ],
)
def test_options_that_make_no_sense(fails, options, text):
    assert fails(f"http.serve(0, {{}}, {options})").startswith(text)


def test_an_unknown_option_is_named(fails):
    reason = fails("http.serve(0, {}, { max_bodi = 1, background = true })", strict=True)
    assert reason.startswith("http.serve: unknown option 'max_bodi'")
    assert "max_body" in reason


# Logs and ids ------------------------------------------------------------------------------------------------


def test_the_access_log_tells_of_each_request_but_not_of_queries(serve):
    server = serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ access_log = true }")
    server.get("/?token=secret")
    server.get("/none")
    server.send(b"nonsense\r\n\r\n")
    assert until(lambda: len(server.logs) == 3)
    (first, second, third) = server.logs
    assert first[:2] == ("info", "GET / 200")
    assert (first[2]["target"], first[2]["bytes"], first[2]["remote"]) == ("http", 2, "127.0.0.1")
    assert 0 <= first[2]["ms"] < 5000
    assert (second[1], third[1]) == ("GET /none 404", "- - 400")
    assert "secret" not in str(server.logs)


def test_the_access_log_may_be_a_function(serve):
    options = "{ access_log = function(e) sleep(0.001) print(e.method .. e.path .. e.status .. e.bytes) end }"
    code = "function() return { stream = function(w) w('abc') end } end"
    server = serve(f'{{ GET = {{ ["/"] = {OK}, ["/s"] = {code} }} }}', options)
    server.get("/")
    server.get("/s")
    assert server.has_printed("GET/2002")
    assert server.has_printed("GET/s2003")


def test_requests_get_an_id_that_goes_back_to_the_client(serve):
    routes = '{ GET = { ["/"] = function(r) return { body = r.id } end, ["/e"] = function() error("x") end } }'
    server = serve(routes, "{ request_id = true, access_log = true }")
    given = server.get("/", "X-Request-ID: abc-123")
    assert (given.body, given.header("x-request-id")) == (b"abc-123", "abc-123")
    made = server.get("/", "X-Request-ID: bad id!")
    assert len(made.body) == 16
    assert made.header("x-request-id") == made.text
    assert server.get("/").text != made.text
    assert server.get("/e").header("x-request-id")
    assert server.logs[0][2]["id"] == "abc-123"


def test_the_id_may_have_a_header_of_its_own(serve):
    server = serve(f'{{ GET = {{ ["/"] = {OK} }} }}', "{ request_id = 'X-Trace' }")
    assert server.get("/", "x-trace: t1").header("x-trace") == "t1"


# Background --------------------------------------------------------------------------------------------------


def test_a_background_server_has_a_handle(run):
    code = f"""
    local h = http.serve(0, {{ GET = {{ ["/"] = {OK} }} }}, {{ background = true }})
    local body = http.get(h.url .. "/").body
    h:stop() h:stop()
    local again = pcall(http.get, h.url .. "/")
    return {{ body, h.port == _SERVER_PORT, again, tostring(h):match("^http server") }}"""
    assert run(code) == ["ok", True, False, "http server"]


def test_stop_lets_requests_finish(run):
    code = """
    local routes = { GET = { ["/"] = function() sleep(0.1) return { body = "ok" } end } }
    local h = http.serve(0, routes, { background = true })
    local task = async.spawn(function() return http.get(h.url .. "/").body end)
    sleep(0.03)
    h:stop()
    return task.await()[1]"""
    assert run(code) == "ok"


def test_stop_cancels_what_takes_too_long(run):
    code = f"""
    local h = http.serve(0, {{ GET = {{ ["/"] = function()
      local x <close> = setmetatable({{}}, {{ __close = function() closed = true end }}) sleep(60) end }} }},
      {{ background = true, grace = 60 }})
    local task = async.spawn(function() return pcall(http.get, h.url .. "/") end)
    sleep(0.03)
    local before = time()
    h:stop(0.05)
    return {{ task.await()[1], closed, time() - before < 2 }} {""}"""
    assert run(code) == [False, True, True]


def test_a_handler_may_stop_its_server_and_still_answers(run):
    code = """
    local h
    local routes = { GET = { ["/"] = function() h:stop() return { body = "bye" } end } }
    h = http.serve(0, routes, { background = true })
    local before, body = time(), http.get(h.url .. "/").body
    return { body, time() - before < 2, (pcall(http.get, h.url .. "/")) }"""
    assert run(code) == ["bye", True, False]


def test_looking_at_the_group_loads_no_server():
    import subprocess
    import sys

    code = (
        "from assay_shell.runtime.vm import Runtime; Runtime().evaluate('local f = http.get, http.serve'); import sys"
    )
    code += "; print(*(name for name in ('asyncio', 'httptools', 'uvloop', 'ssl') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_scope_stops_its_server(run):
    code = f"""
    local url
    do
      local h <close> = http.serve(0, {{ GET = {{ ["/"] = {OK} }} }}, {{ background = true }})
      url = h.url
    end
    return pcall(http.get, url)"""
    assert run(code) is False


def test_event_streams_and_channels_end_at_a_stop(run):
    code = """
    local ch = http.broadcast()
    local h = http.serve(0, { GET = { ["/ch"] = { sse = ch }, ["/e"] = function()
      return { sse = function(send) while true do send({ data = 1 }) sleep(0.01) end end }
    end } }, { background = true })
    local tasks = {}
    for i, path in ipairs({ "/ch", "/e" }) do
      tasks[i] = async.spawn(function() for _ in http.events(h.url .. path, { reconnect = false }) do end end)
    end
    sleep(0.05)
    local before = time()
    h:stop()
    return { time() - before < 4 }"""
    assert run(code) == [True]


def test_the_end_of_the_script_ends_its_servers_without_waiting(run):
    before = time.monotonic()
    code = """
    http.serve(0, { GET = { ["/"] = function() sleep(60) end } }, { background = true })
    async.spawn(function() http.get("http://127.0.0.1:" .. _SERVER_PORT .. "/") end)
    sleep(0.03) return 1"""
    assert run(code) == 1
    assert time.monotonic() - before < 4


def test_a_talk_to_a_unix_socket(serve, tmp_path):
    path = tmp_path / "u.sock"
    serve(
        f'{{ GET = {{ ["/"] = {OK} }} }}',
        before=f'http.serve(nil, {{ GET = {{ ["/"] = {OK} }} }}, {{ unix_socket = "{path}", background = true }})',
    )
    with Talk(str(path)) as talk:
        assert talk.get("/").body == b"ok"
