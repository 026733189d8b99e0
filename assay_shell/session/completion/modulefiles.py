"""The modules that `require` finds, and what their headers say; what is written anew is noticed."""

from __future__ import annotations

import os
from time import monotonic

from assay_shell.runtime.catalog import Entry, module_entry
from assay_shell.runtime.docstring import lua_header
from assay_shell.runtime.modules import ModuleFile, global_folder, module_files, winners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOOK_AGAIN = 1.0
"""Seconds after which the folders of modules are looked at anew."""


class ModuleFiles:
    """Modules by name; of each no more is read than is asked for."""

    def __init__(self) -> None:
        self._files: dict[str, ModuleFile] = {}
        self._entries: dict[str, Entry] = {}
        self._descriptions: dict[str, str] = {}
        self._comments: dict[str, dict[str, str]] = {}
        self._stamp: object = None
        self._looked = -_LOOK_AGAIN

    @property
    def files(self) -> dict[str, ModuleFile]:
        """The files of the project, of the user and our own."""
        now = monotonic()
        if now - self._looked >= _LOOK_AGAIN:
            self._looked = now
            stamp = _stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._files = {file.name: file for file in winners(module_files(os.environ))}
                self._entries, self._descriptions, self._comments = {}, {}, {}
        return self._files

    def described(self) -> Iterator[tuple[str, str]]:
        """The names of all modules, and what each is for."""
        for name, file in self.files.items():
            if name not in self._descriptions:
                self._descriptions[name] = lua_header(file.text).description
            yield name, self._descriptions[name]

    def entry(self, name: str) -> Entry | None:
        """What is documented of a module, None where there is no such module."""
        file = self.files.get(name)
        if file is not None and name not in self._entries:
            self._entries[name] = module_entry(name, file.source, file.text)
        return self._entries.get(name)

    def comment(self, module: str, function: str) -> str:
        """What is written above a function of a module, "" for nothing."""
        from assay_shell.runtime.docstring import lua_comments

        file = self.files.get(module)
        if file is not None and module not in self._comments:
            self._comments[module] = lua_comments(file.text)
        return self._comments.get(module, {}).get(function, "")

    def using(self, chunks: Iterable[str]) -> list[str]:
        """Our own modules that are made of the shared parts *chunks* (`@assay/lib.kube_api.lua`), directly or not."""
        wanted = {chunk.removeprefix("@assay/").removesuffix(".lua") for chunk in chunks}
        return [name for name, file in self.files.items() if any(f'"assay.{part}"' in file.text for part in wanted)]

    def at(self, chunk: str) -> str:
        """The module whose functions come from *chunk* (`@assay/vault.lua`, `@./modules/x.lua`), "" for none."""
        path = chunk.removeprefix("@")
        if path.startswith("assay/") and path.endswith(".lua"):
            name = f"assay.{path[6:-4]}"
            return name if name in self.files else ""
        if path == "[assay]":
            return ""
        return next((name for name, file in self.files.items() if file.path == path), "")


def is_shared(chunk: str) -> bool:
    """Whether *chunk* is a part that our own modules share."""
    return chunk.startswith("@assay/lib.")


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
