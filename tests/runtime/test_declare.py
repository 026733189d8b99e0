"""What the adapter between Lua and a builtin takes from it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Coroutine, Iterator

import pytest

from assay_shell.runtime.declare import read
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.values import Table
from assay_shell.runtime.vm import Runtime


def lookup(key: str) -> str | Coroutine[None, None, str]:
    """Answer at once what is known, and wait for the rest."""
    return f"known {key}" if key == "a" else fetched(key)


async def fetched(key: str) -> str:
    from asyncio import sleep

    await sleep(0)
    if key == "c":
        raise BuiltinError("lookup", "nothing there")
    return f"fetched {key}"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime() as fresh:
        fresh.define("", {"lookup": read(lookup)})
        yield fresh


def test_a_builtin_may_decide_call_by_call_whether_it_waits(runtime: Runtime) -> None:
    assert runtime.evaluate("return lookup('a'), lookup('b'), lookup('a')") == ["known a", "fetched b", "known a"]


def test_a_builtin_that_answers_at_once_starts_no_event_loop(runtime: Runtime) -> None:
    runtime.evaluate("return lookup('a')")
    assert not runtime.scheduler.events.exists


def test_a_wait_decided_on_late_fails_like_any_other(runtime: Runtime) -> None:
    with pytest.raises(ScriptError, match=r"^lookup: nothing there"):
        runtime.evaluate("lookup('c')")


def name_of(table: Table) -> str:
    return str(table.get("name"))


@pytest.mark.parametrize(
    ("metamethod", "message"),
    [
        pytest.param("error('no ' .. name .. ' here')", "s.lua:1: no name here", id="text"),
        pytest.param("error('\\xff', 0)", "\udcff", id="bytes"),
        pytest.param("error({ code = 1 })", "name_of: a metamethod of its argument failed", id="table"),
        pytest.param("fs.read('/nowhere')", "name_of: a metamethod of its argument failed", id="builtin"),
    ],
)
def test_a_metamethod_that_fails_is_the_script_s_own_error(runtime: Runtime, metamethod: str, message: str) -> None:
    runtime.define("", {"name_of": read(name_of)})
    with pytest.raises(ScriptError) as caught:
        runtime.evaluate(f"name_of(setmetatable({{}}, {{ __index = function(_, name) {metamethod} end }}))", "s.lua")
    assert caught.value.message == message


KEEPS_ITS_FRAMES = """
from __future__ import annotations
import gc
from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError, ScriptError
from assay_shell.runtime.vm import Runtime

def fail(table: Table) -> None:
    try:
        raise ValueError
    except ValueError as exc:
        kept = exc
    raise BuiltinError("fail", str(kept))

for _ in range(60):
    with Runtime() as runtime:
        runtime.define("", {"fail": pure(fail)})
        try:
            runtime.evaluate("fail({ a = { 1, 2 } })")
        except ScriptError:
            pass
gc.collect()
"""


def test_an_exception_that_outlives_its_call_keeps_nothing_of_lua() -> None:
    """A process of its own, since what used to happen was memory written to after it had been freed."""
    ended = subprocess.run([sys.executable, "-c", KEEPS_ITS_FRAMES], capture_output=True, check=False, timeout=25)
    assert (ended.returncode, ended.stderr) == (0, b"")
