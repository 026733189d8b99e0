"""`prometheus`: run an instant query and compare its first value."""

from __future__ import annotations

import re

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import number_text, require_latency, require_range
from assay_shell.checks.expressions import parse_json
from assay_shell.checks.requests import RequestFailed
from assay_shell.checks.tools import Passed, needed
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE
)


async def run(check: Check, tools: Tools) -> Passed:
    """Pass when the query has a value, and that is within `min` and `max`."""
    from urllib.parse import urlencode

    url, query = needed(check, "url"), needed(check, "query")
    address = f"{url.rstrip('/')}/api/v1/query?{urlencode({'query': query})}"
    try:
        answer = await tools.requests.get(address, check.settings.get("headers"))
    except RequestFailed as exc:
        start = "reading Prometheus response body" if exc.in_body else f"Prometheus query to {url}"
        raise CheckFailed(f"{start}: {exc}") from exc
    document = parse_json(answer.text, "Prometheus response")
    value = _value(document)
    shown = number_text(value)
    if check.expect is None:
        return Passed(f"query returned: {shown}", f"{query} = {shown}", lambda: document)
    require_range(check, value)
    require_latency(check, answer.seconds)
    return Passed(detail=f"{query} = {shown}", data=lambda: document)


def _value(document: Any) -> float:
    answer = document if isinstance(document, dict) else {}
    if answer.get("status") != "success":
        reason = answer.get("error")
        raise CheckFailed(f"Prometheus query failed: {reason if isinstance(reason, str) else 'unknown error'}")
    data = answer.get("data")
    found = data.get("result") if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise CheckFailed("unexpected Prometheus response format: missing data.result")
    if not found:
        raise CheckFailed("Prometheus query returned no results")
    pair = found[0].get("value") if isinstance(found[0], dict) else None
    if not isinstance(pair, list) or len(pair) < 2 or not isinstance(pair[1], str):
        raise CheckFailed("unexpected Prometheus result format: missing value")
    return _number(pair[1])


def _number(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        reason = "invalid float literal" if text else "cannot parse float from empty string"
        raise CheckFailed(f"failed to parse Prometheus value: {quoted(text)}: {reason}")
    return float(text)
