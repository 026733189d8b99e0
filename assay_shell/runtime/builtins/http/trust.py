"""TLS contexts for the engines that use Python's own TLS."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

from assay_shell.runtime.builtins.http.engine import BadRequest


@lru_cache(maxsize=8)  # the system's certificates take 20 ms and more to load
def trust(roots: tuple[bytes, ...], identity: bytes | None, store: str | None) -> ssl.SSLContext:
    """What tells good servers from bad; *store* is the environment's, which OpenSSL reads by itself."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not _has_store():
        import certifi  # httpx brings it

        context.load_verify_locations(cafile=certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # home-made authorities often lack what it asks for
    try:
        if roots:
            context.load_verify_locations(cadata=b"".join(roots))
        if identity is not None:
            _identify(context, identity)
    except ssl.SSLError as exc:
        raise BadRequest(f"invalid certificate: {exc.reason or exc}") from exc
    return context


def _has_store() -> bool:
    """Whether OpenSSL has a folder of certificates, which it reads as it needs them."""
    folder = ssl.get_default_verify_paths().capath
    return folder is not None and bool(os.listdir(folder))


def _identify(context: ssl.SSLContext, pem: bytes) -> None:
    """Load certificate and key; the ssl module takes them from a file only."""
    from tempfile import mkstemp

    handle, path = mkstemp(prefix="assay-")  # readable by its owner only
    try:
        with open(handle, "wb") as file:
            file.write(pem)
        context.load_cert_chain(path, password=b"")  # a locked key is an error, not a question on the terminal
    finally:
        os.unlink(path)
