"""What `ws.connect` asks for, takes and refuses."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest

from assay_shell.runtime.errors import ScriptError
from tests.runtime.builtins.http.raw_server import RawServer
from tests.runtime.builtins.ws.peer import REFUSED, TEXT, frame

# Connecting ---------------------------------------------------------------------------------------------


def test_headers_and_subprotocols_are_sent(talk, peer):
    url = peer.on("/", peer.read_all)
    headers = "{ Authorization = 'Bearer abc', ['X-List'] = { 'a', 'b' }, ['X-N'] = 5 }"
    opts = f"{{ headers = {headers}, subprotocols = {{ 'chat.v1' }} }}"
    assert talk(url, "return c.subprotocol", opts) == "chat.v1"
    sent = peer.requests[0].headers
    assert (sent["Authorization"], sent.get_all("X-List"), sent["X-N"]) == ("Bearer abc", ["a", "b"], "5")
    assert "User-Agent" not in sent
    assert "Sec-WebSocket-Extensions" not in sent


def test_the_first_subprotocol_that_the_server_knows_is_taken(talk, peer):
    url = peer.on("/", peer.read_all)
    assert talk(url, "return c.subprotocol", "{ subprotocols = { 'other', 'chat.v1', 'chat.v2' } }") == "chat.v1"
    assert talk(url, "return c.subprotocol") is None


def test_compression_is_offered_on_demand(talk, peer, echo):
    assert talk(echo, "c:send(('x'):rep(1000)) return #c:recv()", "{ compression = true }") == 1000
    assert "permessage-deflate" in peer.requests[0].headers["Sec-WebSocket-Extensions"]


def test_a_compressed_bomb_stops_at_the_limit(talk, peer):
    url = peer.on("/", lambda conn: (conn.send("x" * (4 << 20)), peer.read_all(conn))[0])
    with pytest.raises(ScriptError, match="Space limit exceeded"):
        talk(url, "c:recv()", "{ compression = true, max_size = 65536 }")


def test_keepalive_notices_a_server_that_has_died(talk, mute):
    with pytest.raises(ScriptError) as caught:
        talk(mute, "c:recv()", "{ keepalive = 0.05 }")
    assert caught.value.message == "ws.recv: WebSocket protocol error: keepalive ping timeout"


def test_query_and_sign_in_of_an_address_are_used_and_not_shown(talk, peer):
    url = peer.on("/a%20b?x=1", peer.read_all).replace("//", "//me:hunter2@")
    assert "hunter2" not in str(talk(url, "return c.url"))
    assert peer.requests[0].path == "/a%20b?x=1"
    assert peer.requests[0].headers["Authorization"] == "Basic bWU6aHVudGVyMg=="


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("http://127.0.0.1/", "URL error: URL scheme not supported", id="http"),
        pytest.param("127.0.0.1:80", "URL error: URL scheme not supported", id="no scheme"),
        pytest.param("", "URL error: URL scheme not supported", id="nothing"),
        pytest.param("ws:///path", "URL error: No host name in the URL", id="no host"),
        pytest.param("ws://127.0.0.1:99999/", "URL error: ", id="a port beyond all bounds"),
        pytest.param("ws://127.0.0.1/a b", "HTTP format error: invalid uri character", id="a blank"),
        pytest.param("ws://127.0.0.1/\\r\\nX: y", "HTTP format error: invalid uri character", id="a line end"),
        pytest.param("ws://127.0.0.1/ü", "HTTP format error: invalid uri character", id="a letter outside ASCII"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(fails, url, message):
    assert fails(f"ws.connect('{url}')").startswith(f"ws.connect: {message}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_refused_connection_says_so(fails, closed_port, host):
    expected = f"ws.connect: IO error: {REFUSED}"
    assert fails(f"ws.connect('ws://{host}:{closed_port}')") == expected


@pytest.mark.parametrize(
    ("status", "text"),
    [(401, "401 Unauthorized"), (404, "404 Not Found"), (503, "503 Service Unavailable"), (302, "302 Found")],
)
def test_a_server_that_refuses_is_quoted(run, peer, status, text):
    url = f"ws://127.0.0.1:{peer.port}/status/{status}"
    code = f"local ok, e = pcall(ws.connect, '{url}') return {{ e.message, e.status }}"
    assert run(code) == [f"ws.connect: HTTP error: {text}", status]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"", "WebSocket protocol error: Handshake not finished", id="nothing"),
        pytest.param(b"SSH-2.0-x\r\n\r\n", "WebSocket protocol error: ", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP error: 200 OK", id="a plain web server"),
        pytest.param(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
                     "WebSocket protocol error: ", id="a wrong answer to the key"),
    ],
)  # fmt: skip
def test_a_server_that_speaks_something_else(fails, answer, message):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve_once() -> None:
            conn, _ = server.accept()
            with conn:
                conn.recv(4096)
                conn.sendall(answer)

        thread = threading.Thread(target=serve_once)
        thread.start()
        text = fails(f"ws.connect('ws://127.0.0.1:{server.getsockname()[1]}')")
        thread.join()
    assert text.startswith(f"ws.connect: {message}")


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ timeout = 0 }", "ws.connect: timeout and keepalive must be positive"),
        ("{ keepalive = -1 }", "ws.connect: timeout and keepalive must be positive"),
        ("{ max_size = -1 }", "ws.connect: max_size must not be negative"),
        ("{ proxy = 5 }", "ws.connect: proxy must be a URL, true (from the environment) or false"),
        ("{ proxy = '' }", "ws.connect: proxy must be a URL, true (from the environment) or false"),
        ("{ proxy = 'ftp://u:s3cret-word@x' }", "ws.connect: the proxy cannot be used: scheme ftp isn't supported"),
        ("{ proxy = 'nothing' }", "ws.connect: the proxy cannot be used: scheme  isn't supported"),
        ("{ subprotocols = 5 }", "ws.connect: subprotocols must be a list of names"),
        ("{ subprotocols = { 1 } }", "ws.connect: subprotocols must be a list of names"),
        ("{ headers = { ['a b'] = 'c' } }", "ws.connect: HTTP format error: invalid HTTP header name"),
        ("{ headers = { a = 'b\\r\\nc: d' } }", "ws.connect: HTTP format error: failed to parse header value"),
        ("{ headers = 5 }", "error converting Lua integer to table"),
        ("5", "bad argument #2: error converting Lua integer to table"),
    ],
)
def test_options_that_make_no_sense_are_refused(fails, closed_port, opts, message):
    assert fails(f"ws.connect('ws://127.0.0.1:{closed_port}', {opts})") == message


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"HTTP/1.1 407 x\r\n\r\n", "the proxy answered 407 Proxy Authentication Required", id="refuses"),
        pytest.param(b"nonsense\r\n\r\n", "the proxy cannot be used: ", id="is none"),
        pytest.param(b"", "the proxy cannot be used: ", id="hangs up"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named(fails, answer, message):
    heads: list[bytes] = []

    def talk(peer):
        heads.append(peer.head())
        peer.send(answer)

    proxy = RawServer(talk)
    said = fails(f"ws.connect('ws://far.invalid', {{ proxy = 'http://u:s3cret-word@127.0.0.1:{proxy.port}' }})")
    proxy.close()
    assert said.startswith(f"ws.connect: IO error: {message}")
    assert "s3cret-word" not in said
    assert heads[0].startswith(b"CONNECT far.invalid:80 HTTP/1.1\r\n")


def test_the_proxy_of_the_environment_is_taken_on_demand_and_where_it_is_for(fails, closed_port, monkeypatch):
    def talk(peer):
        peer.head()
        peer.send(b"HTTP/1.1 407 x\r\n\r\n")

    proxy = RawServer(talk)
    monkeypatch.setenv("http_proxy", proxy.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    url = f"ws://127.0.0.1:{closed_port}"
    said = [fails(f"ws.connect('{url}', {{ proxy = true }})"), fails(f"ws.connect('{url}')")]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    said.append(fails(f"ws.connect('{url}', {{ proxy = true }})"))
    proxy.close()
    assert ["407" in text for text in said] == [True, False, False]
    assert proxy.connections == 1


def test_an_unknown_option_is_an_error_under_strict(fails, closed_port):
    text = fails(f"ws.connect('ws://127.0.0.1:{closed_port}', {{ header = {{}} }})", strict=True)
    assert text == "ws.connect: unknown option 'header', did you mean 'headers'?" or "headers" in text


def test_looking_at_the_group_loads_neither_websockets_nor_an_event_loop():
    code = (
        "import sys; from assay_shell.runtime.vm import run; run('return ws.connect'); "
        "print([name for name in sys.modules if name in ('websockets', 'asyncio', 'ssl')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Arguments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["send", "send_binary", "recv", "ping", "status", "close"])
@pytest.mark.parametrize("first", ["nil", "5", "'x'", "{}", "io.stdout"])
def test_the_first_argument_must_be_a_connection(fails, name, first):
    second = ", 'x'" if name.startswith("send") else ""
    assert fails(f"ws.{name}({first}{second})") == f"ws.{name}: first argument must be a ws connection"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ws.connect(nil)", "bad argument #1: error converting Lua nil to String (expected string or number)"),
        ("ws.connect({})", "bad argument #1: error converting Lua table to String (expected string or number)"),
    ],
)
def test_connect_wants_an_address(fails, code, message):
    assert fails(code) == message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ws.send(c)", "bad argument #2: error converting Lua nil to String (expected string or number)"),
        ("c:send({})", "bad argument #2: error converting Lua table to String (expected string or number)"),
        ("c:send('a\\xff')", "bad argument #2: error converting Lua string to String (invalid utf-8 sequence of 1 bytes"
                             " from index 1)"),
        ("c:ping({ data = ('x'):rep(126) })", "ws.ping: data must have at most 125 bytes"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused(talk, echo, call, message):
    with pytest.raises(ScriptError) as caught:
        talk(echo, call)
    assert caught.value.message == message


# Read-only ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("ws.send(c, 'x')", "ws.send"),
        ("c:send('x')", "ws connection:send"),
        ("ws.send_binary(c, 'x')", "ws.send_binary"),
        ("c:send_binary('x')", "ws connection:send_binary"),
    ],
)
def test_sending_is_refused_under_readonly(talk, peer, call, name):
    url = peer.on("/", peer.read_all)
    with pytest.raises(ScriptError) as caught:
        talk(url, call, readonly=True)
    assert caught.value.message.startswith(f"readonly: {name} blocked ({url})")
    assert peer.gone.wait(5)
    assert peer.seen == [(1000, "")]


@pytest.mark.parametrize(
    "path",
    ["exec?command=ls", "attach", "portforward/", "%65xec", "exec#x", "exec/.", "x%2Fexec", "proxy/portForward/n/pod"],
)
def test_running_commands_in_pods_is_refused_under_readonly(fails, path):
    url = f"wss://127.0.0.1:1/api/v1/namespaces/n/pods/p/{path}"
    assert fails(f"ws.connect('{url}')", readonly=True).startswith("readonly: ws.connect blocked (wss://127.0.0.1:1/")


def test_listening_goes_on_under_readonly(talk, peer):
    url = peer.raw("/", frame(TEXT, b"news"))
    code = "c:ping({ timeout = 1 }) return c:recv() .. tostring(c:status().open)"
    assert talk(url, code, readonly=True) == "newstrue"
