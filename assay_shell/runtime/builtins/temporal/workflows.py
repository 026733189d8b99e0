"""Workflows: starting, asking, telling, ending and finding them."""

from __future__ import annotations

from assay_shell.runtime.builtins.temporal.client import TemporalClient, id_or_options, options_of
from assay_shell.runtime.builtins.temporal.failures import explained
from assay_shell.runtime.builtins.temporal.payloads import INPUT, arguments, decoded
from assay_shell.runtime.errors import BuiltinError, ConversionError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import timedelta
    from typing import Any

    from temporalio.client import WorkflowExecution, WorkflowHandle

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

START = {
    "task_queue": "str",
    "workflow_type": "str",
    "workflow_id": "str",
    **INPUT,
    "execution_timeout": "float",
    "run_timeout": "float",
    "task_timeout": "float",
    "start_delay": "float",
    "cron_schedule": "str",
    "id_reuse_policy": "str",
    "id_conflict_policy": "str",
}
_REQUIRED = ("task_queue", "workflow_type", "workflow_id")
_ID = {"workflow_id": "str", "run_id": "str"}

START_WORKFLOW = Options("start_workflow", **START)
SIGNAL = Options("signal_workflow", **_ID, signal_name="str", **INPUT)
QUERY = Options("query_workflow", **_ID, query_type="str", **INPUT)
DESCRIBE = Options("describe_workflow", **_ID)
RESULT = Options("get_result", **_ID, follow_runs="bool", timeout="float")
CANCEL = Options("cancel_workflow", **_ID, reason="str")
TERMINATE = Options("terminate_workflow", **_ID, reason="str")

_MISSING = "Workflow not found"


async def start_workflow(runtime: Runtime, client: TemporalClient, opts: Value = None) -> dict[str, object]:
    """Start a workflow and return its `workflow_id` and `run_id`.

    Options: `task_queue`, `workflow_type`, `workflow_id` (required); `input` (one argument) or `args` (a list of them);
    `execution_timeout`, `run_timeout`, `task_timeout`, `start_delay` (seconds); `cron_schedule`; `id_reuse_policy`
    (`allow_duplicate`, `allow_duplicate_failed_only`, `reject_duplicate`); `id_conflict_policy` (`fail`,
    `use_existing`, `terminate_existing`).

    Example: `client:start_workflow({ task_queue = "orders", workflow_type = "Order", workflow_id = "o-7" })`

    Raises:
        BuiltinError: `temporal start_workflow: CAUSE`, for example because it runs already (the error has `run_id`).
        ConversionError: a required option is missing.
    """
    return await begin(runtime, client, options_of(runtime, "start_workflow", START_WORKFLOW, opts, *_REQUIRED))


async def begin(runtime: Runtime, client: TemporalClient, given: dict[str, Any]) -> dict[str, object]:
    """The work of `start_workflow`.

    Raises:
        BuiltinError: the server refuses, or an option makes no sense.
        ConversionError: a required option is missing.
    """
    where = "temporal start_workflow"
    for name in _REQUIRED:
        if name not in given:
            raise ConversionError("error converting Lua nil to String (expected string or number)")
    times = ("execution_timeout", "run_timeout", "task_timeout", "start_delay")
    settings: dict[str, Any] = {name: seconds(where, name, given[name]) for name in times if name in given}
    settings.update(_policies(where, given))
    with explained("start_workflow"):
        handle = await client.wire.start_workflow(
            given["workflow_type"], args=arguments(runtime, where, given), id=given["workflow_id"],
            task_queue=given["task_queue"], cron_schedule=given.get("cron_schedule", ""), **settings,
        )  # fmt: skip
    return {"workflow_id": handle.id, "run_id": handle.result_run_id}


async def signal_workflow(runtime: Runtime, client: TemporalClient, opts: Value = None) -> None:
    """Send the signal `signal_name` with `input` (or `args`) to the latest run, or to `run_id`.

    Example: `client:signal_workflow({ workflow_id = "o-7", signal_name = "approve", input = { by = "ana" } })`

    Raises:
        BuiltinError: `temporal signal: Workflow not found` (unknown or ended), or what the server says.
        ConversionError: a required option is missing.
    """
    given = options_of(runtime, "signal_workflow", SIGNAL, opts, "workflow_id", "signal_name")
    sent = arguments(runtime, "temporal signal", given)
    with explained("signal", _MISSING):
        await _handle(client, given).signal(given["signal_name"], args=sent)


