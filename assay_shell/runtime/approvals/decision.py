"""Every decision about a gate passes here, whoever made it and wherever: the place for policies and the audit log."""

from __future__ import annotations

from assay_shell.runtime.approvals.record import Answer
from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.approvals.request import Request

_LONGEST_NAME = 200  # characters


class ApprovalRefused(AssayError):
    """An answer was not accepted; the text says why."""


def decide(
    request: Request, answer: str, *, approver: str | None = None, asked_by: str = "error", at: float
) -> Answer:
    """Return the answer (`yes` or `no`) to one gate, ready to be recorded and given to the script.

    *approver* names who decided, None where that is unknown; *at* is when, in Unix seconds.

    Raises:
        ApprovalRefused: the answer is neither, or the approver's name is empty, too long, or not printable.
    """
    if answer not in ("yes", "no"):
        raise ApprovalRefused(f"approval refused: the answer is neither yes nor no: {answer!r}")
    if approver is not None and not (approver.strip() and approver.isprintable() and len(approver) <= _LONGEST_NAME):
        raise ApprovalRefused("approval refused: the approver's name is empty, too long, or not printable")
    return Answer(request.digest, answer, asked_by, approver, int(at))
