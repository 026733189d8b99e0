"""What leads a script to a cluster that is played by a stub."""

from __future__ import annotations

import json
from pathlib import Path


def kubeconfig(folder: Path, url: str, token: str, context: str = "here") -> dict[str, str]:
    """Write a kubeconfig with one *context* into *folder*; returns the variables that make a script use it."""
    config = {
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    return {"KUBECONFIG": str(folder / "kubeconfig")}
