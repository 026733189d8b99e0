"""TLS contexts for builtins that speak to servers over sockets of their own.

Import this module where a connection is opened, not before: `ssl` takes its time.
"""

from __future__ import annotations

import ssl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OWN_FILES = "/proc/self/fd"


def client_context(
    roots: Iterable[bytes] = (), identity: bytes | None = None, *, verify: bool = True
) -> ssl.SSLContext:
    """A context that trusts what the machine trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` count) and *roots* (DER).

    *identity* is certificate and key of the client as one PEM text. Without *verify* it trusts everybody.

    Raises:
        ssl.SSLError: a certificate or key is unusable.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if not context.cert_store_stats()["x509_ca"] and not _has_folder():
        import certifi  # httpx brings it

        context.load_verify_locations(cafile=certifi.where())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # home-made authorities often lack what it asks for
    for root in roots:
        context.load_verify_locations(cadata=root)
    if identity is not None:
        _identify(context, identity)
    return context


def server_context(identity: bytes) -> ssl.SSLContext:
    """A context for servers; *identity* is certificate (with its chain) and key as one PEM text.

    Raises:
        ssl.SSLError: they are unusable, or do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    _identify(context, identity)
    return context


def _has_folder() -> bool:
    """Whether OpenSSL has a folder of certificates, which it reads as it needs them."""
    import os

    folder = ssl.get_default_verify_paths().capath
    return folder is not None and os.path.isdir(folder) and bool(os.listdir(folder))


def _identify(context: ssl.SSLContext, pem: bytes) -> None:
    """Load certificate and key; the ssl module takes them from a file only."""
    import os

    handle, path, stays = _file()
    try:
        with open(handle, "wb") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(path, password=b"")  # a locked key is an error, not a question on the terminal
    except ssl.SSLError as exc:
        exc.reason = exc.reason or "no PEM text with both, or the key is locked by a password"
        raise
    finally:
        if stays:
            os.unlink(path)


def _file() -> tuple[int, str, bool]:
    """A new file that only its owner may read: its descriptor, its path, and whether it stays when it is closed.

    Where the system can do so the file is in memory: whatever ends this process, no key is left on the disk.
    """
    import os
    from contextlib import suppress
    from tempfile import mkstemp

    if hasattr(os, "memfd_create") and os.path.isdir(_OWN_FILES):
        with suppress(OSError):  # not every sandbox has it
            handle = os.memfd_create("assay")
            return handle, f"{_OWN_FILES}/{handle}", False
    return *mkstemp(prefix="assay-"), True
