"""What tests of assay.k8s call things, and a kubeconfig."""

from __future__ import annotations

import json

NS = "/api/v1/namespaces/shop"
PODS = f"{NS}/pods"
GONE = {"kind": "Status", "code": 410, "message": "too old"}
START = 'local k8s = require("assay.k8s") '


def kubeconfig(url: str, **user: object) -> str:
    """A kubeconfig with the contexts `here` (namespace shop, with a token) and `other` (without)."""
    return json.dumps({
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
            {"name": "other", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user or {"token": "t0ken-of-context"}}],
    })  # fmt: skip


def caught(code: str) -> str:
    """Code that gives the text of the error that *code* raises."""
    return f"return tostring(select(2, pcall(function() {code} end)))"


def named(*names: str, version: str | None = None) -> list[dict[str, object]]:
    """Objects with these names, each also with a version."""
    return [{"metadata": {"name": name, "uid": name, "resourceVersion": version or "1"}} for name in names]
