"""What makes `papermill in.ipynb out.ipynb -p region eu` work: parameters as Lua, through papermill's entry point."""

from __future__ import annotations

from papermill.engines import NBClientEngine
from papermill.translators import Translator, papermill_translators

from assay_shell.runbook import parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class LuaTranslator(Translator):  # type: ignore[misc] # papermill is not typed
    """Writes parameters as Lua."""

    @classmethod
    def translate(cls, val: object) -> str:
        """A value as a Lua expression."""
        return parameters.lua(parameters.value_of(val) if isinstance(val, str) and val.startswith("env:") else val)

    @classmethod
    def comment(cls, cmt_str: str) -> str:
        """A comment."""
        return f"-- {cmt_str}".strip()

    @classmethod
    def assign(cls, name: str, str_val: str) -> str:
        """An assignment; without `local`, so that it reaches the defaults."""
        return f"{name} = {str_val}"

    @classmethod
    def codify(cls, parameters: Mapping[str, object], comment: str = "Parameters") -> str:
        """The source of the cell that sets *parameters*."""
        lines = [cls.comment(comment), *(cls.assign(name, cls.translate(value)) for name, value in parameters.items())]
        return "\n".join(lines) + "\n"


class AssayEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's own engine: the kernel does the rest. papermill loads this file for its name, and with it the
    translator."""


papermill_translators.register("lua", LuaTranslator)
