"""Errors and progress bars as HTML."""

from __future__ import annotations

from assay_shell.kernel.mime.markup import markup
from assay_shell.runtime.views.text.units import age, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.views.model import Failure, Progress

_PANEL = "border-left:3px solid #d33;padding:0.3em 0.8em;overflow-x:auto"


def failure_html(view: Failure) -> str:
    """The panel of an error: message, the source line with the cause marked, who called."""
    parts = [f'<div class="assay-error" role="alert" style="{_PANEL}">', f"<strong>{_lines(view.message)}</strong>"]
    if view.chunk:
        parts.append(f"<div><small>{markup(view.chunk)}:{view.line}</small></div>")
    if view.source:
        parts.append(f"<pre>{view.line:>4} │ {_marked(view)}</pre>")
    if view.hint:
        parts.append(f"<div><em>{markup(view.hint)}</em></div>")
    if view.frames:
        frames = "".join(f"<li>{markup(frame)}</li>" for frame in view.frames)
        parts.append(f'<ul style="list-style:none;padding-left:1em">{frames}</ul>')
    return "".join([*parts, "</div>"])


def _lines(text: str) -> str:
    return markup(text).replace("\n", "<br>")


def _marked(view: Failure) -> str:
    start, length = view.marked
    before, cause, after = view.source[:start], view.source[start : start + length], view.source[start + length :]
    mark = f"<mark>{markup(cause)}</mark>" if cause else ""
    return f"{markup(before)}{mark}{markup(after)}"


def progress_html(view: Progress) -> str:
    """A bar that screen readers know, with how far it is in words."""
    facts = [f"{short(view.done)} / {short(view.total)}" if view.total is not None else short(view.done)]
    if view.seconds >= 1:
        facts.append(age(view.seconds))
    share = view.share
    at = "" if share is None else f' value="{share:.4g}" max="1"'
    title = markup(view.title)
    label = f' aria-label="{title or "progress"}"'
    return f'<div class="assay-progress">{title} <progress{at}{label}></progress> {markup("  ".join(facts))}</div>'
