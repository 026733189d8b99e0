"""The line that is being typed."""

from __future__ import annotations

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.history import InMemoryHistory

from assay_shell.repl.keys import bindings
from assay_shell.repl.lexer import LuaLexer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from assay_shell.repl.engine import Engine
    from assay_shell.repl.screen import Screen


class Editor:
    """Reads inputs, each of one or several lines."""

    def __init__(
        self, engine: Engine, screen: Screen, *, input: Input | None = None, output: Output | None = None
    ) -> None:
        self._screen = screen
        self._session: PromptSession[str] = PromptSession(
            message="\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} " if screen.unicode else "> ",
            multiline=True,
            lexer=LuaLexer(),
            history=InMemoryHistory(),
            key_bindings=bindings(engine),
            input=input,
            output=output,
            prompt_continuation=_continuation,
        )

    async def read(self) -> str:
        """The next input.

        Raises:
            EOFError: the user wants to leave.
            KeyboardInterrupt: the input was given up.
        """
        self._screen.fresh_line()
        self._screen.above = self._above
        try:
            return await self._session.prompt_async(handle_sigint=False)
        finally:
            self._screen.above = None

    async def _above(self, write: Callable[[], None]) -> None:
        async with in_terminal():
            write()


def _continuation(width: int, line: int, wraps: int) -> str:
    return " " * width
