"""What keys do beyond prompt-toolkit's own vi and emacs keys."""

from __future__ import annotations

from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import has_focus
from prompt_toolkit.key_binding import KeyBindings

from assay_shell.session.session import Completeness
from assay_shell.session.tokens import depth_at_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyPressEvent

    from assay_shell.repl.engine import Engine

_STEP = "  "
_CLOSERS = ("end", "else", "elseif", "until", "}", ")")


def bindings(engine: Engine) -> KeyBindings:
    """The shell's own keys; *engine* says whether an input is complete."""
    keys = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @keys.add("enter", filter=typing)
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
            return
        found = completeness(engine, buffer.text)
        below = buffer.document.text_after_cursor.strip()
        if found.status == "incomplete" or (below and "\n" in buffer.text and not buffer.document.is_cursor_at_the_end):
            buffer.insert_text("\n" + found.indent)
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter", filter=typing)
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n" + _STEP * depth_at_end(event.current_buffer.document.text_before_cursor))

    return keys


def completeness(engine: Engine, text: str) -> Completeness:
    """Whether *text* can be run; guessed from its brackets and blocks while the VM is busy."""
    open_blocks = depth_at_end(text)
    guess = Completeness("incomplete", _STEP * open_blocks) if open_blocks else Completeness("complete")
    return engine.ask_quickly(lambda workspace: workspace.is_complete(text), guess)
