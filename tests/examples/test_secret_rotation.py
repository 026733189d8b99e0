"""The rotation of a secret, against a stub of Vault: what is written, who was asked, and what is never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "secret_rotation.lua"
TOKEN = "t0ken-of-the-operator"
OLD = "0ld-passw0rd-of-the-database"
DB = "/v1/secret/data/app/db"
Rotate = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def rotate(cli: Command, stub: Stub) -> Rotate:
    """Run `assay WORDS` against the stub; nothing secret ever appears."""

    def run(*words: str | Path, **env: str) -> CompletedProcess[bytes]:
        done = cli(*words, env={"VAULT_ADDR": stub.url, "VAULT_TOKEN": TOKEN, **env})
        written = [request.json() for request in stub.requests if request.method == "PATCH"]
        fresh = [body["data"]["password"] for body in written if isinstance(body, dict)]
        for secret in [TOKEN, OLD, *fresh]:
            assert secret.encode() not in done.stdout + done.stderr
        return done

    return run


def holds(stub: Stub, data: object, version: int = 4) -> None:
    stub.on("GET", DB, json={"data": {"data": data, "metadata": {"version": version}}})


@pytest.fixture
def vault(stub: Stub) -> Stub:
    """The stub with a secret of two fields that may be written."""
    holds(stub, {"username": "app", "password": OLD})
    stub.on("PATCH", DB, json={"data": {"version": 5}})
    return stub


def writes(stub: Stub) -> list[object]:
    return [request.json() for request in stub.requests if request.method not in ("GET", "HEAD")]


def test_only_the_field_is_written_and_only_over_the_version_that_was_read(rotate: Rotate, vault: Stub) -> None:
    done = rotate(SCRIPT, "--", "--json", "--length=40", "app/db", "password")
    expected = {"path": "secret/app/db", "field": "password", "old_version": 4, "version": 5}
    assert (done.returncode, json.loads(done.stdout)) == (0, expected), done.stderr
    read, patched = vault.requests
    assert (read.method, read.path, patched.method, patched.path) == ("GET", DB, "PATCH", DB)
    assert patched.header("x-vault-token") == TOKEN
    body = patched.json()
    assert isinstance(body, dict)
    assert body["options"] == {"cas": 4}
    assert list(body["data"]) == ["password"]
    assert len(body["data"]["password"]) == 40
    assert body["data"]["password"] != OLD


def test_each_rotation_gives_another_value(rotate: Rotate, vault: Stub) -> None:
    for _ in range(2):
        done = rotate(SCRIPT, "app/db", "password")
        assert done.stdout == b"password of secret/app/db rotated: version 5, before 4\n"
    first, second = writes(vault)
    assert first != second


def test_in_tool_mode_a_human_is_asked_first(rotate: Rotate, vault: Stub) -> None:
    asked = json.loads(rotate("run", "--mode", "tool", SCRIPT, "app/db", "password").stdout)
    wanted = asked["requiresApproval"]
    assert (asked["status"], wanted["prompt"]) == ("needs_approval", "Rotate password of secret/app/db?")
    assert wanted["context"] == {"path": "secret/app/db", "field": "password", "version": 4}
    assert writes(vault) == []
    done = json.loads(rotate("resume", "--token", wanted["resumeToken"], "--approve", "yes").stdout)
    assert (done["status"], done["output"]["version"]) == ("ok", 5)
    assert len(writes(vault)) == 1


def test_a_no_writes_nothing(rotate: Rotate, vault: Stub) -> None:
    wanted = json.loads(rotate("run", "--mode", "tool", SCRIPT, "app/db", "password").stdout)["requiresApproval"]
    done = rotate("resume", "--token", wanted["resumeToken"], "--approve", "no")
    assert b"declined: nothing was written" in done.stdout
    assert writes(vault) == []


def test_an_answer_for_another_version_is_no_answer(rotate: Rotate, vault: Stub) -> None:
    wanted = json.loads(rotate("run", "--mode", "tool", SCRIPT, "app/db", "password").stdout)["requiresApproval"]
    holds(vault, {"username": "app", "password": OLD}, version=5)
    done = json.loads(rotate("resume", "--token", wanted["resumeToken"], "--approve", "yes").stdout)
    assert done["ok"] is False
    assert writes(vault) == []


def test_read_only_refuses_to_write(rotate: Rotate, vault: Stub) -> None:
    done = rotate("run", "--readonly", SCRIPT, "app/db", "password")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"readonly: " in done.stderr
    assert writes(vault) == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param({"username": "app"}, "the secret secret/app/db has no field password", id="no-such-field"),
        pytest.param({}, "the secret secret/app/db has no field password", id="empty"),
        pytest.param(None, "the secret secret/app/db has no field password", id="deleted"),
    ],
)
def test_a_field_that_is_not_there_is_not_made(rotate: Rotate, stub: Stub, data: object, message: str) -> None:
    holds(stub, data)
    done = rotate(SCRIPT, "app/db", "password")
    assert (done.returncode, message in done.stderr.decode()) == (1, True), done.stderr
    assert writes(stub) == []


def test_a_secret_that_is_not_there_is_an_error(rotate: Rotate, stub: Stub) -> None:
    stub.on("GET", DB, status=404, json={"errors": []})
    done = rotate(SCRIPT, "app/db", "password")
    assert done.returncode == 1
    assert b"there is no secret secret/app/db" in done.stderr


def test_a_secret_that_was_written_meanwhile_is_left_alone(rotate: Rotate, vault: Stub) -> None:
    vault.on("PATCH", DB, status=400, json={"errors": ["check-and-set parameter did not match the current version"]})
    done = rotate(SCRIPT, "app/db", "password")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"HTTP 400" in done.stderr
    assert b"did not match the current version" in done.stderr


def test_a_server_that_does_not_say_it_has_written_is_not_believed(rotate: Rotate, vault: Stub) -> None:
    vault.on("PATCH", DB, json={})
    done = rotate(SCRIPT, "app/db", "password")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"the server does not say that it has written" in done.stderr


@pytest.mark.parametrize("length", ["8", "1000", "many", "20.5"])
def test_a_length_that_is_no_password_is_refused(rotate: Rotate, stub: Stub, length: str) -> None:
    done = rotate(SCRIPT, "--", f"--length={length}", "app/db", "password")
    assert done.returncode == 2
    assert b"--length must be a number from 16 to 256" in done.stderr
    assert stub.requests == []
