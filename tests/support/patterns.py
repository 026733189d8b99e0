"""Random patterns, each written in our dialect and in that of Python's `re`, which serves as the judge."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

LETTERS = "abB1_ -\né"
TEXTS = st.text(alphabet=LETTERS + "\r.€", max_size=12)


@dataclass(frozen=True)
class Both:
    """One pattern in two dialects; *solid* says that it cannot match the empty text."""

    ours: str
    theirs: str
    solid: bool

    @property
    def unit(self) -> Both:
        return Both(f"(?:{self.ours})", f"(?:{self.theirs})", self.solid)


def same(text: str, *, solid: bool) -> Both:
    return Both(text, text, solid)


CHARACTERS = st.sampled_from(
    [
        *[same(letter, solid=True) for letter in "abB1_é-"],
        *[same(text, solid=True) for text in (r"\n", r"\.", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", r"\x41")],
        *[
            same(text, solid=True)
            for text in ("[ab]", "[^ab]", "[a-z1]", r"[^\w]", r"[\d_-]", "[^é]", r"[\s\S]", "[]a]")
        ],
        Both("[[:alpha:]]", "[A-Za-z]", solid=True),
        Both("[[:^digit:]]", "[^0-9]", solid=True),
    ]
)
PLACES = st.sampled_from(
    [
        *[same(text, solid=False) for text in ("^", r"\A", r"\b", "(?m:^)", "(?m:$)")],
        Both(r"\B", r"(?!\b)", solid=False),  # its \B does not hold in an empty text before 3.14
        Both("$", r"\Z", solid=False),
        Both(r"\z", r"\Z", solid=False),
    ]
)
ONE_SIDED_PLACES = st.sampled_from(
    [
        Both(r"\b{start}", r"(?<!\w)(?=\w)", solid=False),
        Both(r"\<", r"(?<!\w)(?=\w)", solid=False),
        Both(r"\b{end}", r"(?<=\w)(?!\w)", solid=False),
        Both(r"\>", r"(?<=\w)(?!\w)", solid=False),
        Both(r"\b{start-half}", r"(?<!\w)", solid=False),
        Both(r"\b{end-half}", r"(?!\w)", solid=False),
        Both("(?mR:^)", r"(?:\A|(?<=\n)|(?<=\r)(?!\n))", solid=False),
        Both("(?mR:$)", r"(?:\Z|(?=\r)|(?<!\r)(?=\n))", solid=False),
    ]
)
OPERATORS = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}", "{0}"])


def _sequence(parts: list[Both]) -> Both:
    ours = "".join(part.ours for part in parts)
    return Both(ours, "".join(part.theirs for part in parts), any(part.solid for part in parts))


def _choice(parts: list[Both]) -> Both:
    ours = "|".join(part.ours for part in parts)
    return Both(ours, "|".join(part.theirs for part in parts), all(part.solid for part in parts)).unit


def _repeated(part: Both, operator: str) -> Both:
    solid = part.solid and operator[0] not in "*?" and not operator.startswith("{0")
    return Both(part.unit.ours + operator, part.unit.theirs + operator, solid)


def _captured(part: Both) -> Both:
    return Both(f"({part.ours})", f"({part.theirs})", part.solid)


def _flagged(part: Both, flag: str) -> Both:
    return Both(f"(?{flag}:{part.ours})", f"(?{flag}:{part.theirs})", part.solid)


def patterns(places: st.SearchStrategy[Both] = PLACES, *, empty_rounds: bool = False) -> st.SearchStrategy[Both]:
    """Random patterns; *empty_rounds* allows repetitions of what can match nothing, where engines differ."""
    repeatable = (lambda part: True) if empty_rounds else (lambda part: part.solid)

    def larger(smaller: st.SearchStrategy[Both]) -> st.SearchStrategy[Both]:
        return st.one_of(
            st.lists(smaller, max_size=4).map(_sequence).map(lambda part: part.unit),
            st.lists(smaller, min_size=1, max_size=3).map(_choice),
            st.builds(_repeated, smaller.filter(repeatable), OPERATORS),
            smaller.map(_captured),
            st.builds(_flagged, smaller, st.sampled_from("is")),
        )

    tree = st.recursive(st.one_of(CHARACTERS, CHARACTERS, places), larger, max_leaves=8)
    return st.lists(tree, min_size=1, max_size=4).map(_sequence)
