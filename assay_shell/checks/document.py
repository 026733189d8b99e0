"""A YAML text as nodes that know where they stand, so that an error can name file, line and path.

Nodes are shared where the text has aliases; how much larger these may make a document is limited, as is the depth.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from yaml.error import YAMLError

from assay_shell.checks.errors import ConfigError
from assay_shell.runtime.builtins.yaml.reading import MAX_DEPTH, Fault, events, reason_of, scalar_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_GROWTH = 100
"""Aliases may make a document this many times larger."""

_MOST_NODES = 1_000_000

MOST_BYTES = 16 << 20
"""A longer file is refused: it is no list of checks."""

_STANDARD = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Place:
    """Where something stands: *path* leads there (`checks[2].expect.status`), "" for the whole document."""

    file: str
    line: int
    column: int
    path: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place} ({self.path})" if self.path else place


@dataclass(frozen=True)
class Node:
    """A value of the document: *text* as it was written for scalars, *items* of a list, *fields* of a map."""

    file: str
    line: int
    column: int
    kind: str  # scalar, list or map
    value: Any = None
    text: str = ""
    items: list[Node] = field(default_factory=list)
    fields: dict[str, tuple[Node, Node]] = field(default_factory=dict)

    @property
    def is_null(self) -> bool:
        """Whether it is a null of YAML."""
        return self.kind == "scalar" and self.value is None

    def place(self, path: str = "") -> Place:
        """Where it stands, reached by *path*."""
        return Place(self.file, self.line, self.column, path)

    def get(self, name: str) -> Node | None:
        """The value under *name* of a map; None when it is absent or null."""
        found = self.fields.get(name)
        return None if found is None or found[1].is_null else found[1]

    def written(self, text: str, value: Any) -> Node:
        """The same scalar with another content."""
        return replace(self, text=text, value=value)

    def described(self) -> str:
        """What it is, for messages: `string "x"`, `a list`."""
        if self.kind != "scalar":
            return f"a {self.kind}"
        if isinstance(self.value, str):
            shown = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
            return f'string "{shown}"'
        return f"`{self.text}`" if self.value is not None else "null"


def read_document(text: str, file: str) -> Node:
    """The one document in *text*; *file* is what its places are named by.

    Raises:
        ConfigError: it is not YAML, has a key twice in one map, or grows too large by its aliases.
    """
    builder = _Builder(file)
    try:
        for event in events(text):
            builder.take(event)
    except Fault as fault:
        raise ConfigError(f"{fault} in {file}") from None
    except YAMLError as exc:
        raise ConfigError(f"{reason_of(exc, text)} in {file}") from None
    if builder.root is None:
        raise ConfigError("the file is empty", Place(file, 1, 1))
    return builder.root


@dataclass
class _Open:
    node: Node
    anchor: str | None
    before: int
    key: Node | None = None


class _Builder:
    """Puts the nodes together, event by event."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self._file = file
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._size = 0
        self._written = 0
        self._documents = 0
        self._handlers = {
            "ScalarEvent": self._scalar,
            "SequenceStartEvent": self._list,
            "MappingStartEvent": self._map,
            "SequenceEndEvent": self._close,
            "MappingEndEvent": self._close,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }

    def take(self, event: Any) -> None:
        handler = self._handlers.get(type(event).__name__)
        if handler is not None:
            handler(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Fault("the text holds more than one document: the second starts", event.start_mark)

    def _scalar(self, event: Any) -> None:
        value = scalar_value(event)
        self._grow(1)
        node = self._node(event, "scalar", value=value, text=event.value)
        if event.anchor:
            self._anchors[event.anchor] = node, 1
        self._add(node, event)

    def _list(self, event: Any) -> None:
        self._open(event, "list", "seq")

    def _map(self, event: Any) -> None:
        self._open(event, "map", "map")

    def _open(self, event: Any, kind: str, tag: str) -> None:
        if event.tag not in (None, "!", _STANDARD + tag):
            raise Fault(f"unsupported tag {event.tag}", event.start_mark)
        if len(self._stack) == MAX_DEPTH:
            raise Fault(f"collections are nested deeper than {MAX_DEPTH} levels", event.start_mark)
        before = self._size
        self._grow(1)
        node = self._node(event, kind)
        self._add(node, event)
        self._stack.append(_Open(node, event.anchor, before))
        if event.anchor:
            self._anchors.pop(event.anchor, None)  # not to be had from within itself

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        if done.anchor:
            self._anchors[done.anchor] = done.node, self._size - done.before

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            inside = any(part.anchor == event.anchor for part in self._stack)
            problem = "an alias refers to a collection around it" if inside else f"unknown anchor {event.anchor!r}"
            raise Fault(problem, event.start_mark)
        node, size = self._anchors[event.anchor]
        self._size += size
        self._written += 1
        if self._size > min(_MAX_GROWTH * (self._written + 20), _MOST_NODES):
            raise Fault("aliases make the document too large", event.start_mark)
        self._add(node, event)

    def _grow(self, size: int) -> None:
        self._size += size
        self._written += size

    def _node(self, event: Any, kind: str, **content: Any) -> Node:
        mark = event.start_mark
        return Node(self._file, mark.line + 1, mark.column + 1, kind, **content)

    def _add(self, node: Node, event: Any) -> None:
        if not self._stack:
            self.root = node
            return
        parent = self._stack[-1]
        if parent.node.kind == "list":
            parent.node.items.append(node)
        elif parent.key is None:
            if node.kind != "scalar":
                raise Fault(f"a {node.kind} cannot be a key", event.start_mark)
            if node.text in parent.node.fields:
                raise Fault(f"duplicate field `{node.text}`", event.start_mark)
            parent.key = node
        else:
            parent.node.fields[parent.key.text] = parent.key, node
            parent.key = None
