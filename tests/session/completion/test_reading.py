"""What is remembered between keys changes nothing but the time it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assay_shell.session.completion.reading import Reader
from assay_shell.session.tokens import tokens

PIECES = st.sampled_from(
    ["x", "\n", '"', "'", "[[", "]]", "--", "--[[", " ", "1", ".", "=", "[==[", "]==]", "\\", "\\z", "end"]
)


def places(words):
    return [(word.kind, word.text, word.start, word.end) for word in words]


@given(st.lists(st.tuples(st.lists(PIECES, max_size=12).map("".join), st.integers(0, 40)), max_size=8))
def test_words_are_those_of_a_fresh_reading(edits):
    reader, source = Reader(), ""
    for added, removed in edits:
        source = source[: max(0, len(source) - removed)] + added
        words, before, offset = reader.words(source, len(source))
        assert (before, offset) == (source, 0)
        assert places(words) == places(tokens(source, comments=True))


def test_of_a_very_long_input_the_end_is_read(offered):
    source = "local first = 1\n" * 30_000
    assert offered(f"{source}local latest = 1\nlate▮")[0] == "latest"
