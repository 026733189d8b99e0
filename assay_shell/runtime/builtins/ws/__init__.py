"""WebSockets from the caller's side.

@module ws
@description WebSocket: connect, send, recv, close
@keywords ws, websocket, connection, message, streaming, realtime, socket
@quickref ws.connect(url, opts?) -> conn | Open a connection; opts: {headers, subprotocols, timeout, max_size, ...}
@quickref ws.send(conn, message) -> nil | Send a text message
@quickref ws.send_binary(conn, data) -> nil | Send a binary message: any bytes
@quickref ws.recv(conn, opts?) -> str|nil | Wait for the next message; opts: {timeout, binary}
@quickref ws.ping(conn, opts?) -> number|nil | Seconds until the pong came; opts: {timeout, data}
@quickref ws.status(conn) -> {open, code, reason, clean} | Whether the connection is open, and how it was closed
@quickref ws.close(conn, code?, reason?) -> nil | Close the connection; harmless when it is closed
@quickref conn:send(message) -> nil | As ws.send
@quickref conn:send_binary(data) -> nil | As ws.send_binary
@quickref conn:recv(opts?) -> str|nil | As ws.recv; `for message in conn do` goes on until the other side closes
@quickref conn:ping(opts?) -> number|nil | As ws.ping
@quickref conn:status() -> {open, code, reason, clean} | As ws.status
@quickref conn:close(code?, reason?) -> nil | As ws.close; `local conn <close>` does it by itself
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    from assay_shell.runtime.builtins.ws.calls import connect, effect_of_connect, functions
    from assay_shell.runtime.declare import depends

    runtime.define("ws", {"connect": depends(connect, effect_of_connect), **functions()})
