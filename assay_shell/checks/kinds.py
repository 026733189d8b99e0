"""Kinds of values that a file of checks may hold: how each is read, what is said of another, and its JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.checks.durations import parse_duration
from assay_shell.checks.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from assay_shell.checks.document import Node


@dataclass(frozen=True)
class Kind:
    """One kind: *expected* names it in messages, *read* takes a node and the path to it, *schema* describes it."""

    expected: str
    read: Callable[[Node, str], Any]
    schema: Mapping[str, Any]


def wrong(node: Node, path: str, expected: str) -> ConfigError:
    """The error for a value of another kind."""
    return ConfigError(f"invalid type: {node.described()}, expected {expected}", node.place(path))


def text_of(node: Node, path: str) -> str:
    """A string; numbers and booleans count as they were written, a null is the text `null`."""
    if node.kind != "scalar":
        raise wrong(node, path, "a string")
    return "null" if node.value is None else node.text


def texts_of(node: Node, path: str) -> list[str]:
    """Strings: a list of them, or a single one."""
    if node.kind == "list":
        return [text_of(item, f"{path}[{index}]") for index, item in enumerate(node.items)]
    if node.kind == "map":
        raise wrong(node, path, "a string or a list of strings")
    return [text_of(node, path)]


def text_map_of(node: Node, path: str) -> dict[str, str]:
    """A map of string to string."""
    if node.kind != "map":
        raise wrong(node, path, "a map of strings")
    return {name: text_of(value, f"{path}.{name}") for name, (_, value) in node.fields.items()}


def flag_of(node: Node, path: str) -> bool:
    """`true` or `false`."""
    if not isinstance(node.value, bool):
        raise wrong(node, path, "a boolean")
    return node.value


def number_of(node: Node, path: str) -> float:
    """A number."""
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise wrong(node, path, "a number")
    return float(node.value)


def scalars_of(node: Node, path: str) -> list[Any]:
    """A list of scalars as they are."""
    if node.kind != "list" or any(item.kind != "scalar" for item in node.items):
        raise wrong(node, path, "a list of strings, numbers, booleans and nulls")
    return [item.value for item in node.items]


def duration_of(node: Node, path: str) -> float:
    """Seconds."""
    text = text_of(node, path)
    try:
        return parse_duration(text)
    except ValueError as exc:
        raise ConfigError(str(exc), node.place(path), step=f"parsing {path.rpartition('.')[2]}") from None


def parallel_of(node: Node, path: str) -> int:
    """How many checks run at once: `true` is 16, `false` is 1."""
    if isinstance(node.value, bool):
        return 16 if node.value else 1
    if isinstance(node.value, int) and 1 <= node.value <= 1024:
        return node.value
    raise wrong(node, path, "a boolean or an integer from 1 to 1024")


def statuses_of(node: Node, path: str) -> tuple[tuple[str, int, int], ...]:
    """Accepted statuses as (text, lowest, highest): a number, `2xx`, `200-299`, or a list of these."""
    items = node.items if node.kind == "list" else [node]
    if node.kind == "list" and not items:
        raise wrong(node, path, "at least one status")
    places = [f"{path}[{index}]" if node.kind == "list" else path for index in range(len(items))]
    return tuple(_status(item, place) for item, place in zip(items, places, strict=True))


def _status(node: Node, path: str) -> tuple[str, int, int]:
    value = node.value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 65535:
        return str(value), value, value
    if isinstance(value, str):
        if len(value) == 3 and value[0] in "12345" and value[1:].lower() == "xx":
            return value, int(value[0]) * 100, int(value[0]) * 100 + 99
        first, dash, last = value.partition("-")
        if dash and all(len(part) == 3 and part.isascii() and part.isdigit() for part in (first, last)):
            return value, int(first), int(last)
    raise wrong(node, path, "a status (an integer from 0 to 65535, 2xx or 200-299)")


def count(least: int, most: int) -> Kind:
    """The kind of integers from *least* to *most*."""
    expected = f"an integer from {least} to {most}"

    def read(node: Node, path: str) -> int:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise wrong(node, path, expected)
        return value

    return Kind(expected, read, {"type": "integer", "minimum": least, "maximum": most})


_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
_STATUS_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 65535},
        {"type": "string", "pattern": "^([1-5][xX]{2}|[0-9]{3}-[0-9]{3})$"},
    ]
}

TEXT = Kind("a string", text_of, _SCALAR_SCHEMA)
TEXTS = Kind("strings", texts_of, {"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA}]})
TEXT_MAP = Kind("a map of strings", text_map_of, {"type": "object", "additionalProperties": _SCALAR_SCHEMA})
FLAG = Kind("a boolean", flag_of, {"type": "boolean"})
NUMBER = Kind("a number", number_of, {"type": "number"})
SCALARS = Kind("a list", scalars_of, {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}})
DURATION = Kind("a duration", duration_of, {"type": "string", "pattern": "^\\s*[0-9]+(ms|s|m)\\s*$"})
PARALLEL = Kind(
    "a boolean or a number", parallel_of,
    {"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 1, "maximum": 1024}]},
)  # fmt: skip
STATUSES = Kind(
    "statuses", statuses_of, {"anyOf": [_STATUS_SCHEMA, {"type": "array", "items": _STATUS_SCHEMA, "minItems": 1}]}
)
COUNT = count(0, 2**32 - 1)
PORT = count(1, 65535)
