"""Every request gets a reply: ipykernel only logs what fails, and the front end that asked would wait for ever."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from assay_shell.kernel.kernel import AssayKernel

    Handler = Callable[[Any, Any, dict[str, Any]], Awaitable[None]]

_NEEDS: dict[str, dict[str, type]] = {
    "execute_request": {"code": str},
    "complete_request": {"code": str, "cursor_pos": int},
    "inspect_request": {"code": str, "cursor_pos": int},
    "is_complete_request": {"code": str},
    "history_request": {"hist_access_type": str, "output": bool, "raw": bool},
    "shutdown_request": {"restart": bool},
}
"""What the content of a request has to hold for its handler to make sense of it."""


class MalformedRequestError(Exception):
    """A request lacks something, or has it in another form."""


def answered(kernel: AssayKernel, kind: str, handler: Handler) -> Handler:
    """Return *handler*, which serves requests of that *kind*, with an error reply for whatever goes wrong in it."""

    async def handle(stream: Any, ident: Any, parent: dict[str, Any]) -> None:
        try:
            _check(kind, parent)
            await handler(stream, ident, parent)
        except Exception as error:  # the last resort: nobody else would tell the client
            kernel.log.error("%s failed", kind, exc_info=not isinstance(error, MalformedRequestError))
            _refuse(kernel, kind, stream, ident, parent, error)

    return handle


def kind_of(kernel: AssayKernel, stream: Any, message: Any) -> str:
    """The kind of *message*, as it came from *stream*; empty for one that cannot be served.

    Such a message is noted, and answered where it tells what to answer.
    """
    try:
        ident, frames = kernel.session.feed_identities(message, copy=False)
        parent = kernel.session.deserialize(frames, content=False, copy=False)
        kind, subshell = str(parent["header"]["msg_type"]), parent["header"].get("subshell_id")
    except Exception as error:  # whatever a stranger may send
        kernel.log.warning("dropped what nobody has signed, or what is no message: %s", type(error).__name__)
        return ""
    try:
        kernel.session.unpack(parent["content"])
        if subshell is not None:
            raise MalformedRequestError(f"{kind}: there is no subshell")
    except (ValueError, RecursionError, MalformedRequestError) as error:
        kernel.log.warning("refused what makes no sense: %s", kind)
        _refuse(kernel, kind, stream, ident, parent, error)
        kernel._publish_status("idle", "shell", parent)
        return ""
    return kind


def _check(kind: str, parent: dict[str, Any]) -> None:
    """Look whether *parent* is a request of that *kind*.

    Raises:
        MalformedRequestError: it is none.
    """
    content = parent.get("content")
    if not isinstance(content, dict):
        raise MalformedRequestError(f"{kind}: the content is no object")
    for name, wanted in _NEEDS.get(kind, {}).items():
        if not isinstance(content.get(name), wanted):
            raise MalformedRequestError(f"{kind}: '{name}' is missing or no {wanted.__name__}")
    if not isinstance(parent.get("metadata"), dict):
        raise MalformedRequestError(f"{kind}: the metadata is no object")


def _refuse(kernel: AssayKernel, kind: str, stream: Any, ident: Any, parent: dict[str, Any], error: Exception) -> None:
    text = kernel.masked(str(error))
    content: dict[str, Any] = {"ename": type(error).__name__, "evalue": text, "traceback": [text]}
    if kind == "execute_request":
        kernel.session.send(kernel.iopub_socket, "error", content, parent, ident=kernel._topic("error"))
        content["execution_count"] = kernel.execution_count
    reply = f"{kind.removesuffix('_request')}_reply"
    kernel.session.send(stream, reply, {"status": "error", **content}, parent, ident=ident)
