"""The types of checks, by name: where the function is that carries one out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Passed, Tools

    Run = Callable[[Check, Tools], Awaitable[Passed]]


def runner(name: str) -> Run:
    """The function of a check type, one of `fields.TYPES`; it raises CheckFailed where a check does not pass."""
    from importlib import import_module

    found: Run = import_module(f"assay_shell.checks.types.{name}").run
    return found
