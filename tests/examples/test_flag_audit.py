"""The audit of feature flags, against a stub of Unleash."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "flag_audit.lua"
TOKEN = "*:*.t0ken-of-the-operator"
SEARCH = "/api/admin/search/features"
Audit = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def audit(cli: Command, stub: Stub) -> Audit:
    """Run the script against the stub; the token never appears."""

    def run(*words: str) -> CompletedProcess[bytes]:
        done = cli(SCRIPT, "--", *words, env={"UNLEASH_URL": stub.url, "UNLEASH_TOKEN": TOKEN, "TZ": "EST5EDT"})
        assert TOKEN.encode() not in done.stdout + done.stderr
        return done

    return run


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def flag(name: str, age: float, seen: float | None = 0.1, *, on: bool = False, **more: object) -> dict[str, object]:
    environments = [
        {"name": "development", "enabled": True, "lastSeenAt": None},
        {"name": "production", "enabled": on, "lastSeenAt": None if seen is None else ago(seen)},
    ]
    known = {"project": "shop", "name": name, "type": "release", "createdAt": ago(age), "stale": False}
    return {**known, "environments": environments, **more}


@pytest.mark.parametrize(
    ("found", "words", "reason"),
    [
        pytest.param(flag("a", 10, stale=True), (), "marked as stale", id="stale"),
        pytest.param(flag("a", 89.5, on=True), (), None, id="young"),
        pytest.param(flag("a", 100.5, on=True), (), "on everywhere, 100 days old", id="on-everywhere"),
        pytest.param(flag("a", 100.5), (), None, id="off-somewhere"),
        pytest.param(flag("a", 100.5, None), (), "never used", id="never-used"),
        pytest.param(flag("a", 200.5, 95.5), (), "not used for 95 days", id="not-used-lately"),
        pytest.param(flag("a", 200.5, 95.5), ("--days=120",), None, id="used-lately-enough"),
        pytest.param(flag("a", 900, on=True, type="kill-switch"), (), None, id="meant-to-stay"),
        pytest.param(flag("a", 900, None, archivedAt=ago(1)), (), None, id="archived"),
        pytest.param({"name": "a", "project": "shop"}, (), None, id="nothing-known"),
    ],
)
def test_a_flag_goes_for_a_reason(
    audit: Audit, stub: Stub, found: dict[str, object], words: tuple[str, ...], reason: str | None
) -> None:
    stub.on("GET", SEARCH, json={"features": [found]})
    done = audit("--json", *words)
    expected = [{"project": "shop", "flag": "a", "type": found.get("type"), "reason": reason}] if reason else []
    assert json.loads(done.stdout)["to_clean_up"] == expected, done.stderr
    assert done.returncode == (1 if reason else 0)


def test_flags_of_all_pages_are_a_table(audit: Audit, stub: Stub) -> None:
    stub.on("GET", SEARCH, json={"features": [flag(f"f{n}", 1) for n in range(100)]}, times=1)
    stub.on("GET", SEARCH, json={"features": [flag("old", 1, stale=True)]})
    done = audit("--project=shop")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "project  flag  type     reason",
        "shop     old   release  marked as stale",
        "1 of 101 flags should be cleaned up",
    ]
    assert [request.query for request in stub.requests] == [
        "project=IS%3Ashop&limit=100&offset=0",
        "project=IS%3Ashop&limit=100&offset=100",
    ]
    assert {(request.method, request.header("authorization")) for request in stub.requests} == {("GET", TOKEN)}


def test_no_flags_are_well(audit: Audit, stub: Stub) -> None:
    stub.on("GET", SEARCH, json={"features": []})
    done = audit()
    assert (done.returncode, done.stdout) == (0, b"0 of 0 flags should be cleaned up\n")
