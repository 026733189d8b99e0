"""Keys as scripts have them (PEM text, secrets, JSON Web Keys) turned into keys that sign and verify.

What a key is good for is read from the key itself, never from a token: text that is, or hides, a public key in any of
its usual forms is never taken for an HMAC secret, since everybody knows it.
"""

from __future__ import annotations

from functools import lru_cache

from assay_shell.runtime.builtins.base64 import decode_url
from assay_shell.runtime.builtins.crypto.algorithms import HMAC, names_for
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from assay_shell.runtime.builtins.crypto.algorithms import Algorithm, Key

_ENCODED_SEQUENCE = b"M"  # how the base64 of a DER structure starts
_SEQUENCE = b"0"  # and the structure itself
_SSH = (b"ssh-", b"ecdsa-sha2-")


class KeyRefused(Exception):
    """The key cannot be used; the text says why and has nothing of the key in it."""


class PublicKeyRefused(KeyRefused):
    """A public key was given where a private one is needed."""


def signing_key(text: bytes, algorithm: Algorithm) -> Key:
    """Return the key in *text* that signs with *algorithm*.

    Raises:
        PublicKeyRefused: it is a public key.
        KeyRefused: it is no key, encrypted, or one of another kind.
    """
    if algorithm.kind == HMAC:
        return _secret(text)
    if b"PRIVATE KEY-----" not in text and (b"PUBLIC KEY-----" in text or b"-----BEGIN CERTIFICATE-----" in text):
        raise PublicKeyRefused("a public key cannot sign")
    key = _private_key(text)
    if algorithm.name not in names_for(key):
        raise KeyRefused(f"{algorithm.name} needs {algorithm.needs}")
    return key


def _secret(text: bytes) -> bytes:
    if not text.strip():
        raise KeyRefused("it is empty")
    if not isinstance(verifying_key(text), bytes):
        raise KeyRefused("a key pair is no secret")
    return text


@lru_cache(maxsize=16)  # checking an RSA key takes a hundred times as long as signing with it
def _private_key(text: bytes) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(text, None)
    except TypeError:
        raise KeyRefused("it is encrypted") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused("it is not a private key in PEM form") from None


@lru_cache(maxsize=16)
def verifying_key(text: bytes) -> Key:
    """Return the key in *text* that verifies: a public key of any form, or the text itself as a secret.

    PEM may hold a public key, a certificate or a private key; DER, bare base64 of it and SSH public keys are known.

    Raises:
        KeyRefused: it is empty, PEM that cannot be read, or a JSON Web Key that was not parsed.
    """
    if not text.strip():
        raise KeyRefused("the key is empty")
    if b"-----BEGIN" in text:
        return _public_of(text, _pem_readers(text))
    bare = text.strip()
    if bare.startswith(_SSH):
        from cryptography.hazmat.primitives.serialization import load_ssh_public_key

        return _public_of(bare, [load_ssh_public_key])
    if bare.startswith(b"{") and (b'"kty"' in bare or b'"keys"' in bare):
        raise KeyRefused("a JSON Web Key must be given as a table")
    return _hidden_public_key(bare) or text


def _pem_readers(text: bytes) -> list[Callable[[bytes], Any]]:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    if b"PRIVATE KEY-----" in text:
        return [lambda data: load_pem_private_key(data, None).public_key()]
    if b"-----BEGIN CERTIFICATE-----" in text:
        return [lambda data: load_pem_x509_certificate(data).public_key()]
    return [load_pem_public_key]


def _public_of(data: bytes, readers: list[Callable[[bytes], Any]]) -> Key:
    """Return what the first of *readers* makes of *data*."""
    from cryptography.exceptions import UnsupportedAlgorithm

    for reader in readers:
        try:
            return reader(data)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    raise KeyRefused("the key cannot be read")


def _hidden_public_key(text: bytes) -> Key | None:
    """Return the public key or certificate that *text* is in DER or in bare base64 of it; None for anything else.

    Keycloak, for one, shows its keys without the lines that would make them PEM.
    """
    from binascii import Error, a2b_base64

    if text.startswith(_ENCODED_SEQUENCE):
        try:
            text = a2b_base64(text)
        except Error:
            return None
    if not text.startswith(_SEQUENCE):
        return None
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from cryptography.x509 import load_der_x509_certificate

    try:
        return _public_of(text, [load_der_public_key, lambda data: load_der_x509_certificate(data).public_key()])
    except KeyRefused:
        return None


def from_jwk(jwk: Mapping[str, Any]) -> Key:
    """Return the verifying key of a JSON Web Key (`kty` RSA, EC, OKP or oct); its private members are not looked at.

    Raises:
        KeyRefused: the type or curve is unknown, or a member is missing or wrong.
    """
    build = _BUILDERS.get(str(jwk.get("kty")))
    if build is None:
        raise KeyRefused("the JSON Web Key has an unknown type (kty)")
    try:
        return build(jwk)
    except (ValueError, KeyError, TypeError, BuiltinError):
        raise KeyRefused("the JSON Web Key has missing or wrong members") from None


def allows(jwk: Mapping[str, Any], algorithm: Algorithm) -> bool:
    """Tell whether a JSON Web Key allows itself to be used for verifying with *algorithm*."""
    operations = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return False
    return bool(jwk.get("alg", algorithm.name) == algorithm.name)


def _member(jwk: Mapping[str, Any], name: str) -> bytes:
    text = jwk[name]
    if not isinstance(text, str):
        raise ValueError(f"{name} is no string")
    return decode_url(as_bytes(text))


def _rsa(jwk: Mapping[str, Any]) -> Key:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    return RSAPublicNumbers(int.from_bytes(_member(jwk, "e")), int.from_bytes(_member(jwk, "n"))).public_key()


def _ec(jwk: Mapping[str, Any]) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}[jwk["crv"]]()
    x, y = int.from_bytes(_member(jwk, "x")), int.from_bytes(_member(jwk, "y"))
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()


def _okp(jwk: Mapping[str, Any]) -> Key:
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    if jwk["crv"] == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(_member(jwk, "x"))
    if jwk["crv"] == "Ed448":
        return ed448.Ed448PublicKey.from_public_bytes(_member(jwk, "x"))
    raise ValueError("unknown curve")


def _oct(jwk: Mapping[str, Any]) -> Key:
    secret = _member(jwk, "k")
    if not secret:
        raise ValueError("empty")
    return secret


_BUILDERS: dict[str, Callable[[Mapping[str, Any]], Key]] = {"RSA": _rsa, "EC": _ec, "OKP": _okp, "oct": _oct}
