"""Secrets that give themselves away by their shape: key blocks, JWTs, known token prefixes, passwords in addresses."""

from __future__ import annotations

from functools import cache

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.redact.words import is_explanation, is_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Match, Pattern

_SYMBOL = "[A-Za-z0-9_-]"
_CHALLENGE = ("realm=", "scope=", "error=", "error_description=", "charset=", "resource_metadata=")


class Shape:
    """One shape: *sign*, lower-case text without which it cannot occur, the *pattern*, and what to put in its place.

    Patterns start with a literal and match whatever starts so, however long; *replace* then decides. That keeps a
    scan linear: no character is looked at again from a later start.
    """

    __slots__ = ("_pattern", "_replace", "sign")

    def __init__(self, sign: str, pattern: str, replace: Callable[[Match[str]], str]) -> None:
        self.sign = sign
        self._pattern = pattern
        self._replace = replace

    def mask(self, text: str) -> str:
        """Return *text* with each match replaced."""
        return _compiled(self._pattern).sub(self._replace, text)


@cache
def _compiled(pattern: str) -> Pattern[str]:
    import re  # text without any sign never needs it

    return re.compile(pattern)


def mask(text: str, lowered: str) -> str:
    """Return *text* with the secrets of all shapes masked; *lowered* is *text* in lower case."""
    for shape in SHAPES:
        if shape.sign in lowered:
            text = shape.mask(text)
    return text


def _apart(match: Match[str]) -> bool:
    """Tell whether the match begins a word (`risk-...` contains `sk-`), escapes such as `\\n` and `%20` aside."""
    before = match.string[max(match.start() - 3, 0) : match.start()]
    if not before or not (before[-1].isalnum() or before[-1] == "_"):
        return True
    return before[-2:-1] == "\\" or before[:1] == "%"


def _token(match: Match[str]) -> str:
    return MASK if _apart(match) else match[0]


def _token_with_digit(match: Match[str]) -> str:
    """Mask what can hardly be words joined by dashes."""
    return MASK if _apart(match) and any(char.isdigit() for char in match[0]) else match[0]


def _key_block(match: Match[str]) -> str:
    """Mask a key block, cut off or not; a first line alone is only mentioned."""
    return MASK if match["whole"] or match["start"] else match[0]


def _jwt(match: Match[str]) -> str:
    return MASK if match["rest"] else match[0]


def _bearer(match: Match[str]) -> str:
    """Mask what follows `Bearer` unless it explains (`bearer token`) or asks for one (`Bearer realm="x"`)."""
    token = match["token"].rstrip(".")
    if is_explanation(token) or token.startswith(_CHALLENGE) or (is_word(token) and match[1] == "bearer"):
        return match[0]
    return f"{match[1]}{match['blank']}{MASK}{match['token'][len(token) :]}"


def _basic(match: Match[str]) -> str:
    """Mask what follows `Basic` where it is the base64 of `user:password`."""
    if is_word(match["token"]) or not _holds_colon(match["token"]):
        return match[0]
    return f"{match[1]}{match['blank']}{MASK}"


def _holds_colon(token: str) -> bool:
    from binascii import Error, a2b_base64

    symbols = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b":" in a2b_base64(symbols + "=" * (-len(symbols) % 4))
    except Error:
        return False


def _address(match: Match[str]) -> str:
    """Mask the password of `scheme://user:password@host`, and a token that stands alone before the `@`."""
    authority = match["authority"]
    userinfo, at, host = authority.rpartition("@")
    if not at:
        return _stray_address(match)
    return f"://{_userinfo(userinfo)}@{host}{match['rest']}"


def _userinfo(userinfo: str) -> str:
    user, colon, password = userinfo.partition(":")
    if colon:
        return f"{user}:{MASK}" if password else userinfo
    random = len(user) >= 20 and any(char.isdigit() for char in user)
    return MASK if random else user


def _stray_address(match: Match[str]) -> str:
    """Mask a password with a raw `/`, `?` or `#` in it: what stands after the colon is no port then."""
    user, colon, start = match["authority"].partition(":")
    _, at, host = match["rest"].rpartition("@")
    if not (colon and at and start) or start.partition(",")[0].isdigit() or user.startswith("["):
        return match[0]
    return f"://{user}:{MASK}@{host}"


SHAPES = (
    Shape(
        "private key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?P<whole>[^-•]*+(?:-(?!----(?:BEGIN|END) )[^-•]*+)*+-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
        r"|(?P<start>(?:(?:\s|\\[nr])*+(?:[A-Za-z0-9+/=]{16,}+|(?:Proc-Type|DEK-Info): [\w,-]++))*+))",
        _key_block,
    ),
    Shape("eyj", rf"eyJ{_SYMBOL}*(?P<rest>\.{_SYMBOL}+\.{_SYMBOL}*(?:\.{_SYMBOL}+){{0,2}})?", _jwt),
    Shape("gh", r"gh[opsur]_[A-Za-z0-9]{16,}", _token),
    Shape("github_pat_", r"github_pat_[A-Za-z0-9_]{16,}", _token),
    Shape("gl", rf"gl(?:pat|dt|rt|cbt|ptt|agent|soat|ft|imt|sa)[-_]{_SYMBOL}{{16,}}", _token_with_digit),
    Shape("xox", r"xox[abeoprs]-[A-Za-z0-9-]{8,}", _token),
    Shape("xapp-", r"xapp-[A-Za-z0-9-]{16,}", _token_with_digit),
    Shape("akia", r"AKIA[A-Z0-9]{16}(?![A-Z0-9])", _token),
    Shape("asia", r"ASIA[A-Z0-9]{16}(?![A-Z0-9])", _token),
    Shape("hv", rf"hv[sbr]\.{_SYMBOL}{{16,}}", _token),
    Shape("s.", r"s\.[A-Za-z0-9]{24}(?![A-Za-z0-9_])", _token_with_digit),
    Shape("sk-", rf"sk-{_SYMBOL}{{16,}}", _token_with_digit),
    Shape("k_live_", r"k_live_[A-Za-z0-9]{16,}", lambda match: MASK),
    Shape("k_test_", r"k_test_[A-Za-z0-9]{16,}", lambda match: MASK),
    Shape("aiza", rf"AIza{_SYMBOL}{{35}}", _token),
    Shape("ya29.", rf"ya29\.{_SYMBOL}{{16,}}", _token),
    Shape("npm_", r"npm_[A-Za-z0-9]{30,}", _token),
    Shape("pypi-", rf"pypi-{_SYMBOL}{{40,}}", _token),
    Shape("dop_v1_", r"dop_v1_[a-f0-9]{32,}", _token),
    Shape("hf_", r"hf_[A-Za-z0-9]{30,}", _token),
    Shape("sg.", rf"SG\.{_SYMBOL}{{16,}}\.{_SYMBOL}{{16,}}", _token),
    Shape("age-secret-key-", r"AGE-SECRET-KEY-[A-Z0-9]{16,}", _token),
    Shape("bearer", r"([Bb]earer|BEARER)(?P<blank>[ \t]+)(?P<token>[A-Za-z0-9._~+/=-]{3,})", _bearer),
    Shape("basic", r"([Bb]asic|BASIC)(?P<blank>[ \t]+)(?P<token>[A-Za-z0-9+/_-]{4,}={0,2})", _basic),
    Shape(
        "://",
        r"://(?P<authority>[^\s/?#\"'<>`\\]{0,512})(?P<rest>(?:[/?#][^\s@\"'<>`\\]{0,256}@[^\s/?#\"'<>`\\:@]*)?)",
        _address,
    ),
)
