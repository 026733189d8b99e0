"""The temporal module against the HTTP API of a Temporal server; workflows are started by the builtin of that name."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.live.harness.reach import Talk

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]


@pytest.fixture
def talk(temporal, temporal_http):
    head = (
        f"local id, g = 'h-{uuid4()}', temporal.connect({{ url = '{temporal}' }}) "
        f"local c = m.client('{temporal_http}') local function start(name, kind) return g:start_workflow({{ "
        "workflow_id = name or id, task_queue = 'nobody', workflow_type = kind or 'Order', input = 'x' }).run_id end "
        "local function seen(query, count) local deadline = time() + 20 "
        "repeat local found = c:workflows({ query = query }) "
        "if found.executions and #found.executions >= count then return found.executions end "
        "sleep(0.1) until time() > deadline return {} end "
    )
    return Talk("temporal", head)


def test_the_server_and_its_namespaces(talk):
    code = (
        "local function all(next) local list = {} for n in next do list[#list + 1] = n.namespaceInfo.name end "
        "table.sort(list) return list end "
        "return { c:health(), c:system_info().serverVersion ~= nil, #c:namespaces().namespaces >= 2, "
        "c:namespace('production').namespaceInfo.name, all(c:each_namespace({ page_size = 1 })) }"
    )
    found = talk(code)
    assert found[:4] == [True, True, True, "production"]
    assert {"default", "production"} <= set(found[4])


def test_a_workflow_is_described_with_its_history(talk):
    code = (
        "local run = start() local w = c:workflow(id).workflowExecutionInfo local again = c:workflow(id, run) "
        "local kinds = {} for e in c:each_event(id, run, { page_size = 1 }) do kinds[#kinds + 1] = e.eventType end "
        "return { w.type.name, w.execution.runId == run, again.workflowExecutionInfo.status, "
        "c:workflow_history(id).history.events[1].eventType, kinds[1], #kinds, c:is_workflow_running(id) }"
    )
    started, running = "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "WORKFLOW_EXECUTION_STATUS_RUNNING"
    assert talk(code) == ["Order", True, running, started, started, 2, True]


def test_a_signal_is_in_the_history_with_its_data(talk):
    code = (
        "start() c:signal_workflow(id, 'note it', { text = 'grüße' }) c:signal_workflow(id, 'again') local found = {} "
        "for e in c:each_event(id) do local s = e.workflowExecutionSignaledEventAttributes "
        "if s then found[#found + 1] = { s.signalName, s.input } end end "
        "return { found[1][1], found[1][2][1].text, found[2][1], #found }"
    )
    assert talk(code) == ["note it", "grüße", "again", 2]


def test_workflows_are_stopped_and_asked_to_stop(talk):
    code = (
        "start() c:cancel_workflow(id) local asked = false for e in c:each_event(id) do "
        "asked = asked or e.eventType == 'EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED' end "
        "c:terminate_workflow(id, 'enough') local done = c:wait_workflow_complete(id, 10, { interval = 0.1 }) "
        "return { asked, done.workflowExecutionInfo.status, c:is_workflow_running(id) }"
    )
    assert talk(code) == [True, "WORKFLOW_EXECUTION_STATUS_TERMINATED", False]


def test_workflows_are_searched_page_by_page(talk):
    code = (
        "local kind = 'K' .. id:gsub('%W', '') for i = 1, 3 do start(id .. i, kind) end "
        "local query = ('WorkflowType = %q'):format(kind) seen(query, 3) local names = {} "
        "for w in c:each_workflow({ query = query, page_size = 2 }) do names[#names + 1] = w.execution.workflowId end "
        "return { #names, #c:search(query, { page_size = 2 }).executions, #seen(query, 3) }"
    )
    assert talk(code) == [3, 2, 3]


def test_schedules_and_task_queues(talk):
    code = (
        "g:create_schedule({ schedule_id = id, workflow_type = 'Order', task_queue = 'nobody', "
        "cron = '0 3 * * *' }) local one, found = c:schedule(id), false local deadline = time() + 20 "
        "repeat for s in c:each_schedule({ page_size = 1 }) do found = found or s.scheduleId == id end sleep(0.1) "
        "until found or time() > deadline local page = #c:schedules({ maximum_page_size = 1 }).schedules "
        "local queue = c:task_queue('nobody', { task_queue_type = 'TASK_QUEUE_TYPE_WORKFLOW' }) g:delete_schedule(id) "
        "return { one.schedule.action.startWorkflow.workflowType.name, found, page, type(queue) }"
    )
    assert talk(code) == ["Order", True, 1, "table"]


def test_another_namespace_is_another_world(talk):
    message = talk.fails("start() c:workflow(id, nil, { namespace = 'production' })")
    assert "/api/v1/namespaces/production/workflows/h-" in message
    assert "HTTP 404" in message


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(
            "c:workflow('nobody')", "temporal: GET /api/v1/namespaces/default/workflows/nobody HTTP 404", id="one"
        ),
        pytest.param("c:signal_workflow('nobody', 's')", "HTTP 404", id="a signal to nobody"),
        pytest.param("c:terminate_workflow('nobody')", "HTTP 404", id="an end of nothing"),
        pytest.param("c:namespace('nowhere')", "HTTP 404", id="a namespace"),
        pytest.param("c:search('this is no query')", "HTTP 400", id="a query that does not parse"),
        pytest.param("c:workflow(nil)", "temporal.workflow: ", id="no id"),
        pytest.param("c:workflow('..')", "must not have the path part", id="a way up"),
        pytest.param(
            "start() c:wait_workflow_complete(id, 0.1, { interval = 0.1 })", "temporal: timeout", id="in vain"
        ),
    ],
)
def test_bad_input_is_an_error_that_tells_it(talk, call, expected):
    assert expected in talk.fails(call)
