"""Strings mean what Lua reads, and what is written for a text is read back as that text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.values import as_bytes, as_text
from assay_shell.runtime.vm import Runtime
from assay_shell.session.completion.literals import closing, is_finished, literal, opening, written

RUNTIME = Runtime()
TEXT = st.binary(max_size=30).map(as_text) | st.text("\\\"'\n\r\0aé]=[", max_size=20)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        pytest.param('"a b"', "a b", id="plain"),
        pytest.param("'it\\'s'", "it's", id="a quote"),
        pytest.param(r'"\n\t\\\x41\65\u{e9}"', "\n\t\\AAé", id="escapes"),
        pytest.param('"a\\z  \n  b"', "ab", id="skipped blanks"),
        pytest.param("[[a\nb]]", "a\nb", id="long brackets"),
        pytest.param("[==[\n]]a]==]", "]]a", id="with a level and a first line end"),
    ],
)
def test_a_string_means_what_lua_says(token, text):
    assert is_finished(token)
    assert literal(token) == text
    assert RUNTIME.evaluate(f"return {token}") == [text]


@pytest.mark.parametrize(
    ("token", "text", "quote"),
    [
        pytest.param('"a b', "a b", '"', id="plain"),
        pytest.param('"', "", '"', id="empty"),
        pytest.param("'a\\", "a\\", "'", id="half an escape"),
        pytest.param("[==[a]]", "a]]", "[==[", id="long brackets"),
    ],
)
def test_an_unfinished_string_means_what_is_there(token, text, quote):
    assert not is_finished(token)
    assert (literal(token), opening(token)) == (text, quote)


def test_closing_marks_fit_the_opening():
    assert [closing(quote) for quote in ('"', "'", "[==[")] == ['"', "'", "]==]"]


@given(TEXT, st.sampled_from("\"'"))
def test_what_is_written_is_read_back(text, quote):
    source = f"return {quote}{written(text, quote)}{quote}"
    (found,) = RUNTIME.evaluate(as_bytes(source))
    assert as_bytes(found) == as_bytes(text)
