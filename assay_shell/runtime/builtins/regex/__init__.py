r"""Regular expressions whose matching time grows with the text only, never explodes. Text first, then the pattern.

@module regex
@description Regular expressions: match, find, find_all, replace
@keywords regex, pattern, match, find, replace, regular-expression, regexp
@quickref regex.match(text, pattern) -> bool | Whether the pattern matches anywhere in the text
@quickref regex.find(text, pattern) -> {match, groups}|nil | First match and its groups by number
@quickref regex.find_all(text, pattern) -> [str] | All matches, without their groups
@quickref regex.replace(text, pattern, replacement) -> str | Replace all matches; $1, ${name} and $0 insert groups
@quickref regex.captures(text, pattern) -> {match, first, last, groups, named}|nil | First match with named groups
@quickref regex.captures_all(text, pattern) -> [{match, first, last, groups, named}] | All matches with their groups
@quickref regex.split(text, pattern, limit?) -> [str] | The pieces of the text between the matches
@quickref regex.escape(text) -> str | A pattern that matches the text itself
"""

from __future__ import annotations

from functools import cache

from assay_shell.runtime.builtins.regex.syntax import PatternError
from assay_shell.runtime.declare import pure
from assay_shell.runtime.errors import BuiltinError, ConversionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.regex.program import Cache, Program
    from assay_shell.runtime.vm import Runtime

    Span = tuple[int, int]

META = frozenset(rb"\.+*?()|[]{}^$#&-~")


def register(runtime: Runtime) -> None:
    runtime.define(
        "regex",
        {
            "match": pure(match),
            "find": pure(find),
            "find_all": pure(find_all),
            "replace": pure(replace),
            "captures": pure(captures),
            "captures_all": pure(captures_all),
            "split": pure(split),
            "escape": pure(escape),
        },
    )


def match(text: bytes, pattern: bytes) -> bool:
    r"""Return whether *pattern* matches anywhere in *text*; write `^...$` to test the whole of it.

    Patterns look like those of Perl, without what makes matching slow: no look-around, no backreferences.
    `\d`, `\w`, `\s`, `\b` and `(?i)` know ASCII only; `.` is one character other than a newline; `$` is the very
    end of the text. Flags: `(?i)` any case, `(?m)` `^` and `$` at each line, `(?s)` `.` takes newlines too,
    `(?R)` lines end with CR LF, `(?U)` lazy by default, `(?x)` blanks and comments are ignored.

    Example: `regex.match("api-7f9c", [[^api-\w+$]])`

    Raises:
        BuiltinError: the pattern is not valid, with the reason and the character it was seen at.
        ConversionError: text or pattern is not UTF-8.
    """
    return _program("match", text, pattern).find(text) is not None


def find(text: bytes, pattern: bytes) -> dict[str, bytes | list[bytes | None]] | None:
    r"""Return the first match of *pattern* in *text*, or nil when there is none.

    `match` is the matched text; `groups[1]`, `groups[2]`, ... the texts of the groups, nil for one that took no part.

    Example: `regex.find("v1.12", [[v(\d+)\.(\d+)]]).groups[2]`

    Raises:
        BuiltinError: the pattern is not valid.
        ConversionError: text or pattern is not UTF-8.
    """
    spans = _program("find", text, pattern).find_groups(text)
    if spans is None:
        return None
    whole, *groups = _texts(text, spans)
    return {"match": whole or b"", "groups": groups}


def find_all(text: bytes, pattern: bytes) -> list[bytes]:
    r"""Return the texts of all matches of *pattern* in *text*, from left to right, without overlap.

    Empty matches count, but not right behind another match. An empty array when nothing matches.

    Example: `regex.find_all("10.0.0.1", [[\d+]])`

    Raises:
        BuiltinError: the pattern is not valid.
        ConversionError: text or pattern is not UTF-8.
    """
    from assay_shell.runtime.builtins.regex.program import each

    program = _program("find_all", text, pattern)
    return [text[start:end] for ((start, end),) in each(program.find, text)]


def replace(text: bytes, pattern: bytes, replacement: bytes) -> bytes:
    r"""Return *text* with every match of *pattern* replaced.

    In *replacement*, `$1`, `${1}`, `$name` and `${name}` stand for the text of a group, `$0` for the whole match and
    `$$` for a dollar sign. A name goes on as long as letters, digits and `_` follow: write `${1}st`, not `$1st`.
    A group that does not exist or took no part gives nothing.

    Example: `regex.replace("2024-05-31", [[(\d+)-(\d+)-(\d+)]], "$3.$2.$1")`

    Raises:
        BuiltinError: the pattern is not valid.
        ConversionError: text, pattern or replacement is not UTF-8.
    """
    from assay_shell.runtime.builtins.regex.program import each
    from assay_shell.runtime.builtins.regex.replacement import Replacement

    program = _program("replace", text, pattern)
    _require_utf8(3, replacement)
    template = Replacement(replacement, program.names, program.group_count)
    pieces = []
    place = 0
    for spans in each(program.find_groups if template.needs_groups else program.find, text):
        start, end = spans[0]
        pieces += [text[place:start], template.expand(text, spans)]
        place = end
    return b"".join([*pieces, text[place:]])


