"""Live values of the VM, looked at without running anything: members, kinds, and where functions are from."""

from __future__ import annotations

from typing import NamedTuple

from lupa.lua55 import lua_type

from assay_shell.runtime.values import as_bytes, from_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.vm import Runtime

_MOST_PAIRS = 4_000
"""Pairs of a table that are looked at; beyond them nobody sees a key."""
_ENOUGH_KEYS = 200
_MOST_COUNTED = 10_000
_MOST_ASKED, _ENOUGH_CHUNKS = 300, 5


class FunctionFacts(NamedTuple):
    """What Lua knows of a function: *chunk* is `@FILE` or `=NAME`; lines are -1 for a function of C."""

    chunk: str
    first: int
    last: int
    parameters: tuple[str, ...]
    native: bool


class Live:
    """Raw looks at the values of one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._lua = {str(name): function for name, function in runtime.include("look").items()}

    def global_value(self, name: str) -> Any:
        """The raw value of a global, None where it is nil."""
        return self._lua["global"](_to_raw(name))

    def global_names(self, typed: str) -> list[tuple[Any, str]]:
        """Names of globals and the kinds of their values."""
        return self.members(self._lua["global"]("_G"), typed)

    def loaded(self, module: str) -> Any:
        """What `require` has given for *module*, None where nobody has required it."""
        return self._lua["loaded"](_to_raw(module))

    def loaded_names(self, typed: str) -> list[str]:
        """The names under which something can be required that is loaded already."""
        package = self._lua["loaded"]("package")
        loaded = self.member(package, "loaded") if lua_type(package) == "table" else None
        return [name for name, _ in self.members(loaded, typed) if isinstance(name, str) and name != "_G"]

    def member(self, table: Any, key: str | int | float) -> Any:
        """The raw member of a table or of the classes behind it, None where there is none."""
        return self._lua["get"](table, _to_raw(key) if isinstance(key, str) else key)

    def members(self, table: Any, typed: str = "") -> list[tuple[Any, str]]:
        """Keys with the kinds of their values; of a large table some, and those that begin with what was *typed*."""
        if lua_type(table) != "table":
            return []
        flat = self._lua["keys"](table, _MOST_PAIRS, _ENOUGH_KEYS, _to_raw(typed.lower())) or ()
        keys = [from_raw(key) if isinstance(key, str) else key for key in flat[::2]]
        return list(zip(keys, flat[1::2], strict=True))

    def chunks(self, table: Any) -> list[str]:
        """The names of the chunks that the functions of a table come from, some of them."""
        found = self._lua["chunks"](table, _MOST_ASKED, _ENOUGH_CHUNKS)
        return [from_raw(chunk) for chunk in (found if isinstance(found, tuple) else (found,)) if chunk is not None]

    def size(self, table: Any) -> tuple[int, int, bool]:
        """How many members a table has, how many of them are a list, and whether there may be more than counted."""
        count, length = self._lua["size"](table, _MOST_COUNTED)
        return count, length, count >= _MOST_COUNTED

    def sample(self, table: Any) -> Any:
        """A member of a table: the first of a list, else any."""
        return self._lua["sample"](table)

    def class_name(self, table: Any) -> str:
        """What a table's metatable calls it, "" where it does not."""
        return from_raw(self._lua["class_name"](table) or "")

    def group(self, table: Any) -> tuple[str, bool]:
        """The group of builtins that a table is ("" for none), and whether it still has to be loaded."""
        found = self._lua["group"](table)
        return (from_raw(found[0]), bool(found[1])) if isinstance(found, tuple) else ("", False)

    def module(self, value: Any) -> str:
        """The name by which *value* can be required, "" where it was not."""
        return from_raw(self._lua["module"](value) or "")

    def name_of(self, function: Any) -> str:
        """`http.get` for a function of a group or a library, "" for others."""
        return from_raw(self._lua["name"](function) or "")

    def facts(self, function: Any) -> FunctionFacts:
        """Where a function stands and what it takes."""
        chunk, first, last, what, names, more = self._lua["func"](function)
        parameters = tuple(from_raw(names).split(",")) if names else ()
        if more:
            parameters = (*parameters, "...")
        return FunctionFacts(from_raw(chunk), first, last, parameters, what == "C")


def kind_of(raw: Any) -> str:
    """The name of a raw value's Lua type."""
    kind = lua_type(raw)
    if kind:
        return str(kind)
    if raw is None:
        return "nil"
    return {bool: "boolean", str: "string"}.get(type(raw), "number")


def _to_raw(text: str) -> str:
    return text if text.isascii() else as_bytes(text).decode("latin-1")
