"""Certificates and keys from options and files."""

from __future__ import annotations

import binascii

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def trusted(where: str, pem: bytes | None, path: str | None) -> tuple[bytes, ...]:
    """The certificates of a text and of a file, in DER; a text without any gives none.

    Raises:
        BuiltinError: the file cannot be read, or a certificate's text is damaged.
    """
    found: list[bytes] = []
    if path is not None:
        found += _certificates(where, _read(where, "CA cert", path), f"invalid PEM in {quoted(path)}")
    if pem is not None:
        found += _certificates(where, pem, "invalid CA cert PEM")
    return tuple(found)


def identity(where: str, given: dict[str, Any]) -> bytes | None:
    """Certificate and key of the client as one PEM text, from `cert`/`cert_file` and `key`/`key_file`; None if absent.

    Raises:
        BuiltinError: a file cannot be read, or there is a key without a certificate.
    """
    cert = _given(where, given, "cert")
    key = _given(where, given, "key")
    if cert is None:
        if key is not None:
            raise BuiltinError(where, "a client key needs its certificate (cert or cert_file)")
        return None
    return cert if key is None else cert.rstrip() + b"\n" + key


def _given(where: str, given: dict[str, Any], name: str) -> bytes | None:
    path = given.get(f"{name}_file")
    if path is not None:
        return _read(where, f"client {name}", path)
    text: bytes | None = given.get(name)
    return text


def _read(where: str, what: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as exc:
        raise BuiltinError(where, f"failed to read {what} file {quoted(path)}: {os_reason(exc)}") from exc


def _certificates(where: str, pem: bytes, complaint: str) -> list[bytes]:
    found = []
    for block in pem.split(_BEGIN)[1:]:
        text, end, _ = block.partition(_END)
        if not end:
            raise BuiltinError(where, f"{complaint}: a certificate has no end")
        try:
            found.append(binascii.a2b_base64(b"".join(text.split()), strict_mode=True))
        except binascii.Error as exc:
            raise BuiltinError(where, f"{complaint}: {exc}") from exc
    return found
