"""Clients of a stub, and nothing else that a test could take for a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stdlib.k8s.cluster import START, kubeconfig


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have neither a pod nor a kubeconfig around."""
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def ask(run, stub):
    """Run code in which `c` is a client of the stub with the namespace `shop`, and `o` options for the module."""

    def evaluate(code: str, **options: object):
        made = (
            f'local c = k8s.client("{stub.url}", {{ token = "t0ken-of-mine", namespace = "shop" }}) '
            f'local o = {{ base_url = "{stub.url}", token = "t0ken-of-mine" }} '
        )
        return run(START + made + code, **options)

    return evaluate


@pytest.fixture
def config(stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a kubeconfig that leads to the stub."""
    path = tmp_path / "config"
    path.write_text(kubeconfig(stub.url))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path
