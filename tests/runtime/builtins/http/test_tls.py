"""Trust, client certificates, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.builtins.http.certificates import Authority
from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer

Serve = Callable[..., RawServer]


def _ok(peer: Peer) -> None:
    while peer.head():
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_a_certificate_of_an_unknown_authority_is_refused(refuses: Refuses, serve: Serve, authority: Authority) -> None:
    server = serve(_ok, tls=authority.server())
    message = refuses(f'http.get("{server.url}")')
    assert message.startswith(
        f"http.get failed: error sending request for url ({server.url}/): invalid peer certificate: "
    )


def test_a_certificate_of_another_name_is_refused(refuses: Refuses, serve: Serve, authority: Authority) -> None:
    server = serve(_ok, tls=authority.server(name="other.example"))
    message = refuses(f'http.get("{server.url}", {{ ca_cert_file = "{authority.file}" }})')
    assert "invalid peer certificate: " in message
    assert "127.0.0.1" in message


def test_a_server_may_be_known_by_another_name(ask: Ask, refuses: Refuses, serve: Serve, authority: Authority) -> None:
    server = serve(_ok, tls=authority.server(name="other.example"))
    trusting = f'ca_cert_file = "{authority.file}"'
    assert ask(f'return http.get("{server.url}", {{ {trusting}, server_name = "other.example" }}).body') == "ok"
    message = refuses(f'http.get("{server.url}", {{ {trusting}, server_name = "third.example" }})')
    assert "invalid peer certificate: " in message


def test_a_name_cannot_be_given_through_a_proxy(refuses: Refuses) -> None:
    message = refuses('http.get("https://127.0.0.1:1", { server_name = "a.example", proxy = "http://127.0.0.1:1" })')
    assert message == "http.get: failed to build client: server_name cannot be used with a proxy"


def test_verification_is_left_out_only_when_asked(
    ask: Ask, refuses: Refuses, serve: Serve, authority: Authority
) -> None:
    server = serve(_ok, tls=authority.server(name="other.example"))
    assert ask(f'return http.get("{server.url}", {{ verify = false }}).body') == "ok"
    assert ask(f'return http.client({{ verify = false }}):get("{server.url}").body') == "ok"
    assert "invalid peer certificate: " in refuses(
        f'http.get("{server.url}", {{ verify = false }}) http.get("{server.url}")'
    )
    assert "invalid peer certificate: " in refuses(f'http.get("{server.url}", {{ verify = true }})')


@pytest.mark.parametrize("form", ["ca_cert_file", "ca_cert"])
def test_an_own_authority_is_trusted(ask: Ask, serve: Serve, authority: Authority, form: str) -> None:
    server = serve(_ok, tls=authority.server())
    value = str(authority.file) if form == "ca_cert_file" else f"some words\n{authority.pem}\nmore"
    assert ask(f'return http.client({{ {form} = [[{value}]] }}):get("{server.url}").body') == "ok"
    assert ask(f'return http.get("{server.url}", {{ {form} = [[{value}]] }}).body') == "ok"


def test_own_authorities_may_come_from_text_and_file_at_once(
    ask: Ask, serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    another = Authority(tmp_path)
    server = serve(_ok, tls=authority.server())
    opts = f'{{ ca_cert_file = "{another.file}", ca_cert = [[{another.pem}{authority.pem}]] }}'
    assert ask(f'return http.client({opts}):get("{server.url}").body') == "ok"


def test_ssl_cert_file_is_the_trust_store(
    ask: Ask, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    server = serve(_ok, tls=authority.server())
    assert ask(f'return http.get("{server.url}").body') == "ok"


@pytest.mark.parametrize("form", ["texts", "one text", "files"])
def test_a_client_certificate_is_shown_when_asked(
    ask: Ask, serve: Serve, authority: Authority, tmp_path: Path, form: str
) -> None:
    cert, key = authority.client()
    (tmp_path / "cert.pem").write_text(cert)
    (tmp_path / "key.pem").write_text(key)
    identity = {
        "texts": f"cert = [[{cert}]], key = [[{key}]]",
        "one text": f"cert = [[{cert}{key}]]",
        "files": f'cert_file = "{tmp_path}/cert.pem", key_file = "{tmp_path}/key.pem"',
    }[form]
    server = serve(_ok, tls=authority.server(wants_client=True))
    code = f'return http.client({{ ca_cert_file = "{authority.file}", {identity} }}):get("{server.url}").body'
    assert ask(code) == "ok"


def test_a_missing_client_certificate_is_an_error(refuses: Refuses, serve: Serve, authority: Authority) -> None:
    server = serve(_ok, tls=authority.server(wants_client=True))
    message = refuses(f'http.get("{server.url}", {{ ca_cert_file = "{authority.file}" }})')
    assert message.startswith(f"http.get failed: error sending request for url ({server.url}/): ")


def test_speaking_tls_to_a_plain_server_is_an_error(refuses: Refuses, serve: Serve) -> None:
    def talk(peer: Peer) -> None:
        peer.gone()
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = serve(talk)
    message = refuses(f'http.get("https://127.0.0.1:{server.port}")')
    assert message.startswith("http.get failed: error sending request for url (https://")


BROKEN = "-----BEGIN CERTIFICATE-----\\nZm9v\\n-----END CERTIFICATE-----\\n"


@pytest.mark.parametrize(
    ("opts", "message"),
    [
        (
            'ca_cert_file = "/nowhere/ca.pem"',
            'http.client: failed to read CA cert file "/nowhere/ca.pem": No such file or directory (os error 2)',
        ),
        ('ca_cert_file = "/"', 'http.client: failed to read CA cert file "/": Is a directory (os error 21)'),
        (
            'cert_file = "/nowhere/c.pem"',
            'http.client: failed to read client cert file "/nowhere/c.pem": No such file or directory (os error 2)',
        ),
        ('key = "x"', "http.client: a client key needs its certificate (cert or cert_file)"),
    ],
)
def test_what_cannot_be_read_is_an_error(refuses: Refuses, opts: str, message: str) -> None:
    assert refuses(f"http.client({{ {opts} }})") == message


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        pytest.param("-----BEGIN CERTIFICATE-----\\n!!!!\\n-----END CERTIFICATE-----", "invalid", id="base64"),
        pytest.param("-----BEGIN CERTIFICATE-----\\nZm9v\\n", "invalid", id="no end"),
        pytest.param(BROKEN, "failed", id="no certificate inside"),
    ],
)
def test_a_broken_certificate_is_an_error(refuses: Refuses, tmp_path: Path, text: str, beginning: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(text.replace("\\n", "\n"))
    by_text = {"invalid": "http.client: invalid CA cert PEM: ", "failed": "http.client: failed to build client: "}
    by_file = {"invalid": f'http.client: invalid PEM in "{path}": ', "failed": "http.client: failed to build client: "}
    assert refuses(f'http.client({{ ca_cert = "{text}" }})').startswith(by_text[beginning])
    assert refuses(f'http.client({{ ca_cert_file = "{path}" }})').startswith(by_file[beginning])


def test_a_broken_client_certificate_is_an_error(refuses: Refuses) -> None:
    assert refuses('http.client({ cert = "x", key = "y" })').startswith("http.client: failed to build client: ")


@pytest.mark.parametrize("text", ["", "no certificate in here"])
def test_a_text_without_certificates_is_accepted(ask: Ask, text: str) -> None:
    ask(f'http.client({{ ca_cert = "{text}" }})')
