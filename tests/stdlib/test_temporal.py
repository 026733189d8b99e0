"""assay.temporal beyond its request table: waiting, odd names and answers, what counts as reading."""

from __future__ import annotations

import pytest

W = "/api/v1/namespaces/default/workflows/w"
RUNNING = {"workflowExecutionInfo": {"status": "WORKFLOW_EXECUTION_STATUS_RUNNING"}}
FAILED = {"workflowExecutionInfo": {"status": "WORKFLOW_EXECUTION_STATUS_FAILED"}}


@pytest.fixture
def temporal(run, stub):
    def evaluate(code, **options):
        made = f'local c = require("assay.temporal").client("{stub.url}", {{ api_key = "key-of-temporal" }}) '
        return run(made + code, **options)

    return evaluate


def test_waiting_asks_again_until_the_run_has_ended(temporal, stub):
    stub.on("GET", W, json=RUNNING, times=2)
    stub.on("GET", W, json={}, times=1)
    stub.on("GET", W, json=FAILED)
    found = temporal("return c:wait_workflow_complete('w', 5, { interval = 0.01 })")
    assert found == FAILED
    assert len(stub.requests) == 4


def test_waiting_ends_at_its_deadline_and_not_an_interval_later(temporal, stub):
    stub.on("GET", W, json=RUNNING)
    caught = temporal(
        "local t = time() local _, e = pcall(c.wait_workflow_complete, c, 'w', 0.1) return { tostring(e), time() - t }"
    )
    assert caught[0].endswith("temporal: timeout waiting for workflow w to complete")
    assert caught[1] < 2


def test_waiting_does_not_hide_an_error(temporal, stub):
    stub.on("GET", W, status=503, body="busy")
    caught = temporal("local _, e = pcall(c.wait_workflow_complete, c, 'w', 5) return { tostring(e), e.status }")
    assert f"temporal: GET {W} HTTP 503: busy" in caught[0]
    assert caught[1] == 503
    assert len(stub.requests) == 1


def test_helpers_ask_through_methods_that_may_be_replaced(temporal, stub):
    code = (
        "c.workflow = function(_, id) return { workflowExecutionInfo = { status = id } } end "
        "return { c:is_workflow_running('WORKFLOW_EXECUTION_STATUS_RUNNING'), c:wait_workflow_complete('X', 0) ~= nil }"
    )
    assert temporal(code) == [True, True]
    assert stub.requests == []


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param("c:workflow('a/../b?c#d %')", "workflows/a%2F..%2Fb%3Fc%23d%20%25", id="workflow"),
        pytest.param("c:workflow('w', 'r&x=y#z')", "workflows/w", id="run"),
        pytest.param("c:signal_workflow('w', 's')", "workflows/w/signal", id="signal"),
        pytest.param("c:schedule('a b')", "schedules/a%20b", id="schedule"),
        pytest.param("c:task_queue('a/b')", "task-queues/a%2Fb", id="queue"),
    ],
)
def test_names_are_encoded(temporal, stub, call, path):
    temporal(f"pcall(function() return {call} end)")
    assert stub.requests[0].path == f"/api/v1/namespaces/default/{path}"
    assert "#" not in stub.requests[0].target
    assert "x=y" not in stub.requests[0].query


@pytest.mark.parametrize(
    ("call", "text"),
    [
        pytest.param("c:workflow()", "temporal.workflow: attempt to concatenate a nil value (local 'workflow_id')"),
        pytest.param("c:workflow({})", "temporal.workflow: attempt to concatenate a table value"),
        pytest.param("c:workflow('..')", "workflow_id must not have the path part", id="dots"),
        pytest.param("c:workflows({ namespace = '..' })", "namespace must not have the path part", id="namespace"),
        pytest.param("c:signal_workflow('w')", "temporal.signal_workflow: attempt to concatenate a nil value"),
        pytest.param("c:each_event()()", "temporal.each_event: attempt to concatenate a nil value", id="iterator"),
        pytest.param("c:schedule()", "temporal.schedule: attempt to concatenate a nil value", id="schedule"),
        pytest.param("require('assay.temporal').client()", "attempt to index a nil value (local 'url')", id="client"),
    ],
)
def test_odd_arguments_are_refused_by_name_before_anything_is_sent(temporal, stub, call, text):
    assert text in temporal(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert stub.requests == []


@pytest.mark.parametrize("call", ["signal_workflow('w', 's')", "terminate_workflow('w')", "cancel_workflow('w')"])
def test_writing_is_refused_where_only_reading_is_allowed(temporal, stub, call):
    caught = temporal(f"return tostring(select(2, pcall(function() return c:{call} end)))", readonly=True)
    assert "readonly: http.post blocked" in caught
    assert stub.requests == []


def test_a_signal_that_is_refused_is_not_sent_twice(temporal, stub):
    stub.on("POST", f"{W}/signal", status=404, body="<html>Not Found</html>")
    assert temporal("return select(2, pcall(c.signal_workflow, c, 'w', 's')).status") == 404
    assert len(stub.requests) == 1


def test_a_signal_that_no_workflow_waits_for_says_so(temporal, stub):
    stub.on("POST", f"{W}/signal", status=404, json={"code": 5, "message": "Not Found"})
    stub.on("POST", f"{W}/signal/s", status=404, json={"code": 5, "message": "workflow not found for ID: w"})
    caught = temporal("return tostring(select(2, pcall(c.signal_workflow, c, 'w', 's')))")
    assert f"temporal: POST {W}/signal/s HTTP 404: " in caught
    assert "workflow not found for ID: w" in caught


def test_a_signal_carries_any_bytes_that_json_can(temporal, stub):
    stub.on("POST", f"{W}/signal", json={})
    temporal(
        "local b = {} for i = 0, 127 do b[i + 1] = string.char(i) end c:signal_workflow('w', 's', table.concat(b))"
    )
    assert stub.requests[0].json()["input"] == bytes(range(128)).decode()


@pytest.mark.parametrize("call", ["c:system_info()", "c:workflow('w')"])
def test_the_key_is_in_no_error(temporal, stub, call):
    stub.on("GET", "/api/v1/system-info", status=401, body="key-of-temporal is no good")
    stub.on("GET", W, status=401, body="key-of-temporal is no good")
    caught = temporal(f"return tostring(select(2, pcall(function() return {call} end)))")
    assert "HTTP 401: " in caught
    assert "key-of-temporal" not in caught


def test_a_page_is_asked_for_when_its_first_item_is_wanted(temporal, stub):
    stub.on("GET", "/api/v1/namespaces/default/workflows", json={"executions": [1, 2], "nextPageToken": "m"})
    assert temporal("for found in c:each_workflow() do return found end") == 1
    assert len(stub.requests) == 1
