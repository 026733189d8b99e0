"""Live tests talk to servers that others wrote; too few of them having run is a failure, not a success.

Each server is a session fixture, started when the first test asks for it. Its log stays in pytest's temporary folder.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.harness import databases
from tests.live.harness.databases import Database
from tests.live.harness.minimum import wanted
from tests.live.harness.processes import Process, accepts, free_port
from tests.live.harness.programs import go_module
from tests.live.harness.servers import READY, SERVERS, state_of

pytest.register_assert_rewrite("tests.live.database_behaviour")

_servers_of: dict[str, list[str]] = {}
_passed: Counter[str] = Counter()
_skipped: Counter[str] = Counter()


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for what servers write."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def temporal(logs: Path) -> Iterator[str]:
    """Run a Temporal server with the namespaces `default` and `production`, and return its address."""
    state = state_of("temporal")
    if state != READY:
        pytest.skip(f"temporal: {state}")
    port = free_port()
    ports = ["-port", str(port), "-http-port", str(free_port())]
    command = [str(go_module("temporal")), *ports, "-namespaces", "default,production"]
    server = Process(command, logs / "temporal.log", lambda: accepts(port))
    yield f"127.0.0.1:{port}"
    server.stop()


@pytest.fixture(scope="session")
def postgres(logs: Path) -> Iterator[Database]:
    """Run a PostgreSQL server."""
    yield from _database("postgres", logs)


@pytest.fixture(scope="session")
def mariadb(logs: Path) -> Iterator[Database]:
    """Run a MariaDB server."""
    yield from _database("mariadb", logs)


def _database(name: str, logs: Path) -> Iterator[Database]:
    state = state_of(name)
    if state != READY:
        pytest.skip(f"{name}: {state}")
    with tempfile.TemporaryDirectory(prefix="live-") as folder:  # short: sockets lie in it
        server = getattr(databases, name)(Path(folder), logs / f"{name}.log")
        yield server
        server.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note which servers each live test asks for; `web` stands for those that come with the tests."""
    known = {server.name for server in SERVERS}
    for item in (item for item in items if item.get_closest_marker("live")):
        _servers_of[item.nodeid] = sorted(known.intersection(getattr(item, "fixturenames", ()))) or ["web"]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.update(_servers_of.get(report.nodeid, ()))
    if report.skipped and report.nodeid in _servers_of:
        _skipped[report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold a prepared run to its minimum."""
    if any(_passed[name] < number for name, number in wanted().items()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    minimum = wanted()
    for name in sorted({*_passed, *minimum}):
        terminalreporter.write_line(f"live: {name}: {_passed[name]} passed, at least {minimum.get(name, 0)} wanted")
    for reason, count in _skipped.items():
        terminalreporter.write_line(f"live: {count} skipped: {reason.removeprefix('Skipped: ')}")
