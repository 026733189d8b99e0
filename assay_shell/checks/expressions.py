"""Conditions on JSON: `.path == value` of the contract, and JMESPath."""

from __future__ import annotations

import re

from assay_shell.checks.errors import CheckFailed
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse_json(text: str, what: str) -> Any:
    """The value of a JSON text; *what* begins the message.

    Raises:
        CheckFailed: it is not JSON.
    """
    import orjson  # only checks that look into JSON pay

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise CheckFailed(f"{what} is not valid JSON: {exc}") from exc


def require_equal(expression: str, document: Any) -> None:
    """Check `.path == value` on a JSON value; types count: 1 is not 1.0, 5 is not "5".

    Raises:
        CheckFailed: it is not so, the path leads nowhere, or the expression has another form.
    """
    path, separator, wanted = expression.partition("==")
    if not separator:
        raise CheckFailed(f"unsupported JSON expression syntax: {quoted(expression)} (expected '.path == value')")
    found = _follow(path.strip(), document)
    value = parse_value(wanted.strip())
    if type(found) is not type(value) or found != value:
        raise CheckFailed(f"JSON expression failed: {expression}")


def _follow(path: str, document: Any) -> Any:
    for key in filter(None, path.split(".")):
        if not isinstance(document, dict) or key not in document:
            raise CheckFailed(f"JSON path '.{key}' not found in response")
        document = document[key]
    return document


def parse_value(text: str) -> bool | int | float | str | None:
    """The value that the right side of an expression spells; what is nothing else is a text."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text) and len(text) <= 21 and -(2**63) <= int(text) < 2**64:
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if number - number == 0 else text  # beyond the range of floats it is no JSON number
    return text


def search(expression: str, document: Any) -> Any:
    """What a JMESPath expression finds.

    Raises:
        CheckFailed: it is not a valid expression, or does not fit the document.
    """
    import jmespath  # only files that use it pay
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(expression, document)
    except (JMESPathError, RecursionError) as exc:
        reason = " ".join(str(exc).split()) or "it is nested too deep"
        raise CheckFailed(f"JMESPath expression {quoted(expression)}: {reason}") from exc


def require_true(expression: str, document: Any) -> None:
    """Check that a JMESPath expression gives something true: not null, false, "", [] or {}.

    Raises:
        CheckFailed: it does not.
    """
    import json

    found = search(expression, document)
    if found is None or found is False or found in ("", [], {}):
        raise CheckFailed(f"JMESPath expression gave {json.dumps(found)}: {expression}")


def as_captured(value: Any) -> str:
    """A found value as text: strings as they are, everything else as JSON."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
