"""Asks the cluster that a half-typed call would go to for names: what `ClusterNames` fetches in the background."""

from __future__ import annotations

from lupa.lua55 import lua_type

from assay_shell.runtime.values import Function, Table
from assay_shell.session.completion.chains import chain_from
from assay_shell.session.completion.knowledge import Knowledge
from assay_shell.session.completion.live import Live
from assay_shell.session.completion.resolve import Resolver
from assay_shell.session.tokens import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.session.completion.cluster import Wanted
    from assay_shell.session.completion.resolve import Session

_MOST = 500
_OPTIONS = {"limit": _MOST, "timeout": 10}
"""A cluster that takes longer, in seconds, is not worth waiting for."""


class KubernetesNames:
    """Fetches names by the functions of `assay.k8s` on the client or module that was typed.

    These only read. They run as tasks of their own, beside whatever else runs.
    """

    def __init__(self, session: Session) -> None:
        self._runtime = session.runtime
        self._live = Live(session.runtime)
        self._resolver = Resolver(session, self._live, Knowledge(session.runtime))

    async def __call__(self, wanted: Wanted) -> list[str]:
        """The names in the cluster; none where what was typed is no client.

        Raises:
            ScriptError: the cluster did not answer, or refused.
        """
        client = self._client(wanted.client)
        if client is None:
            return []
        if wanted.what == "kinds":
            found = await self._call(client, "kinds", _OPTIONS)
            return sorted({name.lower() for name in self._texts(found, "kind")})
        if wanted.what == "namespaces":
            listed = await self._call(client, "list", None, "namespace", _OPTIONS)
        else:
            listed = await self._call(client, "list", wanted.namespace or None, wanted.kind, _OPTIONS)
        items = self._live.member(listed, "items") if lua_type(listed) == "table" else None
        return self._texts(items, "metadata", "name")

    def _client(self, typed: str) -> Any:
        """The live client or module that *typed* leads to."""
        words = tokens(typed)
        chain = chain_from(words, 0)
        thing = self._resolver.resolve(chain, words) if chain is not None else None
        return thing.value if thing is not None and thing.live and lua_type(thing.value) == "table" else None

    async def _call(self, client: Any, name: str, *arguments: object) -> Any:
        """The raw result of a method of a client, or of the function of the module; None where there is none."""
        function = self._live.member(client, name)
        if lua_type(function) != "function":
            return None
        border, scheduler = self._runtime.border, self._runtime.scheduler
        first = () if self._live.module(client) else (Table(client, border),)
        results = await scheduler.call(Function(function, scheduler), *first, *arguments)
        return results[0].raw if results and isinstance(results[0], Table) else None

    def _texts(self, items: Any, *path: str) -> list[str]:
        """The text at the end of *path* in each item of a list."""
        found: list[str] = []
        count = self._live.size(items)[1] if lua_type(items) == "table" else 0
        for index in range(1, min(count, _MOST) + 1):
            value = self._live.member(items, index)
            for key in path:
                value = self._live.member(value, key)
            if isinstance(value, str):
                found.append(value)
        return found
