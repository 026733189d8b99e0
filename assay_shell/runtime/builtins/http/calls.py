"""The request functions of the group."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.client import (
    Client,
    bare,
    client_of,
    filled,
    http_of,
    options_of,
    perform,
    url_of,
)
from assay_shell.runtime.builtins.http.download import save
from assay_shell.runtime.builtins.http.events import open_events
from assay_shell.runtime.builtins.http.settings import read_options
from assay_shell.runtime.builtins.http.stream import open_stream
from assay_shell.runtime.declare import depends, read, write
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Raw, Stream, Value
    from assay_shell.runtime.vm import Runtime

_READING = frozenset(("GET", "HEAD", "OPTIONS"))


def functions() -> dict[str, Builtin]:
    """The functions by name, with their effects."""
    return {
        "get": read(get, target=_to("GET")),
        "head": read(head, target=_to("HEAD")),
        "options": read(options, target=_to("OPTIONS")),
        "delete": write(delete, target=_to("DELETE")),
        "post": write(post, target=_to("POST")),
        "put": write(put, target=_to("PUT")),
        "patch": write(patch, target=_to("PATCH")),
        "request": depends(request, effect_of_request),
        "download": write(download, target=target_of_download),
        "stream": depends(stream, effect_of_stream),
        "events": depends(events, effect_of_stream),
    }


def _to(method: str) -> Callable[..., str]:
    return lambda url, *_: f"{method} {url}"


def effect_of_request(method: Value, url: Value, _opts: Value) -> tuple[str, str]:
    """GET, HEAD and OPTIONS read, everything else writes."""
    verb = str(method).upper()
    return "read" if verb in _READING else "write", f"{verb} {url}"


def effect_of_stream(url: Value, opts: Value) -> tuple[str, str]:
    """A stream reads unless its `method` says otherwise."""
    method = opts.get("method") if isinstance(opts, Table) else None
    return effect_of_request(method or "GET", url, opts)


def target_of_download(url: Value, path: str, _opts: Value) -> str:
    """Both ends."""
    return f"{path} from {url}"


async def get(runtime: Runtime, url: Value, opts: Value = None) -> Raw:
    """Send a GET request and return `{status, body, headers}`, whatever the status is.

    Header names are in lower case; of a repeated header the last value counts, `resp:header_values(name)` gives all.
    `resp:json()` reads the body as JSON. Options: `headers`, `params` (query table, lists repeat), `auth`
    (`"user:password"` or `{user, password}`), `bearer`, `timeout` (seconds for everything, 30), `connect_timeout`,
    `read_timeout` (seconds), `retries` (a number, or `{count, backoff, max_wait, statuses, unsafe}`),
    `follow_redirects` (true), `max_redirects` (10), `decompress` (false), `max_body` (bytes, 256 MiB), `http2`,
    `proxy` (URL, or false; else from the environment), `ca_cert`, `ca_cert_file`, `cert`, `key`, `cert_file`,
    `key_file`, `verify` (false: any certificate of a server will do), `server_name` (whom the certificate must name),
    `unix_socket` (path).

    Example: `http.get("http://127.0.0.1:8080/health", { params = { full = true }, timeout = 5 }).status`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await bare(runtime, http_of(runtime).shared, "get", "GET", url, opts)


async def head(runtime: Runtime, url: Value, opts: Value = None) -> Raw:
    """Send a HEAD request and return `{status, body = "", headers}`; options as for `http.get`.

    Example: `http.head("http://127.0.0.1:8080/big.iso").headers["content-length"]`

    Raises:
        BuiltinError: an argument is wrong, or no answer came.
    """
    return await bare(runtime, http_of(runtime).shared, "head", "HEAD", url, opts)


async def options(runtime: Runtime, url: Value, opts: Value = None) -> Raw:
    """Send an OPTIONS request and return `{status, body, headers}`; options as for `http.get`.

    Example: `http.options("http://127.0.0.1:8080/").headers.allow`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await bare(runtime, http_of(runtime).shared, "options", "OPTIONS", url, opts)


async def delete(runtime: Runtime, url: Value, opts: Value = None) -> Raw:
    """Send a DELETE request and return `{status, body, headers}`; options as for `http.get`.

    Example: `http.delete("http://127.0.0.1:8080/items/7")`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await bare(runtime, http_of(runtime).shared, "delete", "DELETE", url, opts)


