"""Talking with a child process: what arrives, when it ends, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from pathlib import Path

import pytest

from assay_shell.runtime.children.conversation import Ending, Listener, converse, start
from assay_shell.runtime.children.registry import Children
from tests.support.leftovers import children as child_pids
from tests.support.processes import descriptors, gone, runs

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no setsid command")


class Heard(Listener):
    """Keeps all that was said."""

    def __init__(self) -> None:
        self.stdout = bytearray()
        self.stderr = bytearray()

    def take(self, stream: str, data: bytes) -> None:
        target: bytearray = getattr(self, stream)
        target += data


def sh(command: str, *, stdin: bytes | None = None, timeout: float | None = None) -> tuple[Ending, Heard]:
    return asyncio.run(talk(command, stdin=stdin, timeout=timeout))


async def talk(command: str, *, stdin: bytes | None = None, timeout: float | None = None) -> tuple[Ending, Heard]:
    heard, family = Heard(), Children()
    child, feed = start(family, [b"/bin/sh", b"-c", command.encode()], stdin=stdin)
    ending = await converse(child, feed, heard, timeout)
    assert len(family) == 0
    return ending, heard


@pytest.mark.parametrize(
    ("command", "status"),
    [
        pytest.param("true", 0, id="success"),
        pytest.param("exit 7", 7, id="code"),
        pytest.param("kill -9 $$", -9, id="signal"),
        pytest.param("no-such-command-here", 127, id="not found"),
    ],
)
def test_the_status_is_the_exit_code_or_minus_the_signal(command: str, status: int) -> None:
    assert sh(command)[0] == Ending(status, timed_out=False, unfed=None)


def test_both_streams_arrive_whole_and_apart() -> None:
    _, heard = sh("printf 'a\\377\\000b'; printf 'c\\n' >&2")
    assert (bytes(heard.stdout), bytes(heard.stderr)) == (b"a\xff\x00b", b"c\n")


def test_without_input_the_child_reads_nothing() -> None:
    assert bytes(sh("wc -c; test -c /dev/fd/0 && echo device")[1].stdout).split() == [b"0", b"device"]


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 5_000_000])
def test_input_of_any_size_comes_back_from_a_command_that_answers_while_reading(size: int) -> None:
    data = os.urandom(min(size, 4096)) * (size // 4096 + 1)
    _, heard = sh("cat", stdin=data[:size])
    assert heard.stdout == data[:size]


def test_input_that_fits_the_pipe_is_accepted_by_a_child_that_never_reads() -> None:
    assert sh("true", stdin=b"x" * 65_536)[0].unfed is None


def test_input_that_its_reader_refuses_is_reported_once_the_child_has_ended(tmp_path: Path) -> None:
    ending, _ = sh(f"head -c 1 >/dev/null; exec 0<&-; sleep 0.05; echo > {tmp_path}/done", stdin=b"x" * 1_000_000)
    assert isinstance(ending.unfed, BrokenPipeError)
    assert (tmp_path / "done").exists()


def test_a_program_that_cannot_be_started_leaves_no_descriptor() -> None:
    before = descriptors()
    for size in (0, 10, 1_000_000):
        with pytest.raises(FileNotFoundError):
            start(Children(), [b"/no/such/program"], stdin=b"x" * size)
    assert descriptors() == before


def test_a_background_child_that_holds_the_output_keeps_the_conversation_going() -> None:
    _, heard = sh("(sleep 0.1; echo late) & echo early")
    assert bytes(heard.stdout) == b"early\nlate\n"


def test_a_background_child_that_redirected_its_output_is_not_waited_for_and_lives_on() -> None:
    started = time.monotonic()
    _, heard = sh("sleep 0.3 >/dev/null 2>&1 & echo $!")
    assert time.monotonic() - started < 0.25
    assert runs(int(heard.stdout))


TREES = [
    pytest.param("sleep 60 & echo $!; sleep 60", id="plain"),
    pytest.param("(sleep 60 & echo $!; wait) | cat; sleep 60", id="pipeline"),
    pytest.param("set -m; sh -c 'echo $$; sleep 60' & wait", id="group of its own"),
    pytest.param("sleep 60 >/dev/null 2>&1 & echo $!; sleep 60", id="redirected"),
    pytest.param("sh -c 'trap \"\" TERM; echo $$; sleep 60' & wait", id="deaf to SIGTERM"),
    pytest.param("sh -c 'echo $$; kill -STOP $$' & sleep 60", id="stopped"),
    pytest.param("sleep 60 & echo $!; exit 0", id="leader gone"),
]


@pytest.mark.parametrize("command", TREES)
def test_at_the_time_limit_everything_the_child_started_ends(command: str) -> None:
    started = time.monotonic()
    ending, heard = sh(command, timeout=0.1)
    assert time.monotonic() - started < 1
    assert ending.timed_out
    assert gone(int(heard.stdout))


@pytest.mark.parametrize("command", TREES)
def test_cancelled_everything_the_child_started_ends(command: str) -> None:
    async def cancelled() -> int:
        heard, family = Heard(), Children()
        child, feed = start(family, [b"/bin/sh", b"-c", command.encode()])
        talking = asyncio.create_task(converse(child, feed, heard, None))
        while not heard.stdout:
            await asyncio.sleep(0.005)
        started = time.monotonic()
        talking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await talking
        assert time.monotonic() - started < 0.2
        assert len(family) == 0
        return int(heard.stdout)

    assert gone(asyncio.run(cancelled()))


def test_what_was_said_before_and_during_the_end_is_kept() -> None:
    ending, heard = sh("trap 'echo bye; exit 3' TERM; echo hello; while :; do sleep 0.01; done", timeout=0.1)
    assert ending.timed_out
    assert bytes(heard.stdout) == b"hello\nbye\n"


@linux
def test_a_process_that_left_the_session_does_not_hold_up_the_end() -> None:
    started = time.monotonic()
    ending, heard = sh("setsid sh -c 'echo $$; sleep 60' & wait", timeout=0.1)
    assert ending.timed_out
    assert time.monotonic() - started < 1
    os.kill(int(heard.stdout), 9)


@linux
def test_an_endless_talker_outside_the_session_does_not_hold_up_the_end() -> None:
    ending, heard = sh("setsid sh -c 'echo $$; exec yes' & wait", timeout=0.05)
    assert ending.timed_out
    os.kill(int(heard.stdout.partition(b"\n")[0]), 9)


def test_what_the_listener_raises_ends_the_child() -> None:
    class Fussy(Heard):
        def take(self, stream: str, data: bytes) -> None:
            super().take(stream, data)
            raise LookupError(data)

    async def fail() -> Fussy:
        fussy, family = Fussy(), Children()
        child, feed = start(family, [b"/bin/sh", b"-c", b"echo $$; sleep 60"])
        with pytest.raises(LookupError):
            await converse(child, feed, fussy, None)
        assert len(family) == 0
        return fussy

    assert gone(int(asyncio.run(fail()).stdout))


def test_two_hundred_cancels_and_limits_leave_no_child_no_zombie_and_no_descriptor() -> None:
    async def storm() -> None:
        before = descriptors()
        for index in range(100):
            await talk("sleep 60 & sleep 60", timeout=0.001 * (index % 5))
            talking = asyncio.create_task(talk("sleep 60 | cat", stdin=b"x" * 100_000))
            await asyncio.sleep(0.001 * (index % 5))
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        assert descriptors() == before

    known = set(child_pids())
    asyncio.run(storm())
    assert set(child_pids()) <= known


def test_a_second_cancel_during_the_clean_up_still_leaves_nothing() -> None:
    async def twice() -> None:
        before = descriptors()
        for _ in range(10):
            talking = asyncio.create_task(talk("trap '' TERM; sleep 60", stdin=b"x" * 100_000))
            await asyncio.sleep(0.01)
            talking.cancel()
            await asyncio.sleep(0.002)
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert descriptors() == before

    known = set(child_pids())
    asyncio.run(twice())
    assert set(child_pids()) <= known


def test_fifty_children_talk_at_once() -> None:
    async def many() -> float:
        started = time.monotonic()
        await asyncio.gather(*(talk("sleep 0.2") for _ in range(50)))
        return time.monotonic() - started

    assert asyncio.run(many()) < 2


def test_a_child_that_never_stops_talking_leaves_time_for_others() -> None:
    class Deaf(Heard):
        def take(self, stream: str, data: bytes) -> None:
            return

    async def beside() -> int:
        child, feed = start(Children(), [b"yes"])
        talking = asyncio.create_task(converse(child, feed, Deaf(), 0.2))
        beats = 0
        while not talking.done():
            await asyncio.sleep(0.005)
            beats += 1
        return beats

    assert asyncio.run(beside()) > 10


def test_a_hundred_megabytes_arrive_whole() -> None:
    class Counter(Listener):
        size = 0

        def take(self, stream: str, data: bytes) -> None:
            self.size += len(data)

    async def flood() -> int:
        counter = Counter()
        child, feed = start(Children(), [b"head", b"-c", b"100000000", b"/dev/zero"])
        await converse(child, feed, counter, None)
        return counter.size

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert asyncio.run(flood()) == 100_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB
