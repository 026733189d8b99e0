"""lib/pieces.lua: text, files and iterators in pieces of one size."""

from __future__ import annotations

import pytest

CUT = (
    'local pieces = require("assay.lib.pieces") local function cut(source, size, most) '
    'local read, close = pieces.open("here", source, size, most or 10000) local found = {} '
    "for piece in read do found[#found + 1] = piece end close() return found end "
    "local function given(list) local i = 0 return function() i = i + 1 return list[i] end end "
)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("cut('abcdefg', 3)", ["abc", "def", "g"], id="text"),
        pytest.param("cut('abcdef', 3)", ["abc", "def"], id="no empty last piece"),
        pytest.param("cut('', 3)", [], id="empty text"),
        pytest.param("cut('abcdefg', 1, 2)", ["abcd", "efg"], id="larger where there would be too many"),
        pytest.param("cut(given({ 'a', 'bcde', '', 'fg' }), 3)", ["abc", "def", "g"], id="iterator"),
        pytest.param("cut(given({}), 3)", [], id="empty iterator"),
    ],
)
def test_pieces_have_one_size_and_the_last_one_the_rest(run, source, found):
    assert run(f"{CUT} return {source}") == found


def test_a_file_comes_in_pieces_with_all_bytes(run, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)))
    every = "local b = {} for i = 0, 255 do b[i + 1] = string.char(i) end local all = table.concat(b)"
    code = (
        f"{CUT} {every} local found = cut({{ path = '{path}' }}, 100) return {{ #found, table.concat(found) == all }}"
    )
    assert run(code) == [3, True]
    assert run(f"{CUT} return #cut({{ path = '{path}' }}, 1, 2)") == 2


def test_an_iterator_is_not_asked_again_after_its_end(run):
    code = "local n = 0 local found = cut(function() n = n + 1 return ({ 'ab', 'c' })[n] end, 2) return { found, n }"
    assert run(f"{CUT} {code}") == [["ab", "c"], 3]


def test_a_stream_is_cut_as_it_comes(run, stub):
    stub.on("GET", "/", body="abcdefg")
    assert run(f"{CUT} return cut(http.stream('{stub.url}/'), 3)") == ["abc", "def", "g"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("nil", "here: source must be text, { path = file } or an iterator, not a nil", id="nil"),
        pytest.param("{}", "here: source must be text, { path = file } or an iterator, not a table", id="table"),
        pytest.param("given({ 5 })", "here: an iterator gave a number", id="iterator over something else"),
        pytest.param("{ path = '/none/such' }", "No such file or directory", id="missing file"),
        pytest.param("{ path = '/' }", "here: failed to read /: Is a directory", id="directory"),
    ],
)
def test_what_cannot_be_cut_is_refused(fails, source, text):
    assert text in fails(f"{CUT} return cut({source}, 3)")
