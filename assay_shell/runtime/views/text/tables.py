"""Tables in text: padded columns, cut to the width there is."""

from __future__ import annotations

from assay_shell.runtime.views.model import NUMBER, TEXT
from assay_shell.runtime.views.text.units import cell_text
from assay_shell.runtime.views.text.width import width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay_shell.runtime.views.model import Cell, Column, Row, Table
    from assay_shell.runtime.views.text.page import Page

_MEASURED = 1000
"""Rows that decide how wide the columns are."""
_GAP = 2
_PLAIN_KINDS = (TEXT, NUMBER)
_NARROWEST = 8
"""Columns of text are not cut below this; rather the last of them are left out."""
_GOOD = """
running ready active bound true ok healthy succeeded complete completed up synced available
"""
_BAD = """
failed error crashloopbackoff imagepullbackoff errimagepull oomkilled evicted notready lost critical down degraded
firing unhealthy
"""
_WAITING = "pending terminating unknown containercreating warning progressing outofsync"
_TONES = {
    **dict.fromkeys(_GOOD.split(), "32"),
    **dict.fromkeys(_BAD.split(), "31"),
    **dict.fromkeys(_WAITING.split(), "33"),
}
"""ANSI colours of words that tell how something is."""
_STATES = frozenset(("status", "state", "phase", "health", "type", "severity"))


def table_lines(table: Table, page: Page) -> Iterator[str]:
    """The lines of a table; at the end what was left out of it."""
    if table.title:
        yield page.paint(page.line(table.title), "1")
    if not table.columns:
        yield page.paint(f"{table.total:,} rows without columns", "2")
        return
    count = len(table.rows) if page.limit is None else min(len(table.rows), page.limit)
    layout: Layout | None = None
    for start in range(0, max(count, 1), _MEASURED):
        columns = _texts(table.columns, table.rows[start : min(count, start + _MEASURED)], page)
        if layout is None:
            layout = Layout(table.columns, columns, page)
            yield layout.header()
        yield from layout.rows(columns)
    if count < table.total:
        yield page.paint(f"{page.glyphs.ellipsis} {count:,} of {table.total:,} rows", "2")
    if layout is not None and layout.dropped:
        names = ", ".join(page.line(column.title) for column in layout.dropped)
        yield page.paint(page.fit(f"{page.glyphs.ellipsis} without {names}", page.width or 1000), "2")


def _texts(columns: Sequence[Column], rows: Sequence[Row], page: Page) -> list[list[str]]:
    """The cells as text, column by column."""
    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    return [_column_texts(cells, column.kind, page) for column, cells in zip(columns, by_column, strict=True)]


def _column_texts(cells: Sequence[Cell], kind: str, page: Page) -> list[str]:
    """The texts of one column. Most cells of most columns are seen more than once."""
    written: dict[Cell, str] = {}
    texts = []
    for cell in cells:
        if type(cell) is str and cell.isascii() and cell.isprintable():
            texts.append(cell)
        elif type(cell) is int and kind in _PLAIN_KINDS:
            texts.append(str(cell))
        else:
            known = type(cell) in (str, int)
            text = written.get(cell) if known else None
            if text is None:
                text = page.line(cell_text(cell, kind))
                if known:
                    written[cell] = text
            texts.append(text)
    return texts


class Layout:
    """How wide each column is, and which are shown at all."""

    def __init__(self, columns: Sequence[Column], texts: list[list[str]], page: Page) -> None:
        self._page = page
        self._titles = [page.line(column.title) for column in columns]
        widths = [
            max(width_of(title), max(map(len if all(map(str.isascii, cells)) else width_of, cells), default=0))
            for title, cells in zip(self._titles, texts, strict=True)
        ]
        self.widths = widths if page.width is None else fitted(widths, page.width)
        self._columns = columns[: len(self.widths)]
        self.dropped = columns[len(self.widths) :]

    def header(self) -> str:
        """The titles."""
        cells = [
            _padded(self._page.fit(title, width), width, right=column.right)
            for title, width, column in zip(self._titles, self.widths, self._columns, strict=False)
        ]
        return self._page.paint((" " * _GAP).join(cells).rstrip(), "1")

    def rows(self, texts: list[list[str]]) -> Iterator[str]:
        """One line a row."""
        shown = [
            self._column(cells, width, column)
            for cells, width, column in zip(texts, self.widths, self._columns, strict=False)
        ]
        gap = " " * _GAP
        return (gap.join(cells).rstrip() for cells in zip(*shown, strict=True))

    def _column(self, cells: list[str], width: int, column: Column) -> list[str]:
        fit = self._page.fit
        if all(map(str.isascii, cells)):
            cells = [cell if len(cell) <= width else fit(cell, width) for cell in cells]
            padded = [cell.rjust(width) for cell in cells] if column.right else [cell.ljust(width) for cell in cells]
        else:
            padded = [_padded(fit(cell, width), width, right=column.right) for cell in cells]
        if self._page.colour and column.title.lower() in _STATES:
            return [self._page.paint(text, _TONES.get(text.strip().lower(), "")) for text in padded]
        return padded


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks


def fitted(widths: list[int], room: int) -> list[int]:
    """*widths* made smaller, the widest first, until they fit into *room*; what then still does not fit is left out."""
    while len(widths) > 1 and _taken([min(width, _NARROWEST) for width in widths]) > room:
        widths = widths[:-1]
    cap = max(widths)
    while cap > 1 and _taken([min(width, cap) for width in widths]) > room:
        over = _taken([min(width, cap) for width in widths]) - room
        cap = max(1, cap - max(1, over // sum(width >= cap for width in widths)))
    return [min(width, cap) for width in widths]


def _taken(widths: list[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)
