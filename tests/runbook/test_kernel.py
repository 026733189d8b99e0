from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from assay_shell.runbook.kernel import running


@pytest.mark.parametrize(("folder", "transport"), [("t", "ipc"), ("t" * 90, "tcp")])
def test_a_kernel_is_reached_without_a_port_where_a_path_is_short_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, transport: str
) -> None:
    async def used() -> str:
        async with running(str(tmp_path), dict(os.environ)) as (manager, client):
            await client.execute_interactive("return 1", output_hook=lambda message: None, timeout=10)
            return str(manager.transport)

    with tempfile.TemporaryDirectory() as short:
        place = Path(short, folder)
        place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        assert asyncio.run(used()) == transport
        assert list(place.iterdir()) == [], "nothing stays"
