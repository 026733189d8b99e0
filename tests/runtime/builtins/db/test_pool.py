"""The pool, with connections that are only pretended."""

from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.builtins.db.failure import POOL_CLOSED, POOL_TIMED_OUT, DatabaseFailure
from assay_shell.runtime.builtins.db.pool import Pool


class Pretended:
    """As much of a session as a pool sees."""

    def __init__(self) -> None:
        self.broken = False
        self.alive = True
        self.aborted = False

    def usable(self) -> bool:
        return self.alive and not self.broken

    def abort(self) -> None:
        self.aborted = True


class Server:
    """Makes sessions, and remembers how many."""

    def __init__(self) -> None:
        self.made: list[Pretended] = []
        self.refusing = False

    async def connect(self) -> Pretended:
        await asyncio.sleep(0)
        if self.refusing:
            raise DatabaseFailure("refused")
        self.made.append(Pretended())
        return self.made[-1]

    def pool(self, size: int = 2, timeout: float = 1.0) -> Pool:
        return Pool(self.connect, size, timeout)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Server:
    return Server()


def test_the_session_used_last_is_lent_first(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool()
        a, b = await pool.acquire(), await pool.acquire()
        pool.release(b)
        pool.release(a)
        assert await pool.acquire() is a
        assert len(server.made) == 2

    asyncio.run(steps())


def test_no_more_than_size_are_made_and_the_rest_wait_their_turn(server: Server) -> None:
    async def steps() -> None:
        pool, order, most = server.pool(size=2), [], 0

        async def use(number: int) -> None:
            nonlocal most
            session = await pool.acquire()
            order.append(number)
            most = max(most, len(pool._lent))
            await asyncio.sleep(0.001)
            pool.release(session)

        await asyncio.gather(*map(use, range(10)))
        assert order == list(range(10))
        assert (most, len(server.made)) == (2, 2)

    asyncio.run(steps())


def test_who_waits_too_long_is_told_and_takes_nothing_along(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool(size=1, timeout=0.01)
        session = await pool.acquire()
        with pytest.raises(DatabaseFailure, match=POOL_TIMED_OUT):
            await pool.acquire()
        pool.release(session)
        assert await pool.acquire() is session

    asyncio.run(steps())


@pytest.mark.parametrize("late", [False, True], ids=["before its turn", "in the moment of its turn"])
def test_a_cancelled_wait_passes_its_turn_on(server: Server, late: bool) -> None:
    async def steps() -> None:
        pool = server.pool(size=1)
        session = await pool.acquire()
        first, second = asyncio.create_task(pool.acquire()), asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.001)
        if late:
            pool.release(session)
        first.cancel()
        await asyncio.sleep(0)
        if not late:
            pool.release(session)
        assert await asyncio.wait_for(second, 1) is session

    asyncio.run(steps())


def test_dead_and_broken_sessions_are_replaced(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool()
        session = await pool.acquire()
        pool.release(session)
        server.made[0].alive = False
        fresh = await pool.acquire()
        assert fresh is not session
        assert server.made[0].aborted
        server.made[1].broken = True
        pool.release(fresh)
        assert server.made[1].aborted
        await pool.acquire()
        await pool.acquire()
        assert len(server.made) == 4

    asyncio.run(steps())


def test_a_broken_session_makes_room_for_who_waits(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool(size=1)
        session = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.001)
        server.made[0].broken = True
        pool.release(session)
        assert await asyncio.wait_for(waiting, 1) is not session

    asyncio.run(steps())


def test_a_failed_connection_gives_its_place_back(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool(size=1)
        server.refusing = True
        for _ in range(3):
            with pytest.raises(DatabaseFailure, match="refused"):
                await pool.acquire()
        server.refusing = False
        assert await pool.acquire()

    asyncio.run(steps())


def test_a_closed_pool_lends_nothing_and_drops_what_comes_back(server: Server) -> None:
    async def steps() -> None:
        pool = server.pool(size=1)
        session = await pool.acquire()
        waiting = asyncio.create_task(pool.acquire())
        await asyncio.sleep(0.001)
        assert pool.close() == []
        for attempt in (waiting, pool.acquire()):
            with pytest.raises(DatabaseFailure, match=POOL_CLOSED):
                await attempt
        pool.release(session)
        assert server.made[0].aborted

    asyncio.run(steps())
