"""The children of a runtime: what orphans leave is collected, and errors of starting come through."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay_shell.runtime.children.registry import Children, children_of
from assay_shell.runtime.vm import Runtime


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreapers")
def test_the_first_process_of_a_container_collects_orphans() -> None:
    script = """
import asyncio, ctypes
from assay_shell.runtime.children.registry import Children
from tests.support.leftovers import children
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans become ours

async def main():
    family = Children(adopts=True)
    for command in (b"(sleep 0.05 &)", b"for i in 1 2 3; do sleep 60 & done; wait", b"(sh -c 'sleep 60; true' &)"):
        child = family.spawn([b"/bin/sh", b"-c", command])
        await asyncio.sleep(0.05)
        await child.stop(0.2)
    while children():
        family.spawn([b"true"]).kill()

asyncio.run(main())
print("none left")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "none left\n"


@pytest.mark.parametrize(
    ("arguments", "env", "error"),
    [
        pytest.param([b"/no/such/program"], None, FileNotFoundError, id="no program"),
        pytest.param([b"/"], None, PermissionError, id="a folder"),
        pytest.param([b"echo", b"a\0"], None, ValueError, id="NUL"),
        pytest.param([b"true"], {b"A=B": b"1"}, ValueError, id="bad name"),
    ],
)
def test_what_cannot_be_started_leaves_nothing(
    arguments: list[bytes], env: dict[bytes, bytes] | None, error: type[Exception]
) -> None:
    family = Children()
    with pytest.raises(error):
        family.spawn(arguments, env=env)
    assert len(family) == 0


def test_a_runtime_has_one_registry_and_closes_it() -> None:
    runtime = Runtime()
    family = children_of(runtime)
    assert children_of(runtime) is family
    family.spawn([b"sleep", b"60"])
    runtime.close()
    assert len(family) == 0
