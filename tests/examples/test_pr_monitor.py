"""The monitor of pull requests, against a stub of GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "pr_monitor.lua"
TOKEN = "ghp_t0ken0of0the0operator0000000000000000"
REPO = "/repos/shop/cart"
Monitor = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def monitor(cli: Command, stub: Stub) -> Monitor:
    """Run the script against the stub; the token never appears."""

    def run(*words: str) -> CompletedProcess[bytes]:
        done = cli(SCRIPT, "--", *words, env={"GITHUB_API_URL": stub.url, "GITHUB_TOKEN": TOKEN, "TZ": "EST5EDT"})
        assert TOKEN.encode() not in done.stdout + done.stderr
        return done

    return run


def pull(number: int, days: float, *, draft: bool = False) -> dict[str, object]:
    created = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = {"ref": "topic", "sha": "abc"}
    known = {"number": number, "title": f"Change {number}", "draft": draft, "created_at": created}
    return {**known, "user": {"login": "ada"}, "head": head}


def review(who: str, state: str) -> dict[str, object]:
    return {"user": {"login": who}, "state": state}


def run_of(name: str, conclusion: str | None, sha: str = "abc") -> dict[str, object]:
    return {"name": name, "conclusion": conclusion, "head_sha": sha}


def serve(
    stub: Stub, pulls: list[dict[str, object]], reviews: list[dict[str, object]], runs: list[dict[str, object]]
) -> None:
    stub.on("GET", REPO, json={"full_name": "shop/cart"})
    stub.on("GET", f"{REPO}/pulls", json=pulls)
    for found in pulls:
        stub.on("GET", f"{REPO}/pulls/{found['number']}/reviews", json=reviews)
    stub.on("GET", f"{REPO}/actions/runs", json={"total_count": len(runs), "workflow_runs": runs})


@pytest.mark.parametrize(
    ("found", "reviews", "runs", "expected"),
    [
        pytest.param(pull(7, 1.5), [], [], (1, "none", [], False), id="young"),
        pytest.param(pull(7, 4.5), [], [], (4, "none", [], True), id="nobody-looks"),
        pytest.param(pull(7, 4.5), [review("bob", "COMMENTED")], [], (4, "none", [], True), id="commented"),
        pytest.param(pull(7, 4.5), [review("bob", "APPROVED")], [], (4, "approved", [], False), id="approved"),
        pytest.param(
            pull(7, 4.5), [review("bob", "APPROVED"), review("eve", "CHANGES_REQUESTED")], [],
            (4, "changes requested", [], False), id="changes-requested",
        ),
        pytest.param(
            pull(7, 4.5), [review("bob", "CHANGES_REQUESTED"), review("bob", "APPROVED")], [],
            (4, "approved", [], False), id="approved-in-the-end",
        ),
        pytest.param(pull(7, 1.5), [], [run_of("ci", "failure")], (1, "none", ["ci"], True), id="failed"),
        pytest.param(
            pull(7, 1.5), [], [run_of("ci", "success"), run_of("ci", "failure")], (1, "none", [], False), id="rerun"
        ),
        pytest.param(pull(7, 1.5), [], [run_of("ci", None)], (1, "none", [], False), id="running"),
        pytest.param(pull(7, 1.5), [], [run_of("ci", "failure", "old")], (1, "none", [], False), id="older-commit"),
        pytest.param(pull(7, 9.5, draft=True), [], [run_of("ci", "failure")], (9, "draft", ["ci"], False), id="draft"),
    ],
)  # fmt: skip
def test_a_pull_request_waits_for_somebody_or_not(
    monitor: Monitor,
    stub: Stub,
    found: dict[str, object],
    reviews: list[dict[str, object]],
    runs: list[dict[str, object]],
    expected: tuple[int, str, list[str], bool],
) -> None:
    serve(stub, [found], reviews, runs)
    done = monitor("--json", "shop/cart")
    (row,) = json.loads(done.stdout)["pull_requests"]
    assert (row["days"], row["review"], row["failed"], row["wrong"]) == expected, done.stderr
    assert done.returncode == (1 if row["wrong"] else 0)
    assert {(sent.method, sent.header("authorization")) for sent in stub.requests} == {("GET", f"Bearer {TOKEN}")}


def test_repositories_are_a_table(monitor: Monitor, stub: Stub) -> None:
    serve(stub, [pull(7, 4.5), pull(8, 0.5)], [], [])
    stub.on("GET", "/repos/shop/web", json={})
    stub.on("GET", "/repos/shop/web/pulls", json=[])
    done = monitor("--days=4", "shop/cart", "shop/web")
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["repo", "number", "author", "days", "review", "failed", "title"]
    assert [line.split()[:5] for line in lines[1:3]] == [
        ["shop/cart", "7", "ada", "4", "none"], ["shop/cart", "8", "ada", "0", "none"],
    ]  # fmt: skip
    assert (lines[3:], done.returncode) == (["2 open, 0 need somebody"], 0)
    asked = [sent.target for sent in stub.requests if sent.path.endswith("/pulls")]
    assert asked == [f"/repos/shop/{name}/pulls?state=open&per_page=100" for name in ("cart", "web")]


def test_a_repository_that_is_not_seen_is_an_error(monitor: Monitor, stub: Stub) -> None:
    stub.on("GET", REPO, status=404, json={"message": "Not Found"})
    done = monitor("shop/cart")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"shop/cart: no such repository, or the token may not see it" in done.stderr


@pytest.mark.parametrize(
    ("words", "returncode"),
    [
        pytest.param(("cart",), 2, id="no-owner"),
        pytest.param(("shop/cart/pulls",), 2, id="three-parts"),
        pytest.param(("shop/cart?x",), 2, id="a-query"),
        pytest.param(("shop/..",), 1, id="dots"),
        pytest.param(("--days=never", "shop/cart"), 2, id="days"),
    ],
)
def test_what_is_no_repository_is_refused(
    monitor: Monitor, stub: Stub, words: tuple[str, ...], returncode: int
) -> None:
    assert (monitor(*words).returncode, stub.requests) == (returncode, [])
