"""TLS contexts: what is wrong with a certificate or key is said, and no key is left behind."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from assay_shell.runtime.trust import client_context, server_context
from tests.support.authority import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("authority"))


def locked(key: Path) -> bytes:
    made = load_pem_private_key(key.read_bytes(), None)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))


def test_what_is_missing_or_locked_is_said(certificates):
    certificate, key = certificates.server.read_bytes(), certificates.key.read_bytes()
    for pem in (b"", b"x", key, certificate, certificate + locked(certificates.key)):
        with pytest.raises(ssl.SSLError) as caught:
            server_context(pem)
        assert caught.value.reason == "no PEM text with both, or the key is locked by a password"


def test_a_key_that_belongs_to_another_certificate_is_told_apart(certificates, tmp_path):
    other = make_certificates(tmp_path).key.read_bytes()
    with pytest.raises(ssl.SSLError) as caught:
        server_context(certificates.server.read_bytes() + other)
    assert caught.value.reason == "KEY_VALUES_MISMATCH"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux has files that are in memory alone")
def test_a_key_never_reaches_a_disk(certificates, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    pem = certificates.server.read_bytes() + certificates.key.read_bytes()
    server_context(pem)
    client_context(identity=pem)


def test_nothing_stays_open_or_in_the_folder_for_temporary_files(certificates, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pem = certificates.server.read_bytes() + certificates.key.read_bytes()
    before = len(os.listdir("/dev/fd"))
    server_context(pem)
    with pytest.raises(ssl.SSLError):
        server_context(b"x")
    assert len(os.listdir("/dev/fd")) == before
    assert os.listdir(tmp_path) == []
