"""Lines are cut right however the bytes come, in order, and nobody drowns in them."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.children.output import TAIL, Lines, Whole


def nothing(size: int) -> None:
    """Grant any amount of memory."""


def lines_of(*chunks: bytes) -> list[bytes]:
    async def collect() -> list[bytes]:
        lines = Lines(nothing)
        for chunk in chunks:
            lines.take("stdout", chunk)
        lines.finish()
        return [line async for _, line in lines]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([b"a\nb\n"], [b"a", b"b"], id="two at once"),
        pytest.param([b"a", b"b", b"\nc", b"\n"], [b"ab", b"c"], id="in pieces"),
        pytest.param([b"\n\n"], [b"", b""], id="empty lines"),
        pytest.param([b"a\n", b"b"], [b"a", b"b"], id="last without newline"),
        pytest.param([b"a\r\nb\r"], [b"a\r", b"b\r"], id="carriage returns stay"),
        pytest.param([bytes(range(256))], [bytes(range(10)), bytes(range(11, 256))], id="all bytes"),
    ],
)
def test_lines_are_what_stands_between_newlines(chunks: list[bytes], lines: list[bytes]) -> None:
    assert lines_of(*chunks) == lines


@given(st.lists(st.text("ab\n", max_size=6)))
def test_where_the_pieces_are_cut_does_not_matter(pieces: list[str]) -> None:
    whole = "".join(pieces)
    wanted = whole.removesuffix("\n").split("\n") if whole else []
    assert lines_of(*(piece.encode() for piece in pieces)) == [line.encode() for line in wanted]


def test_the_streams_keep_their_own_unended_lines() -> None:
    async def collect() -> list[tuple[str, bytes]]:
        lines = Lines(nothing)
        lines.take("stdout", b"a")
        lines.take("stderr", b"x\ny")
        lines.take("stdout", b"b\n")
        lines.finish()
        return [item async for item in lines]

    assert asyncio.run(collect()) == [("stderr", b"x"), ("stdout", b"ab"), ("stderr", b"y")]


def test_a_writer_waits_while_too_many_lines_wait() -> None:
    async def fill() -> None:
        lines = Lines(nothing)
        lines.take("stdout", b"x" * 999 + b"\n")
        await lines.room()
        lines.take("stdout", (b"x" * 999 + b"\n") * 2000)
        blocked = asyncio.create_task(lines.room())
        await asyncio.sleep(0.01)
        assert not blocked.done()
        reader = aiter(lines)
        for _ in range(1500):
            await anext(reader)
        await asyncio.wait_for(blocked, 1)

    asyncio.run(fill())


def test_the_end_of_each_stream_is_kept() -> None:
    async def fill() -> bytes:
        lines = Lines(nothing)
        for index in range(300):
            lines.take("stdout", f"{index:09}\n".encode() * 1000)
        return lines.text("stdout")

    kept = asyncio.run(fill())
    assert len(kept) == TAIL
    assert kept.endswith(b"000000299\n")


def test_memory_is_asked_for_as_the_output_grows() -> None:
    asked: list[int] = []
    whole = Whole(asked.append)
    for _ in range(64):
        whole.take("stdout", b"x" * 65_536)
    assert asked == [1 << 20, 2 << 20, 3 << 20, 4 << 20]
    assert len(whole.text("stdout")) == 4 << 20


def test_memory_is_asked_for_a_line_that_does_not_end() -> None:
    async def fill() -> list[int]:
        asked: list[int] = []
        lines = Lines(asked.append)
        for _ in range(32):
            lines.take("stdout", b"x" * 65_536)
        lines.take("stdout", b"\n")
        for _ in range(15):
            lines.take("stdout", b"x" * 65_536)
        return asked

    assert asyncio.run(fill()) == [1 << 20, 2 << 20]
