"""Digests with and without a key, and comparing them."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.values import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Value

ALGORITHMS = {
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha3-224": "sha3_224",
    "sha3-256": "sha3_256",
    "sha3-384": "sha3_384",
    "sha3-512": "sha3_512",
}
"""Name in scripts -> name in hashlib."""


def hash_text(data: Value, alg: Value = None) -> str:
    """Return the digest of *data*, any bytes, as lower-case hex.

    *alg* is one of `sha224`, `sha256` (the default), `sha384`, `sha512`, `sha3-224`, `sha3-256`, `sha3-384` and
    `sha3-512`, in any case.

    Example: `crypto.hash(fs.read("release.tar.gz"), "sha512")`

    Raises:
        BuiltinError: an argument is no string, or the algorithm is unknown.
    """
    import hashlib

    name = "sha256"
    content = _bytes("crypto.hash", "first argument must be a string", data)
    if alg is not None:
        name = _algorithm("crypto.hash", "second", alg)
    digest: str = getattr(hashlib, name)(content).hexdigest()  # half the time of hashlib.new
    return digest


def hmac_text(key: Value, data: Value, alg: Value = None, raw: Value = None) -> str | bytes:
    """Return the HMAC of *data* under *key*, both any bytes, as lower-case hex.

    When *raw* is true it comes as bytes, fit to be the key of the next one. Algorithms are those of `crypto.hash`.

    Example: `crypto.hmac(webhook_secret, request.body)`

    Raises:
        BuiltinError: an argument has the wrong type (numbers are no strings here), or the algorithm is unknown.
    """
    import hmac

    secret = _bytes("crypto.hmac", "first argument must be a string (key)", key)
    content = _bytes("crypto.hmac", "second argument must be a string (data)", data)
    name = "sha256" if alg is None else _algorithm("crypto.hmac", "third", alg)
    if raw is not None and not isinstance(raw, bool):
        raise BuiltinError("crypto.hmac", "fourth argument must be a boolean or nil")
    found = hmac.digest(secret, content, name)
    return found if raw else found.hex()


def equal(a: Value, b: Value) -> bool:
    """Return whether two strings are equal, without the time it takes telling where they differ.

    Compare signatures and tokens with it that others sent: `==` stops at the first difference.

    Example: `crypto.equal(request.headers["x-signature"], crypto.hmac(secret, request.body))`

    Raises:
        BuiltinError: an argument is no string.
    """
    import hmac

    first = _bytes("crypto.equal", "first argument must be a string", a)
    return hmac.compare_digest(first, _bytes("crypto.equal", "second argument must be a string", b))


def _bytes(function: str, complaint: str, value: Value) -> bytes:
    if not isinstance(value, str):
        raise BuiltinError(function, complaint)
    return as_bytes(value)


def _algorithm(function: str, position: str, alg: Value) -> str:
    """Return hashlib's name of the algorithm *alg*."""
    if not isinstance(alg, str):
        raise BuiltinError(function, f"{position} argument must be an algorithm string or nil")
    name = ALGORITHMS.get(alg.lower())
    if name is None:
        supported = ", ".join(ALGORITHMS)
        raise BuiltinError(function, f"unsupported algorithm: {alg.lower()} (supported: {supported})")
    return name
