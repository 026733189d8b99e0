"""Markdown for notebooks. It may come from a server: HTML in it is shown as text, and links run nothing."""

from __future__ import annotations

import re

from assay_shell.kernel.mime.markup import clean, markup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.views.model import Text

_LONGEST = 100_000
"""Characters of a document that are drawn; to draw this many takes about a second at the worst."""
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_JOINER = "\u2060"
"""A character that nobody sees. Behind a `<` it keeps every reader of Markdown from taking what follows for HTML."""


def document_html(view: Text) -> str:
    """The HTML of Markdown, drawn here: notebooks that draw it themselves run the scripts in it."""
    from markdown_it import MarkdownIt

    draw = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render
    title = f"<h3>{markup(view.title)}</h3>" if view.title else ""
    left = len(view.text) - _LONGEST
    note = f"<p><small>… {left:,} more characters</small></p>" if left > 0 else ""
    return f'<div class="assay-document">{title}{draw(clean(view.text[:_LONGEST]))}{note}</div>'


def document_source(view: Text) -> str:
    """The Markdown itself, for viewers that show no HTML."""
    return _TAG.sub(f"<{_JOINER}", clean(f"### {view.title}\n\n{view.text}" if view.title else view.text))
