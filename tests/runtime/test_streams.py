"""Async iterators as values of scripts: looped over, closed once, forgotten when they end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from assay_shell.runtime.declare import read
from assay_shell.runtime.values import Stream
from assay_shell.runtime.vm import Runtime


@pytest.fixture
def runtime():
    with Runtime() as opened:
        opened.resources["closed"] = []

        async def items(count: int) -> AsyncIterator[int]:
            for number in range(1, count + 1):
                yield number

        def numbers(runtime: Runtime, count: int) -> Stream:
            """Count."""
            return Stream(items(count), close=lambda: opened.resources["closed"].append(count))

        opened.define("demo", {"numbers": read(numbers)})
        yield opened


def test_a_loop_takes_all_items_and_closes_the_stream(runtime):
    code = "local seen = {} for n in demo.numbers(3) do seen[#seen + 1] = n end return seen"
    assert runtime.evaluate(code) == [[1, 2, 3]]
    assert runtime.resources["closed"] == [3]


@pytest.mark.parametrize("way", ["break", "error('x')", "do return end"])
def test_a_loop_that_is_left_closes_it_too(runtime, way):
    runtime.evaluate(f"pcall(function() for n in demo.numbers(9) do {way} end end)")
    assert runtime.resources["closed"] == [9]


def test_a_stream_may_be_taken_by_hand_and_closed_twice(runtime):
    code = "local s = demo.numbers(5) local a, b = s:next(), s() s:close() s:close() return a, b, s:next()"
    assert runtime.evaluate(code) == [1, 2, None]
    assert runtime.resources["closed"] == [5]


def test_what_nobody_closed_is_closed_with_the_runtime(runtime):
    runtime.evaluate("kept = demo.numbers(7)")
    runtime.close()
    assert runtime.resources["closed"] == [7]


def test_ended_streams_are_forgotten(runtime):
    runtime.evaluate("demo.numbers(1):close()")
    before = len(runtime._on_close)
    runtime.evaluate("for _ = 1, 50 do for n in demo.numbers(2) do end end")
    assert len(runtime._on_close) == before
