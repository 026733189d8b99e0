"""Clients: settings and the connections that go with them. The plain functions of `http` share one."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.content import content_of, with_params
from assay_shell.runtime.builtins.http.engine import BadRequest, make_engine
from assay_shell.runtime.builtins.http.exchange import make_call, transfer, whole
from assay_shell.runtime.builtins.http.settings import Settings, headers_from, read_options, settings_from
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Raw, Table, unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.builtins.http.engine import Engine, Headers, Jar, Reply, Wire
    from assay_shell.runtime.builtins.http.exchange import Call
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_MOST_ENGINES = 32
"""So many pools of connections are kept; the one that was made first goes when there are more."""


class Pools:
    """Engines by their wires; requests with equal wires share connections."""

    def __init__(self, *, cookies: bool = False) -> None:
        self._jar: Jar | None = {} if cookies else None
        self._engines: dict[tuple[object, ...], Engine] = {}
        self._last: tuple[Wire, Engine] | None = None

    def engine(self, wire: Wire) -> Engine:
        """The engine for *wire*.

        Raises:
            BadRequest: its certificates or proxy are unusable.
        """
        if self._last is not None and self._last[0] is wire:
            return self._last[1]
        key = wire.key()
        engine = self._engines.get(key)
        if engine is None:
            while len(self._engines) >= _MOST_ENGINES:  # requests that are on their way keep theirs alive
                self._engines.pop(next(iter(self._engines)))
            engine = self._engines[key] = make_engine(wire, self._jar)
        self._last = (wire, engine)
        return engine

    async def close(self) -> None:
        """Close all connections."""
        engines, self._engines, self._last = list(self._engines.values()), {}, None
        for engine in engines:
            await engine.close()


class Client:
    """What `http.client` makes: settings, and connections that are shared unless it keeps cookies."""

    __slots__ = ("__weakref__", "pools", "settings")

    def __init__(self, pools: Pools, settings: Settings) -> None:
        self.pools = pools
        self.settings = settings

    def engine(self, where: str, wire: Wire) -> Engine:
        """The engine for *wire*.

        Raises:
            BuiltinError: it cannot be made.
        """
        try:
            return self.pools.engine(wire)
        except BadRequest as exc:
            raise BuiltinError(where, f"failed to build client: {exc.cause}") from exc


class ResponseTable(Raw):
    """A response as Lua gets it, and the parts that it was made of."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, table: Any, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(table)
        self.status, self.headers, self.body = status, headers, body


