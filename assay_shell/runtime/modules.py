"""Where `require` finds modules, and the list of all that can be found."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_STDLIB = os.path.join(_PACKAGE, "stdlib")
_PROJECT = os.path.join(".", "modules")

PROJECT, GLOBAL, BUILTIN = "project", "global", "builtin"
"""The sources of modules, the first one that has a name wins."""


class ModuleFile:
    """A module: its *name* (`assay.vault`), its *source*, where it is and what is written in it.

    *fault* says why the file is no module: then *text* is "".
    """

    __slots__ = ("fault", "name", "path", "source", "text")

    def __init__(self, name: str, source: str, path: str, text: str = "", fault: str = "") -> None:
        self.name = name
        self.source = source
        self.path = path
        self.text = text
        self.fault = fault


def embedded_source(name: str) -> bytes | None:
    """Source of `assay.NAME` as it ships with the package; None where there is no such module.

    `lib.rest` means the shared part `lib/rest.lua`; no other name reaches into a folder.
    """
    folder, rest = (os.path.join(_STDLIB, "lib"), name[4:]) if name.startswith("lib.") else (_STDLIB, name)
    if not rest.replace("_", "").isalnum() or not rest.isascii():
        return None
    try:
        with open(os.path.join(folder, f"{rest}.lua"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def module_files(environment: Mapping[str, str]) -> Iterator[ModuleFile]:
    """Every module file: the project's, the global folder's, and those of the package by name.

    A name may come several times; files that cannot be read or are not UTF-8 come with a fault.
    """
    yield from _files_in(_PROJECT, PROJECT)
    folder = global_folder(environment)
    if folder:
        yield from _files_in(folder, GLOBAL)
    yield from sorted(_files_in(_STDLIB, BUILTIN), key=lambda module: module.name)


def global_folder(environment: Mapping[str, str]) -> str | None:
    """The folder for modules of all projects; None where there is none or it is switched off."""
    folder = environment.get("ASSAY_MODULES_PATH")
    if folder is not None:
        return folder or None
    home = environment.get("HOME")
    return os.path.join(home, ".assay", "modules") if home else None


def winners(modules: Iterable[ModuleFile]) -> list[ModuleFile]:
    """The modules that `require` would load, in the order given: sound files, the first of each name."""
    found: dict[str, ModuleFile] = {}
    for module in modules:
        if not module.fault:
            found.setdefault(module.name, module)
    return list(found.values())


def syntax_faults(modules: Iterable[ModuleFile]) -> Iterator[tuple[ModuleFile, str]]:
    """What the Lua compiler says against the texts of modules that do not compile. Runs none of them."""
    from assay_shell.runtime.errors import ScriptSyntaxError
    from assay_shell.runtime.vm import Runtime

    with Runtime() as runtime:
        for module in modules:
            try:
                runtime.compile(module.text, module.path)
            except ScriptSyntaxError as exc:
                yield module, str(exc)


def group_docstring(module: str) -> str:
    """The documentation of a module in `runtime/builtins`, read without importing it (that would cost milliseconds)."""
    base = os.path.join(_PACKAGE, "runtime", "builtins", module)
    path = f"{base}.py" if os.path.exists(f"{base}.py") else os.path.join(base, "__init__.py")
    with open(path, encoding="utf-8") as file:
        return file.read().split('"""', 2)[1]


def _files_in(folder: str, source: str) -> Iterator[ModuleFile]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for file_name in names:
        if not file_name.endswith(".lua"):
            continue
        path = os.path.join(folder, file_name)
        name = f"assay.{file_name.removesuffix('.lua')}"
        if not os.path.isdir(path):
            yield _read(ModuleFile(name, source, path))


def _read(module: ModuleFile) -> ModuleFile:
    from assay_shell.runtime.errors import os_reason

    try:
        with open(module.path, "rb") as file:
            module.text = file.read().decode()
    except OSError as exc:
        module.fault = os_reason(exc)
    except UnicodeDecodeError:
        module.fault = "not UTF-8"
    return module
