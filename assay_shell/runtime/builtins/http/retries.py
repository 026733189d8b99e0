"""When a request is tried again, and how long to wait before that."""

from __future__ import annotations

from assay_shell.runtime.builtins.http.engine import BadRequest, RedirectError, SendError, TooLarge
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.http.engine import EngineError, Headers
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

_STATUSES = frozenset((408, 429, 500, 502, 503, 504))
_BACKOFF = 0.5
_MAX_WAIT = 60.0
_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"))


class Retries:
    """Up to *count* further tries, waiting *backoff* seconds, then twice as long each time, *max_wait* at most.

    An answer with one of *statuses* counts as a failure. A POST or PATCH that may have reached the server is only
    sent again when *unsafe* says so.
    """

    __slots__ = ("backoff", "count", "max_wait", "statuses", "unsafe")

    def __init__(
        self,
        count: int,
        backoff: float = _BACKOFF,
        max_wait: float = _MAX_WAIT,
        statuses: frozenset[int] = _STATUSES,
        *,
        unsafe: bool = False,
    ) -> None:
        self.count = count
        self.backoff = backoff
        self.max_wait = max_wait
        self.statuses = statuses
        self.unsafe = unsafe

    def after_error(self, attempt: int, method: str, error: EngineError) -> float | None:
        """Seconds to wait after try number *attempt* has failed, None to give up."""
        if attempt > self.count or isinstance(error, BadRequest | RedirectError | TooLarge):
            return None
        unsent = isinstance(error, SendError) and error.unsent
        if not (unsent or self.unsafe or method in _REPEATABLE):
            return None
        return self._pause(attempt)

    def after_answer(self, attempt: int, method: str, status: int, headers: Headers) -> float | None:
        """Seconds to wait before trying again because of an answer, None when it is to be taken as it is.

        A `Retry-After` beyond *max_wait* is such a case: the script had better know now.
        """
        if attempt > self.count or status not in self.statuses:
            return None
        if not (self.unsafe or method in _REPEATABLE or status in (429, 503)):
            return None
        asked = retry_after(headers)
        if asked is None:
            return self._pause(attempt)
        return asked if asked <= self.max_wait else None

    def _pause(self, attempt: int) -> float:
        """Doubling, and up to a quarter longer, so that many clients do not come back at the same moment."""
        from random import random

        return min(self.backoff * 2.0 ** min(attempt - 1, 60) * (1 + random() / 4), self.max_wait)


def retry_after(headers: Headers) -> float | None:
    """Seconds that the answer asks to wait, given as such or as a date; None when it does not."""
    value = next((value.strip() for name, value in headers if name == "retry-after"), None)
    if value is None:
        return None
    if value.isdecimal():
        return float(value)
    from email.utils import parsedate_to_datetime
    from time import time

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, OverflowError):
        return None


def retries_from(runtime: Runtime, where: str, value: Value) -> Retries | None:
    """What the option `retries` says: a number of tries, or a table; None for none.

    Raises:
        BuiltinError: it is neither, or holds something out of range.
    """
    if value is None or value is False:
        return None
    if isinstance(value, Table):
        given = _OPTIONS.read(runtime, value)
        found = Retries(
            given.get("count", 3),
            given.get("backoff", _BACKOFF),
            given.get("max_wait", _MAX_WAIT),
            _statuses(where, given["statuses"]) if "statuses" in given else _STATUSES,
            unsafe=given.get("unsafe", False),
        )
    elif isinstance(value, int | float) and value is not True:
        found = Retries(int(value)) if value == value and abs(value) < 1e9 else Retries(-1)
    else:
        raise BuiltinError(where, "retries must be a number or a table {count, backoff, max_wait, statuses, unsafe}")
    if found.count < 0 or not found.backoff >= 0 or not found.max_wait >= 0:
        raise BuiltinError(where, "retries must not be negative")
    return found


_OPTIONS = Options("http retries", count="int", backoff="float", max_wait="float", statuses="Table", unsafe="bool")


def _statuses(where: str, table: Table) -> frozenset[int]:
    found = {value for _, value in table.items()}
    if not all(isinstance(value, int) for value in found):
        raise BuiltinError(where, "retries.statuses must be a list of status numbers")
    return frozenset(value for value in found if isinstance(value, int))
