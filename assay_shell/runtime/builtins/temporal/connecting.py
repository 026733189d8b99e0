"""`temporal.connect` and `temporal.start`: options, trust, and the one engine below all connections."""

from __future__ import annotations

from functools import cache

from assay_shell.runtime.builtins.temporal.client import TemporalClient, shown
from assay_shell.runtime.builtins.temporal.methods import methods
from assay_shell.runtime.builtins.temporal.workflows import START, begin
from assay_shell.runtime.errors import BuiltinError, ConversionError, os_reason, quoted
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from temporalio.runtime import Runtime as Engine
    from temporalio.service import TLSConfig

    from assay_shell.runtime.values import Raw, Value
    from assay_shell.runtime.vm import Runtime

_SPEC = {"url": "str", "namespace": "str", "tls": "Value", "api_key": "str", "timeout": "float", "lazy": "bool"}
CONNECT = Options("temporal.connect", **_SPEC)
CONNECT_AND_START = Options("temporal.start", **_SPEC, **START)
TLS = Options("temporal.connect", ca="bytes", cert="bytes", key="bytes", ca_file="str", cert_file="str", key_file="str",
              server_name="str")  # fmt: skip

_WHERE = "temporal connect"
_TIMEOUT = 10.0
_PORT = 7233


async def connect(runtime: Runtime, opts: Table) -> Raw:
    """Connect to the server at `url` (`host:port`, no scheme; the port is 7233 unless given) and return a client.

    Options: `namespace` (`default`), `tls` (true, or `{ca, cert, key, server_name}` with PEM texts, or their names with
    `_file` for files), `api_key` (switches `tls` on unless that is false), `timeout` (seconds, 10), `lazy` (true: the
    server is contacted by the first call). The namespace is not checked.

    Example: `local client = temporal.connect({ url = "127.0.0.1:7233", namespace = "production" })`

    Raises:
        BuiltinError: `invalid temporal URL: ...`, or `temporal connect: CAUSE` when the server cannot be reached.
        ConversionError: `url` is missing.
    """
    client = await _client(runtime, CONNECT.read(runtime, opts))
    return runtime.handle(client, "temporal client", methods())


async def start(runtime: Runtime, opts: Table) -> dict[str, object]:
    """Connect, start a workflow and disconnect: the options are those of `temporal.connect` and `start_workflow`.

    Example: `temporal.start({ url = "127.0.0.1:7233", task_queue = "q", workflow_type = "W", workflow_id = "w-1" })`

    Raises:
        BuiltinError: as `temporal.connect` and `client:start_workflow`.
        ConversionError: a required option is missing.
    """
    given = CONNECT_AND_START.read(runtime, opts)
    return await begin(runtime, await _client(runtime, given), given)


def target_of_start(opts: Table) -> str:
    """What the guard is told about `temporal.start`."""
    return shown(opts, "url", "workflow_type", "workflow_id")


async def _client(runtime: Runtime, given: dict[str, Any]) -> TemporalClient:
    if "url" not in given:
        raise ConversionError("error converting Lua nil to String (expected string or number)")
    address = _address(given["url"])
    timeout = given.get("timeout", _TIMEOUT)
    if not timeout > 0:
        raise BuiltinError(_WHERE, "timeout must be positive")
    key = given.get("api_key")
    if key is not None:
        runtime.redactor.add(key)
    tls = _tls(runtime, given.get("tls"), keyed=key is not None)

    import asyncio

    try:
        from temporalio.client import Client
        from temporalio.service import RPCError
    except ImportError as exc:  # small installations leave it out
        raise BuiltinError(_WHERE, "the package temporalio is not installed") from exc
    try:
        async with asyncio.timeout(None if timeout == float("inf") else timeout):
            wire = await Client.connect(
                address, namespace=given.get("namespace", "default"), tls=tls, api_key=key,
                lazy=given.get("lazy", False), runtime=_engine(),
            )  # fmt: skip
    except TimeoutError as exc:
        raise BuiltinError(_WHERE, f"no answer from {address} within {timeout:g} s", {"timeout": True}) from exc
    except (RuntimeError, ValueError, RPCError) as exc:  # the SDK's own words for a server that cannot be reached
        raise BuiltinError(_WHERE, f"{_cause(str(exc))} ({address})") from exc
    return TemporalClient(wire)


def _cause(text: str) -> str:
    """The system's words and number where the SDK's text has them somewhere inside, else that text."""
    number = text.partition("Os { code: ")[2].partition(",")[0]
    if number.isdecimal():
        return os_reason(OSError(int(number), ""))
    return text.removeprefix("Failed client connect: ")


def _address(url: str) -> str:
    """`host:port` of *url*.

    Raises:
        BuiltinError: it is neither that nor a host alone.
    """
    if "://" in url:
        raise BuiltinError(_WHERE, f"the address must be host:port without a scheme, got {quoted(url)}")
    host, colon, port = url.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = url, str(_PORT)
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    fine = bare and all(char.isalnum() or char in "-._" or (char in ":%" and bare is not host) for char in bare)
    if not fine or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BuiltinError(None, f"invalid temporal URL: {quoted(url)} is not host:port")
    return f"{host}:{port}"


def _tls(runtime: Runtime, value: Value, *, keyed: bool) -> TLSConfig | bool:
    """The TLS settings that the option asks for; *keyed* says that an API key is sent.

    Raises:
        BuiltinError: it makes no sense, or a file cannot be read.
    """
    if value is None:
        return keyed
    if isinstance(value, bool):
        return value
    if not isinstance(value, Table):
        raise BuiltinError(_WHERE, "tls must be a boolean or a table {ca, cert, key, server_name}")

    from temporalio.service import TLSConfig

    given = TLS.read(runtime, value)
    cert, key = _pem(given, "cert"), _pem(given, "key")
    if (cert is None) != (key is None):
        raise BuiltinError(_WHERE, "tls: cert and key go together")
    return TLSConfig(
        server_root_ca_cert=_pem(given, "ca"), domain=given.get("server_name"), client_cert=cert, client_private_key=key
    )


def _pem(given: dict[str, Any], name: str) -> bytes | None:
    path = given.get(f"{name}_file")
    if path is None:
        text: bytes | None = given.get(name)
        return text
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        raise BuiltinError(_WHERE, f"failed to read {name} file {quoted(path)}: {os_reason(exc)}") from exc


@cache
def _engine() -> Engine:
    """The SDK's threads, one set a process; silent, because its own log would go to standard output."""
    from temporalio.runtime import Runtime, TelemetryConfig

    return Runtime(telemetry=TelemetryConfig(logging=None))
