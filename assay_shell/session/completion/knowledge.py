"""What is documented, at hand within milliseconds: groups and modules by name, without loading any of them."""

from __future__ import annotations

from assay_shell.runtime.catalog import Entry, Function, builtin_entry, registered_entry
from assay_shell.runtime.docstring import python_headers
from assay_shell.runtime.modules import group_docstring
from assay_shell.session.completion.modulefiles import ModuleFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.vm import Runtime

_MODULE = "M"
"""What headers call the module itself."""
_FILLED = (("url",), ("client",), ("self",))


class Knowledge:
    """Documentation by name; read when it is first asked for."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.modules = ModuleFiles()
        self._groups: dict[str, Entry] = {}
        self._registered: tuple[str, ...] = ()
        self._functions: dict[str, tuple[str, Function]] = {}
        self._by_name: dict[str, tuple[Entry, dict[str, list[Function]]]] = {}
        self._details: dict[tuple[str, int], dict[str, str]] = {}

    @property
    def groups(self) -> dict[str, Entry]:
        """The groups of builtins and Lua's own libraries; `lua` has the global functions."""
        from assay_shell.runtime.declare import GROUPS as ADDED

        if not self._groups or self._registered != tuple(ADDED):
            self._read_groups()
            self._registered = tuple(ADDED)
        return self._groups

    def function(self, name: str) -> Function | None:
        """The function of a group (`http.get`), of Lua's own libraries, or a global one."""
        found = self._owned.get(name)
        return found[1] if found is not None else None

    @property
    def _owned(self) -> dict[str, tuple[str, Function]]:
        """The functions of all groups by name, with their groups."""
        if not self._functions:
            for group, entry in self.groups.items():
                self._functions.update((function.name, (group, function)) for function in entry.functions)
        return self._functions

    def entry(self, name: str) -> Entry | None:
        """The group or module of that name."""
        return self.groups.get(name) or self.modules.entry(name)

    def member(self, entry: Entry, name: str, separator: str) -> Function | None:
        """The function `.name` or method `:name` of an entry; a method is also looked for among the functions."""
        found = self._indexed(entry).get(name, ())
        fitting = [function for function in found if separator in function.name]
        return next(iter(fitting or found), None)

    def part(self, entry: Entry, owner: str, name: str) -> Function | None:
        """The function `OWNER:name` or `OWNER.name` of an entry."""
        found = self._indexed(entry).get(name, ())
        return next((function for function in found if receiver(function.name) == owner), None)

    def _indexed(self, entry: Entry) -> dict[str, list[Function]]:
        """The functions of an entry by the last part of their names."""
        known = self._by_name.get(entry.name)
        if known is None or known[0] is not entry:
            index: dict[str, list[Function]] = {}
            for function in entry.functions:
                index.setdefault(last_part(function.name), []).append(function)
            known = self._by_name[entry.name] = (entry, index)
        return known[1]

    def text_of(self, function: Function, entry: Entry | None) -> str:
        """All that is written about a function: its docstring, or the comment above it. Loads its group for that."""
        if entry is not None and entry.name in self.modules.files:
            return self.modules.comment(entry.name, last_part(function.name))
        group, _ = self._owned.get(function.name, ("", None))
        return self._detailed(entry.name if entry is not None else group).get(function.name, "")

    def effect_of(self, function: Function) -> str:
        """Whether a builtin reads or writes, as the catalog says it; "" for others."""
        builtin = self._runtime.builtins.get(function.name)
        if builtin is None:
            return function.effect
        return builtin.effect if isinstance(builtin.effect, str) else "depends"

    def _detailed(self, group: str) -> dict[str, str]:
        """The docstrings and comments of a group's functions, by their documented names."""
        known = len(self._runtime.builtins)  # methods of handles come when the first of a kind is made
        if (group, known) not in self._details:
            self._details[group, known] = self._read_details(group)
        return self._details[group, known]

    def builtin(self, function: Function, group: str) -> Builtin | None:
        """The Python behind a function of a group, which is loaded for it; None where there is none."""
        from assay_shell.runtime.builtins import GROUPS

        builtins = self._runtime.builtins
        if group in GROUPS and not any(name.startswith(f"{group}.") for name in builtins):
            self._runtime.driver["load_group"](group)
        return builtins.get(function.name) or self._method(GROUPS.get(group, group), function.name)

    def _read_details(self, group: str) -> dict[str, str]:
        from assay_shell.runtime.catalog import comments_in_lua

        entry = self.groups.get(group)
        if entry is None:
            return {}
        comments = comments_in_lua(group)
        found = {}
        for function in entry.functions:
            builtin = self.builtin(function, group)
            comment = comments.get(last_part(function.name), "")
            found[function.name] = (builtin.function.__doc__ if builtin and not comment else None) or comment
        return found

    def _method(self, package: str, name: str) -> Builtin | None:
        """The method `conn:send` of some kind of handle (`ws connection`) of a group, once such a handle was made."""
        owner, last = receiver(name), last_part(name)
        for known, builtin in self._runtime.builtins.items():
            kind, colon, method = known.partition(":")
            ours = colon and method == last and any(word.startswith(owner) for word in kind.split())
            if ours and f".builtins.{package}" in builtin.function.__module__:
                return builtin
        return None

    def _read_groups(self) -> None:
        from assay_shell.runtime import standard
        from assay_shell.runtime.builtins import GROUPS
        from assay_shell.runtime.declare import GROUPS as ADDED
        from assay_shell.session.completion import lua_library

        texts = [lua_library.__doc__ or "", standard.__doc__ or "", *map(group_docstring, GROUPS.values())]
        headers = [header for text in texts for header in python_headers(text)]
        self._groups = {header.module: builtin_entry(header, self._runtime.builtins, {}) for header in headers}
        self._groups.update((name, registered_entry(name, functions)) for name, functions in ADDED.items())
        self._functions = {}


def last_part(name: str) -> str:
    """`get` of `http.get`, `logs` of `c:logs`."""
    return name.replace(":", ".").rpartition(".")[2]


def receiver(name: str) -> str:
    """`http` of `http.get`, `c` of `c:logs`, "" of `sleep`."""
    return name.replace(":", ".").rpartition(".")[0]


def written_parameters(function: Function, separator: str) -> tuple[str, ...]:
    """The parameters that a call writes.

    Behind a colon the first may be there already: the text of a function for strings, and the address of a module's
    function that clients have as a method.
    """
    first = function.parameters[:1]
    taken = receiver(function.name) == "string" or (receiver(function.name) == _MODULE and first in _FILLED)
    return function.parameters[1:] if separator == ":" and taken else function.parameters
