"""Where SQL text has placeholders: those the database knows, and named ones for the databases that do not.

The text is never touched where it stands for something else: strings, quoted names, comments, casts. A mistake here
could only give a wrong count, which the database refuses: values never become part of the text.
"""

from __future__ import annotations

import re  # what this is used with has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 65535
"""No database takes more parameters in one statement."""

_LETTER = r"A-Za-z_\x80-\U0010ffff"
_NAME = rf"[{_LETTER}][{_LETTER}0-9]*"
_WORD = rf"[{_LETTER}0-9][{_LETTER}0-9$]*"
_STRING = r"'(?:[^']|'')*(?:'|\Z)"
_ESCAPED_STRING = r"'(?:[^'\\]|\\.|'')*(?:'|\Z)"
_DOUBLE_QUOTES = r'"(?:[^"]|"")*(?:"|\Z)'
_BACKTICKS = r"`(?:[^`]|``)*(?:`|\Z)"
_SKIPPED = {
    "sqlite": [_STRING, _DOUBLE_QUOTES, _BACKTICKS, r"\[[^\]]*(?:\]|\Z)", r"--[^\n]*"],
    "postgres": [
        f"[eE]{_ESCAPED_STRING}",
        _STRING,
        _DOUBLE_QUOTES,
        rf"\$(?P<tag>(?:{_NAME})?)\$.*?(?:\$(?P=tag)\$|\Z)",
        r"--[^\n]*",
        "::",
    ],
    "mysql": [
        _ESCAPED_STRING,
        _ESCAPED_STRING.replace("'", '"'),
        _BACKTICKS,
        r"--(?=\s|\Z)[^\n]*",
        r"\#[^\n]*",
        ":=",
    ],
}
_COMMENT = {"sqlite": r"/\*", "postgres": r"/\*", "mysql": r"/\*(?!!)"}  # MySQL runs what stands in /*! ... */
_OWN = {"sqlite": rf"\?\d*|[:@$][{_LETTER}0-9]+", "postgres": r"\$\d+", "mysql": r"\?"}
_NAMED = {"sqlite": "", "postgres": rf"|(?<![\w\])]):{_NAME}", "mysql": rf"|(?<![\w\])]):{_NAME}"}
_COMMENT_MARK = re.compile(r"/\*|\*/")

_scanners: dict[str, re.Pattern[str]] = {}


class Placeholders:
    """The placeholders of one SQL text.

    *text* is what the database gets where values come in order; *counts* tells how many values each statement in it
    then takes (only SQLite runs more than one); *names* are those of named placeholders, in order of appearance, and
    *nameless* says that there are others.
    """

    __slots__ = ("_dialect", "_named", "counts", "nameless", "names", "text")

    def __init__(self, sql: str, dialect: str) -> None:
        self._dialect = dialect
        self._named: list[tuple[int, int]] = []
        counter = _Counter()
        numbered, end = [], 0
        for start, end, token in _tokens(sql, dialect):
            if token == ";":
                counter.end_statement()
                continue
            counter.add(token)
            if token[0] in ":@$" and not token[1:].isdigit():
                self._named.append((start, end))
            elif dialect == "sqlite" and token[0] == "$":
                numbered.append(start)
        if sql[end:].strip() or not counter.counts:
            counter.end_statement()
        self.text = _with_question_marks(sql, numbered)
        self.counts = counter.counts
        self.names = counter.names
        self.nameless = counter.nameless

    @property
    def count(self) -> int:
        """How many values in order all statements together take."""
        return sum(self.counts)

    def anonymous(self) -> str:
        """The text with `?` for every placeholder, for a reader that knows no others."""
        pieces: list[str] = []
        at = 0
        for start, end, token in _tokens(self.text, self._dialect):
            if token != ";":
                pieces += [self.text[at:start], "?"]
                at = end
        return "".join([*pieces, self.text[at:]])

    def positional(self) -> tuple[str, list[str]]:
        """The text with PostgreSQL's or MySQL's placeholders for named ones, and the name of each value it takes."""
        pieces: list[str] = []
        order: list[str] = []
        at = 0
        for start, end in self._named:
            name = self.text[start + 1 : end]
            if self._dialect == "mysql" or name not in order:
                order.append(name)
            pieces += [self.text[at:start], "?" if self._dialect == "mysql" else f"${order.index(name) + 1}"]
            at = end
        return "".join([*pieces, self.text[at:]]), order


class _Counter:
    """Counts values as SQLite numbers them: `?` is one more than the highest so far, `?7` is the seventh."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.names: list[str] = []
        self.nameless = False
        self._highest = 0
        self._seen: set[str] = set()

    def add(self, token: str) -> None:
        rest = token[1:]
        if not rest or rest.isdigit():
            self.nameless = True
            self._highest = max(self._highest, min(int(rest), MOST)) if rest else self._highest + 1
        elif token not in self._seen:
            self._seen.add(token)
            self._highest += 1
            if rest not in self.names:
                self.names.append(rest)

    def end_statement(self) -> None:
        self.counts.append(self._highest)
        self._highest = 0
        self._seen.clear()


def _with_question_marks(sql: str, places: list[int]) -> str:
    """*sql* with `?7` for `$7`, which SQLite would take for a name."""
    for place in places:
        sql = f"{sql[:place]}?{sql[place + 1 :]}"
    return sql


def _tokens(sql: str, dialect: str) -> Iterator[tuple[int, int, str]]:
    """Placeholders and semicolons with their places."""
    search, at = _scanner(dialect).search, 0
    while match := search(sql, at):
        at = match.end()
        if match.lastgroup == "comment":
            at = _end_of_comment(sql, at, nests=dialect == "postgres")
        elif match.lastgroup == "hit":
            yield match.start(), at, match[0]


def _end_of_comment(sql: str, at: int, *, nests: bool) -> int:
    depth = 1
    for mark in _COMMENT_MARK.finditer(sql, at):
        if mark[0] == "*/":
            depth -= 1
        elif nests:
            depth += 1
        if depth == 0:
            return mark.end()
    return len(sql)


def _scanner(dialect: str) -> re.Pattern[str]:
    found = _scanners.get(dialect)
    if found is None:
        comment = f"(?P<comment>{_COMMENT[dialect]})"
        hit = f"(?P<hit>;|{_OWN[dialect]}{_NAMED[dialect]})"
        found = re.compile("|".join([*_SKIPPED[dialect], comment, _WORD, hit]), re.DOTALL)
        _scanners[dialect] = found
    return found
