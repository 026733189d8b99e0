"""tcp, dns and tls checks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.conftest import Execute
from tests.support.authority import Certificates, make_certificates
from tests.support.listener import Server, secured


def echo(connection: socket.socket) -> None:
    connection.sendall(b"220 ready\r\n")
    connection.sendall(b"got " + connection.recv(100))
    connection.recv(1)


@pytest.fixture
def talker() -> Iterator[Server]:
    server = Server(echo)
    yield server
    server.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Server]:
    server = Server(secured(certificates))
    yield server
    server.close()


@pytest.fixture
def check(execute: Execute):
    def run(rest: str) -> str | None:
        return execute(f"version: 2\nretries: 0\nchecks: [{{name: a, {rest}}}]").messages[0]

    return run


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("", None),
        (", expect: {body: 220}", None),
        (", send: hello, expect: {body: got hello, matches: '^220', latency: 20s}", None),
        (", timeout: 100ms, expect: {body: 500}", "timed out after 0.1s"),
    ],
)
def test_a_port_answers(check, talker: Server, rest: str, message: str | None) -> None:
    assert check(f"type: tcp, host: 127.0.0.1, port: {talker.port}{rest}") == message


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("type: tcp, host: 127.0.0.1, port: 1", "connecting to 127.0.0.1:1: Connection refused (os error 111)"),
        ("type: tcp, port: 1", "tcp check requires a 'host' field"),
        ("type: tcp, host: h", "tcp check requires a 'port' field"),
        ("type: dns, host: localhost, record: A, expect: {addresses: 127.0.0.1}", None),
        ("type: dns, host: localhost, record: A, expect: {addresses: [127.0.0.9]}",
         "expected localhost to have the address 127.0.0.9, got 127.0.0.1"),
        ("type: dns, host: localhost, record: MX", 'dns check knows the records A and AAAA, not "MX"'),
        ("type: tls, host: 127.0.0.1, port: 1", "TLS handshake with 127.0.0.1:1: Connection refused (os error 111)"),
    ],
)  # fmt: skip
def test_names_and_ports_say_what_is_wrong(check, rest: str, message: str | None) -> None:
    assert check(rest) == message


def test_a_name_that_does_not_exist_says_so(check) -> None:
    assert check("type: dns, host: no-such-name.invalid").startswith("resolving no-such-name.invalid: ")


@pytest.mark.parametrize(
    ("expect", "message"),
    [("", None), (", expect: {days: 1}", None), (", expect: {days: 30}", "expires in 1 days, wanted at least 30")],
)
def test_a_certificate_stays_valid_long_enough(
    check, secure: Server, certificates: Certificates, expect: str, message: str | None
) -> None:
    rest = f"type: tls, host: localhost, port: {secure.port}, ca_cert_file: {certificates.authority}"
    assert check(rest + expect) == message


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ("host: localhost", "unable to get local issuer certificate"),
        ("host: 127.0.0.1, server_name: other.example, ca_cert_file: {ca}", "ostname mismatch"),
    ],
)
def test_a_certificate_that_is_not_trusted_fails(
    check, secure: Server, certificates: Certificates, rest: str, message: str
) -> None:
    rest = rest.replace("{ca}", str(certificates.authority))
    said = check(f"type: tls, port: {secure.port}, {rest}")
    assert said.startswith("TLS handshake with ")
    assert "certificate verify failed: " in said
    assert message in said


def test_a_missing_file_of_certificates_says_so(check, tmp_path: Path) -> None:
    said = check(f"type: tls, host: localhost, ca_cert_file: {tmp_path}/no.pem")
    assert said == f'reading "{tmp_path}/no.pem": No such file or directory (os error 2)'


def test_a_server_without_tls_fails(check, talker: Server) -> None:
    assert check(f"type: tls, host: localhost, port: {talker.port}").startswith("TLS handshake with localhost:")
