"""Parsing of the regex dialect that scripts use into a tree.

The dialect is described in the help of the group. The parser keeps its own stack of open groups, so that deep
nesting ends in a PatternError, never in Python's recursion limit.
"""

from __future__ import annotations

from assay_shell.runtime.builtins.regex import syntax
from assay_shell.runtime.builtins.regex.brackets import parse_class
from assay_shell.runtime.builtins.regex.charset import ANY, CASE_GAP, NOT_LINE_BREAK, NOT_NEWLINE, CharSet
from assay_shell.runtime.builtins.regex.scanner import BACKREFERENCE, Scanner
from assay_shell.runtime.builtins.regex.syntax import (
    COST_LIMIT,
    HEIGHT_LIMIT,
    Alternate,
    Capture,
    Chars,
    Concat,
    Literal,
    Look,
    Node,
    Pattern,
    PatternError,
    Repeat,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

FLAGS = "imsRUux"
REPEAT_LIMIT = 2**32 - 1
LOOK_AROUND = "look-around is not supported"
REFUSED_GROUPS = {
    "=": LOOK_AROUND,
    "!": LOOK_AROUND,
    "<=": LOOK_AROUND,
    "<!": LOOK_AROUND,
    ">": "atomic groups are not supported",
    "P=": BACKREFERENCE,
    "P>": "recursion is not supported",
    "&": "recursion is not supported",
    "#": "comment groups are not supported, use (?x) and #",
    "|": "branch reset groups are not supported",
    "(": "conditional groups are not supported",
    "'": "unknown group syntax, write (?<name>...)",
}
PLACES = {
    "A": syntax.TEXT_START,
    "z": syntax.TEXT_END,
    "b": syntax.WORD_EDGE,
    "B": syntax.NO_WORD_EDGE,
    "<": syntax.WORD_START,
    ">": syntax.WORD_END,
}
WORD_PLACES = {
    "start": syntax.WORD_START,
    "end": syntax.WORD_END,
    "start-half": syntax.WORD_START_HALF,
    "end-half": syntax.WORD_END_HALF,
}


def parse(text: str) -> Pattern:
    """Return the tree of the pattern *text*.

    Raises:
        PatternError: the pattern is not valid, or uses what the dialect does not have.
    """
    if len(text) > COST_LIMIT:
        raise PatternError("the pattern is too long")
    return _Parser(text).parse()


class _OpenGroup:
    """A group whose closing parenthesis has not been read yet; the pattern itself is the first."""

    def __init__(self, start: int, outer_flags: frozenset[str], index: int | None) -> None:
        self.start = start
        self.outer_flags = outer_flags
        self.index = index
        self.branches: list[Node] = []
        self.parts: list[Node] = []

    def end_branch(self) -> None:
        self.branches.append(self.parts[0] if len(self.parts) == 1 else Concat(self.parts))
        self.parts = []

    def whole(self) -> Node:
        self.end_branch()
        body = self.branches[0] if len(self.branches) == 1 else Alternate(self.branches)
        return body if self.index is None else Capture(self.index, body)


class _Parser:
    def __init__(self, text: str) -> None:
        self.scan = Scanner(text)
        self.flags: frozenset[str] = frozenset()
        self.names: dict[str, int] = {}
        self.group_count = 0
        self.open = [_OpenGroup(0, self.flags, None)]

    def parse(self) -> Pattern:
        scan = self.scan
        steps: dict[str, Callable[[], None]] = {
            "(": self._open_group,
            ")": self._close_group,
            "|": lambda: self.open[-1].end_branch(),
            "[": self._bracket,
            "{": self._counted,
            "*": lambda: self._repeat(0, None),
            "+": lambda: self._repeat(1, None),
            "?": lambda: self._repeat(0, 1),
            "\\": self._escape,
            ".": lambda: self._add(Chars(self._dot())),
            "^": lambda: self._add(Look(self._line_place(syntax.TEXT_START))),
            "$": lambda: self._add(Look(self._line_place(syntax.TEXT_END))),
        }
        while self._more():
            letter = scan.peek()
            scan.place += 1
            step = steps.get(letter)
            if step is None:
                self._literal(ord(letter))
            else:
                step()
        if len(self.open) > 1:
            scan.refuse("found an open group without its closing parenthesis", self.open[-1].start)
        return Pattern(self.open[0].whole(), self.group_count, self.names)

    def _more(self) -> bool:
        if "x" in self.flags:
            self.scan.skip_space_and_comments()
        return self.scan.place < self.scan.end

    def _add(self, node: Node) -> None:
        self.open[-1].parts.append(node)

    def _literal(self, code: int) -> None:
        letter = chr(code)
        if "i" in self.flags and letter.isascii() and letter.isalpha():
            other = code + CASE_GAP if letter.isupper() else code - CASE_GAP
            self._add(Chars(CharSet([(code, code), (other, other)])))
        else:
            self._add(Literal(code))

    def _dot(self) -> CharSet:
        if "s" in self.flags:
            return ANY
        return NOT_LINE_BREAK if "R" in self.flags else NOT_NEWLINE

    def _line_place(self, text_place: str) -> str:
        if "m" not in self.flags:
            return text_place
        lines = {
            syntax.TEXT_START: (syntax.LINE_START, syntax.CRLF_LINE_START),
            syntax.TEXT_END: (syntax.LINE_END, syntax.CRLF_LINE_END),
        }
        return lines[text_place]["R" in self.flags]

    def _bracket(self) -> None:
        self._add(Chars(parse_class(self.scan, verbose="x" in self.flags, fold="i" in self.flags)))

    def _escape(self) -> None:
        found = self.scan.escape()
        if isinstance(found, int):
            self._literal(found)
        elif isinstance(found, CharSet):
            self._add(Chars(found))
        else:
            self._add(Look(self._word_place() if found == "b" else PLACES[found]))

    def _word_place(self) -> str:
        scan = self.scan
        if scan.peek() != "{" or not (scan.peek(1).isalpha() or scan.peek(1) == "-"):
            return syntax.WORD_EDGE  # what follows may still be a repetition, \b{2}
        start = scan.place - 2
        closing = scan.text.find("}", scan.place)
        name = scan.text[scan.place + 1 : closing]
        if closing < 0 or name not in WORD_PLACES:
            scan.refuse(r"unknown word boundary, there are \b{start}, \b{end}, \b{start-half} and \b{end-half}", start)
        scan.place = closing + 1
        return WORD_PLACES[name]

    # Repetition ------------------------------------------------------------------------------------------

    def _counted(self) -> None:
        scan = self.scan
        start = scan.place - 1
        if not self.open[-1].parts:
            scan.refuse("nothing to repeat before {, write \\{ for the brace itself", start)
        low = self._count(start)
        high: int | None = low
        if scan.accept(","):
            high = self._count(start)
        elif low is None:
            scan.refuse("a repetition needs a number, write \\{ for the brace itself", start)
        if not scan.accept("}"):
            scan.refuse("found an unclosed repetition, write \\{ for the brace itself", start)
        if low is None and high is None:
            scan.refuse("a repetition needs a number, write \\{ for the brace itself", start)
        if high is not None and high < (low or 0):
            scan.refuse("a repetition has a minimum above its maximum", start)
        self._repeat(low or 0, high)

    def _count(self, start: int) -> int | None:
        """Read a number with white space around it; None when there is none."""
        scan = self.scan
        scan.skip_space()
        first = scan.place
        while scan.peek().isascii() and scan.peek().isdigit():
            scan.place += 1
        digits = scan.text[first : scan.place]
        scan.skip_space()
        if len(digits.lstrip("0")) > 10 or int(digits or 0) > REPEAT_LIMIT:
            scan.refuse("a repetition count is too large", start)
        return int(digits) if digits else None

    def _repeat(self, low: int, high: int | None) -> None:
        scan = self.scan
        parts = self.open[-1].parts
        if not parts:
            scan.refuse(f"nothing to repeat before {scan.text[scan.place - 1]}", scan.place - 1)
        lazy = scan.accept("?")
        parts[-1] = Repeat(parts[-1], low, high, greedy=lazy == ("U" in self.flags))

    # Groups ----------------------------------------------------------------------------------------------

    def _open_group(self) -> None:
        scan = self.scan
        start = scan.place - 1
        if "x" in self.flags:
            scan.skip_space_and_comments()
        if not scan.accept("?"):
            self._push_capture(start)
        elif scan.accept("P<") or (scan.peek() == "<" and scan.peek(1) not in ("=", "!") and scan.accept("<")):
            name = self._name()
            self._push_capture(start)
            self.names[name] = self.group_count
        elif (refused := self._refused_group()) is not None:
            scan.refuse(refused, start)
        else:
            self._flag_group(start)

    def _refused_group(self) -> str | None:
        longest_first = (self.scan.text[self.scan.place : self.scan.place + size] for size in (2, 1))
        return next((REFUSED_GROUPS[opening] for opening in longest_first if opening in REFUSED_GROUPS), None)

    def _push_capture(self, start: int) -> None:
        self.group_count += 1
        self._push(start, self.flags, self.group_count)

    def _push(self, start: int, flags: frozenset[str], index: int | None) -> None:
        if len(self.open) > HEIGHT_LIMIT:
            self.scan.refuse("the pattern is nested too deeply", start)
        self.open.append(_OpenGroup(start, self.flags, index))
        self.flags = flags

    def _close_group(self) -> None:
        if len(self.open) == 1:
            self.scan.refuse("found a closing parenthesis without an open group", self.scan.place - 1)
        group = self.open.pop()
        self.flags = group.outer_flags
        self._add(group.whole())

    def _name(self) -> str:
        scan = self.scan
        start = scan.place
        closing = scan.text.find(">", start)
        if closing < 0:
            scan.refuse("the name of a group is not closed", start)
        name = scan.text[start:closing]
        if not name:
            scan.refuse("the name of a group is empty", start)
        if not (name[0] == "_" or name[0].isalpha()) or not all(part.isalnum() or part in "_.[]" for part in name):
            scan.refuse("the name of a group may hold letters, digits, _ . [ ] and starts with a letter or _", start)
        if name in self.names:
            scan.refuse("two groups have the same name", start)
        scan.place = closing + 1
        return name

    def _flag_group(self, start: int) -> None:
        scan = self.scan
        on: set[str] = set()
        off: set[str] = set()
        chosen = on
        while (letter := scan.peek()) not in (":", ")"):
            if letter == "-" and chosen is on:
                chosen = off
            else:
                self._check_flag(letter, on | off)
                chosen.add(letter)
            scan.place += 1
        scan.place += 1
        if not on and not off and (letter == ")" or chosen is off):
            scan.refuse("a flag group needs a flag", start)
        if chosen is off and not off:
            scan.refuse("a flag group ends with a lone minus", start)
        flags = (self.flags | on) - off
        if letter == ":":
            self._push(start, flags, None)
        else:
            self.flags = flags

    def _check_flag(self, letter: str, seen: set[str]) -> None:
        if not letter:
            self.scan.refuse("a flag group has no closing parenthesis")
        if letter not in FLAGS:
            self.scan.refuse(f"unknown flag or group syntax (?{letter}")
        if letter in seen:
            self.scan.refuse("a flag is given twice")
