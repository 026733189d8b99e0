"""Errors as views: message, marked source line, who called. Secrets are masked."""

from __future__ import annotations

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.report import callers, marked_line
from assay_shell.runtime.views.model import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.errors import AssayError
    from assay_shell.runtime.host import Host
    from assay_shell.runtime.report import Names


def failure_view(runtime: Host, error: AssayError, source: str | None = None, names: Names | None = None) -> Failure:
    """The view of *error*.

    *source* is the text of the chunk it happened in, None where there is none. *names* knows what could have been meant
    by a name that is nil.
    """
    mask = runtime.redactor.text
    if not isinstance(error, ScriptError):
        return Failure(mask(str(error)))
    found = marked_line(error, source, names)
    text = mask(found.text)
    marked = (found.start, found.length) if text == found.text else (0, 0)  # a mask has moved what was marked
    return Failure(
        mask(found.message), error.chunk or "", error.line or 0, text, marked, found.hint,
        tuple(mask(frame) for frame in callers(error)),
    )  # fmt: skip
