"""Scripts, a real Temporal server, and a Python worker that does what scripts ask for."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from assay_shell.runtime.errors import ScriptError
from assay_shell.runtime.vm import Runtime
from tests.live.harness.processes import Process
from tests.support.authority import make_certificates
from tests.support.command import Command

pytestmark = [pytest.mark.live, pytest.mark.timeout(90)]

ROOT = Path(__file__).parents[2]
QUEUE = "live-tests"


def worker(address: str, namespace: str, queue: str, logs: Path) -> Process:
    log = logs / f"worker-{queue}.log"
    log.touch()
    command = [sys.executable, "-m", "tests.live.temporal_worker", address, namespace, queue]
    return Process(command, log, lambda: b"ready" in log.read_bytes(), cwd=ROOT, patience=60)


@pytest.fixture(scope="session")
def served(temporal: str, logs: Path) -> Iterator[str]:
    """Return the address of the server once a worker serves its queue."""
    process = worker(temporal, "default", QUEUE, logs)
    yield temporal
    process.stop()


@pytest.fixture
def talk(served):
    """Run code in which `c` is a client, `start(type, opts?)` starts a workflow under a new id and returns that."""

    def evaluate(code: str, **options: Any) -> Any:
        head = (
            f"local c = temporal.connect({{ url = '{served}' }}) "
            "local function start(kind, o) o = o or {} o.workflow_type = kind o.workflow_id = o.workflow_id or ID "
            f"o.task_queue = o.task_queue or '{QUEUE}' c:start_workflow(o) return o.workflow_id end "
        )
        with Runtime(**options) as runtime:
            results = runtime.evaluate(f"ID = 'w-{uuid4()}' {head}{code}")
        return results[0] if results else None

    return evaluate


@pytest.fixture
def refused(talk):
    def evaluate(code: str, **options: Any) -> str:
        with pytest.raises(ScriptError) as caught:
            talk(code, **options)
        return str(caught.value.message)

    return evaluate


# Starting -------------------------------------------------------------------------------------------------


def test_a_started_workflow_is_described(talk):
    found = talk(
        "local h = c:start_workflow({ task_queue = 'nobody', workflow_type = 'Order', workflow_id = ID }) "
        "local d = c:describe_workflow(ID) local e = c:describe_workflow({ workflow_id = ID, run_id = h.run_id }) "
        "assert.eq(h.workflow_id, ID) assert.eq(h.run_id, d.run_id) assert.eq(e.run_id, d.run_id) "
        "d.now = time() return d"
    )
    assert found["status"] == "RUNNING"
    assert found["workflow_type"] == "Order"
    assert found["task_queue"] == "nobody"
    assert type(found["history_length"]) is int
    assert abs(found["now"] - found["start_time"]) < 30
    assert "close_time" not in found


def test_one_call_connects_and_starts(talk, served):
    code = (
        f"local h = temporal.start({{ url = '{served}', task_queue = '{QUEUE}', workflow_type = 'Echo', "
        "workflow_id = ID, input = 'x' }) assert.eq(h.workflow_id, ID) return c:get_result({ workflow_id = ID })"
    )
    assert talk(code) == "x"


def test_an_id_that_is_running_is_refused_with_its_run(talk):
    code = (
        "start('Counter') local ok, e = pcall(start, 'Counter') "
        "return { e.message, e.run_id == c:describe_workflow(ID).run_id, e.run_id }"
    )
    message, same, run_id = talk(code)
    assert message == f'temporal start_workflow: Workflow already started with run ID: Some("{run_id}")'
    assert same is True


def test_policies_say_what_becomes_of_an_id_that_was_used(talk, refused):
    assert talk("start('Counter') return start('Counter', { id_conflict_policy = 'use_existing' }) == ID") is True
    again = "start('Nothing') c:get_result({ workflow_id = ID }) start('Nothing', "
    assert "Workflow already started" in refused(again + "{ id_reuse_policy = 'reject_duplicate' })")


def test_a_namespace_that_does_not_exist_is_named_by_the_server(fails, served):
    code = (
        f"temporal.start({{ url = '{served}', namespace = 'zzz', task_queue = 'q', workflow_type = 'W', "
        "workflow_id = 'w' })"
    )
    assert fails(code) == (
        'temporal start_workflow: Server error: status: NotFound, message: "Namespace zzz is not found."'
    )
    connected = f"local c = temporal.connect({{ url = '{served}', namespace = 'zzz' }}) "
    assert fails(f"{connected} c:describe_workflow('w')") == "temporal describe: Workflow not found"
    assert "Namespace zzz" in fails(f"{connected} c:signal_workflow({{ workflow_id = 'w', signal_name = 's' }})")


# Data -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("{ sku = 'x', n = 2, deep = { list = { 1, 2, { a = 'b' } } } }",
                     {"sku": "x", "n": 2, "deep": {"list": [1, 2, {"a": "b"}]}}, id="tables"),
        pytest.param("{ 1, 2.5, 'three', false }", [1, 2.5, "three", False], id="a list is one argument"),
        pytest.param("'grüße \\0 €'", "grüße \0 €", id="text"),
        pytest.param("42", 42, id="an integer"),
        pytest.param("1e300", 1e300, id="a float"),
        pytest.param("9223372036854775807", 9223372036854775807, id="64 bits"),
        pytest.param("false", False, id="false"),
        pytest.param("{}", [], id="an empty table"),
        pytest.param("('x'):rep(300000)", "x" * 300000, id="300 kB"),
    ],
)  # fmt: skip
def test_values_go_through_a_python_worker_and_back(talk, value, expected):
    assert talk(f"start('Echo', {{ input = {value} }}) return c:get_result({{ workflow_id = ID }})") == expected


def test_input_is_one_plain_json_argument(talk):
    code = "start('Whatever', { input = { b = 1, a = {} } }) return c:get_result({ workflow_id = ID })"
    assert talk(code) == [{"encoding": "json/plain", "keys": "encoding", "data": '{"a":[],"b":1}'}]


def test_several_arguments_go_as_several(talk):
    assert talk("start('Sum', { args = { 19, 23 } }) return c:get_result({ workflow_id = ID })") == 42


def test_without_input_there_is_no_argument(talk):
    assert talk("start('Whatever') return c:get_result({ workflow_id = ID })") == []
    assert talk("start('Nothing') return tostring(c:get_result({ workflow_id = ID }))") == "nil"


def test_bytes_of_a_worker_arrive_unchanged(talk):
    code = (
        "start('Bytes') local b = c:get_result({ workflow_id = ID }) "
        "for i = 0, 255 do assert.eq(b:byte(i + 1), i) end return #b"
    )
    assert talk(code) == 256


# Signals and queries --------------------------------------------------------------------------------------


def test_signals_change_a_workflow_and_queries_see_it(talk):
    code = (
        "start('Counter') c:signal_workflow({ workflow_id = ID, signal_name = 'add', input = 40 }) "
        "c:signal_workflow({ workflow_id = ID, signal_name = 'add_two', args = { 1, 1 } }) "
        "local seen = c:query_workflow({ workflow_id = ID, query_type = 'sum' }) "
        "c:signal_workflow({ workflow_id = ID, signal_name = 'finish' }) "
        "return { seen, c:get_result({ workflow_id = ID }), c:describe_workflow(ID).status }"
    )
    assert talk(code) == [42, 42, "COMPLETED"]


def test_a_query_takes_input_and_gives_tables_and_nil(talk):
    code = (
        "start('Counter') local d = c:query_workflow({ workflow_id = ID, query_type = 'details', input = 'x' }) "
        "local none = c:query_workflow({ workflow_id = ID, query_type = 'nothing' }) "
        "return { d.name, d.total, d.list[1], d.list[3], tostring(d.list[2]), tostring(d.none), tostring(none) }"
    )
    assert talk(code) == ["x", 0, 1, 3, "nil", "nil", "nil"]


def test_a_closed_workflow_still_answers_queries(talk):
    code = (
        "start('Counter') c:signal_workflow({ workflow_id = ID, signal_name = 'finish' }) "
        "c:get_result({ workflow_id = ID }) return c:query_workflow({ workflow_id = ID, query_type = 'sum' })"
    )
    assert talk(code) == 0


@pytest.mark.parametrize("query", ["broken", "unknown"])
def test_a_query_that_fails_quotes_the_worker(refused, query):
    text = refused(f"start('Counter') c:query_workflow({{ workflow_id = ID, query_type = '{query}' }})")
    assert text.startswith("temporal query: Server error: ")
    assert query in text


# Ends -----------------------------------------------------------------------------------------------------


def test_a_failure_has_the_message_of_the_workflow(talk):
    code = (
        "start('Failing', { input = 'nothing left' }) local ok, e = pcall(c.get_result, c, { workflow_id = ID }) "
        "return { e.message, e.status, e.type, c:describe_workflow(ID).status }"
    )
    assert talk(code) == ["temporal get_result: Workflow failed: nothing left", "FAILED", "OutOfStock", "FAILED"]


def test_a_failure_of_an_activity_has_its_message_too(refused):
    text = refused("start('FailingBelow') c:get_result({ workflow_id = ID })")
    assert text.startswith("temporal get_result: Workflow failed: ")
    assert "no disk is left" in text


def test_a_cancelled_workflow(talk):
    code = (
        "start('Counter') c:cancel_workflow({ workflow_id = ID, reason = 'changed my mind' }) "
        "local ok, e = pcall(c.get_result, c, { workflow_id = ID }) "
        "return { e.message, c:describe_workflow(ID).status }"
    )
    assert talk(code) == ["temporal get_result: Workflow cancelled", "CANCELED"]


def test_a_terminated_workflow(talk):
    code = (
        "start('Counter') c:terminate_workflow({ workflow_id = ID, reason = 'enough' }) "
        "local ok, e = pcall(c.get_result, c, { workflow_id = ID }) local d = c:describe_workflow(ID) "
        "return { e.message, e.reason, d.status, d.close_time >= d.start_time }"
    )
    assert talk(code) == ["temporal get_result: Workflow terminated", "enough", "TERMINATED", True]


def test_a_workflow_that_ran_out_of_time(talk):
    code = (
        "start('Counter', { run_timeout = 1 }) local ok, e = pcall(c.get_result, c, { workflow_id = ID }) "
        "return { e.message, e.status, c:describe_workflow(ID).status }"
    )
    assert talk(code) == ["temporal get_result: Workflow timed out", "TIMED_OUT", "TIMED_OUT"]


def test_waiting_for_a_result_ends_at_its_timeout(talk):
    code = (
        "start('Counter') local started = time() "
        "local ok, e = pcall(c.get_result, c, { workflow_id = ID, timeout = 0.3 }) "
        "return { e.message, e.timeout, time() - started < 5, c:describe_workflow(ID).status }"
    )
    assert talk(code) == ["temporal get_result: no result within 0.3 s", True, True, "RUNNING"]


def test_other_tasks_run_while_one_waits_for_a_result(talk):
    code = (
        "start('Counter') local waiting = async.spawn(function() return c:get_result({ workflow_id = ID }) end) "
        "sleep(0.1) c:signal_workflow({ workflow_id = ID, signal_name = 'add', input = 7 }) "
        "c:signal_workflow({ workflow_id = ID, signal_name = 'finish' }) return waiting:await()[1]"
    )
    assert talk(code) == 7


def test_a_task_that_waits_for_a_result_can_be_cancelled(talk):
    started = time.monotonic()
    waiting = "local t = async.spawn(function() c:get_result({ workflow_id = ID }) end)"
    talk(f"start('Counter') {waiting} sleep(0.1) t:cancel()")
    assert time.monotonic() - started < 10


def test_runs_that_follow_are_followed_unless_told_otherwise(talk):
    assert talk("start('Countdown', { input = 2 }) return c:get_result({ workflow_id = ID })") == "lift-off"
    code = (
        f"local o = {{ task_queue = '{QUEUE}', workflow_type = 'Countdown', workflow_id = ID, input = 1 }} "
        "local one = { workflow_id = ID, run_id = c:start_workflow(o).run_id, follow_runs = false } "
        "local ok, e = pcall(c.get_result, c, one) one.follow_runs = nil "
        "return { e.message, c:describe_workflow(one).status, c:get_result(one) }"
    )
    assert talk(code) == ["temporal get_result: Workflow continued as new", "CONTINUED_AS_NEW", "lift-off"]


@pytest.mark.parametrize(
    ("call", "prefix"),
    [
        ("signal_workflow({ workflow_id = ID, signal_name = 's' })", "signal"),
        ("query_workflow({ workflow_id = ID, query_type = 'q' })", "query"),
        ("describe_workflow(ID)", "describe"),
        ("cancel_workflow(ID)", "cancel"),
        ("terminate_workflow(ID)", "terminate"),
        ("get_result({ workflow_id = ID })", "get_result"),
    ],
)
def test_an_unknown_workflow_is_not_found(refused, call, prefix):
    assert refused(f"c:{call}") == f"temporal {prefix}: Workflow not found"


@pytest.mark.parametrize(
    ("call", "prefix"),
    [
        ("signal_workflow({ workflow_id = ID, signal_name = 's' })", "signal"),
        ("terminate_workflow({ workflow_id = ID })", "terminate"),
    ],
)
def test_a_finished_workflow_takes_no_orders(refused, call, prefix):
    code = f"start('Nothing') c:get_result({{ workflow_id = ID }}) c:{call}"
    assert refused(code) == f"temporal {prefix}: Workflow not found"


def test_cancelling_what_has_finished_changes_nothing(talk):
    """Servers of today accept such a request; older ones say `Workflow not found`."""
    code = (
        "start('Nothing') c:get_result({ workflow_id = ID }) local ok, e = pcall(c.cancel_workflow, c, ID) "
        "return { ok and 'temporal cancel: Workflow not found' or e.message, c:describe_workflow(ID).status }"
    )
    assert talk(code) == ["temporal cancel: Workflow not found", "COMPLETED"]


# Finding --------------------------------------------------------------------------------------------------


def test_workflows_are_listed_and_counted_by_query(talk):
    code = (
        "local kind = 'Kind' .. ID:gsub('-', '') "
        "for i = 1, 3 do start(kind, { workflow_id = ID .. i, task_queue = 'nobody' }) end "
        'local query = "WorkflowType = \'" .. kind .. "\'" '
        "for _ = 1, 100 do if c:count_workflows(query) == 3 then break end sleep(0.1) end "
        "local ids = {} for w in c:list_workflows(query) do ids[#ids + 1] = w.workflow_id .. w.status end "
        "table.sort(ids) assert.eq(c:count_workflows() >= 3, true) "
        "local none = c:count_workflows(\"WorkflowType = 'no such'\") "
        "return { c:count_workflows(query), #ids, ids[1] == ID .. '1RUNNING', none }"
    )
    assert talk(code) == [3, 3, True, 0]


def test_a_query_with_a_mistake_is_explained(refused):
    assert refused("c:count_workflows('nonsense =')").startswith("temporal count_workflows: Server error: status: Inv")
    text = refused("for _ in c:list_workflows('nonsense =') do end")
    assert text.startswith("temporal list_workflows: Server error: status: InvalidArgument")


# Schedules ------------------------------------------------------------------------------------------------


def test_the_life_of_a_schedule(talk):
    code = (
        "local s = 's-' .. ID local made = c:create_schedule({ schedule_id = s, workflow_type = 'Sum', "
        f"workflow_id = ID, task_queue = '{QUEUE}', args = {{ 1, 2 }}, every = 3600, note = 'hourly' }}) "
        "local fresh = c:describe_schedule(s) "
        "c:trigger_schedule(s) local after for _ = 1, 100 do after = c:describe_schedule(s) "
        "if #after.recent > 0 then break end sleep(0.1) end "
        "local result = c:get_result({ workflow_id = after.recent[1].workflow_id, timeout = 20 }) "
        "c:pause_schedule({ schedule_id = s, note = 'wait' }) local paused = c:describe_schedule(s) "
        "c:unpause_schedule(s) local again = c:describe_schedule({ schedule_id = s }) c:delete_schedule(s) "
        "local ok, gone = pcall(c.describe_schedule, c, s) "
        "return { made = made.schedule_id == s, fresh = fresh, result = result, actions = after.actions, "
        "paused = paused.paused, note = paused.note, again = again.paused, gone = gone.message }"
    )
    found = talk(code)
    fresh = found.pop("fresh")
    assert found == {
        "made": True, "result": 3, "actions": 1, "paused": True, "note": "wait", "again": False,
        "gone": "temporal describe_schedule: Schedule not found",
    }  # fmt: skip
    assert (fresh["workflow_type"], fresh["task_queue"], fresh["paused"]) == ("Sum", QUEUE, False)
    assert (fresh["note"], fresh["overlap"], fresh["actions"]) == ("hourly", "skip", 0)
    assert len(fresh["next_times"]) > 1
    assert fresh["next_times"][1] - fresh["next_times"][0] == 3600


def test_a_schedule_by_cron_is_listed(talk):
    code = (
        "local s = 's-' .. ID c:create_schedule({ schedule_id = s, task_queue = 'nobody', workflow_type = 'Backup', "
        "cron = { '0 3 * * *', '30 4 * * 0' }, time_zone = 'Europe/Berlin', paused = true, remaining_actions = 5, "
        "overlap = 'buffer_one', jitter = 10, catchup_window = 60, start_at = time(), end_at = time() + 864000 }) "
        "local found for _ = 1, 100 do "
        "for one in c:list_schedules() do if one.schedule_id == s then found = one end end "
        "if found then break end sleep(0.1) end local d = c:describe_schedule(s) c:delete_schedule(s) "
        "return { found.workflow_type, found.paused, d.remaining_actions, d.overlap }"
    )
    assert talk(code) == ["Backup", True, 5, "buffer_one"]


def test_a_schedule_that_exists_is_not_made_again(refused):
    one = "c:create_schedule({ schedule_id = ID, task_queue = 'q', workflow_type = 'W', every = 60, paused = true })"
    assert refused(f"{one} {one}") == "temporal create_schedule: Schedule already exists"


@pytest.mark.parametrize("verb", ["describe", "pause", "unpause", "trigger", "delete"])
def test_an_unknown_schedule_is_not_found(refused, verb):
    assert refused(f"c:{verb}_schedule(ID)") == f"temporal {verb}_schedule: Schedule not found"


# Ways to the server ---------------------------------------------------------------------------------------


class Forwarder:
    """Passes connections on to *target*, with TLS in front where a *context* is given; can be cut."""

    def __init__(self, target: str, context: ssl.SSLContext | None = None, at: int = 0) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._context = context
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", at))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """End everything, and listen no more."""
        self._ended = True
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes who accepts
        self._threads[0].join()
        self._listener.close()
        for each in self._sockets:
            _hang_up(each)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            near, _ = self._listener.accept()
            self._sockets.append(near)
            if self._ended:
                return
            try:
                if self._context is not None:
                    near = self._context.wrap_socket(near, server_side=True)
                    self._sockets.append(near)
                far = socket.create_connection(self._target)
            except OSError:
                _hang_up(near)
                continue
            self._sockets.append(far)
            for pair in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=_pump, args=pair))
                self._threads[-1].start()


def _hang_up(one: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was quicker
        one.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other direction has ended
        while data := source.recv(65536):
            sink.sendall(data)
    _hang_up(source)
    _hang_up(sink)


def test_tls_with_an_authority_that_is_named(run, fails, served, tmp_path):
    certificates = make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    context.set_alpn_protocols(["h2"])
    forwarder = Forwarder(served, context)
    try:
        trust = f"tls = {{ ca_file = '{certificates.authority}' }}"
        url = f"localhost:{forwarder.port}"
        code = f"local c = temporal.connect({{ url = '{url}', %s }}) return c:count_workflows() >= 0"
        assert run(code % trust) is True
        assert run(code % f"api_key = 'k-123456789', {trust}") is True
        assert fails(code % "tls = true").startswith("temporal connect: ")
        assert fails(code % "api_key = 'k-123456789'").startswith("temporal connect: ")  # a key is not sent in the open
    finally:
        forwarder.cut()


def test_a_server_that_goes_away_is_an_error_of_the_next_call(fails, served):
    forwarder = Forwarder(served)
    cutter = threading.Timer(0.5, forwarder.cut)
    cutter.start()
    started = time.monotonic()
    text = fails(
        f"local c = temporal.connect({{ url = '127.0.0.1:{forwarder.port}' }}) c:count_workflows() sleep(1) "
        "c:describe_workflow('w')"
    )
    cutter.join()
    assert text.startswith("temporal describe: Server error: status: ")
    assert time.monotonic() - started < 60


def test_a_client_works_again_once_its_server_is_back(served):
    forwarder = Forwarder(served)
    with Runtime() as runtime:
        address = f"127.0.0.1:{forwarder.port}"
        runtime.evaluate("c = temporal.connect({ url = ... }) c:count_workflows()", args=[address])
        forwarder.cut()
        assert runtime.evaluate("return (pcall(c.count_workflows, c))") == [False]
        back = Forwarder(served, at=forwarder.port)
        try:
            assert runtime.evaluate("return c:count_workflows() >= 0") == [True]
        finally:
            back.cut()


def test_reading_goes_on_under_readonly_and_nothing_is_started(talk, refused, served):
    assert talk("return c:count_workflows() >= 0", readonly=True) is True
    text = refused("start('Order')", readonly=True)
    assert text.startswith("readonly: temporal client:start_workflow blocked (Order w-")


# Examples -------------------------------------------------------------------------------------------------


def test_the_example_that_starts_describes_and_waits(cli: Command, served: str) -> None:
    environment = {"TEMPORAL_ADDRESS": served, "TEMPORAL_TASK_QUEUE": QUEUE}
    name = f"example-{uuid4()}"
    done = cli(ROOT / "examples/temporal_start.lua", "Echo", name, '{"sku": "x"}', env=environment)
    assert done.returncode == 0, done.stderr.decode()
    started, described, ended = done.stdout.decode().splitlines()
    assert started.startswith(f"started {name}, run ")
    assert described.startswith("Echo is ")
    assert ended.startswith("COMPLETED after ")
    assert json.loads(ended.partition(": ")[2]) == {"sku": "x"}
    failed = cli(ROOT / "examples/temporal_start.lua", "Failing", f"{name}-2", '"no stock"', env=environment)
    assert failed.returncode == 1
    assert b"Workflow failed: no stock" in failed.stderr
    assert cli(ROOT / "examples/temporal_start.lua").returncode == 2


def test_the_example_of_the_readme(cli: Command, served: str, logs: Path, talk: Any) -> None:
    process = worker(served, "production", "promotions", logs)
    try:
        done = cli(ROOT / "examples/readme/temporal_promote.lua", "v1.2.0", "prod", env={"TEMPORAL_ADDRESS": served})
        assert done.returncode == 0, done.stderr.decode()
        assert "started promote-prod-v1.2.0 as run " in done.stderr.decode()
        assert "status: RUNNING" in done.stderr.decode()
        code = (
            f"local p = temporal.connect({{ url = '{served}', namespace = 'production' }}) "
            "p:signal_workflow({ workflow_id = 'promote-prod-v1.2.0', signal_name = 'approve' }) "
            "return p:get_result({ workflow_id = 'promote-prod-v1.2.0', timeout = 20 })"
        )
        assert talk(code) == {"promoted": "v1.2.0", "to": "prod"}
    finally:
        process.stop()


def test_ctrl_c_ends_a_script_that_waits_for_a_result(cli: Command, served: str) -> None:
    code = (
        f"local c = temporal.connect({{ url = '{served}' }}) local id = 'ctrl-c-{uuid4()}' "
        f"c:start_workflow({{ task_queue = '{QUEUE}', workflow_type = 'Counter', workflow_id = id }}) "
        "print('waiting') io.stdout:flush() c:get_result({ workflow_id = id })"
    )
    process = cli.start("exec", "-e", code)
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert time.monotonic() - started < 3
