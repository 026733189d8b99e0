"""Where the API server of a Kubernetes cluster is, and how one signs in: from a kubeconfig, or from within a pod."""

from __future__ import annotations

import os
from binascii import a2b_base64
from dataclasses import dataclass

from assay_shell.checks.errors import CheckFailed
from assay_shell.runtime.builtins.http.engine import Wire
from assay_shell.runtime.builtins.http.tls import identity, trusted
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Cluster:
    """The address of an API server, without a slash at its end; the connection to it; a bearer *token*, or None."""

    server: str
    wire: Wire
    token: str | None


def find_cluster(environ: Mapping[str, str], context: str | None) -> Cluster:
    """The cluster of *context* (None: the current one) in `$KUBECONFIG` or `~/.kube/config`, else that of this pod.

    Raises:
        CheckFailed: there is none, it cannot be read, or it signs in by a program.
    """
    path = environ.get("KUBECONFIG", "").partition(os.pathsep)[0] or os.path.expanduser("~/.kube/config")
    if not os.path.exists(path) and context is None and "KUBERNETES_SERVICE_HOST" in environ:
        return _of_this_pod(environ)
    try:
        return _from_config(path, context)
    except BuiltinError as exc:
        raise CheckFailed(exc.message) from exc


def _of_this_pod(environ: Mapping[str, str]) -> Cluster:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    try:
        roots = trusted("service account", None, f"{_ACCOUNT}/ca.crt")
    except BuiltinError as exc:
        raise CheckFailed(exc.message) from exc
    return Cluster(server, Wire().but(roots=roots), _text(f"{_ACCOUNT}/token").strip())


def _from_config(path: str, context: str | None) -> Cluster:
    from assay_shell.runtime.builtins.yaml.reading import parse_text

    config, _ = parse_text(_text(path), f"reading {quoted(path)}")
    name = context or _field(config, "current-context")
    chosen = _entry(config, "contexts", name, "context", path)
    cluster = _entry(config, "clusters", _field(chosen, "cluster"), "cluster", path)
    user = _entry(config, "users", _field(chosen, "user"), "user", path) if _field(chosen, "user") else {}
    server = _field(cluster, "server")
    if not isinstance(server, str):
        raise CheckFailed(f"the context {quoted(str(name))} in {quoted(path)} has no server")
    if cluster.get("insecure-skip-tls-verify") is True:
        raise CheckFailed(f"the cluster in {quoted(path)} asks for TLS without verification, which checks refuse")
    return Cluster(server.rstrip("/"), _wire(os.path.dirname(path), cluster, user), _token(path, user))


def _wire(folder: str, cluster: dict[str, Any], user: dict[str, Any]) -> Wire:
    where = "kubeconfig"
    roots = trusted(
        where, _data(cluster, "certificate-authority-data"), _file(folder, cluster, "certificate-authority")
    )
    given: dict[str, Any] = {
        "cert": _data(user, "client-certificate-data"),
        "key": _data(user, "client-key-data"),
        "cert_file": _file(folder, user, "client-certificate"),
        "key_file": _file(folder, user, "client-key"),
    }
    return Wire().but(roots=roots, identity=identity(where, given))


def _token(path: str, user: dict[str, Any]) -> str | None:
    if "exec" in user or "auth-provider" in user:
        raise CheckFailed(f"the user in {quoted(path)} signs in by a program; give it a token or a certificate")
    if isinstance(user.get("token"), str):
        return str(user["token"])
    file = _file(os.path.dirname(path), user, "tokenFile")
    return None if file is None else _text(file).strip()


def _entry(config: Any, listed: str, name: Any, inner: str, path: str) -> dict[str, Any]:
    """What stands under *inner* in the entry *name* of a list."""
    entries = _field(config, listed)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name and isinstance(entry.get(inner), dict):
            found: dict[str, Any] = entry[inner]
            return found
    raise CheckFailed(f"there is no {inner} {quoted(str(name))} in {quoted(path)}")


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _data(entry: dict[str, Any], name: str) -> bytes | None:
    text = entry.get(name)
    if not isinstance(text, str):
        return None
    try:
        return a2b_base64(text)
    except ValueError as exc:
        raise CheckFailed(f"{name} in the kubeconfig is not base64") from exc


def _file(folder: str, entry: dict[str, Any], name: str) -> str | None:
    path = entry.get(name)
    return os.path.join(folder, path) if isinstance(path, str) and path else None


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as exc:
        raise CheckFailed(f"reading {quoted(path)}: stream did not contain valid UTF-8") from exc
    except (OSError, ValueError) as exc:
        raise CheckFailed(f"reading {quoted(path)}: {os_reason(exc)}") from exc
