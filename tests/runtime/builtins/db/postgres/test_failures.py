"""What libpq says, in our words."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.db.postgres.failures import connect_failure, lost

AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
HINT = "\n\tIs the server running on that host and accepting TCP/IP connections?"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param(
            f'{AT}FATAL:  password authentication failed for user "x"',
            'error returned from database: password authentication failed for user "x"',
            id="password",
        ),
        pytest.param(
            f'{AT}FATAL:  no pg_hba.conf entry, SSL encryption\n{AT}FATAL:  database "x" does not exist',
            'error returned from database: database "x" does not exist',
            id="the last of several attempts",
        ),
        pytest.param(
            f"{AT}Connection refused{HINT}",
            "error communicating with database: Connection refused (os error 111)",
            id="refused",
        ),
        pytest.param(
            'connection is bad: connection to server on socket "/x" failed: No such file or directory\n\tIs it up?',
            "error communicating with database: No such file or directory (os error 2)",
            id="no socket",
        ),
        pytest.param(
            "failed to resolve host 'x': [Errno -2] Name or service not known",
            "error communicating with database: failed to lookup address information: Name or service not known",
            id="no such host",
        ),
        pytest.param(
            f"{AT}server does not support SSL, but SSL was required",
            "error communicating with database: server does not support SSL, but SSL was required",
            id="TLS",
        ),
        pytest.param("something new", "error communicating with database: something new", id="anything else"),
    ],
)
def test_why_there_is_no_connection(text: str, cause: str) -> None:
    assert connect_failure(text).cause == cause


def test_a_lost_connection_is_one_line() -> None:
    text = "consuming input failed: server closed the connection unexpectedly\n\tThis probably means ..."
    assert lost(text).cause == "error communicating with database: server closed the connection unexpectedly"
