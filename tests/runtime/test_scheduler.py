"""Builtins that wait: where they may stand, and what is left when a script ends."""

from __future__ import annotations

import asyncio
import time

import pytest

from assay_shell.runtime.vm import Runtime


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("sleep(0) return 1", 1, id="main chunk"),
        pytest.param("return select(2, pcall(function() sleep(0) return 2 end))", 2, id="pcall"),
        pytest.param("return select(2, xpcall(function() sleep(0) return 2 end, print))", 2, id="xpcall"),
        pytest.param("return setmetatable({}, {__index = function() sleep(0) return 3 end}).x", 3, id="__index"),
        pytest.param("return setmetatable({}, {__add = function() sleep(0) return 4 end}) + 1", 4, id="__add"),
        pytest.param("return setmetatable({}, {__call = function() sleep(0) return 5 end})()", 5, id="__call"),
        pytest.param(
            "for x in function(_, i) sleep(0) return not i and 6 or nil end do return x end", 6, id="iterator"
        ),
        pytest.param(
            "local n = 0 do local x <close> = setmetatable({}, {__close = function() sleep(0) n = 7 end}) end return n",
            7,
            id="<close>",
        ),
        pytest.param("return coroutine.wrap(function() sleep(0) return 8 end)()", 8, id="wrap"),
        pytest.param(
            "local co = coroutine.create(function() sleep(0) return 9 end) return select(2, coroutine.resume(co))",
            9,
            id="resume",
        ),
        pytest.param(
            "return coroutine.wrap(function() return coroutine.wrap(function() sleep(0) return 10 end)() end)()",
            10,
            id="nested coroutines",
        ),
    ],
)
def test_a_builtin_may_wait_anywhere_lua_can_yield(run, code, expected):
    assert run(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("table.sort({3, 2, 1}, function(a, b) sleep(0) return a < b end)", id="sort"),
        pytest.param("string.gsub('abc', '.', function() sleep(0) end)", id="gsub"),
        pytest.param("tostring(setmetatable({}, {__tostring = function() sleep(0) return '' end}))", id="tostring"),
    ],
)
def test_where_lua_cannot_yield_the_error_says_so(fails, code):
    assert "sleep: attempt to yield across a C-call boundary: waiting is not possible inside" in fails(code)


def test_a_script_goes_on_after_a_wait_that_was_not_possible(run):
    code = "pcall(table.sort, {3, 2, 1}, function(a, b) sleep(0) return a < b end) sleep(0) return 1"
    assert run(code) == 1


def test_yields_of_the_script_stay_with_its_own_resume(run):
    code = """
      local log = {}
      local co = coroutine.wrap(function()
        for i = 1, 3 do sleep(0) coroutine.yield(i) end
      end)
      for i in co do log[#log + 1] = i end
      return log
    """
    assert run(code) == [1, 2, 3]


def test_a_stray_yield_of_the_main_chunk_just_continues(run):
    assert run("coroutine.yield(1) coroutine.yield() return 2") == 2


def test_a_coroutine_that_waits_cannot_be_resumed_by_another_task(run):
    code = """
      local co = coroutine.create(function() sleep(0.05) return "mine" end)
      local other
      async.spawn(function() other = { coroutine.resume(co) } end)
      local results = { coroutine.resume(co) }
      return { results[2], other[1], other[2] }
    """
    assert run(code) == ["mine", False, "cannot resume a coroutine that is waiting for a builtin"]


def test_errors_in_coroutines_arrive_with_their_text(run):
    code = "local co = coroutine.create(function() sleep(0) error('inside', 0) end) return {coroutine.resume(co)}"
    assert run(code) == [False, "inside"]
    assert run("local ok, e = pcall(coroutine.wrap(function() error({1}) end)) return e") == [1]


def test_waits_of_several_tasks_overlap(run):
    started = time.monotonic()
    run(
        "local hs = {} for i = 1, 20 do hs[i] = async.spawn(function() sleep(0.1) end) end"
        " for _, h in ipairs(hs) do h.await() end"
    )
    assert time.monotonic() - started < 1.0


def test_tasks_that_are_left_are_dropped_when_the_main_chunk_ends(cli):
    started = time.monotonic()
    result = cli("exec", "-e", "async.spawn(function() sleep(30) print('late') end) sleep(0) print('end')")
    assert (result.returncode, result.stdout) == (0, b"end\n")
    assert time.monotonic() - started < 10


def test_what_dropped_tasks_hold_is_released():
    out: list[bytes] = []
    with Runtime(stdout=out.append) as runtime:
        runtime.evaluate(
            "async.spawn(function()"
            " local x <close> = setmetatable({}, {__close = function() sleep(0) print('freed') end})"
            " sleep(30) end) sleep(0)"
        )
    assert b"".join(out) == b"freed\n"


def test_a_failure_nobody_awaits_is_logged():
    lines = []
    with Runtime(log=lambda level, message, target, **fields: lines.append((level, message))) as runtime:
        runtime.evaluate("async.spawn(function() error('lost and found') end) sleep(0)")
    assert [level for level, message in lines if "lost and found" in message] == ["warn"]


def test_tasks_survive_from_one_evaluation_to_the_next():
    with Runtime() as runtime:
        runtime.evaluate("n = 0 async.spawn(function() for i = 1, 3 do sleep(0.005) n = n + 1 end end)")
        runtime.evaluate("sleep(0.1)")
        assert runtime.evaluate("return n") == [3]


def test_a_runtime_works_on_a_loop_that_is_running():
    async def main() -> list[object]:
        runtime = Runtime()
        try:
            first, second = await asyncio.gather(
                runtime.evaluate_async("sleep(0.02) return 'a'"), runtime.evaluate_async("sleep(0.01) return 'b'")
            )
            return [*first, *second]
        finally:
            await runtime.scheduler.end_async()
            runtime.close()

    assert asyncio.run(main()) == ["a", "b"]


def test_cancelling_the_awaiting_python_task_cancels_the_chunk():
    out: list[bytes] = []

    async def main() -> None:
        with Runtime(stdout=out.append) as runtime:
            code = "local x <close> = setmetatable({}, {__close = function() print('closed') end}) sleep(30)"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await runtime.evaluate_async(code)

    asyncio.run(main())
    assert b"".join(out) == b"closed\n"


@pytest.mark.parametrize("seconds", ["-1", "0/0", "1/0", "1e300"])
def test_a_senseless_sleep_is_an_error(fails, seconds):
    assert fails(f"sleep({seconds})").startswith("sleep: ")


def test_sleep_takes_numeric_strings_and_returns_nothing(run):
    assert run("return select('#', sleep('0.001'))") == 0


def test_time_is_a_float(run):
    assert run("return math.type(time())") == "float"
