"""What people see of an uncaught error: the marked source line on a terminal, one log line elsewhere.

    error: attempt to call a nil value (field 'gett')
       ┌─ rotate.lua:14
    14 │ local page = http.gett(url)
       │                   ^^^^ did you mean http.get?
       called from rotate.lua:31 in main chunk
"""

from __future__ import annotations

from assay_shell.runtime.blame import without_our_place
from assay_shell.runtime.log import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assay_shell.runtime.errors import ScriptError

    Names = Callable[[str], Iterable[str]]
    """The functions of a group or module by its name; what stands in the globals for ""."""

_TAB = 4
_MOST_FRAMES = 6
_WIDEST = 160  # characters of a source line that are shown
_WHAT_IS_NIL = ("global", "field", "method", "local", "upvalue")


def panel(error: ScriptError, source: str | None, *, colour: bool = False, names: Names | None = None) -> str:
    """Return the lines that show *error* on a terminal, without a line end after the last.

    *source* is the text of the chunk the error happened in, None where there is none. *names* knows what could have
    been meant by a name that is nil.
    """
    paint = _painted if colour else _plain
    found = marked_line(error, source, names)
    shown = [f"{paint('error:', '1;31')} {visible(found.message)}"]
    if found.text:
        shown += _excerpt(error, found, paint)
    elif error.chunk is not None and error.line is not None:
        shown.append(f"   {paint('┌─', '34')} {visible(error.chunk)}:{error.line}")
    shown += [f"   {paint(visible(frame), '2')}" for frame in callers(error)]
    return "\n".join(shown)


class MarkedLine:
    """An error taken apart: its message without the place, the source line, and which columns of that are the cause.

    *text* is empty where no source line is known; *start* and *length* count characters of it.
    """

    __slots__ = ("hint", "length", "message", "start", "text")

    def __init__(self, message: str, text: str = "", start: int = 0, length: int = 0, hint: str = "") -> None:
        self.message, self.text, self.start, self.length, self.hint = message, text, start, length, hint


def marked_line(error: ScriptError, source: str | None, names: Names | None = None) -> MarkedLine:
    """Return *error* taken apart, for those who draw it in their own way; arguments as `panel`."""
    message, suggestion = _without_position(error), hint(error, source, names)
    line = _source_line(source, error.line)
    if line is None:
        return MarkedLine(message, hint=suggestion)
    start, length = _cause(error.message, line)
    text, before = _fit(line, start)
    return MarkedLine(message, text, len(before), min(length, max(1, len(line) - start)), suggestion)


def text_with_hint(error: ScriptError, source: str | None, names: Names | None = None) -> str:
    """Return the error as one log line has it: message, what may have been meant, and the traceback if there is one."""
    suggestion = hint(error, source, names)
    message = f"{error.message} ({suggestion})" if suggestion else error.message
    return f"{message}\n{error.traceback}" if error.traceback else message


def hint(error: ScriptError, source: str | None, names: Names | None = None) -> str:
    """Return `did you mean http.get?` for a name that is nil and close to one that is not; "" otherwise."""
    what, name = _nil_name(error.message)
    if not name or what in ("local", "upvalue"):
        return ""
    from assay_shell.runtime.nearest import nearest

    line = _source_line(source, error.line) or ""
    owner, mark = ("", "") if what == "global" else _owner(line, name)
    candidates = list(names(owner)) if names and (owner or what == "global") else []
    candidates += [word for word in _used(source or "", owner, mark) if word != name]
    found = nearest(name, dict.fromkeys(candidates))
    return f"did you mean {owner}{mark}{found}?" if found and found != name else ""


def callers(error: ScriptError) -> list[str]:
    """Return the frames above the one that failed, outermost last: `called from a.lua:31 in main chunk`."""
    frames: list[str] = []
    for line in error.traceback.split("\n")[1:]:
        place, _, where = line.strip().partition(": in ")
        if where and not place.startswith("["):
            frames.append(f"called from {place} in {where}")
    own = f"called from {error.chunk}:{error.line} in "
    at = next((index for index, frame in enumerate(frames) if frame.startswith(own)), -1)
    frames = frames[at + 1 :]
    if len(frames) > _MOST_FRAMES:
        frames[_MOST_FRAMES - 1 : -1] = [f"... {len(frames) - _MOST_FRAMES} more ..."]
    return frames


