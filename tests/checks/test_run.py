from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from assay_shell.checks.results import Result
from assay_shell.checks.run import Observer
from tests.checks.conftest import Execute
from tests.support.stub import Stub


def http(name: str, url: str, rest: str = "") -> str:
    return f"  - {{name: {name}, type: http, url: '{url}'{rest}}}\n"


def test_a_failing_check_is_tried_again_with_longer_waits(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/x", status=500, times=2)
    stub.on("GET", "/x")
    ran = execute(f"backoff: 20ms\nchecks:\n{http('h1', stub.url + '/x')}")
    assert ran.states == ["passed"]
    assert ran.report.results[0].attempts == 3
    assert ran.report.milliseconds >= 60
    retry = {"check": "h1", "max_attempts": 4, "backoff_secs": 0, "message": "expected 2xx, got 500"}
    assert ran.log[:2] == [
        ("info", "check failed, retrying", {**retry, "attempt": 1}),
        ("info", "check failed, retrying", {**retry, "attempt": 2}),
    ]
    assert ran.log[2][:2] == ("info", "check completed")
    assert {name: value for name, value in ran.log[2][2].items() if name != "duration_ms"} == {
        "check": "h1", "result": "PASS",
    }  # fmt: skip


def test_waits_grow_by_the_backoff_each_time(execute: Execute) -> None:
    ran = execute("timeout: 200ms\nretries: 9\nbackoff: 60ms\nchecks: [{name: a, type: http}]")
    assert [fields["attempt"] for _, text, fields in ran.log if text == "check failed, retrying"] == [1, 2, 3]


def test_the_duration_is_that_of_the_last_attempt(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/x", status=500, times=1, delay=0.2)
    stub.on("GET", "/x")
    ran = execute(f"backoff: 0s\nchecks:\n{http('a', stub.url + '/x')}")
    assert ran.report.results[0].milliseconds < 200 <= ran.report.milliseconds


def test_a_check_that_fails_to_the_end_is_logged_as_fail(execute: Execute) -> None:
    ran = execute("retries: 0\nchecks: [{name: a, type: http}]")
    assert ran.log[-1][2]["result"] == "FAIL"


def test_an_empty_list_passes(execute: Execute) -> None:
    report = execute("checks: []").report
    assert (report.passed, report.results) == (True, ())


def test_checks_run_one_after_the_other_unless_told_otherwise(execute: Execute, stub: Stub) -> None:
    for path in "abc":
        stub.on("GET", f"/{path}", delay=0.02)
    execute("checks:\n" + "".join(http(path, f"{stub.url}/{path}") for path in "abc"))
    assert [request.path for request in stub.requests] == ["/a", "/b", "/c"]


def test_parallel_checks_run_at_once_and_are_reported_in_order(execute: Execute, stub: Stub) -> None:
    delays = {"a": 0.15, "b": 0.05, "c": 0.1}
    for path, delay in delays.items():
        stub.on("GET", f"/{path}", delay=delay)
    told: list[str] = []

    class Watch(Observer):
        def completed(self, result: Result) -> None:
            told.append(result.check.name)

    text = "parallel: true\nchecks:\n" + "".join(http(path, f"{stub.url}/{path}") for path in delays)
    ran = execute(text, observer=Watch())
    assert [result.check.name for result in ran.report.results] == told == ["a", "b", "c"]
    assert ran.report.milliseconds < sum(delays.values()) * 1000


def test_parallel_is_bounded(execute: Execute, stub: Stub) -> None:
    running, most, lock = 0, 0, threading.Lock()

    def answer(request, handler) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1
        handler.wfile.write(b"HTTP/1.1 204 OK\r\n\r\n")

    stub.on("GET", "/x", reply=answer)
    ran = execute("parallel: 3\nchecks:\n" + "".join(http(f"c{n}", f"{stub.url}/x") for n in range(12)))
    assert ran.report.passed
    assert most == 3


def test_scripts_run_at_once_too(execute: Execute, tmp_path: Path) -> None:
    (tmp_path / "s.lua").write_text("sleep(0.2)")
    script = f"  - {{name: a, type: script, file: {tmp_path}/s.lua}}\n"
    assert execute("parallel: 8\nchecks:\n" + script * 8).report.milliseconds < 1200


@pytest.mark.parametrize("parallel", ["false", "true"])
def test_the_global_timeout_fails_every_check_without_a_result(execute: Execute, stub: Stub, parallel: str) -> None:
    stub.on("GET", "/fast")
    stub.on("GET", "/hangs", delay=0.6)
    names = ["fast", "hangs", "hangs", "hangs"]
    checks = "".join(http(f"c{n}", f"{stub.url}/{path}") for n, path in enumerate(names))
    ran = execute(f"timeout: 300ms\nparallel: {parallel}\nchecks:\n{checks}")
    late = "global timeout of 0s exceeded"
    assert ran.messages == [None, late, late, late]
    assert [result.milliseconds for result in ran.report.results[1:]] == [0, 0, 0]
    assert ("error", "global timeout exceeded", {"timeout_secs": 0}) in ran.log
    assert ran.report.milliseconds < 550


def test_the_global_timeout_is_named_in_whole_seconds(execute: Execute) -> None:
    ran = execute("timeout: 1100ms\nretries: 5\nbackoff: 10s\nchecks: [{name: a, type: http}]")
    assert ran.messages == ["global timeout of 1s exceeded"]


def test_a_target_that_never_answers_does_not_outlive_its_own_timeout(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/x", delay=0.5)
    text = "version: 2\nchecks:\n" + http("a", f"{stub.url}/x", ", timeout: 50ms, retries: 1, backoff: 0s")
    ran = execute(text)
    assert ran.messages == ["timed out after 0.05s"]
    assert ran.report.results[0].attempts == 2
    assert ran.report.milliseconds < 450


V2 = "version: 2\nretries: 0\n{head}\nchecks:\n{checks}"


@pytest.mark.parametrize("parallel", ["parallel: false", "parallel: true"])
def test_captured_values_reach_later_checks_and_earlier_ones(execute: Execute, stub: Stub, parallel: str) -> None:
    stub.on("GET", "/login", json={"data": {"id": 7, "list": [1, 2]}})
    stub.on("GET", "/items/7")
    checks = (
        http("use", stub.url + "/items/${captures.id}", ", expect: {status: 200}")
        + http("login", stub.url + "/login", ", capture: {id: data.id, list: data.list}")
        + http("text", stub.url + "/login", ', expect: {body: "${captures.list}"}')
    )
    ran = execute(V2.format(head=parallel, checks=checks))
    assert ran.messages == [None, None, 'body does not contain "[1,2]"']


def test_a_value_that_is_not_there_fails_the_capturing_check(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/x", json={})
    checks = http("a", f"{stub.url}/x", ", capture: {t: data.id}") + http("b", "http://h/${captures.t}")
    ran = execute(V2.format(head="", checks=checks))
    assert ran.states == ["failed", "skipped"]
    assert ran.messages[0] == "there is nothing to capture as t: data.id"


def test_captured_secrets_are_not_reported(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/x", json={"t": "s3cr3t-value-1"})
    checks = http("a", f"{stub.url}/x", ", capture: {api_token: t}")
    checks += http("b", "http://127.0.0.1:1/${captures.api_token}")
    (_, message) = execute(V2.format(head="", checks=checks)).messages
    assert message is not None
    assert "s3cr3t" not in message


@pytest.mark.parametrize("parallel", ["parallel: false", "parallel: true"])
def test_what_depends_on_a_failed_check_is_skipped(execute: Execute, stub: Stub, parallel: str) -> None:
    stub.on("GET", "/ok")
    checks = (
        http("last", f"{stub.url}/ok", ", depends_on: [middle, fine]")
        + http("middle", f"{stub.url}/ok", ", depends_on: base")
        + http("base", f"{stub.url}/no")
        + http("fine", f"{stub.url}/ok")
    )
    ran = execute(V2.format(head=parallel, checks=checks))
    assert ran.states == ["skipped", "skipped", "failed", "passed"]
    assert ran.messages[:2] == [
        'skipped: it depends on "middle", which did not pass',
        'skipped: it depends on "base", which did not pass',
    ]
    assert not ran.report.passed


def test_a_need_may_be_a_whole_matrix(execute: Execute, stub: Stub) -> None:
    stub.on("GET", "/1")
    checks = http("m", stub.url + "/${matrix.n}", ", matrix: {n: [1, 2]}") + http("b", stub.url, ", depends_on: m")
    assert execute(V2.format(head="", checks=checks)).states == ["passed", "failed", "skipped"]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "note.lua").write_text(f'io.open("{tmp_path}/notes", "a"):write("x"):close()')
    (tmp_path / "fail.lua").write_text('error("no", 0)')
    return tmp_path


def test_setup_and_teardown_run_around_the_checks(execute: Execute, scripts: Path) -> None:
    head = f"setup: {scripts}/note.lua\nteardown: {scripts}/note.lua"
    check = f"  - {{name: a, type: script, file: {scripts}/note.lua}}"
    assert execute(V2.format(head=head, checks=check)).report.passed
    assert (scripts / "notes").read_text() == "xxx"


def test_a_failed_setup_skips_the_checks_and_teardown_runs(execute: Execute, scripts: Path) -> None:
    head = f"setup: {scripts}/fail.lua\nteardown: {scripts}/note.lua"
    ran = execute(V2.format(head=head, checks="  - {name: a, type: http}"))
    assert [(result.check.name, result.state) for result in ran.report.results] == [
        ("a", "skipped"),
        ("setup", "failed"),
    ]
    assert ran.messages[0] == "skipped: setup failed"
    assert (scripts / "notes").read_text() == "x"


def test_a_failed_teardown_fails_the_run(execute: Execute, scripts: Path) -> None:
    report = execute(V2.format(head=f"teardown: {scripts}/fail.lua", checks="  []")).report
    assert [(result.check.name, result.state) for result in report.results] == [("teardown", "failed")]
    assert not report.passed