class Http:
    """What the group keeps for one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        from weakref import WeakSet

        self.shared = Client(Pools(), Settings())
        self._separate: WeakSet[Pools] = WeakSet()
        self._lua = runtime.lua
        self._border = runtime.border
        self._make = runtime.include("http")(runtime.driver["group"]("json"))
        runtime.on_close(self.close)

    def client(self, settings: Settings, *, cookies: bool) -> Client:
        """A client; one that keeps cookies gets connections of its own."""
        if not cookies:
            return Client(self.shared.pools, settings)
        pools = Pools(cookies=True)
        self._separate.add(pools)
        return Client(pools, settings)

    def response(self, reply: Reply) -> Raw:
        """The response table of *reply*."""
        return self.response_of(reply.status, reply.headers, reply.body)

    def response_of(self, status: int, headers: Headers, body: bytes) -> ResponseTable:
        """The response table of its parts."""
        fields = dict(headers)
        several = None if len(fields) == len(headers) else self._repeated(headers)
        self._border.reserve(len(body) + 4096)
        table = self._make(status, body, self._lua.table_from(fields), several)
        return ResponseTable(table, status, headers, body)

    def _repeated(self, headers: Headers) -> Any:
        values: dict[str, list[str]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        several = {name: found for name, found in values.items() if len(found) > 1}
        return self._lua.table_from(several, recursive=True)

    async def close(self) -> None:
        """Close all connections of this runtime."""
        for pools in (self.shared.pools, *self._separate):
            await pools.close()


def http_of(runtime: Runtime) -> Http:
    """The state of the group in *runtime*."""
    found: Http | None = runtime.resources.get("http")
    if found is None:
        found = runtime.resources["http"] = Http(runtime)
    return found


def client_of(value: Value) -> Client:
    """The client that a method was called on.

    Raises:
        BuiltinError: it is none, as after a call with a dot.
    """
    client: Client | None = unwrap(value, Client)
    if client is None:
        raise BuiltinError("http._client_request", "first arg must be an http client")
    return client


async def bare(runtime: Runtime, client: Client, name: str, method: str, url: Value, opts: Value) -> Raw:
    """A request without a body.

    Raises:
        BuiltinError: an argument has the wrong type, or the request failed.
    """
    address = url_of(name, url)
    return await perform(runtime, client, name, method, address, None, options_of(runtime, name, opts, "second"))


async def filled(runtime: Runtime, client: Client, method: str, url: Value, body: Value, opts: Value) -> Raw:
    """A request with a body, by the function that is named like *method*.

    Raises:
        BuiltinError: an argument has the wrong type, or the request failed.
    """
    name = method.lower()
    address = url_of(name, url)
    if body is not None and not isinstance(body, str | Table):
        raise BuiltinError(f"http.{name}", "second argument must be a string, table, or nil")
    return await perform(runtime, client, name, method, address, body, options_of(runtime, name, opts, "third"))


async def perform(
    runtime: Runtime, client: Client, name: str, method: str, url: str, body: Value, given: dict[str, Any]
) -> Raw:
    """Send a request that is known to make sense and answer its response table."""
    call = prepared(runtime, client, f"http.{name}", method, url, body, given)
    answer, _ = await transfer(f"http.{name}", call, whole)
    return http_of(runtime).response(answer)  # type: ignore[arg-type]  # `whole` gives nothing else


def prepared(
    runtime: Runtime, client: Client, where: str, method: str, url: str, body: Value, given: dict[str, Any]
) -> Call:
    """The request that arguments and options describe.

    Raises:
        BuiltinError: they do not fit together.
    """
    if not given:
        settings, headers = client.settings, {}
    else:
        settings = settings_from(runtime, where, given, client.settings)
        headers = headers_from(runtime, given.get("headers"))
        if "params" in given:
            url = with_params(where, url, given["params"])
    content, kind = content_of(runtime, where, body, given, "body must be a string, table, or nil")
    call = make_call(client.engine(where, settings.wire), settings, method, url, headers, content, kind)
    if "upgrade" in call.headers:
        _refuse_unseen(runtime, where, call)
    return call


def _refuse_unseen(runtime: Runtime, where: str, call: Call) -> None:
    """Refuse to ask for another protocol where writes are refused or asked about: with it a server may run commands."""
    guard = runtime.guard
    if guard.readonly or guard.approve is not None:
        from assay_shell.runtime.guard import ReadOnlyError

        target = runtime.redactor.text(f"{call.method} {call.url}")
        raise ReadOnlyError("readonly", f"{where} blocked ({target} with an Upgrade header)")


def url_of(name: str, value: Value) -> str:
    """The address that was given to `http.NAME`.

    Raises:
        BuiltinError: it is not a string.
    """
    if not isinstance(value, str):
        raise BuiltinError(f"http.{name}", "first argument must be a URL string")
    return value


def options_of(runtime: Runtime, name: str, value: Value, position: str) -> dict[str, Any]:
    """The options that were given to `http.NAME` as its argument at *position*.

    Raises:
        BuiltinError: it is neither table nor nil, or (under `--strict`) has an unknown key.
        ConversionError: an option has the wrong type.
    """
    if value is None:
        return {}
    if not isinstance(value, Table):
        raise BuiltinError(f"http.{name}", f"{position} argument must be a table or nil")
    return read_options(runtime, name, value)
