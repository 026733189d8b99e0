"""lib/pages.lua: lists that servers give page by page, and servers that never come to an end of them."""

from __future__ import annotations

import pytest

PAGES = 'local pages = require("assay.lib.pages") '


def test_pages_are_followed_and_asked_for_one_by_one(run):
    three = "local asked = 0 local function fetch(mark) asked = asked + 1 " \
        "return ({ { 1, 2 }, {}, { 3 } })[mark or 1], ({ 2, 3, nil })[mark or 1] end "  # fmt: skip
    assert run(PAGES + three + "return pages.all(fetch)") == [1, 2, 3]
    loop = "local got = {} for item in pages.each(fetch) do got[#got + 1] = { item, asked } end return got"
    assert run(PAGES + three + loop) == [[1, 1], [2, 1], [3, 3]]


def test_a_server_that_repeats_a_page_mark_does_not_hold_anybody(run):
    fetch = "local function fetch() return { 1 }, 'again' end "
    assert run(PAGES + fetch + "return #pages.all(fetch)") == 2
    assert run(PAGES + fetch + "local n = 0 for _ in pages.each(fetch) do n = n + 1 end return n") == 2


def test_a_page_that_is_not_full_is_the_last(run):
    three = (
        "local asked = {} local function fetch(mark) asked[#asked + 1] = mark or 0 "
        "return ({ [0] = { 'a', 'b' }, [2] = { 'c', 'd' }, [4] = { 'e' } })[mark or 0] end "
        "local fetch = pages.full_pages(2, fetch, function(items, mark) return (mark or 0) + #items end) "
    )
    assert run(PAGES + three + "return { pages.all(fetch), asked }") == [["a", "b", "c", "d", "e"], [0, 2, 4]]


def test_a_server_without_pages_gives_its_list_once(run):
    same = "local function same() return { { uid = 1 }, { uid = 2 } } end "
    same += "local fetch = pages.full_pages(2, same, function() return 2 end) "
    assert run(PAGES + same + "return #pages.all(fetch)") == 2


LINKS = [
    pytest.param('<http://x/a?page=2>; rel="next"', "page=2", id="alone"),
    pytest.param('<http://x/a?page=1>; rel="prev", <http://x/a?page=3&q=%26>; rel="next"', "page=3&q=%26", id="second"),
    pytest.param("</a?page=2#top>; rel=next", "page=2", id="relative, without quotes, with a fragment"),
    pytest.param('<http://x/a?page=2>; rel="last"', None, id="another relation"),
    pytest.param('<http://x/a>; rel="next"', None, id="without a query"),
    pytest.param("<<<>>;;,", None, id="nonsense"),
]


@pytest.mark.parametrize(("header", "query"), LINKS)
def test_the_next_page_is_what_the_link_header_calls_so(run, header, query):
    assert run(PAGES + f"return pages.next_link({{ headers = {{ link = [[{header}]] }} }})") == query


def test_a_query_is_taken_apart(run):
    assert run(PAGES + "return pages.parameters('a=1&b=x+y%2B%26&c=&d')") == {"a": "1", "b": "x y+&", "c": ""}


@pytest.mark.parametrize("marks", ["{ 'a', 'a' }", "{ 'a', 'b', 'a', 'b' }", "{ 'a', 'b', 'c', 'd', 'e' }"])
def test_marks_that_go_round_in_a_circle_hold_nobody(run, marks):
    fetch = (
        f"local marks, n = {marks}, 0 local function fetch() n = n + 1 return {{ n }}, marks[(n - 1) % #marks + 1] end "
    )
    assert run(PAGES + fetch + "for _ in pages.each(fetch) do end return n") <= 20
    assert run(PAGES + fetch + "return #pages.all(fetch)") <= 20


def test_thousands_of_pages_are_no_circle(run):
    fetch = "local n = 0 local function fetch() n = n + 1 return { n }, n < 5000 and n or nil end "
    assert run(PAGES + fetch + "return #pages.all(fetch)") == 5000
    assert run(PAGES + fetch + "local seen = 0 for _ in pages.each(fetch) do seen = seen + 1 end return seen") == 5000


def test_a_list_that_a_server_writes_as_null_is_empty(run):
    fetch = "local function fetch(mark) return mark and { 1 } or nil, not mark and 'next' or nil end "
    assert run(PAGES + fetch + "return pages.all(fetch)") == [1]
    assert run(PAGES + fetch + "local n = 0 for _ in pages.each(fetch) do n = n + 1 end return n") == 1
    assert run(PAGES + "return #pages.all(pages.full_pages(2, function() return nil end))") == 0


@pytest.mark.parametrize("page", ["true", "7", "'text'"])
def test_what_is_no_list_is_told(run, page):
    code = f"return tostring(select(2, pcall(pages.each(function() return {page} end))))"
    assert "where a list was expected" in run(PAGES + code)
