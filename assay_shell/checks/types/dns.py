"""`dns`: a name has addresses, by the resolver of this machine."""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import in_millis, require_latency
from assay_shell.checks.tools import Passed, needed
from assay_shell.checks.types.tcp import TIMEOUT, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

_FAMILIES = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}


async def run(check: Check, tools: Tools) -> Passed:
    """Resolve the name; pass when it has addresses, and those that are expected are among them."""
    host = needed(check, "host")
    record = check.settings.get("record")
    if record is not None and record not in _FAMILIES:
        raise CheckFailed(f'dns check knows the records A and AAAA, not "{record}"')
    family = socket.AF_UNSPEC if record is None else _FAMILIES[record]
    started = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, family=family, type=socket.SOCK_STREAM)
    except TimeoutError as exc:
        raise CheckFailed(f"resolving {host}: timed out") from exc
    except OSError as exc:
        raise CheckFailed(f"resolving {host}: {reason(exc)}") from exc
    took = monotonic() - started
    addresses = sorted({str(entry[4][0]) for entry in found})
    for wanted in check.wanted("addresses") or ():
        if wanted not in addresses:
            raise CheckFailed(f"expected {host} to have the address {wanted}, got {', '.join(addresses)}")
    require_latency(check, took)
    return Passed(detail=f"{', '.join(addresses)} in {in_millis(took)}", data=lambda: addresses)
