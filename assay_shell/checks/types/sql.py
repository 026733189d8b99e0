"""`sql`: a query against a database, by the `db` builtins."""

from __future__ import annotations

import os
from time import monotonic

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import in_millis, number_text, require_latency, require_range
from assay_shell.checks.expressions import require_true
from assay_shell.checks.scripts import evaluate
from assay_shell.checks.tools import Passed, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools


async def run(check: Check, tools: Tools) -> Passed:
    """Run the query; pass when its rows are as expected. `value` is its first row, which has one column then."""
    url, query = needed(check, "url"), needed(check, "query")
    started = monotonic()
    try:
        results = await evaluate(tools, _source, "<sql>", args=(url, query, check.settings.get("params") or []))
    except CheckFailed as exc:
        raise CheckFailed(exc.message.partition("\nstack traceback:")[0]) from exc
    took = monotonic() - started
    rows = results[0] if results and isinstance(results[0], list) else []
    _require(check, rows)
    require_latency(check, took)
    noun = "row" if len(rows) == 1 else "rows"
    return Passed(detail=f"{len(rows)} {noun} in {in_millis(took)}", data=lambda: rows)


def _source() -> bytes:
    with open(os.path.join(os.path.dirname(__file__), "sql.lua"), "rb") as file:
        return file.read()


def _require(check: Check, rows: list[Any]) -> None:
    count = check.wanted("rows")
    if count is not None and len(rows) != count:
        raise CheckFailed(f"expected {count} rows, got {len(rows)}")
    if any(check.wanted(name) is not None for name in ("value", "min", "max")):
        _require_value(check, _single(rows))
    for expression in check.wanted("jmespath") or ():
        require_true(expression, rows)


def _single(rows: list[Any]) -> Any:
    """The value of the one column of the first row.

    Raises:
        CheckFailed: there is no row, or it has several columns: which comes first is not known.
    """
    if not rows:
        raise CheckFailed("the query returned no rows")
    columns = list(rows[0].values()) if isinstance(rows[0], dict) else []
    if len(columns) > 1:
        raise CheckFailed(f"value, min and max need a query with one column, got {len(columns)}")
    return columns[0] if columns else None


def _require_value(check: Check, value: Any) -> None:
    wanted = check.wanted("value")
    shown = _text(value)
    if wanted is not None and shown != wanted:
        raise CheckFailed(f'expected the value "{wanted}", got "{shown}"')
    if check.wanted("min") is None and check.wanted("max") is None:
        return
    try:
        number = float(value)
    except (TypeError, ValueError) as exc:
        raise CheckFailed(f'expected a number, got "{shown}"') from exc
    require_range(check, number)


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return number_text(value) if isinstance(value, float) else str(value)
