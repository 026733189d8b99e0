"""JupyterLab with the kernel of this checkout, and a browser without a screen in front of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assay_shell.kernel.install import install as install_kernel
from tests.live.harness.lab import browser, folder
from tests.live.harness.processes import Process, answers
from tests.live.harness.services import Service
from tests.support.ports import free_port

_TOKEN = "live-token"


def jupyterlab(place: Path, log: Path) -> Service:
    """Start JupyterLab on the notebooks in *place*."""
    port = free_port()
    books = place / "books"
    books.mkdir()
    install_kernel(prefix=str(place / "prefix"))
    questions = place / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    questions.parent.mkdir(parents=True)
    questions.write_text('{"fetchNews": "false"}')  # it would ask once, over what is to be seen
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder()),
        "JUPYTER_PATH": f"{place / 'prefix' / 'share' / 'jupyter'}:{folder() / 'share' / 'jupyter'}",
        "JUPYTER_CONFIG_DIR": str(place / "config"),
        "JUPYTER_DATA_DIR": str(place / "data"),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(place / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(place / "workspaces"),
        "JUPYTERLAB_DIR": str(folder() / "share" / "jupyter" / "lab"),
    }
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1",
        f"--IdentityProvider.token={_TOKEN}", f"--ServerApp.root_dir={books}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    headers = {"Authorization": f"token {_TOKEN}"}
    process = Process(
        command, log, lambda: answers(f"{url}/api/status", headers=headers), env=environment, cwd=place, patience=60
    )
    return Service(url, process, _TOKEN, books)


@contextmanager
def page(width: int = 1400, height: int = 1000) -> Iterator[Any]:
    """A page of a fresh browser."""
    if str(folder()) not in sys.path:
        sys.path.append(str(folder()))  # last: what this environment has itself comes first
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield chromium.new_page(viewport={"width": width, "height": height})
        finally:
            chromium.close()