async def query_workflow(runtime: Runtime, client: TemporalClient, opts: Value = None) -> object:
    """Return what the workflow answers to the query `query_type` with `input` (or `args`); a worker has to run.

    Example: `print(client:query_workflow({ workflow_id = "o-7", query_type = "progress" }))`

    Raises:
        BuiltinError: `temporal query: CAUSE`.
        ConversionError: a required option is missing.
    """
    from temporalio.common import RawValue

    given = options_of(runtime, "query_workflow", QUERY, opts, "workflow_id", "query_type")
    sent = arguments(runtime, "temporal query", given)
    with explained("query", _MISSING):
        answer = await _handle(client, given).query(given["query_type"], args=sent, result_type=RawValue)
    return decoded(runtime, "temporal query", answer)


async def describe_workflow(runtime: Runtime, client: TemporalClient, target: Value = None) -> dict[str, object]:
    """Return the state of a workflow, given its id or `{workflow_id, run_id}`.

    The table has `workflow_id`, `run_id`, `workflow_type`, `task_queue`, `status` (`RUNNING`, `COMPLETED`, `FAILED`,
    `CANCELED`, `TERMINATED`, `CONTINUED_AS_NEW`, `TIMED_OUT` or `UNKNOWN`), `history_length` (events), `start_time` and
    `close_time` (seconds since 1970; no `close_time` while it runs).

    Example: `print(client:describe_workflow("o-7").status)`

    Raises:
        BuiltinError: `temporal describe: Workflow not found`, or what the server says.
    """
    given = id_or_options(runtime, DESCRIBE, target, "workflow_id")
    with explained("describe", _MISSING):
        return _state(await _handle(client, given).describe())


async def get_result(runtime: Runtime, client: TemporalClient, opts: Value = None) -> object:
    """Wait until the workflow has ended and return its result, at most `timeout` seconds (no limit unless given).

    The runs that follow a run (retries, continue-as-new, cron) are followed unless `follow_runs = false`.

    Example: `local total = client:get_result({ workflow_id = "o-7", timeout = 60 })`

    Raises:
        BuiltinError: `temporal get_result: CAUSE`: `Workflow failed: ...`, `Workflow cancelled`, `Workflow terminated`,
            `Workflow timed out` (the error has `status`), `Workflow not found`, or it takes longer than `timeout`.
        ConversionError: a required option is missing.
    """
    import asyncio

    where = "temporal get_result"
    given = options_of(runtime, "get_result", RESULT, opts, "workflow_id")
    limit = given.get("timeout")
    if limit is not None:
        seconds(where, "timeout", limit)
    try:
        async with asyncio.timeout(None if limit == float("inf") else limit):
            with explained("get_result", _MISSING):
                value = await _handle(client, given).result(follow_runs=given.get("follow_runs", True))
    except TimeoutError as exc:
        raise BuiltinError(where, f"no result within {limit:g} s", {"timeout": True}) from exc
    return decoded(runtime, where, value)


