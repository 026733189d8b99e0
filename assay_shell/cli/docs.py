"""`assay docs`: what is written about builtins and modules, one name at a time or as pages."""

from __future__ import annotations

import sys

from assay_shell.cli import complain
from assay_shell.runtime.errors import UsageError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.catalog import Catalog, Function

UNKNOWN = FAILED = 1


def show(invocation: Invocation) -> int:
    """Print the documentation that was asked for, or write the pages; 1 when there is no such name.

    Raises:
        UsageError: there is an operand too many, or no folder for the pages.
    """
    if invocation.operands[:1] == ["build"]:
        return _build(invocation.operands[1:])
    if len(invocation.operands) > 1:
        raise UsageError(f"'docs' takes no argument '{invocation.operands[1]}' here")
    if invocation.flag("all") or not invocation.operands:
        return _show_all(whole=invocation.flag("all"))
    return _explain(invocation.operands[0])


def _build(folders: list[str]) -> int:
    if not folders:
        raise UsageError("'docs build' needs a folder")
    from pathlib import Path

    from assay_shell.cli.pages.build import build

    try:
        written = build(Path(folders[0]))
    except OSError as exc:
        complain(f"writing {exc.filename}: {os_reason(exc)}")
        return FAILED
    sys.stdout.write(f"{len(written)} files in {folders[0]}\n")
    return 0


def _show_all(*, whole: bool) -> int:
    from assay_shell.runtime.reference import markdown, overview_text

    catalog = _builtins(methods=whole)
    sys.stdout.write(markdown(catalog) if whole else overview_text(catalog))
    return 0


def _explain(name: str) -> int:
    if name.startswith("assay."):
        return _explain_module(name)
    catalog = _builtins(methods=":" in name)
    text = catalog.explain(name)
    return _shown(text) if text is not None else _unknown(name, "builtin", catalog.nearest(name))


def _explain_module(name: str) -> int:
    """Explain `assay.NAME`, or `assay.NAME.FUNCTION`."""
    import os

    from assay_shell.runtime.catalog import module_entry
    from assay_shell.runtime.modules import module_files, winners
    from assay_shell.runtime.nearest import nearest
    from assay_shell.runtime.reference import entry_text, function_text

    files = {file.name: file for file in winners(module_files(os.environ))}
    module = ".".join(name.split(".")[:2])
    if module not in files:
        return _unknown(name, "module", nearest(module, files))
    entry = module_entry(module, files[module].source, files[module].text)
    if name == module:
        return _shown(entry_text(entry))
    functions = {f"{module}.{_own_name(function)}": function for function in entry.functions}
    if name not in functions:
        return _unknown(name, "function", nearest(name, functions))
    return _shown(function_text(functions[name]))


def _own_name(function: Function) -> str:
    """Its name without what it is a function or method of: `M`, or a client."""
    return function.name.replace(":", ".").partition(".")[2] or function.name


def _shown(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _unknown(name: str, kind: str, near: str | None) -> int:
    complain(f"there is no {kind} '{name}'" + (f"; did you mean {near}?" if near else ""))
    return UNKNOWN


def _builtins(*, methods: bool) -> Catalog:
    """The builtins; with *methods* all that is written about those of handles, for which handles have to be made."""
    from assay_shell.runtime.catalog import Catalog
    from assay_shell.runtime.vm import Runtime

    with Runtime() as runtime:
        if not methods:
            return runtime.catalog
        from assay_shell.cli.pages.methods import groups_with_methods

        return Catalog(groups_with_methods(runtime))
