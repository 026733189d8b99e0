from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from assay_shell.kernel.mime import bundle
from assay_shell.kernel.mime.markup import markup, script_data
from assay_shell.kernel.mime.points import thinned
from assay_shell.runtime.redact import MASK
from assay_shell.runtime.views.choose import choose
from assay_shell.runtime.views.model import Chart, Column, Failure, Image, Live, Progress, Series, Table, Text, Tree
from assay_shell.runtime.views.nodes import plain_node
from assay_shell.runtime.vm import Runtime

PLAIN, HTML, SVG = "text/plain", "text/html", "image/svg+xml"
VEGA = "application/vnd.vegalite.v5+json"
ANY_TEXT = st.text(st.characters(codec=None), max_size=30)
NASTY = "</script><!-- <script>alert(1)</script> \"'& ]]> \u2028 \x00\x1b[31m \udcff \U0010ffff"


def table(rows, *columns, **members):
    made = tuple(column if isinstance(column, Column) else Column(column) for column in columns)
    return Table(made, rows, members.pop("total", len(rows)), **members)


def line(label, *values, start=1_700_000_000):
    return Series(label, tuple((float(start + at), float(value)) for at, value in enumerate(values)))


def parsed(text) -> Any:
    """The one element that *text* is."""
    return html.fragment_fromstring(text)


