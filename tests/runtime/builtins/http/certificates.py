"""Certificates made on the spot."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Pair = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


class Authority:
    """Signs certificates; *folder* gets `ca.pem` and what is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pair = _issue(f"test authority of {folder}"[-60:], None, ca=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(_cert_pem(self._pair[1]))

    @property
    def pem(self) -> str:
        """The authority's own certificate."""
        return self.file.read_text()

    def server(self, *, name: str | None = None, wants_client: bool = False) -> ssl.SSLContext:
        """A server's context for 127.0.0.1, or for another *name*."""
        pair = _issue("server", self._pair, name=name)
        path = self._folder / f"server-{pair[1].serial_number}.pem"
        path.write_bytes(_cert_pem(pair[1]) + _key_pem(pair[0]))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.file))
        context.load_cert_chain(path)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # what is issued here is as plain as what many make at home
        context.verify_mode = ssl.CERT_REQUIRED if wants_client else ssl.CERT_NONE
        return context

    def client(self) -> tuple[str, str]:
        """Certificate and key of a client, as PEM text."""
        key, certificate = _issue("client", self._pair)
        return _cert_pem(certificate).decode(), _key_pem(key).decode()


def _issue(common_name: str, issuer: Pair | None, *, name: str | None = None, ca: bool = False) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.UTC)
    signer, issuer_name = (issuer[0], issuer[1].subject) if issuer else (key, subject)
    names: x509.GeneralName = x509.DNSName(name) if name else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([names]), critical=False)
    )
    return key, builder.sign(signer, hashes.SHA256())


def _cert_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())
