"""The HTTP server that client benchmarks talk to: answers every request with the same 27 bytes, `/slow` after 50 ms.

Below `/api/` it is an API server of Kubernetes with 5,000 pods.
"""

from __future__ import annotations

import asyncio
from functools import cache

import orjson
import uvloop

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{"ok":true,"items":[1,2,3]}'


PODS = 5000


def pod(number: int) -> dict[str, object]:
    """A pod as an API server shows it, of 2.5 KB."""
    name = f"web-{number}"
    times = {"lastProbeTime": None, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    labels = {"app": "web", "pod-template-hash": "6b569fdc8f", "tier": "front"}
    container = {
        "name": "app", "image": "registry.example/web:1.2.3", "imagePullPolicy": "IfNotPresent", "resources": {},
        "env": [{"name": f"SETTING_{n}", "value": f"value {n}"} for n in range(8)],
        "ports": [{"containerPort": 8080, "protocol": "TCP"}], "terminationMessagePath": "/dev/termination-log",
        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "token", "mountPath": "/var/run/token"}],
    }  # fmt: skip
    return {
        "metadata": {
            "name": name, "generateName": "web-", "namespace": "bench", "uid": f"00000000-0000-0000-0000-{number:012}",
            "resourceVersion": str(100000 + number), "creationTimestamp": "2026-01-01T00:00:00Z", "labels": labels,
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6b569fdc8f",
                                 "uid": "0f3d8e0c-55bb-4d8e-9e4b-000000000000", "controller": True}],
        },
        "spec": {
            "containers": [container], "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "nodeName": "node-1",
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "token", "projected": {"defaultMode": 420}}],
            "tolerations": [{"key": f"node.kubernetes.io/{word}", "operator": "Exists", "effect": "NoExecute",
                             "tolerationSeconds": 300} for word in ("not-ready", "unreachable")],
        },
        "status": {
            "phase": "Running", "hostIP": "10.0.0.1", "podIP": f"10.1.{number >> 8}.{number & 255}",
            "conditions": [{"type": kind, "status": "True", **times} for kind in kinds],
            "containerStatuses": [{"name": "app", "ready": True, "restartCount": 0, "image": container["image"],
                                   "state": {"running": {"startedAt": "2026-01-01T00:00:05Z"}}, "lastState": {}}],
        },
    }  # fmt: skip


@cache
def pods() -> bytes:
    """The answer to a list of all pods."""
    items = [pod(number) for number in range(PODS)]
    metadata = {"resourceVersion": "105000"}
    body = orjson.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Answer(asyncio.Protocol):
    """One connection; requests have no bodies."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        *requests, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for request in requests:
            if request.startswith(b"GET /slow"):
                asyncio.get_running_loop().call_later(0.05, self._transport.write, ANSWER)  # type: ignore[attr-defined]
            elif request.startswith(b"GET /api/"):
                self._transport.write(pods())  # type: ignore[attr-defined]
            else:
                self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until killed; the port is the first line of output."""
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
