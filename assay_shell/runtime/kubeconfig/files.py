"""The files of a kubeconfig: `$KUBECONFIG`, a list of paths, or `~/.kube/config`.

Files are merged as kubectl does it: the first one to name a context, a cluster, a user or the current context decides,
files that do not exist are passed over, and relative paths count from the folder of the file they stand in.
"""

from __future__ import annotations

import os

from assay_shell.runtime.errors import BuiltinError, os_reason, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

WHERE = "kubeconfig"

_LARGEST = 8 << 20
"""Characters of a file."""

_LISTS = {"contexts": "context", "clusters": "cluster", "users": "user"}


class Entry:
    """A context, cluster or user: its *fields*, and the *file* it stands in."""

    def __init__(self, fields: dict[str, Any], file: str) -> None:
        self.fields = fields
        self.file = file

    def text(self, name: str) -> str | None:
        """A field with text in it; None where it is missing or empty."""
        value = self.fields.get(name)
        return value if isinstance(value, str) and value else None

    def path(self, name: str) -> str | None:
        """A field with a path in it, as seen from here."""
        value = self.text(name)
        return None if value is None else os.path.join(os.path.dirname(self.file), value)

    def data(self, name: str) -> bytes | None:
        """What a field holds in base64.

        Raises:
            BuiltinError: it is no base64.
        """
        from binascii import a2b_base64

        value = self.text(name)
        if value is None:
            return None
        try:
            return a2b_base64("".join(value.split()), strict_mode=True)
        except ValueError as exc:
            raise BuiltinError(WHERE, f"{name} in {quoted(self.file)} is not base64") from exc


class Choice:
    """What a context stands for: *name*, *namespace* (None where none is set), *cluster* and *user*."""

    def __init__(self, name: str, namespace: str | None, cluster: Entry, user: Entry) -> None:
        self.name = name
        self.namespace = namespace
        self.cluster = cluster
        self.user = user


class Config:
    """The entries of all files, by list and name."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self.current: str | None = None
        self._entries: dict[str, dict[str, Entry]] = {listed: {} for listed in _LISTS}

    def add(self, path: str, document: object) -> None:
        """Take what *document* says and no file before did.

        Raises:
            BuiltinError: it is no kubeconfig.
        """
        if document is None:
            return
        if not isinstance(document, dict):
            raise BuiltinError(WHERE, f"{quoted(path)} is not a kubeconfig")
        current = document.get("current-context")
        if self.current is None and isinstance(current, str) and current:
            self.current = current
        for listed, inner in _LISTS.items():
            for name, fields in _entries(document.get(listed), inner):
                self._entries[listed].setdefault(name, Entry(fields, path))

    def choose(self, context: str | None) -> Choice:
        """What *context* stands for; the current one for None.

        Raises:
            BuiltinError: it, its cluster or its user is missing.
        """
        name = context or self.current
        if name is None:
            raise BuiltinError(WHERE, f"there is no current context in {self._named}")
        chosen = self._entry("contexts", name)
        user = chosen.text("user")
        return Choice(
            name,
            chosen.text("namespace"),
            self._entry("clusters", chosen.text("cluster")),
            self._entry("users", user) if user else Entry({}, chosen.file),
        )

    def server(self, cluster: str | None) -> str | None:
        """The address that is written for a cluster; None where there is none."""
        found = self._entries["clusters"].get(cluster or "")
        return None if found is None else found.text("server")

    def contexts(self) -> list[dict[str, Any]]:
        """All contexts as `{name, cluster, user, namespace, current}`, in the order of the files."""
        return [
            {
                "name": name,
                "cluster": entry.text("cluster"),
                "user": entry.text("user"),
                "namespace": entry.text("namespace"),
                "current": name == self.current,
            }
            for name, entry in self._entries["contexts"].items()
        ]

    def _entry(self, listed: str, name: str | None) -> Entry:
        found = self._entries[listed].get(name or "")
        if found is None:
            raise BuiltinError(WHERE, f"there is no {_LISTS[listed]} {quoted(str(name or ''))} in {self._named}")
        return found

    @property
    def _named(self) -> str:
        return ", ".join(map(quoted, self.paths))


def paths_of(listed: str | None, home: str | None) -> tuple[str, ...]:
    """The paths of a kubeconfig: those *listed*, else the one below *home*; () where neither says anything."""
    named = tuple(dict.fromkeys(path for path in (listed or "").split(os.pathsep) if path))
    if named or not home:
        return named
    return (os.path.join(home, ".kube", "config"),)


def load(paths: tuple[str, ...]) -> Config | None:
    """The files of *paths* that exist, merged; None where none does.

    Raises:
        BuiltinError: one cannot be read or is no kubeconfig.
    """
    found = Config(tuple(path for path in paths if os.path.exists(path)))
    if not found.paths:
        return None
    for path in found.paths:
        _take(found, path)
    return found


def load_readable(paths: tuple[str, ...]) -> Config:
    """The files of *paths*, merged; those that are missing, unreadable or no kubeconfig are passed over."""
    from contextlib import suppress

    found = Config(paths)
    for path in paths:
        with suppress(BuiltinError):
            _take(found, path)
    return found


def _take(config: Config, path: str) -> None:
    from assay_shell.runtime.builtins.yaml.reading import parse_text

    document, _ = parse_text(read_text(path), f"{WHERE}: reading {quoted(path)}")
    config.add(path, document)


def read_text(path: str) -> str:
    """The text of a file.

    Raises:
        BuiltinError: it cannot be read, is not UTF-8, or is too large to be what it should be.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_LARGEST + 1)
    except UnicodeDecodeError as exc:
        raise BuiltinError(WHERE, f"reading {quoted(path)}: stream did not contain valid UTF-8") from exc
    except (OSError, ValueError) as exc:
        raise BuiltinError(WHERE, f"reading {quoted(path)}: {os_reason(exc)}") from exc
    if len(text) > _LARGEST:
        raise BuiltinError(WHERE, f"reading {quoted(path)}: it is larger than {_LARGEST >> 20} MiB")
    return text


def stamp(paths: tuple[str, ...]) -> tuple[object, ...]:
    """What changes when one of the files does."""
    found: list[object] = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found.append(None)
        else:
            found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(found)


def _entries(value: object, inner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and fields of a list of entries; what is none is passed over."""
    for entry in value if isinstance(value, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else None
        fields = entry.get(inner) if isinstance(entry, dict) else None
        if isinstance(name, str) and name:
            yield name, fields if isinstance(fields, dict) else {}
