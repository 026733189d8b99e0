"""`tcp`: a connection can be made, and what the other side says."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import in_millis, require_latency, require_text
from assay_shell.checks.tools import Passed, needed
from assay_shell.runtime.errors import os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

TIMEOUT = 30.0
"""Seconds for a connection, and for an answer."""

_MOST_ANSWER = 64 << 10


async def run(check: Check, tools: Tools) -> Passed:
    """Connect, send what is to be sent, and read until the answer is as expected."""
    host, port = needed(check, "host"), needed(check, "port")
    started = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(host, port)
    except TimeoutError as exc:
        raise CheckFailed(f"connecting to {host}:{port}: timed out") from exc
    except OSError as exc:
        raise CheckFailed(f"connecting to {host}:{port}: {reason(exc)}") from exc
    took = monotonic() - started
    try:
        text = await _conversation(check, reader, writer)
    except OSError as exc:
        raise CheckFailed(f"talking to {host}:{port}: {reason(exc)}") from exc
    finally:
        await close(writer)
    require_text(check, text, "answer")
    require_latency(check, took)
    return Passed(detail=f"connected in {in_millis(took)}", data=lambda: text)


async def _conversation(check: Check, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """What comes back: up to the point where it is as expected, its end, 64 KiB or a time limit."""
    message = check.settings.get("send")
    if message is not None:
        writer.write(message.encode("utf-8", "surrogateescape"))
        await writer.drain()
    data = b""
    if not any(check.wanted(name) for name in ("body", "not_body", "matches")) and not check.capture:
        return ""
    with suppress(TimeoutError):
        async with asyncio.timeout(TIMEOUT):
            while len(data) < _MOST_ANSWER and (more := await reader.read(4096)):
                data += more
                if _is_enough(check, _text(data)):
                    break
    return _text(data)


def _is_enough(check: Check, text: str) -> bool:
    if check.wanted("not_body"):
        return False
    try:
        require_text(check, text, "answer")
    except CheckFailed:
        return False
    return True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def reason(exc: OSError) -> str:
    """Why a connection cannot be made, in the system's words."""
    import socket

    if isinstance(exc, socket.gaierror):
        return exc.strerror or str(exc)
    # asyncio joins the failures of several addresses in a text of its own.
    return os_reason(exc) if exc.errno is not None else str(exc)


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection; how the other side takes it is of no interest any more."""
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
