"""Everything that can be called, and what is written about it: one model for help, completion and reference pages.

Builtin groups carry header tags in their docstring and one docstring a function; Lua modules carry header tags. What
a group defines in Lua is documented by the `---` comment above it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from assay_shell.runtime.docstring import (
    FunctionText,
    Header,
    QuickRef,
    function_text,
    lua_comments,
    lua_constructor,
    lua_header,
    python_headers,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.vm import Runtime

_LUA_FILES = os.path.join(os.path.dirname(__file__), "lua")


@dataclass(frozen=True, slots=True)
class Function:
    """One function or method: `http.get`, `c:pods`.

    *effect* is `pure`, `read`, `write`, `depends` (on the arguments), or "" where nothing is declared.
    """

    name: str
    signature: str
    parameters: tuple[str, ...]
    returns: str
    description: str
    details: str = ""
    errors: tuple[str, ...] = ()
    example: str = ""
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A builtin group or a module, with its functions in the order of their quick references."""

    name: str
    source: str
    description: str
    keywords: tuple[str, ...]
    env: tuple[str, ...]
    functions: tuple[Function, ...]


@dataclass(frozen=True, slots=True)
class Completion:
    """One way to go on: the whole name, what it is (`group`, `function` or `method`) and its first sentence."""

    text: str
    kind: str
    description: str


class Catalog:
    """Entries by name, in the order given; the first of a name wins."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        self._functions: dict[str, Function] = {}
        for entry in entries:
            self._entries.setdefault(entry.name, entry)
            for function in entry.functions:
                self._functions.setdefault(function.name, function)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def find(self, name: str) -> Function | Entry | None:
        """Return the function, else the entry of that name; None when there is neither."""
        return self._functions.get(name) or self._entries.get(name)

    def nearest(self, name: str) -> str | None:
        """Return the known name most like *name*, None when none is."""
        from assay_shell.runtime.nearest import nearest

        group, mark, _ = name.partition(".")
        inside = [known for known in self._functions if mark and known.startswith(f"{group}.")]
        return nearest(name, inside or [*self._entries, *self._functions])

    def complete(self, prefix: str) -> list[Completion]:
        """Return what can stand where *prefix* was typed, sorted by name.

        Without a dot or colon: groups, modules and global functions. With one: the functions that begin so.
        """
        inside = "." in prefix or ":" in prefix
        found = {
            name: Completion(name, "method" if ":" in name else "function", function.description)
            for name, function in self._functions.items()
            if name.startswith(prefix) and (inside or not ("." in name or ":" in name))
        }
        for name, entry in self._entries.items():
            if name.startswith(prefix) and name not in found:
                found[name] = Completion(name, "group", entry.description)
        return sorted(found.values(), key=lambda completion: completion.text)

    def explain(self, name: str) -> str | None:
        """Return the plain text documentation of a function or an entry; None when the name is unknown."""
        from assay_shell.runtime.reference import entry_text, function_text

        found = self.find(name)
        if found is None:
            return None
        return function_text(found) if isinstance(found, Function) else entry_text(found)


def builtin_catalog(runtime: Runtime) -> Catalog:
    """Return the catalog of all builtins of *runtime*; groups that no script has used yet are loaded."""
    from importlib import import_module

    from assay_shell.runtime.builtins import GROUPS
    from assay_shell.runtime.declare import GROUPS as ADDED

    runtime.load_groups()
    entries = []
    for module in ("standard", *(f"builtins.{name}" for name in GROUPS.values())):
        documented = import_module(f"assay_shell.runtime.{module}")
        for header in python_headers(documented.__doc__ or ""):
            entries.append(builtin_entry(header, runtime.builtins, comments_in_lua(header.module)))
    return Catalog([*entries, *(registered_entry(group, functions) for group, functions in ADDED.items())])


def registered_entry(group: str, functions: Mapping[str, Builtin]) -> Entry:
    """Return the entry of a group that a program added: signatures and docstrings are all there is."""
    found = []
    for name, builtin in functions.items():
        code, defaults = builtin.function.__code__, builtin.function.__defaults__ or ()
        names = code.co_varnames[: code.co_argcount]
        required = len(names) - len(defaults)
        shown = [name if index < required else f"{name}?" for index, name in enumerate(names) if name != "runtime"]
        text = function_text(builtin.function.__doc__ or "")
        signature = f"{group}.{name}({', '.join(shown)})"
        found.append(_function(QuickRef(signature, "value", text.summary), text, _effect(builtin)))
    return Entry(group, "program", "", (), (), tuple(found))


def builtin_entry(header: Header, builtins: Mapping[str, Builtin], comments: Mapping[str, str]) -> Entry:
    """Return the entry of a builtin group; *comments* are those of its Lua file by function name."""
    functions = []
    for quickref in header.quickrefs:
        builtin = builtins.get(quickref.name)
        comment = _comment(comments, quickref.name)
        docstring = (builtin.function.__doc__ if builtin is not None and not comment else None) or comment
        functions.append(_function(quickref, function_text(docstring), _effect(builtin)))
    return Entry(header.module, "builtin", header.description, header.keywords, header.env, tuple(functions))


def module_entry(name: str, source: str, text: str) -> Entry:
    """Return the entry of a Lua module with that *text*; *source* is `project`, `global` or `builtin`.

    Its functions are the constructor `M.client`, where that is documented, and those of the quick references.
    """
    header, comments = lua_header(text), lua_comments(text)
    constructor = lua_constructor(text)
    functions = []
    for quickref in (*([constructor] if constructor else ()), *header.quickrefs):
        written = function_text(_comment(comments, quickref.name))
        functions.append(_function(quickref, written, written.effect))
    return Entry(name, source, header.description, header.keywords, header.env, tuple(functions))


def _comment(comments: Mapping[str, str], name: str) -> str:
    """What stands above a function, or above the member that it is inside of: `kratos` for `M.kratos.client`."""
    _, dot, inside = name.replace(":", ".").partition(".")
    member, _, deeper = inside.partition(".")
    return comments.get(member if deeper else inside if dot else name, "")


def _function(quickref: QuickRef, text: FunctionText, effect: str) -> Function:
    details = "\n\n".join(part for part in (text.summary, text.details) if part)
    return Function(
        quickref.name, quickref.signature, quickref.parameters, quickref.returns, quickref.description,
        details, text.errors, text.example, effect,
    )  # fmt: skip


def _effect(builtin: Builtin | None) -> str:
    if builtin is None:
        return ""
    return builtin.effect if isinstance(builtin.effect, str) else "depends"


def comments_in_lua(group: str) -> dict[str, str]:
    """Return what is written above the functions that a group defines in Lua."""
    try:
        with open(os.path.join(_LUA_FILES, f"{group}.lua"), encoding="utf-8") as file:
            return lua_comments(file.read())
    except FileNotFoundError:
        return {}
