"""A Kubernetes cluster without containers: etcd, the API server, the controller manager, and kwok in place of kubelets.

Pods with a `nodeName` run at once. Their logs are the lines of `LOG`, `exec` runs the command on this machine in the
folder of the cluster, and what is forwarded to a pod's port 8080 goes to the API server's port.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.live.harness.golang import built
from tests.live.harness.processes import Process, answers, secure
from tests.support.ports import free_port

NODE = "node-1"
LOG = ("line one", "line two", "line three")
_ATTEMPTS, _PAUSE = 300, 0.1  # pause in seconds
_TOKEN = "live-admin-token"
_GUEST = "live-guest-token"


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs: `token` is an administrator's, `guest` the one of somebody without any rights."""

    url: str
    ca: Path
    kubeconfig: Path
    folder: Path
    processes: list[Process]
    token: str = _TOKEN
    guest: str = _GUEST

    def stop(self) -> None:
        """End all of it."""
        for process in reversed(self.processes):
            process.kill()

    def call(self, method: str, path: str, body: object = None, kind: str = "application/json") -> Any:
        """Send a request as the administrator, and return the decoded answer; None for what is not there."""
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", kind)
            request.data = json.dumps(body).encode()
        for _ in range(_ATTEMPTS):
            try:
                with urllib.request.urlopen(request, context=secure(self.ca)) as response:
                    return json.load(response)
            except HTTPError as exc:
                with exc:
                    if exc.code == 404:
                        return None
                    refusal = f"{method} {path}: {exc.code}: {exc.read().decode()}"
                    if exc.code != 429:  # which says that a new kind is not quite there yet
                        raise AssertionError(refusal) from exc
            time.sleep(_PAUSE)
        raise AssertionError(refusal)

    def wait_for(self, path: str) -> None:
        """Wait until there is something at *path*."""
        for _ in range(_ATTEMPTS):
            if self.call("GET", path) is not None:
                return
            time.sleep(_PAUSE)
        raise AssertionError(f"there is nothing at {path}")

    def apply(self, path: str, body: dict[str, Any]) -> Any:
        """Bring an object at *path* to the state *body*; its status too, where it has one."""
        kind = "application/apply-patch+yaml"
        made = self.call("PATCH", f"{path}?fieldManager=live&force=true", body, kind)
        if "status" in body:
            made = self.call("PATCH", f"{path}/status?fieldManager=live&force=true", body, kind) or made
        return made


def kubernetes(folder: Path, log: Path) -> Cluster:
    """Start a cluster with its data in *folder*; the log of each program lies beside *log*."""
    processes: list[Process] = []
    try:
        etcd = _etcd(folder, log, processes)
        cluster = _api_server(folder, log, processes, etcd)
        _controllers(cluster, log)
        _kubelets(cluster, log)
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {"zone": "a"}}}
        cluster.call("POST", "/api/v1/nodes", node)
    except BaseException:
        for process in processes:
            process.kill()
        raise
    return cluster


def _log_of(log: Path, name: str) -> Path:
    return log.with_name(f"{name}.log")


def _etcd(folder: Path, log: Path, processes: list[Process]) -> str:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        str(built("etcd")), "--data-dir", str(folder / "etcd"), "--listen-client-urls", client,
        "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
        "--initial-cluster", f"default={peer}", "--unsafe-no-fsync", "--log-level", "warn",
    ]  # fmt: skip
    processes.append(Process(command, _log_of(log, "etcd"), lambda: answers(f"{client}/health"), cwd=folder))
    return client


def _api_server(folder: Path, log: Path, processes: list[Process], etcd: str) -> Cluster:
    port = free_port()
    key, public = folder / "accounts.key", folder / "accounts.pub"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    (folder / "tokens.csv").write_text(f'{_TOKEN},admin,1,"system:masters"\n{_GUEST},guest,2\n')
    command = [
        str(built("kube-apiserver")), f"--etcd-servers={etcd}", "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={folder}/certs",
        "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={public}",
        f"--service-account-signing-key-file={key}", f"--token-auth-file={folder}/tokens.csv",
        "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/24",
        "--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none",
    ]  # fmt: skip
    url, ca = f"https://127.0.0.1:{port}", folder / "certs" / "apiserver.crt"
    allowed = {"Authorization": f"Bearer {_TOKEN}"}

    def ready() -> bool:
        return ca.exists() and answers(f"{url}/readyz", headers=allowed, ca=ca)

    processes.append(Process(command, _log_of(log, "kube-apiserver"), ready, cwd=folder, patience=90))
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(json.dumps(_kubeconfig(url, ca)))
    return Cluster(url, ca, kubeconfig, folder, processes)


def _kubeconfig(url: str, ca: Path) -> dict[str, Any]:
    users = {"admin": _TOKEN, "guest": _GUEST}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin",
        "clusters": [{"name": "live", "cluster": {"server": url, "certificate-authority": str(ca)}}],
        "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
        "contexts": [
            {"name": name, "context": {"cluster": "live", "user": name, "namespace": "default"}} for name in users
        ],
    }


def _controllers(cluster: Cluster, log: Path) -> None:
    port = free_port()
    command = [
        str(built("kube-controller-manager")), f"--kubeconfig={cluster.kubeconfig}",
        f"--service-account-private-key-file={cluster.folder}/accounts.key", "--leader-elect=false",
        "--bind-address=127.0.0.1", f"--secure-port={port}", f"--cert-dir={cluster.folder}/controllers",
    ]  # fmt: skip
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    made = _log_of(log, "kube-controller-manager")
    cluster.processes.append(
        Process(command, made, lambda: cluster.call("GET", account) is not None, cwd=cluster.folder, patience=60)
    )


def _kubelets(cluster: Cluster, log: Path) -> None:
    program, port = built("kwok"), free_port()
    stages = program.parent / "data" / "stage"
    wanted = [
        stages / "node" / "fast" / "node-initialize.yaml",
        stages / "node" / "heartbeat-with-lease" / "node-heartbeat-with-lease.yaml",
        *sorted((stages / "pod" / "fast").glob("pod-*.yaml")),
    ]
    lines = cluster.folder / "pod.log"
    lines.write_text("".join(f"2026-01-01T00:00:0{n}.000000000Z stdout F {line}\n" for n, line in enumerate(LOG)))
    served = int(cluster.url.rpartition(":")[2])
    behaviour = {
        "ClusterLogs": {"logs": [{"logsFile": str(lines)}]},
        "ClusterExec": {"execs": [{"local": {"workDir": str(cluster.folder)}}]},
        "ClusterPortForward": {"forwards": [{"ports": [8080], "target": {"address": "127.0.0.1", "port": served}}]},
    }
    documents = [path.read_text() for path in wanted]
    for kind, spec in behaviour.items():
        head = {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": kind, "metadata": {"name": "all"}}
        documents.append(json.dumps({**head, "spec": spec}))
    config = cluster.folder / "kwok.yaml"
    config.write_text("\n---\n".join(documents))
    command = [
        str(program), f"--config={config}", f"--kubeconfig={cluster.kubeconfig}", "--manage-all-nodes",
        "--node-ip=127.0.0.1", f"--node-port={port}", f"--server-address=127.0.0.1:{port}",
        "--node-lease-duration-seconds=40",
    ]  # fmt: skip
    ready = f"http://127.0.0.1:{port}/healthz"
    cluster.processes.append(Process(command, _log_of(log, "kwok"), lambda: answers(ready), cwd=cluster.folder))
