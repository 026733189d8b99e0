"""What is written about the methods of handles, such as `client:start_workflow`."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from assay_shell.runtime.docstring import function_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay_shell.runtime.catalog import Entry, Function
    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.vm import Runtime

_HANDLES = os.path.join(os.path.dirname(__file__), "handles.lua")


def groups_with_methods(runtime: Runtime) -> list[Entry]:
    """Return the builtin groups in the order of the catalog, their methods told as fully as their functions.

    For that a handle of each kind is made in *runtime*; nothing is connected to.
    """
    catalog = runtime.catalog
    with open(_HANDLES, encoding="utf-8") as file:
        runtime.evaluate(file.read(), name="handles.lua")
    return [_with_methods(entry, runtime.builtins) for entry in catalog]


def _with_methods(entry: Entry, builtins: Mapping[str, Builtin]) -> Entry:
    """Return *entry* with what is written about the methods of its handles, which are in *builtins* by kind of handle.

    `conn:send`, of which there is none, is the function `ws.send` of the same group.
    """
    functions = {function.name: function for function in entry.functions}
    return replace(entry, functions=tuple(_method(f, entry.name, functions, builtins) for f in entry.functions))


def _method(
    method: Function, group: str, functions: Mapping[str, Function], builtins: Mapping[str, Builtin]
) -> Function:
    owner, colon, name = method.name.partition(":")
    if not colon or method.details:
        return method
    for kind, builtin in ((known.partition(":"), builtin) for known, builtin in builtins.items()):
        of_group = f".builtins.{group}" in builtin.function.__module__
        if kind[2] == name and of_group and any(word.startswith(owner) for word in kind[0].split()):
            text = function_text(builtin.function.__doc__ or "")
            return _described(method, text.summary, text.details, text.errors, text.example, builtin.effect)
    same = functions.get(f"{group}.{name}")
    if same is None:
        return method
    example = re.sub(rf"\b{re.escape(same.name)}\({owner}(?:, )?", f"{owner}:{name}(", same.example)
    return _described(method, f"As `{same.name}`.", "", same.errors, example, same.effect)


def _described(
    method: Function, summary: str, details: str, errors: tuple[str, ...], example: str, effect: object
) -> Function:
    return replace(
        method, details="\n\n".join(filter(None, (summary, details))), errors=errors, example=example,
        effect=effect if isinstance(effect, str) else "depends",
    )  # fmt: skip
