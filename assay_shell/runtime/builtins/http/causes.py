"""Failures of the system and of TLS in words, as the HTTP engines give them for causes."""

from __future__ import annotations

from assay_shell.runtime.errors import os_reason


def system_error(exc: BaseException | None) -> OSError | None:
    """The innermost error of the system behind *exc*, None where there is none."""
    found = None
    while exc is not None:
        if isinstance(exc, OSError) and exc.errno is not None:
            found = exc
        inner = exc.exceptions[0] if isinstance(exc, BaseExceptionGroup) else exc.__cause__ or exc.__context__
        exc = inner
    return found


def system_words(exc: OSError) -> str:
    """What went wrong, with the system's number where it has one."""
    import socket
    import ssl

    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"invalid peer certificate: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"TLS: {exc.reason or exc}"
    if isinstance(exc, socket.gaierror):
        return f"failed to lookup address information: {exc.strerror}"
    return os_reason(exc)
