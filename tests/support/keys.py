"""Keys of every kind, made once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "EdDSA"]
SECRET = "a secret of as many bytes as the longest digest, sixty-four of them"


@dataclass(frozen=True)
class Pair:
    """A key pair and its forms as text."""

    private: Any

    def pem(self, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None) -> str:
        encryption = BestAvailableEncryption(password) if password else NoEncryption()
        return str(self.private.private_bytes(Encoding.PEM, form, encryption).decode())

    def public(
        self, encoding: Encoding = Encoding.PEM, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo
    ) -> bytes:
        return bytes(self.private.public_key().public_bytes(encoding, form))


@cache
def pair(kind: str) -> Pair:
    """Return the key pair of that kind; always the same within a run."""
    makers = {
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
        "another RSA": lambda: rsa.generate_private_key(65537, 2048),
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate,
        "Ed448": ed448.Ed448PrivateKey.generate,
    }
    return Pair(makers[kind]())


KIND = {"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "ES256": "P-256", "ES384": "P-384", "EdDSA": "Ed25519"}


def keys_for(algorithm: str) -> tuple[str, str]:
    """Return what signs and what verifies with *algorithm*, as text."""
    if algorithm.startswith("HS"):
        return SECRET, SECRET
    keys = pair(KIND[algorithm])
    return keys.pem(), keys.public().decode()


def certificate_of(private: Any) -> bytes:
    """Return a certificate, signed by its own key, as PEM."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tokens.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)


def lua(text: str | bytes) -> str:
    """Return a Lua string literal."""
    data = text.encode() if isinstance(text, str) else text
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'
