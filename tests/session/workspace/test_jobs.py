"""Jobs run beside what is typed."""

from __future__ import annotations

import asyncio

from assay_shell.runtime.errors import ScriptError


def test_a_job_runs_while_other_lines_do_and_is_announced(desk):
    assert desk.text("sleep(0.05) done = true &").startswith("[job 1] running")
    assert desk.values("done") == [None]
    desk.values("sleep(0.1)")
    assert desk.values("done") == [True]
    assert [(job.number, job.state) for job in desk.user.jobs] == [(1, "done")]


def test_its_result_waits_to_be_fetched(desk):
    desk.text("(function() sleep(0.01) return 42 end)() &")
    assert desk.values(".fg") == [42]
    assert desk.values("_") == [42]
    assert desk.fault(".fg") == "there are no jobs"


def test_its_failure_is_shown_with_its_source(desk):
    desk.text("error('from the job') &")
    desk.values("sleep(0.02)")
    (job,) = desk.user.jobs
    assert job.state == "failed"
    assert isinstance(job.error, ScriptError)
    assert job.error.chunk == "<job 1>"


def test_a_job_shares_the_locals(desk):
    desk.values("local n = 0")
    desk.text("for i = 1, 3 do sleep(0.01) n = n + 1 end &")
    desk.values("sleep(0.1)")
    assert desk.values("n") == [3]


def test_a_cancelled_line_leaves_jobs_alone(desk):
    desk.text("(function() sleep(0.2) return 'ran on' end)() &")

    async def cancelled():
        running = asyncio.ensure_future(desk.workspace.submit("sleep(60)"))
        await asyncio.sleep(0.02)
        stopped = await asyncio.to_thread(desk.workspace.interrupt)
        return stopped, (await running).error

    stopped, error = desk.wait(cancelled())
    assert stopped
    assert str(error) == "interrupted"
    assert desk.values(".fg 1") == ["ran on"]


def test_being_cancelled_in_front_ends_the_job(desk):
    desk.text("sleep(60) &")

    async def cancelled():
        running = asyncio.ensure_future(desk.workspace.submit(".fg 1"))
        await asyncio.sleep(0.02)
        running.cancel()
        return await running

    answer = desk.wait(cancelled())
    assert str(answer.error) == "interrupted"
    assert desk.workspace.jobs.running == 0


def test_kill_ends_a_job(desk):
    desk.text("sleep(60) &")
    assert desk.text(".kill 1") == "[1] stopped"
    assert desk.fault(".kill 1") == "there is no job 1; .jobs lists them"
    assert desk.user.jobs == []


def test_what_does_not_compile_starts_nothing(desk):
    assert "syntax error" in desk.fault("x = = 1 &")
    assert desk.text(".jobs").startswith("no jobs")
