"""`http.client` and the methods of what it makes."""

from __future__ import annotations

from assay_shell.runtime.builtins.http import calls
from assay_shell.runtime.builtins.http.client import bare, client_of, filled, http_of
from assay_shell.runtime.builtins.http.download import save
from assay_shell.runtime.builtins.http.events import open_events
from assay_shell.runtime.builtins.http.settings import client_settings, read_options
from assay_shell.runtime.builtins.http.stream import open_stream
from assay_shell.runtime.declare import depends, read, write
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Raw, Stream, Value
    from assay_shell.runtime.vm import Runtime


def make_client(runtime: Runtime, opts: Value = None) -> Raw:
    """Return a client: an object with the request functions as methods, whose options hold for each request.

    Options as for `http.get`, and `cookies` (true: keep what servers set, and send it back). `headers` are sent with
    every request unless it sets them itself. Methods are called with a colon.

    Example: `local c = http.client({ ca_cert_file = "/ca.pem", bearer = "t0ken", retries = 2 })`

    Raises:
        BuiltinError: an option makes no sense, a file cannot be read, a certificate is broken.
    """
    given = read_options(runtime, "client", opts if isinstance(opts, Table) else None)
    settings = client_settings(runtime, given)
    client = http_of(runtime).client(settings, cookies=given.get("cookies", False))
    if settings.wire.roots or settings.wire.identity or settings.wire.proxy:
        client.engine("http.client", settings.wire)  # says now what is wrong with them
    return runtime.handle(client, "http client", methods())


def methods() -> dict[str, Builtin]:
    """The methods by name, with their effects."""
    return {
        "get": read(get, target=_to("GET")),
        "head": read(head, target=_to("HEAD")),
        "options": read(options, target=_to("OPTIONS")),
        "delete": write(delete, target=_to("DELETE")),
        "post": write(post, target=_to("POST")),
        "put": write(put, target=_to("PUT")),
        "patch": write(patch, target=_to("PATCH")),
        "request": depends(request, lambda _, *values: calls.effect_of_request(*values)),
        "download": write(download, target=lambda _, *values: calls.target_of_download(*values)),
        "stream": depends(stream, lambda _, *values: calls.effect_of_stream(*values)),
        "events": depends(events, lambda _, *values: calls.effect_of_stream(*values)),
    }


def _to(method: str) -> Callable[..., str]:
    return lambda _, url, *_rest: f"{method} {url}"


async def get(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Raw:
    """Send a GET request with the settings of this client; as `http.get`."""
    return await bare(runtime, client_of(client), "get", "GET", url, opts)


async def head(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Raw:
    """Send a HEAD request with the settings of this client; as `http.head`."""
    return await bare(runtime, client_of(client), "head", "HEAD", url, opts)


async def options(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Raw:
    """Send an OPTIONS request with the settings of this client; as `http.options`."""
    return await bare(runtime, client_of(client), "options", "OPTIONS", url, opts)


async def delete(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Raw:
    """Send a DELETE request with the settings of this client; as `http.delete`."""
    return await bare(runtime, client_of(client), "delete", "DELETE", url, opts)


async def post(runtime: Runtime, client: Value, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a POST request with the settings of this client; as `http.post`."""
    return await filled(runtime, client_of(client), "POST", url, body, opts)


async def put(runtime: Runtime, client: Value, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a PUT request with the settings of this client; as `http.put`."""
    return await filled(runtime, client_of(client), "PUT", url, body, opts)


async def patch(runtime: Runtime, client: Value, url: Value, body: Value = None, opts: Value = None) -> Raw:
    """Send a PATCH request with the settings of this client; as `http.patch`."""
    return await filled(runtime, client_of(client), "PATCH", url, body, opts)


async def request(runtime: Runtime, client: Value, method: Value, url: Value, opts: Value = None) -> Raw:
    """Send a request with any method and the settings of this client; as `http.request`."""
    return await calls.any_method(runtime, client_of(client), method, url, opts)


async def download(runtime: Runtime, client: Value, url: Value, path: str, opts: Value = None) -> dict[str, object]:
    """Save what *url* gives in a file, with the settings of this client; as `http.download`."""
    return await save(runtime, client_of(client), url, path, opts)


async def stream(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Stream:
    """Iterate over a body with the settings of this client; as `http.stream`."""
    return await open_stream(runtime, client_of(client), url, opts)


async def events(runtime: Runtime, client: Value, url: Value, opts: Value = None) -> Stream:
    """Iterate over server-sent events with the settings of this client; as `http.events`."""
    return await open_events(runtime, client_of(client), url, opts)
