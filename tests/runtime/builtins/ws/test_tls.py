"""WebSockets over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from assay_shell.runtime.errors import ScriptError
from tests.runtime.builtins.ws.peer import Peer
from tests.support.authority import Certificates, make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def vault(certificates: Certificates) -> Iterator[Peer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.key)
    server = Peer(context)
    yield server
    server.close()


@pytest.fixture
def secure(vault: Peer) -> str:
    """Return the address of a server that says `secret`."""
    return vault.on("/", lambda conn: conn.send("secret")).replace("ws://127.0.0.1", "wss://localhost")


def test_a_certificate_of_an_authority_that_is_named_is_trusted(talk, secure, certificates):
    assert talk(secure, "return c:recv()", f"{{ ca_cert_file = '{certificates.authority}' }}") == "secret"
    assert talk(secure, "return c:recv()", f"{{ ca_cert = fs.read('{certificates.authority}') }}") == "secret"


def test_the_trust_of_the_environment_counts(talk, secure, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    assert talk(secure, "return c:recv()") == "secret"


def test_an_unknown_authority_is_not_trusted(talk, secure):
    with pytest.raises(ScriptError, match=r"^ws\.connect: TLS error: invalid peer certificate: "):
        talk(secure, "return 1")


def test_a_certificate_for_another_name_is_not_trusted(talk, secure, certificates, tmp_path):
    elsewhere = make_certificates(tmp_path)
    with pytest.raises(ScriptError, match="invalid peer certificate"):
        talk(secure, "return 1", f"{{ ca_cert_file = '{elsewhere.authority}' }}")
    url = secure.replace("localhost", "[::ffff:127.0.0.1]")
    with pytest.raises(ScriptError, match=r"^ws\.connect: TLS error: invalid peer certificate: "):
        talk(url, "return 1", f"{{ ca_cert_file = '{certificates.authority}' }}")


def test_trust_may_be_left_out_and_the_name_be_another(talk, secure, certificates):
    assert talk(secure, "return c:recv()", "{ verify = false }") == "secret"
    by_number = secure.replace("localhost", "[::ffff:127.0.0.1]")
    trusting = f"ca_cert_file = '{certificates.authority}'"
    assert talk(by_number, "return c:recv()", f"{{ {trusting}, server_name = 'localhost' }}") == "secret"


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        ("{ ca_cert_file = '/none' }", 'failed to read CA cert file "/none": No such file or directory (os error 2)'),
        ("{ key = 'x' }", "a client key needs its certificate (cert or cert_file)"),
        ("{ cert = 'x' }", "TLS error: invalid certificate: "),
    ],
)
def test_certificates_that_cannot_be_used_are_named(fails, opts, message):
    assert fails(f"ws.connect('wss://127.0.0.1:1', {opts})").startswith(f"ws.connect: {message}")
