"""Where the API server of a Kubernetes cluster is, and how one signs in: from a kubeconfig, or from within a pod."""

from __future__ import annotations

import os
from dataclasses import dataclass

from assay_shell.checks.errors import CheckFailed
from assay_shell.runtime.builtins.http.engine import Wire
from assay_shell.runtime.builtins.http.tls import identity, trusted
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.kubeconfig.account import account_of
from assay_shell.runtime.kubeconfig.files import WHERE, load, paths_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from assay_shell.runtime.kubeconfig.files import Choice

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Cluster:
    """The address of an API server, without a slash at its end; the connection to it; the *headers* to send."""

    server: str
    wire: Wire
    headers: dict[str, str]


def find_cluster(environ: Mapping[str, str], context: str | None, hide: Callable[[str | bytes], None]) -> Cluster:
    """The cluster of *context* (None: the current one) in `$KUBECONFIG` or `~/.kube/config`, else that of this pod.

    *hide* is told all secrets.

    Raises:
        CheckFailed: there is none, it cannot be read, or it signs in by a program.
    """
    paths = paths_of(environ.get("KUBECONFIG"), os.path.expanduser("~"))
    try:
        config = load(paths)
        if config is not None:
            return _from_choice(config.choose(context), hide)
        if context is None and "KUBERNETES_SERVICE_HOST" in environ:
            return _of_this_pod(environ, hide)
    except BuiltinError as exc:
        raise CheckFailed(exc.message) from exc
    raise CheckFailed(f"there is no kubeconfig: {', '.join(map(quoted, paths))}")


def _of_this_pod(environ: Mapping[str, str], hide: Callable[[str | bytes], None]) -> Cluster:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    roots = trusted("service account", None, f"{_ACCOUNT}/ca.crt")
    try:
        with open(f"{_ACCOUNT}/token", encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, ValueError) as exc:
        reason = os_reason(exc) if isinstance(exc, OSError) else "stream did not contain valid UTF-8"
        raise CheckFailed(f'reading "{_ACCOUNT}/token": {reason}') from exc
    hide(token)
    return Cluster(server, Wire().but(roots=roots), {"Authorization": f"Bearer {token}"})


def _from_choice(choice: Choice, hide: Callable[[str | bytes], None]) -> Cluster:
    if "exec" in choice.user.fields:
        file = quoted(choice.user.file)
        raise CheckFailed(f"the user in {file} signs in by a program; give it a token or a certificate")
    account = account_of(choice, None, hide)
    transport: dict[str, Any] = account["transport"]  # type: ignore[assignment]  # that is what it holds
    if transport.get("verify") is False:
        file = quoted(choice.cluster.file)
        raise CheckFailed(f"the cluster in {file} asks for TLS without verification, which checks refuse")
    wire = Wire().but(
        roots=trusted(WHERE, transport.get("ca_cert"), transport.get("ca_cert_file")),
        identity=identity(WHERE, transport),
        server_name=transport.get("server_name"),
        proxy=transport.get("proxy"),
    )
    headers: dict[str, str] = dict(account["headers"])  # type: ignore[call-overload]  # of text
    if account["token"] is not None:
        headers["Authorization"] = f"Bearer {account['token']}"
    return Cluster(str(account["server"]), wire, headers)
