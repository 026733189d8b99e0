"""Commands in pods and ports that lead to them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from assay_shell.runtime.vm import Runtime
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.stdlib.k8s.cluster import PODS, START, caught, kubeconfig


class Kubelet:
    """A WebSocket server that runs `script(connection)` for whoever connects; `paths` are what was asked for."""

    def __init__(self, script, protocol: str) -> None:
        self.paths: list[str] = []
        self.failures: list[BaseException] = []

        def handle(connection) -> None:
            self.paths.append(connection.request.path)
            try:
                script(connection)
            except ConnectionClosed:
                return
            except BaseException as exc:
                self.failures.append(exc)

        self._server = serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol(protocol)], close_timeout=1)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def close(self) -> None:
        self._server.shutdown()
        assert self.failures == []


@pytest.fixture
def kubelet() -> Iterator[object]:
    """Start servers that speak as kubelets do; they are closed after the test."""
    started: list[Kubelet] = []

    def start(script, protocol: str = "v5.channel.k8s.io") -> Kubelet:
        started.append(Kubelet(script, protocol))
        return started[-1]

    yield start
    for server in started:
        server.close()


def client(url: str) -> str:
    return START + f"local c = k8s.client('{url}', {{ token = 't0ken', namespace = 'shop' }}) "


def ended(status: object) -> bytes:
    return b"\x03" + json.dumps(status).encode()


SUCCESS = {"status": "Success"}
CODE_3 = {
    "status": "Failure",
    "reason": "NonZeroExitCode",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}


@pytest.mark.parametrize(
    ("status", "code"), [pytest.param(SUCCESS, 0, id="success"), pytest.param(CODE_3, 3, id="failure")]
)
def test_a_command_gives_its_exit_code_and_all_its_output(run, kubelet, status, code):
    data = bytes(range(256))

    def script(connection) -> None:
        for piece in (b"\x01", b"\x01" + data, b"\x02oh ", b"\x02no", ended(status)):
            connection.send(piece)

    server = kubelet(script)
    said = run(client(server.url) + "return c:exec(nil, 'web-0', { 'a', 'b c' }, { container = 'app' })")
    assert said == {
        "status": code,
        "stdout": data.decode("utf-8", "surrogateescape"),
        "stderr": "oh no",
        "timed_out": False,
    }
    assert server.paths == [f"{PODS}/web-0/exec?command=a&command=b%20c&container=app&stdout=true&stderr=true"]


def test_a_command_takes_the_proxy_of_the_cluster(run, tmp_path, monkeypatch):
    heads: list[bytes] = []

    def talk(peer: Peer) -> None:
        heads.append(peer.head())
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        heads.append(peer.head())
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nthrough")

    proxy = RawServer(talk)
    config = json.loads(kubeconfig("http://cluster.invalid:6443"))
    config["clusters"][0]["cluster"]["proxy-url"] = proxy.url
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    said = run(START + caught("k8s.client():exec(nil, 'web', 'true')"))
    proxy.close()
    assert f"k8s.exec: HTTP 403 {PODS}/web/exec?command=%2Fbin%2Fsh" in said
    assert said.endswith("through")
    assert heads[0].startswith(b"CONNECT cluster.invalid:6443 HTTP/1.1\r\n")
    assert b"t0ken-of-context" not in heads[0]
    assert b"Authorization: Bearer t0ken-of-context" in heads[1]


def test_the_input_of_a_command_is_sent_whole_and_ended(run, kubelet):
    received = []

    def script(connection) -> None:
        while (message := connection.recv()) != b"\xff\x00":
            received.append(message)
        connection.send(b"\x01" + str(sum(len(message) - 1 for message in received)).encode())
        connection.send(ended(SUCCESS))

    server = kubelet(script)
    said = run(client(server.url) + "return c:exec(nil, 'web-0', 'wc -c', { stdin = ('x'):rep(100000) }).stdout")
    assert said == "100000"
    assert {message[:1] for message in received} == {b"\x00"}
    assert "command=%2Fbin%2Fsh&command=-c&command=wc%20-c&stdin=true" in server.paths[0]


def test_lines_are_handed_on_while_a_command_runs(run, kubelet):
    def script(connection) -> None:
        for piece in (b"\x01one\ntw", b"\x02bad\n", b"\x01o\nthree", ended(SUCCESS)):
            connection.send(piece)

    code = "local seen = {} local function on_line(line, name) seen[#seen + 1] = name .. ' ' .. line end "
    code += "c:exec(nil, 'p', 'x', { on_line = on_line }) return seen"
    seen = run(client(kubelet(script, "v4.channel.k8s.io").url) + code)
    assert seen == ["stdout one", "stderr bad", "stdout two", "stdout three"]


def test_a_command_that_takes_too_long_is_left(run, kubelet):
    def script(connection) -> None:
        connection.send(b"\x01begun")
        connection.recv()

    said = run(client(kubelet(script).url) + "return c:exec(nil, 'p', 'sleep 9', { timeout = 0.2 })")
    assert said == {"status": -1, "stdout": "begun", "stderr": "", "timed_out": True}


def test_a_command_that_is_interrupted_leaves_no_connection(kubelet):
    gone = threading.Event()

    def script(connection) -> None:
        with pytest.raises(ConnectionClosed):
            connection.recv()
        gone.set()

    server = kubelet(script)
    with Runtime() as runtime:
        code = "local t = async.spawn(function() c:exec(nil, 'web', 'sleep 9') end) sleep(0.1) t:cancel() sleep(0.1)"
        runtime.evaluate(client(server.url) + code)
        assert gone.wait(1)


@pytest.mark.parametrize("said", [b"{half", b"[]", b"null", b'{"details":{"causes":[7]},"message":{}}'])
def test_an_end_that_makes_no_sense_is_an_error_of_the_command(run, kubelet, said):
    server = kubelet(lambda connection: connection.send(b"\x03" + said))
    assert "k8s.exec: the server " in run(client(server.url) + caught("c:exec(nil, 'web', 'true')"))


def test_a_command_that_cannot_be_started_says_why(run, kubelet):
    def script(connection) -> None:
        connection.send(ended({"status": "Failure", "message": "no such file: nope"}))

    assert "k8s.exec: no such file: nope" in run(client(kubelet(script).url) + caught("c:exec(nil, 'p', { 'nope' })"))


def test_a_lost_connection_is_an_error(run, kubelet):
    said = run(client(kubelet(lambda connection: connection.close(1011, "gone")).url) + caught("c:exec(nil, 'p', 'x')"))
    assert "ws.recv: connection closed" in said


PREFACE = (8080).to_bytes(2, "little")


def test_a_forwarded_port_carries_bytes_both_ways(kubelet):
    def script(connection) -> None:
        connection.send(b"\x00" + PREFACE)
        connection.send(b"\x01" + PREFACE)
        while True:
            connection.send(b"\x00" + connection.recv()[1:].upper())

    server = kubelet(script, "v4.channel.k8s.io")
    with Runtime() as runtime:
        (port,) = runtime.evaluate(client(server.url) + "f = c:port_forward(nil, 'web-0', 8080) return f.port")
        received = {}

        def talk() -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(b"hello\x00\xff")
                received["answer"] = connection.recv(100)

        thread = threading.Thread(target=talk)
        thread.start()
        runtime.evaluate("for _ = 1, 40 do sleep(0.01) end")
        thread.join()
        runtime.evaluate("f:close() f:close()")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)
    assert received == {"answer": b"HELLO\x00\xff"}
    assert server.paths == [f"{PODS}/web-0/portforward?ports=8080"]


def test_a_forwarded_port_closes_at_once_whatever_the_server_does(run):
    def talk(peer: Peer) -> None:
        key = peer.head().partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r")[0].decode()
        head = "HTTP/1.1 101 Fine\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        peer.send(f"{head}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode())
        while not peer.gone():
            pass

    server = RawServer(talk)
    code = (
        "local p = c:port_forward(nil, 'web', 80) "
        "pcall(http.get, 'http://127.0.0.1:' .. math.tointeger(p.port), { timeout = 0.1 }) "
        "local started = time() p:close() return time() - started"
    )
    assert run(client(server.url) + code) < 0.5
    server.close()


def test_what_a_pod_complains_of_is_logged(run, kubelet, capfd):
    def script(connection) -> None:
        connection.send(b"\x00" + PREFACE)
        connection.send(b"\x01" + PREFACE)
        connection.send(b"\x01nobody listens there")
        connection.recv()

    code = "local f <close> = c:port_forward(nil, 'p', 8080) "
    code += caught("http.get('http://127.0.0.1:' .. f.port)")
    assert "http.get failed" in run(client(kubelet(script, "v4.channel.k8s.io").url) + code)
    assert "k8s.port_forward: nobody listens there" in capfd.readouterr().err


def test_a_port_that_is_taken_cannot_be_forwarded(run, stub):
    said = run(client(stub.url) + caught(f"c:port_forward(nil, 'p', 80, {{ local_port = {stub.port} }})"))
    assert f"k8s.port_forward: cannot listen on 127.0.0.1:{stub.port}: " in said
