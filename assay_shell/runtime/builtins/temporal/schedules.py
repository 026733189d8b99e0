"""Schedules: what starts workflows at given times."""

from __future__ import annotations

from assay_shell.runtime.builtins.temporal.client import TemporalClient, id_or_options, options_of
from assay_shell.runtime.builtins.temporal.failures import explained
from assay_shell.runtime.builtins.temporal.payloads import INPUT, arguments
from assay_shell.runtime.builtins.temporal.workflows import choice, seconds
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Stream, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime
    from typing import Any

    from temporalio.client import ScheduleDescription, ScheduleHandle, ScheduleSpec

    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

CREATE = Options(
    "create_schedule",
    schedule_id="str",
    task_queue="str",
    workflow_type="str",
    workflow_id="str",
    **INPUT,
    every="float",
    offset="float",
    cron="Value",
    time_zone="str",
    jitter="float",
    start_at="float",
    end_at="float",
    overlap="str",
    catchup_window="float",
    pause_on_failure="bool",
    paused="bool",
    note="str",
    remaining_actions="int",
    trigger_immediately="bool",
)
NAMED = Options("describe_schedule", schedule_id="str")
NOTED = Options("pause_schedule", schedule_id="str", note="str")
TRIGGER = Options("trigger_schedule", schedule_id="str", overlap="str")

_MISSING = "Schedule not found"


async def create_schedule(runtime: Runtime, client: TemporalClient, opts: Value = None) -> dict[str, object]:
    """Create a schedule that starts workflows, and return its `schedule_id`.

    Options: `schedule_id`, `task_queue`, `workflow_type` (required), `workflow_id` (the schedule's id unless given; the
    server appends the time), `input` or `args`; when: `every` (seconds, from `offset` on) or `cron` (a text or a list
    of them), `time_zone` (`Europe/Berlin`), `jitter` (seconds), `start_at` and `end_at` (seconds since 1970); how:
    `overlap` (`skip`, `buffer_one`, `buffer_all`, `cancel_other`, `terminate_other`, `allow_all`), `catchup_window`
    (seconds), `pause_on_failure`, `paused`, `note`, `remaining_actions`, `trigger_immediately`.

    Example: `client:create_schedule({ schedule_id = "s", every = 3600, workflow_type = "Backup", task_queue = "q" })`

    Raises:
        BuiltinError: `temporal create_schedule: CAUSE`, for example because it exists.
        ConversionError: a required option is missing.
    """
    from temporalio.client import Schedule, ScheduleActionStartWorkflow, SchedulePolicy, ScheduleState

    where = "temporal create_schedule"
    given = options_of(runtime, "create_schedule", CREATE, opts, "schedule_id", "task_queue", "workflow_type")
    name, left = given["schedule_id"], given.get("remaining_actions", 0)
    action = ScheduleActionStartWorkflow(
        given["workflow_type"], args=arguments(runtime, where, given), id=given.get("workflow_id", name),
        task_queue=given["task_queue"],
    )  # fmt: skip
    policy = SchedulePolicy(
        overlap=_overlap(where, given.get("overlap", "skip")), pause_on_failure=given.get("pause_on_failure", False)
    )
    if window := _optional(where, given, "catchup_window"):  # without one the server's own holds
        policy.catchup_window = window
    state = ScheduleState(
        note=given.get("note"), paused=given.get("paused", False), limited_actions=left > 0, remaining_actions=left
    )
    schedule = Schedule(action=action, spec=_spec(where, given), policy=policy, state=state)
    with explained("create_schedule"):
        await client.wire.create_schedule(
            name, schedule, trigger_immediately=given.get("trigger_immediately", False)
        )  # fmt: skip
    return {"schedule_id": name}


async def describe_schedule(runtime: Runtime, client: TemporalClient, target: Value = None) -> dict[str, object]:
    """Return the state of a schedule, given its id or `{schedule_id}`.

    The table has `schedule_id`, `paused`, `note`, `workflow_type`, `workflow_id`, `task_queue`, `overlap`, `actions`,
    `missed` and `skipped` (counts), `remaining_actions`, `running` and `recent` (lists of `{workflow_id, run_id}`),
    `next_times`, `created_at` and `updated_at` (seconds since 1970).

    Example: `print(client:describe_schedule("nightly").paused)`

    Raises:
        BuiltinError: `temporal describe_schedule: Schedule not found`, or what the server says.
    """
    given = id_or_options(runtime, NAMED, target, "schedule_id")
    with explained("describe_schedule", _MISSING):
        return _state(await _handle(client, given).describe())


def list_schedules(client: TemporalClient, query: str = "") -> Stream:
    """Iterate over the schedules that match *query*; all without one.

    Each item has `schedule_id`, `paused`, `note`, `workflow_type` and `next_times`. A new schedule may take a moment
    to appear.

    Example: `for schedule in client:list_schedules() do print(schedule.schedule_id) end`

    Raises:
        BuiltinError: `temporal list_schedules: CAUSE`, in the loop.
    """
    return Stream(_schedules(client, query), name="temporal schedules")


