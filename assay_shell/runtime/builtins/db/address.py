"""Database URLs taken apart: scheme, user, place, database and parameters."""

from __future__ import annotations

from assay_shell.runtime.builtins.db.failure import misconfigured
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

KINDS = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
}
"""URL scheme -> kind of database."""

_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
_LAST_PORT = 65535


class Address:
    """A server URL, percent-decoded. What the URL leaves out is None, *database* and *host* included."""

    __slots__ = ("database", "host", "parameters", "password", "port", "user")

    def __init__(self, url: str) -> None:
        from urllib.parse import parse_qsl, unquote

        rest = url.partition(":")[2].removeprefix("//").partition("#")[0]
        rest, _, query = rest.partition("?")
        authority, _, path = rest.partition("/")
        login, _, place = authority.rpartition("@")
        user, colon, password = login.partition(":")
        host, port = _host_and_port(place)
        self.user = unquote(user) or None
        self.password = unquote(password) if colon else None
        self.host = unquote(host) or None
        self.port = port
        self.database = unquote(path) or None
        self.parameters = parse_qsl(query, keep_blank_values=True)


def kind_of(url: str) -> str:
    """`sqlite`, `postgres` or `mysql`.

    Raises:
        DatabaseFailure: the URL has no scheme, or one nobody knows.
    """
    scheme, colon, _ = url.partition(":")
    scheme = scheme.lower()
    if not colon or not scheme[:1].isalpha() or not _SCHEME.issuperset(scheme):
        raise misconfigured("relative URL without a base")
    if scheme not in KINDS:
        raise misconfigured(f"no driver found for URL scheme {quoted(scheme)}")
    return KINDS[scheme]


def choice(name: str, value: str, allowed: Collection[str]) -> str:
    """The value of a parameter in lower case.

    Raises:
        DatabaseFailure: it is none of those *allowed*; the message lists them.
    """
    if value.lower() not in allowed:
        raise misconfigured(f"{name} must be one of {', '.join(allowed)}, not {quoted(value)}")
    return value.lower()


def _host_and_port(place: str) -> tuple[str, int | None]:
    if place.startswith("["):
        host, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise misconfigured("invalid IPv6 address")
        port = rest[1:]
    else:
        host, _, port = place.partition(":")
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        raise misconfigured("invalid port number")
    return host, int(port)
