"""A pool of connections to one database: so many at most, the one used last first, dead ones replaced unseen."""

from __future__ import annotations

from collections import deque

from assay_shell.runtime.builtins.db.eager import suspended
from assay_shell.runtime.builtins.db.failure import POOL_CLOSED, POOL_TIMED_OUT, DatabaseFailure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable

    from assay_shell.runtime.builtins.db.session import Session


class Pool:
    """Lends sessions that *connect* makes, at most *size* at a time; who waits longer than *timeout* seconds fails."""

    def __init__(self, connect: Callable[[], Awaitable[Session]], size: int, timeout: float) -> None:
        self._connect = connect
        self._size = size
        self._timeout = timeout
        self._idle: list[Session] = []
        self._lent: set[Session] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[Session | None]] = deque()
        self.closed = False

    def adopt(self, session: Session) -> None:
        """Take a session that was made elsewhere."""
        self._idle.append(session)

    def idle(self) -> Session | None:
        """A session that nobody uses or waits for. It stays in the pool: whoever gets it must be done before any wait.

        Raises:
            DatabaseFailure: the pool is closed.
        """
        if self.closed:
            raise DatabaseFailure(POOL_CLOSED)
        return self._idle[-1] if self._idle else None

    async def acquire(self) -> Session:
        """A session for the caller alone, until `release`.

        Raises:
            DatabaseFailure: the pool is closed, none came free in time, or no connection could be made.
        """
        session = self._take()
        if session is None:
            await suspended()
            while (session := self._take() or await self._open_or_wait()) is None:
                continue
        self._lent.add(session)
        return session

    def release(self, session: Session) -> None:
        """Take back a session: for the one who has waited longest, else to keep. One that is broken is dropped."""
        if self.closed or session.broken:
            self._lent.discard(session)
            session.abort()
            self._wake(None)
        elif not self._wake(session):
            self._lent.discard(session)
            self._idle.append(session)

    def close(self) -> list[Session]:
        """Lend nothing any more; the sessions that are idle, for the caller to close. Others go when they come back."""
        self.closed = True
        while self._wake(None):
            pass
        idle, self._idle = self._idle, []
        return idle

    def drop(self) -> None:
        """Close every connection at once, lent ones too."""
        for session in (*self.close(), *self._lent):
            session.abort()

    def _take(self) -> Session | None:
        """An idle session that still works."""
        if self.closed:
            raise DatabaseFailure(POOL_CLOSED)
        while self._idle:
            session = self._idle.pop()
            if session.usable():
                return session
            session.abort()
        return None

    async def _open_or_wait(self) -> Session | None:
        """A new session, or one that came free; None when it is worth another look."""
        if len(self._lent) + self._opening >= self._size:
            return await self._wait()
        self._opening += 1
        try:
            session = await self._connect()
        except BaseException:
            self._wake(None)
            raise
        finally:
            self._opening -= 1
        if not self.closed:
            return session
        session.abort()
        return None

    async def _wait(self) -> Session | None:
        from asyncio import get_running_loop, timeout

        mine: asyncio.Future[Session | None] = get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with timeout(self._timeout):
                return await mine
        except BaseException as exc:
            self._leave_queue(mine)
            if isinstance(exc, TimeoutError):
                raise DatabaseFailure(POOL_TIMED_OUT) from exc
            raise

    def _leave_queue(self, mine: asyncio.Future[Session | None]) -> None:
        """Give up waiting; what came in the very last moment goes on to the next."""
        if mine in self._waiting:
            self._waiting.remove(mine)
        elif mine.done() and not mine.cancelled():
            session = mine.result()
            if session is None:
                self._wake(None)
            else:
                self.release(session)

    def _wake(self, session: Session | None) -> bool:
        """Hand *session*, or the news that there is room, to the one who has waited longest."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(session)
                return True
        return False
