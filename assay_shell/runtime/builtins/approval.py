"""Gates: a script stops where a human has to agree, and goes on with the answer when it is resumed.

@module approval
@description Approval gates: stop until a human has agreed
@keywords approval, approve, gate, confirm, human, agent, tool mode, resume
@quickref approval.request(prompt, context?) -> bool | Ask for an approval; true when it was given
"""

from __future__ import annotations

import os

from assay_shell.runtime.declare import read
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    """Define the group."""
    runtime.define("approval", {"request": read(request, target="prompt")})


def request(runtime: Runtime, prompt: str, context: Value = None) -> bool | Awaitable[bool]:
    """Ask whether *prompt* may be done; *context*, any JSON value, is shown with it.

    In the shell and in notebooks the user is asked. In tool mode the run ends here with the envelope `needs_approval`.
    Resumed, it starts from the top, and this call returns the answer if prompt and context are the same as those that
    were shown.

    Example: `if approval.request("Restart cart?", { replicas = 3 }) then shell.exec("systemctl restart cart") end`

    Raises:
        BuiltinError: nobody has been asked yet (outside tool mode the error has `unasked`), or the call is not the one
            that was approved; *context* has no JSON form.
    """
    from assay_shell.runtime.approvals import MARKER
    from assay_shell.runtime.approvals.decision import ApprovalRefused
    from assay_shell.runtime.approvals.gates import gates_of
    from assay_shell.runtime.approvals.request import canonical, shown

    data = _plain(runtime, context)
    try:
        answer = gates_of(runtime).answer(shown(prompt, data, runtime.redactor))
    except ApprovalRefused as exc:
        raise BuiltinError(None, str(exc)) from exc
    if answer is not None:
        return answer
    text = canonical({"context": data, "prompt": prompt})
    given = os.environ.get("ASSAY_APPROVAL_RESULT")
    if given is not None:
        return given == "yes"
    if os.environ.get("ASSAY_MODE") == "tool":
        raise BuiltinError(None, MARKER + text)
    if runtime.ask_approval is not None:
        from json import dumps

        return runtime.ask_approval(prompt, dumps(data, indent=2, ensure_ascii=False))
    reason = f"approval required (--mode tool asks for it): {text}"
    raise BuiltinError("approval.request", reason, {"unasked": True})


def _plain(runtime: Runtime, context: Value) -> object:
    """Return *context* as plain data.

    Raises:
        BuiltinError: it has no JSON form.
    """
    from json import loads

    return None if context is None else loads(runtime.encode_json(context))
