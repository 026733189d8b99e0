"""The search behind `assay context`: all words of a query, ranked as in the original, then what only names match."""

from __future__ import annotations

from assay_shell.runtime.errors import AssayError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.runtime.listing import Listed

_TABLE = """
CREATE VIRTUAL TABLE entries USING fts5(id UNINDEXED, name, description, keywords, functions, tokenize = 'unicode61')
"""
_FILLERS = frozenset(
    (
        "a", "all", "an", "are", "at", "by", "can", "do", "does", "for", "from", "how", "i", "in", "is", "it",
        "me", "my", "of", "on", "our", "please", "some", "that", "the", "their", "this", "to", "we", "what", "when",
        "where", "which", "who", "with", "you", "your",
    )
)  # fmt: skip
"""Words of a question that say nothing about what is wanted."""
_LONGEST_SENTENCE = 12
_QUERY = "SELECT id FROM entries WHERE entries MATCH ? ORDER BY bm25(entries, 0, 2, 1, 3, 1) LIMIT ?"


def search(entries: Sequence[Listed], query: str, limit: int) -> list[Listed]:
    """Return at most *limit* of *entries* that match all words of *query*, best first.

    Entries that match by description, keywords and function names come first; after them those that match only when
    module name and signatures are looked at as well, where a word may be the beginning of a longer one. Where nothing
    has all words, those that only make a sentence are left out, and what is said of each function is looked at.

    Raises:
        AssayError: the SQLite of this Python has no full-text search.
    """
    words = words_of(query)
    if not words or limit <= 0:
        return []
    found = _found(entries, words, limit)
    if found or '"' in query or len(words) > _LONGEST_SENTENCE:
        return found
    telling = [word for word in words if word.lower() not in _FILLERS]
    said = [entry for entry in entries if telling and _matches(entry, telling, closely=True)]
    return _found(entries, telling, limit) or said[:limit]


def _found(entries: Sequence[Listed], words: list[str], limit: int) -> list[Listed]:
    if not words:
        return []
    found = _ranked(entries, words, min(limit, 2**31))
    names = {entry.name for entry in found}
    found += [entry for entry in entries if entry.name not in names and _matches(entry, words)]
    return found[:limit]


def words_of(query: str) -> list[str]:
    """Split *query* at all that is neither a letter, a digit nor `_`."""
    return "".join(character if character.isalnum() or character == "_" else " " for character in query).split()


def _ranked(entries: Sequence[Listed], words: list[str], limit: int) -> list[Listed]:
    import sqlite3  # the other commands do without

    # The name stays empty, as in the original: with it, ranks would move.
    rows = [
        (index, "", entry.header.description, " ".join(entry.header.keywords), " ".join(entry.functions))
        for index, entry in enumerate(entries)
        if entry.ranked
    ]
    expression = " ".join(f'"{word}"' for word in words)
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(_TABLE)
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
        return [entries[int(index)] for (index,) in connection.execute(_QUERY, (expression, limit))]
    except sqlite3.OperationalError as exc:
        if "no such module" in str(exc):
            raise AssayError("the SQLite library of this Python has no full-text search (FTS5)") from exc
        return []  # a query of so many words that nothing can match it
    finally:
        connection.close()


def _matches(entry: Listed, words: list[str], *, closely: bool = False) -> bool:
    """Whether names and signatures have all *words*; *closely* looks at what is said of each function, too."""
    header = entry.header
    texts = [entry.name, *(f"{ref.signature} {ref.returns}" for ref in header.quickrefs), *entry.functions]
    if closely:
        texts += [header.description, *header.keywords, *(ref.description for ref in header.quickrefs)]
    elif not entry.ranked:
        texts += [header.description, *header.keywords]
    known = words_of(" ".join(texts).lower())
    known += [part for word in known if "_" in word for part in word.split("_")]
    if closely:
        return {word.lower() for word in words} <= set(known)
    return all(any(candidate.startswith(word.lower()) for candidate in known) for word in words)
