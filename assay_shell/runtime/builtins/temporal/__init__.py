"""A client for a Temporal server, over gRPC.

@module temporal
@description Temporal workflows over gRPC: start, signal, query, result, cancel, schedules
@keywords temporal, workflow, grpc, start, signal, query, describe, result, cancel, terminate, schedule, durable
@quickref temporal.connect(opts) -> client | Connect; opts: {url, namespace, tls, api_key, timeout}
@quickref temporal.start(opts) -> {workflow_id, run_id} | Connect, start a workflow, disconnect; opts of both
@quickref client:start_workflow(opts) -> {workflow_id, run_id} | opts: {task_queue, workflow_type, workflow_id, input}
@quickref client:signal_workflow(opts) -> nil | opts: {workflow_id, signal_name, input, run_id}
@quickref client:query_workflow(opts) -> value | opts: {workflow_id, query_type, input, run_id}
@quickref client:describe_workflow(id) -> {workflow_id, status, run_id, start_time, ...} | State of a workflow
@quickref client:get_result(opts) -> value | Wait for the end; opts: {workflow_id, follow_runs, timeout, run_id}
@quickref client:cancel_workflow(id) -> nil | Ask a workflow to stop; id or {workflow_id, reason, run_id}
@quickref client:terminate_workflow(id) -> nil | Stop a workflow at once; id or {workflow_id, reason, run_id}
@quickref client:list_workflows(query?) -> iterator | Workflows that match a visibility query, one table each
@quickref client:count_workflows(query?) -> int | How many workflows match a visibility query
@quickref client:create_schedule(opts) -> {schedule_id} | opts: {schedule_id, every, cron, task_queue, ...}
@quickref client:describe_schedule(id) -> {schedule_id, paused, note, actions, next_times, ...} | State of a schedule
@quickref client:list_schedules(query?) -> iterator | Schedules, one table each
@quickref client:pause_schedule(id) -> nil | Pause a schedule; id or {schedule_id, note}
@quickref client:unpause_schedule(id) -> nil | Let a schedule go on; id or {schedule_id, note}
@quickref client:trigger_schedule(id) -> nil | Act once, now; id or {schedule_id, overlap}
@quickref client:delete_schedule(id) -> nil | Delete a schedule; what it has started goes on
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    from assay_shell.runtime.builtins.temporal.connecting import connect, start, target_of_start
    from assay_shell.runtime.declare import read, write

    runtime.define("temporal", {"connect": read(connect), "start": write(start, target=target_of_start)})
