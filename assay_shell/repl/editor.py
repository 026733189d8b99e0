"""The line that is being typed."""

from __future__ import annotations

import asyncio
import sys

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.output import ColorDepth

from assay_shell.repl.completion import MenuCompleter, Signature
from assay_shell.repl.keyboard import Keyboard
from assay_shell.repl.keys import bindings
from assay_shell.repl.lexer import LuaLexer
from assay_shell.repl.style import style
from assay_shell.repl.toolbar import Toolbar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPressEvent
    from prompt_toolkit.output import Output

    from assay_shell.repl.engine import Engine
    from assay_shell.repl.history import SharedHistory
    from assay_shell.repl.screen import Screen
    from assay_shell.repl.settings import Settings

_MENU_ROWS = 8
_AFTER_PROMPT = 0.02


class Editor:
    """Reads inputs, each of one or several lines, and answers to questions."""

    def __init__(
        self,
        engine: Engine,
        screen: Screen,
        settings: Settings,
        history: SharedHistory,
        *,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._screen = screen
        self._history = history
        input = input or Keyboard(sys.stdin)
        self._ends = (input, output)
        self._typing: PromptSession[str] | None = None
        self._depth = None if screen.colour else ColorDepth.DEPTH_1_BIT
        self._signature = Signature(engine, self._redraw)
        self._toolbar = Toolbar(engine, self._signature)
        self._next = ""
        self._engine = engine
        menu = MenuCompleter(engine)
        self._session: PromptSession[str] = PromptSession(
            message=self._prompt,
            multiline=True,
            lexer=LuaLexer() if screen.colour else None,
            style=style(settings.theme),
            include_default_pygments_style=False,
            color_depth=self._depth,
            history=history,
            auto_suggest=AutoSuggestFromHistory() if settings.suggest else None,
            completer=menu,
            complete_while_typing=settings.complete_while_typing,
            reserve_space_for_menu=_MENU_ROWS,
            editing_mode=EditingMode.VI if settings.keys == "vi" else EditingMode.EMACS,
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".lua",
            input_processors=[HighlightMatchingBracketProcessor(chars="()[]{}")],
            key_bindings=bindings(engine, menu),
            bottom_toolbar=None if screen.dumb else self._below,
            prompt_continuation=_continuation,
            input=input,
            output=output,
        )
        self._session.app.after_render += self._look_around

    async def read(self) -> str:
        """The next input.

        Raises:
            EOFError: the user wants to leave.
            KeyboardInterrupt: the input was given up.
        """
        self._screen.fresh_line()
        self._screen.begin()
        self._history.catch_up()
        default, self._next = self._next, ""
        self._screen.above = self._above
        try:
            return await self._read(self._session, default=default)
        finally:
            self._screen.above = None

    async def _read(self, session: PromptSession[str], message: str | None = None, **options: Any) -> str:
        self._typing = session
        try:
            return await session.prompt_async(message, handle_sigint=False, **options)
        finally:
            self._typing = None

    def _look_around(self, _: object) -> None:
        """Once the first prompt is there: what would have made it late."""
        self._session.app.after_render -= self._look_around
        asyncio.get_running_loop().call_later(_AFTER_PROMPT, self._prepare)

    def _prepare(self) -> None:
        import gc

        gc.freeze()  # what the start made stays: nobody has to look through it again
        gc.enable()
        loop = asyncio.get_running_loop()
        looked = self._engine.ask(lambda workspace: workspace.prepare())
        looked.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self.refresh))

    @property
    def entered(self) -> bool:
        """Whether a line has ended, and its prompt is about to go."""
        return self._typing is not None and self._typing.app.is_done

    def press_ctrl_c(self) -> bool:
        """Have Ctrl-C act as a key on what is being typed; False where nothing is, or no longer."""
        app = self._typing.app if self._typing is not None else None
        if app is None or not app.is_running or app.is_done:
            return False
        app.key_processor.feed(KeyPress(Keys.ControlC, "\x03"))
        app.key_processor.process_keys()
        return True

    def put(self, text: str) -> None:
        """Have *text* stand in the next input."""
        self._next = text

    async def choose(self, message: str, keys: str) -> str:
        """One of the *keys*, pressed behind *message*.

        Raises:
            KeyboardInterrupt, EOFError: none was.
        """
        self._screen.fresh_line()
        if self._screen.dumb:
            while (answer := (await self.line(message)).strip().lower()[:1]) not in tuple(keys):
                self._screen.say(f"one of: {', '.join(keys)}")
            return answer
        session = self._small(_choices(keys))
        return await self._read(session, message)

    async def line(self, message: str, *, secret: bool = False) -> str:
        """A line of text behind *message*; a *secret* is not shown.

        Raises:
            KeyboardInterrupt, EOFError: there is none.
        """
        self._screen.fresh_line()
        return await self._read(self._small(None), message, is_password=secret)

    def _small(self, keys: KeyBindings | None) -> PromptSession[str]:
        given, taken = self._ends
        return PromptSession(input=given, output=taken, key_bindings=keys, color_depth=self._depth)

    def _prompt(self) -> StyleAndTextTuples:
        return [("class:prompt", self._screen.prompt)]

    def _below(self) -> StyleAndTextTuples:
        document = self._session.default_buffer.document
        self._signature.look(document.text, document.cursor_position)
        return [*self._toolbar.fragments(self._screen.size[0])]

    def _redraw(self) -> None:
        self._session.app.invalidate()

    def refresh(self) -> None:
        """Draw the toolbar anew; for the terminal's thread."""
        if self._session.app.is_running:
            self._redraw()

    async def _above(self, write: Callable[[], None]) -> None:
        async with in_terminal():
            write()


def _choices(keys: str) -> KeyBindings:
    """Bindings with which one key press is the whole answer."""
    found = KeyBindings()
    for key in keys:

        @found.add(key)
        @found.add(key.upper())
        def press(event: KeyPressEvent, key: str = key) -> None:
            event.current_buffer.text = key
            event.current_buffer.validate_and_handle()

    @found.add("<any>")
    @found.add("enter")
    def ignore(event: KeyPressEvent) -> None:
        """Nothing else is an answer."""

    return found


def _continuation(width: int, line: int, wraps: int) -> str:
    return " " * width
