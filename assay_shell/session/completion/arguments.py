"""Within a call: the signature, the keys of an option table, and what may stand in a string argument."""

from __future__ import annotations

from assay_shell.session.completion.answers import Candidate, SignatureHelp
from assay_shell.session.completion.calls import CLUSTER_MODULE, Callee, Calls
from assay_shell.session.completion.cluster import Wanted
from assay_shell.session.completion.optionkeys import Option, takes_options
from assay_shell.session.completion.outside import files, variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assay_shell.session.completion.cluster import ClusterNames
    from assay_shell.session.completion.knowledge import Knowledge
    from assay_shell.session.completion.live import Live
    from assay_shell.session.completion.optionkeys import OptionKeys
    from assay_shell.session.completion.place import Call, Place
    from assay_shell.session.completion.resolve import Resolver, Session

_VARIABLES = frozenset(("env.get", "env.set", "env.unset", "os.getenv"))
_PATHS = frozenset(("path", "file", "filename", "folder", "dir", "directory", "from", "to", "src", "dst", "source"))
_PATH_OPTIONS = frozenset(("cwd", "path", "unix_socket", "file", "folder", "dir"))
_OBJECTS = frozenset(("name", "pod", "pod_name"))
_NAMESPACES = frozenset(("namespace", "ns"))


class Arguments:
    """Answers for places within calls."""

    def __init__(
        self,
        session: Session,
        live: Live,
        knowledge: Knowledge,
        resolver: Resolver,
        options: OptionKeys,
        cluster: ClusterNames,
    ) -> None:
        self._session = session
        self._live = live
        self._knowledge = knowledge
        self._calls = Calls(live, resolver, knowledge)
        self._options = options
        self._cluster = cluster

    # Signatures -------------------------------------------------------------------------------------------

    def signature(self, place: Place) -> SignatureHelp | None:
        """The call around a place."""
        call = place.call
        callee = self._callee(place)
        if call is None or callee is None:
            return None
        active = _active(callee.parameters, call.position)
        function = callee.function
        summary = function.description if function is not None else ""
        option = self._option(callee, call)
        if option is not None:
            return SignatureHelp(callee.label, callee.parameters, active, option.meaning, option.key)
        return SignatureHelp(callee.label, callee.parameters, active, summary)

    def _callee(self, place: Place) -> Callee | None:
        return self._calls.callee(place.call.callee, place.words) if place.call is not None else None

    def _option(self, callee: Callee, call: Call) -> Option | None:
        """The option whose value is being typed: of nested tables the innermost that is known."""
        if callee.function is None:
            return None
        for depth in range(len(call.options), 0, -1):
            *path, key = call.options[:depth]
            for option in self._options.of(callee.function, callee.entry, tuple(path)) if key else ():
                if option.key == key:
                    return option
        return None

    # Option tables ----------------------------------------------------------------------------------------

    def options(self, place: Place) -> Iterator[Candidate]:
        """Keys that the option table around a place may still get."""
        call = place.call
        if call is None or call.options[-1:] != ("",):
            return
        callee = self._callee(place)
        if callee is None or callee.function is None or not _has_options(callee, call):
            return
        for option in self._options.of(callee.function, callee.entry, call.options[:-1]):
            if option.key not in call.given:
                yield Candidate(f"{option.key} = ", "option", "", option.meaning, option.key)

    # Strings ----------------------------------------------------------------------------------------------

    def strings(self, place: Place) -> tuple[str, Iterable[Candidate]] | None:
        """What a string may go on with, and the part of it that the candidates replace; None for nothing."""
        call, typed = place.call, place.typed
        if call is None:
            return files(typed) if _looks_like_path(typed) else None
        if call.callee.root == "require" and not call.callee.steps:
            return typed, self.modules(typed)
        callee = self._callee(place)
        if callee is not None and not call.options:
            if callee.function is not None and callee.function.name in _VARIABLES and call.position == 0:
                return typed, variables(self._session.runtime.check_env)
            wanted = self._wanted(callee, call)
            if wanted is not None:
                return typed, [Candidate(name, "name") for name in self._cluster.names(wanted)]
        if _looks_like_path(typed) or (callee is not None and _takes_path(callee, call)):
            return files(typed)
        return None

    def modules(self, typed: str) -> Iterator[Candidate]:
        """What can be required."""
        modules = self._knowledge.modules
        for name, description in modules.described():
            yield Candidate(name, "module", "", description)
        for name in self._live.loaded_names(typed):
            if name not in modules.files:
                yield Candidate(name, "module", "", "loaded")

    def _wanted(self, callee: Callee, call: Call) -> Wanted | None:
        """Which names of the cluster an argument may be, None where it is none of them."""
        if callee.entry is None or callee.entry.name != CLUSTER_MODULE or call.position >= len(callee.parameters):
            return None
        names = [parameter.rstrip("?") for parameter in callee.parameters]
        name = names[call.position]
        if name in _NAMESPACES or (name == "name" and callee.name == "namespace_exists"):
            return Wanted("namespaces", client=callee.typed)
        if name == "kind":
            return Wanted("kinds", client=callee.typed)
        if name not in _OBJECTS:
            return None
        kind, namespace = self._argument(names, call, {"kind"}), self._argument(names, call, _NAMESPACES)
        return Wanted("objects", kind or _kind_of(callee.name, name), namespace or "", callee.typed)

    def _argument(self, names: list[str], call: Call, wanted: Iterable[str]) -> str | None:
        index = next((names.index(name) for name in wanted if name in names), None)
        return None if index is None else self._calls.text_of_argument(call, index)


def _active(parameters: tuple[str, ...], index: int) -> int | None:
    if index < len(parameters):
        return index
    return len(parameters) - 1 if parameters and parameters[-1].startswith("...") else None


def _has_options(callee: Callee, call: Call) -> bool:
    """Whether the current argument is a table of options."""
    active = _active(callee.parameters, call.position)
    return active is not None and takes_options(callee.parameters[active])


def _takes_path(callee: Callee, call: Call) -> bool:
    option = next((key for key in reversed(call.options) if key), "")
    if option:
        return option in _PATH_OPTIONS or option.endswith("_file")
    active = _active(callee.parameters, call.position)
    return active is not None and callee.parameters[active].rstrip("?") in _PATHS


def _looks_like_path(typed: str) -> bool:
    return typed.startswith(("/", "./", "../"))


def _kind_of(function: str, parameter: str) -> str:
    """The kind of object that a function is about: that of a client's method `deployment`, or what its name says."""
    if parameter.startswith("pod") or function == "logs":
        return "pod"
    special = {"rollout_status": "deployment", "service_endpoints": "service"}
    return special.get(function, function.removeprefix("get_"))
