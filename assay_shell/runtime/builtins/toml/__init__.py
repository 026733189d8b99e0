"""TOML text to tables and back.

@module toml
@description TOML serialization: parse and encode
@keywords toml, serialization, deserialize, parse, encode, configuration
@quickref toml.parse(text) -> table | Table of a TOML document
@quickref toml.encode(table) -> str | TOML document with sorted keys
"""

from __future__ import annotations

from assay_shell.runtime.builtins.json import plain_data
from assay_shell.runtime.builtins.json.reading import require_utf8
from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Define the group."""
    runtime.define("toml", {"parse": pure(parse), "encode": pure(encode)})


def parse(runtime: Runtime, text: bytes) -> dict[str, Any]:
    """Return the table of a TOML 1.1 document; dates and times are strings, `inf` and `nan` floats.

    Example: `toml.parse("[server]\\nport = 8080").server.port`

    Raises:
        BuiltinError: the text is not TOML, repeats a key, or holds an integer beyond 64 bits:
            `toml.parse: TOML parse error at line L, column C` with the line and the reason below it.
    """
    from assay_shell.runtime.builtins.toml.reading import parse_text, size_in_vm

    require_utf8(text)
    table = parse_text(text.decode(), "toml.parse")
    runtime.border.reserve(size_in_vm(table))
    return table


def encode(runtime: Runtime, table: Value) -> str:
    """Return a table as a TOML document: keys sorted, plain values before tables.

    Example: `toml.encode({ server = { port = 8080, hosts = { "a", "b" } } })`

    Raises:
        BuiltinError: the value is no table with named members, holds null, a function or itself, or bytes that are
            not UTF-8.
    """
    from assay_shell.runtime.builtins.toml.writing import Unsupported, dump

    try:
        return dump(plain_data(runtime, table))
    except Unsupported as unsupported:
        raise BuiltinError("toml.encode", str(unsupported)) from None
