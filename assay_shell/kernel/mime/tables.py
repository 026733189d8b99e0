"""Tables as HTML that can be read aloud, sorted and filtered; nothing is loaded from elsewhere."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import asset, clean, markup, script_data
from assay_shell.runtime.views.text.units import cell_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.runtime.views.model import Cell, Column, Row, Table

MOST_ROWS = 10_000
"""Rows that a notebook holds of a table; the rest is left out, and said to be."""
PAGE = 50
"""Rows that are seen at once. Viewers that run no scripts show the first of them."""
FEW = 10
"""Rows that nobody needs a filter for."""


def table_html(view: Table) -> str:
    """The HTML of *view*: a table with a caption, and a script that sorts, filters and turns pages."""
    rows = view.rows[:MOST_ROWS]
    texts = _texts(view.columns, rows)
    parts = [
        "<style>", asset("table.css"), "</style>",
        "<table>", f"<caption>{markup(_caption(view))}</caption>",
        "<thead><tr>", *(f'<th scope="col"{_side(column)}>{markup(column.title)}</th>' for column in view.columns),
        "</tr></thead><tbody>", *(_row(view.columns, row) for row in texts[:PAGE]), "</tbody></table>",
        f"<p data-foot>{_foot(view, len(rows))}</p>",
    ]  # fmt: skip
    inner = "".join(parts)
    script = _script(view, rows, texts)
    key = _digest(inner + script)
    call = f"{asset('table.js')}({script_data(key)},{script})"
    return f'<div class="assay-table" data-assay="{key}">{inner}<script>{call}</script></div>'


def _texts(columns: Sequence[Column], rows: Sequence[Row]) -> list[tuple[str, ...]]:
    by_column = zip(*rows, strict=True)
    written = [
        [clean(cell if type(cell) is str else cell_text(cell, column.kind)) for cell in cells]
        for column, cells in zip(columns, by_column, strict=False)
    ]
    return list(zip(*written, strict=True))


def _caption(view: Table) -> str:
    count = f"{view.total:,} row{'' if view.total == 1 else 's'}"
    return f"{view.title} ({count})" if view.title else count


def _side(column: Column) -> str:
    return ' class="right"' if column.right else ""


def _row(columns: Sequence[Column], texts: Sequence[str]) -> str:
    cells = "".join(f"<td{_side(column)}>{markup(text)}</td>" for column, text in zip(columns, texts, strict=True))
    return f"<tr>{cells}</tr>"


def _foot(view: Table, shown: int) -> str:
    """What is said where no script runs."""
    seen = min(PAGE, shown)
    return f"{seen:,} of {view.total:,} rows" if seen < view.total else ""


def _script(view: Table, rows: Sequence[Row], texts: list[tuple[str, ...]]) -> str:
    """The data of the script: the cells as text, and what columns of numbers are sorted by."""
    return script_data(
        {
            "page": PAGE,
            "few": FEW,
            "total": view.total,
            "right": [column.right for column in view.columns],
            "numbers": {str(at): _numbers([row[at] for row in rows]) for at in _numeric(rows)},
            "rows": texts,
        }
    )


def _numeric(rows: Sequence[Row]) -> list[int]:
    """The columns that hold numbers and nothing else."""
    if not rows:
        return []
    return [
        at
        for at in range(len(rows[0]))
        if all(row[at] is None or _is_number(row[at]) for row in rows) and any(row[at] is not None for row in rows)
    ]


def _numbers(cells: list[Cell]) -> list[float | None]:
    """Numbers that a script can compare; the others are None."""
    return [
        float(cell) if isinstance(cell, int | float) and cell == cell and abs(cell) != float("inf") else None
        for cell in cells
    ]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _digest(text: str) -> str:
    """A name that the same table always has, so that the same notebook gives the same file."""
    from hashlib import sha256

    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]
