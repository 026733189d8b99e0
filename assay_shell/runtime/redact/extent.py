"""How far the value after a secret name goes, and whether it is one."""

from __future__ import annotations

from functools import cache

from assay_shell.runtime.redact.names import HEADER, LONGEST_NAME, PASSWORD, QUERY, TOKEN, WEAK, kind_of
from assay_shell.runtime.redact.words import is_explanation, is_literal, is_word, looks_random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from re import Pattern

    from assay_shell.runtime.redact.pairs import Pair

    Span = tuple[int, int]

_QUERY_SECRET = 16  # from this length on, `code=` and `key=` in a query hold more than a number or a name
_LONGEST_PLACEHOLDER = 12
_LONGEST_CODE = 200
_BRACKETS = {"(": ")", "[": "]", "{": "}"}

_OPENING = r"(?:[bBrRuUfF]{1,2}(?=[\"']))?(?P<slashes>\\*)(?P<quote>\"\"\"|'''|[\"'`])"
_BLOCK = r"[|>][+-]?\d?[+-]?[ \t]*\r?\n(?P<indent> *)"
_WORD = r"(?:[^\s\"'`<>&,;]|[,;](?!\s|\Z|[\w.-]{1,64}[=:]))*"
_HEADER_WORD = r"(?:[^\s\"'`<>&\\]|\\(?![rn]))*"
_IN_QUERY = r"[^\s\"'`<>&#\\]*"
_LINE_END = r"[\r\n]"
_SHOWN_LINE_END = r"[\r\n]|\\[rn]"  # dumps of HTTP messages have the escapes
_MORE_PAIRS = r"\s[\w.-]+=|[,;]\s*[\"']?[\w.-]+[\"']?\s*[:=]"
_COMMENT = r"\s+#.*"
_LINE_START = r"[\s>#*-]*(?:(?:export|set|env|declare|local|ENV|ARG|-e|-x)[ \t]+)*[\"']?"
_SCHEME = r"(?:bearer|basic|token|apikey|api-key|negotiate|ntlm)[ \t]+"
_PLACEHOLDER = r"\$\{[^}]*\}|\$[A-Z_][A-Z0-9_]*|\$\(.*|\{.*\}|%\(?\w*\)?[sdqrv]|[*x.]+|<.*"
_CALL = r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+\(.*|[a-z_]+\("
_DOTTED = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+"


@cache
def _re(pattern: str) -> Pattern[str]:
    import re  # text without any secret name never needs it

    return re.compile(pattern, re.IGNORECASE if pattern == _SCHEME else 0)


def secret_of(pair: Pair) -> Span | None:
    """Return from where to where the text must not be shown, None when the value is none or no secret."""
    if pair.sign == "=" and pair.before.endswith(("?", "&")):
        return _in_query(pair)
    if pair.kind == QUERY:
        return None
    if pair.sign == ">":
        return _hidden(pair, pair.start, pair.text.find("<", pair.start, pair.start + 4096))
    opening = _re(_OPENING).match(pair.text, pair.start)
    if opening:
        end = _closing(pair.text, opening.end(), len(opening["slashes"]), opening["quote"])
        return _header(pair, opening.end(), end) if pair.kind == HEADER else _hidden(pair, opening.end(), end)
    if pair.text.startswith("[", pair.start):
        return _listed(pair)
    block = _re(_BLOCK).match(pair.text, pair.start)
    if block and pair.sign == ":":
        return _block(pair, block.end(), len(block["indent"]))
    return _bare(pair)


def _hidden(pair: Pair, start: int, end: int) -> Span | None:
    """Return the span unless it holds nothing, a placeholder, or too ordinary a value for a weak name."""
    value = pair.text[start:end] if end > start else ""
    if not value or (len(value) < _LONGEST_CODE and _re(_PLACEHOLDER).fullmatch(value)):
        return None
    return None if pair.kind == WEAK and not looks_random(value) else (start, end)


def _in_query(pair: Pair) -> Span | None:
    found = _re(_IN_QUERY).match(pair.text, pair.start)
    end = found.end() if found else pair.start
    short = end - pair.start < _QUERY_SECRET
    if end == pair.start or (pair.kind == QUERY and short and not pair.name.lower().endswith("sig")):
        return None
    return pair.start, end


def _closing(text: str, start: int, slashes: int, quote: str) -> int:
    """Return where the quoted text ends; one that was cut off has the rest of its line, or all if it may have many."""
    if len(quote) == 3:
        end = text.find(quote, start)
        return end if end >= 0 else len(text)
    for stop in _re(f"[{quote}\n]").finditer(text, start):
        at = stop.start()
        if stop[0] == "\n":
            return at
        before = len(text[max(at - 64, start) : at]) - len(text[max(at - 64, start) : at].rstrip("\\"))
        if before % (2 * (slashes + 1)) == slashes:  # JSON within JSON: twice the backslashes and one more
            return at - slashes
    return len(text)


def _listed(pair: Pair) -> Span | None:
    """Mask all items of a list on one line."""
    stop = _re(r"[\]\n]").search(pair.text, pair.start)
    start = pair.start + 1
    while pair.text.startswith("[", start):
        start += 1
    return _hidden(pair, start, stop.start() if stop else len(pair.text))


def _block(pair: Pair, start: int, depth: int) -> Span | None:
    """Mask a YAML block: the lines that are empty or indented deeper than the name; *depth* is that of its first."""
    indent = _indent(pair.before.rpartition("\n")[2])
    if depth <= indent:
        return None
    text, end = pair.text, start
    while end < len(text):
        line_end = text.find("\n", end) + 1 or len(text)
        line = text[end:line_end]
        if end > start and line.strip() and _indent(line) <= indent:
            break
        end = line_end
    return _hidden(pair, start, start + len(text[start:end].rstrip()))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _rest(pair: Pair, line_end: str) -> int:
    """Return the end of a value that may contain blanks: the quote that opened before the name, or the line's end."""
    stop = _re(f"{line_end}|{pair.before[-1]}" if _is_enclosed(pair) else line_end).search(pair.text, pair.start)
    return stop.start() if stop else len(pair.text)


def _is_enclosed(pair: Pair) -> bool:
    """Tell whether name and value stand in quotes together."""
    return pair.before.endswith(("'", '"', "`")) and not pair.closed


def _first_word(pair: Pair, start: int) -> str:
    """Return what stands at *start* up to a blank, a quote or the next pair, without the brackets closed after it."""
    found = _re(_HEADER_WORD if "-" in pair.name or pair.kind == HEADER else _WORD).match(pair.text, start)
    word = found[0] if found else ""
    if pair.text.startswith(("'", '"'), start + len(word)):
        word = word.rstrip("\\")
    return word.rstrip(",;." + "".join(closing for opening, closing in _BRACKETS.items() if opening not in word))


def _header(pair: Pair, start: int, end: int | None = None) -> Span | None:
    """Mask a header's value; the scheme of credentials stays, so that one can see what was sent."""
    scheme = _re(_SCHEME).match(pair.text, start)
    first = scheme.end() if scheme else start
    word = _first_word(pair, first)
    if end is None:
        if not word or is_explanation(word) or _is_code(pair, word):
            return None
        end = first + len(word) if scheme else _rest(pair, _SHOWN_LINE_END)
    return _hidden(pair, first, end) if first < end else None


def _bare(pair: Pair) -> Span | None:
    """Mask a value without quotes."""
    if pair.kind == HEADER:
        return _header(pair, pair.start)
    word = _first_word(pair, pair.start)
    if not word or is_literal(word) or _is_code(pair, word) or _explains(pair, word):
        return None
    end = pair.start + len(word)
    if pair.kind == PASSWORD and (_begins_line(pair) or _is_enclosed(pair)):
        end = _passphrase_end(pair, end)
    return _hidden(pair, pair.start, end)


def _passphrase_end(pair: Pair, end: int) -> int:
    """Return the end of a password that has its line for itself, blanks included, but for a comment.

    Where other pairs follow on the line, it is *end*, that of its first word.
    """
    rest = pair.text[end : _rest(pair, _LINE_END)]
    if _re(_MORE_PAIRS).search(rest):
        return end
    comment = _re(_COMMENT).search(rest)
    return end + len((rest[: comment.start()] if comment else rest).rstrip())


def _begins_line(pair: Pair) -> bool:
    """Tell whether only blanks, `- `, `export ` and the like stand before the name on its line."""
    line = pair.before.rpartition("\n")
    whole = bool(line[1]) or len(pair.before) + len(pair.name) < LONGEST_NAME
    return whole and not pair.closed and _re(_LINE_START).fullmatch(line[2]) is not None


def _is_code(pair: Pair, word: str) -> bool:
    """Tell source code that fetches a secret (`env.get(`, `opts.token`) from the secret itself."""
    if len(word) > _LONGEST_CODE:
        return False
    if word.lower() == pair.name.lower() or _re(_CALL).fullmatch(word):
        return True
    if len(word) <= 2 and pair.text[pair.start - 1] == " " and word.isalpha():  # `{ token = t }`
        return True
    return _re(_DOTTED).fullmatch(word) is not None and kind_of(word) in (PASSWORD, TOKEN)


def _is_placeholder(word: str) -> bool:
    """Tell the stand-in of a usage line (`--password PASSWORD`) from a secret in capitals."""
    return word.isupper() and len(word) < _LONGEST_PLACEHOLDER and word.replace("_", "").isalpha()


def _explains(pair: Pair, word: str) -> bool:
    """Tell whether *word* is said about the secret: `token: expired`, `wrong password: must be longer`."""
    if pair.sign == " ":
        return word.startswith("-") or _is_placeholder(word) or is_explanation(word)
    if pair.sign != ":" or pair.closed:
        return False
    if is_explanation(word):
        return True
    if not is_word(word) or (pair.kind == TOKEN and "-" in pair.name):  # `X-Vault-Token: root`
        return False
    goes_on = _re(r"[.,;:]? +[A-Za-z]").match(pair.text, pair.start + len(word)) is not None
    if pair.kind == TOKEN:
        return goes_on or not _begins_line(pair)
    return goes_on and not _begins_line(pair)
