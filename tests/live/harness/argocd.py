"""An Argo CD server with its repository server on a cluster, a redis, and a git repository to take manifests from.

There is no application controller: what it would write, tests write.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.live.harness.golang import built
from tests.live.harness.kubernetes import Cluster
from tests.live.harness.processes import Process, accepts, answers
from tests.live.harness.services import Service
from tests.support.ports import free_port

PASSWORD = "a live password"
_HASH = "$2b$04$abcdefghijklmnopqrstuuYZHvVe39ugr4Csh7Njhdq7pdx479aCm"  # of it, by bcrypt
_LABELS = {"app.kubernetes.io/part-of": "argocd"}
_OBJECT = "/api/v1/namespaces/argocd"


class _Stack(Process):
    """The server, at whose end the processes that it stands on end, too."""

    below: list[Process]

    def stop(self) -> None:
        super().kill()
        for process in self.below:
            process.kill()


def argocd(folder: Path, log: Path, cluster: Cluster) -> Service:
    """Start Argo CD on *cluster*; `more` has the `repository` with a `guestbook` in it, and its `revision`."""
    _install(cluster)
    below: list[Process] = []
    environment = _environment(folder, cluster)
    try:
        repository, revision = _repository(folder, log, below)
        redis = _redis(folder, log, below)
        server = _servers(folder, log, below, environment, redis, cluster)
    except BaseException:
        for process in below:
            process.kill()
        raise
    return Service(*server, PASSWORD, folder, {"repository": repository, "revision": revision})


def _install(cluster: Cluster) -> None:
    for path in sorted((built("argocd-server").parent / "data" / "crds").glob("*-crd.yaml")):
        definition = yaml.safe_load(path.read_text())
        place = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
        cluster.apply(place, {key: value for key, value in definition.items() if key != "status"})
    cluster.apply(
        "/api/v1/namespaces/argocd", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}}
    )
    for name in ("cm", "rbac-cm", "tls-certs-cm", "ssh-known-hosts-cm", "gpg-keys-cm", "cmd-params-cm"):
        _put(cluster, "ConfigMap", "configmaps", f"argocd-{name}", {})
    data = {
        "admin.password": _HASH,
        "admin.passwordMtime": "2026-01-01T00:00:00Z",
        "server.secretkey": "a key for nothing but tests",
    }
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    _put(cluster, "Secret", "secrets", "argocd-secret", encoded)
    for plural in ("applications", "appprojects", "applicationsets"):
        cluster.wait_for(f"/apis/argoproj.io/v1alpha1/{plural}")


def _put(cluster: Cluster, kind: str, plural: str, name: str, data: dict[str, str]) -> None:
    metadata = {"name": name, "namespace": "argocd", "labels": _LABELS}
    cluster.apply(f"{_OBJECT}/{plural}/{name}", {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": data})


def _environment(folder: Path, cluster: Cluster) -> dict[str, str]:
    environment = {
        "ARGOCD_GPG_ENABLED": "false",
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "KUBECONFIG": str(cluster.kubeconfig),
    }
    for name in ("TLS", "SSH"):
        (folder / name.lower()).mkdir()
        environment[f"ARGOCD_{name}_DATA_PATH"] = str(folder / name.lower())
    return {**environment, "HOME": str(folder), "TMPDIR": str(folder)}


def _repository(folder: Path, log: Path, below: list[Process]) -> tuple[str, str]:
    work, port = folder / "git" / "repo", free_port()
    manifest: dict[str, Any] = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "guestbook"}, "data": {"title": "Welcome"},
    }  # fmt: skip
    (work / "guestbook").mkdir(parents=True)
    (work / "guestbook" / "config.yaml").write_text(yaml.safe_dump(manifest))
    who = {f"GIT_{role}_{part}": f"live@{role}.test" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(work), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **who}).stdout

    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    command = [
        "git", "daemon", f"--base-path={folder}/git", "--export-all", "--reuseaddr", "--listen=127.0.0.1",
        f"--port={port}",
    ]  # fmt: skip
    below.append(Process(command, log.with_name("git-daemon.log"), lambda: accepts(port), cwd=folder))
    return f"git://127.0.0.1:{port}/repo", git("rev-parse", "HEAD").strip()


def _redis(folder: Path, log: Path, below: list[Process]) -> int:
    port, program = free_port(), shutil.which("redis-server")
    assert program is not None
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    below.append(Process(command, log.with_name("redis.log"), lambda: accepts(port), cwd=folder))
    return port


def _servers(
    folder: Path, log: Path, below: list[Process], environment: dict[str, str], redis: int, cluster: Cluster
) -> tuple[str, Process]:
    program = built("argocd-server")
    link = folder / "argocd-repo-server"  # a program's name says which of its parts it is
    link.symlink_to(program)
    repo, repo_metrics, port, metrics = (free_port() for _ in range(4))
    shared = ["--redis", f"127.0.0.1:{redis}", "--loglevel", "warn"]
    command = [
        str(link), "--disable-tls", "--address", "127.0.0.1", "--port", str(repo), "--metrics-address", "127.0.0.1",
        "--metrics-port", str(repo_metrics), *shared,
    ]  # fmt: skip
    repo_log = log.with_name("argocd-repo-server.log")
    below.append(Process(command, repo_log, lambda: accepts(repo), cwd=folder, env=environment, patience=60))
    command = [
        str(program), "--kubeconfig", str(cluster.kubeconfig), "--namespace", "argocd", "--insecure", "--address",
        "127.0.0.1", "--port", str(port), "--metrics-address", "127.0.0.1", "--metrics-port", str(metrics),
        "--repo-server", f"127.0.0.1:{repo}", "--repo-server-plaintext", "--dex-server", "127.0.0.1:1", *shared,
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    server = _Stack(command, log, lambda: answers(f"{url}/healthz"), cwd=folder, env=environment, patience=60)
    server.below = below
    return url, server
