"""GET requests of checks, over the engine of the `http` builtins."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay_shell.runtime.builtins.http.engine import Engine, EngineError, Wire

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
        self._engines: dict[tuple[object, ...], Engine] = {}

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, follow: bool = True, wire: Wire | None = None
    ) -> Answer:
        """The answer to a GET request, within 30 seconds; *wire* where the connection needs more than an address.

        Raises:
            RequestFailed: there is none.
        """
        from assay_shell.runtime.builtins.http.engine import BodyError, EngineError
        from assay_shell.runtime.builtins.http.exchange import make_call, transfer, whole
        from assay_shell.runtime.builtins.http.settings import Settings
        from assay_shell.runtime.errors import BuiltinError

        settings = Settings()
        settings.follow_redirects = follow
        settings.max_body = MOST_BODY
        started = monotonic()
        lines = {name.lower(): (name, value) for name, value in (headers or {}).items()}
        call = make_call(self._engine(wire), settings, "GET", url, lines)
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

    def _engine(self, wire: Wire | None) -> Engine:
        from assay_shell.runtime.builtins.http.engine import BadRequest, Wire, make_engine

        wire = wire or Wire()
        key = wire.key()
        if key not in self._engines:
            try:
                self._engines[key] = make_engine(wire)
            except BadRequest as exc:
                raise RequestFailed(f"failed to build client: {exc.cause}", in_body=False) from exc
        return self._engines[key]

    async def close(self) -> None:
        """Close all connections."""
        engines, self._engines = list(self._engines.values()), {}
        for engine in engines:
            await engine.close()


def _with_chain(text: str, error: EngineError) -> str:
    """*text* with the stages that callers of the contract know before the cause: engines tell the last one only."""
    if not getattr(error, "unsent", False) or "(os error " not in error.cause or _CONNECTING in text:
        return text
    return f"{text.removesuffix(error.cause)}{_CONNECTING}: tcp connect error: {error.cause}"
