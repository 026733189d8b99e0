"""PostgreSQL and MariaDB servers with an empty data folder each, on loopback, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.live.harness.processes import Process
from tests.live.harness.servers import postgres_folder
from tests.support.ports import free_port

PASSWORD = "a live secret"


@dataclass(frozen=True)
class Database:
    """A server that runs: `url` is what `db.connect` takes; `kill` is a power cut, after which it can be started."""

    url: str
    port: int
    start: Callable[[], None]
    kill: Callable[[], None]
    stop: Callable[[], None]


class Keeper:
    """Starts and ends one server, as often as asked, with the same data."""

    def __init__(self, make: Callable[[], Process]) -> None:
        self._make = make
        self._process: Process | None = None

    def start(self) -> None:
        """Start it unless it runs."""
        if self._process is None:
            self._process = self._make()

    def kill(self) -> None:
        """End it as a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()

    def stop(self) -> None:
        """End it in order."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()


def postgres(folder: Path, log: Path) -> Database:
    """Start a PostgreSQL server with its data below *folder*; the user is `postgres`, the database too."""
    programs, data, port = postgres_folder(), folder / "data", free_port()
    assert programs is not None
    user = _unprivileged("postgres", folder)
    secret = folder / "password"
    secret.write_text(PASSWORD)
    _own(user, secret)
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8",
         "--no-sync"],
        check=True, capture_output=True, user=user, cwd=folder, env=environment,
    )  # fmt: skip
    command = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]

    def ready() -> bool:
        asked = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(asked, check=False).returncode == 0

    keeper = Keeper(lambda: Process(command, log, ready, user=user, cwd=folder))
    keeper.start()
    url = f"postgres://postgres:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/postgres"
    return Database(url, port, keeper.start, keeper.kill, keeper.stop)


def mariadb(folder: Path, log: Path) -> Database:
    """Start a MariaDB server with its data below *folder*; the user is `live`, the database too."""
    data, port = folder / "data", free_port()
    user = _unprivileged("nobody", folder)
    subprocess.run(
        [_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, capture_output=True, user=user, cwd=folder,
    )  # fmt: skip
    first = folder / "first.sql"
    first.write_text(
        "CREATE DATABASE IF NOT EXISTS live CHARACTER SET utf8mb4;\n"
        f"CREATE USER IF NOT EXISTS live@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON *.* TO live@'127.0.0.1';\n"
    )
    _own(user, first)
    command = [
        _program("mariadbd"), "--no-defaults", f"--datadir={data}", "--bind-address=127.0.0.1", f"--port={port}",
        f"--socket={folder}/socket", f"--pid-file={folder}/pid", "--skip-log-bin", f"--init-file={first}",
    ]  # fmt: skip

    def ready() -> bool:
        given = ["--no-defaults", "-h127.0.0.1", f"-P{port}", "-ulive", f"-p{PASSWORD}", "-e", "SELECT 1", "live"]
        return subprocess.run([_program("mariadb"), *given], check=False, capture_output=True).returncode == 0

    keeper = Keeper(lambda: Process(command, log, ready, user=user, cwd=folder))
    keeper.start()
    url = f"mysql://live:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port}/live"
    return Database(url, port, keeper.start, keeper.kill, keeper.stop)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found is not None
    return found


def _unprivileged(name: str, folder: Path) -> str | None:
    """The user to run as, who gets *folder*: these servers refuse root. None for whoever we are."""
    if os.geteuid() != 0:
        return None
    _own(name, folder)
    return name


def _own(user: str | None, path: Path) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
