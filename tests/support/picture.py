"""What a terminal shows as an SVG picture, and the text of such a picture."""

from __future__ import annotations

import io
import re
from itertools import groupby
from operator import itemgetter
from typing import Any
from xml.etree import ElementTree

from rich.console import CONSOLE_SVG_FORMAT, Console  # type: ignore[attr-defined]
from rich.style import Style
from rich.text import Text

from tests.support.shell import Terminal

_FONT = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
_NAMES = {"brown": "yellow", "brightbrown": "bright_yellow"}
_STEADY = (
    (re.compile(r"127\.0\.0\.1:(\d{5})"), "16443"),
    (re.compile(r"^(\d\.\d) s$"), "1.2"),
    (re.compile(r"done  (\d\.\d) s"), "0.6"),
    (re.compile(r"tree +((?=.{8}$) *[\d.]+ m?s)$"), "   84 ms"),
)
"""What differs from run to run, and what stands for it: as many characters."""
_CELL = 12.2
"""Width of a character in the picture."""
FORMAT = _FONT.sub("", CONSOLE_SVG_FORMAT).replace("Fira Code", "ui-monospace, Menlo, Consolas")
"""The picture asks no server for a font."""


def picture(terminal: Terminal, name: str) -> str:
    """The screen of *terminal* as SVG; *name* makes its ids its own."""
    columns = len(terminal.cells[0])
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for cells in _without_gaps(terminal.cells):
        console.print(_line(cells), no_wrap=True, overflow="crop")
    return str(console.export_svg(title="assay", code_format=FORMAT, unique_id=name)).rstrip() + "\n"


def _without_gaps(lines: list[list[Any]]) -> list[list[Any]]:
    """*lines* with one blank line where several follow each other, and none at the end."""
    blank = [not "".join(cell.data for cell in cells).strip() for cells in lines]
    last = max((index for index, empty in enumerate(blank) if not empty), default=0)
    return [cells for index, cells in enumerate(lines[: last + 1]) if not (blank[index] and blank[index - 1])]


def _line(cells: list[Any]) -> Text:
    text = "".join(cell.data for cell in cells)
    for pattern, steady in _STEADY:
        if found := pattern.search(text.rstrip()):
            text = text[: found.start(1)] + steady + text[found.end(1) :]
    styles = [_style(cell) for cell in cells]
    line = Text()
    for style, group in groupby(zip(styles, text, strict=True), key=itemgetter(0)):
        line.append("".join(character for _, character in group), style)
    return line


def _style(cell: Any) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, italic=cell.italics,
        underline=cell.underscore, reverse=cell.reverse,
    )  # fmt: skip


def _colour(name: str) -> str | None:
    """pyte's name of a colour as rich writes it."""
    if name == "default":
        return None
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    return _NAMES.get(name, name.replace("bright", "bright_"))


def text_of(svg: str) -> list[str]:
    """The lines that a picture shows, blanks at their ends removed."""
    lines: dict[float, str] = {}
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if element.get("clip-path"):
            y, column = float(element.get("y", 0)), round(float(element.get("x", 0)) / _CELL)
            lines[y] = lines.get(y, "").ljust(column) + (element.text or "").replace("\xa0", " ")
    return [lines[y].rstrip() for y in sorted(lines)]
