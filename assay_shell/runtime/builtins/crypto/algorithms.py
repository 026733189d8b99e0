"""The signature algorithms of tokens: which key each takes, how it signs and how it verifies."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    Key = Any
    """A secret as bytes, or a private or public key of `cryptography`."""

HMAC, RSA, EC, EDWARDS = "HMAC", "RSA", "EC", "Edwards"
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384"}


class Algorithm:
    """One algorithm: *name* as in a token's header, the kind of key it takes, the digest, the size of EC numbers."""

    __slots__ = ("bits", "kind", "name", "size")

    def __init__(self, name: str, kind: str, bits: int, size: int = 0) -> None:
        self.name = name
        self.kind = kind
        self.bits = bits
        self.size = size

    @property
    def needs(self) -> str:
        """What it takes to sign, in words."""
        return {
            HMAC: "a secret",
            RSA: "an RSA key",
            EC: f"an EC key on the curve P-{self.bits}",
            EDWARDS: "an Ed25519 or Ed448 key",
        }[self.kind]

    def sign(self, key: Key, data: bytes) -> bytes:
        """Return the signature of *data*.

        Raises:
            ValueError: the key is too short for the digest.
        """
        if self.kind == HMAC:
            return _hmac(key, data, self.bits)
        if self.kind == RSA:
            from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

            return bytes(key.sign(data, PKCS1v15(), _digest(self.bits)))
        if self.kind == EC:
            return self._join(key.sign(data, _ecdsa(self.bits)))
        return bytes(key.sign(data))

    def verifies(self, key: Key, signature: bytes, data: bytes) -> bool:
        """Tell whether *signature* is that of *data* by the owner of *key* (a secret or public key)."""
        from cryptography.exceptions import InvalidSignature

        if self.kind == HMAC:
            from hmac import compare_digest

            return compare_digest(_hmac(key, data, self.bits), signature)
        try:
            if self.kind == RSA:
                from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

                key.verify(signature, data, PKCS1v15(), _digest(self.bits))
            elif self.kind == EC:
                from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

                key.verify(self._split(signature), data, ECDSA(_digest(self.bits)))
            else:
                key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def _join(self, der: bytes) -> bytes:
        """Turn what OpenSSL makes of two numbers into the fixed form of tokens."""
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        r, s = decode_dss_signature(der)
        return r.to_bytes(self.size) + s.to_bytes(self.size)

    def _split(self, signature: bytes) -> bytes:
        """Turn the fixed form into OpenSSL's; one of the wrong length into what never verifies."""
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        if len(signature) != 2 * self.size:
            return b""
        numbers = (signature[: self.size], signature[self.size :])
        return encode_dss_signature(*(int.from_bytes(number) for number in numbers))


ALGORITHMS = {
    algorithm.name.upper(): algorithm
    for algorithm in (
        *(Algorithm(f"HS{bits}", HMAC, bits) for bits in (256, 384, 512)),
        *(Algorithm(f"RS{bits}", RSA, bits) for bits in (256, 384, 512)),
        Algorithm("ES256", EC, 256, size=32),
        Algorithm("ES384", EC, 384, size=48),
        Algorithm("EdDSA", EDWARDS, 0),
    )
}
"""Upper-case name -> algorithm. There is no `none`."""


def names_for(key: Key) -> frozenset[str]:
    """Return the names of the algorithms that *key* fits; of one family at most, so that none can be swapped in."""
    if isinstance(key, bytes):
        return frozenset(("HS256", "HS384", "HS512"))
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return frozenset(("RS256", "RS384", "RS512"))
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return frozenset(filter(None, (_CURVES.get(key.curve.name),)))
    edwards = (
        ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey, ed448.Ed448PublicKey, ed448.Ed448PrivateKey
    )  # fmt: skip
    return frozenset(("EdDSA",)) if isinstance(key, edwards) else frozenset()


def _hmac(secret: bytes, data: bytes, bits: int) -> bytes:
    import hmac

    return hmac.digest(secret, data, f"sha{bits}")


def _digest(bits: int) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    if bits == 256:
        return hashes.SHA256()
    return hashes.SHA384() if bits == 384 else hashes.SHA512()


def _ecdsa(bits: int) -> ECDSA:
    """Return the deterministic kind (RFC 6979) where OpenSSL has it: the same call gives the same token."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    try:
        return ECDSA(_digest(bits), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ECDSA(_digest(bits))
