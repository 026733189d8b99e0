"""Lines that are commands of the shell or the kernel (`.load FILE`, `%time`, `?name`), as far as completion goes."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class CommandWord(NamedTuple):
    """A command with its mark (`.load`, `%load`).

    *argument* is what follows: `path`, `module`, `name` (anything that help is there for), choices separated by `|`, or
    "" where nothing can be completed.
    """

    text: str
    summary: str = ""
    usage: str = ""
    argument: str = ""


class CommandPlace(NamedTuple):
    """Where the word at the cursor starts; *argument* as of the command, None within the command's own word."""

    start: int
    argument: str | None


def command_place(source: str, cursor: int, commands: Sequence[CommandWord]) -> CommandPlace | None:
    """The place of *cursor* in a command line, None where *source* is no command."""
    start = len(source) - len(source.lstrip())
    head = source[start:cursor]
    if not head or "\n" in head:
        return None
    if head.startswith("?"):
        return CommandPlace(start + len(head) - len(head.lstrip("? ")), "name")
    if head.startswith("!"):
        return CommandPlace(start + 1 + head[1:].rfind(" ") + 1, "path")
    if not any(head[0] == word.text[0] for word in commands):
        return None
    word, blank, rest = head.partition(" ")
    if not blank:
        return CommandPlace(start, None)
    argument = next((known.argument for known in commands if known.text == word), "")
    return CommandPlace(start + len(word) + 1 + len(rest) - len(rest.lstrip()), argument)
