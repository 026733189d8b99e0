"""Modules whose files have changed since they were loaded."""

from __future__ import annotations

import os

from assay_shell.runtime.modules import global_folder
from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.session.workspace import Workspace


class LoadedModules:
    """Remembers the files of loaded modules, and how old they were."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, tuple[str, int]] = {}

    def note(self) -> None:
        """Remember the files of modules that have been loaded since the last time."""
        for name in self.names():
            if name not in self._known and (path := self._file_of(name)) is not None:
                self._known[name] = (path, os.stat(path).st_mtime_ns)

    def names(self) -> list[str]:
        """The modules that are loaded from files."""
        loaded = self._workspace.runtime.globals["package"]["loaded"]
        builtin = {"_G", "package", "string", "table", "math", "utf8", "os", "io", "coroutine", "debug"}
        return [str(name) for name in loaded if str(name) not in builtin]

    def changed(self) -> list[str]:
        """Those whose files are not what they were."""
        found = []
        for name, (path, before) in self._known.items():
            try:
                if os.stat(path).st_mtime_ns != before:
                    found.append(name)
            except OSError:  # a file that is gone changes nothing
                continue
        return found

    def forget(self, name: str) -> None:
        """Look at the file of that module again."""
        self._known.pop(name, None)

    def _file_of(self, name: str) -> str | None:
        return next((path for path in self._places(name) if os.path.isfile(path)), None)

    def _places(self, name: str) -> Iterator[str]:
        rest = name.removeprefix("assay.")
        templates = self._workspace.runtime.globals["package"]["path"]
        if isinstance(templates, str):
            for template in filter(None, templates.split(";")):
                yield template.replace("?", name.replace(".", "/"))
        if rest != name:
            yield f"./modules/{rest}.lua"
            folder = global_folder(os.environ)
            if folder:
                yield f"{folder}/{rest}.lua"


async def reload(workspace: Workspace, argument: str) -> Answer:
    """Load modules anew whose files have changed, or the one that is named. What holds the module sees the new one.

    Raises:
        CommandError: the named module is not loaded.
        ScriptError: its new text fails; the old module stays.
    """
    modules = workspace.modules
    if argument and argument not in modules.names():
        raise CommandError(f"{argument} is not loaded")
    names = [argument] if argument else modules.changed()
    again = workspace.runtime.include("reload")
    for name in names:
        await workspace.runtime.results_of(again, name)
        modules.forget(name)
    modules.note()
    return Answer(f"loaded again: {', '.join(names)}" if names else "no file of a loaded module has changed")
