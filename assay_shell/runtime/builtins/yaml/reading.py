"""Reading YAML: events of the parser to plain data, with the scalars of YAML 1.2.

The parser is PyYAML's, in C where it was built with libyaml. Its own constructors follow YAML 1.1, where `on` is
a boolean and `12:30` a number; only its events are used.
"""

from __future__ import annotations

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from assay_shell.runtime.builtins.yaml.scalars import OutOfRange, decimal, integer, resolve
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from yaml.events import Event

MAX_DEPTH = 128
"""Collections may nest this deep."""

_MAX_GROWTH = 100
"""Aliases may make a document this many times larger."""

_STANDARD = "tag:yaml.org,2002:"


class Fault(Exception):
    """The text is not YAML, or holds what the JSON model has no place for."""

    def __init__(self, problem: str, mark: Any) -> None:
        place = f" at line {mark.line + 1} column {mark.column + 1}" if mark else ""
        super().__init__(problem + place)


def parse_text(text: str, name: str) -> tuple[Any, int]:
    """The value of the one document in *text*, and about how many bytes it takes with its aliases written out.

    Raises:
        BuiltinError: it is not YAML; the message starts with *name*.
    """
    try:
        builder = _Builder()
        for event in events(text):
            builder.take(event)
        return builder.value, builder.size
    except Fault as fault:
        raise BuiltinError(name, str(fault)) from None
    except YAMLError as error:
        raise BuiltinError(name, reason_of(error, text)) from None


def events(text: str) -> Iterator[Event]:
    """The parser's events for *text*; raises YAMLError where it is not YAML."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:  # PyYAML without libyaml
        parser = _pure_parser(text)
    else:
        parser = CParser(text)
    while True:
        event = parser.get_event()
        if event is None or isinstance(event, StreamEndEvent):
            return
        yield event


def _pure_parser(text: str) -> Any:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        def __init__(self) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PureParser()


def reason_of(error: YAMLError, text: str) -> str:
    """What is wrong with *text*, and where, in one line."""
    if isinstance(error, ReaderError):
        return _unreadable(text) or str(error.reason)
    if not isinstance(error, MarkedYAMLError):
        return str(error)
    reason = str(Fault(error.problem or "not YAML", error.problem_mark))
    if error.context:
        reason += f", {Fault(error.context, error.context_mark)}"
    return reason


def _unreadable(text: str) -> str | None:
    """What is said of the first character that YAML does not allow in a text."""
    for line, content in enumerate(text.split("\n"), 1):
        for column, character in enumerate(content, 1):
            if not _allowed(ord(character)):
                return f"character U+{ord(character):04X} is not allowed at line {line} column {column}"
    return None


def _allowed(code: int) -> bool:
    if code < 0xA0:
        return code in (0x09, 0x0A, 0x0D, 0x85) or 0x20 <= code <= 0x7E
    return code < 0xD800 or 0xE000 <= code <= 0xFFFD or code >= 0x10000


class _Open:
    """A collection that is being read."""

    __slots__ = ("anchor", "has_key", "key", "size_before", "value")

    def __init__(self, value: list[Any] | dict[str, Any], anchor: str | None, size_before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.size_before = size_before
        self.key = ""
        self.has_key = False


class _Builder:
    """Puts a document together, event by event."""

    def __init__(self) -> None:
        self.value: Any = None
        self.size = 0
        self._written = 0  # the size without aliases
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            SequenceStartEvent: self._sequence,
            MappingStartEvent: self._mapping,
            SequenceEndEvent: self._close,
            MappingEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }

    def take(self, event: Event) -> None:
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def _document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Fault("the text holds more than one document: the second starts", event.start_mark)

    def _scalar(self, event: ScalarEvent) -> None:
        size = 64 + len(event.value)
        self._grow(size)
        value = scalar_value(event)
        if event.anchor:
            self._anchors[event.anchor] = value, size
        self._add(value, event)

    def _sequence(self, event: SequenceStartEvent) -> None:
        _check_collection_tag(event, "seq")
        self._open([], event)

    def _mapping(self, event: MappingStartEvent) -> None:
        _check_collection_tag(event, "map")
        self._open({}, event)

    def _open(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        if len(self._stack) == MAX_DEPTH:
            raise Fault(f"collections are nested deeper than {MAX_DEPTH} levels", event.start_mark)
        before = self.size
        self._grow(128)
        self._add(value, event)
        self._stack.append(_Open(value, event.anchor, before))
        if event.anchor:
            self._anchors.pop(event.anchor, None)  # not to be had from within itself

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        if done.anchor:
            self._anchors[done.anchor] = done.value, self.size - done.size_before

    def _alias(self, event: AliasEvent) -> None:
        if event.anchor not in self._anchors:
            inside = any(part.anchor == event.anchor for part in self._stack)
            problem = "an alias refers to a collection around it" if inside else f"unknown anchor {event.anchor!r}"
            raise Fault(problem, event.start_mark)
        value, size = self._anchors[event.anchor]
        self.size += size
        self._written += 64
        if self.size > _MAX_GROWTH * (self._written + 1000):
            raise Fault("aliases make the document too large", event.start_mark)
        self._add(value, event)

    def _grow(self, size: int) -> None:
        self.size += size
        self._written += size

    def _add(self, value: Any, event: Any) -> None:
        """Put *value* where it belongs: it is the document, an element, a key, or the value of the key before."""
        if not self._stack:
            self.value = value
            return
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.has_key:
            parent.value[parent.key] = value
            parent.has_key = False
        else:
            parent.key = _key_text(value, event)
            parent.has_key = True


def _check_collection_tag(event: Any, kind: str) -> None:
    if event.tag not in (None, "!", _STANDARD + kind):
        raise Fault(f"unsupported tag {event.tag}", event.start_mark)


def _key_text(value: Any, event: Any) -> str:
    """A key as text: what is not a string is written as JSON would."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        kind = "list" if isinstance(value, list) else "mapping"
        raise Fault(f"a {kind} cannot be a key", event.start_mark)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, float) and value - value != 0:  # .inf and .nan
        return str(getattr(event, "value", value))
    return repr(value)


def scalar_value(event: ScalarEvent) -> Any:
    """What a scalar means by its tag, or by the rules of YAML 1.2; raises Fault where its tag does not fit."""
    plain, _ = event.implicit
    tag, text = event.tag, event.value
    if tag is None or tag == "!":
        if not plain:
            return text
        try:
            return resolve(text)
        except OutOfRange:
            raise Fault(f"integer {text} is out of range", event.start_mark) from None
    convert = _TAGS.get(tag.removeprefix(_STANDARD)) if tag.startswith(_STANDARD) else None
    if convert is None:
        raise Fault(f"unsupported tag {tag}", event.start_mark)
    try:
        return convert(text)
    except ValueError:
        kind = tag.removeprefix(_STANDARD)
        raise Fault(f"{text!r} is not of type !!{kind}", event.start_mark) from None


def _text(text: str) -> str:
    return text


def _integer(text: str) -> int | float:
    value = integer(text)
    if value is None:
        raise ValueError(text)
    return value


def _decimal(text: str) -> float:
    value = decimal(text)
    return float(_integer(text)) if value is None else value


def _boolean(text: str) -> bool:
    value = resolve(text)
    if not isinstance(value, bool):
        raise ValueError(text)
    return value


def _null(text: str) -> None:
    if resolve(text) is not None:
        raise ValueError(text)


_TAGS: dict[str, Callable[[str], Any]] = {
    "str": _text,
    "binary": _text,
    "int": _integer,
    "float": _decimal,
    "bool": _boolean,
    "null": _null,
}
