"""The digest of alerts, asked of a stub of Alertmanager."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "alert_digest.lua"
TOKEN = "t0ken-of-the-operator"
ALERTS = "/api/v2/alerts"
Digest = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def digest(cli: Command, stub: Stub) -> Digest:
    """Run the script against the stub."""
    env = {"ALERTMANAGER_URL": stub.url, "ALERTMANAGER_TOKEN": TOKEN}
    return lambda *words: cli(SCRIPT, "--", *words, env=env)


def alert(name: str, severity: str | None, since: str = "10:00", **labels: str) -> dict[str, object]:
    named = {"alertname": name, **({"severity": severity} if severity else {}), **labels}
    annotations = {"summary": f"{name} fires"}
    return {"labels": named, "annotations": annotations, "startsAt": f"2026-11-22T{since}:00.000Z"}


def test_alerts_of_a_kind_are_one_line_and_the_worst_stands_first(digest: Digest, stub: Stub) -> None:
    found = [
        alert("Slow", "warning", instance="a"),
        alert("Slow", "warning", "09:30", instance="b"),
        alert("Down", "critical", instance="db"),
    ]
    stub.on("GET", ALERTS, json=found)
    done = digest()
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "severity  alert  count  since                     summary",
        "critical  Down       1  2026-11-22T10:00:00.000Z  Down fires",
        "warning   Slow       2  2026-11-22T09:30:00.000Z  Slow fires",
        "3 alerts of 2 kinds, 1 critical or worse",
    ]
    (sent,) = stub.requests
    assert sent.target == f"{ALERTS}?active=true&silenced=false&inhibited=false"
    assert sent.header("authorization") == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("severity", "words", "returncode"),
    [
        pytest.param("warning", (), 0, id="milder"),
        pytest.param("warning", ("--severity=warning",), 1, id="as-severe-as-asked"),
        pytest.param("critical", ("--severity=warning",), 1, id="worse"),
        pytest.param("page", (), 1, id="an-unknown-one-is-not-overlooked"),
        pytest.param(None, (), 0, id="none"),
    ],
)
def test_the_exit_code_follows_the_severity(
    digest: Digest, stub: Stub, severity: str | None, words: tuple[str, ...], returncode: int
) -> None:
    stub.on("GET", ALERTS, json=[alert("Any", severity, pod="cart-0")])
    done = digest("--json", *words)
    report = json.loads(done.stdout)
    assert (report["firing"], report["severe"], done.returncode) == (1, returncode, returncode)
    assert report["digest"][0]["where"] == ["cart-0"]


def test_silence_is_well(digest: Digest, stub: Stub) -> None:
    stub.on("GET", ALERTS, json=[])
    done = digest("--json", "--receiver=team-.*")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"firing": 0, "severe": 0, "digest": []})
    assert stub.requests[0].query.endswith("&receiver=team-.%2A")


def test_an_alert_without_anything_is_still_counted(digest: Digest, stub: Stub) -> None:
    stub.on("GET", ALERTS, json=[{}, {"labels": {}, "startsAt": "2026-11-22T10:00:00.000Z"}])
    done = digest("--json")
    line = {"alert": "(unnamed)", "severity": "none", "count": 2, "since": "2026-11-22T10:00:00.000Z", "where": []}
    assert json.loads(done.stdout)["digest"] == [line], done.stderr


def test_an_unknown_severity_is_no_threshold(digest: Digest) -> None:
    done = digest("--severity=awful")
    assert done.returncode == 2
    assert b"severities: critical, error, warning, info, none" in done.stderr
