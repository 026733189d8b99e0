"""How JupyterLab, Playwright and a browser come to this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.live.harness.programs import Broken, alone, cache_folder, install

PACKAGES = ("jupyterlab==4.6.6", "playwright==1.65.2")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """Return a Chromium, None when there is none."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def folder() -> Path:
    """Return where JupyterLab and Playwright are, or will be."""
    return cache_folder() / "-".join(package.replace("==", "-") for package in PACKAGES)


def is_present() -> bool:
    """Whether all that it takes is on this machine."""
    return folder().exists() and browser() is not None


def get(_: float) -> None:
    """Bring JupyterLab, Playwright and a browser.

    Raises:
        Unavailable: this machine cannot have a browser.
        Broken: an installation failed.
    """
    if browser() is None:
        install("chromium")
    with alone("jupyterlab"):
        if folder().exists():
            return
        fresh = folder().with_name(f"{folder().name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]
        done = subprocess.run([*command, str(fresh), *PACKAGES], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"JupyterLab could not be installed: {done.stderr[-2000:]}")
        fresh.replace(folder())
