"""What the live tests stand on, tried without any server of theirs; part of `make test`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.live import run
from tests.live.harness import golang, reach
from tests.live.harness.golang import build
from tests.live.harness.minimum import numbers, wanted
from tests.live.harness.processes import Process, accepts
from tests.live.harness.programs import Broken, Unavailable, install
from tests.live.harness.servers import READY, SERVERS, STATE_VARIABLE, Server, bring, left_out, state_of
from tests.support.ports import free_port

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


# What is reached -------------------------------------------------------------------------------------------


def test_each_module_has_live_tests_or_a_reason_for_none() -> None:
    tested = {reach.module_of(path) for path in Path(__file__).parent.glob("test_*.py")}
    excused = {module for module, names in reach.unreached().items() if reach.ALL in names}
    assert set(reach.public()) - tested - excused == set()
    assert tested & excused == set()


def test_what_is_called_unreached_exists_and_has_a_reason() -> None:
    known = reach.public()
    for module, names in reach.unreached().items():
        assert set(names) <= {reach.ALL, *known[module]}
        assert reach.ALL not in names or len(names) == 1
        assert all(len(reason) > 10 for reason in names.values())


def test_functions_count_once_they_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "called", set())
    talk = reach.Talk("loki")
    assert talk("return m.selector({ a = 'b' })") == '{a="b"}'
    assert "attempt to concatenate" in talk.fails("local c = m.client('http://127.0.0.1:1') c:query()")
    assert reach.called == {"loki.selector", "loki.client"}


def test_what_is_missing_and_what_is_listed_in_vain_are_complaints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "public", lambda: {"one": {"a", "b", "c"}, "two": {"d"}})
    monkeypatch.setattr(reach, "unreached", lambda: {"one": {"b": "no server has it", "c": "the same"}})
    monkeypatch.setattr(reach, "called", {"one.b"})
    assert reach.complaints({"one"}) == [
        "one.a is called by no live test",
        "one.b is called: take it out of unreached.toml",
    ]


# What fits into the time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(20, [], id="all of it"),
        pytest.param(19, ["dex"], id="the least wanted goes first"),
        pytest.param(12, ["dex", "kratos", "loki"], id="several"),
        pytest.param(1, ["dex", "kratos", "loki"], id="what others need is tried"),
    ],
)
def test_what_does_not_fit_is_left_out_in_order(minutes: int, expected: list[str]) -> None:
    def named(name: str, minutes: float) -> Server:
        return Server(name, minutes, lambda: False, lambda seconds: None)

    missing = [named("kubernetes", 10), named("loki", 6), named("kratos", 3), named("dex", 1)]
    reasons = left_out(missing, minutes * 60)
    assert list(reasons) == expected
    assert all("LIVE_BUDGET" in reason for reason in reasons.values())


def test_what_stands_on_a_server_that_is_not_there_is_skipped_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    below = server(problem=Unavailable("no package"))
    above = replace(server(), name="y", needs="x")
    monkeypatch.setattr(run, "SERVERS", (below, above))
    states, sound = run.prepare(time.monotonic() + 600)
    assert states == {"x": "no package", "y": "it needs x, which is not there"}
    assert sound


def test_what_a_server_needs_comes_before_it() -> None:
    names = [one.name for one in SERVERS]
    assert all(names.index(one.needs) < names.index(one.name) for one in SERVERS if one.needs)


def test_a_program_lies_elsewhere_when_its_module_or_its_flags_change(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")
    before = golang.built("etcd")
    monkeypatch.setitem(golang.PROGRAMS, "etcd", golang.Program("etcd", "etcd", tags="other"))
    assert golang.built("etcd") != before
    monkeypatch.setitem(golang.PROGRAMS, "etcd", golang.Program("etcd", "dex"))
    assert golang.built("etcd") != before
