"""Data on its way to and from workflows: one JSON payload a value."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from temporalio.common import RawValue

    from assay_shell.runtime.values import Table, Value
    from assay_shell.runtime.vm import Runtime

INPUT = {"input": "Value", "args": "Table"}
"""The options that carry data: `input` is one argument, `args` a list of several."""


def arguments(runtime: Runtime, where: str, given: dict[str, Any]) -> list[RawValue]:
    """The arguments that *given* options ask for; none without `input` and `args`.

    Raises:
        BuiltinError: a value has no JSON form, or both options were given.
    """
    several: Table | None = given.get("args")
    if several is None:
        value = given.get("input")
        return [] if value is None else [encoded(runtime, value)]
    if given.get("input") is not None:
        raise BuiltinError(where, "input and args exclude each other")
    return [encoded(runtime, several.get(index)) for index in range(1, several.length() + 1)]


def encoded(runtime: Runtime, value: Value) -> RawValue:
    """*value* as a payload.

    Raises:
        BuiltinError: it has no JSON form.
    """
    from temporalio.api.common.v1 import Payload
    from temporalio.common import RawValue

    return RawValue(Payload(metadata={"encoding": b"json/plain"}, data=runtime.encode_json(value)))


def decoded(runtime: Runtime, where: str, value: RawValue | None) -> object:
    """What a payload says, nil where there is none or it is null; bytes for a binary one.

    Raises:
        BuiltinError: it is encoded in a way that nobody here can read.
    """
    from assay_shell.runtime.builtins.json import parse

    if value is None or not value.payload.data:
        return None
    encoding = value.payload.metadata.get("encoding", b"json/plain")
    if encoding == b"binary/plain":
        return bytes(value.payload.data)
    if not encoding.startswith(b"json/"):
        raise BuiltinError(where, f"cannot decode a payload with encoding {encoding.decode('utf-8', 'replace')}")
    return parse(runtime, bytes(value.payload.data))
