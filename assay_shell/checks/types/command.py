"""`command`: a program that ends well and says what it should. It counts as a write."""

from __future__ import annotations

import asyncio
import os

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import require_text
from assay_shell.checks.expressions import parse_json, require_true
from assay_shell.checks.tools import Passed, needed
from assay_shell.runtime.children.conversation import Listener, converse, start
from assay_shell.runtime.children.registry import Children
from assay_shell.runtime.errors import os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools
    from assay_shell.runtime.children.child import Child

_MOST_OUTPUT = 1 << 20
"""Bytes of each stream that are kept; what comes after them is read and dropped."""

_TOLD = 400
"""So many characters of standard error go into the message."""


async def run(check: Check, tools: Tools) -> Passed:
    """Run the command; pass when its exit code and its standard output are as expected."""
    words = needed(check, "command")
    _require_writable(tools, words)
    kept = _Kept()
    ending = await converse(_start(check, words), None, kept, None)
    wanted = check.wanted("exit") or 0
    if ending.status != wanted:
        raise CheckFailed(_exit_message(wanted, ending.status, kept.text("stderr")))
    output = kept.text("stdout")
    require_text(check, output, "output")
    expressions = check.wanted("jmespath") or ()
    if expressions:
        document = parse_json(output, "output")
        for expression in expressions:
            require_true(expression, document)
    return Passed(detail=output.strip().partition("\n")[0], data=lambda: parse_json(output, "output"))


def _require_writable(tools: Tools, words: list[str]) -> None:
    from assay_shell.runtime.errors import BuiltinError
    from assay_shell.runtime.guard import Effect, Guard

    readonly = tools.readonly
    if readonly is None:
        readonly = os.environ.get("ASSAY_READONLY", "") not in ("", "0")
    try:
        Guard(readonly=readonly, redact=tools.redactor.text).check(Effect("command", "write", " ".join(words)))
    except BuiltinError as exc:
        raise CheckFailed(exc.message) from exc


def _start(check: Check, words: list[str]) -> Child:
    line = len(words) == 1
    arguments = [b"/bin/sh", b"-c", os.fsencode(words[0])] if line else [os.fsencode(word) for word in words]
    folder = check.settings.get("cwd")
    env = {os.fsencode(name): os.fsencode(value) for name, value in check.settings.get("env", {}).items()}
    try:
        child, _ = start(Children(), arguments, cwd=None if folder is None else os.fsencode(folder), env=env or None)
    except (OSError, ValueError) as exc:
        raise CheckFailed(f"starting {words[0]}: {os_reason(exc)}") from exc
    return child


def _exit_message(wanted: int, status: int, errors: str) -> str:
    got = f"exit code {status}" if status >= 0 else f"signal {-status}"
    told = errors.strip()[-_TOLD:]
    return f"expected exit code {wanted}, got {got}" + (f": {told}" if told else "")


class _Kept(Listener):
    """Keeps the beginning of what a command writes."""

    def __init__(self) -> None:
        self._streams: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}

    def take(self, stream: str, data: bytes) -> None:
        kept = self._streams[stream]
        kept += data[: _MOST_OUTPUT - len(kept)]

    async def room(self) -> None:
        await asyncio.sleep(0)

    def text(self, stream: str) -> str:
        """What was written to `stdout` or `stderr`."""
        return self._streams[stream].decode("utf-8", "replace")
