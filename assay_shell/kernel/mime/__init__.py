"""A view as a MIME bundle: what notebooks draw, and text for everybody else."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import markup
from assay_shell.runtime.views.model import MARKDOWN, Chart, Failure, Image, Progress, Table, Text, Tree
from assay_shell.runtime.views.text import render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.runtime.views.model import View

    Data = dict[str, Any]

PLAIN, HTML, MARK_DOWN, JSON = "text/plain", "text/html", "text/markdown", "application/json"
VEGA, SVG = "application/vnd.vegalite.v5+json", "image/svg+xml"
_WIDTH, _LINES = 100, 200
"""Columns and lines of the text form."""


def bundle(view: View) -> tuple[Data, Data]:
    """Data and metadata of *view* by MIME type; `text/plain` is always there."""
    limit = None if isinstance(view, Text) else _LINES
    data: Data = {PLAIN: _sendable(render(view, _WIDTH, limit))}
    make = _MAKERS.get(type(view))
    if make is not None:
        data.update(make(view))
    return data, {JSON: {"expanded": False}} if JSON in data else {}


def _sendable(text: str) -> str:
    """*text* without lone surrogates, which no message can carry."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _table(view: Table) -> Data:
    from assay_shell.kernel.mime.tables import table_html

    return {HTML: table_html(view)}


def _tree(view: Tree) -> Data:
    from assay_shell.kernel.mime.trees import tree_html, tree_json

    return {JSON: tree_json(view), HTML: tree_html(view)}


def _chart(view: Chart) -> Data:
    if not any(series.points for series in view.series):
        return {}
    from assay_shell.kernel.mime.svg import chart_svg
    from assay_shell.kernel.mime.vega import vega_lite

    return {VEGA: vega_lite(view), SVG: chart_svg(view)}


def _text(view: Text) -> Data:
    if view.kind != MARKDOWN:
        return {}
    from assay_shell.kernel.mime.documents import document_html, document_source

    return {HTML: document_html(view), MARK_DOWN: document_source(view)}


def _image(view: Image) -> Data:
    from base64 import b64encode

    data = b64encode(view.data).decode("ascii")
    if view.mime != SVG:
        return {view.mime: data}
    # As a picture: what stands in a page as SVG itself, as in reports, can run scripts and load from elsewhere.
    return {HTML: f'<img alt="{markup(view.title)}" src="data:{SVG};base64,{data}">'}


def _progress(view: Progress) -> Data:
    from assay_shell.kernel.mime.panels import progress_html

    return {HTML: progress_html(view)}


def _failure(view: Failure) -> Data:
    from assay_shell.kernel.mime.panels import failure_html

    return {HTML: failure_html(view)}


_MAKERS: dict[type, Callable[[Any], Data]] = {
    Table: _table,
    Tree: _tree,
    Chart: _chart,
    Text: _text,
    Image: _image,
    Progress: _progress,
    Failure: _failure,
}
