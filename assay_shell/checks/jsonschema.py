"""The JSON Schema of files of checks, made from the tables that they are read by."""

from __future__ import annotations

from assay_shell.checks.fields import CHECK, DOCUMENT, EXPECT, TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from assay_shell.checks.fields import Field

_SCALAR = {"type": ["string", "number", "boolean"]}
_REFERENCE = {"type": "string", "pattern": "\\$\\{"}
"""Under version 2 a variable may stand for any scalar."""


def schema_text() -> str:
    """The schema as JSON text with a newline at its end."""
    import json

    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Checks of assay",
        "type": "object",
        "properties": {
            **_properties(DOCUMENT),
            "checks": {"type": "array", "description": "the checks, in the order of the report", "items": _check()},
        },
        "anyOf": [{"required": ["checks"]}, {"required": ["include"]}],
    }


def _check() -> dict[str, Any]:
    matrix = {
        "type": "object",
        "description": "values by name; the check is made once for each combination: ${matrix.NAME} (version 2)",
        "additionalProperties": {"type": "array", "items": _SCALAR, "minItems": 1},
    }
    properties = _properties(CHECK)
    properties["type"] = {"enum": list(TYPES), "description": "what is checked"}
    properties["expect"] = {"type": ["object", "null"], "properties": _properties(EXPECT)}
    properties["matrix"] = matrix
    return {"type": "object", "properties": properties, "required": ["name", "type"]}


def _properties(fields: Iterable[Field]) -> dict[str, Any]:
    return {field.name: _property(field) for field in fields}


def _property(field: Field) -> dict[str, Any]:
    about = field.about
    if field.types:
        about += f" ({', '.join(field.types)})"
    if field.since > 1:
        about += f" (version {field.since})"
    kinds = [field.kind.schema, _REFERENCE, {"type": "null"}]
    return {"anyOf": kinds, "description": about}
