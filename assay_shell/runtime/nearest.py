"""Which known name somebody probably meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like *name*, None when none is near."""
    from difflib import get_close_matches  # 4 ms, only when something is wrong already

    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found else ""
