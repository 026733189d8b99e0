"""A loopback HTTP server that answers as told and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    """One request as it arrived: *path* raw and without the query, *headers* in order with their own spelling."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    version: str = "HTTP/1.1"

    @property
    def target(self) -> str:
        """Path and query as they stood in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case; None when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> object:
        """Return the body read as JSON."""
        decoded: object = json.loads(self.body)
        return decoded


Reply = Callable[["Request", BaseHTTPRequestHandler], None]


@dataclass
class Answer:
    """What a route sends, and how often; *reply* gets the raw handler and sends whatever it likes."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    reply: Reply | None = None
    left: int | None = None
    delay: float = 0.0


class Stub:
    """Routes and recorded requests of one server; `url` has no slash at the end."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._routes: dict[tuple[str, str], list[Answer]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve, name="stub", daemon=True)
        self._thread.start()
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def on(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        body: bytes | str = b"",
        json: object = None,
        headers: Sequence[tuple[str, str]] = (),
        reply: Reply | None = None,
        times: int | None = None,
        delay: float = 0.0,
    ) -> None:
        """Answer *method* *path* (with a query in it, only that query) from now on, or just *times* times.

        Answers with `times` are used up in the order given before one without is reached; a later one without
        replaces an earlier one. A Content-Length is added unless *headers* says how long the body is. *delay* seconds
        pass before the answer is sent.
        """
        content, extra = _encode(body, json)
        answer = Answer(status, content, [*extra, *headers], reply, times, delay)
        with self._lock:
            answers = self._routes.setdefault((method, path), [])
            if times is None:
                answers[:] = [earlier for earlier in answers if earlier.left is not None]
            answers.append(answer)

    def answer(self, request: Request) -> Answer:
        """Record *request* and choose what it gets; 404 where no route matches."""
        with self._lock:
            self.requests.append(request)
            for path in (request.target, request.path):
                for answer in self._routes.get((request.method, path), ()):
                    if answer.left is None:
                        return answer
                    if answer.left > 0:
                        answer.left -= 1
                        return answer
        return Answer(404, f"no route {request.method} {request.target}".encode())

    def close(self) -> None:
        """Stop answering, break the open connections and wait for their threads."""
        self._server.leave()
        self._thread.join()
        self._server.break_connections()
        self._server.server_close()


def _encode(body: bytes | str, value: object) -> tuple[bytes, list[tuple[str, str]]]:
    if value is not None:
        return json.dumps(value).encode(), [("Content-Type", "application/json")]
    return body.encode() if isinstance(body, str) else body, []


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()
        self._leaving = False

    def serve(self) -> None:
        """Answer until `leave`; unlike `serve_forever` nothing looks now and then whether to go on: tests are many."""
        while not self._leaving:
            self.handle_request()

    def leave(self) -> None:
        """Make `serve` return: a last connection wakes it up."""
        self._leaving = True
        address = self.server_address[0], self.server_address[1]
        socket.create_connection((str(address[0]), int(address[1]))).close()

    def process_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        self._open.add(request)  # before its thread begins: `break_connections` has to know each one
        super().process_request(request, client_address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        assert isinstance(request, socket.socket)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.discard(request)

    def break_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed by the other side meanwhile

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave early are what some tests are about."""


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            request = self._read()
            answer = stub.answer(request)
            if answer.delay:
                time.sleep(answer.delay)
            if answer.reply is not None:
                answer.reply(request, self)
            else:
                self._send(request, answer)
            self.wfile.flush()

        def _read(self) -> Request:
            path, _, query = self.requestline.split(" ")[1].partition("?")
            return Request(
                self.command, path, query, list(self.headers.items()), self._read_body(), self.request_version
            )

        def _read_body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.wfile.flush()
            if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
                return b"".join(self._chunks())
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _chunks(self) -> list[bytes]:
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return chunks

        def _send(self, request: Request, answer: Answer) -> None:
            self.send_response_only(answer.status)
            names = {name.lower() for name, _ in answer.headers}
            for name, value in answer.headers:
                self.send_header(name, value)
            if not names & {"content-length", "transfer-encoding"} and answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if request.method != "HEAD" and answer.status not in (204, 304):
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are recorded, not printed."""

    return Handler
