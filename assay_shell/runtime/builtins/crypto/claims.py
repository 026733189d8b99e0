"""What a verified token claims: when it holds, for whom, and from whom."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Rejected(Exception):
    """A claim does not hold; the text says which."""


def check_times(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    """Check `exp`, `nbf` and `iat` where they are there, at *now* (seconds since 1970) give or take *leeway* seconds.

    Raises:
        Rejected: the token has expired, is not valid yet or comes from the future, or a time is not a number.
    """
    expires, starts, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + leeway:
        raise Rejected("token expired")
    if starts is not None and now < starts - leeway:
        raise Rejected("token is not valid yet")
    if issued is not None and now < issued - leeway:
        raise Rejected("token was issued in the future")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Rejected(f"claim {name} is not a number")
    return found


def check_audience(claims: Mapping[str, Any], accepted: Sequence[str] | None) -> None:
    """Check that the token is for one of *accepted*; None says that the caller answers to no name.

    Raises:
        Rejected: it is for others only, or for somebody and the caller did not say for whom it speaks.
    """
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if accepted is None and audience is not None:
        raise Rejected("the token is meant for an audience: give opts.audience (false accepts any)")
    if accepted is not None and not any(name in accepted for name in named):
        raise Rejected("audience mismatch" if audience is not None else "the token has no audience")


def check_issuer(claims: Mapping[str, Any], accepted: Sequence[str]) -> None:
    """Check that one of *accepted* issued the token.

    Raises:
        Rejected: somebody else did, or it does not say.
    """
    if claims.get("iss") not in accepted:
        raise Rejected("issuer mismatch" if "iss" in claims else "the token has no issuer")


def check_present(claims: Mapping[str, Any], names: Sequence[str]) -> None:
    """Check that all claims of *names* are there.

    Raises:
        Rejected: one is not.
    """
    for name in names:
        if claims.get(name) is None:
            raise Rejected(f"claim {name} is missing")
