"""The methods of a client, with their effects."""

from __future__ import annotations

from assay_shell.runtime.builtins.temporal import schedules, workflows
from assay_shell.runtime.builtins.temporal.client import shown
from assay_shell.runtime.declare import read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.declare import Builtin
    from assay_shell.runtime.values import Value


def methods() -> dict[str, Builtin]:
    """All methods by name."""
    return {
        "start_workflow": write(workflows.start_workflow, target=_members("workflow_type", "workflow_id")),
        "signal_workflow": write(workflows.signal_workflow, target=_members("workflow_id", "signal_name")),
        "query_workflow": read(workflows.query_workflow),
        "describe_workflow": read(workflows.describe_workflow),
        "get_result": read(workflows.get_result),
        "cancel_workflow": write(workflows.cancel_workflow, target=_members("workflow_id")),
        "terminate_workflow": write(workflows.terminate_workflow, target=_members("workflow_id")),
        "list_workflows": read(workflows.list_workflows),
        "count_workflows": read(workflows.count_workflows),
        "create_schedule": write(schedules.create_schedule, target=_members("schedule_id", "workflow_type")),
        "describe_schedule": read(schedules.describe_schedule),
        "list_schedules": read(schedules.list_schedules),
        "pause_schedule": write(schedules.pause_schedule, target=_members("schedule_id")),
        "unpause_schedule": write(schedules.unpause_schedule, target=_members("schedule_id")),
        "trigger_schedule": write(schedules.trigger_schedule, target=_members("schedule_id")),
        "delete_schedule": write(schedules.delete_schedule, target=_members("schedule_id")),
    }


def _members(*keys: str) -> Callable[..., str]:
    def target(_client: object, value: Value, *_rest: object) -> str:
        return shown(value, *keys)

    return target
