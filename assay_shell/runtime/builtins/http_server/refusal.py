"""Requests that are answered by the server itself, because they are no requests or too much of one."""

from __future__ import annotations


class Refusal(Exception):
    """A request that goes no further: *status* and *reason* are the answer, and the connection is closed after it."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(f"{status} {reason}")


def malformed(reason: str) -> Refusal:
    """What is not HTTP as it should be: 400."""
    return Refusal(400, reason)