async def pause_schedule(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """Pause a schedule, given its id or `{schedule_id, note}`; fine when it is paused.

    Example: `client:pause_schedule({ schedule_id = "nightly", note = "disk is being replaced" })`

    Raises:
        BuiltinError: `temporal pause_schedule: Schedule not found`, or what the server says.
    """
    given = id_or_options(runtime, NOTED, target, "schedule_id")
    with explained("pause_schedule", _MISSING):
        await _handle(client, given).pause(note=given.get("note"))


async def unpause_schedule(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """Let a paused schedule go on, given its id or `{schedule_id, note}`; fine when it runs.

    Example: `client:unpause_schedule("nightly")`

    Raises:
        BuiltinError: `temporal unpause_schedule: Schedule not found`, or what the server says.
    """
    given = id_or_options(runtime, NOTED, target, "schedule_id")
    with explained("unpause_schedule", _MISSING):
        await _handle(client, given).unpause(note=given.get("note"))


async def trigger_schedule(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """Have a schedule act once, now, given its id or `{schedule_id, overlap}`; also when it is paused.

    Example: `client:trigger_schedule("nightly")`

    Raises:
        BuiltinError: `temporal trigger_schedule: Schedule not found`, or what the server says.
    """
    where = "temporal trigger_schedule"
    given = id_or_options(runtime, TRIGGER, target, "schedule_id")
    overlap = _overlap(where, given["overlap"]) if "overlap" in given else None
    with explained("trigger_schedule", _MISSING):
        await _handle(client, given).trigger(overlap=overlap)


async def delete_schedule(runtime: Runtime, client: TemporalClient, target: Value = None) -> None:
    """Delete a schedule, given its id or `{schedule_id}`; the workflows it has started go on.

    Example: `client:delete_schedule("nightly")`

    Raises:
        BuiltinError: `temporal delete_schedule: Schedule not found`, or what the server says.
    """
    given = id_or_options(runtime, NAMED, target, "schedule_id")
    with explained("delete_schedule", _MISSING):
        await _handle(client, given).delete()


def _spec(where: str, given: dict[str, Any]) -> ScheduleSpec:
    """When the schedule acts.

    Raises:
        BuiltinError: nothing says so, or it makes no sense.
    """
    from temporalio.client import ScheduleIntervalSpec, ScheduleSpec

    crons = _crons(where, given.get("cron"))
    intervals = []
    if "every" in given:
        every = seconds(where, "every", given["every"])
        if not every:
            raise BuiltinError(where, "every must be a positive number of seconds")
        intervals.append(ScheduleIntervalSpec(every=every, offset=_optional(where, given, "offset")))
    if not crons and not intervals:
        raise BuiltinError(where, "every or cron must say when")
    return ScheduleSpec(
        intervals=intervals,
        cron_expressions=crons,
        start_at=_moment(where, given, "start_at"),
        end_at=_moment(where, given, "end_at"),
        jitter=_optional(where, given, "jitter"),
        time_zone_name=given.get("time_zone"),
    )


def _crons(where: str, value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    items: list[Any] = []
    if isinstance(value, Table):
        items = [value.get(index) for index in range(1, value.length() + 1)]
    if (value is not None and not items) or not all(isinstance(item, str) for item in items):
        raise BuiltinError(where, "cron must be a text or a list of texts")
    return items


def _optional(where: str, given: dict[str, Any], name: str) -> Any:
    return seconds(where, name, given[name]) if name in given else None


def _moment(where: str, given: dict[str, Any], name: str) -> datetime | None:
    from datetime import UTC, datetime

    if name not in given:
        return None
    try:
        return datetime.fromtimestamp(given[name], UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise BuiltinError(where, f"{name} must be seconds since 1970") from exc


def _overlap(where: str, value: str) -> Any:
    from temporalio.client import ScheduleOverlapPolicy

    return choice(where, "overlap", value, ScheduleOverlapPolicy)


def _handle(client: TemporalClient, given: dict[str, Any]) -> ScheduleHandle:
    return client.wire.get_schedule_handle(given["schedule_id"])


async def _schedules(client: TemporalClient, query: str) -> AsyncGenerator[dict[str, object], None]:
    with explained("list_schedules"):
        async for found in await client.wire.list_schedules(query or None):
            plan, info = found.schedule, found.info
            yield {
                "schedule_id": found.id,
                "paused": plan.state.paused if plan else None,
                "note": (plan.state.note or None) if plan else None,
                "workflow_type": getattr(plan.action, "workflow", None) if plan else None,
                "next_times": [time.timestamp() for time in info.next_action_times] if info else [],
            }


def _state(found: ScheduleDescription) -> dict[str, object]:
    from temporalio.client import ScheduleActionStartWorkflow

    plan, info = found.schedule, found.info
    action = plan.action if isinstance(plan.action, ScheduleActionStartWorkflow) else None
    recent = [result.action for result in info.recent_actions]
    return {
        "schedule_id": found.id,
        "paused": plan.state.paused,
        "note": plan.state.note or None,
        "workflow_type": str(action.workflow) if action else None,
        "workflow_id": action.id if action else None,
        "task_queue": action.task_queue if action else None,
        "overlap": plan.policy.overlap.name.lower(),
        "remaining_actions": plan.state.remaining_actions if plan.state.limited_actions else None,
        "actions": info.num_actions,
        "missed": info.num_actions_missed_catchup_window,
        "skipped": info.num_actions_skipped_overlap,
        "running": [_started(one) for one in info.running_actions],
        "recent": [_started(one) for one in recent],
        "next_times": [time.timestamp() for time in info.next_action_times],
        "created_at": info.created_at.timestamp(),
        "updated_at": info.last_updated_at.timestamp() if info.last_updated_at else None,
    }


def _started(action: Any) -> dict[str, object]:
    """The workflow that a schedule has started."""
    return {"workflow_id": action.workflow_id, "run_id": action.first_execution_run_id}
