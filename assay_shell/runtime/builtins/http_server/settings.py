"""The options of `http.serve`, with what holds where none are given."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Function, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

SERVE = Options(
    "http.serve",
    host="str",
    unix_socket="str",
    cert="bytes",
    key="bytes",
    cert_file="str",
    key_file="str",
    background="bool",
    workers="int",
    grace="float",
    patterns="bool",
    method_not_allowed="bool",
    middleware="Value",
    static="Value",
    stream_body="bool",
    max_body="int",
    max_head="int",
    max_headers="int",
    head_timeout="float",
    body_timeout="float",
    idle_timeout="float",
    write_timeout="float",
    heartbeat="float",
    slow="str",
    ping="float",
    access_log="Value",
    request_id="Value",
)

_MAX_BODY = 10 << 20
_REQUEST_ID = "x-request-id"
_TIMES = ("head_timeout", "body_timeout", "idle_timeout", "write_timeout", "heartbeat", "ping")
_COUNTS = ("max_body", "max_head", "max_headers")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server goes by. Times are seconds and sizes bytes; infinite where there is no limit."""

    plain: bool = True
    """Whether requests look as they do without options: no further fields."""
    host: str = "0.0.0.0"
    unix_socket: str | None = None
    identity: bytes | None = None
    background: bool = False
    workers: int = 1
    grace: float = 10.0
    patterns: bool = False
    method_not_allowed: bool = False
    middleware: tuple[Function, ...] = ()
    static: tuple[tuple[str, str], ...] = ()
    """Path prefixes that end in a slash, and the folders they stand for."""
    stream_body: bool = False
    max_body: float = float("inf")
    max_head: float = 64 << 10
    max_headers: float = 100
    head_timeout: float = 30.0
    body_timeout: float = 30.0
    idle_timeout: float = 120.0
    write_timeout: float = 60.0
    heartbeat: float = float("inf")
    drop_slow: bool = False
    ping: float = 20.0
    access_log: bool | Function = False
    request_id: str | None = None
    """Name of the header that carries it, None where requests get none."""


def read_settings(runtime: Runtime, opts: Table | None) -> Settings:
    """The settings that an options table stands for; None is the contract's form without one.

    Raises:
        BuiltinError: an option makes no sense.
    """
    if opts is None:
        return Settings()
    given = SERVE.read(runtime, opts)
    identity = _identity(given)
    for name in _TIMES + _COUNTS:
        if name in given:
            given[name] = _limit(name, given[name])
    if "slow" in given:
        given["drop_slow"] = is_dropping(given.pop("slow"))
    given.setdefault("max_body", _MAX_BODY)
    for name, read in _READERS.items():
        if name in given:
            given[name] = read(given[name])
    if not 0 <= given.get("grace", 0.0) < float("inf"):
        raise BuiltinError("http.serve", "grace must be a number of seconds, 0 or more")
    if not 1 <= given.get("workers", 1) <= 256:
        raise BuiltinError("http.serve", "workers must be between 1 and 256")
    if given.get("workers", 1) > 1 and "unix_socket" in given:
        raise BuiltinError("http.serve", "workers share a port, not a unix socket")
    return Settings(plain=False, identity=identity, **given)


def is_dropping(slow: Value) -> bool:
    """Whether a client that takes no more events is dropped, rather than waited for.

    Raises:
        BuiltinError: it is neither `drop` nor `wait`.
    """
    if slow not in (None, "drop", "wait"):
        raise BuiltinError("http.serve", 'slow must be "drop" or "wait"')
    return slow == "drop"


def seconds(name: str, value: Value) -> float:
    """A time from a response; 0 stands for never."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BuiltinError("http.serve", f"{name} must be a number of seconds")
    return _limit(name, value)


def _limit(name: str, value: float) -> float:
    if not value >= 0:
        raise BuiltinError("http.serve", f"{name} must not be negative")
    return value or float("inf")


def _identity(given: dict[str, Any]) -> bytes | None:
    """Certificate and key as one PEM text; None where TLS is not asked for."""
    cert, key = (_pem(given.pop(name, None), given.pop(f"{name}_file", None)) for name in ("cert", "key"))
    if cert is None and key is not None:
        raise BuiltinError("http.serve", "a key needs its certificate (cert or cert_file)")
    return cert if cert is None or key is None else cert.rstrip() + b"\n" + key


def _pem(text: bytes | None, path: str | None) -> bytes | None:
    if path is None:
        return text
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        raise BuiltinError("http.serve", f"failed to read {quoted(path)}: {os_reason(exc)}") from exc


def _middleware(value: Value) -> tuple[Function, ...]:
    found = [value.get(index) for index in range(1, value.length() + 1)] if isinstance(value, Table) else [value]
    functions = [function for function in found if isinstance(function, Function)]
    if len(functions) != len(found):
        raise BuiltinError("http.serve", "middleware must be a function or a list of functions")
    return tuple(functions)


def _static(value: Value) -> tuple[tuple[str, str], ...]:
    """Longest prefixes first."""
    found = []
    for prefix, folder in value.items() if isinstance(value, Table) else [("/", value)]:
        if not isinstance(prefix, str) or not isinstance(folder, str) or not folder:
            raise BuiltinError("http.serve", "static must be a folder, or a table of path prefixes and folders")
        inner = prefix.strip("/")
        found.append((f"/{inner}/" if inner else "/", folder))
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


def _access_log(value: Value) -> bool | Function:
    return value if isinstance(value, Function) else value not in (None, False)


def _request_id(value: Value) -> str | None:
    if isinstance(value, str):
        if not value or not all(char.isascii() and (char.isalnum() or char in "-_") for char in value):
            raise BuiltinError("http.serve", "request_id must be true or a header name")
        return value.lower()
    return _REQUEST_ID if value not in (None, False) else None


_READERS = {"middleware": _middleware, "static": _static, "access_log": _access_log, "request_id": _request_id}
