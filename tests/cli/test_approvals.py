"""`assay approvals`: what waits, as people and programs read it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.support.command import Command


@pytest.fixture
def token(cli: Command, tmp_path: Path) -> str:
    (tmp_path / "restart.lua").write_text("approval.request('Restart\\n\\27[31mcart?', {pods = 3}) return 'done'")
    done = cli("run", "--mode", "tool", "restart.lua", "cart")
    return str(json.loads(done.stdout)["requiresApproval"]["resumeToken"])


def lines(cli: Command, *arguments: str) -> list[str]:
    done = cli("approvals", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def test_nothing_waits_at_first(cli: Command) -> None:
    assert lines(cli) == ["nothing waits for an approval"]
    assert lines(cli, "list", "--json") == ["[]"]
    assert lines(cli, "expire") == ["expired 0"]


def test_the_list_shows_what_waits_in_one_line_each(cli: Command, token: str) -> None:
    header, line = lines(cli)
    assert header.split() == ["TOKEN", "AGE", "LEFT", "SCRIPT", "PROMPT"]
    assert re.fullmatch(token + r" +\ds +59m  restart\.lua {15}Restart \\x1b\[31mcart\?", line)


def test_programs_get_json(cli: Command, token: str) -> None:
    (entry,) = json.loads(lines(cli, "list", "--json")[0])
    assert (entry["token"], entry["status"], entry["context"]) == (token, "waiting", {"pods": 3})
    assert (entry["arguments"], entry["timeout_secs"], entry["answer"]) == (["cart"], 20, None)
    assert json.loads(lines(cli, "show", token, "--json")[0]) == entry


def test_one_request_is_shown_with_all_that_is_known(cli: Command, token: str) -> None:
    shown = dict(line.split(":", 1) for line in lines(cli, "show", token) if ":" in line)
    assert shown["status"].strip() == "waiting"
    assert shown["context"].strip() == '{"pods":3}'
    assert shown["arguments"].strip() == '["cart"]'
    assert shown["script"].endswith("/restart.lua")
    assert len(shown["script sha256"].strip()) == 64


def test_a_decision_can_be_looked_up_later(cli: Command, token: str) -> None:
    cli("resume", "--token", token, "--approve", "yes", "--approver", "Ada")
    assert lines(cli) == ["nothing waits for an approval"]
    shown = lines(cli, "show", token)
    assert "status:          ok" in shown
    assert "approver:        Ada" in shown


def test_a_resumption_that_died_at_once_is_shown_as_interrupted(cli: Command, token: str, tmp_path: Path) -> None:
    folder = tmp_path / ".assay" / "state" / "resume"
    (folder / "decided").mkdir()
    (folder / f"{token}.json").rename(folder / "decided" / f"{token}.json")
    assert "status:          interrupted" in lines(cli, "show", token)


def test_old_and_damaged_ones_are_told_apart_and_expire(cli: Command, token: str, tmp_path: Path) -> None:
    folder = tmp_path / ".assay" / "state" / "resume"
    record = json.loads((folder / f"{token}.json").read_text())
    (folder / f"{token}.json").write_text(json.dumps(record | {"created_at": int(time.time()) - 9000}))
    (folder / ("e" * 32 + ".json")).write_text("{")
    listed = lines(cli)
    assert "expired" in listed[1]
    assert "parsing resume state: " in listed[2]
    assert lines(cli, "expire", "--json") == ['{"expired":1}']
    assert lines(cli, "expire", "e" * 32) == ["expired 1"]


def test_all_can_be_expired(cli: Command, token: str) -> None:
    assert lines(cli, "expire") == ["expired 0"]
    assert lines(cli, "expire", "--all") == ["expired 1"]
    assert b"invalid resume token" in cli("resume", "--token", token, "--approve", "yes").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["lst"], 2, "'approvals' has no action 'lst'", id="action"),
        pytest.param(["list", "x"], 2, "'approvals list' takes no argument 'x' here", id="argument"),
        pytest.param(["show"], 2, "'approvals show' needs a token", id="no token"),
        pytest.param(["expire", "0" * 32, "--all"], 2, "'approvals expire' takes a token or --all", id="both"),
        pytest.param(["show", "0" * 32], 1, "invalid resume token", id="unknown token"),
        pytest.param(["show", "../s"], 1, "invalid resume token", id="path"),
        pytest.param(["expire", "0" * 32], 1, "invalid resume token", id="unknown token to expire"),
    ],
)
def test_wrong_use_is_told(cli: Command, arguments: list[str], code: int, message: str) -> None:
    done = cli("approvals", *arguments)
    assert (done.returncode, done.stdout) == (code, b"")
    assert done.stderr.decode().startswith(f"error: {message}")
