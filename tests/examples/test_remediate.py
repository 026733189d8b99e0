"""The example with an approval gate, run as an agent and its human would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Command
from tests.support.stub import Stub

SCRIPT = Path(__file__).parents[2] / "examples" / "remediate.lua"


class Service:
    """A service that is ill, and the script that looks after it."""

    def __init__(self, cli: Command, stub: Stub, folder: Path) -> None:
        self.cli = cli
        self.stub = stub
        self.restarted = folder / "restarted"

    def is_well(self, *statuses: int) -> None:
        for status in statuses[:-1]:
            self.stub.on("GET", "/health", status=status, times=1)
        self.stub.on("GET", "/health", status=statuses[-1])

    def look_after(self, command: str = "touch restarted") -> Any:
        done = self.cli("run", "--mode", "tool", SCRIPT, "cart", f"{self.stub.url}/health", command)
        return json.loads(done.stdout)

    def answer(self, token: str, answer: str) -> Any:
        return json.loads(self.cli("resume", "--token", token, "--approve", answer, "--approver", "on-call").stdout)


@pytest.fixture
def service(cli: Command, stub: Stub, tmp_path: Path) -> Service:
    return Service(cli, stub, tmp_path)


def test_a_service_that_is_well_is_left_alone(service: Service) -> None:
    service.is_well(200)
    assert service.look_after()["output"] == {"service": "cart", "action": "none"}


def test_a_restart_waits_for_a_human(service: Service) -> None:
    service.is_well(503, 503, 503, 200)
    wanted = service.look_after()["requiresApproval"]
    assert wanted["prompt"] == "Restart cart?"
    assert wanted["context"] == {"command": "touch restarted", "status": 503}
    assert not service.restarted.exists()
    done = service.answer(wanted["resumeToken"], "yes")
    assert done["output"] == {"service": "cart", "action": "restarted", "well": True}
    assert service.restarted.exists()


def test_a_no_changes_nothing(service: Service) -> None:
    service.is_well(500)
    wanted = service.look_after()["requiresApproval"]
    assert service.answer(wanted["resumeToken"], "no")["output"]["action"] == "declined"
    assert not service.restarted.exists()


def test_an_answer_to_another_state_of_things_is_not_used(service: Service) -> None:
    service.is_well(500, 404)
    wanted = service.look_after()["requiresApproval"]
    assert "approval refused: the pending call is not the one" in service.answer(wanted["resumeToken"], "yes")["error"]
    assert not service.restarted.exists()


def test_a_command_that_fails_is_an_error(service: Service) -> None:
    service.is_well(500)
    wanted = service.look_after("echo no >&2; exit 3")["requiresApproval"]
    assert service.answer(wanted["resumeToken"], "yes")["error"].startswith("echo no >&2; exit 3: exit code 3: no")
