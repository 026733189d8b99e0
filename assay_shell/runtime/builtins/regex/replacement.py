"""Replacement texts: `$1`, `${1}`, `$name`, `${name}`, `$0` for the whole match, `$$` for a dollar sign."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Span = tuple[int, int]

NAME_BYTES = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")


class Replacement:
    """A replacement text taken apart.

    Attributes:
        parts: bytes as they are, and numbers of groups whose text goes there.
        needs_groups: whether it speaks of more than the whole match.
    """

    __slots__ = ("needs_groups", "parts")

    def __init__(self, template: bytes, names: Mapping[str, int], group_count: int) -> None:
        """Take *template* apart for a pattern with these groups; references to others give nothing."""
        self.parts: list[bytes | int] = []
        place = 0
        while (dollar := template.find(b"$", place)) >= 0:
            self._literal(template[place:dollar])
            name, place = _reference(template, dollar)
            if name is None:
                self._literal(b"$")
            else:
                number = _group_number(name, names)
                if number is not None and number <= group_count:
                    self.parts.append(number)
        self._literal(template[place:])
        self.needs_groups = any(part for part in self.parts if isinstance(part, int))

    def expand(self, text: bytes, spans: list[Span]) -> bytes:
        """Return what replaces the match at *spans* of *text*; a group without part in it gives nothing."""
        pieces = []
        for part in self.parts:
            if isinstance(part, int):
                start, end = spans[part]
                pieces.append(text[start:end])
            else:
                pieces.append(part)
        return b"".join(pieces)

    def _literal(self, data: bytes) -> None:
        if data:
            self.parts.append(data)


def _reference(template: bytes, dollar: int) -> tuple[bytes | None, int]:
    """The name after the dollar sign and where it ends; None stands for a plain dollar sign."""
    start = dollar + 1
    if template.startswith(b"$", start):
        return None, start + 1
    if template.startswith(b"{", start):
        closing = template.find(b"}", start)
        return (None, start) if closing < 0 else (template[start + 1 : closing], closing + 1)
    end = start
    while end < len(template) and template[end] in NAME_BYTES:
        end += 1
    return (None, start) if end == start else (template[start:end], end)


def _group_number(name: bytes, names: Mapping[str, int]) -> int | None:
    if name.isdigit():
        return int(name) if len(name) < 10 else None
    return names.get(name.decode())
