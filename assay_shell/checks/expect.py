"""Expectations that several check types share, each raising CheckFailed with what was met instead."""

from __future__ import annotations

from assay_shell.checks.errors import CheckFailed
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Check


def require_text(check: Check, text: str, what: str) -> None:
    """Check `body`, `not_body` and `matches` on *text*, which messages call *what*."""
    for part in check.wanted("body") or ():
        if part not in text:
            raise CheckFailed(f"{what} does not contain {quoted(part)}")
    for part in check.wanted("not_body") or ():
        if part in text:
            raise CheckFailed(f"{what} contains {quoted(part)}")
    for pattern in check.wanted("matches") or ():
        _require_match(text, pattern, what)


def _require_match(text: str, pattern: str, what: str) -> None:
    from assay_shell.runtime.builtins.regex import match
    from assay_shell.runtime.errors import BuiltinError

    try:
        matched = match(text.encode("utf-8", "replace"), pattern.encode("utf-8", "replace"))
    except BuiltinError as exc:
        raise CheckFailed(exc.message) from exc
    if not matched:
        raise CheckFailed(f"{what} does not match {quoted(pattern)}")


def require_latency(check: Check, seconds: float) -> None:
    """Check `latency`."""
    limit = check.wanted("latency")
    if limit is not None and seconds > limit:
        raise CheckFailed(f"expected an answer within {_millis(limit)} ms, got one after {_millis(seconds)} ms")


def _millis(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


def in_millis(seconds: float) -> str:
    """*seconds* for people: `41 ms`."""
    return f"{_millis(seconds)} ms"


def require_range(check: Check, value: float) -> None:
    """Check `min` and `max`; NaN is neither above nor below anything."""
    least, most = check.wanted("min"), check.wanted("max")
    if least is not None and not value >= least:
        raise CheckFailed(f"expected min {number_text(least)}, got {number_text(value)}")
    if most is not None and not value <= most:
        raise CheckFailed(f"expected max {number_text(most)}, got {number_text(value)}")


def number_text(value: float) -> str:
    """*value* without exponent and without `.0`; `NaN`, `inf` and `-inf` for what has no digits."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    from decimal import Decimal

    return format(Decimal(repr(value)), "f").removesuffix(".0")
