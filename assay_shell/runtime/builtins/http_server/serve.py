"""The functions that scripts call: a server, and channels that reach many clients at once."""

from __future__ import annotations

from assay_shell.runtime.declare import pure, read, write
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Stream, Table, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.builtins.http_server.channel import Channel
    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.builtins.http_server.settings import Settings
    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Raw, Value
    from assay_shell.runtime.vm import Runtime

BROADCAST = Options("http.broadcast", queue="int")


def functions() -> dict[str, Builtin]:
    """What this package adds to the group `http`."""
    return {"serve": write(serve, target=_target), "broadcast": pure(broadcast)}


async def serve(runtime: Runtime, port: Value, routes: Value, opts: Value = None) -> object:
    """Serve HTTP on *port* (0 picks a free one, which `_SERVER_PORT` then holds) and never return.

    `routes[METHOD][PATH]` is a function that gets a request and returns a response. Request: `method`, `path` (raw),
    `query`, `params`, `headers` (lower-case names), `body`. Response: `status` (200), `headers` (text, numbers, or
    lists of these), and one of `sse`, `stream`, `ws`, `file`, `json`, `body`. What has no route is answered with 404;
    an error in a handler with 500 and its text.

    - `json`: any value; `body`: text or bytes.
    - `sse = function(send)`: server-sent events, `send({ event, data, id, retry })`; it waits while 32 events wait for
      the client, or drops the client with `slow = "drop"`. Ends with the function; a client that leaves ends the
      function. `heartbeat` (seconds) sends comments into silence. `sse` may be a channel of `http.broadcast`.
    - `stream = function(write)`: a body in pieces; `write(data)` waits while the client takes nothing.
    - `ws = function(conn, req)`: a WebSocket, with the methods of `ws.connect`'s, whose errors have `left = true` where
      the client is gone (and are not logged); options beside it: `subprotocols`, `max_size` (bytes of a message,
      16 MiB), `origins`, `binary`.
    - `file = path`: a file, with ETag, Last-Modified and ranges.

    A route may be such a response instead of a function, or `{ handler = function, stream_body = true }`.

    Options: `host` ("0.0.0.0"), `unix_socket` (path), `cert`, `key`, `cert_file`, `key_file` (PEM: TLS);
    `patterns` (true: `/users/:id` and `/files/*` capture into `req.path_params`), `method_not_allowed` (true: 405 with
    Allow), `middleware` (`function(req, next)` or a list of these, around every request), `static` (a folder, or path
    prefix -> folder); `stream_body` (true: handlers read the body with `req:read()` or `req:chunks()`), `max_body`
    (bytes; 10 MiB with an options table, 0 for no limit), `max_head` (64 KiB), `max_headers` (100);
    `head_timeout` (30 s), `body_timeout` (30 s between two pieces), `idle_timeout` (120 s), `write_timeout` (60 s
    without progress); `heartbeat`, `slow` (for all event streams), `ping` (20 s, WebSockets); `access_log` (true, or a
    function that gets a table), `request_id` (true or a header name: `req.id`, sent back); `background` (true: return
    a handle with `url`, `port` and `stop`), `grace` (10 s), `workers` (processes that share the port; each runs the
    script from its beginning).

    SIGTERM, Ctrl-C and `stop` end it gently: nothing more is accepted, requests get `grace` seconds, event streams one
    second, WebSockets a close frame.

    Example: `http.serve(8080, { GET = { ["/health"] = function(req) return { json = { ok = true } } end } })`

    Raises:
        BuiltinError: an argument or option makes no sense, or `http.serve: bind failed: REASON`.
        ConversionError: the routes do not have the right shape.
    """
    if isinstance(port, bool) or not isinstance(port, int | None):
        port = None
    elif port is None and isinstance(opts, Table) and opts.get("unix_socket") is not None:
        port = 0
    if port is None:
        raise BuiltinError("http.serve", "first argument must be a port number")
    if not isinstance(routes, Table):
        raise BuiltinError("http.serve", "second argument must be a routes table")
    from assay_shell.runtime.builtins.http_server.settings import read_settings

    settings = read_settings(runtime, opts if isinstance(opts, Table) else None)
    server = await _started(runtime, port % 65536, routes, settings)
    if settings.background:
        return _handle(runtime, server)
    await _until_stopped(runtime, server)
    return None


async def _started(runtime: Runtime, port: int, routes: Table, settings: Settings) -> Server:
    from assay_shell.runtime.builtins.http_server.listening import listen
    from assay_shell.runtime.builtins.http_server.routes import Router
    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.builtins.http_server.workers import Workers

    router = Router(routes, settings, lua_side(runtime))
    workers = Workers.wanted(runtime, settings.workers)
    place = listen(workers.port or port, settings, shared=workers.count > 1)
    server = Server(runtime, settings, router, place)
    await server.start()
    if place.path is None:
        runtime.globals["_SERVER_PORT"] = place.port
        runtime.resources.setdefault("ports served", []).append(place.port)
    _end_with(runtime, server)
    try:
        workers.start(server)
    except BuiltinError:
        server.abandon()
        raise
    return server


