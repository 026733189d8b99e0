"""What a kubeconfig says of contexts: enough for the toolbar and for `.context`."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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
    from assay_shell.runtime.kubeconfig.files import load_readable, paths_of

    config = load_readable(paths_of(environment.get("KUBECONFIG"), environment.get("HOME")))
    contexts = {
        found["name"]: Context(
            found["cluster"] or "", found["namespace"] or "default", config.server(found["cluster"]) or ""
        )
        for found in config.contexts()
    }
    return Contexts(environment.get(CONTEXT) or config.current or "", contexts)
