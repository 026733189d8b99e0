"""What keys do beyond prompt-toolkit's own vi and emacs keys."""

from __future__ import annotations

import re

from prompt_toolkit.application.current import get_app
from prompt_toolkit.buffer import CompletionState
from prompt_toolkit.completion import get_common_complete_suffix
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings

from assay_shell.session.session import Completeness
from assay_shell.session.tokens import depth_at_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import Completion
    from prompt_toolkit.key_binding import KeyPressEvent

    from assay_shell.repl.completion import MenuCompleter
    from assay_shell.repl.engine import Engine

_STEP = "  "
_CLOSER = re.compile(r"\s*(?:(?:end|else|elseif|until)\b|[})])")


def bindings(engine: Engine, menu: MenuCompleter) -> KeyBindings:
    """The shell's own keys; *engine* says whether an input is complete, *menu* how it may go on."""
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=typing)
    def enter(event: KeyPressEvent) -> None:
        """Take the menu's entry, begin a new line, or run the input."""
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
            return
        dedent(buffer)
        found = completeness(engine, buffer.text)
        in_the_middle = "\n" in buffer.document.text_after_cursor.strip()
        if found.status == "incomplete" or in_the_middle:
            _break_line(buffer)
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=typing)
    def new_line(event: KeyPressEvent) -> None:
        """Begin a new line whatever is typed."""
        _break_line(event.current_buffer)

    @keys.add("tab", filter=typing)
    def complete(event: KeyPressEvent) -> None:
        """Complete, go through the menu, or indent where nothing is typed yet."""
        buffer = event.current_buffer
        if not buffer.document.current_line_before_cursor.strip():
            buffer.insert_text(_STEP)
        elif buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_next()
        else:
            _complete(buffer, menu)

    @keys.add("backspace", filter=typing)
    def back(event: KeyPressEvent) -> None:
        """Within the indentation: back by one step."""
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        step = len(_STEP) if before and not before.strip() and len(before) % len(_STEP) == 0 else 1
        buffer.delete_before_cursor(step)

    return keys


def _complete(buffer: Buffer, menu: MenuCompleter) -> None:
    """Insert what all candidates have in common, and show them: those of a menu that is there already one by one."""
    shown = buffer.complete_state is not None and bool(buffer.complete_state.completions)
    if found := menu.at_once(buffer.document):
        _take(buffer, found, walk=shown)
    else:
        get_app().create_background_task(_complete_later(buffer, menu))


async def _complete_later(buffer: Buffer, menu: MenuCompleter) -> None:
    """Complete when the VM gets to it, or the names of a cluster have come, unless the user has typed on."""
    document = buffer.document
    found = await menu.when_known(document)
    if found and buffer.document == document:
        _take(buffer, found, walk=False)


def _take(buffer: Buffer, found: list[Completion], *, walk: bool) -> None:
    buffer.cancel_completion()
    if len(found) == 1:
        buffer.apply_completion(found[0])
        return
    if common := get_common_complete_suffix(buffer.document, found):
        buffer.insert_text(common)
        found = [each.new_completion_from_position(len(common)) for each in found]
    # Not by `start_completion`: it does nothing while the menu for what was typed is still on its way.
    buffer.complete_state = CompletionState(buffer.document, found)
    buffer.on_completions_changed.fire()
    if walk and not common:
        buffer.complete_next()


def dedent(buffer: Buffer) -> None:
    """Move a line that begins with what closes a block to the block's own indentation."""
    document = buffer.document
    line = document.current_line
    if document.cursor_position_row == 0 or not _CLOSER.match(line):
        return
    start = document.cursor_position - document.cursor_position_col
    fitting = _STEP * max(0, depth_at_end(document.text[:start]) - 1) + line.strip()
    if line != fitting:
        behind = len(line) - document.cursor_position_col
        buffer.text = document.text[:start] + fitting + document.text[start + len(line) :]
        buffer.cursor_position = start + len(fitting) - behind


def _break_line(buffer: Buffer) -> None:
    buffer.insert_text("\n" + _STEP * depth_at_end(buffer.document.text_before_cursor))


def completeness(engine: Engine, text: str) -> Completeness:
    """Whether *text* can be run; guessed from its brackets and blocks while the VM is busy."""
    open_blocks = depth_at_end(text)
    guess = Completeness("incomplete", _STEP * open_blocks) if open_blocks else Completeness("complete")
    return engine.ask_quickly(lambda workspace: workspace.is_complete(text), guess)
