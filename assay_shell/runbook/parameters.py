"""Parameters of a runbook: read from the command line and from files, written as Lua.

The convention is papermill's: a cell tagged `parameters` holds defaults, and a cell tagged `injected-parameters` behind
it sets what was given. Assignments without `local` reach the defaults either way, global or local.
"""

from __future__ import annotations

import math
import re

from assay_shell.runtime.errors import UsageError
from assay_shell.session.tokens import KEYWORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from assay_shell.runtime.redact import Redactor

    Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | FromEnvironment | None"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile(r'[\x00-\x1f\x7f"\\]')
_ENVIRONMENT = "env:"
_OWN = "ASSAY_PARAMETER_"
"""How variables are called that hold secrets given on the command line."""
_LARGEST = 2**63


class FromEnvironment:
    """The value of an environment variable, read when the cell runs; the notebook holds its name alone."""

    def __init__(self, name: str) -> None:
        self.name = name


def read(assignments: Sequence[str], files: Sequence[str]) -> dict[str, Plain]:
    """Return the parameters of `-p KEY=VALUE` and of `-P FILE`, the former winning.

    Raises:
        UsageError: one makes no sense, a file cannot be read, or a name is none that Lua allows.
    """
    found: dict[str, Plain] = {}
    for path in files:
        found.update(_from_file(path))
    for assignment in assignments:
        name, mark, text = assignment.partition("=")
        if not mark:
            raise UsageError(f"-p {assignment}: expected KEY=VALUE")
        found[name] = value_of(text)
    for name in found:
        if not _NAME.fullmatch(name) or name in KEYWORDS:
            raise UsageError(f"parameter '{name}': not a name in Lua")
    return found


def value_of(text: str) -> Plain:
    """Return what *text* means: a number, true, false, nil, `env:NAME`, else the text itself.

    A number is what is written as numbers are: the version 1.10 and the order 007 are texts.
    """
    if text.startswith(_ENVIRONMENT):
        return FromEnvironment(_variable(text))
    if text in ("true", "false"):
        return text == "true"
    if text in ("nil", "null", "None"):
        return None
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if repr(number) == text and math.isfinite(number) else text
    return text


def _variable(text: str) -> str:
    name = text.removeprefix(_ENVIRONMENT)
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{text}' names no environment variable")
    return name


def _from_file(path: str) -> dict[str, Plain]:
    """The parameters of a YAML or JSON file."""
    import yaml

    from assay_shell.runtime.errors import os_reason

    try:
        with open(path, encoding="utf-8") as file:
            found = yaml.safe_load(file)
    except OSError as exc:
        raise UsageError(f"{path}: {os_reason(exc)}") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path}: {exc}") from exc
    if not isinstance(found, dict):
        raise UsageError(f"{path}: expected parameters by name")
    return {str(name): _given(value, f"{path}: {name}") for name, value in found.items()}


def _given(value: object, where: str) -> Plain:
    if isinstance(value, str):
        return FromEnvironment(_variable(value)) if value.startswith(_ENVIRONMENT) else value
    if isinstance(value, list):
        return [_given(item, where) for item in value]
    if isinstance(value, dict):
        return {str(key): _given(item, where) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)  # dates


def without_secrets(given: dict[str, Plain], redactor: Redactor) -> tuple[dict[str, Plain], dict[str, str]]:
    """Return *given* with each text that is a secret replaced by a variable's, and these variables with their values.

    The notebook is saved with its parameters; what a run is given beside it is not.
    """
    safe: dict[str, Plain] = {}
    variables: dict[str, str] = {}
    for name, value in given.items():
        if isinstance(value, str) and redactor.value({name: value}) != {name: value}:
            variables[_OWN + name] = value
            value = FromEnvironment(_OWN + name)
        safe[name] = value
    return safe, variables


def variables(given: object) -> list[str]:
    """Return the names of the environment variables in *given*, at any depth."""
    if isinstance(given, FromEnvironment):
        return [given.name]
    parts = given.values() if isinstance(given, dict) else given if isinstance(given, list) else ()
    return [name for part in parts for name in variables(part)]


# As Lua ---------------------------------------------------------------------------------------------------


def cell(parameters: dict[str, Plain]) -> str:
    """Return the source of the cell that sets *parameters*."""
    return "\n".join(["-- Parameters", *(f"{name} = {lua(value)}" for name, value in parameters.items())])


def lua(value: object) -> str:
    """Return *value* as a Lua expression.

    Raises:
        UsageError: Lua has nothing for it.
    """
    if value is None:
        return "nil"
    if isinstance(value, FromEnvironment):
        return f"env.get({quoted(value.name)})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -_LARGEST < value < _LARGEST else repr(float(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{quoted(str(key))}] = {lua(item)}" for key, item in value.items()) + "}"
    raise UsageError(f"a parameter of type {type(value).__name__} has no form in Lua")


def _float(value: float) -> str:
    if math.isnan(value):
        return "(0/0)"
    if math.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    return repr(value)


def quoted(text: str) -> str:
    """Return *text* as a Lua string."""
    return '"' + _CONTROL.sub(_escaped, text) + '"'


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in '"\\' else f"\\{ord(character):03d}"
