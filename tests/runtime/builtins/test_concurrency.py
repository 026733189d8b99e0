"""async: tasks, intervals, structured waiting, cancellation."""

from __future__ import annotations

import pytest

from assay_shell.runtime.vm import Runtime


@pytest.mark.parametrize("call", ["h.await()", "h:await()"])
def test_await_gives_one_table_of_all_results(run, call):
    assert run(f"local h = async.spawn(function() sleep(0) return 1, nil, 'x' end) return {call}") == {1: 1, 3: "x"}


def test_a_task_starts_at_the_next_wait(run):
    assert run("local log = {} async.spawn(function() log[1] = 'task' end) log[2] = 'main' sleep(0) return log") == [
        "task", "main",
    ]  # fmt: skip


def test_a_second_await_is_an_error(fails):
    assert fails("local h = async.spawn(function() end) h.await() h.await()") == "async handle already awaited"


def test_a_failed_task_raises_at_await_in_the_contracts_form(run):
    code = "local h = async.spawn(function() fs.read('/nowhere') end) return tostring(select(2, pcall(h.await)))"
    assert run(code).startswith('runtime error: runtime error: fs.read: failed to read "/nowhere"')
    assert run(
        "local h = async.spawn(function() error({code = 1}) end) local _, e = pcall(h.await) return e.cause.code"
    ) == 1  # fmt: skip


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("spawn()", "bad argument #1: error converting Lua nil to function"),
        ("spawn(setmetatable({}, {__call = print}))", "bad argument #1: error converting Lua table to function"),
        ("spawn_interval(0, print)", "async.spawn_interval: interval must be positive"),
        ("spawn_interval(-1, print)", "async.spawn_interval: interval must be positive"),
        ("spawn_interval(0/0, print)", "async.spawn_interval: interval must be positive"),
        ("spawn_interval(1)", "bad argument #2: error converting Lua nil to function"),
        ("spawn_interval({}, print)",
         "bad argument #1: error converting Lua table to number (expected number or string coercible to number)"),
        ("all(1)", "bad argument #1: error converting Lua integer to table"),
        ("all({1})", "bad argument #1: error converting Lua integer to function"),
        ("race({})", "async.race: needs at least one function"),
        ("map({}, 1)", "bad argument #2: error converting Lua integer to function"),
        ("map({1}, print, 5)", "bad argument #3: error converting Lua integer to table"),
        ("map({1}, print, {concurrency = 0})", "async.map: concurrency: expected a positive integer, got 0"),
        ("timeout(-1, print)", "async.timeout: seconds must not be negative, got -1"),
        ("semaphore(0)", "async.semaphore: expected a positive integer, got 0"),
        ("semaphore()", "async.semaphore: expected a positive integer, got nil"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(fails, call, message):
    assert fails(f"async.{call}") == message


def test_a_cancelled_task_runs_its_close_variables_and_stops(run):
    code = """
      local log = {}
      local h = async.spawn(function()
        local x <close> = setmetatable({}, { __close = function() sleep(0.005) log[#log + 1] = "closed" end })
        pcall(sleep, 60)
        log[#log + 1] = "went on"
      end)
      sleep(0) h.cancel() sleep(0.05)
      return log
    """
    assert run(code) == ["closed"]


def test_a_task_whose_wait_ends_as_it_is_cancelled_stops_at_its_next_one(run):
    code = """
      local went_on = 0
      for _ = 1, 10 do
        local other = async.spawn(function() sleep(0.001) end)
        local first = async.spawn(function() other.await() sleep(0.003) went_on = went_on + 1 end)
        async.spawn(function() sleep(0.001) first.cancel() end)
        sleep(0.008)
      end
      return went_on
    """
    assert run(code) == 0


def test_a_task_cancelled_before_it_began_never_runs(run):
    code = "local ran = false local h = async.spawn(function() ran = true end) h.cancel() sleep(0.01) return ran"
    assert run(code) is False


def test_a_task_may_cancel_itself_and_stops_at_its_next_wait(run):
    code = """
      local log, h = {}
      h = async.spawn(function() h.cancel() log[1] = "still here" sleep(0) log[2] = "too far" end)
      sleep(0.02)
      return log
    """
    assert run(code) == ["still here"]


def test_awaiting_a_cancelled_task_is_an_error(fails):
    message = fails("local h = async.spawn(function() sleep(60) end) sleep(0) h.cancel() h.await()")
    assert message == "async: the task was cancelled"


def test_an_interval_calls_first_after_one_period_and_waits_for_its_own_call(run):
    code = """
      local times, start = {}, time()
      local i = async.spawn_interval("0.03", function() times[#times + 1] = time() - start sleep(0.04) end)
      sleep(0.025) local none = #times == 0
      sleep(0.2) i:cancel()
      local count = #times sleep(0.1)
      return { none, #times == count, count >= 3 and count <= 6 }
    """
    assert run(code) == [True, True, True]


def test_cancelling_an_interval_lets_a_call_in_progress_end(run):
    code = """
      local ended = false
      local i = async.spawn_interval(0.01, function() sleep(0.05) ended = true end)
      sleep(0.03) i.cancel() sleep(0.1)
      return ended
    """
    assert run(code) is True


def test_an_error_ends_an_interval_and_is_logged():
    lines = []
    with Runtime(log=lambda level, message, target, **fields: lines.append((level, message))) as runtime:
        runtime.evaluate("n = 0 async.spawn_interval(0.005, function() n = n + 1 error('tick') end) sleep(0.05)")
        assert runtime.evaluate("return n") == [1]
    assert lines == [("error", "async.spawn_interval: callback error: <eval>:1: tick")]


def test_all_waits_for_all_and_keeps_the_order(run):
    code = """
      return async.all({ function() sleep(0.02) return "a" end, function() return "b" end, function() end })
    """
    assert run(code) == ["a", "b"]
    assert run("return async.all({})") == []


def test_the_first_error_of_all_cancels_the_others_and_is_raised_unchanged(run):
    code = """
      local closed = false
      local _, e = pcall(async.all, {
        function()
          local x <close> = setmetatable({}, { __close = function() sleep(0) closed = true end })
          sleep(60)
        end,
        function() sleep(0.01) error({ code = 5 }) end,
      })
      return { e.code, closed }
    """
    assert run(code) == [5, True]


def test_race_gives_the_first_and_cancels_the_rest(run):
    code = """
      local late = false
      local a, b = async.race({
        function() sleep(0.03) late = true return "slow" end,
        function() sleep(0.005) return "fast", 2 end,
      })
      sleep(0.06)
      return { a, b, late }
    """
    assert run(code) == ["fast", 2, False]


def test_map_keeps_order_and_bounds_how_many_run(run):
    code = """
      local running, most = 0, 0
      local results = async.map({ 1, 2, 3, 4, 5, 6, 7 }, function(item, index)
        running = running + 1
        most = math.max(most, running)
        sleep(0.002 * (8 - item))
        running = running - 1
        return item * 10 + index
      end, { concurrency = 3 })
      return { results, most }
    """
    assert run(code) == [[11, 22, 33, 44, 55, 66, 77], 3]
    assert run("return async.map({}, print)") == []


def test_a_timeout_gives_results_in_time_and_an_error_after(run):
    assert run("return { async.timeout(1, function() sleep(0) return 1, 2 end) }") == [1, 2]
    code = """
      local freed = false
      local _, e = pcall(async.timeout, 0.02, function()
        local x <close> = setmetatable({}, { __close = function() freed = true end })
        sleep(60)
      end)
      return { e.message, e.timeout, freed }
    """
    assert run(code) == ["async.timeout: not done within 0.02 s", True, True]


def test_an_error_inside_a_timeout_arrives_unchanged(run):
    assert run("local _, e = pcall(async.timeout, 1, function() error({ code = 3 }) end) return e.code") == 3


def test_a_semaphore_bounds_its_holders_and_is_freed_on_errors(run):
    code = """
      local s = async.semaphore(2)
      local holding, most = 0, 0
      async.map({ 1, 2, 3, 4, 5, 6 }, function(n)
        pcall(function()
          s:with(function()
            holding = holding + 1
            most = math.max(most, holding)
            sleep(0.003)
            holding = holding - 1
            if n % 2 == 0 then error("even") end
          end)
        end)
      end)
      s:acquire() s:acquire() s:release() s:release()
      return { most, (select(2, pcall(s.release, s))).message }
    """
    assert run(code) == [2, "semaphore:release: it is not held"]


def test_a_cancelled_waiter_passes_the_semaphore_on(run):
    code = """
      local s = async.semaphore(1)
      s:acquire()
      local got
      local first = async.spawn(function() s:acquire() got = "first" end)
      local second = async.spawn(function() s:acquire() got = "second" end)
      sleep(0.005) s:release() first.cancel()
      for _ = 1, 500 do if got then break end sleep(0.01) end
      return got
    """
    assert run(code) in ("second", "first")


def test_a_place_that_is_given_back_as_somebody_begins_to_wait_is_not_lost(run):
    code = """
      local s = async.semaphore(1)
      s:acquire()
      local got
      async.spawn(function() s:acquire() got = true end)
      async.spawn(function() s:release() end)
      for _ = 1, 50 do if got then break end sleep(0.01) end
      return got
    """
    assert run(code) is True


def test_nothing_is_kept_of_tasks_nobody_holds():
    with Runtime() as runtime:
        runtime.evaluate("for i = 1, 500 do async.spawn(function() sleep(0) end) end sleep(0.02) collectgarbage()")
        runtime.evaluate("collectgarbage() sleep(0)")
        assert len(runtime.scheduler._tasks) < 5


def test_many_tasks_run(run):
    code = """
      local n, handles = 0, {}
      for i = 1, 3000 do handles[i] = async.spawn(function() sleep(0) n = n + 1 end) end
      for _, handle in ipairs(handles) do handle.await() end
      return n
    """
    assert run(code) == 3000


def test_an_unknown_option_of_map_is_reported_once_or_refused(run, fails):
    lines = []
    code = "for _ = 1, 2 do async.map({ 1 }, tostring, { concurency = 2 }) end"
    run(code, log=lambda level, message, *rest, **fields: lines.append((level, message)))
    assert lines == [("warn", "async.map: unknown option 'concurency'; did you mean concurrency?")]
    assert fails(code, strict=True) == lines[0][1]