def captures(text: bytes, pattern: bytes) -> dict[str, object] | None:
    r"""Return the first match of *pattern* in *text* with all that is known about it, or nil when there is none.

    `match` is the matched text, `first` and `last` the positions of its first and last byte as in `string.sub`
    (`last` is `first - 1` for an empty match), `groups` the texts of the groups by number and `named` those of
    the named groups by name. A group that took no part is nil.

    Example: `regex.captures("level=warn", [[level=(?<level>\w+)]]).named.level`

    Raises:
        BuiltinError: the pattern is not valid.
        ConversionError: text or pattern is not UTF-8.
    """
    program = _program("captures", text, pattern)
    spans = program.find_groups(text)
    return None if spans is None else _described(program, text, spans)


def captures_all(text: bytes, pattern: bytes) -> list[dict[str, object]]:
    r"""Return all matches of *pattern* in *text*, each described as by `regex.captures`.

    An empty array when nothing matches.

    Example: `for _, m in ipairs(regex.captures_all(line, [[(?<key>\w+)=(?<value>\S+)]])) do print(m.named.key) end`

    Raises:
        BuiltinError: the pattern is not valid.
        ConversionError: text or pattern is not UTF-8.
    """
    from assay_shell.runtime.builtins.regex.program import each

    program = _program("captures_all", text, pattern)
    return [_described(program, text, spans) for spans in each(program.find_groups, text)]


def split(text: bytes, pattern: bytes, limit: int | None = None) -> list[bytes]:
    r"""Return the pieces of *text* between the matches of *pattern*: one more than there are matches.

    With *limit*, at most so many pieces, the last of which is the rest of the text as it is.

    Example: `regex.split("a, b;c", [[[,;]\s*]])`

    Raises:
        BuiltinError: the pattern is not valid, or *limit* is less than 1.
        ConversionError: text or pattern is not UTF-8.
    """
    from assay_shell.runtime.builtins.regex.program import each

    program = _program("split", text, pattern)
    if limit is not None and limit < 1:
        raise BuiltinError("regex.split", "limit must be at least 1")
    pieces: list[bytes] = []
    place = 0
    for ((start, end),) in each(program.find, text):
        if len(pieces) + 1 == limit:
            break
        pieces.append(text[place:start])
        place = end
    return [*pieces, text[place:]]


def escape(text: bytes) -> bytes:
    """Return a pattern that matches *text* itself: what has a meaning in patterns gets a backslash.

    Example: `regex.escape("a.b")`

    Raises:
        ConversionError: the text is not UTF-8.
    """
    _require_utf8(1, text)
    return b"".join(b"\\%c" % code if code in META else b"%c" % code for code in text)


@cache
def _programs() -> Cache:
    from assay_shell.runtime.builtins.regex.program import CACHE  # loads RE2: 20 ms

    return CACHE


def _program(function: str, text: bytes, pattern: bytes) -> Program:
    """The compiled *pattern*, after both arguments were found to be UTF-8."""
    _require_utf8(1, text)
    _require_utf8(2, pattern)
    try:
        return _programs().program(pattern)
    except PatternError as exc:
        raise BuiltinError(f"regex.{function}", f"invalid pattern: {exc}") from exc


def _require_utf8(number: int, data: bytes) -> None:
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as exc:
        cut_short = exc.reason == "unexpected end of data"
        found = (
            "incomplete utf-8 byte sequence" if cut_short else f"invalid utf-8 sequence of {exc.end - exc.start} bytes"
        )
        raise ConversionError(
            f"bad argument #{number}: error converting Lua string to String ({found} from index {exc.start})"
        ) from exc


def _texts(text: bytes, spans: list[Span]) -> list[bytes | None]:
    return [text[start:end] if start >= 0 else None for start, end in spans]


def _described(program: Program, text: bytes, spans: list[Span]) -> dict[str, object]:
    texts = _texts(text, spans)
    start, end = spans[0]
    return {
        "match": texts[0],
        "first": start + 1,
        "last": end,
        "groups": texts[1:],
        "named": {name: texts[index] for name, index in program.names.items()},
    }
