"""What the options of a request do."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub


@pytest.mark.parametrize(
    ("params", "query"),
    [
        pytest.param("{ b = 2, a = 'x y' }", "a=x%20y&b=2", id="sorted by name"),
        pytest.param("{ a = { 'x', 'y', 3 } }", "a=x&a=y&a=3", id="lists repeat"),
        pytest.param("{ a = true, b = false, c = 1.5 }", "a=true&b=false&c=1.5", id="kinds"),
        pytest.param("{ { 'b', 1 }, { 'a', 2 }, { 'b', 3 } }", "b=1&a=2&b=3", id="pairs keep their order"),
        pytest.param("{ ['ä&='] = 'ü#?' }", "%C3%A4%26%3D=%C3%BC%23%3F", id="reserved"),
        pytest.param("{ a = '\\xff\\0' }", "a=%FF%00", id="any bytes"),
        pytest.param("{ a = '' }", "a=", id="empty value"),
        pytest.param("{ a = {} }", "", id="empty list"),
        pytest.param("{}", "", id="none"),
    ],
)
def test_params_become_the_query(ask: Ask, stub: Stub, params: str, query: str) -> None:
    stub.on("GET", "/x")
    ask(f'http.get(URL .. "/x", {{ params = {params} }})')
    assert stub.requests[0].query == query


@pytest.mark.parametrize(
    ("address", "target"),
    [("/x?b=1", "/x?b=1&a=2"), ("/x?", "/x?a=2"), ("/x?b=1&", "/x?b=1&a=2"), ("/x#part", "/x?a=2")],
)
def test_params_are_added_to_the_query_there_is(ask: Ask, stub: Stub, address: str, target: str) -> None:
    stub.on("GET", "/x")
    ask(f'http.get(URL .. "{address}", {{ params = {{ a = 2 }} }})')
    assert stub.requests[0].target == target


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ params = { a = print } }", 'http.get: params: "a" must be a string, number, boolean or a list of these'),
        ("{ params = { a = { {} } } }", 'http.get: params: "a" must be a string, number, boolean or a list of these'),
        ("{ params = { 'a', 'b' } }", "http.get: params as a list must hold pairs {name, value}"),
        ("{ params = 'a=b' }", "error converting Lua string to table"),
        ("{ timeout = -1 }", "http.get: timeout must not be negative or NaN"),
        ("{ timeout = 0/0 }", "http.get: timeout must not be negative or NaN"),
        ("{ read_timeout = -1 }", "http.get: read_timeout must not be negative or NaN"),
        ("{ connect_timeout = -1 }", "http.get: connect_timeout must not be negative or NaN"),
        ("{ timeout = {} }", "error converting Lua table to number (expected number or string coercible to number)"),
        ("{ max_body = -1 }", "http.get: max_body must not be negative"),
        ("{ max_redirects = -1 }", "http.get: max_redirects must not be negative"),
        ("{ auth = 5 }", 'http.get: auth must be "user:password" or a table {user, password}'),
        ("{ auth = {} }", "error converting Lua nil to String (expected string or number)"),
        ("{ auth = 'a:b', bearer = 'c' }", "http.get: give auth or bearer, not both"),
        ("{ proxy = 5 }", "http.get: proxy must be a URL, true (from the environment) or false"),
        (
            "{ retries = 'x' }",
            "http.get: retries must be a number or a table {count, backoff, max_wait, statuses, unsafe}",
        ),
        ("{ retries = -1 }", "http.get: retries must not be negative"),
        ("{ retries = 0/0 }", "http.get: retries must not be negative"),
        ("{ retries = { backoff = -1 } }", "http.get: retries must not be negative"),
        ("{ retries = { statuses = { 'x' } } }", "http.get: retries.statuses must be a list of status numbers"),
    ],
)
def test_an_option_that_makes_no_sense_is_an_error(refuses: Refuses, opts: str, message: str) -> None:
    assert refuses(f"http.get(URL, {opts})") == message


@pytest.mark.parametrize(
    ("form", "body"),
    [
        pytest.param("{ b = 'x y', a = 'ü&=+' }", b"a=%C3%BC%26%3D%2B&b=x+y", id="encoded"),
        pytest.param("{ a = { 1, 2 } }", b"a=1&a=2", id="lists repeat"),
        pytest.param("{ { 'z', 1 }, { 'a', '\\xff' } }", b"z=1&a=%FF", id="pairs"),
    ],
)
def test_a_form_is_sent_url_encoded(ask: Ask, stub: Stub, form: str, body: bytes) -> None:
    stub.on("POST", "/x")
    ask(f'http.post(URL .. "/x", nil, {{ form = {form} }})')
    assert stub.requests[0].body == body
    assert stub.requests[0].header("Content-Type") == "application/x-www-form-urlencoded"


def test_multipart_parts_are_sent_as_they_are_described(ask: Ask, stub: Stub, tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(b"\x00\xff\r\n--")
    stub.on("POST", "/x")
    ask(f"""http.post(URL .. "/x", nil, {{ multipart = {{
      {{ name = "note", data = "täxt" }},
      {{ name = "n", data = 5 }},
      {{ name = 'fi"le', path = "{path}" }},
      {{ name = "raw", data = "{{}}", filename = "a.json", content_type = "application/json" }},
    }} }})""")
    kind = stub.requests[0].header("Content-Type")
    assert kind is not None
    boundary = kind.removeprefix("multipart/form-data; boundary=")
    parts = stub.requests[0].body.split(b"--" + boundary.encode())
    assert parts[0] == b""
    assert parts[-1] == b"--\r\n"
    assert parts[1:-1] == [
        '\r\nContent-Disposition: form-data; name="note"\r\n\r\ntäxt\r\n'.encode(),
        b'\r\nContent-Disposition: form-data; name="n"\r\n\r\n5\r\n',
        b'\r\nContent-Disposition: form-data; name="fi%22le"; filename="log.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--\r\n",
        b'\r\nContent-Disposition: form-data; name="raw"; filename="a.json"\r\n'
        b"Content-Type: application/json\r\n\r\n{}\r\n",
    ]


def test_multipart_fields_of_a_plain_table_are_sorted(ask: Ask, stub: Stub) -> None:
    stub.on("POST", "/x")
    ask('http.post(URL .. "/x", nil, { multipart = { b = "2", a = true } })')
    assert stub.requests[0].body.index(b'name="a"') < stub.requests[0].body.index(b'name="b"')


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ form = {}, multipart = {} }", "http.post: give only one of body, form and multipart"),
        ("{ multipart = { a = {} } }", 'http.post: multipart: "a" needs either data or path'),
        ("{ multipart = { a = { data = 'x', path = 'y' } } }", 'http.post: multipart: "a" needs either data or path'),
        ("{ multipart = { a = { data = 'x', tpye = 'y' } } }", 'http.post: multipart: "a" has an unknown key "tpye"'),
        ("{ multipart = { a = { path = 5 } } }", 'http.post: multipart: the path of "a" must be a string'),
        (
            "{ multipart = { a = { path = '/nowhere/x' } } }",
            'http.post: failed to read "/nowhere/x": No such file or directory (os error 2)',
        ),
        (
            "{ multipart = { a = { data = 'x', content_type = 'a\\r\\nb: c' } } }",
            'http.post: multipart: "a" has a content_type of more than one line',
        ),
        (
            "{ multipart = { 'x' } }",
            "http.post: multipart as a list must hold parts {name, data | path, filename, content_type}",
        ),
    ],
)
def test_a_body_that_makes_no_sense_is_an_error(refuses: Refuses, opts: str, message: str) -> None:
    assert refuses(f"http.post(URL, nil, {opts})") == message


def test_body_and_form_exclude_one_another(refuses: Refuses) -> None:
    assert refuses('http.post(URL, "x", { form = { a = 1 } })').endswith("give only one of body, form and multipart")


def _basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("opts", "value"),
    [
        pytest.param("{ auth = 'user:pa:ss' }", _basic(b"user:pa:ss"), id="text"),
        pytest.param("{ auth = 'user' }", _basic(b"user:"), id="no password"),
        pytest.param("{ auth = { user = 'ü', password = 12345 } }", _basic("ü:12345".encode()), id="table"),
        pytest.param("{ auth = { user = 'u' } }", _basic(b"u:"), id="table without password"),
        pytest.param("{ bearer = 't0ken' }", "Bearer t0ken", id="bearer"),
        pytest.param("{ bearer = 't', headers = { authorization = 'Mine x' } }", "Mine x", id="own header"),
    ],
)
def test_signing_in_sets_the_authorization_header(ask: Ask, stub: Stub, opts: str, value: str) -> None:
    stub.on("GET", "/x")
    ask(f'http.get(URL .. "/x", {opts})')
    assert [v for k, v in stub.requests[0].headers if k.lower() == "authorization"] == [value]


@pytest.mark.parametrize(
    ("credentials", "value"),
    [
        ("user:pass", _basic(b"user:pass")),
        ("us%40er:p%3Aw%ff", _basic(b"us@er:p:w\xff")),
        ("a@b:c", _basic(b"a@b:c")),
        ("user", _basic(b"user:")),
        ("100%:x", _basic(b"100%:x")),
    ],
)
def test_credentials_in_the_address_become_basic_sign_in(ask: Ask, stub: Stub, credentials: str, value: str) -> None:
    stub.on("GET", "/x@y")
    assert ask(f'return http.get("http://{credentials}@127.0.0.1:{stub.port}/x@y?a=@").status') == 200
    assert [v for k, v in stub.requests[0].headers if k.lower() == "authorization"] == [value]


def test_secrets_given_to_sign_in_are_never_shown(engine: str, stub: Stub) -> None:
    from assay_shell.runtime.vm import Runtime

    stub.on("GET", "/x")
    with Runtime() as runtime:
        runtime.evaluate(f'http.get("{stub.url}/x", {{ bearer = "abcdef-0123" }})')
        runtime.evaluate(f'http.get("{stub.url}/x", {{ auth = "me:fedcba-3210" }})')
        assert "abcdef-0123" not in runtime.redactor.text("it was abcdef-0123")
        assert "fedcba-3210" not in runtime.redactor.text("it was fedcba-3210")


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_used(
    ask: Ask, stub: Stub, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"http://me:pw@127.0.0.1:{stub.port}")
    stub.on("GET", "http://nowhere.invalid/x", body=b"by proxy")
    assert ask('return http.get("http://nowhere.invalid/x").body') == "by proxy"
    assert stub.requests[0].header("Proxy-Authorization") == _basic(b"me:pw")


def test_no_proxy_names_hosts_that_are_asked_directly(ask: Ask, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,other.example")
    stub.on("GET", "/x", body=b"direct")
    assert ask('return http.get(URL .. "/x").body') == "direct"


def test_a_proxy_can_be_given_and_switched_off(ask: Ask, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.on("GET", "http://nowhere.invalid/x", body=b"by proxy")
    stub.on("GET", "/x", body=b"direct")
    assert ask('return http.get("http://nowhere.invalid/x", { proxy = URL }).body') == "by proxy"
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert ask('return http.get(URL .. "/x", { proxy = false }).body') == "direct"


def test_a_proxy_address_that_is_none_is_an_error(refuses: Refuses) -> None:
    assert refuses('http.get(URL, { proxy = "no proxy" })').startswith("http.get: failed to build client: ")


def test_max_body_counts_decoded_bytes(ask: Ask, refuses: Refuses, stub: Stub) -> None:
    import gzip

    headers = [("Content-Encoding", "gzip")]
    stub.on("GET", "/x", body=gzip.compress(bytes(5000)), headers=headers)
    message = refuses('http.get(URL .. "/x", { decompress = true, max_body = 4999 })')
    assert message == "http.get: reading body failed: the body is larger than max_body (4999 bytes)"
    assert ask('return #http.get(URL .. "/x", { decompress = true, max_body = 5000 }).body') == 5000


@pytest.mark.parametrize(
    ("limit", "opts"),
    [
        pytest.param(10 << 20, f", max_body = {10 << 20}", id="10 MiB"),
        pytest.param(256 << 20, "", id="by default", marks=pytest.mark.long),
    ],
)
def test_a_decompression_bomb_stops_at_the_limit(refuses: Refuses, stub: Stub, limit: int, opts: str) -> None:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    megabytes = (limit >> 20) + 1
    packed = b"".join([packer.compress(bytes(1 << 20)) for _ in range(megabytes)] + [packer.flush()])
    stub.on("GET", "/bomb", body=packed, headers=[("Content-Encoding", "gzip")])
    message = refuses(f'http.get(URL .. "/bomb", {{ decompress = true{opts} }})')
    assert message == f"http.get: reading body failed: the body is larger than max_body ({limit} bytes)"


@pytest.mark.parametrize("coding", ["gzip", "zlib", "deflate", "members"])
def test_bodies_are_decoded_when_asked(ask: Ask, stub: Stub, coding: str) -> None:
    import gzip
    import zlib

    text = bytes(range(256)) * 1000
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(text),
        "zlib": zlib.compress(text),
        "deflate": raw.compress(text) + raw.flush(),
        "members": gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
    }[coding]
    header = "gzip" if coding in ("gzip", "members") else "deflate"
    stub.on("GET", "/x", body=packed, headers=[("Content-Encoding", header)])
    assert ask('return crypto.hash(http.get(URL .. "/x", { decompress = true }).body)') == _digest(text)


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("damage", ["cut", "garbage"])
def test_a_damaged_compressed_body_is_an_error(refuses: Refuses, stub: Stub, damage: str) -> None:
    import gzip

    packed = gzip.compress(bytes(range(256)) * 100)
    body = packed[:-20] if damage == "cut" else b"no gzip at all"
    stub.on("GET", "/x", body=body, headers=[("Content-Encoding", "gzip")])
    assert refuses('http.get(URL .. "/x", { decompress = true })').startswith("http.get: reading body failed: ")


def test_an_answer_without_body_may_claim_to_be_compressed(ask: Ask, stub: Stub) -> None:
    stub.on("HEAD", "/x", headers=[("Content-Encoding", "gzip"), ("Content-Length", "9")])
    assert ask('return http.head(URL .. "/x", { decompress = true }).body') == ""


def test_http2_is_offered_and_http1_taken_where_the_server_has_no_more(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", body=b"ok")
    assert ask('return http.get(URL .. "/x", { http2 = true }).body') == "ok"


def test_a_unix_socket_is_served(
    engine: str, run: Callable[[str], object], serve: Callable[..., RawServer], tmp_path: Path
) -> None:
    path = tmp_path / "s"
    heads: list[bytes] = []

    def talk(peer: Peer) -> None:
        while head := peer.head():
            heads.append(head)
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    serve(talk, unix=path)
    code = f'return http.get("http://localhost/v1/info", {{ unix_socket = "{path}" }}).body'
    assert run(code) == "ok"
    assert heads[0].startswith(b"GET /v1/info HTTP/1.1\r\n")


def test_a_missing_unix_socket_is_an_error_of_the_system(engine: str, fails: Callable[[str], str]) -> None:
    message = fails('http.get("http://localhost/", { unix_socket = "/nowhere/s" })')
    assert message == (
        "http.get failed: error sending request for url (http://localhost/): No such file or directory (os error 2)"
    )
