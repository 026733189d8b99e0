"""Which handler a request goes to: exact paths first, then patterns, then folders of files."""

from __future__ import annotations

from assay_shell.runtime.convert import lua_kind
from assay_shell.runtime.errors import ConversionError
from assay_shell.runtime.values import Function, Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from assay_shell.runtime.builtins.http_server.settings import Settings
    from assay_shell.runtime.values import Value

    Captures = dict[bytes, bytes] | None
    Found = tuple["Route", Captures]

_FIXED = ("body", "file", "json", "sse", "stream", "ws")
"""Keys by which a table among the routes is known as an answer that is always the same."""

_LITERAL, _ONE, _REST = 0, 1, 2


class Route:
    """What runs for a request: *function* is raw Lua; *streams* says that the handler reads the body itself.

    *exact* does the same for requests that need no more than query, body and headers, None where there is no such.
    """

    __slots__ = ("exact", "function", "streams")

    def __init__(self, function: Any, exact: Any = None, *, streams: bool = False) -> None:
        self.function = function
        self.exact = exact
        self.streams = streams


class Pattern:
    """A path with `:name` for one segment and `*` or `*name` at the end for the rest."""

    __slots__ = ("_parts", "rank", "route")

    def __init__(self, path: bytes, route: Route) -> None:
        self.route = route
        self._parts = [_part(segment) for segment in _segments(path)]
        self.rank = tuple(kind for kind, _ in self._parts)
        """Sorts what is more definite to the front."""

    def match(self, path: bytes) -> Captures:
        """What the names stand for in *path*, decoded; None where it does not fit."""
        from urllib.parse import unquote_to_bytes

        segments, captures = _segments(path), {}
        for index, (kind, text) in enumerate(self._parts):
            if index >= len(segments):
                return None
            if kind == _REST:
                captures[text] = unquote_to_bytes(b"/".join(segments[index:]))
                return captures
            if not segments[index] if kind == _ONE else segments[index] != text:
                return None
            if kind == _ONE:
                captures[text] = unquote_to_bytes(segments[index])
        return captures if len(segments) == len(self._parts) else None


def _segments(path: bytes) -> list[bytes]:
    return path.removeprefix(b"/").split(b"/")


def _part(segment: bytes) -> tuple[int, bytes]:
    if segment[:1] == b":" and len(segment) > 1:
        return _ONE, segment[1:]
    if segment[:1] == b"*":
        return _REST, segment[1:] or b"*"
    return _LITERAL, segment


def is_pattern(path: bytes) -> bool:
    """Whether a path has places for captures."""
    return any(_part(segment)[0] != _LITERAL for segment in _segments(path))


class Router:
    """The routes of one server, read once.

    Args:
        lua: what `lua/http_server.lua` made: the functions that turn handlers into routes.

    Raises:
        ConversionError: the table does not have the shape that routes have.
    """

    def __init__(self, routes: Table, settings: Settings, lua: dict[str, Any]) -> None:
        self._settings = settings
        self._lua = lua
        self._around = [function.raw for function in settings.middleware]
        self._exact: dict[bytes, dict[bytes, Route]] = {}
        self._patterns: dict[bytes, list[Pattern]] = {}
        self._missing = self._fixed(404, {})
        self._static = self._route(lua["static"]) if settings.static else None
        for method, paths in _members(routes):
            for path, handler in _members(paths):
                self._add(method.upper(), path, handler)
        for patterns in self._patterns.values():
            patterns.sort(key=lambda pattern: pattern.rank)

    def find(self, method: bytes, path: bytes) -> Found:
        """The route for a request, with what a pattern captured."""
        route = self._exact.get(method, _NONE).get(path)
        if route is not None:
            return route, None
        for pattern in self._patterns.get(method, ()):
            captures = pattern.match(path)
            if captures is not None:
                return pattern.route, captures
        if self._static is not None and method in (b"GET", b"HEAD") and self.folder_of(path) is not None:
            return self._static, None
        if self._settings.method_not_allowed and (allowed := sorted(self._methods_of(path))):
            return self._fixed(405, {"allow": b", ".join(allowed).decode("latin-1")}), None
        return self._missing, None

    def folder_of(self, path: bytes) -> tuple[str, bytes] | None:
        """The folder of files that *path* lies in, and what of it is the way from there."""
        for prefix, folder in self._settings.static:
            start = as_bytes(prefix)
            if path.startswith(start):
                return folder, path[len(start) :]
        return None

    def _methods_of(self, path: bytes) -> set[bytes]:
        found = {method for method, paths in self._exact.items() if path in paths}
        found.update(
            method for method, all_of in self._patterns.items() if any(one.match(path) is not None for one in all_of)
        )
        if self._static is not None and self.folder_of(path) is not None:
            found |= {b"GET", b"HEAD"}
        return found

    def _add(self, method: str, path: str, handler: Value) -> None:
        name, text = as_bytes(method), as_bytes(path)
        if self._settings.patterns and is_pattern(text):
            self._patterns.setdefault(name, []).append(Pattern(text, self._route(*self._read(handler))))
        else:
            self._exact.setdefault(name, {})[text] = self._route(*self._read(handler), (name, text))

    def _read(self, handler: Value) -> tuple[Any, bool]:
        """The raw function of a handler, and whether it reads bodies itself."""
        streams = self._settings.stream_body
        if isinstance(handler, Function):
            return handler.raw, streams
        if isinstance(handler, Table):
            inner, own = handler.get("handler"), handler.get("stream_body")
            if isinstance(inner, Function):
                return inner.raw, streams if own is None else bool(own)
            if any(handler.get(key) is not None for key in _FIXED):
                return self._lua["always"](handler.raw), False
        raise ConversionError(f"error converting Lua {_kind(handler)} to function")

    def _fixed(self, status: int, headers: dict[str, str]) -> Route:
        body = "not found" if status == 404 else "method not allowed"
        return self._route(self._lua["fixed"](status, body, *(part for pair in headers.items() for part in pair)))

    def _route(self, handler: Any, streams: object = None, place: tuple[bytes, bytes] | None = None) -> Route:
        if self._around:
            handler = self._lua["surrounded"](handler, *self._around)
        exact = self._lua["exact"](handler, *place) if place is not None else None
        return Route(self._lua["route"](handler), exact, streams=bool(streams))


_NONE: dict[bytes, Route] = {}


def _members(value: Value) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Table):
        raise ConversionError(f"error converting Lua {_kind(value)} to table")
    for key, member in value.items():
        if isinstance(key, str | int | float) and not isinstance(key, bool):
            yield str(key), member


def _kind(value: Value) -> str:
    return lua_kind(value.raw if isinstance(value, Table | Function) else value)