async def cancel_workflow(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """Ask a workflow to stop, given its id or `{workflow_id, reason, run_id}`; it may clean up first.

    Example: `client:cancel_workflow({ workflow_id = "o-7", reason = "out of stock" })`

    Raises:
        BuiltinError: `temporal cancel: Workflow not found` (unknown or ended), or what the server says.
    """
    given = id_or_options(runtime, CANCEL, target, "workflow_id")
    with explained("cancel", _MISSING):
        await _request_cancel(client, given)


async def terminate_workflow(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """End a workflow at once, given its id or `{workflow_id, reason, run_id}`; it cannot clean up.

    Example: `client:terminate_workflow({ workflow_id = "o-7", reason = "stuck since Monday" })`

    Raises:
        BuiltinError: `temporal terminate: Workflow not found` (unknown or ended), or what the server says.
    """
    given = id_or_options(runtime, TERMINATE, target, "workflow_id")
    with explained("terminate", _MISSING):
        await _handle(client, given).terminate(reason=given.get("reason", ""))


def list_workflows(client: TemporalClient, query: str = "") -> Stream:
    """Iterate over the workflows that match *query* (`WorkflowType = 'Order' AND ExecutionStatus = 'Running'`); all
    without one.

    Each item is a table as of `describe_workflow`. Pages are fetched as the loop goes on.

    Example: `for w in client:list_workflows("ExecutionStatus = 'Running'") do print(w.workflow_id) end`

    Raises:
        BuiltinError: `temporal list_workflows: CAUSE`, in the loop.
    """
    return Stream(_workflows(client, query), name="temporal workflows")


async def count_workflows(client: TemporalClient, query: str = "") -> int:
    """Return how many workflows match *query*; all without one.

    Example: `print(client:count_workflows("WorkflowType = 'Order'"))`

    Raises:
        BuiltinError: `temporal count_workflows: CAUSE`.
    """
    with explained("count_workflows"):
        return (await client.wire.count_workflows(query or None)).count


def seconds(where: str, name: str, value: float) -> timedelta | None:
    """A number of seconds as the SDK takes it; None for an endless one.

    Raises:
        BuiltinError: it is negative, NaN or longer than can be said.
    """
    from datetime import timedelta

    if value == float("inf"):
        return None
    if not 0 <= value <= 1e11:
        raise BuiltinError(where, f"{name} must be a number of seconds, not negative")
    return timedelta(seconds=value)


def choice(where: str, name: str, value: str, kind: Any) -> Any:
    """The member of the enumeration *kind* that *value* names, in any case.

    Raises:
        BuiltinError: it names none.
    """
    names = {member.name.lower(): member for member in kind if member.name != "UNSPECIFIED"}
    found = names.get(value.lower())
    if found is None:
        raise BuiltinError(where, f"{name} must be one of {', '.join(names)}")
    return found


def _policies(where: str, given: dict[str, Any]) -> dict[str, Any]:
    from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

    kinds = {"id_reuse_policy": WorkflowIDReusePolicy, "id_conflict_policy": WorkflowIDConflictPolicy}
    return {name: choice(where, name, given[name], kind) for name, kind in kinds.items() if name in given}


def _handle(client: TemporalClient, given: dict[str, Any]) -> WorkflowHandle[Any, Any]:
    from temporalio.common import RawValue

    return client.wire.get_workflow_handle(
        given["workflow_id"], run_id=given.get("run_id"), result_type=RawValue
    )  # fmt: skip


async def _request_cancel(client: TemporalClient, given: dict[str, Any]) -> None:
    """The SDK's own `cancel` has no reason."""
    from uuid import uuid4

    from temporalio.api.common.v1 import WorkflowExecution
    from temporalio.api.workflowservice.v1 import RequestCancelWorkflowExecutionRequest

    wire = client.wire
    execution = WorkflowExecution(workflow_id=given["workflow_id"], run_id=given.get("run_id", ""))
    request = RequestCancelWorkflowExecutionRequest(
        namespace=wire.namespace, workflow_execution=execution, identity=wire.identity, request_id=str(uuid4()),
        reason=given.get("reason", ""),
    )  # fmt: skip
    await wire.workflow_service.request_cancel_workflow_execution(request, retry=True)


async def _workflows(client: TemporalClient, query: str) -> AsyncGenerator[dict[str, object], None]:
    with explained("list_workflows"):
        async for found in client.wire.list_workflows(query or None):
            yield _state(found)


def _state(found: WorkflowExecution) -> dict[str, object]:
    return {
        "workflow_id": found.id,
        "run_id": found.run_id,
        "workflow_type": found.workflow_type,
        "task_queue": found.task_queue,
        "status": "UNKNOWN" if found.status is None else found.status.name,
        "history_length": found.history_length,
        "start_time": found.start_time.timestamp(),
        "close_time": None if found.close_time is None else found.close_time.timestamp(),
    }
