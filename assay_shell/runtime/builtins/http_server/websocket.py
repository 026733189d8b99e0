"""WebSocket routes: the handshake, and the connection that the handler gets."""

from __future__ import annotations

from assay_shell.runtime.builtins.http_server.lines import CLOSE
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from logging import Logger
    from typing import Any

    from websockets.http11 import Response
    from websockets.server import ServerProtocol

    from assay_shell.runtime.builtins.http_server.connection import Connection
    from assay_shell.runtime.builtins.ws.connection import Connection as WebSocket
    from assay_shell.runtime.values import Raw, Value
    from assay_shell.runtime.vm import Runtime

_MAX_SIZE = 16 << 20
_CLOSE_TIMEOUT = 2.0
_INTERNAL_ERROR = 1011


def accept(runtime: Runtime, connection: Connection, lines: str, response: Table) -> Raw | None:
    """Answer the handshake on *connection*; the handle for the script, None where the client was refused.

    Raises:
        BuiltinError: an option of the route makes no sense.
    """
    protocol = _protocol(response)
    protocol.receive_data(connection.head.raw)
    (request,) = protocol.events_received()
    reply = protocol.accept(request)  # type: ignore[arg-type]  # the first event is always the request
    if reply.status_code != 101:
        _refuse(connection, reply)
        return None
    for line in filter(None, lines.split("\r\n")):
        name, _, value = line.partition(": ")
        reply.headers[name] = value
    protocol.send_response(reply)
    websocket = _open(connection, protocol, binary=bool(response.get("binary")))
    connection.server.websockets[websocket] = connection
    return _handle(runtime, websocket)


async def leave(connection: Connection, *, done: bool) -> None:
    """Close the WebSocket of a handler that has ended; *done* says whether well."""
    from asyncio import CancelledError

    server = connection.server
    websocket: WebSocket = next(ws for ws, owner in server.websockets.items() if owner is connection)
    try:
        await websocket.close(1000 if done else _INTERNAL_ERROR, "")
    except CancelledError:
        raise
    finally:
        server.websockets.pop(websocket, None)
        server.note_progress()


def _handle(runtime: Runtime, websocket: WebSocket) -> Raw:
    """The same kind of connection that `ws.connect` gives."""
    from assay_shell.runtime.builtins.ws.calls import close, functions, next_message
    from assay_shell.runtime.declare import read

    fields = {"url": websocket.url, "subprotocol": websocket.subprotocol}
    call, closer = read(next_message), read(close)
    return runtime.handle(websocket, "ws connection", functions(), call=call, close=closer, fields=fields)


def _protocol(response: Table) -> ServerProtocol:
    from websockets.server import ServerProtocol

    names = _names("subprotocols", response.get("subprotocols"))
    origins: Any = _names("origins", response.get("origins"))
    max_size = response.get("max_size")
    if max_size is not None and (type(max_size) is not int or max_size < 0):
        raise BuiltinError("http.serve", "max_size must be a number of bytes")

    def select(protocol: ServerProtocol, offered: Any) -> Any:
        """Ours are in order of preference; a client that speaks none of them gets none."""
        return next((name for name in names or () if name in offered), None)

    return ServerProtocol(
        origins=origins,
        subprotocols=names,
        select_subprotocol=select,
        max_size=_MAX_SIZE if max_size is None else max_size or None,
        logger=_silent_logger(),
    )


def _names(option: str, value: Value) -> list[Any] | None:
    found = [value.get(index) for index in range(1, value.length() + 1)] if isinstance(value, Table) else [value]
    if value is None:
        return None
    if not all(isinstance(name, str) for name in found):
        raise BuiltinError("http.serve", f"{option} must be a list of names")
    return found


def _silent_logger() -> Logger:
    """What goes wrong on a connection is told to its handler, not to standard error."""
    from logging import CRITICAL, Logger

    return Logger("websockets", CRITICAL + 1)


def _refuse(connection: Connection, reply: Response) -> None:
    skipped = ("date", "connection", "content-length")
    lines = "".join(
        f"{name.lower()}: {value}\r\n" for name, value in reply.headers.raw_items() if name.lower() not in skipped
    )
    connection.respond(reply.status_code, lines, (reply.body or b"").decode("latin-1"), CLOSE)


def _open(connection: Connection, protocol: ServerProtocol, *, binary: bool) -> WebSocket:
    """Hand the transport over to a connection of the WebSocket library."""
    from asyncio import Lock

    from assay_shell.runtime.builtins.ws.connection import Connection as WebSocket
    from assay_shell.runtime.builtins.ws.wire import Wire

    ping = connection.server.settings.ping
    interval = None if ping == float("inf") else ping
    patience = min(_CLOSE_TIMEOUT, ping)  # whoever answers no ping says no goodbye either
    wire: Any = Wire(protocol, ping_interval=interval, ping_timeout=interval, close_timeout=patience)
    transport = connection.transport
    transport.set_protocol(wire)
    wire.connection_made(transport)
    transport.writelines(protocol.data_to_send())
    wire.start_keepalive()
    connection.hand_over(wire)
    max_size: Any = protocol.max_message_size
    return WebSocket(wire, Lock(), url=connection.url, binary=binary, max_size=max_size)
