"""Reading a pattern character by character, its escapes included."""

from __future__ import annotations

from assay_shell.runtime.builtins.regex.charset import LAST_CODE, PERL
from assay_shell.runtime.builtins.regex.syntax import PatternError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from assay_shell.runtime.builtins.regex.charset import CharSet

HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
HEX_WIDTH = {"x": 2, "u": 4, "U": 8}
CONTROLS = {"a": 0x07, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
# Python's isspace() takes these separators for white space, Unicode does not.
NO_SPACE = frozenset("\x1c\x1d\x1e\x1f")

BACKREFERENCE = "backreferences are not supported"
UNSUPPORTED = {
    "p": "Unicode character classes are not supported",
    "P": "Unicode character classes are not supported",
    "k": BACKREFERENCE,
    "g": BACKREFERENCE,
    "Z": r"\Z is not supported, write \z for the end of the text",
    "h": r"\h is not supported, write [ \t]",
    "H": r"\H is not supported, write [^ \t]",
    "R": r"\R is not supported, write (?:\r\n|\n|\r)",
    "K": r"\K is not supported, capture what is to be kept",
    "G": r"\G is not supported",
    "X": r"\X is not supported",
    "C": r"\C is not supported",
    "N": r"\N is not supported, write [^\n]",
    "Q": r"\Q is not supported, use regex.escape",
    "E": r"\E is not supported, use regex.escape",
}


class Scanner:
    """A pattern and the place reached in it.

    Every method that finds the pattern wrong raises PatternError; its text ends with the character's number.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text)
        self.place = 0

    def refuse(self, reason: str, place: int | None = None) -> NoReturn:
        """Raise PatternError for the character at index *place*, by default the next one."""
        at = self.place if place is None else place
        raise PatternError(f"{reason} (at character {at + 1})")

    def peek(self, ahead: int = 0) -> str:
        """Return the character *ahead* of the next one, "" behind the end."""
        return self.text[self.place + ahead : self.place + ahead + 1]

    def accept(self, text: str) -> bool:
        """Step over *text* if it comes next, and return whether it did."""
        if not self.text.startswith(text, self.place):
            return False
        self.place += len(text)
        return True

    def skip_space(self) -> None:
        """Step over white space."""
        while is_space(self.peek()):
            self.place += 1

    def skip_space_and_comments(self) -> None:
        """Step over what verbose mode ignores."""
        self.skip_space()
        while self.peek() == "#":
            line_end = self.text.find("\n", self.place)
            self.place = self.end if line_end < 0 else line_end
            self.skip_space()

    def escape(self) -> int | CharSet | str:
        """Read what follows a backslash.

        Returns the code point it stands for, the set of \\d and its like, or the letter of an escape
        that is about a place in the text: one of A z b B < >.
        """
        start = self.place - 1
        letter = self.peek()
        if not letter:
            self.refuse("the pattern ends with a lone backslash", start)
        self.place += 1
        if letter in PERL:
            return PERL[letter]
        if letter in CONTROLS:
            return CONTROLS[letter]
        if letter in HEX_WIDTH:
            return self._hex(HEX_WIDTH[letter], start)
        if letter in "AzbB<>":
            return letter
        if letter.isascii() and letter.isdigit():
            self.refuse(BACKREFERENCE, start)
        if letter.isalnum() or not letter.isascii():
            self.refuse(UNSUPPORTED.get(letter, f"unrecognized escape sequence \\{letter}"), start)
        return ord(letter)

    def _hex(self, width: int, start: int) -> int:
        if self.accept("{"):
            closing = self.text.find("}", self.place)
            if closing < 0:
                self.refuse("a hexadecimal escape has no closing brace", start)
            digits = self.text[self.place : closing]
            self.place = closing + 1
        else:
            digits = self.text[self.place : self.place + width]
            self.place += len(digits)
            if len(digits) < width:
                self.refuse(f"a hexadecimal escape needs {width} digits, or braces around them", start)
        if not digits or not HEX_DIGITS.issuperset(digits):
            self.refuse("a hexadecimal escape holds something else than hexadecimal digits", start)
        code = int(digits, 16)
        if code > LAST_CODE or 0xD800 <= code <= 0xDFFF:
            self.refuse("a hexadecimal escape names no Unicode character", start)
        return code


def is_space(character: str) -> bool:
    """Return whether verbose mode ignores *character*; "" is not ignored."""
    return character.isspace() and character not in NO_SPACE
