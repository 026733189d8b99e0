from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.redact import MASK
from assay_shell.runtime.views.live import KEPT, Feed, follow
from assay_shell.runtime.views.model import Live, Table, Text
from assay_shell.runtime.views.text import render


class Items:
    """A stream of given items; after them it ends, or waits for ever."""

    def __init__(self, items, *, ends=True):
        self._items, self._ends = iter(items), ends
        self.closed = 0

    async def next(self):
        item = next(self._items, None)
        if item is None and not self._ends:
            await asyncio.Event().wait()
        return item

    async def close(self):
        self.closed += 1


class Place:
    def __init__(self):
        self.drawn, self.last = [], None

    def update(self, view):
        self.drawn.append(view)

    def close(self, view):
        self.last = view


def feed(runtime, *items, title=""):
    made = Feed(runtime, title)
    for item in items:
        made.add(item)
    return made.view()


def test_records_are_a_table_with_the_newest_first(runtime):
    view = feed(runtime, {"a": 1}, {"a": 2, "b": {"c": 3}}, title="watch")
    assert isinstance(view, Table)
    assert view.rows == [(2, "{c=3}"), (1, None)]
    assert view.title == "watch  2 items"


def test_what_no_record_has_is_no_column(runtime):
    view = feed(runtime, {"id": None, "data": 1}, {"id": None, "data": 2, "retry": None})
    assert isinstance(view, Table)
    assert [column.title for column in view.columns] == ["data"]


def test_bytes_in_records_are_text(runtime):
    line = render(feed(runtime, {"event": b"deployed", "data": [b"1", {"n": b"\xff"}]})).split("\n")[1:]
    assert "b'" not in "".join(line)
    assert "deployed" in line[1]


def test_anything_else_is_a_log(runtime):
    view = feed(runtime, b"one\n", "two", {"a": 1}, 4)
    assert isinstance(view, Text)
    assert view.text == "one\ntwo\na=1\n4"


def test_events_of_a_watch_show_what_changed(runtime):
    event = {"type": "MODIFIED", "object": {"kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
                                            "status": {"phase": "Running"}, "spec": {"x": 1}}}  # fmt: skip
    lines = render(feed(runtime, event)).split("\n")
    assert lines[1].split() == ["type", "kind", "namespace", "name", "phase"]
    assert lines[2].split() == ["MODIFIED", "Pod", "shop", "web", "Running"]


def test_only_the_last_items_are_kept_and_all_are_counted(runtime):
    view = feed(runtime, *(str(n) for n in range(KEPT + 100)))
    lines = view.text.split("\n")
    assert len(lines) == KEPT + 1
    assert lines[0] == "(100 earlier items)"
    assert lines[-1] == str(KEPT + 99)


@pytest.mark.parametrize("item", [{"password": "hunter22"}, "password=hunter22", b"password=hunter22"])
def test_secrets_in_items_are_masked(runtime, item):
    made = Feed(runtime)
    line = made.add(item)
    assert MASK in line
    assert "hunter22" not in line + render(made.view())


def test_a_stream_is_drawn_a_few_times_however_fast_it_is(runtime):
    place, items = Place(), Items([{"n": n} for n in range(5000)])
    found = asyncio.run(follow(runtime, Live(items), place))
    assert place.last is not None
    assert found.total == 5000
    assert place.last.total == 5000
    assert len(place.drawn) < 100
    assert items.closed == 1


def test_whoever_cancels_gets_the_final_state_and_a_closed_stream(runtime):
    place, items = Place(), Items(["one"], ends=False)

    async def cancelled():
        task = asyncio.create_task(follow(runtime, Live(items), place))
        await asyncio.sleep(0.15)
        assert [view.text for view in place.drawn] == ["one"]
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert place.last == Text("one", "log", 0, "1 items")
    assert items.closed == 1
