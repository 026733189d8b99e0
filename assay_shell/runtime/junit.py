"""Test reports as XML after the junit-10 schema, which most CI servers read."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One test: *state* is `passed`, `failed` or `skipped`; *kind* is the type of a failure."""

    name: str
    classname: str
    state: str
    milliseconds: int
    message: str = ""
    kind: str = "failure"


def render(name: str, cases: Sequence[Case], *, milliseconds: int, started: float) -> str:
    """Return *cases* as one test suite of that name; *started* in seconds of Unix time. Times are in seconds."""
    skipped, failures = (sum(case.state == state for case in cases) for state in ("skipped", "failed"))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    seconds = _seconds(milliseconds)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started))
    shown = _attribute(name)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name={shown} {counts} time="{seconds}">',
        f'  <testsuite name={shown} {counts} skipped="{skipped}" time="{seconds}" timestamp="{stamp}">',
        *map(_case, cases),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(case: Case) -> str:
    start = (
        f"    <testcase name={_attribute(case.name)} classname={_attribute(case.classname)}"
        f' time="{_seconds(case.milliseconds)}"'
    )
    if case.state == "skipped":
        return f"{start}>\n      <skipped message={_attribute(case.message)}/>\n    </testcase>"
    if case.state == "passed":
        return f"{start}/>"
    first = case.message.partition("\n")[0]
    body = f"<failure message={_attribute(first)} type={_attribute(case.kind)}>{escape(_legal(case.message))}</failure>"
    return f"{start}>\n      {body}\n    </testcase>"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    """*text* without the characters that XML has no place for."""
    return _ILLEGAL.sub("\ufffd", text)
