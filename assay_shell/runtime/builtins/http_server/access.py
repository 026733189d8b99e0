"""Lines of the access log."""

from __future__ import annotations

from time import monotonic

from assay_shell.runtime.values import as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.builtins.http_server.link import Link


def entry_of(connection: Link, status: int, size: int, *, refused: bool) -> dict[str, Any]:
    """What is logged of a request: times in milliseconds, sizes in bytes. The query stays out: it may hold secrets."""
    entry: dict[str, Any] = {"method": "-", "path": "-", "status": status, "remote": connection.remote, "bytes": size}
    if not refused:
        head = connection.head
        entry["method"], entry["path"] = head.method.decode(), as_text(head.path)
        entry["ms"] = round((monotonic() - connection.since) * 1000, 3)
    if connection.request_id is not None:
        entry["id"] = connection.request_id
    return entry
