"""Scripts against web servers from elsewhere: Python's own, and the TLS server that comes with OpenSSL."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command import Command

pytestmark = [pytest.mark.live, pytest.mark.leaves(reason="the servers live as long as the module")]


@dataclass(frozen=True)
class Tls:
    """A running TLS server and the certificate that vouches for it."""

    url: str
    certificate: Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served")
    (path / "data.bin").write_bytes(bytes(range(256)) * 4096)
    (path / "page.json").write_text('{"name": "cart", "replicas": 3}')
    return path


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    found = re.search(r"port (\d+)", process.stdout.readline())
    assert found is not None
    yield f"http://127.0.0.1:{found[1]}"
    process.terminate()
    process.communicate()


@pytest.fixture(scope="module")
def tls(folder: Path) -> Iterator[Tls]:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key, "-WWW", "-quiet"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(port)
    yield Tls(f"https://localhost:{port}", certificate)
    process.terminate()
    process.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_a_json_page_is_read(cli: Command, web: str) -> None:
    done = cli("exec", "-e", f"print(json.parse(http.get('{web}/page.json').body).replicas)")
    assert (done.returncode, done.stdout) == (0, b"3\n")


def test_a_megabyte_of_all_byte_values_arrives_unchanged(cli: Command, web: str, folder: Path) -> None:
    done = cli("exec", "-e", f"io.write(http.get('{web}/data.bin').body)")
    assert done.stdout == (folder / "data.bin").read_bytes()


def test_a_download_is_resumed_or_started_again_into_the_same_bytes(cli: Command, web: str, folder: Path) -> None:
    code = f"http.download('{web}/data.bin', 'copy.bin') print(fs.stat('copy.bin').size)"
    done = cli("exec", "-e", code)
    assert (done.returncode, done.stdout) == (0, b"1048576\n"), done.stderr


def test_fifty_requests_at_once_all_succeed(cli: Command, web: str) -> None:
    code = (
        "local urls = {} for i = 1, 50 do urls[i] = '" + web + "/page.json?' .. i end "
        "local answers = async.map(urls, function(url) return http.get(url) end, { concurrency = 50 }) "
        "local sum = 0 for _, answer in ipairs(answers) do sum = sum + answer.status end print(sum)"
    )
    assert cli("exec", "-e", code).stdout == b"10000\n"


def test_a_trusted_certificate_is_accepted(cli: Command, tls: Tls) -> None:
    code = f"print(http.get('{tls.url}/page.json').status)"
    done = cli("exec", "-e", code, env={"SSL_CERT_FILE": str(tls.certificate)})
    assert (done.returncode, done.stdout) == (0, b"200\n"), done.stderr


def test_an_unknown_certificate_is_refused(cli: Command, tls: Tls) -> None:
    done = cli("exec", "-e", f"http.get('{tls.url}/page.json')")
    assert done.returncode == 1
    assert b"error sending request for url" in done.stderr


def test_a_certificate_for_another_name_is_refused(cli: Command, tls: Tls) -> None:
    url = tls.url.replace("localhost", "127.0.0.1")
    done = cli("exec", "-e", f"http.get('{url}/page.json')", env={"SSL_CERT_FILE": str(tls.certificate)})
    assert done.returncode == 1
    assert b"error sending request for url" in done.stderr
