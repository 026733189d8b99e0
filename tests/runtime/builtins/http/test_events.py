"""Server-sent events: the text, and the connections it comes over."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.builtins.http.event_parser import EventParser
from assay_shell.runtime.errors import BuiltinError
from tests.runtime.builtins.http.conftest import Ask, Refuses
from tests.runtime.builtins.http.raw_server import Peer, RawServer
from tests.support.stub import Stub

Serve = Callable[..., RawServer]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"


def _event(
    data: bytes, event: bytes = b"message", id: bytes | None = None, retry: int | None = None
) -> dict[str, object]:
    return {"event": event, "data": data, "id": id, "retry": retry}


def _parse(*pieces: bytes) -> list[dict[str, object]]:
    parser = EventParser("here", None, 1 << 20)
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        pytest.param(b"data: a\n\n", [_event(b"a")], id="simple"),
        pytest.param(b"data:a\ndata\ndata: b\n\n", [_event(b"a\n\nb")], id="lines joined"),
        pytest.param(b"data:  a \n\n", [_event(b" a ")], id="one blank goes"),
        pytest.param(b"event: add\ndata: 1\n\n", [_event(b"1", b"add")], id="type"),
        pytest.param(b"event: add\n\ndata: 1\n\n", [_event(b"1")], id="type of an event without data is forgotten"),
        pytest.param(b": hello\n\n:\n\ndata: x\n\n", [_event(b"x")], id="comments"),
        pytest.param(b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [_event(b"a"), _event(b"b"), _event(b"c")], id="ends"),
        pytest.param(b"id: 1\ndata: a\n\ndata: b\n\n", [_event(b"a", id=b"1"), _event(b"b", id=b"1")], id="id stays"),
        pytest.param(
            b"id: 1\ndata: a\n\nid\ndata: b\n\n", [_event(b"a", id=b"1"), _event(b"b", id=b"")], id="id reset"
        ),
        pytest.param(b"id: 1\x002\ndata: a\n\n", [_event(b"a")], id="id with NUL"),
        pytest.param(b"retry: 50\ndata: a\n\ndata: b\n\n", [_event(b"a", retry=50), _event(b"b")], id="retry"),
        pytest.param(b"retry: 5x\nretry: -1\nretry:\ndata: a\n\n", [_event(b"a")], id="retry is digits"),
        pytest.param(b"what: 1\nDATA: 2\n data: 3\n\n", [], id="unknown fields"),
        pytest.param(b"data: unfinished\n", [], id="unfinished"),
        pytest.param(b"data: unfinished", [], id="unfinished line"),
        pytest.param(b"data\n\n", [_event(b"")], id="empty data"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [_event(b"a")], id="one mark at the start"),
        pytest.param(b"data: \xff\xfe\x00\n\n", [_event(b"\xff\xfe\x00")], id="any bytes"),
        pytest.param(b"\n\n\n", [], id="nothing"),
    ],
)
def test_the_text_of_events(text: bytes, events: list[dict[str, object]]) -> None:
    assert _parse(text) == events


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                b"data: a",
                b"data",
                b"id: 1",
                b"event: e",
                b"retry: 5",
                b":",
                b"\r",
                b"\n",
                b"\r\n",
                b"\n\n",
                b"\xef\xbb\xbf",
            ]
        ),
        max_size=25,
    ).map(b"".join),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_where_the_pieces_end_changes_nothing(text: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert _parse(*pieces) == _parse(text)


def test_an_event_stops_at_the_limit() -> None:
    parser = EventParser("here", None, 10)
    parser.feed(b"data: 1234\n")
    with pytest.raises(BuiltinError, match=r"here: an event is larger than max_body \(10 bytes\)"):
        parser.feed(b"data: 12345\n")


def _connections(*answers: bytes) -> tuple[Callable[[Peer], None], list[bytes]]:
    heads: list[bytes] = []
    left = list(answers)

    def talk(peer: Peer) -> None:
        heads.append(peer.head())
        peer.send(left.pop(0) if left else b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    return talk, heads


COLLECT = """
  local out = {{}}
  for e in http.events("{url}"{opts}) do out[#out + 1] = e.data .. ":" .. (e.id or "-") end
  return out
"""


def test_events_are_tables_with_what_the_server_sent(ask: Ask, serve: Serve) -> None:
    talk, heads = _connections(HEAD + b"retry: 10\nid: 7\nevent: add\ndata: x\n\ndata: y\n\n")
    server = serve(talk)
    code = f"""
      local out = {{}}
      for e in http.events("{server.url}") do
        out[#out + 1] = {{ e.event, e.data, e.id, e.retry or "none" }}
      end
      return out
    """
    assert ask(code) == [["add", "x", "7", 10], ["message", "y", "7", "none"]]
    assert b"accept: text/event-stream" in heads[0].lower()
    assert b"cache-control: no-store" in heads[0].lower()
    assert b"last-event-id" not in heads[0].lower()


def test_a_lost_connection_is_made_again_from_the_last_event_on(ask: Ask, serve: Serve) -> None:
    talk, heads = _connections(HEAD + b"retry: 10\nid: 1\ndata: a\n\nid: 2\ndata: lost", HEAD + b"data: b\nid: 3\n\n")
    server = serve(talk)
    assert ask(COLLECT.format(url=server.url, opts="")) == ["a:1", "b:3"]
    assert [b"last-event-id: 1" in head.lower() for head in heads] == [False, True, False]
    assert b"last-event-id: 3" in heads[2].lower()


def test_a_first_id_can_be_given(ask: Ask, serve: Serve) -> None:
    talk, heads = _connections(HEAD + b"data: a\n\n")
    server = serve(talk)
    opts = ', { last_event_id = "41", reconnect = false }'
    assert ask(COLLECT.format(url=server.url, opts=opts)) == ["a:41"]
    assert b"last-event-id: 41" in heads[0].lower()


def test_without_reconnecting_the_end_is_the_end(ask: Ask, serve: Serve) -> None:
    talk, heads = _connections(HEAD + b"data: a\n\n")
    server = serve(talk)
    assert ask(COLLECT.format(url=server.url, opts=", { reconnect = false }")) == ["a:-"]
    assert len(heads) == 1


@pytest.mark.parametrize("passing", [b"", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"])
def test_a_server_that_is_away_for_a_while_is_asked_again(ask: Ask, serve: Serve, passing: bytes) -> None:
    talk, _ = _connections(HEAD + b"retry: 5\ndata: a\n\n", passing, passing, HEAD + b"data: b\n\n")
    server = serve(talk)
    assert ask(COLLECT.format(url=server.url, opts="")) == ["a:-", "b:-"]


def test_failures_in_a_row_can_be_limited(refuses: Refuses, serve: Serve) -> None:
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    talk, heads = _connections(HEAD + b"retry: 5\ndata: a\n\n", *[busy] * 9)
    server = serve(talk)
    message = refuses(f'for e in http.events("{server.url}", {{ reconnect = 2 }}) do end')
    assert message == f"http.events failed: HTTP 503 for url ({server.url}): no"
    assert len(heads) == 4


def test_a_lasting_refusal_on_the_way_ends_it(refuses: Refuses, serve: Serve) -> None:
    gone = b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    talk, _ = _connections(HEAD + b"retry: 5\ndata: a\n\n", gone)
    server = serve(talk)
    message = refuses(f'for e in http.events("{server.url}") do end')
    assert message == f"http.events failed: HTTP 404 for url ({server.url})"


def test_nothing_to_come_is_no_event(ask: Ask, stub: Stub) -> None:
    stub.on("GET", "/x", status=204)
    assert ask(COLLECT.format(url=f"{stub.url}/x", opts="")) == []


@pytest.mark.parametrize("status", [404, 500])
def test_a_first_connection_that_is_refused_is_an_error(refuses: Refuses, stub: Stub, status: int) -> None:
    stub.on("GET", "/x", status=status, body=b"sorry")
    assert refuses('http.events(URL .. "/x")') == f"http.events failed: HTTP {status} for url ({stub.url}/x): sorry"


def test_another_content_type_is_an_error(refuses: Refuses, stub: Stub) -> None:
    stub.on("GET", "/x", body=b"<html>", headers=[("Content-Type", "text/html")])
    message = refuses('http.events(URL .. "/x")')
    assert message == f'http.events failed: expected text/event-stream, got "text/html" from url ({stub.url}/x)'


def test_a_first_connection_that_fails_is_an_error(refuses: Refuses) -> None:
    message = refuses('http.events("http://127.0.0.1:1/")')
    assert message.startswith(
        "http.events failed: error sending request for url (http://127.0.0.1:1/): Connection refused"
    )


@pytest.mark.parametrize("value", ['"yes"', "-1", "{}"])
def test_reconnect_is_a_boolean_or_a_number(refuses: Refuses, value: str) -> None:
    message = refuses(f"http.events(URL, {{ reconnect = {value} }})")
    assert message == "http.events: reconnect must be a boolean or a number of failures to bear"


def test_leaving_the_loop_closes_the_connection(ask: Ask, serve: Serve) -> None:
    gone: list[bool] = []

    def talk(peer: Peer) -> None:
        peer.head()
        peer.send(HEAD + b"data: a\n\n")
        gone.append(peer.gone())

    server = serve(talk)
    ask(f'for e in http.events("{server.url}") do break end for i = 1, 100 do sleep(0.005) end')
    assert gone == [True]
