"""The servers that live tests may ask for: what each takes, and how this machine comes by it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.live.harness.programs import Broken, Unavailable, build, go_module, install

READY = "ready"
STATE_VARIABLE = "LIVE_STATE"
"""Names the file in which `make live` tells the tests what there is: name -> `ready`, or why not."""


@dataclass(frozen=True)
class Server:
    """A server; *minutes* is what getting it takes on a fresh machine with two cores.

    *present* says whether it is there, *get* brings it within so many seconds.
    """

    name: str
    minutes: float
    present: Callable[[], bool]
    get: Callable[[float], object]


def postgres_folder() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl`, None when PostgreSQL is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return folders[-1].parent if folders else None


def _mariadb_present() -> bool:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return all(shutil.which(name, path=path) for name in ("mariadbd", "mariadb-install-db"))


SERVERS = (
    Server("postgres", 1, lambda: postgres_folder() is not None, lambda seconds: install("postgresql")),
    Server("mariadb", 1, _mariadb_present, lambda seconds: install("mariadb-server-core", "mariadb-client-core")),
    Server("temporal", 8, lambda: go_module("temporal").exists(), lambda seconds: build("temporal", seconds)),
)


def state_of(name: str) -> str:
    """`ready`, or why the server *name* is not there; looks by itself when no run has prepared anything."""
    path = os.environ.get(STATE_VARIABLE)
    if path is not None:
        state: str = json.loads(Path(path).read_text())[name]
        return state
    (server,) = (server for server in SERVERS if server.name == name)
    try:
        return READY if server.present() else "not on this machine yet: make live brings it"
    except Unavailable as exc:
        return str(exc)


def bring(server: Server, seconds: float) -> tuple[str, bool]:
    """Get *server* within *seconds*: its state, and whether the run is still sound."""
    try:
        if server.present():
            return READY, True
        if server.minutes * 60 > seconds:
            return f"takes about {server.minutes:g} minutes, {max(seconds, 0) / 60:.0f} left in LIVE_BUDGET", True
        server.get(seconds)
    except Unavailable as exc:
        return str(exc), True
    except Broken as exc:
        return f"failed: {exc}", False
    return READY, True
