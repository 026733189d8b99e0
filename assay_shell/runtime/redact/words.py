"""Words that explain rather than tell: what may stand where a secret could."""

from __future__ import annotations

_LITERALS = ("false", "nil", "none", "null", "true", "undefined")

_SAID_OF_SECRETS = """
absent accepted already argument auth authentication authorization based can cannot cant changed could created
credentials deleted denied does doesnt empty error exists expected expired expires failed failure field fields flag
forbidden found from given has header headers if incorrect instead invalid is isnt issued length malformed mandatory
may mismatch missing must needed needs no not ok okay only option optional or prefix provided refused rejected renewed
required requires reset revoked rotated scheme sent set short should signature strength that to token tokens too type
types unauthorized unchanged unexpected unknown unset unsupported updated used was wasnt weak when will with wrong
"""
_TYPES = "any bool boolean bytes function int integer number str string table text"
_FOREIGN_MASKS = "hidden masked omitted redacted"

_EXPLANATIONS = frozenset((*_LITERALS, *_SAID_OF_SECRETS.split(), *_TYPES.split(), *_FOREIGN_MASKS.split()))


def is_literal(text: str) -> bool:
    """Tell whether *text* is a truth value or stands for nothing."""
    return text.lower() in _LITERALS


def is_word(text: str) -> bool:
    """Tell whether *text* is one ordinary word: letters only, in one case but for a capital at its start."""
    return text.isalpha() and len(text) <= 24 and (text.islower() or text.isupper() or text[1:].islower())


def is_explanation(text: str) -> bool:
    """Tell whether *text* is a word about secrets, a type or a literal."""
    return text.replace("'", "").lower().rstrip(".,;:!?)") in _EXPLANATIONS


def looks_random(text: str) -> bool:
    """Tell whether *text* is long and mixed enough to be no name and no sentence."""
    if len(text) < 12 or any(char.isspace() or char == "•" for char in text):
        return False
    return 0 < sum(char.isalpha() for char in text) < len(text)
