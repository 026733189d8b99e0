"""A request that waits for its answer, as it stands in the state folder: one line of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace

from assay_shell.runtime.approvals.clock import Moment
from assay_shell.runtime.approvals.request import Request, canonical, digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_TTL = 3600  # seconds
_REQUIRED = {
    "script_path": str, "approval_prompt": str, "approval_context": object, "created_at": int, "ttl_secs": int,
}  # fmt: skip
_OPTIONAL = {
    "asked_by": str, "environment": dict, "arguments": list, "answers": list, "script_digest": str, "digest": str,
    "boot": str, "uptime": float, "readonly": bool, "strict": bool, "decision": dict, "outcome": str,
}  # fmt: skip


class RecordError(ValueError):
    """What stands in the state folder is no record."""


@dataclass(frozen=True)
class Answer:
    """What was decided about one gate. *asked_by* is `request` where the gate checks its answers itself."""

    call_digest: str
    answer: str
    asked_by: str = "error"
    approver: str | None = None
    decided_at: int = 0


@dataclass(frozen=True)
class Run:
    """What runs, and how: all that a resumption repeats.

    *environment* holds the variables that are arguments (None: their value is not kept, since it is a secret).
    *timeout* is in seconds.
    """

    script_path: str
    script_digest: str | None = None
    arguments: tuple[str, ...] = ()
    environment: dict[str, str | None] = field(default_factory=dict)
    environment_digest: str = ""
    timeout: int | None = None
    readonly: bool = False
    strict: bool = False


@dataclass(frozen=True)
class Record:
    """One pending request. *answers* are those of the gates that the run has passed already."""

    run: Run
    request: Request
    created: Moment
    ttl: int = DEFAULT_TTL
    asked_by: str = "error"
    answers: tuple[Answer, ...] = ()
    digest: str | None = None
    decision: Answer | None = None
    outcome: str | None = None

    def sealed(self) -> Record:
        """Return the record with its digest."""
        return replace(self, digest=self.binding())

    def binding(self) -> str:
        """Return the digest of all that the answer is for: script, arguments, this gate and those before."""
        run = self.run
        return digest_of(
            [
                run.script_digest, list(run.arguments), run.environment_digest, self.request.digest, self.asked_by,
                [[answer.call_digest, answer.answer] for answer in self.answers], run.readonly, run.strict,
            ]
        )  # fmt: skip

    def to_json(self) -> str:
        """Return the line that stands in the file; the first five keys are those every release has."""
        run = asdict(self.run)
        return json.dumps(
            {
                "script_path": run.pop("script_path"),
                "approval_prompt": self.request.prompt,
                "approval_context": self.request.context,
                "created_at": int(self.created.unix),
                "ttl_secs": self.ttl,
                "digest": self.digest,
                "timeout_secs": run.pop("timeout"),
                **run,
                "boot": self.created.boot,
                "uptime": self.created.uptime,
                "asked_by": self.asked_by,
                "answers": [asdict(answer) for answer in self.answers],
                "decision": None if self.decision is None else asdict(self.decision),
                "outcome": self.outcome,
            },
            ensure_ascii=False, separators=(",", ":"),
        )  # fmt: skip


def sha256(data: bytes) -> str:
    """Return the SHA-256 of *data* as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def environment_digest(environment: dict[str, str]) -> str:
    """Return the digest of the variables that are arguments."""
    return sha256(canonical(environment).encode("utf-8", "surrogatepass")) if environment else ""


def parse(text: str) -> Record:
    """Return the record that a file holds; those of older releases lack all but five keys.

    Raises:
        RecordError: it is not JSON, a key is missing, or a value has the wrong type.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise RecordError(str(exc)) from exc
    if not isinstance(found, dict):
        raise RecordError("expected an object")
    for key, kind in _REQUIRED.items():
        if key not in found:
            raise RecordError(f"missing field `{key}`")
        _check(key, found[key], kind)
    for key, kind in _OPTIONAL.items():
        if found.get(key) is not None:
            _check(key, found[key], kind)
    try:
        return _record(found)
    except (TypeError, AttributeError) as exc:
        raise RecordError(f"a field has members that do not belong there: {exc}") from exc


def _check(key: str, value: object, kind: type) -> None:
    wrong_number = isinstance(value, bool) and kind in (int, float)
    if not isinstance(value, (int, float) if kind is float else kind) or wrong_number:
        raise RecordError(f"field `{key}` has the wrong type")
    if kind is int and not 0 <= int(str(value)) < 2**63:
        raise RecordError(f"field `{key}` is out of range")


def _record(found: dict[str, Any]) -> Record:
    timeout = found.get("timeout_secs")
    run = Run(
        script_path=found["script_path"],
        script_digest=found.get("script_digest"),
        arguments=tuple(str(argument) for argument in found.get("arguments") or ()),
        environment=found.get("environment") or {},
        environment_digest=str(found.get("environment_digest") or ""),
        timeout=timeout if isinstance(timeout, int) and timeout >= 0 else None,
        readonly=found.get("readonly") or False,
        strict=found.get("strict") or False,
    )
    return Record(
        run=run,
        request=Request(found["approval_prompt"], found["approval_context"]),
        created=Moment(found["created_at"], found.get("boot") or "", found.get("uptime") or 0.0),
        ttl=found["ttl_secs"],
        asked_by=found.get("asked_by") or "error",
        answers=tuple(Answer(**answer) for answer in found.get("answers") or ()),
        digest=found.get("digest"),
        decision=Answer(**found["decision"]) if found.get("decision") else None,
        outcome=found.get("outcome"),
    )
