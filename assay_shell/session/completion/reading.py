"""The words before the cursor, read anew only as far as a key has changed them."""

from __future__ import annotations

from assay_shell.session.tokens import Token, tokens

_MOST_SOURCE = 20_000
"""Characters before the cursor that are read: in a longer input the rest is too far off to matter."""


class Reader:
    """Reads half-typed input. What stands on the lines above the cursor is remembered for the next key."""

    def __init__(self) -> None:
        self._text = ""
        self._words: list[Token] = []

    def words(self, source: str, cursor: int) -> tuple[list[Token], str, int]:
        """The words before *cursor*, comments among them, the text that they were read from, and where it starts.

        Places of words count from the start of that text.
        """
        offset = _beginning(source, cursor)
        before = source[offset:cursor]
        known = len(self._text) if before.startswith(self._text) else 0
        words = self._words[:] if known else []
        words += (_moved(word, known) for word in tokens(before[known:], comments=True))
        self._remember(before, words)
        return words, before, offset

    def _remember(self, before: str, words: list[Token]) -> None:
        """Keep the words of all lines but the last, unless one of them reaches into it."""
        end = before.rfind("\n") + 1
        kept = len(words)
        while kept and words[kept - 1].end >= end:  # one that ends there may go on
            kept -= 1
            end = min(end, words[kept].start)
        self._text, self._words = before[:end], words[:kept]


def _moved(word: Token, distance: int) -> Token:
    if not distance:
        return word
    return Token(word.kind, word.text, word.start + distance, word.end + distance, word.depth)


def _beginning(source: str, cursor: int) -> int:
    """Where reading starts: at the beginning, or at some line of a very long source."""
    if cursor <= _MOST_SOURCE:
        return 0
    return source.find("\n", cursor - _MOST_SOURCE, cursor) + 1 or cursor - _MOST_SOURCE
