"""Addresses mean what the other engine takes them for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyreqwest.http import Url

from assay_shell.runtime.builtins.http.address import target
from assay_shell.runtime.builtins.http.engine import BadRequest

ADDRESSES = [
    "http://127.0.0.1:1",
    "http://127.0.0.1:80/",
    "https://example.com:443/x",
    "HTTP://EXAMPLE.com/A?B=C#D",
    "http://h/a b?c d#e f",
    "http://h/ü?ü",
    'http://h/"<>`{}?"<>',
    "http://h/a/../b/./c/..",
    "http://h/..",
    "http://h/a/.",
    "http://h?x=1",
    "http://h#f",
    "http://h/%41%zz",
    "  http://h/x  ",
    "http://h/\tx\n",
    "http:/h/x",
    "http:h",
    "http://h\\x",
    "http://u:p@h/x",
    "http://[::1]:80/x",
    "http://[2001:DB8:0:0::1]/",
    "http://bücher.example/",
    "http://h:/x",
    "http://h/a//b",
    "http://h/it's?it's",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_has_the_same_normal_spelling_in_both(address: str) -> None:
    theirs = Url(address)
    ours = target(address)
    assert ours.url.partition("#")[0] == str(theirs).partition("#")[0]
    assert (ours.scheme, ours.port) == (theirs.scheme, theirs.port_or_known_default)
    assert ours.host == (theirs.host_str or "").strip("[]")
    query = theirs.query_string
    assert ours.path == theirs.path + ("" if query is None else f"?{query}")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "relative URL without a base"),
        ("x", "relative URL without a base"),
        ("/x", "relative URL without a base"),
        ("//h/x", "relative URL without a base"),
        ("1http://h", "relative URL without a base"),
        ("http://", "empty host"),
        ("http:///", "empty host"),
        ("http://:80/", "empty host"),
        ("http://h:99999/", "invalid port number"),
        ("http://h:x/", "invalid port number"),
        ("http://h:-1/", "invalid port number"),
        ("http://h:²/", "invalid port number"),
        ("http://a b/", "invalid domain character"),
        ("http://a%00b/", "invalid domain character"),
        ("http://a%0d%0ab/", "invalid domain character"),
        ("http://[x]/", "invalid IPv6 address"),
        ("ftp://h/", "URL scheme is not allowed"),
        ("file:///etc/passwd", "URL scheme is not allowed"),
        ("http://h/\udc80", "it is not UTF-8"),
    ],
)
def test_what_is_no_address_is_refused(address: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        target(address)


@pytest.mark.parametrize(
    "reference", ["/b", "b", "../b", "?q=1", "//other/x", "https://other:8443/x", "./", "", "b c", "http://u:p@h/x"]
)
def test_references_mean_the_same_in_both(reference: str) -> None:
    base = "http://h:8080/a/x?y"
    assert target(base, reference).url == str(Url(base).join(reference))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("/.?#%:@[]\\ ab\tü\r\n\x00\x7f"), max_size=20))
def test_no_address_gets_a_line_break_or_blank_into_a_request(tail: str) -> None:
    try:
        found = target(f"http://h{tail}")
    except BadRequest:
        return
    sent = found.path + found.host_line
    assert sent.isascii()
    assert sent.isprintable()
    assert " " not in sent
    assert found.path.startswith("/")
