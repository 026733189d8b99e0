"""Names of what is in a cluster: fetched behind the user's back, remembered for a while, never waited for."""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    Fetch: TypeAlias = "Callable[[Wanted], Awaitable[list[str]]]"

LIFETIME = 30.0
"""Seconds for which names are good, and for which a failure is not tried again."""
_MOST = 5_000


class Wanted(NamedTuple):
    """Which names: *what* is `kinds`, `namespaces` or `objects` (of *kind*, in *namespace*).

    *client* is what the call is made on as it was typed (`c`, `k8s`): names of two clients are not mixed.
    """

    what: str
    kind: str = ""
    namespace: str = ""
    client: str = ""


class _Known:
    """Names, until when they are good, and the task that fetches them anew."""

    __slots__ = ("names", "task", "until")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.until = 0.0
        self.task: Task[None] | None = None


class ClusterNames:
    """Answers at once with what is known; what is not, or no longer, is fetched for the next time.

    *fetch* is awaited on the running event loop; *log* is told why one failed.
    """

    def __init__(
        self,
        fetch: Fetch | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        log: Callable[[str], object] = lambda message: None,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._log = log
        self._known: dict[Wanted, _Known] = {}

    def names(self, wanted: Wanted) -> list[str]:
        """The names that are known now; starts to fetch them where they are not fresh."""
        known = self._known.get(wanted)
        if known is None:
            known = self._known[wanted] = _Known()
        if self._fetch is not None and known.task is None and self._clock() >= known.until:
            self._start(wanted, known)
        return known.names

    def _start(self, wanted: Wanted, known: _Known) -> None:
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # nobody could wait for it
            return
        known.task = loop.create_task(self._update(wanted, known))

    async def _update(self, wanted: Wanted, known: _Known) -> None:
        assert self._fetch is not None
        try:
            known.names = [str(name) for name in (await self._fetch(wanted))[:_MOST]]
        except Exception as exc:  # whatever is wrong with a cluster, typing goes on
            self._log(f"completion: {wanted.what} {wanted.kind} {wanted.namespace}: {exc}")
        finally:
            known.until = self._clock() + LIFETIME
            known.task = None

    async def settled(self) -> None:
        """Wait for what is being fetched."""
        import asyncio

        tasks = [known.task for known in self._known.values() if known.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """End what is being fetched."""
        import asyncio

        tasks = [known.task for known in self._known.values() if known.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
