from __future__ import annotations

import pytest

from assay_shell.runtime.views.model import Column, Image, Progress, Table, Text, Tree
from assay_shell.runtime.views.screen import use_screen
from assay_shell.runtime.views.text import render
from assay_shell.runtime.vm import Runtime


class Recorder:
    """A screen that remembers what it was to show."""

    def __init__(self):
        self.shown, self.places = [], []

    def show(self, view):
        self.shown.append(view)

    def clear(self):
        self.shown.clear()

    def open(self, view):
        self.places.append([("open", view)])
        return RecordedPlace(self.places[-1])


class RecordedPlace:
    def __init__(self, seen):
        self._seen = seen

    def update(self, view):
        self._seen.append(("update", view))

    def close(self, view):
        self._seen.append(("close", view))


@pytest.fixture
def screen():
    """What a script shows: `screen(code)` gives the recorder after the code has run."""

    def run(code):
        recorder = Recorder()
        with Runtime(log=lambda *line, **fields: None) as runtime:
            use_screen(runtime, recorder)
            runtime.evaluate(code)
        return recorder

    return run


def shown(screen, code):
    (view,) = screen(f"display({code})").shown
    return view


def test_a_table_has_the_columns_that_were_asked_for_in_the_order_that_was(screen):
    view = shown(screen, """view.table({ { name = "b", age = 90, size = 1 }, { name = "a", age = 9000 } }, {
      title = "Ages", columns = { { "age", "Age", kind = "age" }, "name" }, sort = "-age" })""")  # fmt: skip
    assert view.columns == (Column("Age", "age"), Column("name"))
    assert list(view.rows) == [(9000, "a"), (90, "b")]
    assert render(view).startswith("Ages\nAge   name\n150m  a")


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        pytest.param("n", [1, 2, "x", None], id="numbers before texts, nothing last"),
        pytest.param("-n", ["x", 2, 1, None], id="the greatest first, nothing last"),
    ],
)
def test_rows_are_sorted_by_a_column(screen, sort, order):
    code = f"view.table({{ {{ n = 2 }}, {{ m = 1 }}, {{ n = 'x' }}, {{ n = 1 }} }}, {{ sort = '{sort}' }})"
    assert [row[1] for row in shown(screen, code).rows] == order


def test_a_limit_leaves_the_rest_out_and_says_so(screen):
    view = shown(screen, "view.table({ { n = 1 }, { n = 2 }, { n = 3 } }, { sort = '-n', limit = 2 })")
    assert list(view.rows) == [(3,), (2,)]
    assert view.total == 3


def test_rows_may_be_lists(screen):
    view = shown(screen, "view.table({ { 'a', 1 }, { 'b', 2 } }, { columns = { 'name', 'n' }, sort = '-n' })")
    assert view.columns == (Column("name"), Column("n", "number"))
    assert list(view.rows) == [("b", 2), ("a", 1)]


def test_members_of_a_map_are_rows(screen):
    assert list(shown(screen, "view.table({ a = 1, b = { 2 } })").rows) == [("a", 1), ("b", "[2]")]


def test_a_secret_column_is_masked_also_where_only_its_title_tells(screen):
    for code in (
        "view.table({ { 'app', 'hunter22' } }, { columns = { 'name', 'password' } })",
        "view.table({ { name = 'app', p = 'hunter22' } }, { columns = { 'name', { 'p', 'Password' } } })",
        "view.table({ password = 'hunter22' })",
        "view.chart({ { label = 'token=hunter22abcdefg', value = 1 } })",
        "view.text('password=hunter22')",
        "view.log({ 'password=hunter22' })",
        "view.markdown('# password=hunter22')",
        "view.json({ password = 'hunter22' })",
        "view.tree({ password = 'hunter22' }, { title = 'password=hunter22' })",
    ):
        view = shown(screen, code)
        assert "hunter22" not in render(view), code
        assert "hunter22" not in repr(view), code


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("view.table(5)", "bad argument #1: error converting Lua integer to table", id="no table"),
        pytest.param(
            "view.table({ { name = 1 } }, { sort = 'nam' })",
            "view.table: there is no column 'nam' to sort by; did you mean name?", id="no such column",
        ),
        pytest.param(
            "view.table({ { a = 1 } }, { columns = { { 'a', kind = 'bites' } } })",
            "view.table: unknown kind of column 'bites'; did you mean bytes?", id="no such kind of column",
        ),
        pytest.param(
            "view.chart({ 1 }, { kind = 'pie' })", 'view.chart: kind must be "line" or "bar", got "pie"', id="pie"
        ),
        pytest.param("view.chart({})", "view.chart: this value cannot be shown as a chart", id="nothing to draw"),
        pytest.param("view.log(5)", "view.log: this value cannot be shown as a log", id="no lines"),
        pytest.param(
            "view.image('abc')",
            "view.image: this is no PNG, JPEG, GIF, WebP or SVG; say what it is by the MIME type", id="no picture",
        ),
        pytest.param(
            "view.image('abc', 'text/html')", "view.image: the MIME type must be that of an image, as image/png",
            id="no MIME type of an image",
        ),
        pytest.param("view.progress(-1)", "view.progress: total must be a number from 0 on, got -1", id="negative"),
        pytest.param("view.progress(1/0)", "view.progress: total must be a number from 0 on, got inf", id="no total"),
        pytest.param("view.progress(1):update(0/0)", "progress:update: expected a finite number, got", id="no number"),
        pytest.param("view.hint({}, { kind = 'tabel' })", "view.hint: unknown kind of view 'tabel'", id="no such hint"),
        pytest.param("display(1, { as = 'tabel' })", "display: unknown kind of view 'tabel'", id="no such form"),
        pytest.param("display(1, { as = 'chart' })", "display: this value cannot be shown as a chart", id="no chart"),
        pytest.param("view.text('x').show(5)", "view:show: expected a view", id="not a view"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_says_why(fails, code, message):
    assert message in fails(code)


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        pytest.param("\\x89PNG\\r\\n\\x1a\\n", "image/png", id="png"),
        pytest.param("\\xff\\xd8\\xff", "image/jpeg", id="jpeg"),
        pytest.param("GIF89a", "image/gif", id="gif"),
        pytest.param("RIFF\\0\\0\\0\\0WEBP", "image/webp", id="webp"),
        pytest.param("<?xml version='1.0'?><svg xmlns='x'/>", "image/svg+xml", id="svg"),
    ],
)
def test_the_kind_of_a_picture_is_read_from_its_bytes(screen, head, mime):
    view = shown(screen, f'view.image("{head}")')
    assert isinstance(view, Image)
    assert view.mime == mime


