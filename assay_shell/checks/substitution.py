"""Variables in files of checks: `${NAME}`, `${NAME:-default}`, `$${` for the characters themselves.

What begins with `captures.` is left for later: it is known when the check that captures it has run.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assay_shell.checks.errors import CheckFailed, ConfigError
from assay_shell.runtime.builtins.yaml.scalars import OutOfRange, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from assay_shell.checks.document import Node

_VARIABLE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_CAPTURE = re.compile(r"\$\$\{(?=captures\.)|\$\{captures\.([^{}]*)\}")
_LATER = "captures."


def substitute(node: Node, path: str, lookup: Callable[[str], str]) -> Node:
    """*node* with its variables replaced by what *lookup* says.

    What is nothing but a variable is read again, so that `${PORT}` can be a number.

    Raises:
        ConfigError: *lookup* raised KeyError: there is no such variable.
    """
    if node.kind == "list":
        items = [substitute(item, f"{path}[{index}]", lookup) for index, item in enumerate(node.items)]
        return replace(node, items=items)
    if node.kind == "map":
        prefix = f"{path}." if path else ""
        fields = {name: (key, substitute(value, prefix + name, lookup)) for name, (key, value) in node.fields.items()}
        return replace(node, fields=fields)
    if "${" not in node.text:
        return node
    text = _replaced(node, path, lookup)
    return node if text == node.text else node.written(text, _value(text) if _VARIABLE.fullmatch(node.text) else text)


def _replaced(node: Node, path: str, lookup: Callable[[str], str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0] if node.text.startswith(_LATER, match.end()) else "${"
        if name.startswith(_LATER):
            return match[0]
        name, separator, default = name.partition(":-")
        try:
            return lookup(name)
        except KeyError:
            if separator:
                return default
            raise ConfigError(f"variable ${{{name}}} is not set", node.place(path)) from None

    return _VARIABLE.sub(value, node.text)


def _value(text: str) -> Any:
    try:
        value = resolve(text)
    except OutOfRange:
        return text
    return text if value is None else value  # an empty variable is an empty text, nothing that is absent


def insert_captures(value: Any, captures: Mapping[str, str]) -> Any:
    """A setting with its captured values put in.

    Raises:
        CheckFailed: a value has not been captured.
    """
    if isinstance(value, list):
        return [insert_captures(item, captures) for item in value]
    if isinstance(value, dict):
        return {name: insert_captures(item, captures) for name, item in value.items()}
    if not isinstance(value, str) or "${" not in value:
        return value

    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        if match[1] not in captures:
            raise CheckFailed(f"nothing was captured as {match[1]}")
        return captures[match[1]]

    return _CAPTURE.sub(put, value)


def captures_in(value: Any) -> Iterator[str]:
    """The names of captured values that a setting refers to."""
    if isinstance(value, list):
        for item in value:
            yield from captures_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from captures_in(item)
    elif isinstance(value, str) and "${" in value:
        yield from (match[1] for match in _CAPTURE.finditer(value) if match[1] is not None)
