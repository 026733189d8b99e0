"""YAML text to values and back; scalars follow YAML 1.2, so `on` and `no` are strings.

@module yaml
@description YAML serialization: parse and encode
@keywords yaml, serialization, deserialize, parse, encode, format
@quickref yaml.parse(text) -> value | Value of a YAML document
@quickref yaml.encode(value) -> str | Document in block style, keys sorted
"""

from __future__ import annotations

from assay_shell.runtime.builtins.json import plain_data
from assay_shell.runtime.builtins.json.reading import require_utf8, utf8_fault
from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Define the group."""
    runtime.define("yaml", {"parse": pure(parse), "encode": pure(encode)})


def parse(runtime: Runtime, text: bytes) -> Any:
    """Return the value of a YAML document; null is nil, and so is an empty text.

    Only `true` and `false` are booleans; `yes`, `on`, dates and times are strings. Keys that are not strings become
    text. Anchors and aliases work, `<<` does not merge.

    Example: `yaml.parse("replicas: 3").replicas`

    Raises:
        BuiltinError: the text is not YAML, holds two documents, a list as a key, an unknown tag, or an integer beyond
            64 bits: `yaml.parse: REASON at line L column C`.
    """
    from assay_shell.runtime.builtins.yaml.reading import parse_text  # PyYAML is a hundred times this file

    require_utf8(text)
    value, size = parse_text(text.decode(), "yaml.parse")
    runtime.border.reserve(2 * size)
    return value


def encode(runtime: Runtime, value: Value) -> str:
    """Return a value as a YAML document in block style.

    Keys are sorted, lists stand level with their key, strings that would read as something else are quoted, and
    those with line breaks are written as blocks.

    Example: `yaml.encode({ kind = "Pod", ports = { 80, 443 } })`

    Raises:
        BuiltinError: the value holds a function or itself, or bytes that are not UTF-8.
    """
    from assay_shell.runtime.builtins.yaml.writing import dump

    return dump(plain_data(runtime, value))


def parse_bytes(data: bytes, name: str) -> Any:
    """The plain Python data of a YAML document, for other groups; null is None.

    Raises:
        BuiltinError: it is not one; the message is *name*, the reason and the position.
    """
    from assay_shell.runtime.builtins.yaml.reading import parse_text

    fault = utf8_fault(data)
    if fault:
        raise BuiltinError(name, fault)
    return parse_text(data.decode(), name)[0]
