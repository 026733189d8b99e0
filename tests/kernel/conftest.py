"""The real kernel in a process of its own, talked to as Jupyter's front ends do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from assay_shell.kernel.install import install
from tests.support.ports import free_port

TIMEOUT = 30


class Notebook:
    """A client of one kernel: runs cells and collects what they send."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient | None = None) -> None:
        self.manager = manager
        self.client: BlockingKernelClient = client or manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def run(self, code: str, **options: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The content of the reply to a cell, and its messages but for status and input: type and content."""
        shown: list[dict[str, Any]] = []
        reply = self.client.execute_interactive(code, output_hook=shown.append, timeout=TIMEOUT, **options)
        return reply["content"], [
            {"type": message["msg_type"], **message["content"]}
            for message in shown
            if message["msg_type"] not in ("status", "execute_input")
        ]

    def printed(self, code: str, stream: str = "stdout") -> str:
        """What a cell prints."""
        return "".join(part["text"] for part in self.run(code)[1] if part.get("name") == stream)

    def text(self, code: str) -> str:
        """The result of a cell as plain text."""
        (result,) = [part for part in self.run(code)[1] if part["type"] == "execute_result"]
        return str(result["data"]["text/plain"])

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session")
def jupyter_path(tmp_path_factory):
    """A prefix that has our kernelspec, and the environment that makes Jupyter look there."""
    prefix = tmp_path_factory.mktemp("jupyter")
    install(prefix=str(prefix))
    os.environ["JUPYTER_PATH"] = str(prefix / "share" / "jupyter")
    os.environ["JUPYTER_RUNTIME_DIR"] = str(prefix / "runtime")
    return Path(prefix)


def new_manager() -> KernelManager:
    """What starts a kernel, on ports that nobody else is given meanwhile."""
    ports = {f"{name}_port": free_port() for name in ("shell", "iopub", "stdin", "control", "hb")}
    return KernelManager(kernel_name="assay", cache_ports=False, **ports)


@pytest.fixture(scope="module")
def shared(jupyter_path):
    """One kernel for the tests of a module."""
    manager = new_manager()
    manager.start_kernel()
    notebook = Notebook(manager)
    yield notebook
    notebook.close()


@pytest.fixture
def fresh(jupyter_path):
    """A kernel for one test."""
    manager = new_manager()
    manager.start_kernel()
    notebook = Notebook(manager)
    yield notebook
    notebook.close()
