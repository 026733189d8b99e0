"""Strings as views: the head of what may be long."""

from __future__ import annotations

from assay_shell.runtime.views.model import PLAIN, Text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.views.reading import Reader

HEAD = 256 << 10
"""Characters of a long text that a view holds."""


def text_view(reader: Reader, raw: str, kind: str = PLAIN, title: str = "", whole: int | None = None) -> Text:
    """The view of a raw string; of a long one its head. *whole* is its length where *raw* is only a part."""
    text, left_out = reader.text(raw, whole, HEAD)
    return Text(text, kind, left_out, title)
