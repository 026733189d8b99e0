"""What holds for a request: timeouts, redirects, trust, sign-in. Clients have their own, requests may change them."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.engine import Wire
from assay_shell.runtime.convert import CONVERTERS, parse_number
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import DECLARED, Options
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.builtins.http.retries import Retries
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    HeaderTable = dict[str, tuple[str, str]]
    """Lower-case name -> name as it was given, value."""

DEFAULT_TIMEOUT = 30.0
MAX_BODY = 256 << 20
MAX_REDIRECTS = 10

_COMMON = {
    "headers": "Value",
    "auth": "Value",
    "bearer": "str",
    "timeout": "float",
    "connect_timeout": "float",
    "read_timeout": "float",
    "retries": "Value",
    "follow_redirects": "bool",
    "max_redirects": "int",
    "decompress": "bool",
    "max_body": "int",
    "http2": "bool",
    "proxy": "Value",
    "ca_cert": "bytes",
    "ca_cert_file": "str",
    "cert": "bytes",
    "key": "bytes",
    "cert_file": "str",
    "key_file": "str",
    "unix_socket": "str",
    "server_name": "str",
    "verify": "bool",
}
_PLAIN = {**_COMMON, "params": "Table"}
_FILLED = {**_PLAIN, "form": "Table", "multipart": "Table"}
_FREE = {**_FILLED, "body": "Value"}

_SPECS: dict[str, dict[str, str]] = {
    "client": {**_COMMON, "timeout": "Value", "cookies": "bool"},
    "get": _PLAIN,
    "head": _PLAIN,
    "options": _PLAIN,
    "delete": _PLAIN,
    "post": _FILLED,
    "put": _FILLED,
    "patch": _FILLED,
    "request": _FREE,
    "declared": {**_FREE, "_effect": "str"},
    "stream": {**_FREE, "method": "str", "lines": "bool"},
    "events": {**_FREE, "method": "str", "reconnect": "Value", "last_event_id": "str"},
    "download": {**_FREE, "method": "str", "progress": "Function", "resume": "bool"},
}
DECLARED.update((f"http.{name}", spec) for name, spec in _SPECS.items())

_TLS = frozenset(("ca_cert", "ca_cert_file", "cert", "key", "cert_file", "key_file"))
_DIRECTLY = ("http2", "unix_socket", "server_name", "verify")
_WIRED = frozenset(("connect_timeout", "proxy", *_DIRECTLY)) | _TLS
_TIMES = frozenset(("timeout", "read_timeout"))
_LIMITS = frozenset(("retries", "follow_redirects", "max_redirects", "decompress", "max_body"))
_HERE = _TIMES | _LIMITS | {"auth", "bearer"}


class Settings:
    """What holds for a request.

    *timeout* is in seconds and covers redirects and body, None for no limit; *read_timeout* is the longest silence;
    *max_body* counts decoded bytes;
    *authorization* is the header's value; *headers* are those of a client.
    """

    __slots__ = (
        "authorization",
        "decompress",
        "follow_redirects",
        "headers",
        "max_body",
        "max_redirects",
        "read_timeout",
        "retries",
        "timeout",
        "wire",
    )

    def __init__(self) -> None:
        self.wire = Wire()
        self.timeout: float | None = DEFAULT_TIMEOUT
        self.read_timeout: float | None = None
        self.follow_redirects = True
        self.max_redirects = MAX_REDIRECTS
        self.decompress = False
        self.max_body = MAX_BODY
        self.retries: Retries | None = None
        self.authorization: str | None = None
        self.headers: HeaderTable = {}

    def copy(self) -> Settings:
        """The same, free to be changed; the wire is shared and must be replaced."""
        made = Settings()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made


def read_options(runtime: Runtime, name: str, table: Table | None) -> dict[str, Any]:
    """The options that were given to `http.NAME`.

    Raises:
        ConversionError: one has the wrong type.
        BuiltinError: one is unknown, under `--strict`.
    """
    if table is None:
        return {}
    known = runtime.resources.setdefault("http options", {})
    if name not in known:
        known[name] = Options(f"http.{name}", **_SPECS[name])
    given: dict[str, Any] = known[name].read(runtime, table)
    return given


def settings_from(runtime: Runtime, where: str, given: dict[str, Any], base: Settings) -> Settings:
    """*base* with the changes that *given* options make; itself where there are none.

    Raises:
        BuiltinError: an option has a value that makes no sense, or names an unusable file.
    """
    wired = not _WIRED.isdisjoint(given)
    if not wired and _HERE.isdisjoint(given):
        return base
    made = base.copy()
    if wired:
        made.wire = _wire(where, given, base.wire)
    if "timeout" in given:
        made.timeout = seconds(where, "timeout", given["timeout"])
    if "read_timeout" in given:
        made.read_timeout = seconds(where, "read_timeout", given["read_timeout"])
    if "retries" in given:
        from assay_shell.runtime.builtins.http.retries import retries_from

        made.retries = retries_from(runtime, where, given["retries"])
    made.follow_redirects = given.get("follow_redirects", base.follow_redirects)
    made.decompress = given.get("decompress", base.decompress)
    made.max_redirects = _count(where, "max_redirects", given.get("max_redirects", base.max_redirects))
    made.max_body = _count(where, "max_body", given.get("max_body", base.max_body))
    if "auth" in given or "bearer" in given:
        made.authorization = _authorization(runtime, where, given)
    return made


def client_settings(runtime: Runtime, given: dict[str, Any]) -> Settings:
    """The settings of an `http.client`.

    Raises:
        BuiltinError: an option has a value that makes no sense, or names an unusable file.
    """
    given = {**given, "timeout": _lenient_timeout(given.get("timeout"))}
    made = settings_from(runtime, "http.client", given, Settings())
    made.headers = headers_from(runtime, given.get("headers"))
    return made


def headers_from(runtime: Runtime, value: Value) -> HeaderTable:
    """The headers in a table option; whatever is not a table says nothing, as scripts are used to.

    Raises:
        ConversionError: a name or value is neither string nor number.
    """
    if not isinstance(value, Table):
        return {}
    to_text, border = CONVERTERS["str"], runtime.border
    found = {}
    for key, item in value.raw.items():
        name = to_text(key, "", border)
        text = to_text(item, "", border)
        runtime.redactor.add_header(name, text)
        found[name.lower()] = (name, text)
    return found


def seconds(where: str, name: str, value: float) -> float | None:
    """A timeout; None for an endless one.

    Raises:
        BuiltinError: it is negative or NaN.
    """
    if not value >= 0:
        raise BuiltinError(where, f"{name} must not be negative or NaN")
    return None if value == float("inf") else value


def _lenient_timeout(value: Value) -> float:
    """Scripts may rely on a client ignoring what is not a number."""
    if isinstance(value, str):
        value = parse_number(value)
    return DEFAULT_TIMEOUT if value is None or isinstance(value, bool) or not isinstance(value, int | float) else value


def _count(where: str, name: str, value: int) -> int:
    if value < 0:
        raise BuiltinError(where, f"{name} must not be negative")
    return value


def _wire(where: str, given: dict[str, Any], base: Wire) -> Wire:
    changes: dict[str, object] = {name: given[name] for name in _DIRECTLY if name in given}
    if "connect_timeout" in given:
        changes["connect_timeout"] = seconds(where, "connect_timeout", given["connect_timeout"])
    if "proxy" in given:
        changes["proxy"] = _proxy(where, given["proxy"])
    if not _TLS.isdisjoint(given):
        from assay_shell.runtime.builtins.http.tls import identity, trusted

        if "ca_cert" in given or "ca_cert_file" in given:
            changes["roots"] = trusted(where, given.get("ca_cert"), given.get("ca_cert_file"))
        changes["identity"] = identity(where, given) or base.identity
    return base.but(**changes)


def _proxy(where: str, value: Value) -> str | None:
    if isinstance(value, str) and value:
        return value
    if value is False:
        return ""
    if value is True:
        return None
    raise BuiltinError(where, "proxy must be a URL, true (from the environment) or false")


def _authorization(runtime: Runtime, where: str, given: dict[str, Any]) -> str:
    if "auth" in given and "bearer" in given:
        raise BuiltinError(where, "give auth or bearer, not both")
    if "bearer" in given:
        runtime.redactor.add(given["bearer"])
        return f"Bearer {given['bearer']}"
    user, password = _credentials(runtime, where, given["auth"])
    runtime.redactor.add(password)
    return basic(user, password)


def _credentials(runtime: Runtime, where: str, value: Value) -> tuple[str, str]:
    if isinstance(value, str):
        user, _, password = value.partition(":")
        return user, password
    if not isinstance(value, Table):
        raise BuiltinError(where, 'auth must be "user:password" or a table {user, password}')
    to_text, border = CONVERTERS["str"], runtime.border
    password = value.raw["password"]
    return to_text(value.raw["user"], "", border), "" if password is None else to_text(password, "", border)


def basic(user: str, password: str) -> str:
    """The Authorization header of a user with a password."""
    from binascii import b2a_base64

    return "Basic " + b2a_base64(as_bytes(f"{user}:{password}"), newline=False).decode("ascii")
