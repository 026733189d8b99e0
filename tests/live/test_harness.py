"""What the live tests stand on, tried without any server of theirs; part of `make test`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.live.harness.minimum import numbers, wanted
from tests.live.harness.processes import Process, accepts, free_port
from tests.live.harness.programs import Broken, Unavailable, build, install
from tests.live.harness.servers import READY, SERVERS, STATE_VARIABLE, Server, bring, state_of

LISTEN = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
FAMILY = (
    "import subprocess, sys, time, pathlib; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    "pathlib.Path(sys.argv[1]).write_text(str(child.pid)); time.sleep(60)"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_server_is_there_once_it_answers_and_gone_after_its_end(log: Path) -> None:
    port = free_port()
    server = Process([sys.executable, "-c", LISTEN, str(port)], log, lambda: accepts(port))
    assert accepts(port)
    server.stop()
    assert not accepts(port)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_children_of_a_server_go_with_it(log: Path, tmp_path: Path) -> None:
    note = tmp_path / "child"
    server = Process([sys.executable, "-c", FAMILY, note], log, lambda: note.exists() and note.read_text() != "")
    child = int(note.read_text())
    assert runs(child)
    server.stop()
    deadline = time.monotonic() + 5
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs(child)


def test_a_server_that_ends_shows_the_end_of_its_log(log: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with pytest.raises(RuntimeError, match=r"it ended with 1: .*\s+the port is taken"):
        Process(command, log, lambda: False)


def test_a_server_that_never_answers_is_ended(log: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(RuntimeError, match=r"not ready after 0\.2 s"):
        Process(command, log, lambda: False, patience=0.2)


def server(*, present: bool = False, minutes: float = 1, problem: Exception | None = None) -> Server:
    def get(seconds: float) -> None:
        if problem is not None:
            raise problem

    return Server("x", minutes, lambda: present, get)


@pytest.mark.parametrize(
    ("given", "seconds", "expected"),
    [
        pytest.param(server(present=True), 0, (READY, True), id="it is there"),
        pytest.param(server(), 600, (READY, True), id="it was brought"),
        pytest.param(server(minutes=8), 120, ("takes about 8 minutes, 2 left in LIVE_BUDGET", True), id="too long"),
        pytest.param(server(problem=Unavailable("no Go")), 600, ("no Go", True), id="this machine cannot"),
        pytest.param(server(problem=Broken("boom")), 600, ("failed: boom", False), id="it went wrong"),
    ],
)
def test_bringing_a_server(given: Server, seconds: float, expected: tuple[str, bool]) -> None:
    assert bring(given, seconds) == expected


def test_the_minimum_counts_what_is_there_and_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state.json"
    known = {name for name in numbers() if name != "web"}
    state.write_text(json.dumps(dict.fromkeys(known, "Go is not installed")))
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    assert wanted() == {"web": numbers()["web"]}
    state.write_text(json.dumps(dict.fromkeys(known, "failed: boom")))
    assert wanted() == numbers()
    monkeypatch.delenv(STATE_VARIABLE)
    assert wanted() == {}


def test_the_minimum_names_servers_there_are() -> None:
    assert set(numbers()) <= {"web", *(one.name for one in SERVERS)}
    assert all(number > 0 for number in numbers().values())


def test_the_state_that_was_prepared_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"temporal": "no time"}')
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    assert state_of("temporal") == "no time"


def test_a_machine_without_go_or_apt_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="Go is not installed"):
        build("temporal", 60)
    with pytest.raises(Unavailable, match="no apt-get"):
        install("postgresql")


def test_too_few_live_tests_fail_the_run(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({one.name: READY for one in SERVERS}))
    command = [sys.executable, "-m", "pytest", "-q", "-m", "live", "-k", "json_page", "tests/live/test_web_servers.py"]
    done = subprocess.run(
        command, env={**os.environ, STATE_VARIABLE: str(state)}, cwd=Path(__file__).parents[2], capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "1 passed" in done.stdout
    assert f"live: web: 1 passed, at least {numbers()['web']} wanted" in done.stdout
    assert done.returncode == 1
