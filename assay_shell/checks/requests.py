"""GET requests of checks, over the engine of the `http` builtins."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay_shell.runtime.builtins.http.engine import Engine, EngineError

_CONNECTING = "client error (Connect)"

MOST_BODY = 32 << 20
"""Bytes; a longer answer fails its check."""


@dataclass(frozen=True)
class Answer:
    """A whole answer: *text* is its body, with what is not UTF-8 replaced; *seconds* is how long it took."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    seconds: float


class RequestFailed(Exception):
    """No answer, or (*in_body*) one that broke off; the text is the cause."""

    def __init__(self, cause: str, *, in_body: bool) -> None:
        self.in_body = in_body
        super().__init__(cause)


class Requests:
    """One pool of connections for all checks."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    async def get(self, url: str, headers: Mapping[str, str] | None = None, *, follow: bool = True) -> Answer:
        """The answer to a GET request, within 30 seconds.

        Raises:
            RequestFailed: there is none.
        """
        from assay_shell.runtime.builtins.http.engine import BodyError, EngineError, Wire, make_engine
        from assay_shell.runtime.builtins.http.exchange import make_call, transfer, whole
        from assay_shell.runtime.builtins.http.settings import Settings
        from assay_shell.runtime.errors import BuiltinError

        settings = Settings()
        settings.follow_redirects = follow
        settings.max_body = MOST_BODY
        started = monotonic()
        if self._engine is None:
            self._engine = make_engine(Wire())
        lines = {name.lower(): (name, value) for name, value in (headers or {}).items()}
        call = make_call(self._engine, settings, "GET", url, lines)
        try:
            reply, _ = await transfer("request", call, whole)
        except BuiltinError as exc:
            cause = exc.__cause__
            if isinstance(cause, BodyError):
                raise RequestFailed(cause.cause, in_body=True) from exc
            text = exc.message.removeprefix("request failed: ")
            if isinstance(cause, EngineError):
                text = _with_chain(text, cause)
            raise RequestFailed(text, in_body=False) from exc
        text = reply.body.decode("utf-8", "replace")  # type: ignore[union-attr]  # `whole` gives whole answers
        return Answer(reply.status, list(reply.headers), text, monotonic() - started)

    async def close(self) -> None:
        """Close all connections."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.close()


def _with_chain(text: str, error: EngineError) -> str:
    """*text* with the stages that callers of the contract know before the cause: engines tell the last one only."""
    if not getattr(error, "unsent", False) or "(os error " not in error.cause or _CONNECTING in text:
        return text
    return f"{text.removesuffix(error.cause)}{_CONNECTING}: tcp connect error: {error.cause}"
