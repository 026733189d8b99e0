"""The kinds of views. A view holds nothing that must not be seen: secrets are masked before it is made.

    Table     rows under columns; rows are read when they are asked for
    Tree      nested data; members are read when they are asked for
    Chart     series of points over time, or of bars
    Text      plain text, Markdown, or the lines of a log
    Image     the bytes of a picture
    Progress  how far something has come
    Live      a stream that is shown while it runs
    Failure   an error with its marked source line
"""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    Cell: TypeAlias = str | int | float | bool | None
    Row: TypeAlias = tuple[Cell, ...]
    Key: TypeAlias = str | int | float

TEXT, NUMBER, AGE, BYTES, PERCENT, TIME = "text", "number", "age", "bytes", "percent", "time"
COLUMN_KINDS = (TEXT, NUMBER, AGE, BYTES, PERCENT, TIME)
"""What the numbers of a column are: AGE in seconds, BYTES, PERCENT 0 to 100, TIME in unix seconds."""

PLAIN, MARKDOWN, LOG = "plain", "markdown", "log"
LINE, BAR = "line", "bar"
OUTLINE, JSON = "outline", "json"
MAP, LIST = "map", "list"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, and what the numbers in it are."""

    title: str
    kind: str = TEXT

    @property
    def right(self) -> bool:
        """Whether its cells stand at the right edge."""
        return self.kind in (NUMBER, BYTES, PERCENT)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a tree.

    *kind* is `map` or `list` for what has members; `text`, `number`, `boolean`, `nil`, `null`, `masked`, `function`,
    `handle` and `cycle` for the rest, whose *value* is what is shown. *size* counts the members of a container, or the
    bytes of a text that is shown only in part; *exact* says whether that is all. `members(n)` reads the first n.
    """

    kind: str
    value: Cell = None
    size: int = 0
    exact: bool = True
    members: Callable[[int], list[tuple[Key, Node]]] = field(default=lambda count: [], repr=False, compare=False)

    @property
    def nested(self) -> bool:
        """Whether it has members of its own."""
        return self.kind in (MAP, LIST) and self.size > 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. *rows* may be read lazily; *total* rows exist, of which *rows* may be the first."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: int
    title: str = ""
    source: Node | None = field(default=None, repr=False, compare=False)
    """The whole value as a tree, where the table was made from one."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Nested data, drawn as an outline or as JSON."""

    root: Node
    title: str = ""
    syntax: str = OUTLINE


@dataclass(frozen=True, slots=True)
class Series:
    """One line or bar group: *points* are (unix seconds, value); a bar's first number is its place."""

    label: str
    points: tuple[tuple[float, float], ...]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chart:
    """Series drawn together. *total* of them exist, of which *series* may be the first."""

    series: tuple[Series, ...]
    title: str = ""
    unit: str = ""
    kind: str = LINE
    total: int = 0
    names: tuple[str, ...] = ()
    """What the places of bars are called; empty where they are moments."""
    source: Node | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Text; *left_out* bytes of it were not read."""

    text: str
    kind: str = PLAIN
    left_out: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of a picture and their MIME type."""

    data: bytes = field(repr=False)
    mime: str = "image/png"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """*done* of *total* units; a total of None means that nobody knows. *seconds* since it began."""

    done: float
    total: float | None
    title: str = ""
    finished: bool = False
    seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """How far it is, 0 to 1; None where that is unknown."""
        if self.total is None:
            return 1.0 if self.finished else None
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Live:
    """A stream that is shown in place while it runs.

    *stream* is what gives the items: `await stream.next()`, None at the end, and `await stream.close()`.
    """

    stream: object = field(repr=False)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: its message, where it happened, the source line with the cause marked, and who called.

    *line* is 0 where nobody knows. The mark covers *marked* = (first column, length) of *source*.
    """

    message: str
    chunk: str = ""
    line: int = 0
    source: str = ""
    marked: tuple[int, int] = (0, 0)
    hint: str = ""
    frames: tuple[str, ...] = ()


if TYPE_CHECKING:
    View: TypeAlias = Table | Tree | Chart | Text | Image | Progress | Live | Failure

VIEWS = (Table, Tree, Chart, Text, Image, Progress, Live, Failure)