def _excerpt(error: ScriptError, found: MarkedLine, paint: Callable[[str, str], str]) -> list[str]:
    number = str(error.line)
    margin = " " * max(len(number), 2)
    before, marked = found.text[: found.start], found.text[found.start : found.start + found.length]
    under = " " * _width(before) + "^" * max(1, _width(marked))
    bar = paint("│", "34")
    return [
        f"{margin} {paint('┌─', '34')} {visible(error.chunk or '?')}:{number}",
        f"{number:>{len(margin)}} {bar} {found.text}",
        f"{margin} {bar} {paint(f'{under} {found.hint}'.rstrip(), '31')}",
    ]


def _fit(line: str, start: int) -> tuple[str, str]:
    """Return what is shown of *line*, around *start* where it is too long, and the part of that before *start*."""
    if len(line) <= _WIDEST:
        return line, line[:start]
    first = max(0, start - _WIDEST // 2)
    lead = "…" if first else ""
    tail = "…" if first + _WIDEST < len(line) else ""
    return f"{lead}{line[first : first + _WIDEST]}{tail}", lead + line[first:start]


def _source_line(source: str | None, number: int | None) -> str | None:
    """Return that line (from 1) ready to be shown, None where it is missing or blank."""
    if source is None or number is None:
        return None
    lines = source.split("\n")
    if not 1 <= number <= len(lines):
        return None
    return visible(lines[number - 1].rstrip("\r").expandtabs(_TAB)).rstrip() or None


def _without_position(error: ScriptError) -> str:
    """Return the message without the `FILE:LINE: ` that the panel shows below it."""
    if error.chunk is None or error.line is None:
        return error.message
    return without_our_place(error.message.replace(f"{error.chunk}:{error.line}: ", "", 1))


def _cause(message: str, line: str) -> tuple[int, int]:
    """Return where in *line* the cause stands and how long it is; the whole statement where nothing tells."""
    for word in _suspects(message):
        start = _find_word(line, word)
        if start >= 0:
            return start, len(word)
    indent = len(line) - len(line.lstrip())
    return indent, len(line) - indent


def _suspects(message: str) -> list[str]:
    """Return the words of a message that may stand in the source, the most telling first."""
    text = _after_position(message)
    suspects = [_nil_name(text)[1], _between(text, " near '", "'"), _between(text, "to '", "'")]
    words = [word.strip("(),:;'\"") for word in text.split()[:8]]
    names = [word for word in words if "." in word and all(part.isidentifier() for part in word.split("."))]
    suspects += names
    suspects += [name.rpartition(".")[2] for name in names]
    head, mark, _ = text.partition(": ")
    suspects += [head] if mark and head.isidentifier() else []
    return [word for word in (*suspects, "error") if word]


def _after_position(message: str) -> str:
    head, mark, rest = message.partition(": ")
    return rest if mark and head.rpartition(":")[2].isdigit() else message


def _nil_name(message: str) -> tuple[str, str]:
    """Return kind and name of what was nil: ("field", "gett"); empty texts for other messages."""
    if " a nil value (" not in message:
        return "", ""
    inner = message.partition(" a nil value (")[2]
    kind, _, rest = inner.partition(" '")
    return (kind, rest.partition("'")[0]) if kind in _WHAT_IS_NIL else ("", "")


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _find_word(line: str, word: str) -> int:
    """Return where *word* stands in *line* and is not a part of a longer name; -1 where it does not."""
    start = line.find(word)
    while start >= 0:
        before, after = line[start - 1 : start], line[start + len(word) : start + len(word) + 1]
        if not (_is_name_part(before) and _is_name_part(word[0])) and not (
            _is_name_part(after) and _is_name_part(word[-1])
        ):
            return start
        start = line.find(word, start + 1)
    return -1


def _owner(line: str, name: str) -> tuple[str, str]:
    """Return what stands before `.name` or `:name` in *line*, and the mark: ("http", ".")."""
    for mark in (".", ":"):
        start = _find_word(line, mark + name)
        if start > 0:
            first = start
            while first > 0 and _is_name_part(line[first - 1]):
                first -= 1
            return line[first:start], mark
    return "", ""


def _used(source: str, owner: str, mark: str) -> list[str]:
    """Return the names that *source* uses: after *owner* and its mark, or bare ones where there is no owner."""
    found: list[str] = []
    word = ""
    lead = ""
    for character in f"{source} ":
        if _is_name_part(character):
            word += character
            continue
        if word and not word[0].isdigit() and lead == owner + mark:
            found.append(word)
        lead = word + character if character in ".:" else ""
        word = ""
    return found


def _is_name_part(character: str) -> bool:
    return character == "_" or character.isalnum()


def _width(text: str) -> int:
    """Return how many columns a terminal needs for *text*."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, code: str) -> str:
    return text
