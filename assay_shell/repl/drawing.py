"""What came of a line as text for the terminal; made on the VM's thread, since views look into live values."""

from __future__ import annotations

from dataclasses import dataclass

from assay_shell.runtime.errors import AssayError, Interrupted, ScriptError, ScriptExit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay_shell.repl.screen import Screen
    from assay_shell.runtime.views.model import View
    from assay_shell.session.answers import Answer
    from assay_shell.session.workspace import Workspace

_AROUND = 3
"""Rows of the terminal that are no part of a result: the prompt and the toolbar."""
_RECORDED = 200
"""Lines of a result that the record of the session keeps."""


@dataclass(slots=True)
class Shown:
    """The *text* to write, and below it *about*, which says what to do with a result of rows, and the time it took.

    *leave* is the exit code once the user wants out; the rest as in an Answer.
    """

    text: str
    leave: int | None = None
    next_input: str | None = None
    clipboard: str | None = None
    about: str = ""


async def show(workspace: Workspace, answer: Answer, screen: Screen, *, pager: bool) -> Shown:
    """Return *answer* as it is to be shown; what does not fit the screen goes through the pager first."""
    if isinstance(answer.error, ScriptExit):
        return Shown("", leave=answer.error.exit_code)
    if answer.error is not None:
        return Shown(error_text(workspace, answer.error, screen))
    shown = Shown(answer.text, 0 if answer.leave else None, answer.next_input, answer.clipboard)
    views = _views(workspace, answer)
    room = max(screen.size[1] - _AROUND, 5)
    if not views:
        text = [part for line in answer.text.split("\n") for part in _wrapped(line, screen.size[0])]
        paged = pager and len(text) > room and await _paged(workspace, iter(text), screen)
        shown.text = "" if paged else "\n".join(text)
        return shown
    from assay_shell.runtime.views.model import Live

    if isinstance(views[0], Live):  # the others are what `for` needs beside it
        from assay_shell.repl.streams import show_stream

        try:
            await show_stream(workspace, views[0], answer.outcome, screen)
        except AssayError as error:
            shown.text = error_text(workspace, error, screen)
        return shown
    _record(workspace, answer, views)
    shown.about = _about(answer, views)
    lines = _lines(views, screen)
    first = [line for line, _ in zip(lines, range(room + 1), strict=False)]
    if pager and len(first) > room and not answer.revealed and await _paged(workspace, _chained(first, lines), screen):
        return shown
    shown.text = "\n".join([*([answer.text] if answer.text else []), *_limited(views, screen)])
    return shown


async def _paged(workspace: Workspace, lines: Iterator[str], screen: Screen) -> bool:
    from assay_shell.repl.pager import page

    return await page(workspace.front, lines, screen)


def _wrapped(line: str, width: int) -> list[str]:
    """*line* in parts that fit, cut between words; the later ones are indented as it is."""
    if len(line) < width:
        return [line]
    from textwrap import wrap

    indent = line[: len(line) - len(line.lstrip())]
    return wrap(
        line, max(width - 1, 20), subsequent_indent=indent, expand_tabs=False, replace_whitespace=False,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _about(answer: Answer, views: list[View]) -> str:
    """How many rows a list of records has, and what holds it."""
    from assay_shell.runtime.views.model import Table

    if answer.outcome is None or not answer.outcome.kept or not isinstance(views[0], Table):
        return ""
    count = views[0].total
    held = "1 row  _ holds it" if count == 1 else f"{count:,} rows  _ holds the list"
    return f"{held}  .format json|yaml|tree"


def error_text(workspace: Workspace, error: AssayError, screen: Screen) -> str:
    """The error as a panel that marks its line, secrets masked."""
    if isinstance(error, Interrupted):
        return "cancelled"
    hide = workspace.runtime.redactor.text
    if isinstance(error, ScriptError):
        from assay_shell.runtime.report import panel

        return hide(panel(error, workspace.source_of(error.chunk or ""), colour=screen.colour, names=workspace.names))
    return f"{screen.paint('error:', '1;31')} {hide(str(error))}"


def _views(workspace: Workspace, answer: Answer) -> list[View]:
    from assay_shell.session.formats import view_of

    if answer.view is not None:
        return [answer.view]
    return [view_of(workspace.runtime, raw, workspace.format) for raw in answer.values]


def _lines(views: list[View], screen: Screen, limit: int | None = None) -> Iterator[str]:
    from assay_shell.runtime.views.text import lines

    for view in views:
        yield from lines(view, screen.size[0], limit, colour=screen.colour, encoding=screen.encoding)


def _limited(views: list[View], screen: Screen) -> Iterator[str]:
    """The lines of views without a pager: as many rows as fit, and how many are left out."""
    return _lines(views, screen, max(screen.size[1] - _AROUND - 2, 5))


def _chained(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _record(workspace: Workspace, answer: Answer, views: list[View]) -> None:
    """Keep how the result of an input looks, for `.notebook`."""
    if answer.outcome is None or answer.revealed:
        return
    from assay_shell.runtime.views.text import render

    text = "\n".join(render(view, 100, _RECORDED) for view in views)
    workspace.records.show(answer.outcome.number, text)


