"""Channels: an event published once reaches everybody who listens."""

from __future__ import annotations

from collections import deque

from assay_shell.runtime.builtins.http_server.outlet import Outlet, chunk
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Event
    from collections.abc import AsyncIterator


class Channel:
    """Clients with open event streams, and subscribers in the script; *most* events may wait for each of them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.closed = False
        self._outlets: dict[Outlet, None] = {}
        self._subscribers: dict[Subscriber, None] = {}

    def __len__(self) -> int:
        return len(self._outlets) + len(self._subscribers)

    def join(self, outlet: Outlet) -> None:
        """Send all further events to a client as well."""
        if self.closed:
            outlet.end()
        elif not outlet.closed:
            self._outlets[outlet] = None
            outlet.on_close = self._leave

    def subscribe(self) -> Subscriber:
        """A new subscriber, for events from now on."""
        subscriber = Subscriber(self)
        if self.closed:
            subscriber.end()
        else:
            self._subscribers[subscriber] = None
        return subscriber

    def publish(self, text: str, event: dict[str, object]) -> int:
        """Send an event, encoded and plain; how many it reached. Whoever is too far behind is dropped."""
        plain = text.encode("latin-1")
        framed = chunk(plain)
        reached = 0
        for outlet in list(self._outlets):
            if outlet.deliver(plain, framed, self.most):
                reached += 1
            else:
                outlet.drop()
        for subscriber in list(self._subscribers):
            if subscriber.deliver(event, self.most):
                reached += 1
            else:
                self.unsubscribe(subscriber)
        return reached

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send nothing more to *subscriber*."""
        self._subscribers.pop(subscriber, None)

    def close(self) -> None:
        """End all streams; a second call does nothing."""
        self.closed = True
        for outlet in list(self._outlets):
            outlet.end()
        for subscriber in list(self._subscribers):
            subscriber.end()
        self._subscribers.clear()

    def _leave(self, outlet: Outlet) -> None:
        self._outlets.pop(outlet, None)


class Subscriber:
    """What a script iterates over."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._events: deque[dict[str, object]] = deque()
        self._ended = False
        self._lagged = False
        self._news: Event | None = None

    def deliver(self, event: dict[str, object], most: int) -> bool:
        """Keep an event until it is asked for; False where too many wait already."""
        if len(self._events) >= most:
            self._lagged = True
            self.end()
            return False
        self._events.append(event)
        self._wake()
        return True

    def end(self) -> None:
        """No more events will come."""
        self._ended = True
        self._wake()

    async def events(self) -> AsyncIterator[dict[str, object]]:
        """All events.

        Raises:
            BuiltinError: some were lost, because too many waited.
        """
        from asyncio import Event

        self._news = self._news or Event()
        while True:
            while self._events:
                yield self._events.popleft()
            if self._lagged:
                raise BuiltinError("http channel", f"the subscriber is more than {self._channel.most} events behind")
            if self._ended:
                return
            self._news.clear()
            await self._news.wait()

    def close(self) -> None:
        """The script wants no more."""
        self.end()
        self._channel.unsubscribe(self)

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()
