"""HTTP from the caller's side.

@module http
@description HTTP client and server: get, post, put, patch, delete, serve
@keywords http, client, server, request, response, headers, endpoint, api, webhook, rest
@env HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE
@quickref http.get(url, opts?) -> {status, body, headers} | GET; opts: {headers, params, auth, timeout, retries, ...}
@quickref http.post(url, body?, opts?) -> {status, body, headers} | POST text, a table as JSON, or a form or multipart
@quickref http.put(url, body?, opts?) -> {status, body, headers} | PUT, as post
@quickref http.patch(url, body?, opts?) -> {status, body, headers} | PATCH, as post
@quickref http.delete(url, opts?) -> {status, body, headers} | DELETE, as get
@quickref http.head(url, opts?) -> {status, body, headers} | HEAD, as get
@quickref http.options(url, opts?) -> {status, body, headers} | OPTIONS, as get
@quickref http.request(method, url, opts?) -> {status, body, headers} | Any method; opts also {body, form, multipart}
@quickref http.client(opts?) -> client | Client with its own options, cookies and trust; the functions are its methods
@quickref http.download(url, path, opts?) -> {status, headers, path, size, resumed} | Into a file, all or nothing
@quickref http.stream(url, opts?) -> iterator | Body as it arrives, in chunks or lines; opts: {lines, method, body}
@quickref http.events(url, opts?) -> iterator | Server-sent events {event, data, id, retry}; opts: {reconnect}
@quickref http.serve(port, routes, opts?) -> handle|nil | Serve routes[METHOD][PATH] = function(req) -> response
@quickref server:stop(grace?) -> nil | Stop a background server: requests under way get so many seconds
@quickref http.broadcast(opts?) -> channel | Channel for event streams: answer with {sse = channel}; opts: {queue}
@quickref channel:publish(event) -> number | Send {event, data, id, retry} to everybody who has joined
@quickref channel:subscribe() -> iterator | Follow the events of a channel in the script
@quickref channel:count() -> number | How many clients and subscribers have joined
@quickref channel:close() -> nil | End all streams of the channel
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    from assay_shell.runtime.builtins.http import calls, handle
    from assay_shell.runtime.builtins.http_server import serve
    from assay_shell.runtime.declare import depends, read

    runtime.define("http", {**calls.functions(), "client": read(handle.make_client), **serve.functions()})
    runtime.lend("declared_request", depends(calls.declared_request, calls.effect_of_declared), "http.declared_request")
