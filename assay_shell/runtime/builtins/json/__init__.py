"""JSON text to values and back, in the shapes that the whole runtime uses.

@module json
@description JSON serialization: parse and encode
@keywords json, serialization, deserialize, stringify, parse, encode, format
@quickref json.parse(text, opts?) -> value | Value of a JSON text; opts: {exact}
@quickref json.decode(text, opts?) -> value | The same as json.parse
@quickref json.encode(value, opts?) -> str | JSON text with sorted keys; opts: {pretty}
@quickref json.object(t?) -> table | Mark a table to be written as an object, also when it is empty
@quickref json.array(t?) -> table | Mark a table to be written as an array, also when it has holes
@quickref json.null -> null | Stands for null where nil would lose the member
"""

from __future__ import annotations

from assay_shell.runtime.builtins.json.reading import parse_for_vm, parse_text
from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Raw, Table, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.host import Host
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

PARSE = Options("json.parse", exact="bool")
ENCODE = Options("json.encode", pretty="bool")


def register(runtime: Runtime) -> None:
    """Define the group. Encoding and marks stand in `lua/json.lua`."""
    runtime.define("json", {"parse": pure(parse), "decode": pure(decode)})
    runtime.lend("json_layout", pure(encode), public="json.encode")
    runtime.define_lua("json", _lua_side(runtime)["group"])


def parse(runtime: Runtime, text: bytes, opts: Table | None = None) -> Raw:
    """Return the value that a JSON text spells; null is nil, so such members vanish and arrays get holes.

    Integers of 64 bits stay integers, all other numbers are floats. With `exact = true` null is `json.null`, and
    objects and arrays are marked, so that `json.encode` gives the same document again.

    Example: `json.parse('{"replicas": 3}').replicas`

    Raises:
        BuiltinError: the text is not JSON, or nests deeper than 127 levels: `json.parse: REASON at line L column C`.
    """
    exact = PARSE.read(runtime, opts).get("exact", False)
    value = parse_for_vm(text, "json.parse")
    _reserve(runtime, text)
    if exact:
        return Raw(_exact(runtime, value))
    return Raw(runtime.lua.table_from(value, recursive=True) if isinstance(value, list | dict) else value)


def decode(runtime: Runtime, text: bytes, opts: Table | None = None) -> Raw:
    """Return the value that a JSON text spells, as `json.parse` does.

    Example: `json.decode("[1, 2]")[2]`

    Raises:
        BuiltinError: the text is not JSON: `json.parse: REASON at line L column C`.
    """
    return parse(runtime, text, opts)


def encode(runtime: Runtime, value: Value, opts: Table | None = None) -> bool:
    """Return a value as JSON text: keys in byte order, no blanks, floats always with a point or an exponent.

    A table whose keys are exactly 1..n is an array, and so is an empty one; any other table is an object.
    `pretty = true` lays the text out over lines, two blanks a level.

    Example: `json.encode({ name = "web", ports = { 80, 443 } })`

    Raises:
        BuiltinError: the value holds NaN, an infinity, a function or itself, a key that is neither string nor
            number, or bytes that are not UTF-8.
    """
    return bool(ENCODE.read(runtime, opts).get("pretty", False))  # the rest is Lua


def parse_bytes(data: bytes, name: str) -> object:
    """The plain Python data of a JSON document, for other groups.

    Raises:
        BuiltinError: it is not one; the message is *name*, the reason and the position.
    """
    return parse_text(data, name)


def encode_value(runtime: Host, raw: object) -> bytes:
    """`json.encode` of what lupa handed over.

    Raises:
        BuiltinError: it has no JSON form.
    """
    return _written(runtime, "encode", raw)


def encode_result(runtime: Runtime, raw: object) -> bytes:
    """The JSON of a script's result, by the rules of tool mode.

    Raises:
        BuiltinError: it has no JSON form; the message starts with `serializing Lua result: `.
    """
    return _written(runtime, "encode_result", raw)


def plain_data(runtime: Runtime, value: Value) -> Any:
    """Python data of *value* by the rules of `json.encode`, except that NaN and infinities pass.

    Raises:
        BuiltinError: it has no JSON form.
    """
    from json import loads  # takes NaN and Infinity, which orjson does not

    raw = value.raw if isinstance(value, Table) else runtime.border.to_lua(value)
    return loads(_written(runtime, "encode_data", raw))


def mark_of(runtime: Runtime, raw: object) -> str | None:
    """`object`, `array` or `null` for a raw table that is marked so, else None."""
    found: str | None = _lua_side(runtime)["mark_of"](raw)
    return found


def lua_encoder(runtime: Host) -> Any:
    """The raw Lua function that gives the JSON text of a value, or nil and the reason; for the core's Lua files."""
    return _lua_side(runtime)["encode"]


def _written(runtime: Host, function: str, raw: object) -> bytes:
    text, reason = _lua_side(runtime)[function](raw)
    if text is None:
        raise BuiltinError(None, from_raw(reason))
    encoded: bytes = text.encode("latin-1")
    return encoded


def _lua_side(runtime: Host) -> dict[str, Any]:
    """What `lua/json.lua` made for this VM."""
    found: dict[str, Any] | None = runtime.resources.get("json")
    if found is None:
        runtime.include("json_numbers")
        runtime.include("json_layout")
        found = {str(name): value for name, value in runtime.include("json").items()}
        runtime.resources["json"] = found
        runtime.border.mark_of = found["mark_of"]
    return found


def _exact(runtime: Runtime, value: Any) -> Any:
    """The Lua form of *value* with nulls and marks."""
    lua = _lua_side(runtime)
    if not isinstance(value, list | dict):
        return lua["null"] if value is None else value
    filled = _with_placeholders(value, lua["null"], lua["new_object"], lua["new_array"])
    if isinstance(filled, list | dict):
        filled = runtime.lua.table_from(filled, recursive=True)
    lua["mark_all"](filled)
    return filled


def _with_placeholders(value: Any, null: Any, new_object: Any, new_array: Any) -> Any:
    if value is None:
        return null
    if isinstance(value, dict):
        if not value:
            return new_object()
        return {key: _with_placeholders(item, null, new_object, new_array) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_placeholders(item, null, new_object, new_array) for item in value] if value else new_array()
    return value


def _reserve(runtime: Runtime, data: bytes) -> None:
    """Make sure that the values of a JSON text fit into the VM.

    Raises:
        BuiltinError: they would not.
    """
    try:
        runtime.border.reserve(40 * len(data))  # `[[[...]]]` comes near
    except BuiltinError:
        runtime.border.reserve(_size_in_vm(data))


def _size_in_vm(data: bytes) -> int:
    """An upper bound, in bytes, for the values of a JSON text: tables, slots (growing by doubling) and strings."""
    containers = data.count(b"[") + data.count(b"{")
    return len(data) + 72 * containers + 28 * data.count(b",") + 72 * data.count(b":") + 16 * data.count(b'"')
