"""What a gate shows: a prompt and a context. Scripts raise it as an error whose text carries it as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from assay_shell.runtime.approvals import MARKER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.redact import Redactor


@dataclass(frozen=True)
class Request:
    """A gate as it is shown to whoever decides: secrets are masked already."""

    prompt: str
    context: Any = None

    @property
    def digest(self) -> str:
        """Return what identifies this gate: 64 hex digits that any other prompt or context changes."""
        return digest_of({"context": self.context, "prompt": self.prompt})


def shown(prompt: str, context: object, redactor: Redactor) -> Request:
    """Return a gate with its secrets masked, with text that is valid UTF-8 and keys in order."""
    return Request(_clean(redactor.text(prompt)), json.loads(_clean(canonical(redactor.value(context)))))


def find_request(text: str, redactor: Redactor) -> Request | None:
    """Return the gate that an error's text asks for; None when it is an ordinary error.

    What follows the marker on its line has to be a JSON object with a text as `prompt`.
    """
    _, marker, rest = text.partition(MARKER)
    if not marker:
        return None
    try:
        found = json.loads(rest.partition("\n")[0].strip(" \t\r"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("prompt"), str):
        return None
    return shown(found["prompt"], found.get("context"), redactor)


def canonical(data: object) -> str:
    """Return *data* as the one JSON text that stands for it: sorted keys, no blanks."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(data: object) -> str:
    """Return the SHA-256 of plain data, as 64 hex digits."""
    return hashlib.sha256(canonical(data).encode("utf-8", "surrogatepass")).hexdigest()


def _clean(text: str) -> str:
    """Return *text* with each byte that was no UTF-8, and each lone surrogate, replaced."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape" if _escaped(text) else "replace").decode("utf-8", "replace")


def _escaped(text: str) -> bool:
    return all("\udc80" <= character <= "\udcff" for character in text if "\ud800" <= character <= "\udfff")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
