"""What the Lua side asks for while it answers a request: streams, files, WebSockets, and the log.

`exchange` is the connection whose request is being answered; it is handed to Lua as an opaque value and never reaches
a script.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.http_server.channel import Channel
from assay_shell.runtime.builtins.http_server.connection import Connection
from assay_shell.runtime.builtins.http_server.lines import without_body
from assay_shell.runtime.builtins.http_server.outlet import Outlet
from assay_shell.runtime.builtins.http_server.settings import is_dropping, seconds
from assay_shell.runtime.declare import read
from assay_shell.runtime.values import Raw, unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Table, Value
    from assay_shell.runtime.vm import Runtime


def lend_helpers(runtime: Runtime) -> None:
    """Give the helpers to the core's Lua files."""
    for function in (
        exchange, report_error, report_problem, open_events, join_channel, open_stream, end_stream, static_file,
        send_file, wants_websocket, accept_websocket, leave_websocket,
    ):  # fmt: skip
        name = f"serve_{function.__name__}"
        runtime.lend(name, read(function), f"http.{name}")


def exchange(runtime: Runtime) -> Raw:
    """The connection that the running task works for."""
    task = runtime.scheduler.current
    assert task is not None
    return Raw(task.context)


def report_error(exchange: Value, text: str, what: str = "") -> None:
    """Log what a handler has thrown, or answered wrongly."""
    _checked(exchange).server.report_error(_checked(exchange), text, what)


def report_problem(exchange: Value, text: str) -> None:
    """Log what is odd about an answer."""
    _checked(exchange).server.runtime.log("warn", f"http.serve: {text}")


def open_events(
    exchange: Value, status: int, lines: bytes, flags: int, heartbeat: Value = None, slow: Value = None
) -> Raw:
    """Begin an event stream; the raw function that writes to it."""
    connection = _checked(exchange)
    settings = connection.server.settings
    outlet = _opened(
        connection, status, _text(lines), flags, events=True,
        drop=settings.drop_slow if slow is None else is_dropping(slow),
        heartbeat=settings.heartbeat if heartbeat is None else seconds("heartbeat", heartbeat),
    )  # fmt: skip
    outlet.start()
    return Raw(outlet.push)


def join_channel(
    exchange: Value, channel: Value, status: int, lines: bytes, flags: int, heartbeat: Value = None
) -> bool:
    """Answer with the events of a channel; false when *channel* is none."""
    found = unwrap(channel, Channel)
    if not isinstance(found, Channel):
        return False
    connection = _checked(exchange)
    beat = connection.server.settings.heartbeat if heartbeat is None else seconds("heartbeat", heartbeat)
    outlet = _opened(connection, status, _text(lines), flags, events=True, heartbeat=beat)
    outlet.start()
    found.join(outlet)
    return True


def open_stream(exchange: Value, status: int, lines: bytes, flags: int, length: int | None = None) -> Raw:
    """Begin a response in pieces, whose head waits for the first; the raw function that writes to it."""
    return Raw(_opened(_checked(exchange), status, _text(lines), flags, length=length).push)


def end_stream(exchange: Value) -> None:
    """End the response that `open_events` or `open_stream` has begun."""
    connection = _checked(exchange)
    if connection.outlet is not None:
        connection.outlet.end()


def static_file(runtime: Runtime) -> tuple[str | None, str | None]:
    """The file that the request asks for in one of the server's folders, or else where to go first; nil for neither."""
    from assay_shell.runtime.builtins.http_server.files import file_in

    task = runtime.scheduler.current
    assert task is not None
    connection = _checked(task.context)
    place = connection.server.router.folder_of(connection.head.path)
    return file_in(*place) if place is not None else (None, None)


async def send_file(exchange: Value, path: str, status: int, lines: bytes, flags: int, typed: Value = None) -> object:
    """Answer with a file, or the part of it that is asked for; what to answer instead where that is not possible.

    Raises:
        BuiltinError: the file cannot be read.
    """
    from assay_shell.runtime.builtins.http_server.files import Delivery, OpenFile

    connection = _checked(exchange)
    try:
        file = OpenFile(path)
    except FileNotFoundError:
        return 404, "content-type: text/plain\r\n", "not found"
    with file:
        delivery = Delivery(file, connection.head, status, _text(lines), typed=bool(typed))
        if delivery.text is not None:
            return delivery.status, delivery.lines.encode("latin-1"), delivery.text, flags
        outlet = _opened(connection, delivery.status, delivery.lines, flags, length=delivery.part[1])
        await file.copy(delivery.part, outlet)
    return ()


def wants_websocket(exchange: Value) -> bool:
    """Whether the request is the handshake of a WebSocket."""
    return _checked(exchange).head.websocket


def accept_websocket(runtime: Runtime, exchange: Value, lines: bytes, response: Table) -> Raw | None:
    """Answer the handshake; the connection for the handler, None where the client was refused."""
    from assay_shell.runtime.builtins.http_server.websocket import accept

    return accept(runtime, _checked(exchange), _text(lines), response)


async def leave_websocket(exchange: Value, done: Value) -> None:
    """The handler has ended; *done* says whether well."""
    from assay_shell.runtime.builtins.http_server.websocket import leave

    await leave(_checked(exchange), done=bool(done))


def _opened(
    connection: Connection, status: int, lines: str, flags: int, *, length: int | None = None,
    events: bool = False, drop: bool = False, heartbeat: float = float("inf"),
) -> Outlet:  # fmt: skip
    """The response that *connection* is to send, without its first byte sent."""
    head, silent = connection.head, connection.head.method == b"HEAD" or without_body(status)
    chunked = length is None and not head.http10 and not silent
    framing = "transfer-encoding: chunked\r\n" if chunked else ""
    if length is not None and not without_body(status):
        framing = f"content-length: {length}\r\n"
    if length is None and not chunked and not silent:
        connection.must_close()
    outlet = Outlet(
        connection, status, connection.begin(status, lines, flags, framing), chunked=chunked,
        length=0 if silent else length, events=events, drop=drop, heartbeat=heartbeat,
    )  # fmt: skip
    connection.outlet = outlet
    if silent or connection.lost:
        outlet.end_silently()
    return outlet


def _text(lines: bytes) -> str:
    """Header lines in the VM's form: one character a byte."""
    return lines.decode("latin-1")


def _checked(value: object) -> Connection:
    assert isinstance(value, Connection)
    return value
