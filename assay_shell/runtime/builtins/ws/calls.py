"""The functions of the group; most of them are the methods of a connection too."""

from __future__ import annotations

from assay_shell.runtime.builtins.ws.connection import Connection, utf8_fault
from assay_shell.runtime.declare import read, write
from assay_shell.runtime.errors import BuiltinError, ConversionError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Raw, Table, Value
    from assay_shell.runtime.vm import Runtime

RECV = Options("ws.recv", timeout="float", binary="bool")
PING = Options("ws.ping", timeout="float", data="bytes")

_PONG_TIMEOUT = 20.0
_COMMANDS = frozenset(("exec", "attach", "portforward"))
"""Parts of addresses behind which a Kubernetes server or a node of it runs commands in pods, or connects to them."""


def functions() -> dict[str, Builtin]:
    """What takes a connection, by name, with its effect."""
    return {
        "send": write(send, target=_address),
        "send_binary": write(send_binary, target=_address),
        "recv": read(recv),
        "ping": read(ping),
        "status": read(status),
        "close": read(close),
    }


def effect_of_connect(url: str, _opts: Table | None) -> tuple[str, str]:
    """Connecting reads, except where a Kubernetes server runs a command for whoever connects."""
    from urllib.parse import unquote

    path = unquote(url.partition("#")[0].partition("?")[0]).lower()
    return "read" if _COMMANDS.isdisjoint(path.split("/")) else "write", url


async def connect(runtime: Runtime, url: str, opts: Table | None = None) -> Raw:
    """Open a connection to a `ws://` or `wss://` address and return it.

    Options: `headers` (table), `subprotocols` (list, the preferred first; the one agreed on is `conn.subprotocol`),
    `timeout` (seconds for connecting and the handshake, 30), `max_size` (bytes that a message may have, 64 MiB; 0 for
    no limit), `binary` (true: `recv` and iteration take messages of any bytes and also tell their kind), `compression`
    (true: offer deflate), `keepalive` (seconds between pings of our own; none unless given), `ca_cert`,
    `ca_cert_file`, `cert`, `key`, `cert_file`, `key_file` (PEM), `verify` (false: any certificate of the server will
    do), `server_name` (whom the certificate must name), `proxy` (URL, or true: from the environment; none unless
    given). Redirects are not followed.

    Example: `local conn <close> = ws.connect("wss://events.example/feed", { subprotocols = { "events.v1" } })`

    Raises:
        BuiltinError: `ws.connect: CAUSE`: the address makes no sense, nobody answers in time, the certificate is not
            trusted, or the server refuses (`HTTP error: 401 Unauthorized`; the error has `status` and `body`).
    """
    from assay_shell.runtime.builtins.ws.opening import open_connection

    conn = await open_connection(runtime, url, opts)
    fields = {"url": conn.url, "subprotocol": conn.subprotocol}
    call, closer = read(next_message), read(end)
    return runtime.handle(conn, "ws connection", functions(), call=call, close=closer, fields=fields)


async def send(conn: Value, message: bytes) -> None:
    """Send *message* as one text frame; a number is written as `tostring` does.

    It waits while the other side takes nothing more.

    Example: `ws.send(conn, json.encode({ subscribe = "deployments" }))`

    Raises:
        BuiltinError: the connection is closed or lost: `ws.send: CAUSE`.
        ConversionError: the message is not UTF-8.
    """
    opened = _opened("send", conn)
    try:
        message.decode()
    except UnicodeDecodeError as exc:
        raise ConversionError(f"bad argument #2: error converting Lua string to String ({utf8_fault(exc)})") from exc
    await opened.send("ws.send", message, text=True)


async def send_binary(conn: Value, data: bytes) -> None:
    """Send *data*, any bytes, as one binary frame.

    Example: `ws.send_binary(conn, fs.read("image.png"))`

    Raises:
        BuiltinError: the connection is closed or lost: `ws.send_binary: CAUSE`.
    """
    await _opened("send_binary", conn).send("ws.send_binary", data, text=False)


