"""Request heads: from bytes to what routes and handlers need, and nothing that two readers could read differently.

The request line is read here, because any token is a method and the path stays raw; httptools reads the header lines,
as strictly as it can. It is fed one head at a time: where a body begins and ends is decided in `body.py`, so that a
pause between two requests, an upgrade or an error never leaves bytes in the wrong place.
"""

from __future__ import annotations

import re

import httptools

from assay_shell.runtime.builtins.http_server.refusal import Refusal, malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!\"$-~\x80-\xff]+) HTTP/1\.([01])\r\n")
_ABSOLUTE = re.compile(rb"(?i:https?)://[^/?]*")
_WRONG = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NEUTRAL_LINE = {b"1": b"GET / HTTP/1.1\r\n", b"0": b"GET / HTTP/1.0\r\n"}
_LEAVE_A_TRACE = frozenset((b"connection", b"content-length", b"transfer-encoding", b"upgrade"))
_ONCE = frozenset((b"host", b"content-length", b"transfer-encoding", b"expect"))


class Head:
    """A request without its body.

    *fields* holds names and values in turn, names in lower case, as handlers see them. *route* and *call* are for
    whoever looks the route up: the same head comes again and again on a connection.
    """

    __slots__ = (
        "call", "chunked", "connection", "expects_continue", "fields", "http10", "length", "method", "path", "query",
        "raw", "route", "websocket",
    )  # fmt: skip

    def __init__(self, raw: bytes, method: bytes, target: bytes, *, http10: bool) -> None:
        self.raw = raw
        self.method = method
        self.path, _, self.query = target.partition(b"?")
        self.http10 = http10
        self.fields: tuple[bytes, ...] = ()
        self.connection: frozenset[bytes] = frozenset()
        """The words of the Connection header, in lower case."""
        self.length = 0
        """Bytes of the body; meaningless when it is chunked."""
        self.chunked = False
        self.expects_continue = False
        self.websocket = False
        """Whether the client asks for a WebSocket."""
        self.route: Any = None
        self.call: tuple[Any, ...] | None = None
        """Function and arguments that answer this request, where they are always the same."""

    @property
    def keep_alive(self) -> bool:
        """Whether the client means to send more."""
        return b"close" not in self.connection and (not self.http10 or b"keep-alive" in self.connection)

    @property
    def has_body(self) -> bool:
        """Whether bytes of a body follow."""
        return self.chunked or self.length > 0

    def field(self, name: bytes) -> bytes | None:
        """The last value of a header whose values are ASCII, None where there is none."""
        fields = self.fields
        for index in range(len(fields) - 2, -1, -2):
            if fields[index] == name:
                return fields[index + 1]
        return None


class HeadReader:
    """Reads heads, whole ones, of whatever connection; *max_fields* bounds their header lines."""

    def __init__(self, max_fields: float) -> None:
        self._max_fields = max_fields
        self._pairs: list[tuple[bytes, bytes]] = []
        self._complete = False
        self._renew()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser for each header line."""
        self._pairs.append((name, value))

    def read(self, raw: bytes) -> Head:
        """The head whose bytes, with the empty line at its end, are *raw*.

        Raises:
            Refusal: it is malformed, or asks for what we do not have.
        """
        line = _REQUEST_LINE.match(raw)
        if line is None:
            raise malformed("malformed request line")
        method, target, minor = line.groups()
        head = Head(raw, method, origin_form(target), http10=minor == b"0")
        self._read_fields(head, _NEUTRAL_LINE[minor] + raw[line.end() :])
        return head

    def on_headers_complete(self) -> None:
        """Called by the parser after the last one."""
        self._complete = True

    def _read_fields(self, head: Head, lines: bytes) -> None:
        self._parse(lines)
        pairs = [(name.lower(), value.rstrip(b" \t")) for name, value in self._pairs]
        if head.http10 or not _LEAVE_A_TRACE.isdisjoint(name for name, _ in pairs):
            self._renew()  # that parser waits for a body, or for no more heads
        if len(pairs) > self._max_fields:
            raise Refusal(431, "too many header fields")
        head.fields = tuple(part for pair in pairs if pair[1].isascii() for part in pair)
        _understand(head, pairs)

    def _parse(self, lines: bytes) -> None:
        self._pairs.clear()
        self._complete = False
        try:
            self._parser.feed_data(lines)
        except httptools.HttpParserUpgrade:
            return  # what follows is none of the parser's business anyway
        except httptools.HttpParserError as exc:
            self._renew()
            raise malformed(str(exc)) from exc
        if not self._complete:
            self._renew()
            raise malformed("malformed request head")

    def _renew(self) -> None:
        """Use a new parser: nothing of one request may be left for the next, which may be somebody else's."""
        self._parser = httptools.HttpRequestParser(self)


def origin_form(target: bytes) -> bytes:
    """Path and query of a request target: proxies may send `http://host/path`.

    Raises:
        Refusal: it is none of the forms that HTTP has.
    """
    if target[:1] == b"/" or target == b"*":
        return target
    absolute = _ABSOLUTE.match(target)
    if absolute is None:
        raise malformed("malformed request target")
    rest = target[absolute.end() :]
    return rest if rest[:1] == b"/" else b"/" + rest


def looks_wrong(part: bytes, start: int) -> bool:
    """Whether the beginning of a head can never become one: from *start* on it has line ends or bytes that none has."""
    return _WRONG.search(part, start) is not None


def _understand(head: Head, pairs: list[tuple[bytes, bytes]]) -> None:
    """Note what the headers say about body and connection."""
    seen = set()
    upgrade = False
    for name, value in pairs:
        if name in _ONCE:
            if name in seen:
                raise malformed(f"more than one {name.decode()} header")
            seen.add(name)
            _note(head, name, value)
        elif name == b"connection":
            head.connection |= {word.strip() for word in value.lower().split(b",")}
        elif name == b"upgrade":
            upgrade = upgrade or value.lower() == b"websocket"
    if b"host" not in seen and not head.http10:
        raise malformed("missing host header")
    if head.chunked and b"content-length" in seen:
        raise malformed("content-length and transfer-encoding exclude each other")
    wanted = upgrade and b"upgrade" in head.connection
    head.websocket = wanted and head.method == b"GET" and not head.http10 and not head.has_body


def _note(head: Head, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        if not value.isdigit() or len(value) > 18:
            raise malformed("malformed content-length")
        head.length = int(value)
    elif name == b"transfer-encoding":
        if head.http10 or value.lower() != b"chunked":
            raise malformed("transfer-encoding is not chunked")
        head.chunked = True
    elif name == b"expect" and not head.http10:
        if value.lower() != b"100-continue":
            raise Refusal(417, "unknown expectation")
        head.expects_continue = True
