"""Kube contexts: which there are, and which is used."""

from __future__ import annotations

from assay_shell.session.answers import Answer, CommandError
from assay_shell.session.kubeconfig import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.workspace import Workspace


async def context(workspace: Workspace, argument: str) -> Answer:
    """List the contexts, or use another one for what is connected from now on.

    A context whose name is one of production starts to ask before each write.

    Raises:
        CommandError: there is no such context.
    """
    from assay_shell.runtime.views.model import Column, Table

    found = read(workspace.environment())
    if not argument:
        if not found.contexts:
            return Answer("no kube contexts: there is no kubeconfig")
        rows = [
            ("*" if name == found.current else "", name, entry.cluster, entry.namespace)
            for name, entry in found.contexts.items()
        ]
        columns = (Column(""), Column("context"), Column("cluster"), Column("namespace"))
        return Answer(view=Table(columns, rows, len(rows)))
    if argument not in found.contexts:
        from assay_shell.runtime.nearest import did_you_mean

        raise CommandError(f"there is no context '{argument}'{did_you_mean(argument, found.contexts)}")
    workspace.use_context(argument)
    return Answer(f"{argument}/{found.contexts[argument].namespace}; clients made from now on use it")
