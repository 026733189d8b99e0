"""Parsing of bracketed character classes: `[a-z]`, `[^\\d_]`, `[[:alpha:]]`."""

from __future__ import annotations

from assay_shell.runtime.builtins.regex.charset import POSIX, CharSet, single, union

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.builtins.regex.scanner import Scanner

UNCLOSED = "found unclosed character class"
NESTED = r"nested character classes are not supported, write \[ for the bracket itself"
SET_OPERATIONS = {
    "&&": "character class intersection is not supported",
    "--": "character class difference is not supported",
    "~~": "character class symmetric difference is not supported",
}


def parse_class(scan: Scanner, *, verbose: bool, fold: bool) -> CharSet:
    """Read a class whose opening bracket has been read, up to its closing bracket.

    Raises:
        PatternError: the class is not closed or not understood.
    """
    negated, sets = _Class(scan, verbose=verbose).parse()
    found = union(sets)
    if fold:
        found = found.folded()
    return found.negated() if negated else found


class _Class:
    def __init__(self, scan: Scanner, *, verbose: bool) -> None:
        self.scan = scan
        self.verbose = verbose
        self.start = scan.place - 1
        self.sets: list[CharSet] = []

    def parse(self) -> tuple[bool, list[CharSet]]:
        self._skip()
        negated = self.scan.accept("^")
        self._skip()
        self._leading()
        while not self._at("]"):
            self.sets.append(self._posix() if self._at("[") else self._range())
        self.scan.place += 1
        return negated, self.sets

    def _leading(self) -> None:
        """Dashes at the start, and a closing bracket as the very first member, mean themselves."""
        while self.scan.accept("-"):
            self.sets.append(single(ord("-")))
            self._skip()
        if not self.sets and self.scan.accept("]"):
            self.sets.append(single(ord("]")))
            self._skip()

    def _range(self) -> CharSet:
        for operator, reason in SET_OPERATIONS.items():
            if self.scan.text.startswith(operator, self.scan.place):
                self.scan.refuse(reason)
        start = self.scan.place
        low = self._member()
        if not self._at("-") or self._after_dash() in ("]", "-"):
            return single(low) if isinstance(low, int) else low
        self.scan.place += 1
        self._skip()
        high = self._member()
        if not isinstance(low, int) or not isinstance(high, int):
            self.scan.refuse("a range in a character class must start and end with a single character", start)
        if low > high:
            self.scan.refuse("a range in a character class ends before it starts", start)
        return CharSet([(low, high)])

    def _member(self) -> int | CharSet:
        start = self.scan.place
        letter = self._next()
        self.scan.place += 1
        if letter != "\\":
            return ord(letter)
        found = self.scan.escape()
        if isinstance(found, str):
            self.scan.refuse(f"\\{found} has no meaning in a character class", start)
        return found

    def _posix(self) -> CharSet:
        scan = self.scan
        closing = scan.text.find(":]", scan.place) if scan.peek(1) == ":" else -1
        if closing < 0:
            self._refuse_nested()
        written = scan.text[scan.place + 2 : closing]
        name = written.removeprefix("^")
        members = POSIX.get(name)
        if members is None:
            scan.refuse(f"unknown class name [:{name}:]" if name.isalpha() else NESTED)
        scan.place = closing + 2
        return members if name == written else members.negated()

    def _refuse_nested(self) -> None:
        closed = "]" in self.scan.text[self.scan.place + 1 :]
        self.scan.refuse(NESTED if closed else UNCLOSED, self.scan.place if closed else self.start)

    def _at(self, letter: str) -> bool:
        return self._next() == letter

    def _next(self) -> str:
        """The next character that counts; there must be one, since the class is still open."""
        self._skip()
        if self.scan.place >= self.scan.end:
            self.scan.refuse(UNCLOSED, self.start)
        return self.scan.peek()

    def _after_dash(self) -> str:
        place = self.scan.place
        self.scan.place += 1
        letter = self._next()
        self.scan.place = place
        return letter

    def _skip(self) -> None:
        if self.verbose:
            self.scan.skip_space_and_comments()
