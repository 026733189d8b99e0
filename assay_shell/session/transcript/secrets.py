"""Literal secrets in Lua source, replaced by variables of the environment."""

from __future__ import annotations

import re

from assay_shell.session.tokens import tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.session.tokens import Token

_SECRET_KINDS = ("password", "token", "header")
_UNFIT = re.compile(r"\W+", re.ASCII)


class Hiding:
    """Replaces secrets; the same one by the same variable. *variables* are those used, in order."""

    def __init__(self, mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._names: dict[str, str] = {}

    @property
    def variables(self) -> list[str]:
        """Names of the variables that stand for secrets."""
        return list(self._names.values())

    def source(self, source: str) -> str:
        """*source* with each literal string that is or holds a secret replaced by `env.get("NAME")`."""
        words = tokens(source)
        parts, at = [], 0
        for index, word in enumerate(words):
            if word.kind == "string" and self._is_secret(words, index):
                call = f'env.get("{self._variable(words, index)}")'
                parts += [source[at : word.start], f"({call})" if _is_bare_argument(words, index) else call]
                at = word.end
        return "".join([*parts, source[at:]])

    def _is_secret(self, words: list[Token], index: int) -> bool:
        from assay_shell.runtime.redact.names import kind_of

        text = words[index].text
        inner = _content(text)
        if not inner:
            return False
        name = _name_before(words, index)
        if name and kind_of(name) in _SECRET_KINDS:
            return True
        return self._mask(inner) != inner

    def _variable(self, words: list[Token], index: int) -> str:
        text = words[index].text
        if text not in self._names:
            name = _UNFIT.sub("_", _name_before(words, index) or "secret").strip("_").upper() or "SECRET"
            taken, number, unique = set(self._names.values()), 1, name
            while unique in taken:
                number += 1
                unique = f"{name}_{number}"
            self._names[text] = unique
        return self._names[text]


def _content(text: str) -> str:
    """What stands between the quotes of a literal, escapes as written."""
    if text.startswith("["):
        width = text.index("[", 1) + 1
        return text[width:-width]
    return text[1:-1]


def _name_before(words: list[Token], index: int) -> str:
    """The name that the string at *index* is given to: `password = "..."`, `["x-token"] = "..."`; "" for none."""
    if index < 2 or words[index - 1].text != "=":
        return ""
    before = words[index - 2]
    if before.text == "]" and index >= 4 and words[index - 4].text == "[":
        return _content(words[index - 3].text) if words[index - 3].kind == "string" else ""
    return before.text if before.kind == "name" else ""


def _is_bare_argument(words: list[Token], index: int) -> bool:
    """Tell `f "text"`, which takes a literal only, from an operand."""
    if index == 0:
        return False
    before = words[index - 1]
    return before.kind in ("name", "string") or before.text in (")", "]")
