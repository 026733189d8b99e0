"""The kernel of one run: started, spoken to, and ended however the run ends."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assay_shell.runbook.book import KERNEL, BookError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_READY_WITHIN = 60
_LONGEST_PATH = 95
"""Bytes that the path of a socket may have on every system, its number left out."""


@asynccontextmanager
async def running(folder: str, environment: dict[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    """A kernel in *folder* and with *environment*: its manager and its client, as nbclient takes them.

    Raises:
        BookError: it did not start.
    """
    with TemporaryDirectory(prefix="assay-kernel-") as place:
        manager, client = _manager(place), None
        try:
            try:
                await manager.start_kernel(env=environment, cwd=folder)
                client = manager.client()
                client.start_channels()
                await client.wait_for_ready(timeout=_READY_WITHIN)
            except (RuntimeError, OSError) as exc:
                raise BookError(f"the kernel did not start: {exc}") from exc
            client.allow_stdin = False
            yield manager, client
        finally:
            await _end(manager, client)


async def _end(manager: Any, client: Any) -> None:
    if manager.has_kernel and await manager.is_alive():
        await manager.shutdown_kernel()
    await manager.cleanup_resources()
    if client is not None:
        client.stop_channels()


def _manager(folder: str) -> Any:
    """A manager that starts this installation's kernel, whatever else Jupyter finds on this machine.

    They talk through sockets in *folder*: of TCP ports somebody else may be given one between its choice and its use.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    from assay_shell.kernel.install import write

    place = Path(folder, KERNEL["name"])
    place.mkdir()
    write(place)
    specs = KernelSpecManager(kernel_dirs=[folder], ensure_native_kernel=False)
    sockets = os.path.join(folder, "s")
    way = {"transport": "ipc", "ip": sockets} if len(os.fsencode(sockets)) < _LONGEST_PATH else {}
    return AsyncKernelManager(kernel_name=KERNEL["name"], kernel_spec_manager=specs, **way)
