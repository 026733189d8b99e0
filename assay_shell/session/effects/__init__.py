"""What a write would do, in words: for the question before it."""

from __future__ import annotations

from assay_shell.session.effects import database, files, programs, requests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime

_KINDS: tuple[tuple[tuple[str, ...], ModuleType], ...] = (
    (("http.", "http client:"), requests),
    (("fs.",), files),
    (("db.", "db connection:", "db transaction:"), database),
    (("shell.", "io.popen", "os.execute", "!"), programs),
)


def headline_of(effect: Effect) -> str:
    """One line that says what is about to happen."""
    if _kind(effect) in (requests, database) and effect.target:
        return effect.target
    return f"{effect.name} {effect.target}".rstrip()


def details_of(runtime: Runtime, effect: Effect) -> list[str]:
    """Further lines: the body, the statement's parameters, the folder of a command."""
    kind = _kind(effect)
    return [] if kind is None else list(kind.details(runtime, effect))


async def preview_of(runtime: Runtime, effect: Effect) -> list[str]:
    """What a request changes of what is there now; nothing where that cannot be told, or is no matter of a few lines.

    Raises:
        BuiltinError: what is there now cannot be read.
    """
    return await requests.preview(runtime, effect) if _kind(effect) is requests else []


async def diff_of(runtime: Runtime, effect: Effect) -> list[str]:
    """What would be different afterwards; nothing where that cannot be told.

    Raises:
        BuiltinError: what is there now cannot be read.
    """
    kind = _kind(effect)
    compare = getattr(kind, "compare", None)
    return [] if compare is None else list(await compare(runtime, effect))


def _kind(effect: Effect) -> ModuleType | None:
    return next((module for heads, module in _KINDS if effect.name.startswith(heads)), None)
