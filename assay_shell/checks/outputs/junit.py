"""XML after the junit-10 schema, which most CI servers read."""

from __future__ import annotations

import re
import time
from xml.sax.saxutils import escape, quoteattr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The report as one test suite, named by the file; times in seconds."""
    counts = f'tests="{len(report.results)}" failures="{report.count("failed")}" errors="0"'
    seconds = _seconds(report.milliseconds)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(report.started))
    name = _attribute(report.path)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name={name} {counts} time="{seconds}">',
        f'  <testsuite name={name} {counts} skipped="{report.count("skipped")}" time="{seconds}" timestamp="{stamp}">',
        *map(_case, report.results),
        "  </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(result: Result) -> str:
    check = result.check
    start = (
        f"    <testcase name={_attribute(check.name)} classname={_attribute(f'checks.{check.type}')}"
        f' time="{_seconds(result.milliseconds)}"'
    )
    message = result.message or ""
    if result.skipped:
        return f"{start}>\n      <skipped message={_attribute(message)}/>\n    </testcase>"
    if result.passed:
        return f"{start}/>"
    first = message.partition("\n")[0]
    body = f"<failure message={_attribute(first)} type={_attribute(check.type)}>{escape(_legal(message))}</failure>"
    return f"{start}>\n      {body}\n    </testcase>"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.3f}"


def _attribute(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    """*text* without the characters that XML has no place for."""
    return _ILLEGAL.sub("\ufffd", text)
