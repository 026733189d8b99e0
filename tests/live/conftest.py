"""Live tests talk to servers that others wrote; too few of them having run is a failure, not a success.

Each server is a session fixture, started when the first test asks for it. Its log stays in pytest's temporary folder.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import psycopg
import pytest

from tests.live.harness import databases, reach, services
from tests.live.harness.argocd import argocd as start_argocd
from tests.live.harness.databases import Database
from tests.live.harness.golang import built
from tests.live.harness.jupyter import jupyterlab as start_jupyterlab
from tests.live.harness.kubernetes import Cluster
from tests.live.harness.kubernetes import kubernetes as start_kubernetes
from tests.live.harness.minimum import wanted
from tests.live.harness.processes import Process, accepts
from tests.live.harness.servers import READY, SERVERS, state_of
from tests.live.harness.services import Service
from tests.support.ports import free_port

pytest.register_assert_rewrite("tests.live.database_behaviour")

_servers_of: dict[str, list[str]] = {}
_passed: Counter[str] = Counter()
_skipped: Counter[str] = Counter()
_incomplete: set[str] = set()  # files of which a test did not pass
_complaints: list[str] = []


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder for what servers write."""
    return tmp_path_factory.mktemp("logs")


class _Stoppable(Protocol):
    @property
    def stop(self) -> Callable[[], None]: ...


_S = TypeVar("_S", bound=_Stoppable)


@contextlib.contextmanager
def _running(name: str, logs: Path, start: Callable[[Path, Path], _S]) -> Iterator[_S]:
    """Start a server in an empty folder and end it; skip the test when it is not on this machine."""
    state = state_of(name)
    if state != READY:
        pytest.skip(f"{name}: {state}")
    with contextlib.ExitStack() as stack:
        server = _start_again(stack, start, logs / f"{name}.log")
        try:
            yield server
        finally:
            server.stop()


def _start_again(stack: contextlib.ExitStack, start: Callable[[Path, Path], _S], log: Path) -> _S:
    """Start a server; once more when somebody took its port meanwhile."""

    def attempt() -> _S:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="live-"))  # short: sockets lie in it
        return start(Path(folder), log)

    try:
        return attempt()
    except RuntimeError as exc:
        if "address already in use" not in str(exc).lower():
            raise
    return attempt()


def _server(name: str, start: Callable[[Path, Path], _S], *, fixture: str | None = None) -> Callable[..., Iterator[_S]]:
    """Return a fixture: the server *name*, which runs from the first test that asks for it until the end."""

    @pytest.fixture(scope="session", name=fixture or name)
    def server(logs: Path) -> Iterator[_S]:
        with _running(name, logs, start) as running:
            yield running

    return server


@dataclass(frozen=True)
class _Temporal:
    grpc: int
    http: int
    stop: Callable[[], None]


def _start_temporal(folder: Path, log: Path) -> _Temporal:
    grpc, http = free_port(), free_port()
    ports = ["-port", str(grpc), "-http-port", str(http)]
    command = [str(built("temporal")), *ports, "-namespaces", "default,production"]
    return _Temporal(grpc, http, Process(command, log, lambda: accepts(grpc) and accepts(http), cwd=folder).stop)


_temporal = _server("temporal", _start_temporal, fixture="_temporal")
postgres = _server("postgres", databases.postgres)
mariadb = _server("mariadb", databases.mariadb)
openbao = _server("openbao", services.openbao)
traefik = _server("traefik", services.traefik)
seaweedfs = _server("seaweedfs", services.seaweedfs)
prometheus = _server("prometheus", services.prometheus)
alertmanager = _server("alertmanager", services.alertmanager)
loki = _server("loki", services.loki)
dex = _server("dex", services.dex)
kubernetes = _server("kubernetes", start_kubernetes)
jupyterlab = _server("jupyterlab", start_jupyterlab)


@pytest.fixture(scope="session")
def temporal(_temporal: _Temporal) -> str:
    """Run a Temporal server with the namespaces `default` and `production`, and return its address."""
    return f"127.0.0.1:{_temporal.grpc}"


@pytest.fixture(scope="session")
def temporal_http(temporal: str, _temporal: _Temporal) -> str:
    """Return the URL of the HTTP API of the Temporal server."""
    return f"http://127.0.0.1:{_temporal.http}"


@pytest.fixture(scope="session")
def unleash(logs: Path, postgres: Database) -> Iterator[Service]:
    """Run Unleash."""
    with _running(
        "unleash", logs, lambda folder, log: services.unleash(folder, log, _own(postgres, "unleash"))
    ) as server:
        yield server


@pytest.fixture(scope="session")
def kratos(logs: Path, postgres: Database) -> Iterator[Service]:
    """Run a Kratos."""
    with _running("kratos", logs, lambda folder, log: services.kratos(folder, log, _own(postgres, "kratos"))) as server:
        yield server


@pytest.fixture(scope="session")
def argocd(logs: Path, kubernetes: Cluster) -> Iterator[Service]:
    """Run an Argo CD."""
    with _running("argocd", logs, lambda folder, log: start_argocd(folder, log, kubernetes)) as server:
        yield server


def _own(server: Database, name: str) -> Database:
    """Make a database for one program, which fills it as it likes."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return replace(server, url=f"{server.url.rpartition('/')[0]}/{name}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note which servers each live test asks for; `web` stands for those that come with the tests."""
    known = {server.name for server in SERVERS}
    for item in (item for item in items if item.get_closest_marker("live")):
        _servers_of[item.nodeid] = sorted(known.intersection(getattr(item, "fixturenames", ()))) or ["web"]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed.update(_servers_of.get(report.nodeid, ()))
    if not report.passed:
        _incomplete.add(_module_of(report.nodeid))
    if report.skipped and report.nodeid in _servers_of:
        _skipped[report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold a prepared run to its minimum, and to what `unreached.toml` says."""
    if wanted() and not session.config.option.keyword:
        ran = {_module_of(nodeid) for nodeid in _servers_of}
        _complaints.extend(reach.complaints(ran - _incomplete))
    if _complaints or any(_passed[name] < number for name, number in wanted().items()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _module_of(nodeid: str) -> str:
    """`vault` for tests in `test_vault.py` and `test_vault_logins.py`."""
    return reach.module_of(Path(nodeid.partition("::")[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    minimum = wanted()
    for name in sorted({*_passed, *minimum}):
        terminalreporter.write_line(f"live: {name}: {_passed[name]} passed, at least {minimum.get(name, 0)} wanted")
    for line in _complaints:
        terminalreporter.write_line(f"live: {line}")
    for reason, count in _skipped.items():
        terminalreporter.write_line(f"live: {count} skipped: {reason.removeprefix('Skipped: ')}")
