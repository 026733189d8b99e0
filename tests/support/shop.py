"""A cluster with a small shop in it, played by a stub: enough of the API for a session in the shell."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.stub import Request, Stub

NAMESPACE = "shop"
PASSWORD = "correct-horse-battery"
LOG = ("connected to cart-db", "reading 48211 baskets", "java.lang.OutOfMemoryError: Java heap space")
_EVENT_PAUSE = 0.1
"""Seconds between two changes of a watch."""
_CRASH = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-07T11:58:00Z"}
_PODS = (
    ("cart-7c9f5d7b4-x2k8d", "node-1", True, 0),
    ("cart-7c9f5d7b4-zz9wq", "node-2", False, 17),
    ("web-5b8d7cfb6c-4jq2n", "node-1", True, 0),
    ("web-5b8d7cfb6c-m7x5t", "node-2", True, 1),
    ("cart-7c9f5d7b4-p4hnm", "node-2", True, 0),
)
_LISTED = 4
"""The others come while somebody watches."""


class Shop:
    """The cluster behind *stub*: pods, their logs and changes, a deployment that scales, and a secret."""

    def __init__(self, stub: Stub) -> None:
        self._replicas = 2
        base = f"/api/v1/namespaces/{NAMESPACE}"
        stub.on("GET", "/api/v1/namespaces", json=_list("Namespace", [_named(n) for n in ("default", NAMESPACE)]))
        stub.on("GET", f"{base}/pods", reply=self._pods)
        for name, *_ in _PODS:
            stub.on("GET", f"{base}/pods/{name}/log", body="\n".join(LOG) + "\n")
        stub.on("GET", f"{base}/pods/cart-0", status=404, body='pods "cart-0" not found')
        stub.on("GET", f"{base}/secrets/app", json=_secret())
        stub.on("GET", f"{base}/secrets", json=_list("Secret", [_secret()]))
        deployments = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        stub.on("GET", deployments, json=_list("Deployment", [_named(n) for n in ("cart", "web")], "apps/v1"))
        stub.on("GET", f"{deployments}/cart/scale", reply=self._scale)
        stub.on("PATCH", f"{deployments}/cart/scale", reply=self._scale)

    def _pods(self, request: Request, handler: BaseHTTPRequestHandler) -> None:
        if "watch=" in request.query:
            _watch(handler)
        else:
            _send(handler, _list("Pod", [_pod(*each) for each in _PODS[:_LISTED]]))

    def _scale(self, request: Request, handler: BaseHTTPRequestHandler) -> None:
        if request.method == "PATCH":
            self._replicas = json.loads(request.body)["spec"]["replicas"]
        _send(handler, {
            "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "cart", "namespace": NAMESPACE},
            "spec": {"replicas": self._replicas}, "status": {"replicas": 2, "selector": "app=cart"},
        })  # fmt: skip


def _pod(name: str, node: str, ready: bool, restarts: int) -> dict[str, Any]:
    state = {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
    container = {"name": "main", "ready": ready, "restartCount": restarts, "state": state}
    if restarts:
        container["lastState"] = {"terminated": _CRASH}
    app = name.partition("-")[0]
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": NAMESPACE, "labels": {"app": app},
            "creationTimestamp": (datetime.now(UTC) - timedelta(days=3, hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": f"registry.example/{app}:2.4.1"}]},
        "status": {"phase": "Running", "podIP": "10.0.3.17", "containerStatuses": [container]},
    }  # fmt: skip


def _secret() -> dict[str, Any]:
    data = {"password": PASSWORD, "username": "shop"}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", **_named("app"), "type": "Opaque", "data": encoded}


def _named(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": NAMESPACE}}


def _list(kind: str, items: list[dict[str, Any]], version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "kind": f"{kind}List", "metadata": {"resourceVersion": "100"}, "items": items}


def _send(handler: BaseHTTPRequestHandler, body: object) -> None:
    data = json.dumps(body).encode()
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _watch(handler: BaseHTTPRequestHandler) -> None:
    """Tell of a few changes, and then of nothing, until the client has gone: a pod is replaced."""
    handler.close_connection = True
    handler.send_response_only(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    for number, (kind, index) in enumerate((("MODIFIED", 1), ("DELETED", 1), ("ADDED", 4), ("MODIFIED", 4)), 101):
        pod = _pod(*_PODS[index])
        pod["metadata"]["resourceVersion"] = str(number)
        handler.wfile.write(json.dumps({"type": kind, "object": pod}).encode() + b"\n")
        handler.wfile.flush()
        time.sleep(_EVENT_PAUSE)
    while handler.rfile.read(1):  # nothing is sent any more: this ends with the connection
        continue
