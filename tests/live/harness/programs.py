"""Where server programs come from: the machine, its package manager, or a Go module that is built once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_MODULES = Path(__file__).parents[1] / "servers"
_POLICY = Path("/usr/sbin/policy-rc.d")


class Unavailable(Exception):
    """This machine cannot have the program, for the reason given; the tests that need it are skipped."""


class Broken(Exception):
    """The program should be there, but getting it failed: the run fails."""


def cache_folder() -> Path:
    """Return the folder that keeps built programs; it lies outside the checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "assay-live"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def go_module(name: str) -> Path:
    """Return where the program built from the module *name* is kept; it need not exist yet.

    The path changes with the module's files and with the version of Go.

    Raises:
        Unavailable: there is no Go.
    """
    go = shutil.which("go")
    if go is None:
        raise Unavailable("Go is not installed")
    folder = _MODULES / name
    done = subprocess.run(
        [go, "env", "GOVERSION"], capture_output=True, check=True, cwd=cache_folder(), env=_go_environment()
    )
    digest = hashlib.sha256(done.stdout)
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return cache_folder() / f"{name}-{digest.hexdigest()[:16]}" / name


def build(name: str, seconds: float) -> Path:
    """Build the program of the module *name*, unless that was done before, and return its path.

    Raises:
        Unavailable: Go is missing or too old, or *seconds* do not suffice.
        Broken: it does not build.
    """
    target = go_module(name)
    with _alone(name):
        if target.exists():
            return target
        target.parent.mkdir(exist_ok=True)
        fresh = target.with_suffix(".new")
        command = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(fresh), "."]
        try:
            subprocess.run(
                command, cwd=_MODULES / name, env=_go_environment(), timeout=seconds, check=True, capture_output=True,
                text=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as exc:
            raise Unavailable(f"building it took longer than the {seconds / 60:.0f} minutes left") from exc
        except subprocess.CalledProcessError as exc:
            if "requires go >=" in exc.stderr:
                raise Unavailable(exc.stderr.strip().splitlines()[-1]) from exc
            raise Broken(f"go build failed: {exc.stderr[-2000:]}") from exc
        fresh.replace(target)
    return target


def install(*packages: str) -> None:
    """Install Debian packages, without starting the services in them.

    Raises:
        Unavailable: this is no machine where we may.
        Broken: the package manager failed.
    """
    apt = shutil.which("apt-get")
    if apt is None:
        raise Unavailable("it is not installed, and there is no apt-get")
    if os.geteuid() != 0:
        raise Unavailable("it is not installed, and installing takes root")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = [apt, "install", "--yes", "--no-install-recommends", *packages]
    with _alone("packages"), _services_off():
        for command in (wanted, [apt, "update"], wanted):  # the lists of a fresh machine may be missing or old
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if command is wanted and done.returncode == 0:
                return
    raise Broken(f"apt-get install failed: {done.stderr[-2000:]}")


@contextlib.contextmanager
def _services_off() -> Iterator[None]:
    """Keep packages from starting their services; a policy that the machine has already stays."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Keep other runs on this machine from doing the same at the same time."""
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _go_environment() -> dict[str, str]:
    flags = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"}
    return {**os.environ, **flags}
