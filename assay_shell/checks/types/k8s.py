"""`k8s`: an object of a cluster is ready, or all of its kind are."""

from __future__ import annotations

import os

from assay_shell.checks.clusters import find_cluster
from assay_shell.checks.errors import CheckFailed
from assay_shell.checks.expect import in_millis, require_latency
from assay_shell.checks.expressions import parse_json, require_true
from assay_shell.checks.requests import RequestFailed
from assay_shell.checks.tools import Passed, needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.checks.requests import Answer
    from assay_shell.checks.suite import Check
    from assay_shell.checks.tools import Tools

KINDS = {
    "deployment": ("/apis/apps/v1", "deployments"),
    "statefulset": ("/apis/apps/v1", "statefulsets"),
    "replicaset": ("/apis/apps/v1", "replicasets"),
    "daemonset": ("/apis/apps/v1", "daemonsets"),
    "job": ("/apis/batch/v1", "jobs"),
    "pod": ("/api/v1", "pods"),
    "node": ("/api/v1", "nodes"),
}
"""Kinds in lower case: where the API server has them."""

_TOLD = 5
"""So many objects that are not ready are named."""


async def run(check: Check, tools: Tools) -> Passed:
    """Ask the API server; pass when what it answers is ready."""
    kind = needed(check, "kind").lower()
    if kind not in KINDS:
        raise CheckFailed(f'k8s check knows the kinds {", ".join(KINDS)}, not "{kind}"')
    answer = await _ask(check, tools, _path(check, kind))
    document = parse_json(answer.text, "answer of the API server")
    items = document.get("items") if "object" not in check.settings else [document]
    if not isinstance(items, list) or not items:
        raise CheckFailed(f"there are no {KINDS[kind][1]}")
    short = [text for text in (_shortage(kind, item) for item in items) if text]
    if short:
        more = f" and {len(short) - _TOLD} more" if len(short) > _TOLD else ""
        raise CheckFailed(f"not ready: {'; '.join(short[:_TOLD])}{more}")
    for expression in check.wanted("jmespath") or ():
        require_true(expression, document)
    require_latency(check, answer.seconds)
    return Passed(detail=f"{len(items)} ready in {in_millis(answer.seconds)}", data=lambda: document)


def _path(check: Check, kind: str) -> str:
    from urllib.parse import quote

    root, plural = KINDS[kind]
    namespace, name = check.settings.get("namespace"), check.settings.get("object")
    if kind == "node":
        namespace = None
    elif name is not None and namespace is None:
        namespace = "default"
    within = f"/namespaces/{quote(namespace, safe='')}" if namespace is not None else ""
    return f"{root}{within}/{plural}" + (f"/{quote(name, safe='')}" if name is not None else "")


async def _ask(check: Check, tools: Tools, path: str) -> Answer:
    cluster = find_cluster(os.environ, check.settings.get("context"), tools.redactor.add)
    try:
        answer = await tools.requests.get(cluster.server + path, cluster.headers, wire=cluster.wire)
    except RequestFailed as exc:
        raise CheckFailed(f"asking {cluster.server}{path}: {exc}") from exc
    if answer.status != 200:
        raise CheckFailed(f"asking {cluster.server}{path}: HTTP {answer.status}")
    return answer


def _shortage(kind: str, item: Any) -> str:
    """What *item* lacks, "" when it is ready."""
    meta, spec, status = (_part(item, name) for name in ("metadata", "spec", "status"))
    name = str(meta.get("name"))
    if kind in ("deployment", "statefulset", "replicaset"):
        wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    elif kind == "daemonset":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    else:
        return "" if _has_condition(status, "Complete" if kind == "job" else "Ready") else name
    if status.get("observedGeneration", 0) < meta.get("generation", 0):
        return f"{name} (its last change is not observed yet)"
    return "" if ready >= wanted else f"{name} ({ready} of {wanted})"


def _has_condition(status: dict[str, Any], kind: str) -> bool:
    conditions = status.get("conditions")
    found = conditions if isinstance(conditions, list) else []
    return any(_part({"it": one}, "it").get("type") == kind and one.get("status") == "True" for one in found)


def _part(item: Any, name: str) -> dict[str, Any]:
    found = item.get(name) if isinstance(item, dict) else None
    return found if isinstance(found, dict) else {}
