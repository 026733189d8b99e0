"""`assay approvals`: what waits for an answer, shown and expired."""

from __future__ import annotations

import os
import sys
import time

from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.approvals.record import Record
    from assay_shell.runtime.approvals.store import Entry, Store

_WIDEST_PROMPT = 60  # characters in the list


def run(invocation: Invocation) -> int:
    """Carry out `assay approvals list`, `show TOKEN` or `expire [TOKEN]`.

    Raises:
        UsageError: there is no such action, or its token is missing or not wanted.
        StateError: the records cannot be read or removed.
    """
    from assay_shell.runtime.approvals.store import Store
    from assay_shell.runtime.state import state_folder

    action, *tokens = invocation.operands or ["list"]
    if action not in _ACTIONS:
        from assay_shell.runtime.nearest import did_you_mean

        raise UsageError(f"'approvals' has no action '{action}'{did_you_mean(action, _ACTIONS)}")
    if len(tokens) > 1 or (tokens and action == "list"):
        raise UsageError(f"'approvals {action}' takes no argument '{tokens[-1]}' here")
    return _ACTIONS[action](Store(state_folder(os.environ)), tokens[0] if tokens else None, invocation)


def _list(store: Store, token: str | None, invocation: Invocation) -> int:
    entries = store.entries()
    if invocation.flag("json"):
        _print_json([_described(entry, store) for entry in entries])
        return 0
    if not entries:
        _print("nothing waits for an approval")
        return 0
    _print(f"{'TOKEN':<32}  {'AGE':>6}  {'LEFT':>7}  {'SCRIPT':<24}  PROMPT")
    for entry in entries:
        if entry.record is None:
            _print(f"{entry.token}  {'?':>6}  {'?':>7}  {entry.fault}")
            continue
        record = entry.record
        left = "expired" if entry.expired else _span(record.ttl - _age(record, store))
        script = os.path.basename(record.run.script_path)
        prompt = _one_line(record.request.prompt)
        _print(f"{entry.token}  {_span(_age(record, store)):>6}  {left:>7}  {_one_line(script):<24}  {prompt}")
    return 0


def _show(store: Store, token: str | None, invocation: Invocation) -> int:
    if token is None:
        raise UsageError("'approvals show' needs a token")
    from assay_shell.runtime.approvals.store import Entry
    from assay_shell.runtime.state import StateError

    try:
        record = store.load(token)
        entry = Entry(token, record, expired=store.expired(record))
    except StateError as exc:
        if str(exc) != "invalid resume token":
            raise
        entry = Entry(token, store.decided(token), claimed=True)
    if invocation.flag("json"):
        _print_json(_described(entry, store))
        return 0
    for name, value in _described(entry, store).items():
        if value not in (None, [], {}):
            _print(f"{name.replace('_', ' ') + ':':<17}{value if isinstance(value, str | int) else _json(value)}")
    return 0


def _expire(store: Store, token: str | None, invocation: Invocation) -> int:
    if token is not None and invocation.flag("all"):
        raise UsageError("'approvals expire' takes a token or --all, not both")
    count = store.expire(token, every=invocation.flag("all"))
    if invocation.flag("json"):
        _print_json({"expired": count})
    else:
        _print(f"expired {count}")
    return 0


_ACTIONS: dict[str, Callable[[Store, str | None, Invocation], int]] = {"list": _list, "show": _show, "expire": _expire}


def _described(entry: Entry, store: Store) -> dict[str, Any]:
    """Return what is said of one record."""
    record = entry.record
    if record is None:
        return {"token": entry.token, "status": "unreadable", "error": entry.fault}
    decision = record.decision
    status = "expired" if entry.expired else "waiting"
    return {
        "token": entry.token,
        "status": (record.outcome or "interrupted") if entry.claimed else status,
        "prompt": record.request.prompt,
        "context": record.request.context,
        "script": record.run.script_path,
        "script_sha256": record.run.script_digest,
        "arguments": list(record.run.arguments),
        "environment": record.run.environment,
        "created": _moment(record.created.unix),
        "expires": _moment(record.created.unix + record.ttl),
        "timeout_secs": record.run.timeout,
        "answer": decision and decision.answer,
        "approver": decision and decision.approver,
        "decided": decision and _moment(decision.decided_at),
        "answered_before": [
            {"answer": answer.answer, "approver": answer.approver, "decided": _moment(answer.decided_at)}
            for answer in record.answers
        ],
    }


def _age(record: Record, store: Store) -> float:
    from assay_shell.runtime.approvals.clock import age

    return age(record.created, store.clock.now())


def _moment(unix: float) -> str:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix))
    except (OverflowError, ValueError, OSError):
        return "never"


def _span(seconds: float) -> str:
    """Return a length of time with its largest unit: 40s, 12m, 5h, 3d."""
    if seconds == float("inf"):
        return "?"
    whole = max(0, int(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _one_line(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= _WIDEST_PROMPT else shown[: _WIDEST_PROMPT - 1] + "…"


def _json(value: object) -> str:
    from assay_shell.runtime.approvals.request import canonical

    return canonical(value)


def _print_json(value: object) -> None:
    _print(_json(value))


def _print(line: str) -> None:
    """Print a line; what a script put into a prompt must not steer the terminal."""
    from assay_shell.runtime.log import visible

    sys.stdout.write(visible(line) + "\n")


