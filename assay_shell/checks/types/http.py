"""`http`: GET an address and look at what comes back."""

from __future__ import annotations

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import in_millis, require_latency, require_text
from assay_shell.checks.expressions import parse_json, require_equal, require_true
from assay_shell.checks.requests import RequestFailed
from assay_shell.checks.tools import Passed, needed
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.requests import Answer
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

_BODY = "response body"


async def run(check: Check, tools: Tools) -> Passed:
    """Pass on a status of 200 to 299, or where there is `expect`, when all of it holds."""
    url = needed(check, "url")
    follow = check.settings.get("follow_redirects", True)
    try:
        answer = await tools.requests.get(url, check.settings.get("headers"), follow=follow)
    except RequestFailed as exc:
        raise CheckFailed(f"reading {_BODY} from {url}: {exc}" if exc.in_body else f"HTTP GET {url}: {exc}") from exc
    if check.expect is None:
        if not 200 <= answer.status <= 299:
            raise CheckFailed(f"expected 2xx, got {answer.status}")
    else:
        _require(check, answer)
    return Passed(detail=f"{answer.status} in {in_millis(answer.seconds)}", data=lambda: parse_json(answer.text, _BODY))


def _require(check: Check, answer: Answer) -> None:
    """Check what is expected, in the contract's order: status, body, JSON."""
    _require_status(check, answer.status)
    require_text(check, answer.text, "body")
    _require_json(check, answer.text)
    _require_headers(check, answer)
    require_latency(check, answer.seconds)


def _require_status(check: Check, status: int) -> None:
    wanted = check.wanted("status")
    if wanted is not None and not any(least <= status <= most for _, least, most in wanted):
        names = [text for text, _, _ in wanted]
        shown = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        raise CheckFailed(f"expected status {shown}, got {status}")


def _require_json(check: Check, text: str) -> None:
    simple, general = check.wanted("json") or (), check.wanted("jmespath") or ()
    if not simple and not general:
        return
    document = parse_json(text, _BODY)
    for expression in simple:
        require_equal(expression, document)
    for expression in general:
        require_true(expression, document)


def _require_headers(check: Check, answer: Answer) -> None:
    for name, wanted in (check.wanted("headers") or {}).items():
        values = [value for key, value in answer.headers if key == name.lower()]
        if wanted not in values:
            got = ", ".join(map(quoted, values)) or "none"
            raise CheckFailed(f"expected header {name} {quoted(wanted)}, got {got}")
