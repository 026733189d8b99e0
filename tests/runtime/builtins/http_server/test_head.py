"""Heads: what is one, what is none, and that nothing in between is guessed at."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.http_server.head import HeadReader, looks_wrong
from assay_shell.runtime.builtins.http_server.refusal import Refusal

GET = b"GET / HTTP/1.1\r\nHost: t\r\n"
POST = b"POST / HTTP/1.1\r\nHost: t\r\n"


def read(raw: bytes, max_fields: int = 100):
    return HeadReader(max_fields).read(raw)


def test_a_head_is_taken_apart():
    head = read(b"POST /a%20b?c=d?e HTTP/1.1\r\nHost: t\r\nX-A:  1 \t\r\nContent-Length: 12\r\n\r\n")
    assert (head.method, head.path, head.query) == (b"POST", b"/a%20b", b"c=d?e")
    assert head.fields == (b"host", b"t", b"x-a", b"1", b"content-length", b"12")
    assert (head.length, head.chunked, head.has_body, head.keep_alive) == (12, False, True, True)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(POST + b"Content-Length: 3\r\n\r\n", id="body"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n", id="chunks"),
        pytest.param(GET + b"Connection: close\r\n\r\n", id="close"),
        pytest.param(GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", id="upgrade"),
        pytest.param(
            POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n", id="upgrade with body"
        ),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", id="1.0"),
        pytest.param(b"CONNECT http://t/ HTTP/1.1\r\nHost: t\r\n\r\n", id="CONNECT"),
    ],
)
def test_whatever_came_before_the_next_head_is_read(raw):
    reader = HeadReader(10)
    reader.read(raw)
    assert reader.read(GET + b"X: y\r\n\r\n").fields == (b"host", b"t", b"x", b"y")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/a?", b"/a", b""),
        (b"//a", b"//a", b""),
        (b"*", b"*", b""),
        (b"http://host/a?b", b"/a", b"b"),
        (b"HTTPS://host:1?b", b"/", b"b"),
        (b"/caf\xc3\xa9", b"/caf\xc3\xa9", b""),
    ],
)
def test_targets(target, path, query):
    head = read(b"GET " + target + b" HTTP/1.1\r\nHost: t\r\n\r\n")
    assert (head.path, head.query) == (path, query)


MALFORMED = {
    "blank before the method": b" GET / HTTP/1.1\r\nHost: t\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: t\r\n\r\n",
    "tab": b"GET\t/ HTTP/1.1\r\nHost: t\r\n\r\n",
    "blank after the version": b"GET / HTTP/1.1 \r\nHost: t\r\n\r\n",
    "blank in the target": b"GET /a b HTTP/1.1\r\nHost: t\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "version 0.9": b"GET / HTTP/0.9\r\n\r\n",
    "version 1.2": b"GET / HTTP/1.2\r\nHost: t\r\n\r\n",
    "version 2.0": b"GET / HTTP/2.0\r\nHost: t\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\n",
    "another protocol": b"GET / RTSP/1.0\r\nHost: t\r\n\r\n",
    "method that is no token": b"GE(T / HTTP/1.1\r\nHost: t\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: t\r\n\r\n",
    "relative target": b"GET a HTTP/1.1\r\nHost: t\r\n\r\n",
    "authority": b"CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n",
    "fragment": b"GET /a#b HTTP/1.1\r\nHost: t\r\n\r\n",
    "control in the target": b"GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n",
    "DEL in the target": b"GET /\x7f HTTP/1.1\r\nHost: t\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: u\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\r\nHost: t\nA: b\r\n\r\n",
    "bare LF after the first line": b"GET / HTTP/1.1\nHost: t\r\n\r\n",
    "bare CR": GET + b"A: b\rC: d\r\n\r\n",
    "folded": GET + b"A: b\r\n c\r\n\r\n",
    "folded first": b"GET / HTTP/1.1\r\n Host: t\r\n\r\n",
    "blank before the colon": GET + b"A : b\r\n\r\n",
    "tab before the colon": GET + b"A\t: b\r\n\r\n",
    "no colon": GET + b"A\r\n\r\n",
    "no name": GET + b": b\r\n\r\n",
    "name that is no token": GET + b"A(: b\r\n\r\n",
    "name beyond ASCII": GET + b"A\xe9: b\r\n\r\n",
    "NUL": GET + b"A: b\0c\r\n\r\n",
    "control": GET + b"A: b\x01c\r\n\r\n",
    "DEL": GET + b"A: b\x7fc\r\n\r\n",
    "length twice": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "list of lengths": POST + b"Content-Length: 1, 1\r\n\r\n",
    "signed length": POST + b"Content-Length: +1\r\n\r\n",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "hexadecimal length": POST + b"Content-Length: 0x1\r\n\r\n",
    "empty length": POST + b"Content-Length:\r\n\r\n",
    "length with a blank": POST + b"Content-Length: 1 2\r\n\r\n",
    "length beyond all": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n",
    "identity": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n",
    "two codings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "two coding lines": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "hidden coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n",
    "quoted coding": POST + b'Transfer-Encoding: "chunked"\r\n\r\n',
    "chunks in 1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused(raw):
    with pytest.raises(Refusal) as caught:
        read(raw)
    assert caught.value.status == 400


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_the_server_answers_400_and_closes(serve_once, raw):
    with serve_once.talk() as talk:
        answer = talk.send(raw + b"GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n").answer()
        assert (answer.status, answer.header("connection")) == (400, "close")
        assert talk.ended()


@pytest.fixture(scope="module")
def serve_once():
    from tests.support.served import Served

    server = Served('http.serve(0, { GET = { ["/smuggled"] = function() return { body = "smuggled" } end } })')
    yield server
    server.close()


def test_too_many_fields_are_refused():
    assert read(GET + b"A: b\r\n" * 9 + b"\r\n", 10).method == b"GET"
    with pytest.raises(Refusal) as caught:
        read(GET + b"A: b\r\n" * 10 + b"\r\n", 10)
    assert caught.value.status == 431


def test_an_unknown_expectation_is_refused():
    with pytest.raises(Refusal) as caught:
        read(POST + b"Expect: magic\r\n\r\n")
    assert caught.value.status == 417


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", True),
        (b"Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n", True),
        (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", False),
        (b"Upgrade: websocket\r\n", False),
        (b"Connection: Upgrade\r\n", False),
    ],
)
def test_a_wish_for_a_websocket_is_noticed(lines, wanted):
    assert read(GET + lines + b"\r\n").websocket is wanted


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        (b"GET / HT", False),
        (b"GET / HTTP/1.1\r", False),
        (b"GET / HTTP/1.1\r\nHost", False),
        (b"GET / HTTP/1.1\n", True),
        (b"GET / HTTP/1.1\rX", True),
        (b"\x16\x03\x01\x02\x00", True),
        (b"GET /\0", True),
    ],
)
def test_a_beginning_that_cannot_become_a_head_is_noticed_at_once(part, wrong):
    assert looks_wrong(part, 0) is wrong
    assert any(looks_wrong(part[:end], max(0, end - 2)) for end in range(1, len(part) + 1)) is wrong
