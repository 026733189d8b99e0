"""What the scripts for operators have in common: wrong words, servers in trouble, read-only mode, secrets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.cluster import kubeconfig
from tests.support.command import Command
from tests.support.stub import Stub

EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = "s3cret-of-the-operator-0123456789"


@dataclass(frozen=True)
class Script:
    """A script with the words it takes, the variables with its address and its secret, and what it asks for first."""

    name: str
    path: str
    address: str = ""
    secrets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)
    empty: str = "{}"
    """What the server says when there is nothing."""
    well: bool = False
    """Whether nothing is well."""
    writes: bool = False

    def environment(self, folder: Path, url: str) -> dict[str, str]:
        if not self.address:
            return kubeconfig(folder, url, SECRET)
        return {self.address: url, **dict.fromkeys(self.secrets, SECRET), **self.more}


SCRIPTS = [
    Script("cluster_health", "/api/v1/nodes", empty='{"items":[]}'),
    Script("cert_expiry", "/apis/cert-manager.io/v1/certificates", empty='{"items":[]}'),
    Script("alert_digest", "/api/v2/alerts", "ALERTMANAGER_URL", ("ALERTMANAGER_TOKEN",), empty="[]", well=True),
    Script("secret_rotation", "/v1/secret/data/app/db", "VAULT_ADDR", ("VAULT_TOKEN",), ("app/db", "x"), writes=True),
    Script("gitops_sync", "/api/v1/applications/cart", "ARGOCD_SERVER", ("ARGOCD_TOKEN",), ("cart",), writes=True),
    Script(
        "s3_backup_check", "/backups", "S3_ENDPOINT", ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), ("backups",),
        {"AWS_ACCESS_KEY_ID": "AK"}, empty="<ListBucketResult/>",
    ),
    Script("flag_audit", "/api/admin/search/features", "UNLEASH_URL", ("UNLEASH_TOKEN",), well=True),
    Script("pr_monitor", "/repos/shop/cart", "GITHUB_API_URL", ("GITHUB_TOKEN",), ("shop/cart",), well=True),
]  # fmt: skip
ALL = [pytest.param(script, id=script.name) for script in SCRIPTS]
READING = [pytest.param(script, id=script.name) for script in SCRIPTS if not script.writes]
Ask = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def ask(cli: Command, stub: Stub, tmp_path: Path) -> Ask:
    """Run a script as talkatively as possible; its secret never appears."""

    def run(script: Script, *options: str, url: str = stub.url) -> CompletedProcess[bytes]:
        env = script.environment(tmp_path, url)
        done = cli("run", "-v", *options, EXAMPLES / f"{script.name}.lua", "--", "--json", *script.words, env=env)
        assert SECRET.encode() not in done.stdout + done.stderr
        return done

    return run


@pytest.mark.parametrize("script", ALL)
def test_a_server_that_is_down_is_a_failure(ask: Ask, script: Script) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = ask(script, url=f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"Connection refused" in done.stderr


@pytest.mark.parametrize("script", ALL)
@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_refusal_is_a_failure_with_its_status(ask: Ask, stub: Stub, script: Script, status: int) -> None:
    stub.on("GET", script.path, status=status, body=f"not with {SECRET}")
    stub.on("POST", "/api/v1/session", status=401)
    done = ask(script)
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"HTTP {status}".encode() in done.stderr


@pytest.mark.parametrize("script", ALL)
@pytest.mark.parametrize("body", ["<html>Sign in</html>", '{"items": [', "null", ""])
def test_an_answer_that_is_none_is_a_failure(ask: Ask, stub: Stub, script: Script, body: str) -> None:
    stub.on("GET", script.path, body=body)
    done = ask(script)
    assert done.returncode == 1
    assert {request.method for request in stub.requests} == {"GET"}


@pytest.mark.parametrize("script", ALL)
def test_a_redirect_loop_ends(ask: Ask, stub: Stub, script: Script) -> None:
    stub.on("GET", script.path, status=302, headers=[("Location", script.path)])
    done = ask(script)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"redirect" in done.stderr
    assert len(stub.requests) <= 12


@pytest.mark.parametrize("script", READING)
def test_reports_are_made_read_only_and_of_nothing_too(ask: Ask, stub: Stub, script: Script) -> None:
    for path in ("/api/v1/pods", "/apis/apps/v1/deployments"):
        stub.on("GET", path, json={"items": []})
    stub.on("GET", "/repos/shop/cart/pulls", json=[])
    stub.on("GET", script.path, body=script.empty)
    done = ask(script, "--readonly")
    assert done.returncode == (0 if script.well else 1)
    assert done.stdout.startswith(b"{"), done.stderr
    assert b"traceback" not in done.stderr
    assert {request.method for request in stub.requests} == {"GET"}


@pytest.mark.parametrize("script", ALL)
def test_an_unknown_option_is_answered_with_the_usage(cli: Command, stub: Stub, tmp_path: Path, script: Script) -> None:
    done = cli(EXAMPLES / f"{script.name}.lua", "--", "--jsno", env=script.environment(tmp_path, stub.url))
    assert (done.returncode, done.stdout, stub.requests) == (2, b"", [])
    assert f"usage: assay {script.name}.lua".encode() in done.stderr


@pytest.mark.parametrize("script", [p for p in ALL if p.values[0].address])  # type: ignore[union-attr]
def test_without_words_and_variables_it_says_how_it_is_used(cli: Command, script: Script) -> None:
    done = cli(EXAMPLES / f"{script.name}.lua", env={"GITHUB_API_URL": "http://127.0.0.1:1"})
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"usage: assay {script.name}.lua".encode() in done.stderr


@pytest.mark.parametrize("script", ALL)
def test_its_head_shows_the_usage(script: Script) -> None:
    lines = (EXAMPLES / f"{script.name}.lua").read_text().splitlines()
    usage = next(line for line in lines if line.startswith(f"--   assay examples/{script.name}.lua"))
    options = usage.partition(" -- ")[2].rpartition("--")[2]
    assert any(line.strip().startswith("io.stderr:write") and options in line for line in lines)
    assert 40 <= len(lines) <= 80
