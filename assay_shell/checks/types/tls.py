"""`tls`: a server has a certificate that is trusted, names it, and stays valid for long enough."""

from __future__ import annotations

import asyncio
from time import monotonic, time

from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import number_text, require_latency
from assay_shell.checks.tools import Passed, needed
from assay_shell.checks.types.tcp import TIMEOUT, close, reason
from assay_shell.runtime.errors import os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

_DAY = 86400


async def run(check: Check, tools: Tools) -> Passed:
    """Shake hands and look at the certificate; `days` is how long it must still be valid."""
    host, port = needed(check, "host"), check.settings.get("port", 443)
    started = monotonic()
    expires = await _expiry(check, host, port)
    took = monotonic() - started
    left = (expires - time()) / _DAY
    wanted = check.wanted("days")
    if wanted is not None and left < wanted:
        raise CheckFailed(f"expires in {int(left)} days, wanted at least {number_text(wanted)}")
    require_latency(check, took)
    return Passed(detail=f"expires in {int(left)} days", data=lambda: {"days": int(left), "expires": int(expires)})


async def _expiry(check: Check, host: str, port: int) -> float:
    """When the certificate ends, in seconds of Unix time."""
    import ssl  # takes its time, and only this type needs it

    where = f"TLS handshake with {host}:{port}"
    name = check.settings.get("server_name", host)
    try:
        async with asyncio.timeout(TIMEOUT):
            _, writer = await asyncio.open_connection(host, port, ssl=_context(check), server_hostname=name)
    except TimeoutError as exc:
        raise CheckFailed(f"{where}: timed out") from exc
    except ssl.SSLCertVerificationError as exc:
        raise CheckFailed(f"{where}: certificate verify failed: {exc.verify_message}") from exc
    except ssl.SSLError as exc:
        raise CheckFailed(f"{where}: {exc.reason or exc}") from exc
    except OSError as exc:
        raise CheckFailed(f"{where}: {reason(exc)}") from exc
    try:
        certificate = writer.get_extra_info("ssl_object").getpeercert()
    finally:
        await close(writer)
    return ssl.cert_time_to_seconds(certificate["notAfter"])


def _context(check: Check) -> ssl.SSLContext:
    from assay_shell.runtime.trust import client_context

    context = client_context()
    path = check.settings.get("ca_cert_file")
    if path is not None:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ValueError) as exc:
            raise CheckFailed(f"reading {quoted(path)}: {os_reason(exc)}") from exc
    return context
