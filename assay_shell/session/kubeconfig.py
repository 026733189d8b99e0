"""What a kubeconfig says of contexts: enough for the toolbar and for `.context`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

CONTEXT = "ASSAY_KUBE_CONTEXT"
"""The variable that names the context to use instead of the current one."""


@dataclass(frozen=True, slots=True)
class Context:
    """A cluster, the address of its *server* ("" where unknown), and a namespace."""

    cluster: str
    namespace: str
    server: str = ""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All contexts by name, and the one in use ("" for none)."""

    current: str = ""
    contexts: dict[str, Context] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """`context/namespace`, "" where there is none."""
        if not self.current:
            return ""
        found = self.contexts.get(self.current)
        return f"{self.current}/{found.namespace if found else 'default'}"


def read(environment: Mapping[str, str]) -> Contexts:
    """Read the files that KUBECONFIG names, or the usual one; of what stands in several the first counts.

    Files that are missing, unreadable or no kubeconfig are passed over.
    """
    current = environment.get(CONTEXT, "")
    contexts: dict[str, Context] = {}
    documents = [_document(path) for path in _paths(environment)]
    servers = {name: server for document in reversed(documents) for name, server in _servers(document)}
    for document in documents:
        current = current or _text(document.get("current-context"))
        for entry in _list(document.get("contexts")):
            name, inner = _text(entry.get("name")), entry.get("context")
            if name and name not in contexts and isinstance(inner, dict):
                cluster = _text(inner.get("cluster"))
                namespace = _text(inner.get("namespace")) or "default"
                contexts[name] = Context(cluster, namespace, servers.get(cluster, ""))
    return Contexts(current, contexts)


def _servers(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in _list(document.get("clusters")):
        inner = entry.get("cluster")
        if isinstance(inner, dict):
            yield _text(entry.get("name")), _text(inner.get("server"))


def _paths(environment: Mapping[str, str]) -> list[str]:
    named = environment.get("KUBECONFIG")
    if named:
        return [path for path in named.split(os.pathsep) if path]
    home = environment.get("HOME")
    return [os.path.join(home, ".kube", "config")] if home else []


def _document(path: str) -> dict[str, Any]:
    import yaml

    try:
        with open(path, "rb") as file:
            found = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
