"""Addresses taken apart by the rules browsers follow, as far as HTTP needs them."""

from __future__ import annotations

from urllib.parse import urljoin

from assay_shell.runtime.builtins.http.engine import BadRequest, Place

_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_STRIPPED = "".join(map(chr, range(33)))
_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
_NOT_IN_HOST = frozenset((*map(chr, range(33)), *'"#%/<>?@[\\]^`{|}', "\x7f"))


def _escapes(extra: str) -> dict[int, str]:
    """Replacements for what may not stand in an address as it is; text comes in with one character a byte."""
    codes = [*range(33), *range(127, 256), *map(ord, extra)]
    return {code: f"%{code:02X}" for code in codes}


_IN_PATH = _escapes('"#<>?`{}')
_IN_QUERY = _escapes("\"#<>'")


class Target(Place):
    """An address that a request can be sent to: *path* with its query as they stand in the request line.

    *host_line* is the value of the Host header.
    """

    __slots__ = ("host_line", "path")

    host_line: str
    path: str


def target(url: str, reference: str | None = None) -> Target:
    """The address *url*, or what *reference* means when it stands there.

    Raises:
        BadRequest: it is not an absolute address of HTTP.
    """
    text = _clean(url)
    if reference is not None:
        text = urljoin(text, _clean(reference))
    scheme, rest = _scheme(text)
    rest, mark, fragment = rest.partition("#")
    rest, question, query = rest.partition("?")
    authority, slash, path = rest.replace("\\", "/").lstrip("/").partition("/")
    user, at, server = authority.rpartition("@")
    host, port = _server(server, _PORTS[scheme])
    path = _escaped(_without_dots(slash + path), _IN_PATH)
    query = question + _escaped(query, _IN_QUERY)
    line = host if port == _PORTS[scheme] else f"{host}:{port}"
    found = Target(f"{scheme}://{user}{at}{line}{path}{query}{mark}{fragment}", scheme, host.strip("[]"), port)
    found.path = path + query
    found.host_line = line
    return found


def _clean(url: str) -> str:
    text = url.strip(_STRIPPED)
    for mark in "\t\n\r":
        text = text.replace(mark, "")
    return text


def _scheme(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or not scheme or not _SCHEME.issuperset(scheme) or not scheme[0].isalpha():
        raise BadRequest("relative URL without a base")
    if scheme not in _PORTS:
        raise BadRequest("URL scheme is not allowed")
    return scheme, rest


def _server(server: str, default: int) -> tuple[str, int]:
    """Host and port of `host:port`; addresses of IPv6 keep their brackets."""
    host, colon, digits = server.rpartition(":")
    if not colon or server.endswith("]"):
        host, digits = server, ""
    if digits and not (digits.isascii() and digits.isdigit() and int(digits) <= _LAST_PORT):
        raise BadRequest("invalid port number")
    if not host:
        raise BadRequest("empty host")
    return _host(host), int(digits) if digits else default


def _host(host: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        import ipaddress

        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError as exc:
            raise BadRequest("invalid IPv6 address") from exc
    from assay_shell.runtime.builtins.http.percent import decode

    host = decode(host)
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as exc:
        raise BadRequest("invalid international domain name") from exc
    if not _NOT_IN_HOST.isdisjoint(name):
        raise BadRequest("invalid domain character")
    return name


def _without_dots(path: str) -> str:
    """*path* with `.` and `..` worked off, beginning with a slash."""
    if "/." not in path:
        return path or "/"
    *parts, last = path.split("/")[1:]
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if last == "..":
        del kept[-1:]
    return "/" + "".join(f"{part}/" for part in kept) + ("" if last in (".", "..") else last)


def _escaped(text: str, table: dict[int, str]) -> str:
    try:
        return text.encode().decode("latin-1").translate(table)
    except UnicodeEncodeError as exc:
        raise BadRequest("it is not UTF-8") from exc