async def post(runtime: Runtime, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a POST request and return `{status, body, headers}`.

    A string is sent as it is, a table as JSON (`{}` as `[]`); a Content-Type header of your own replaces the automatic
    one. Options as for `http.get`, and instead of a body `form` (a table, sent URL-encoded) or `multipart`
    (name -> text, or `{data | path, filename, content_type}`).

    Example: `http.post("http://127.0.0.1:8080/items", { name = "disk" }).status`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await filled(runtime, http_of(runtime).shared, "POST", url, body, opts)


async def put(runtime: Runtime, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a PUT request and return `{status, body, headers}`; body and options as for `http.post`.

    Example: `http.put("http://127.0.0.1:8080/items/7", { name = "disk" })`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await filled(runtime, http_of(runtime).shared, "PUT", url, body, opts)


async def patch(runtime: Runtime, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a PATCH request and return `{status, body, headers}`; body and options as for `http.post`.

    Example: `http.patch("http://127.0.0.1:8080/items/7", { name = "disk" })`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await filled(runtime, http_of(runtime).shared, "PATCH", url, body, opts)


async def request(runtime: Runtime, method: Value, url: Value, opts: Value = None) -> Raw:
    """Send a request with any method and return `{status, body, headers}`; options as for `http.post`, and `body`.

    GET, HEAD and OPTIONS count as reading, every other method as writing.

    Example: `http.request("PROPFIND", "http://127.0.0.1:8080/dav/", { headers = { Depth = 1 } })`

    Raises:
        BuiltinError: an argument is wrong, no answer came, or its body broke off.
    """
    return await any_method(runtime, http_of(runtime).shared, method, url, opts)


async def any_method(runtime: Runtime, client: Client, method: Value, url: Value, opts: Value) -> Raw:
    """The work of `request`, for any client."""
    if not isinstance(method, str):
        raise BuiltinError("http.request", "first argument must be a method string")
    if not isinstance(url, str):
        raise BuiltinError("http.request", "second argument must be a URL string")
    given = options_of(runtime, "request", opts, "third")
    return await perform(runtime, client, "request", method.upper(), url, given.get("body"), given)


async def declared_request(runtime: Runtime, client: Value, method: str, url: Value, opts: Value = None) -> Raw:
    """`http.request` for modules that are part of the package: *opts* may hold `_effect`.

    That is how they declare a POST that only reads (a query, a login). It is lent to the core's Lua files and is in
    no table that scripts can reach, since it would get them around read-only mode. *client* may be nil.

    Raises:
        BuiltinError: as `request`; in the texts it is called by the method, as `http.post`.
    """
    used = http_of(runtime).shared if client is None else client_of(client)
    name = method.lower()
    address = url_of(name, url)
    given = read_options(runtime, "declared", opts if isinstance(opts, Table) else None)
    return await perform(runtime, used, name, method.upper(), address, given.get("body"), given)


def effect_of_declared(_client: Value, method: Value, url: Value, opts: Value) -> tuple[str, str]:
    """What the caller says in `_effect`, else what the method says."""
    effect, target = effect_of_request(method, url, opts)
    declared = opts.get("_effect") if isinstance(opts, Table) else None
    return "read" if declared == "read" else effect, target


async def download(runtime: Runtime, url: Value, path: str, opts: Value = None) -> dict[str, object]:
    """Save what *url* gives in the file *path* and return `{status, headers, path, size, resumed}`.

    The file appears when it is complete; parent directories are made. Options as for `http.request`, and `progress`
    (`function(done, total)`, in bytes; total is nil where the server does not tell), `resume` (keep what has arrived
    in `PATH.part` when it breaks off, and go on from there next time). `timeout` is endless and `read_timeout` 30
    seconds unless given; there is no `max_body` unless given.

    Example: `http.download("http://127.0.0.1:8080/big.iso", "big.iso", { resume = true }).size`

    Raises:
        BuiltinError: an argument is wrong, the status is not 2xx, the body broke off, or the file cannot be written.
    """
    return await save(runtime, http_of(runtime).shared, url, path, opts)


async def stream(runtime: Runtime, url: Value, opts: Value = None) -> Stream:
    """Open *url* and return an iterator over its body: chunks as they arrive, or lines with `lines = true`.

    Lines come without their ending. Options as for `http.request`, and `method`. `timeout` is the seconds for the head
    of the answer (30), and for everything if it is given here; `read_timeout` limits each silence.

    Example: `for line in http.stream("http://127.0.0.1:8080/log", { lines = true }) do print(line) end`

    Raises:
        BuiltinError: an argument is wrong, no answer came, its status is 400 or above, or its body broke off.
    """
    return await open_stream(runtime, http_of(runtime).shared, url, opts)


async def events(runtime: Runtime, url: Value, opts: Value = None) -> Stream:
    """Open a server-sent event stream and return an iterator over its events, `{event, data, id, retry}`.

    `id` is the last one the server set, `retry` the milliseconds that came with this event; both may be nil. When the
    connection ends it is made again, with `Last-Event-ID`, after the server's `retry` (1 second at first) and twice as
    long after each failure, 30 seconds at most; status 204 ends the iteration. Options as for `http.stream`, and
    `reconnect` (true; false, or how many failures in a row are borne), `last_event_id`.

    Example: `for ev in http.events("http://127.0.0.1:8080/events") do print(ev.event, ev.data) end`

    Raises:
        BuiltinError: an argument is wrong, the first connection fails, or the answer is not an event stream.
    """
    return await open_events(runtime, http_of(runtime).shared, url, opts)
