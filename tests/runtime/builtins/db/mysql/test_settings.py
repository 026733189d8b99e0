"""MySQL URLs."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.mysql.settings import Settings
from assay_shell.runtime.vm import Runtime


@pytest.fixture
def settings():
    with Runtime(log=lambda *line, **fields: None) as runtime:
        yield lambda url: Settings(runtime, url)


def test_what_a_url_says(settings) -> None:
    found = settings("mysql://u%40x:p%2Fw@db.example:3307/my%20app")
    assert (found.user, found.password, found.host, found.port, found.database) == (
        "u@x", "p/w", "db.example", 3307, "my app",
    )  # fmt: skip
    assert found.label == "mysql://db.example/my app"


def test_what_it_leaves_out(settings) -> None:
    found = settings("mariadb://")
    assert (found.user, found.password, found.host, found.port, found.database) == ("root", "", "localhost", 3306, None)
    assert found.tls == "preferred"


def test_a_socket_needs_no_tls(settings) -> None:
    found = settings("mysql://u@/d?socket=/run/mysqld.sock&ssl-mode=required")
    assert (found.socket, found.needs_tls, found.tls_context()) == ("/run/mysqld.sock", False, None)


@pytest.mark.parametrize(
    ("mode", "needed", "verify", "hostname"),
    [
        pytest.param("preferred", False, ssl.CERT_NONE, False, id="preferred"),
        pytest.param("REQUIRED", True, ssl.CERT_NONE, False, id="required"),
        pytest.param("verify_ca", True, ssl.CERT_REQUIRED, False, id="verify_ca"),
        pytest.param("verify-identity", True, ssl.CERT_REQUIRED, True, id="verify_identity"),
    ],
)
def test_how_far_the_server_s_certificate_is_checked(settings, mode, needed, verify, hostname) -> None:
    found = settings(f"mysql://h/d?ssl-mode={mode}")
    context = found.tls_context()
    assert (found.needs_tls, context.verify_mode, context.check_hostname) == (needed, verify, hostname)


def test_without_tls_there_is_no_context(settings) -> None:
    assert settings("mysql://h/d?ssl-mode=disabled").tls_context() is None


def test_certificates_that_cannot_be_read_are_a_configuration_error(settings, tmp_path: Path) -> None:
    with pytest.raises(DatabaseFailure, match=r"^error with configuration: cannot use the certificates: No such file"):
        settings(f"mysql://h/d?ssl-mode=verify_ca&ssl-ca={tmp_path}/none.pem").tls_context()