def data_of(text):
    """What the script of a table is given."""
    found = re.search(r'\("[0-9a-f]{16}",(.*)\)</script></div>$', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


VIEWS = [
    pytest.param(table([("a", 1)], "x", "n"), {HTML}, id="table"),
    pytest.param(Tree(plain_node({"a": [1]})), {HTML, "application/json"}, id="tree"),
    pytest.param(Chart((line("a", 1, 2),)), {VEGA, SVG}, id="chart"),
    pytest.param(Chart((Series("a", ()),)), set(), id="chart without points"),
    pytest.param(Text("x"), set(), id="text"),
    pytest.param(Text("# x", "markdown"), {HTML, "text/markdown"}, id="markdown"),
    pytest.param(Image(b"\x89PNG", "image/png"), {"image/png"}, id="picture"),
    pytest.param(Image(b"<svg/>", SVG), {HTML}, id="picture in svg"),
    pytest.param(Progress(1, 4, "x"), {HTML}, id="progress"),
    pytest.param(Live(None, "events"), set(), id="stream"),
    pytest.param(Failure("no", "a.lua", 3, "x()", (0, 1), "hint", ("called from b",)), {HTML}, id="failure"),
]


@pytest.mark.parametrize(("view", "kinds"), VIEWS)
def test_each_view_is_text_and_what_notebooks_draw(view, kinds):
    data, metadata = bundle(view)
    assert data.keys() == {PLAIN, *kinds}
    json.dumps([data, metadata]).encode()


def test_a_table_can_be_read_aloud():
    text = bundle(table([("cart", 2), ("web", None)], "NAME", Column("RESTARTS", "number"), title="Pods"))[0][HTML]
    made = parsed(text)
    assert made.findtext(".//caption") == "Pods (2 rows)"
    assert [(head.get("scope"), head.text) for head in made.iterfind(".//thead//th")] == [
        ("col", "NAME"), ("col", "RESTARTS"),
    ]  # fmt: skip
    assert [[cell.text for cell in row] for row in made.iterfind(".//tbody/tr")] == [["cart", "2"], ["web", None]]
    assert data_of(text)["rows"] == [["cart", "2"], ["web", ""]]


def test_nothing_of_a_table_is_loaded_from_elsewhere():
    text = bundle(table([("a",)], "x"))[0][HTML]
    assert not re.search(r"https?:|\bsrc=|@import|url\(|\bfetch\b|XMLHttpRequest|innerHTML|\beval\b", text)


def test_columns_of_numbers_are_sorted_by_their_numbers():
    rows = [(90, 1, "x"), (9000, None, 5)]
    found = data_of(bundle(table(rows, Column("age", "age"), Column("n", "number"), "mixed"))[0][HTML])
    assert found["rows"] == [["90s", "1", "x"], ["150m", "", "5"]]
    assert found["numbers"] == {"0": [90, 9000], "1": [1, None]}


def test_a_long_table_comes_in_pages_and_only_its_first_is_markup():
    text = bundle(table([(n,) for n in range(10_500)], "n"))[0][HTML]
    found = data_of(text)
    assert len(found["rows"]) == 10_000
    assert found["total"] == 10_500
    made = parsed(text)
    assert len(made.findall(".//tbody/tr")) == found["page"] == 50
    assert made.find(".//p[@data-foot]").text == "50 of 10,500 rows"


def test_the_same_table_gives_the_same_markup():
    assert bundle(table([("a",)], "x")) == bundle(table([("a",)], "x"))
    assert bundle(table([("a",)], "x")) != bundle(table([("b",)], "x"))


@given(cells=st.lists(ANY_TEXT, min_size=1, max_size=4), title=ANY_TEXT)
def test_whatever_a_table_holds_is_text_and_never_markup(cells, title):
    text = bundle(table([tuple(cells)], *[f"c{cell}" for cell in cells], title=title))[0][HTML]
    text.encode()
    made = parsed(text)
    assert {element.tag for element in made.iter()} <= {
        "div", "style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "script",
    }  # fmt: skip
    assert len(made.findall(".//td")) == len(cells)
    assert text.count("<script") == text.count("</script") == 1


@given(value=st.recursive(ANY_TEXT | st.integers(), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_script_data_holds_no_markup_and_reads_back(value):
    text = script_data(value)
    assert not {*"<>&\u2028\u2029"} & {*text}
    assert json.loads(text) == value


@given(text=ANY_TEXT)
def test_markup_is_valid_xml_in_text_and_attributes(text):
    shown = markup(text)
    ElementTree.fromstring(f'<a b="{shown}">{shown}</a>')


@given(
    data=st.recursive(
        ANY_TEXT | st.none() | st.booleans() | st.floats() | st.integers(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_a_tree_holds_is_text_and_never_markup(data):
    found = bundle(Tree(plain_node(data)))[0]
    json.dumps(found, allow_nan=False).encode()
    found[HTML].encode()
    made = parsed(found[HTML])
    assert {element.tag for element in made.iter()} <= {"div", "details", "summary", "strong", "small", "code", "p"}


def test_a_tree_folds_and_says_what_is_left_out():
    found = bundle(Tree(plain_node({"list": list(range(2000))})))[0]
    assert ">1 member<" in found[HTML]
    assert ">2,000 items<" in found[HTML]
    assert "1,500 more" in found[HTML]
    assert found["application/json"]["list"][-1] == "… 1,500 more"
    assert found["application/json"]["list"][0] == 0


def test_a_tree_of_any_size_stays_small():
    inner = {str(b): list(range(400)) for b in range(400)}
    data = {str(a): inner for a in range(400)}
    found = bundle(Tree(plain_node(data)))[0]
    assert len(json.dumps(found)) < 2_000_000


@pytest.mark.parametrize("kind", ["line", "bar"])
@pytest.mark.parametrize(
    "series",
    [
        pytest.param((line("a", 1, 5, 3),), id="one"),
        pytest.param((line("a", 1, 5, 3), line(NASTY, -4, 2)), id="two"),
        pytest.param((line("a", 7),), id="one point"),
        pytest.param((line("a", 0, 0),), id="all the same"),
        pytest.param(tuple(line(str(n), n, n + 1) for n in range(40)), id="many"),
        pytest.param((line("a", *range(30_000)),), id="many points"),
        pytest.param((line("a", 1e300, -1e300, 1e-300),), id="extremes"),
        pytest.param((line("a", 1, 2, start=1),), id="no moments"),
    ],
)
def test_a_chart_has_a_specification_and_a_picture(kind, series):
    data, _ = bundle(Chart(series, NASTY, "req/s", kind))
    picture = ElementTree.fromstring(data[SVG])
    assert picture.tag.endswith("svg")
    assert picture.find("{*}title") is not None
    assert "nan" not in data[SVG]
    spec = data[VEGA]
    json.dumps(spec, allow_nan=False).encode()
    assert spec["$schema"].endswith("v5.json")
    assert len(spec["data"]["values"]) <= 21_000
    assert len(data[SVG]) < 400_000


def test_moments_are_milliseconds_in_vega():
    spec = bundle(Chart((line("a", 4),)))[0][VEGA]
    assert spec["data"]["values"] == [{"at": 1_700_000_000_000.0, "value": 4.0, "series": "a"}]
    assert spec["encoding"]["x"]["type"] == "temporal"


def test_bars_have_their_names():
    view = Chart((Series("", ((1.0, 4.0), (2.0, 9.0))),), kind="bar", names=("cart", "<web>"))
    data = bundle(view)[0]
    assert [each["at"] for each in data[VEGA]["data"]["values"]] == ["cart", "<web>"]
    assert data[SVG].count("<rect") == 3
    assert "&lt;web&gt;" in data[SVG]


@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=400), most=st.integers(2, 50))
def test_thinned_points_keep_the_lowest_and_the_highest(values, most):
    points = [(float(at), value) for at, value in enumerate(values)]
    kept = thinned(points, most)
    assert len(kept) <= max(most, 2)
    assert min(value for _, value in kept) == min(values)
    assert max(value for _, value in kept) == max(values)
    assert [at for at, _ in kept] == sorted(at for at, _ in kept)


def test_pictures_are_their_bytes():
    every = bytes(range(256))
    assert base64.b64decode(bundle(Image(every, "image/png"))[0]["image/png"]) == every


def test_a_picture_in_svg_is_never_part_of_the_page():
    data = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    shown = bundle(Image(data, SVG))[0]
    made = parsed(shown[HTML])
    assert (made.tag, base64.b64decode(made.get("src").partition(",")[2])) == ("img", data)
    assert "script" not in json.dumps(shown)


HARMLESS = {
    "div", "p", "a", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "br", "img", "s",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "small",
}  # fmt: skip
"""What Markdown is drawn with."""
PIECES = st.sampled_from(
    ["<script>", "</script>", "<img src=x onerror=a>", "<!--", "<style>", "javascript:", "[a](", ")", "![", "<a href='",
     "\n\n", "    ", "`", "```", "&lt;", "&#106;avascript:a", "|", "\n|-|-|\n", "> ", "- ", "<iframe srcdoc='", "\0"]
)  # fmt: skip


@given(text=st.lists(PIECES | ANY_TEXT, max_size=12).map("".join), title=ANY_TEXT)
def test_whatever_markdown_holds_runs_nothing(text, title):
    found = bundle(Text(text, "markdown", title=title))[0]
    json.dumps(found).encode()
    made = parsed(found[HTML])
    assert {element.tag for element in made.iter()} <= HARMLESS
    attributes = {name for element in made.iter() for name in dict(element.attrib)}
    assert attributes <= {"class", "href", "src", "alt", "title", "style", "start"}
    assert not [link for link in made.iterfind(".//a") if link.get("href").lower().startswith(("javascript:", "data:"))]
    assert not re.search(r"<[A-Za-z/!?]", found["text/markdown"])


def test_markdown_keeps_what_it_says():
    text = "## Pods\n\n| a | b |\n|---|---|\n| 1 | `x < y` |\n\n[more](https://example.org/)\n"
    made = parsed(bundle(Text(text, "markdown", title="Report"))[0][HTML])
    assert [made.findtext(name) for name in ("h3", "h2", ".//th", ".//code", ".//a")] == [
        "Report", "Pods", "a", "x < y", "more",
    ]  # fmt: skip
    assert "900,000 more characters" in bundle(Text("a" * 1_000_000, "markdown"))[0][HTML]


def test_an_error_shows_its_line_with_the_cause_marked():
    view = Failure("<b>no</b>\nreally", "a.lua", 14, "x = gett('<a>')", (4, 4), "did you mean get?", ("called from b",))
    made = parsed(bundle(view)[0][HTML])
    assert made.get("role") == "alert"
    assert made.find(".//mark").text == "gett"
    assert made.find(".//pre").text_content() == "  14 │ x = gett('<a>')"
    assert "did you mean get?" in made.text_content()
    assert not made.findall(".//b")


def test_progress_is_a_bar_with_its_numbers():
    made = parsed(bundle(Progress(1, 4, "x", seconds=90))[0][HTML])
    bar = made.find(".//progress")
    assert (bar.get("value"), bar.get("max"), bar.get("aria-label")) == ("0.25", "1", "x")
    assert made.text_content().split() == ["x", "1", "/", "4", "90s"]
    assert parsed(bundle(Progress(1, None))[0][HTML]).find(".//progress").get("value") is None


@pytest.mark.parametrize(
    "code",
    [
        "{ { name = 'a', password = 'hunter22' } }",
        "{ a = { password = 'hunter22' } }",
        "{ kind = 'Secret', metadata = { name = 's' }, data = { k = 'hunter22' } }",
        "view.json({ kind = 'Secret', metadata = { name = 's' }, data = { k = 'hunter22' } })",
        "view.tree({ { name = 'API_TOKEN', value = 'hunter22' } })",
        "{ { metric = { token = 'hunter22x' }, values = { { 1, '2' } } } }",
        "'password=hunter22'",
        "view.markdown('password=hunter22')",
    ],
)
def test_no_secret_is_anywhere_in_a_bundle(code):
    with Runtime() as runtime:
        runtime.evaluate(f"value = {code}")
        data, _ = bundle(choose(runtime, runtime.lua.globals()["value"]))
        assert "hunter22" not in json.dumps(data)
        assert MASK in data[PLAIN] or "Secret" in code


def test_rows_are_read_once_and_a_view_is_not_changed():
    view = table([("a",)], "x")
    bundle(view)
    assert view == replace(view)
