"""The chunked coding: whatever way the bytes arrive, and nothing that is not it."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.builtins.http_server.body import Collector
from assay_shell.runtime.builtins.http_server.chunked import ChunkDecoder
from assay_shell.runtime.builtins.http_server.refusal import Refusal


def decoded(data: bytes) -> bytes:
    decoder = ChunkDecoder()
    body = b"".join(decoder.feed(data))
    assert decoder.ended
    return body


@pytest.mark.parametrize(
    ("data", "body"),
    [
        pytest.param(b"0\r\n\r\n", b"", id="empty"),
        pytest.param(b"3\r\nabc\r\n0\r\n\r\n", b"abc", id="one"),
        pytest.param(b"A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n", b"0123456789" * 2, id="hexadecimal"),
        pytest.param(b"1;name=value;x\r\na\r\n0\r\n\r\n", b"a", id="extension"),
        pytest.param(b"1 \r\na\r\n0\r\n\r\n", b"a", id="blank after the size"),
        pytest.param(b"1\r\na\r\n0\r\nA: b\r\nC:\r\n\r\n", b"a", id="trailers"),
        pytest.param(b"000\r\n\r\n", b"", id="zeros"),
        pytest.param(b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n", id="line ends inside"),
    ],
)
def test_bodies(data, body):
    assert decoded(data) == body


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b"x\r\n", id="no number"),
        pytest.param(b"0x1\r\na", id="prefix"),
        pytest.param(b"-1\r\n", id="negative"),
        pytest.param(b"+1\r\na", id="sign"),
        pytest.param(b" 1\r\na", id="blank before"),
        pytest.param(b"1_0\r\n", id="underscore"),
        pytest.param(b"1\na\n0\n\n", id="bare LF"),
        pytest.param(b"1\r\na\n0\r\n\r\n", id="bare LF after data"),
        pytest.param(b"1;a\nb\r\na\r\n", id="bare LF in an extension"),
        pytest.param(b"1;a\rb\r\na\r\n", id="bare CR in an extension"),
        pytest.param(b"1\r\nab\r\n0\r\n\r\n", id="longer than its size"),
        pytest.param(b"2\r\na\r\n0\r\n\r\n", id="shorter than its size"),
        pytest.param(b"FFFFFFFFFFFFFFFF\r\n", id="overflow"),
        pytest.param(b"0\r\nA : b\r\n\r\n", id="bad trailer"),
        pytest.param(b"0\r\n folded\r\n\r\n", id="folded trailer"),
        pytest.param(b"0\r\nA: \x00\r\n\r\n", id="NUL in a trailer"),
        pytest.param(b"1;" + b"x" * 5000 + b"\r\na\r\n", id="endless extension"),
        pytest.param(b"1;" + b"x" * 5000, id="endless line"),
        pytest.param((b"1;" + b"x" * 1000 + b"\r\na\r\n") * 40, id="extensions that outweigh the body"),
    ],
)
def test_what_is_not_the_coding_is_refused(data):
    with pytest.raises(Refusal) as caught:
        ChunkDecoder().feed(data)
    assert caught.value.status == 400


def test_endless_trailers_are_refused():
    with pytest.raises(Refusal) as caught:
        ChunkDecoder().feed(b"0\r\n" + b"A: b\r\n" * 5000)
    assert caught.value.status == 431


TINY = b"2\r\nab\r\n" * 1000


def test_tiny_chunks_take_time_in_proportion_to_their_number():
    started = process_time()
    assert len(ChunkDecoder().feed(TINY * 40)) == 40_000
    assert process_time() - started < 1  # a copy of the rest for each chunk would take several


def test_a_body_in_tiny_chunks_takes_no_more_memory_than_its_size():
    decoder, collector = ChunkDecoder(), Collector()
    tracemalloc.start()
    try:
        for _ in range(10):
            collector.add(decoder.feed(TINY))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2 * 20_000
    assert collector.whole() == b"ab" * 10_000


@settings(max_examples=80, deadline=None)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=6),
    cuts=st.lists(st.integers(0, 300), max_size=8),
    rest=st.binary(max_size=10),
)
def test_however_it_is_cut_the_body_and_what_follows_it_are_the_same(pieces, cuts, rest):
    data = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    decoder, found, whole = ChunkDecoder(), b"", data + rest
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    for start, end in pairwise(places):
        if decoder.ended:
            decoder.rest += whole[start:end]
        else:
            found += b"".join(decoder.feed(whole[start:end]))
    assert (found, decoder.ended, decoder.rest) == (b"".join(pieces), True, rest)


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=200) | st.from_regex(rb"([0-9a-f]{1,2}\r?\n[a-z\r\n]{0,9}){1,4}", fullmatch=True))
def test_noise_is_a_body_or_a_refusal(data):
    with suppress(Refusal):
        ChunkDecoder().feed(data)
