"""What scripts are told when a call fails."""

from __future__ import annotations

from contextlib import contextmanager

from assay_shell.runtime.errors import BuiltinError, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from temporalio.client import WorkflowFailureError
    from temporalio.service import RPCError


@contextmanager
def explained(where: str, missing: str | None = None) -> Iterator[None]:
    """Turn the SDK's errors into those of `temporal WHERE: `.

    *missing* is what to say for something the server does not know; None quotes the server.

    Raises:
        BuiltinError: for each of them.
    """
    from temporalio import client, exceptions, service

    prefix = f"temporal {where}"
    try:
        yield
    except exceptions.WorkflowAlreadyStartedError as exc:
        text = f'Workflow already started with run ID: Some("{exc.run_id}")'
        raise BuiltinError(prefix, text, {"run_id": exc.run_id}) from exc
    except client.ScheduleAlreadyRunningError as exc:
        raise BuiltinError(prefix, "Schedule already exists") from exc
    except client.WorkflowQueryFailedError as exc:
        raise BuiltinError(prefix, f"Server error: {exc}") from exc
    except client.WorkflowContinuedAsNewError as exc:
        raise BuiltinError(prefix, "Workflow continued as new", {"run_id": exc.new_execution_run_id}) from exc
    except client.WorkflowFailureError as exc:
        raise _closed(prefix, exc) from exc
    except service.RPCError as exc:
        raise _refused(prefix, exc, missing) from exc


def server_error(exc: RPCError) -> str:
    """The server's status and message."""
    name = "".join(word.capitalize() for word in exc.status.name.split("_"))
    return f"Server error: status: {name}, message: {quoted(exc.message)}"


def _refused(prefix: str, exc: RPCError, missing: str | None) -> BuiltinError:
    from temporalio.service import RPCStatusCode

    fields: dict[str, object] = {"status": exc.status.name}
    unknown = exc.status == RPCStatusCode.NOT_FOUND
    if unknown and missing and (prefix == "temporal describe" or not exc.message.startswith("Namespace ")):
        return BuiltinError(prefix, missing, fields)
    return BuiltinError(prefix, server_error(exc), fields)


def _closed(prefix: str, exc: WorkflowFailureError) -> BuiltinError:
    """How a workflow ended that gave no result."""
    from temporalio import exceptions

    cause = exc.cause
    if isinstance(cause, exceptions.CancelledError):
        return BuiltinError(prefix, "Workflow cancelled", {"status": "CANCELED"})
    if isinstance(cause, exceptions.TerminatedError):
        return BuiltinError(prefix, "Workflow terminated", {"status": "TERMINATED", "reason": cause.message})
    if isinstance(cause, exceptions.TimeoutError):
        return BuiltinError(prefix, "Workflow timed out", {"status": "TIMED_OUT"})
    messages, kind = [], None
    link: BaseException | None = cause
    while link is not None:
        messages.append(getattr(link, "message", str(link)))
        kind = getattr(link, "type", None) or kind
        link = link.__cause__
    return BuiltinError(prefix, f"Workflow failed: {': '.join(messages)}", {"status": "FAILED", "type": kind})
