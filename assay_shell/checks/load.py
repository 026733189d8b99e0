"""From a file to a suite: read, included, checked against the tables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from assay_shell.checks.document import MOST_BYTES, Node, read_document
from assay_shell.checks.errors import ConfigError
from assay_shell.checks.fields import CHECK, DOCUMENT, EXPECT, TYPES, read_fields
from assay_shell.checks.kinds import wrong
from assay_shell.checks.matrix import spread
from assay_shell.checks.substitution import captures_in, substitute
from assay_shell.checks.suite import Check, Suite
from assay_shell.runtime.errors import os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Warn = Callable[[str], None]

_TIMEOUT, _RETRIES, _BACKOFF = 120.0, 3, 5.0
_MOST_INCLUDES = 10
"""So deep files may include each other."""
MOST_CHECKS = 20_000


@dataclass
class _Loader:
    environ: Mapping[str, str]
    strict: bool
    warn: Warn
    secrets: list[str] = field(default_factory=list)

    def unknown(self, key: Node, path: str, hint: str) -> None:
        """A key that nobody knows is left out, or refused where everything is to be strict."""
        message = f'unknown key "{key.text}"{hint}'
        if self.strict:
            raise ConfigError(message, key.place(path))
        self.warn(f"{message} at {key.place(path)}")

    def variable(self, name: str) -> str:
        """A variable of the environment; what its name says is secret will not be shown."""
        from assay_shell.runtime.redact.names import kind_of

        value = self.environ[name]
        if kind_of(name) is not None:
            self.secrets.append(value)
        return value


def load_suite(path: str, environ: Mapping[str, str], *, strict: bool, warn: Warn) -> Suite:
    """The suite in the file *path*. *warn* is told about keys that nobody knows.

    Raises:
        ConfigError: it cannot be read, or does not make sense; with *strict* also for keys that nobody knows.
    """
    loader = _Loader(environ, strict, warn)
    root = _read(path)
    version = _version(root)
    given = _settings(loader, root, version)
    timeout, retries, backoff = (
        given.get("timeout", _TIMEOUT), given.get("retries", _RETRIES), given.get("backoff", _BACKOFF),
    )  # fmt: skip
    checks = _included(loader, root, given, [os.path.realpath(path)], (retries, backoff))
    checks += _checks(loader, root, version, (retries, backoff))
    if len(checks) > MOST_CHECKS:
        raise ConfigError(f"there are more than {MOST_CHECKS} checks", root.place("checks"))
    return Suite(
        path=path,
        checks=tuple(_connected(checks)),
        timeout=timeout,
        retries=retries,
        parallel=given.get("parallel", 1),
        setup=given.get("setup"),
        teardown=given.get("teardown"),
        secrets=tuple(loader.secrets),
    )


def _read(path: str) -> Node:
    step = f"reading config {path}"
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ConfigError(f"it is larger than {MOST_BYTES >> 20} MiB", step=step)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("stream did not contain valid UTF-8", step=step) from None
    except (OSError, ValueError) as exc:
        raise ConfigError(os_reason(exc), step=step) from exc
    return read_document(text, path)


def _version(root: Node) -> int:
    if root.kind != "map":
        raise wrong(root, "", "a map")
    found = root.get("version")
    return 2 if found is not None and found.value == 2 and not isinstance(found.value, bool) else 1


def _settings(loader: _Loader, root: Node, version: int) -> dict[str, Any]:
    """What stands at the top beside the checks."""
    fields = {name: pair for name, pair in root.fields.items() if name not in ("checks", "version")}
    top = Node(root.file, root.line, root.column, "map", fields=fields)
    if version == 2:
        top = substitute(top, "", loader.variable)
    return read_fields(top, "", DOCUMENT, version, loader.unknown)


def _included(
    loader: _Loader, root: Node, given: dict[str, Any], chain: list[str], defaults: tuple[int, float]
) -> list[Check]:
    """The checks of the files that *root* includes; *chain* are the real paths of the files that led here."""
    checks: list[Check] = []
    if "include" not in given:
        return checks
    place = root.fields["include"][1].place("include")
    for name in given["include"]:
        path = os.path.join(os.path.dirname(root.file), name)
        real = os.path.realpath(path)
        if real in chain:
            raise ConfigError(f"{name} includes itself", place)
        if len(chain) > _MOST_INCLUDES:
            raise ConfigError(f"files are included more than {_MOST_INCLUDES} deep", place)
        inner = _read(path)
        version = _version(inner)
        own = _settings(loader, inner, version)
        checks += _included(loader, inner, own, [*chain, real], defaults)
        checks += _checks(loader, inner, version, defaults)
    return checks


def _checks(loader: _Loader, root: Node, version: int, defaults: tuple[int, float]) -> list[Check]:
    pair = root.fields.get("checks")
    if pair is None and version == 2 and root.get("include") is not None:
        return []
    if pair is None:
        raise ConfigError("missing field `checks`", root.place())
    if pair[1].kind != "list":
        raise wrong(pair[1], "checks", "a list")
    made: list[Check] = []
    for index, node in enumerate(pair[1].items):
        path = f"checks[{index}]"
        variants = spread(node, path, loader.variable) if version == 2 else [(node, "")]
        if len(made) + len(variants) > MOST_CHECKS:
            raise ConfigError(f"there are more than {MOST_CHECKS} checks", node.place(path))
        silent = _Loader(loader.environ, strict=False, warn=lambda _: None)
        for number, (one, suffix) in enumerate(variants):
            # Each variant of a matrix has the same keys: they are told about once.
            made.append(_check(loader if number == 0 else silent, one, path, version, defaults, suffix))
    return made


def _check(loader: _Loader, node: Node, path: str, version: int, defaults: tuple[int, float], suffix: str) -> Check:
    given = read_fields(node, path, CHECK, version, loader.unknown)
    expected = node.get("expect")
    expect = None if expected is None else read_fields(expected, f"{path}.expect", EXPECT, version, loader.unknown)
    if given["type"] not in TYPES:
        raise _unknown_type(given["type"], node, path)
    retries, backoff = given.pop("retries", defaults[0]), given.pop("backoff", defaults[1])
    name = given.pop("name")
    return Check(
        name=name + suffix,
        type=given.pop("type"),
        place=node.place(path),
        expect=expect,
        attempts=retries + 1,
        backoff=backoff,
        origin=name,
        timeout=given.pop("timeout", None),
        tags=tuple(given.pop("tags", ())),
        depends_on=tuple(given.pop("depends_on", ())),
        capture=given.pop("capture", {}),
        settings=given,
    )


def _unknown_type(text: str, node: Node, path: str) -> ConfigError:
    from assay_shell.runtime.nearest import did_you_mean

    place = node.fields["type"][1].place(f"{path}.type")
    return ConfigError(f'"{text}"{did_you_mean(text, TYPES)}', place, step="unknown check type")


def _connected(checks: list[Check]) -> list[Check]:
    """The checks, each depending also on those whose captured values it uses.

    Raises:
        ConfigError: a check depends on one that does not exist, on itself, or uses what nobody captures.
    """
    if not any(check.depends_on or check.capture or _uses(check) for check in checks):
        return checks
    names = {name for check in checks for name in (check.name, check.origin)}
    sources: dict[str, str] = {captured: check.name for check in checks for captured in check.capture}
    made = []
    for check in checks:
        for name in check.depends_on:
            if name not in names:
                raise _unmet(f'there is no check "{name}" to depend on', name, names, check)
        for name in _uses(check):
            if name not in sources:
                raise _unmet(f"no check captures {name}", name, sources, check)
        needed = dict.fromkeys([*check.depends_on, *(sources[name] for name in _uses(check))])
        made.append(_with_needs(check, tuple(needed)))
    _refuse_cycles(made)
    return made


def _uses(check: Check) -> list[str]:
    return list(captures_in([dict(check.settings), dict(check.expect or {})]))


def _unmet(message: str, name: str, known: Any, check: Check) -> ConfigError:
    from assay_shell.runtime.nearest import did_you_mean

    return ConfigError(message + did_you_mean(name, known), check.place)


def _with_needs(check: Check, needed: tuple[str, ...]) -> Check:
    from dataclasses import replace

    return replace(check, depends_on=needed)


def _refuse_cycles(checks: list[Check]) -> None:
    from graphlib import CycleError, TopologicalSorter

    graph: TopologicalSorter[str] = TopologicalSorter()
    for check in checks:
        graph.add(check.name, *check.depends_on)
        if check.origin != check.name:
            graph.add(check.origin, check.name)
    try:
        graph.prepare()
    except CycleError as exc:
        name = exc.args[1][0]
        place = next(check.place for check in checks if name in (check.name, check.origin))
        raise ConfigError(f'"{name}" depends on itself', place) from None
