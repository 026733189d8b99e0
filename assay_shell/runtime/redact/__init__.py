"""Redaction: what must not be shown, and the one place that hides it.

Log lines, errors, tracebacks, views, exports and audit records pass here before anybody sees them. Two things are
hidden: values that somebody registered (`Redactor.add`), in whatever spelling they come, and text that looks like a
secret by its name or its shape. A mask gives no hint at the length of what it hides.

    forms.py   the spellings of a registered value
    names.py   which names stand before secrets
    shapes.py  secrets that give themselves away: key blocks, tokens, passwords in addresses
    pairs.py   `name: value` and its relatives in JSON, YAML, ini files, headers, queries and command lines
    data.py    nested Python data
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MASK = "•" * 8
SHORTEST = 6
"""Registered values with fewer characters are not hidden: masking `80` or `prod` would hide the text around it."""

MOST = 1000
"""So many registered values are kept; beyond that the oldest go, so that a service that renews tokens for months does
not get slower with each."""

_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_WORDS = """
authorization bearer changeme cookie default disabled enabled example false localhost nobody none null passwd password
private public secret string system token true undefined unknown username
"""
EVERYDAY = frozenset(_WORDS.split())
"""Registered values that are not hidden, since masking them would hide ordinary text."""


class Redactor:
    """Hides registered values and whatever looks like a secret. Its methods never raise."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._forms: tuple[str, ...] = ()
        self._heads: dict[str, list[str]] = {}
        self._fresh = True

    def add(self, secret: str | bytes) -> None:
        """Never show *secret* again, nor its base64, URL-encoded, hexadecimal or JSON-escaped form.

        Blanks around it do not count. Values of fewer than six characters and everyday words (`true`, `password`)
        are left alone, since masking them would hide ordinary text.
        """
        value = secret.decode("utf-8", "surrogateescape") if isinstance(secret, bytes) else secret
        value = value.strip()
        if len(value) < SHORTEST or value in self._values or value.lower() in EVERYDAY:
            return
        self._values[value] = None
        while len(self._values) > MOST:
            self._values.pop(next(iter(self._values)), None)
        self._fresh = False

    def add_header(self, name: str, value: str) -> None:
        """Never show again what the header *name* holds, where that is a secret; the scheme before it may be shown."""
        from assay_shell.runtime.redact.data import is_secret

        if is_secret(name):
            self.add(value.rpartition(" ")[2])

    def text(self, text: str) -> str:
        """Return *text* with all secrets masked; without any it comes back as it is."""
        if not self._fresh:
            self._refresh()
        for form in self._candidates(text):
            if form in text:
                text = text.replace(form, MASK)
        from assay_shell.runtime.redact import pairs, shapes

        lowered = _lower(text)
        masked = shapes.mask(text, lowered)
        return pairs.mask(masked, lowered if masked is text else _lower(masked))

    @property
    def longest(self) -> int:
        """Return the characters of the longest spelling of a registered value, 0 without any.

        Whoever shows a part of a text has to know so much beyond it to tell a secret at the cut.
        """
        if not self._fresh:
            self._refresh()
        return len(self._forms[0]) if self._forms else 0

    def value(self, obj: Any) -> Any:
        """Return nested data (dicts, lists, tuples, strings, bytes) with secrets masked: by name and by what they hold.

        Whatever else is in it stays as it is; *obj* itself is never changed.
        """
        from assay_shell.runtime.redact.data import masked

        return masked(obj, self.text)

    def _candidates(self, text: str) -> Iterable[str]:
        """Return the forms that *text* may contain, the longest first.

        A few are looked for one by one; where there are many, only those whose first characters occur.
        """
        forms, heads = self._forms, self._heads
        if len(forms) < 200 + len(text) // 2000:
            return forms
        there = {text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)} & heads.keys()
        return sorted((form for head in there for form in heads[head]), key=len, reverse=True)

    def _refresh(self) -> None:
        """Spell out the values that came since the last text."""
        from assay_shell.runtime.redact.forms import spellings

        self._fresh = True  # before the look at the values: one that another thread adds now is for the next text
        values = list(self._values)
        self._spellings = {value: self._spellings.get(value) or spellings(value) for value in values}
        forms = sorted({form for known in self._spellings.values() for form in known}, key=len, reverse=True)
        heads: dict[str, list[str]] = {}
        for form in forms:
            heads.setdefault(form[:SHORTEST], []).append(form)
        self._heads, self._forms = heads, tuple(forms)


def _lower(text: str) -> str:
    """Return *text* in lower case with each character in its old place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_CAPITALS)
