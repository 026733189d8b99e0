"""One HTML page on its own: no scripts, nothing loaded from elsewhere."""

from __future__ import annotations

import time
from html import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.results import Report, Result

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
td.time { text-align: right; white-space: nowrap; }
pre { margin: 0; white-space: pre-wrap; font: .9em/1.4 ui-monospace, monospace; }
.passed td:first-child { color: #2a8a3a; } .failed td:first-child { color: #c62828; font-weight: 600; }
.skipped td:first-child { color: #a06a00; }
"""


def render(report: Report) -> str:
    """The page."""
    counts = ", ".join(f"{report.count(state)} {state}" for state in ("passed", "failed", "skipped"))
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(report.started))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{counts}: {_text(report.path)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{_text(report.path)}</h1>
<p>{counts} in {report.milliseconds / 1000:.1f} s, {when}</p>
<table>
<thead><tr><th>Result</th><th>Check</th><th>Type</th><th>Time</th><th>Message</th></tr></thead>
<tbody>
{"".join(map(_row, report.results))}</tbody>
</table>
</body>
</html>
"""


def _row(result: Result) -> str:
    message = result.message or result.detail
    return (
        f'<tr class="{result.state}"><td>{result.state}</td><td>{_text(result.check.name)}</td>'
        f'<td>{_text(result.check.type)}</td><td class="time">{result.milliseconds} ms</td>'
        f"<td><pre>{_text(message)}</pre></td></tr>\n"
    )


def _text(text: str) -> str:
    """*text* escaped, and without the control characters that HTML has no place for."""
    return escape("".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in text))
