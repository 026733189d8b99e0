"""`http.events`: server-sent events, over as many connections as it takes."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.client import options_of, url_of
from assay_shell.runtime.builtins.http.engine import EngineError
from assay_shell.runtime.builtins.http.event_parser import EventParser
from assay_shell.runtime.builtins.http.exchange import failure, header
from assay_shell.runtime.builtins.http.stream import begin, refused, streamed
from assay_shell.runtime.errors import BuiltinError, quoted
from assay_shell.runtime.values import Stream, as_bytes, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from assay_shell.runtime.builtins.http.client import Client
    from assay_shell.runtime.builtins.http.engine import Incoming
    from assay_shell.runtime.builtins.http.exchange import Call
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_WHERE = "http.events"
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Statuses that a server may get over; others end the iteration."""

_WANTED = (("accept", "text/event-stream"), ("cache-control", "no-store"))


async def open_events(runtime: Runtime, client: Client, url: Value, opts: Value) -> Stream:
    """The work of `http.events`, for any client.

    Raises:
        BuiltinError: an argument is wrong, the first connection fails, or the answer is not an event stream.
    """
    address = url_of("events", url)
    given = options_of(runtime, "events", opts, "second")
    call = streamed(runtime, client, _WHERE, address, given)
    for name, value in _WANTED:
        call.headers.setdefault(name, (name, value))
    last_id = given.get("last_event_id")
    source = EventSource(
        call,
        last_id=None if last_id is None else as_bytes(last_id),
        bearable=_bearable(given.get("reconnect")),
        total="timeout" in given,
    )
    await source.connect()
    return Stream(source.events(), close=source.close, name="http events")


def _bearable(value: Value) -> float | None:
    """How many failures in a row are borne; None for no second connection at all."""
    if value is None or value is True:
        return float("inf")
    if value is False:
        return None
    if isinstance(value, int | float) and value >= 0:
        return value
    raise BuiltinError(_WHERE, "reconnect must be a boolean or a number of failures to bear")


class EventSource:
    """One stream of events; *call* is made again whenever the connection ends."""

    def __init__(self, call: Call, *, last_id: bytes | None, bearable: float | None, total: bool) -> None:
        self._call = call
        self._bearable = bearable
        self._total = total
        self._incoming: Incoming | None = None
        self._failures = 0
        self._parser = EventParser(_WHERE, last_id, call.settings.max_body)

    async def connect(self) -> None:
        """Open a connection; there is none afterwards when the server says that nothing more will come.

        Raises:
            BuiltinError: it cannot be had, or what comes is not an event stream.
        """
        last_id = self._parser.last_id
        if last_id:
            self._call.headers["last-event-id"] = ("last-event-id", as_text(last_id))
        incoming, address = await begin(_WHERE, self._call, total=self._total)
        if incoming.status == 204:
            await incoming.discard()
            return
        if incoming.status != 200:
            raise await refused(_WHERE, incoming, address)
        kind = header(incoming.headers, "content-type") or ""
        if kind.partition(";")[0].strip().lower() != "text/event-stream":
            await incoming.discard()
            reason = f"expected text/event-stream, got {quoted(kind)} from url ({address})"
            raise BuiltinError(f"{_WHERE} failed", reason, {"status": 200})
        self._incoming = incoming

    async def close(self) -> None:
        """Close the connection there is."""
        incoming, self._incoming = self._incoming, None
        if incoming is not None:
            await incoming.discard()

    async def events(self) -> AsyncGenerator[dict[str, object], None]:
        """All events, from one connection after the other.

        Raises:
            BuiltinError: the connection is lost for good.
        """
        try:
            while self._incoming is not None:
                lost = None
                try:
                    async for event in self._received(self._incoming):
                        yield event
                except EngineError as exc:
                    lost = failure(_WHERE, self._call, exc)
                await self.close()
                await self._reconnect(lost)
        finally:
            await self.close()

    async def _received(self, incoming: Incoming) -> AsyncGenerator[dict[str, object], None]:
        """The events of one connection; what it leaves unfinished is dropped."""
        known = self._parser
        self._parser = parser = EventParser(_WHERE, known.last_id, self._call.settings.max_body)
        parser.retry = known.retry
        while (chunk := await incoming.read()) is not None:
            for event in parser.feed(chunk):
                self._failures = 0
                yield event

    async def _reconnect(self, lost: BuiltinError | None) -> None:
        """Connect anew, after a pause and however often it takes; *lost* is why the last connection broke off.

        Raises:
            BuiltinError: there were too many failures, or one that will not pass.
        """
        from asyncio import sleep

        while True:
            if lost is not None:
                self._failures += 1
                if self._bearable is None or self._failures > self._bearable:
                    raise lost
            if self._bearable is None:
                return
            await sleep(self._pause())
            try:
                await self.connect()
            except BuiltinError as exc:
                if not _may_pass(exc):
                    raise
                lost = exc
            else:
                return

    def _pause(self) -> float:
        """Seconds: what the server asked for, longer with each failure."""
        asked = self._parser.retry
        pause = _FIRST_PAUSE if asked is None else asked / 1000
        return min(pause * 2.0 ** min(max(self._failures - 1, 0), 60), max(pause, _LONGEST_PAUSE))


def _may_pass(exc: BuiltinError) -> bool:
    """Whether a failed connection is worth another try: all network failures are, and some statuses."""
    fields = exc.fields or {}
    return "status" not in fields or fields["status"] in _PASSING
