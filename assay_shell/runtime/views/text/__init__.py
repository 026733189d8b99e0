"""Views as text: for terminals, pipes, and the text form in notebooks."""

from __future__ import annotations

from assay_shell.runtime.views.model import Chart, Failure, Image, Live, Progress, Table, Text, Tree
from assay_shell.runtime.views.text.charts import chart_lines
from assay_shell.runtime.views.text.page import Page
from assay_shell.runtime.views.text.tables import table_lines
from assay_shell.runtime.views.text.trees import tree_lines
from assay_shell.runtime.views.text.units import age, short, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from assay_shell.runtime.views.model import View

_MARGIN = "    "
_WIDEST_BAR = 40


def render(
    view: View, width: int | None = 80, limit: int | None = None, *, colour: bool = False, encoding: str = "utf-8"
) -> str:
    """*view* as text, without a line end after the last line; arguments as `lines`."""
    return "\n".join(lines(view, width, limit, colour=colour, encoding=encoding))


def lines(
    view: View, width: int | None = 80, limit: int | None = None, *, colour: bool = False, encoding: str = "utf-8"
) -> Iterator[str]:
    """The lines of *view*, made one by one as they are asked for.

    Args:
        width: columns that a line may fill; None for as many as it takes.
        limit: rows or lines of the view that are shown; what is left out is said in a last line. None for all.
        colour: whether ANSI colours are used.
        encoding: what the output is written in; signs that it lacks become plain ones, other characters escapes.
    """
    return _WRITERS[type(view)](view, Page(width, limit, colour, encoding))


def _text_lines(view: Text, page: Page) -> Iterator[str]:
    if view.title:
        yield page.paint(page.line(view.title), "1")
    found = page.lines(view.text)
    if page.limit is None:
        yield from found
    else:
        room = page.limit * (page.width or 1000)
        for line in found[: page.limit]:
            yield line if len(line) <= room else page.fit(line, room)
    notes = []
    if page.limit is not None and len(found) > page.limit:
        notes.append(f"{len(found) - page.limit:,} lines")
    if view.left_out:
        notes.append(size(view.left_out))
    if notes:
        yield page.paint(f"{page.glyphs.ellipsis} {' and '.join(notes)} more", "2")


def _image_lines(view: Image, page: Page) -> Iterator[str]:
    title = f"{page.line(view.title)} " if view.title else ""
    yield page.paint(f"{title}[{page.line(view.mime)}, {size(len(view.data))}]", "2")


def _progress_lines(view: Progress, page: Page) -> Iterator[str]:
    title = page.line(view.title)
    facts = [f"{short(view.done)}/{short(view.total)}" if view.total is not None else short(view.done)]
    if view.seconds >= 1:
        facts.append(age(view.seconds))
    if view.share is None:
        yield "  ".join([*([title] if title else []), f"{page.glyphs.ellipsis}", *facts])
        return
    percent = f"{view.share * 100:3.0f}%"
    room = max(4, min(_WIDEST_BAR, (page.width or 80) - len(title) - len("  ".join(facts)) - 12))
    done = round(view.share * room)
    bar = page.paint(page.glyphs.full * done, "32") + page.glyphs.empty * (room - done)
    yield "  ".join([*([title] if title else []), bar, percent, *facts])


def _live_lines(view: Live, page: Page) -> Iterator[str]:
    yield f"{page.line(view.title or 'stream')} (live)"


def _failure_lines(view: Failure, page: Page) -> Iterator[str]:
    message, *rest = page.lines(view.message)
    yield f"{page.paint('error:', '1;31')} {message}"
    yield from rest
    if view.chunk:
        number = str(view.line) if view.source else ""
        margin = " " * max(2, len(number))
        place = f"{page.line(view.chunk)}:{view.line}"
        yield f"{margin} {page.paint(page.glyphs.corner, '34')} {place}"
        if view.source:
            yield from _excerpt(view, page, number.rjust(len(margin)), margin)
    for frame in view.frames:
        yield f"   {page.paint(page.line(frame), '2')}"


def _excerpt(view: Failure, page: Page, number: str, margin: str) -> Iterator[str]:
    from assay_shell.runtime.views.text.width import width_of

    bar = page.paint(page.glyphs.bar, "34")
    start, length = view.marked
    before, under = view.source[:start], view.source[start : start + length]
    mark = " " * width_of(page.line(before)) + "^" * max(1, width_of(page.line(under)))
    yield f"{number} {bar} {page.line(view.source)}"
    yield f"{margin} {bar} {page.paint(f'{mark} {page.line(view.hint)}'.rstrip(), '31')}"


_WRITERS: dict[type, Callable[[Any, Page], Iterator[str]]] = {
    Table: table_lines,
    Tree: tree_lines,
    Chart: chart_lines,
    Text: _text_lines,
    Image: _image_lines,
    Progress: _progress_lines,
    Live: _live_lines,
    Failure: _failure_lines,
}