def test_all_bytes_of_a_picture_are_kept(screen):
    code = "local b = {} for i = 0, 255 do b[#b+1] = string.char(i) end display(view.image(table.concat(b), 'image/x'))"
    assert screen(code).shown[0].data == bytes(range(256))


def test_a_view_is_shown_as_itself_wherever_it_is_displayed(screen):
    code = "local v = view.text('a') display(v) v:show() display(view.markdown('b')) display(view.json({}))"
    assert [type(each) for each in screen(code).shown] == [Text, Text, Text, Tree]


def test_display_takes_what_a_view_takes(screen):
    code = "display({ { a = 1, b = 2 } }, { columns = { 'b' }, title = 'T' }) display({ 1 }, { as = 'json' })"
    table, json = screen(code).shown
    assert isinstance(table, Table)
    assert table.title == "T"
    assert render(json) == "[\n  1\n]"


def test_display_of_nothing_shows_nil(screen):
    assert screen("display()").shown == [Text("nil")]


def test_a_hint_decides_wherever_the_value_is_shown_and_leaves_it_as_it_is(run, screen):
    code = "local t = view.hint({ { a = 1, b = 2 } }, { columns = { 'b' }, title = 'T' })"
    (view,) = screen(f"{code} display(t)").shown
    assert (view.title, view.columns, list(view.rows)) == ("T", (Column("b", "number"),), [(2,)])
    assert run(f"{code} return t") == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("setmetatable({ a = 1 }, { __view = 'json' })", id="of a class"),
        pytest.param("{ a = 1, __view = 'json' }", id="in a field"),
    ],
)
def test_a_hint_may_stand_in_the_value_or_its_class(screen, code):
    assert shown(screen, code).syntax == "json"


def test_a_hint_that_fits_not_is_no_hint(screen):
    assert isinstance(shown(screen, "{ a = { b = 1 }, __view = 'chart' }"), Tree)
    assert isinstance(shown(screen, "{ a = { b = 1 }, __view = 'nothing' }"), Tree)


def test_a_progress_bar_is_drawn_as_it_moves_and_once_at_its_end(screen):
    (place,) = screen("""local bar = view.progress(4, { title = 'x' })
      bar:advance() bar:update(3) bar:advance(0.5) bar:finish() bar:finish() bar:update(1)""").places
    assert [what for what, _ in place] == ["open", "update", "update", "update", "close"]
    assert [view.done for _, view in place] == [0, 1, 3, 3.5, 3.5]
    assert place[-1][1].finished
    assert place[0][1].title == "x"


def test_a_progress_bar_finishes_with_its_block_and_with_the_script(screen):
    for code in ("do local bar <close> = view.progress(1) end", "view.progress()"):
        (place,) = screen(code).places
        assert place[-1][0] == "close"
        assert isinstance(place[-1][1], Progress)


def test_a_stream_is_followed_until_it_ends(screen, stub):
    stub.on("GET", "/events", body=b"data: one\n\ndata: two\n\n", headers=[("content-type", "text/event-stream")])
    (place,) = screen(f"display(http.events('{stub.url}/events', {{ reconnect = false }}))").places
    assert place[-1][0] == "close"
    assert place[-1][1].total == 2
    assert "one" in render(place[-1][1])


def test_values_of_any_length_are_shown_by_their_head(screen):
    (view,) = screen("display(('x'):rep(50000000))").shown
    assert view.left_out > 49_000_000
    assert len(view.text) < 300_000


def test_views_outlive_the_tasks_and_the_runtime_that_made_them(screen):
    for _ in range(10):
        recorder = screen("display({ { b = 1 } }) local t = { { a = 1 } } display(view.table(t)) json.parse('[]')")
        assert [list(view.rows) for view in recorder.shown] == [[(1,)], [(1,)]]
