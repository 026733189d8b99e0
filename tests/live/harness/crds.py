"""Definitions of the kinds that operators bring: group, version, names and subresources are theirs, fields are free."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.live.harness.kubernetes import Cluster
from tests.live.harness.reach import Talk

_FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


@dataclass(frozen=True)
class Kind:
    """A kind of objects in the version that current releases of its operator serve."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    status: bool = True  # whether `/status` is a subresource

    @property
    def base(self) -> str:
        """The path of the version that it belongs to."""
        return f"/apis/{self.group}/{self.version}"

    def path(self, namespace: str | None, name: str) -> str:
        """Return the path of an object."""
        place = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.base}{place}/{self.plural}/{name}"

    def definition(self) -> dict[str, Any]:
        """Return the CustomResourceDefinition."""
        version = {
            "name": self.version,
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _FREE, "status": _FREE}}},
            **({"subresources": {"status": {}}} if self.status else {}),
        }
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{self.plural}.{self.group}"},
            "spec": {
                "group": self.group,
                "scope": "Namespaced" if self.namespaced else "Cluster",
                "names": {
                    "kind": self.kind,
                    "listKind": f"{self.kind}List",
                    "plural": self.plural,
                    "singular": self.kind.lower(),
                },
                "versions": [version],
            },
        }


def _kinds(group: str, version: str, *names: str, namespaced: bool = True, status: bool = True) -> tuple[Kind, ...]:
    """Return the kinds *names*; those with an unusual plural have it after a slash."""
    pairs = (name.partition("/") for name in names)
    return tuple(
        Kind(group, version, kind, plural or f"{kind.lower()}s", namespaced, status) for kind, _, plural in pairs
    )


_SOURCE, _NOTIFICATION = "source.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io"
FLUX = (
    *_kinds(_SOURCE, "v1", "GitRepository/gitrepositories", "HelmRepository/helmrepositories", "HelmChart"),
    *_kinds(_SOURCE, "v1", "OCIRepository/ocirepositories"),
    *_kinds("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
    *_kinds("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
    *_kinds(_NOTIFICATION, "v1beta3", "Alert", "Provider", status=False),
    *_kinds(_NOTIFICATION, "v1", "Receiver"),
    *_kinds("image.toolkit.fluxcd.io", "v1", "ImagePolicy/imagepolicies"),
)
KARGO = (
    *_kinds("kargo.akuity.io", "v1alpha1", "Stage", "Freight/freights", "Promotion", "Warehouse"),
    *_kinds("kargo.akuity.io", "v1alpha1", "Project", namespaced=False),
)
CERT_MANAGER = (
    *_kinds("cert-manager.io", "v1", "Certificate", "Issuer", "CertificateRequest"),
    *_kinds("cert-manager.io", "v1", "ClusterIssuer", namespaced=False),
    *_kinds("acme.cert-manager.io", "v1", "Order", "Challenge"),
)
EXTERNAL_SECRETS = (
    *_kinds("external-secrets.io", "v1", "ExternalSecret", "SecretStore"),
    *_kinds("external-secrets.io", "v1", "ClusterSecretStore", "ClusterExternalSecret", namespaced=False),
)
CROSSPLANE = (
    *_kinds("pkg.crossplane.io", "v1", "Provider", "ProviderRevision", "Configuration", "Function", namespaced=False),
    *_kinds("apiextensions.crossplane.io", "v1", "CompositeResourceDefinition", "Composition", namespaced=False),
    *_kinds("live.crossplane.test", "v1", "Bucket", namespaced=False),
)
VELERO = _kinds(
    "velero.io", "v1", "Backup", "Restore", "Schedule", "BackupStorageLocation", "VolumeSnapshotLocation",
    "BackupRepository/backuprepositories", status=False,
)  # fmt: skip


def define(cluster: Cluster, kinds: Sequence[Kind]) -> None:
    """Have *cluster* serve *kinds*, and wait until it does."""
    for kind in kinds:
        definition = kind.definition()
        cluster.apply(
            f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}", definition
        )
    for kind in kinds:
        cluster.wait_for(f"{kind.base}/{kind.plural}")


def put(cluster: Cluster, kind: Kind, name: str, namespace: str | None = "default", **members: Any) -> Any:
    """Bring the object *name* to the state *members* (`spec`, `status`, `labels`, `annotations`)."""
    metadata: dict[str, Any] = {"name": name}
    for part in ("labels", "annotations"):
        if part in members:
            metadata[part] = members.pop(part)
    if kind.namespaced:
        metadata["namespace"] = namespace
    body = {"apiVersion": f"{kind.group}/{kind.version}", "kind": kind.kind, "metadata": metadata, **members}
    return cluster.apply(kind.path(namespace, name), body)


def fill(
    cluster: Cluster,
    kinds: Sequence[Kind],
    objects: Sequence[tuple[str, str, dict[str, Any]]],
    *,
    labelled: bool = False,
) -> Cluster:
    """Have *cluster* serve *kinds*, with *objects* (kind, name, status); *labelled*: with the name as label `team`."""
    define(cluster, kinds)
    named = by_kind(kinds)
    for kind, name, status in objects:
        labels = {"team": name} if labelled else {}
        put(cluster, named[kind], name, spec={"x": "y"}, status=status, labels=labels)
    return cluster


def by_kind(kinds: Sequence[Kind]) -> dict[str, Kind]:
    """Return *kinds* by their names."""
    return {kind.kind: kind for kind in kinds}


def conditions(**states: str | bool) -> list[dict[str, str]]:
    """Return conditions of these types: a status, or True and False."""
    stamp = "2026-01-01T00:00:00Z"
    return [
        {
            "type": kind,
            "status": str(state),
            "reason": "Live",
            "message": f"{kind} is {state}",
            "lastTransitionTime": stamp,
        }
        for kind, state in states.items()
    ]


@contextlib.contextmanager
def controller(
    cluster: Cluster, path: str, react: Callable[[Any], dict[str, Any] | None], part: str = "/status"
) -> Iterator[None]:
    """Play the controller of the object at *path*: once *react* gives a change for it, its *part* gets that."""
    ended = threading.Event()

    def act() -> None:
        while not ended.wait(0.1):
            if change := react(cluster.call("GET", path)):
                cluster.call("PATCH", path + part, change, "application/merge-patch+json")
                return

    worker = threading.Thread(target=act)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


def talk_to(module: str, cluster: Cluster, namespace: str = "default") -> Talk:
    """Run code for a module on *cluster*: `c` is a client, `n` a namespace, `names` and `all` give names of items."""
    head = (
        f"local n, opts = '{namespace}', {{ token = '{cluster.token}', ca_cert_file = '{cluster.ca}' }} "
        f"local c = m.client('{cluster.url}', opts) "
        "local function names(list) local found = {} for i, item in ipairs(list.items or list) do "
        "found[i] = item.metadata.name end return table.concat(found, ' ') end "
        "local function all(next) local found = {} for item in next do found[#found + 1] = item end "
        "return names(found) end "
    )
    return Talk(module, head)
