"""What is documented, at hand within milliseconds: groups and modules by name, without loading any of them."""

from __future__ import annotations

import os
from time import monotonic

from assay_shell.runtime.catalog import Entry, Function, builtin_entry, module_entry, registered_entry
from assay_shell.runtime.docstring import python_headers
from assay_shell.runtime.modules import ModuleFile, global_folder, group_docstring, module_files, winners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.vm import Runtime

_LOOK_AGAIN = 1.0
"""Seconds after which the folders of modules are looked at anew."""


class Knowledge:
    """Documentation by name; read when it is first asked for."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._groups: dict[str, Entry] = {}
        self._registered: tuple[str, ...] = ()
        self._functions: dict[str, Function] = {}
        self._modules: dict[str, Entry] = {}
        self._files: dict[str, ModuleFile] = {}
        self._comments: dict[str, dict[str, str]] = {}
        self._details: dict[str, dict[str, str]] = {}
        self._stamp: object = None
        self._looked = -_LOOK_AGAIN

    @property
    def groups(self) -> dict[str, Entry]:
        """The groups of builtins and Lua's own libraries; `""` has the global functions."""
        from assay_shell.runtime.declare import GROUPS as ADDED

        if not self._groups or self._registered != tuple(ADDED):
            self._read_groups()
            self._registered = tuple(ADDED)
        return self._groups

    @property
    def modules(self) -> dict[str, Entry]:
        """What `require` finds: the modules of the project, of the user and our own."""
        now = monotonic()
        if now - self._looked >= _LOOK_AGAIN:
            self._looked = now
            stamp = _stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._read_modules()
        return self._modules

    def function(self, name: str) -> Function | None:
        """The function of a group (`http.get`), of Lua's own libraries, or a global one."""
        if not self._functions:
            self._functions = {f.name: f for entry in self.groups.values() for f in entry.functions}
        return self._functions.get(name)

    def entry(self, name: str) -> Entry | None:
        """The group or module of that name."""
        return self.groups.get(name) or self.modules.get(name)

    def member(self, entry: Entry, name: str, separator: str) -> Function | None:
        """The function `.name` or method `:name` of an entry; a method is also looked for among the functions."""
        found = [function for function in entry.functions if last_part(function.name) == name]
        fitting = [function for function in found if separator in function.name]
        return next(iter(fitting or found), None)

    def text_of(self, function: Function, entry: Entry | None) -> str:
        """All that is written about a function: its docstring, or the comment above it. Loads its group for that."""
        from assay_shell.runtime.docstring import lua_comments

        if entry is not None and (file := self.file_of(entry.name)) is not None:
            if entry.name not in self._comments:
                self._comments[entry.name] = lua_comments(file.text)
            return self._comments[entry.name].get(last_part(function.name), "")
        return self._detailed(entry.name if entry is not None else "").get(function.name, "")

    def effect_of(self, function: Function) -> str:
        """Whether a builtin reads or writes, as the catalog says it; "" for others."""
        builtin = self._runtime.builtins.get(function.name)
        if builtin is None:
            return function.effect
        return builtin.effect if isinstance(builtin.effect, str) else "depends"

    def _detailed(self, group: str) -> dict[str, str]:
        """The docstrings and comments of a group's functions, by their documented names."""
        if group not in self._details:
            self._details[group] = self._read_details(group)
        return self._details[group]

    def _read_details(self, group: str) -> dict[str, str]:
        from assay_shell.runtime.builtins import GROUPS
        from assay_shell.runtime.catalog import comments_in_lua

        entry = self.groups.get(group)
        if entry is None:
            return {}
        builtins = self._runtime.builtins
        if group in GROUPS and not any(name.startswith(f"{group}.") for name in builtins):
            self._runtime.driver["load_group"](group)
        comments = comments_in_lua(group)
        found = {}
        for function in entry.functions:
            builtin = builtins.get(function.name) or self._method(GROUPS.get(group, group), function.name)
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

    def file_of(self, module: str) -> ModuleFile | None:
        """The file of a module."""
        return self._files.get(module) if self.modules else None

    def module_at(self, chunk: str) -> str:
        """The module whose functions come from *chunk* (`@assay/vault.lua`, `@./modules/x.lua`), "" for none."""
        path = chunk.removeprefix("@")
        if path.startswith("assay/") and path.endswith(".lua"):
            name = f"assay.{path[6:-4]}"
            return name if name in self.modules else ""
        for name in self.modules:
            if self._files[name].path == path:
                return name
        return ""

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

    def _read_modules(self) -> None:
        self._comments = {}
        files = winners(module_files(os.environ))
        self._files = {file.name: file for file in files}
        self._modules = {file.name: module_entry(file.name, file.source, file.text) for file in files}


def last_part(name: str) -> str:
    """`get` of `http.get`, `logs` of `c:logs`."""
    return name.replace(":", ".").rpartition(".")[2]


def receiver(name: str) -> str:
    """`http` of `http.get`, `c` of `c:logs`, "" of `sleep`."""
    return name.replace(":", ".").rpartition(".")[0]


def _stamp() -> object:
    """Changes when a module of the project or the user is added, removed or written."""
    folders = (os.path.join(".", "modules"), global_folder(os.environ))
    return tuple(tuple(_files(folder)) for folder in folders if folder)


def _files(folder: str) -> Iterable[tuple[str, int]]:
    try:
        with os.scandir(folder) as found:
            return sorted((entry.path, _modified(entry)) for entry in found if entry.name.endswith(".lua"))
    except OSError:
        return []


def _modified(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mtime_ns
    except OSError:
        return 0