async def recv(runtime: Runtime, conn: Value, opts: Table | None = None) -> object:
    """Wait for the next message and return it whole; pings are answered meanwhile.

    With `timeout` (seconds) it returns nil when none came in time; without, it waits as long as it takes. With
    `binary = true`, here or at `ws.connect`, any bytes are taken, and a second result is `"text"` or `"binary"`.

    Example: `local event = json.parse(ws.recv(conn))`

    Raises:
        BuiltinError: `ws.recv: connection closed` (the error has `code` and `reason` of the other side),
            `ws.recv: invalid UTF-8: ...` for a binary message that is no text (the connection stays usable), or
            `ws.recv: CAUSE` when the connection is lost or the message is larger than `max_size`.
    """
    opened = _opened("recv", conn)
    given = RECV.read(runtime, opts)
    binary = given.get("binary", opened.binary)
    return _delivered(await opened.recv(_seconds("recv", given.get("timeout"))), binary=binary)


async def next_message(conn: Value) -> object:
    """Wait for the next message, for a `for` loop; nil when the other side has closed normally.

    Raises:
        BuiltinError: as `ws.recv`, also for a close with a code that tells of trouble.
    """
    opened = _opened("recv", conn)
    try:
        message = await opened.recv(None)
    except BuiltinError:
        if opened.ended_well:
            return None
        raise
    return _delivered(message, binary=opened.binary)


async def ping(runtime: Runtime, conn: Value, opts: Table | None = None) -> float | None:
    """Send a ping and return the seconds until its pong came; nil when none came within `timeout` seconds (20).

    `data` is what the ping carries, at most 125 bytes.

    Example: `local seconds = ws.ping(conn, { timeout = 2 })`

    Raises:
        BuiltinError: the connection is closed or lost, or the data is too long.
    """
    opened = _opened("ping", conn)
    given = PING.read(runtime, opts)
    data = given.get("data")
    if data is not None and len(data) > 125:
        raise BuiltinError("ws.ping", "data must have at most 125 bytes")
    return await opened.ping(data, _seconds("ping", given.get("timeout", _PONG_TIMEOUT)))


def status(conn: Value) -> dict[str, object]:
    """Return whether the connection is open and, once it is not, the close code and reason.

    *clean* says whether both sides have said goodbye; code 1006 stands for none at all, 1005 for a close without code.

    Example: `if not conn:status().open then log.warn(conn:status().reason) end`

    Raises:
        BuiltinError: the first argument is no connection.
    """
    return _opened("status", conn).status()


async def close(conn: Value, code: int = 1000, reason: str = "") -> None:
    """Say goodbye with *code* and *reason* (at most 123 bytes) and release the connection; again does nothing.

    It waits for the other side's goodbye, 2 seconds at most.

    Example: `ws.close(conn, 4001, "done here")`

    Raises:
        BuiltinError: code or reason cannot be sent.
    """
    await _opened("close", conn).close(code, reason)


def end(runtime: Runtime, conn: Value) -> object:
    """Close as `close` does at the end of a `<close>` variable, and at once where the task is being ended: an interrupt
    waits for nobody."""
    opened, task = _opened("close", conn), runtime.scheduler.current
    if task is not None and task.cancelled:
        opened.drop()
        return None
    return opened.close(1000, "")


def _opened(name: str, value: Value) -> Connection:
    found = unwrap(value, Connection)
    if not isinstance(found, Connection):
        raise BuiltinError(f"ws.{name}", "first argument must be a ws connection")
    return found


def _address(conn: Value, *_rest: object) -> str:
    found = unwrap(conn, Connection)
    return found.url if isinstance(found, Connection) else ""


def _delivered(message: str | bytes | None, *, binary: bool) -> object:
    """What a script gets for a message.

    Raises:
        BuiltinError: it is no text, and *binary* is not asked for.
    """
    if message is None:
        return None
    if binary:
        return (message, "text" if isinstance(message, str) else "binary")
    if isinstance(message, bytes):
        try:
            message.decode()
        except UnicodeDecodeError as exc:
            raise BuiltinError("ws.recv", f"invalid UTF-8: {utf8_fault(exc)}") from exc
    return message


def _seconds(name: str, value: float | None) -> float | None:
    if value is not None and not value >= 0:
        raise BuiltinError(f"ws.{name}", "timeout must not be negative or NaN")
    return None if value == float("inf") else value
