"""The check of backups, against a stub of an S3 server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "s3_backup_check.lua"
SECRET = "s3cret-of-the-operator"
SESSION = "s3ssion-of-the-operator"
Check = Callable[..., "CompletedProcess[bytes]"]


@pytest.fixture
def check(cli: Command, stub: Stub) -> Check:
    """Run the script against the stub, in a time zone that is not UTC; no secret ever appears."""
    env = {
        "S3_ENDPOINT": stub.url, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "TZ": "EST5EDT",
        "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": SESSION,
    }  # fmt: skip

    def run(*words: str) -> CompletedProcess[bytes]:
        done = cli(SCRIPT, "--", *words, env=env)
        assert SECRET.encode() not in done.stdout + done.stderr
        assert SESSION.encode() not in done.stdout + done.stderr
        return done

    return run


def holds(stub: Stub, *objects: tuple[str, int, float], after: str = "") -> None:
    """Have the bucket hold (key, bytes, age in hours); with *after* there is another page."""
    entries = ""
    for key, size, hours in objects:
        stamp = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entries += f"<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>{stamp}</LastModified></Contents>"
    more = f"<NextContinuationToken>{after}</NextContinuationToken>" if after else ""
    page = f"<IsTruncated>{'true' if after else 'false'}</IsTruncated>{more}{entries}"
    stub.on("GET", "/backups", body=f"<ListBucketResult>{page}</ListBucketResult>", times=1)


def test_a_young_backup_of_the_usual_size_is_well(check: Check, stub: Stub) -> None:
    holds(stub, ("db/", 0, 1), ("db/2.gz", 1000, 3.2), ("db/1.gz", 990, 27.2))
    done = check("backups", "db/")
    assert (done.returncode, done.stdout) == (0, b"backups/db/: 2 backups, newest db/2.gz\n"), done.stderr
    (sent,) = stub.requests
    assert (sent.method, sent.path, "prefix=db%2F" in sent.query) == ("GET", "/backups", True)
    assert (sent.header("authorization") or "").startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert sent.header("x-amz-security-token") == SESSION


@pytest.mark.parametrize(
    ("objects", "words", "problem"),
    [
        pytest.param([("a", 9, 26.5)], (), "the newest is 26.5 hours old, at most 26 are allowed", id="old"),
        pytest.param([("a", 9, 26.5)], ("--hours=48",), None, id="young-enough"),
        pytest.param([("a", 0, 1)], (), "the newest has 0 bytes, at least 1 are wanted", id="empty"),
        pytest.param([("a", 99, 1)], ("--bytes=100",), "the newest has 99 bytes, at least 100 are wanted", id="small"),
        pytest.param([("b", 40, 1), ("a", 90, 25)], (), "the newest has 40 bytes, the one before 90", id="shrunk"),
        pytest.param([("a", 90, 25), ("b", 40, 1)], ("--shrink=60",), None, id="may-shrink"),
        pytest.param([("a", 90, 50), ("b", 40, 25), ("c", 39, 1)], (), None, id="beside-the-one-before-only"),
        pytest.param([], (), "there is no backup", id="none"),
    ],
)
def test_problems_are_told_and_give_1(
    check: Check, stub: Stub, objects: list[tuple[str, int, float]], words: tuple[str, ...], problem: str | None
) -> None:
    holds(stub, *objects)
    done = check("--json", *words, "backups")
    report = json.loads(done.stdout)
    assert (report["backups"], report["problems"]) == (len(objects), [problem] if problem else [])
    assert done.returncode == (1 if problem else 0)


def test_the_newest_may_be_on_any_page(check: Check, stub: Stub) -> None:
    holds(stub, ("a", 10, 30), after="more")
    holds(stub, ("b", 10, 2))
    report = json.loads(check("--json", "backups").stdout)
    assert (report["backups"], report["newest"]["key"], report["hours_old"], report["problems"]) == (2, "b", 2.0, [])
    assert "continuation-token=more" in stub.requests[1].query


def test_a_bucket_that_may_not_be_read_is_an_error(check: Check, stub: Stub) -> None:
    stub.on("GET", "/backups", status=403, body="<Error><Code>AccessDenied</Code></Error>")
    done = check("backups")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"403" in done.stderr
    assert b"AccessDenied" in done.stderr


@pytest.mark.parametrize("words", [("--hours=soon", "backups"), ("--hours=", "backups"), ("a", "b", "c")])
def test_words_that_make_no_sense_are_refused(check: Check, stub: Stub, words: tuple[str, ...]) -> None:
    done = check(*words)
    assert (done.returncode, stub.requests) == (2, [])
    assert b"usage: assay s3_backup_check.lua" in done.stderr
