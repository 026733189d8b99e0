"""TLS contexts for the engines that use Python's own TLS."""

from __future__ import annotations

import ssl
from functools import lru_cache

from assay_shell.runtime.builtins.http.engine import BadRequest
from assay_shell.runtime.trust import client_context


@lru_cache(maxsize=8)  # the system's certificates take 20 ms and more to load
def trust(roots: tuple[bytes, ...], identity: bytes | None, store: str | None, *, verify: bool) -> ssl.SSLContext:
    """What tells good servers from bad; *store* is the environment's, which OpenSSL reads by itself.

    Raises:
        BadRequest: a certificate or key is unusable.
    """
    try:
        return client_context(roots, identity, verify=verify)
    except ssl.SSLError as exc:
        raise BadRequest(f"invalid certificate: {exc.reason or exc}") from exc
