"""The one JSON object that a tool-mode run prints: what it holds, and how it is cut to its largest size."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.approvals.request import Request

LARGEST = 512 << 10
"""Bytes that an envelope may have."""

_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord('"'): '\\"', ord("\\"): "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r",
}  # fmt: skip


class Envelope:
    """The *body* (bytes, no line end), its *status*, and the exit code that --exit-codes=detailed gives the run."""

    __slots__ = ("body", "exit_code", "status")

    def __init__(self, status: str, body: bytes, exit_code: int) -> None:
        self.status = status
        self.body = body
        self.exit_code = exit_code


def success(output: bytes) -> Envelope:
    """Return the envelope of a result, which is JSON text already; cut and turned into a string if it is too large."""
    body = b'{"ok":true,"status":"ok","output":%s,"requiresApproval":null}' % output
    if len(body) > LARGEST:
        text = output[:LARGEST].decode("utf-8", "ignore")
        body = _cut(text, b'{"ok":true,"status":"ok","output":%s,"requiresApproval":null,"truncated":true}')
    return Envelope("ok", body, 0)


def failure(text: str, *, exit_code: int = 1) -> Envelope:
    """Return the envelope of an error; a long text is cut. Bytes in it that are no UTF-8 are replaced."""
    return Envelope("error", _failed("error", text), exit_code)


def timeout(seconds: int) -> Envelope:
    """Return the envelope of a run that took longer than *seconds*."""
    return Envelope("timeout", _failed("timeout", f"execution timed out after {seconds}s"), 124)


def needs_approval(request: Request, token: str) -> Envelope:
    """Return the envelope that asks for an approval."""
    return Envelope("needs_approval", approval_body(request, token), 10)


def approval_body(request: Request, token: str) -> bytes:
    """Return the bytes of the envelope that asks for an approval, however many they are."""
    from assay_shell.runtime.approvals.request import canonical

    wanted = canonical({"context": request.context, "prompt": request.prompt, "resumeToken": token})
    return f'{{"ok":true,"status":"needs_approval","output":null,"requiresApproval":{wanted}}}'.encode()


def _failed(status: str, text: str) -> bytes:
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    head = b'{"ok":false,"status":"%s","error":' % status.encode()
    body = head + _quoted(text) + b"}"
    return body if len(body) <= LARGEST else _cut(text[:LARGEST], head + b'%s,"truncated":true}')


def _cut(text: str, frame: bytes) -> bytes:
    """Return *frame* around the longest prefix of *text*, with `...` after it, that leaves the whole small enough."""

    def body(length: int) -> bytes:
        return frame % _quoted(text[:length] + "...")

    return body(_largest(lambda length: len(body(length)) <= LARGEST, len(text)))


def _largest(fits: Callable[[int], bool], most: int) -> int:
    """Return the largest number up to *most* that fits, where all smaller ones do."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _quoted(text: str) -> bytes:
    return f'"{text.translate(_ESCAPES)}"'.encode()
