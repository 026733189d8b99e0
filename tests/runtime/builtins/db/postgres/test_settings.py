"""PostgreSQL URLs."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.db.failure import DatabaseFailure
from assay_shell.runtime.builtins.db.postgres.settings import Settings
from assay_shell.runtime.vm import Runtime


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("postgres://u:p@h:5433/d", {"user": "u", "password": "p", "host": "h", "port": "5433",
                                                 "dbname": "d"}, id="everything"),
        pytest.param("postgresql://h", {"host": "h"}, id="a host"),
        pytest.param("postgres://u%40x:p%2Fw@h/a%20b", {"user": "u@x", "password": "p/w", "host": "h",
                                                        "dbname": "a b"}, id="percent"),
        pytest.param("postgres://u:p@w@h/d", {"user": "u", "password": "p@w", "host": "h", "dbname": "d"}, id="an @"),
        pytest.param("postgres://[::1]:5433/d", {"host": "::1", "port": "5433", "dbname": "d"}, id="IPv6"),
        pytest.param("postgres://%2Ftmp/d", {"host": "/tmp", "dbname": "d"}, id="a socket's folder"),
        pytest.param("postgres:///d?host=/tmp&user=u", {"host": "/tmp", "user": "u", "dbname": "d"}, id="parameters"),
        pytest.param("postgres://h/d?sslmode=require&ssl-root-cert=/ca.pem",
                     {"host": "h", "dbname": "d", "sslmode": "require", "sslrootcert": "/ca.pem"}, id="TLS"),
        pytest.param("postgres://h/d?statement-cache-capacity=5", {"host": "h", "dbname": "d"}, id="without meaning"),
    ],
)  # fmt: skip
def test_what_a_url_says(run, url: str, expected: dict[str, str]) -> None:
    with Runtime() as runtime:
        assert Settings(runtime, url).parameters == expected


def test_unknown_parameters_are_ignored_with_a_warning() -> None:
    lines: list[tuple[str, str]] = []
    with Runtime(log=lambda level, message, target, **fields: lines.append((level, message))) as runtime:
        settings = Settings(runtime, "postgres://h/d?foo=secret&client_encoding=latin1")
    assert settings.parameters == {"host": "h", "dbname": "d"}
    assert lines == [
        ("warn", 'db.connect: ignoring unknown connection parameter "foo"'),
        ("warn", 'db.connect: ignoring unknown connection parameter "client_encoding"'),
    ]


def test_gaps_are_left_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGPASSWORD", "from the environment")
    with Runtime() as runtime:
        assert Settings(runtime, "postgres:///d").parameters == {"dbname": "d"}
        assert "from the environment" not in runtime.redactor.text("it is: from the environment")


def test_without_any_host_it_is_localhost() -> None:
    with Runtime() as runtime:
        assert Settings(runtime, "postgres://:1/d").parameters["host"] == "localhost"


def test_passwords_are_never_shown_again() -> None:
    with Runtime() as runtime:
        settings = Settings(runtime, "postgres://u:hunter2hunter2@h/d")
        assert "hunter2" not in settings.label
        assert "hunter2" not in runtime.redactor.text("the word hunter2hunter2")


def test_a_port_that_makes_no_sense_is_refused_without_the_password() -> None:
    with Runtime() as runtime, pytest.raises(DatabaseFailure) as caught:
        Settings(runtime, "postgres://u:hunter2hunter2@h:x/d")
    assert caught.value.cause == "error with configuration: invalid port number"
