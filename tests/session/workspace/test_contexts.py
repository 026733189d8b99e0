"""The context that `.context` chose is the one of clients made from then on."""

from __future__ import annotations

import json


def test_clients_follow_the_chosen_context(desk, tmp_path, monkeypatch):
    names = ("one", "two")
    document = {
        "current-context": "one",
        "clusters": [{"name": name, "cluster": {"server": f"http://{name}.invalid"}} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in names],
        "users": [{"name": "u", "user": {}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(document))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    desk.values('local k8s = require("assay.k8s")')
    assert desk.values("k8s.client().url") == ["http://one.invalid"]
    desk.text(".context two")
    assert desk.values("k8s.client().url") == ["http://two.invalid"]