def _end_with(runtime: Runtime, server: Server) -> None:
    """Stop the server with the runtime: gently when somebody has asked for its end."""

    async def prepare() -> None:
        if runtime.signalled:
            await server.stop(server.settings.grace)

    def forget(_: object) -> None:
        runtime.keep_open(server.abandon)
        if prepare in runtime.scheduler.before_end:
            runtime.scheduler.before_end.remove(prepare)

    runtime.scheduler.before_end.append(prepare)
    runtime.on_close(server.abandon)
    server.stopped.add_done_callback(forget)


async def _until_stopped(runtime: Runtime, server: Server) -> None:
    from asyncio import CancelledError, shield

    try:
        await shield(server.stopped)
    except CancelledError:
        await server.stop(server.settings.grace if runtime.signalled else 0.0)
        raise


def _target(port: Value, _routes: Value, opts: Value = None) -> str:
    given = opts if isinstance(opts, Table) else None
    path = given.get("unix_socket") if given is not None else None
    host = (given.get("host") if given is not None else None) or "0.0.0.0"
    return f"unix:{path}" if path is not None else f"{host}:{port}"


# Handles ---------------------------------------------------------------------------------------------------


def _handle(runtime: Runtime, server: Server) -> Raw:
    methods = {"stop": write(stop, target=_url_of)}
    fields = {"url": server.place.url, "port": server.place.port}
    return runtime.handle(server, "http server", methods, close=write(close_server, target=_url_of), fields=fields)


def _url_of(server: Server, *_rest: object) -> str:
    return server.place.url


async def stop(server: Server, grace: float | None = None) -> None:
    """Stop the server; requests under way get *grace* seconds, else those of its options.

    Example: `server:stop(5)`
    """
    if grace is not None and not grace >= 0:
        raise BuiltinError("http server:stop", "grace must not be negative or NaN")
    await server.stop(server.settings.grace if grace is None else grace)


async def close_server(server: Server) -> None:
    """Stop the server, as `stop` does."""
    await server.stop(server.settings.grace)


# Channels --------------------------------------------------------------------------------------------------


def broadcast(runtime: Runtime, opts: Table | None = None) -> Raw:
    """Return a channel: `publish(event)` reaches every event stream and subscriber that has joined it.

    Answer with `{ sse = channel }` to let a client join; `for event in channel:subscribe() do` follows it in the
    script. Events are tables as `send` takes them and are encoded once for all. Whoever has `queue` (32) events
    waiting is dropped: a client's connection ends, a subscriber's loop ends with an error.

    Example: `local news = http.broadcast() news:publish({ event = "deploy", data = "web 1.4" })`

    Raises:
        BuiltinError: an option makes no sense.
    """
    from assay_shell.runtime.builtins.http_server.channel import Channel

    most = BROADCAST.read(runtime, opts).get("queue", 32)
    if most < 1:
        raise BuiltinError("http.broadcast", "queue must be a positive number of events")
    methods = {
        "publish": read(publish), "subscribe": read(subscribe), "count": read(count), "close": read(close_channel),
    }  # fmt: skip
    channel = Channel(most)
    runtime.on_close(channel.close)
    return runtime.handle(channel, "http channel", methods, close=read(close_channel))


def publish(runtime: Runtime, channel: Channel, event: Table) -> int:
    """Send *event* to everybody who has joined and return how many that were.

    Example: `news:publish({ event = "deploy", data = "web 1.4" })`
    """
    if channel.closed:
        raise BuiltinError("http channel:publish", "the channel is closed")
    answer = lua_side(runtime)["event_text"](event.raw)
    if isinstance(answer, tuple):
        raise BuiltinError(None, from_raw(answer[1]))
    plain = {name: event.get(name) for name in ("event", "data", "id", "retry")}
    return channel.publish(answer, {name: value for name, value in plain.items() if value is not None})


def subscribe(channel: Channel) -> Stream:
    """Return an iterator over the events that are published from now on; it ends when the channel is closed.

    Example: `for event in news:subscribe() do print(event.event, event.data) end`
    """
    subscriber = channel.subscribe()
    return Stream(subscriber.events(), close=subscriber.close, name="http events")


def count(channel: Channel) -> int:
    """Return how many clients and subscribers have joined.

    Example: `print(news:count())`
    """
    return len(channel)


def close_channel(channel: Channel) -> None:
    """End all streams of the channel; a second call does nothing.

    Example: `news:close()`
    """
    channel.close()


# The Lua side ----------------------------------------------------------------------------------------------


def lua_side(runtime: Runtime) -> dict[str, Any]:
    """What `lua/http_server.lua` made for this VM."""
    found: dict[str, Any] | None = runtime.resources.get("http server")
    if found is None:
        from assay_shell.runtime.builtins.http_server.exchange import lend_helpers
        from assay_shell.runtime.builtins.json import lua_encoder

        lend_helpers(runtime)
        found = {str(name): value for name, value in runtime.include("http_server").items()}
        found["use"](lua_encoder(runtime))
        runtime.resources["http server"] = found
    return found
