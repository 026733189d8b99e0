"""One child: its end is noticed wherever it runs, and stopping it leaves nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from assay_shell.runtime.children.child import Child
from assay_shell.runtime.children.pipes import read_some
from assay_shell.runtime.children.registry import Children
from tests.support.processes import gone, runs

OpenExit = Callable[[int], int] | None

WAYS = [
    pytest.param(None, id="by descriptor"),
    pytest.param(lambda pid: -1, id="by thread"),
]


def sh(children: Children, command: str, *, own_session: bool = True) -> Child:
    return children.spawn([b"/bin/sh", b"-c", command.encode()], stdout=subprocess.PIPE, own_session=own_session)


async def answer(child: Child) -> bytes:
    assert child.process.stdout is not None
    return await read_some(child.process.stdout.fileno())


@pytest.mark.parametrize("open_exit", WAYS)
def test_the_end_is_noticed_and_the_status_collected(open_exit: OpenExit) -> None:
    async def wait() -> int:
        child = sh(Children(open_exit), "sleep 0.05; exit 5")
        await asyncio.gather(child.ended(), child.ended())
        child.close_pipes()
        return child.collect()

    assert asyncio.run(wait()) == 5


@pytest.mark.parametrize("open_exit", WAYS)
def test_the_number_of_an_ended_child_stays_taken_until_it_is_collected(open_exit: OpenExit) -> None:
    async def wait() -> None:
        child = sh(Children(open_exit), "exit 0")
        await child.ended()
        os.kill(child.pid, 0)
        assert not child.runs
        child.collect()
        child.close_pipes()
        with pytest.raises(ProcessLookupError):
            os.kill(child.pid, 0)

    asyncio.run(wait())


@pytest.mark.parametrize("open_exit", WAYS)
def test_stopping_ends_everything_and_may_be_repeated(open_exit: OpenExit) -> None:
    async def stop() -> int:
        family = Children(open_exit)
        child = sh(family, "sleep 60 & echo $!; sleep 60")
        grandchild = int(await answer(child))
        await child.stop(0.2)
        await child.stop(0.2)
        assert child.collected
        assert len(family) == 0
        child.close_pipes()
        return grandchild

    assert gone(asyncio.run(stop()))


@pytest.mark.parametrize("open_exit", WAYS)
def test_children_work_on_a_loop_of_another_thread(open_exit: OpenExit) -> None:
    statuses: list[int] = []

    async def wait() -> None:
        child = sh(Children(open_exit), "exit 4")
        await child.ended()
        statuses.append(child.collect())
        child.close_pipes()

    thread = threading.Thread(target=lambda: asyncio.run(wait()))
    thread.start()
    thread.join()
    assert statuses == [4]


def test_a_polite_end_gets_its_time() -> None:
    async def stop() -> tuple[float, bytes]:
        child = sh(Children(), "trap 'sleep 0.1; echo tidy; exit' TERM; echo up; while :; do sleep 0.01; done")
        await answer(child)
        started = time.monotonic()
        await child.stop(1)
        took = time.monotonic() - started
        said = await answer(child)
        child.close_pipes()
        return took, said

    took, said = asyncio.run(stop())
    assert said == b"tidy\n"
    assert took < 0.8


def test_a_child_in_our_session_ends_with_its_descendants() -> None:
    async def stop() -> int:
        child = sh(Children(), "sleep 60 & echo $!; sleep 60", own_session=False)
        assert os.getsid(child.pid) == os.getsid(0)
        grandchild = int(await answer(child))
        await child.stop(0.2)
        child.close_pipes()
        return grandchild

    assert gone(asyncio.run(stop()))


def test_closing_the_registry_ends_deaf_children_and_theirs_in_a_moment() -> None:
    async def begin(family: Children) -> list[int]:
        found = []
        for _ in range(3):
            child = sh(family, "trap '' TERM; sleep 60 & echo $!; sleep 60")
            found += [child.pid, int(await answer(child))]
        return found

    family = Children()
    pids = asyncio.run(begin(family))
    assert all(map(runs, pids))
    started = time.monotonic()
    family.close()
    assert time.monotonic() - started < 0.3
    assert len(family) == 0
    assert all(map(gone, pids))


def test_closing_after_the_loop_has_gone_needs_no_loop() -> None:
    async def begin(family: Children) -> None:
        child = sh(family, "sleep 60")
        waiting = asyncio.create_task(child.ended())
        await asyncio.sleep(0)
        waiting.cancel()

    family = Children()
    asyncio.run(begin(family))
    family.close()
    assert len(family) == 0
