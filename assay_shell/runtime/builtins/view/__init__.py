"""Values shown as tables, charts, trees and more: in the shell, in notebooks and as text.

A view is a value. As the result of an input it is drawn; `display` draws it at once. Without a front end a view is text
on standard output, a progress bar a line on standard error where that is a terminal. Secrets are masked in all of them.

@module view
@description Views: table, chart, tree, json, markdown, image, log, progress
@keywords view, display, table, chart, plot, tree, markdown, image, log, progress, show, render
@quickref view.table(rows, opts?) -> view | Rows as a table; opts: {columns, title, sort, limit}
@quickref view.chart(series, opts?) -> view | Series over time, or bars; opts: {title, unit, kind = "line" or "bar"}
@quickref view.tree(value, opts?) -> view | Nested data as an outline; opts: {title}
@quickref view.json(value, opts?) -> view | Any value as JSON that folds; opts: {title}
@quickref view.markdown(text) -> view | Markdown
@quickref view.text(text, opts?) -> view | Text as it is; opts: {title}
@quickref view.log(lines, opts?) -> view | Lines of a log, a text or a list; opts: {title}
@quickref view.image(bytes, mime?) -> view | A picture: PNG, JPEG, GIF, WebP or SVG
@quickref view.progress(total?, opts?) -> progress | A bar that is drawn while the script works; opts: {title}
@quickref view.clear() -> nil | Remove what has been shown so far: by the cell, or on the terminal
@quickref view.hint(value, opts) -> value | Say how a table is to be shown: {kind, columns, title, sort, limit, unit}
@quickref progress:update(done) -> nil | Set how far it is
@quickref progress:advance(by?) -> nil | Go on by one, or by that much
@quickref progress:finish() -> nil | Draw it for the last time
@quickref view:show() -> nil | Show it now, as display does
"""

from __future__ import annotations

from assay_shell.runtime.declare import pure, read
from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.options import Options
from assay_shell.runtime.values import Table, as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Raw, Value
    from assay_shell.runtime.vm import Runtime

TABLE = Options("view.table", columns="Table", title="str", sort="str", limit="float")
CHART = Options("view.chart", title="str", unit="str", kind="str")
TITLE = {name: Options(f"view.{name}", title="str") for name in ("tree", "json", "text", "log", "progress")}
_CHARTS = ("line", "bar")


def register(runtime: Runtime) -> None:
    """Define the group."""
    runtime.define(
        "view",
        {
            "table": pure(table),
            "chart": pure(chart),
            "tree": pure(tree),
            "json": pure(json),
            "markdown": pure(markdown),
            "text": pure(text),
            "log": pure(log),
            "image": pure(image),
            "progress": read(progress),
            "clear": read(clear),
            "hint": pure(hint),
        },
    )


def table(runtime: Runtime, rows: Table, opts: Table | None = None) -> Raw:
    """Return the view of a list of records, or of lists, as a table.

    `columns` lists what is shown: names, or tables `{key, title, kind}` where the kind of its numbers is `number`,
    `age` (seconds), `bytes`, `percent` (0 to 100) or `time` (unix seconds). `sort` names a column, with `-` before it
    for the greatest first; `limit` is the number of rows. Without `columns` those of the records are taken.

    Example: `view.table({ { name = "a", age = 90 } }, { columns = { "name", { "age", "Age", kind = "age" } } })`

    Raises:
        BuiltinError: there is no column to sort by, or no such kind of column.
    """
    TABLE.read(runtime, opts)
    return _view(runtime, "table", rows, opts)


def chart(runtime: Runtime, series: Table, opts: Table | None = None) -> Raw:
    """Return the view of series of numbers as a chart.

    Known are the results of Prometheus' range queries; a list of numbers; a list of `{time, value}` (unix seconds); a
    list of `{label = ..., points = ...}` of either; a list of `{label = ..., value = ...}` and a table of names to
    numbers, which become bars. `kind` is `line` or `bar`.

    Example: `view.chart({ cart = 4, web = 9 }, { title = "Replicas" })`

    Raises:
        BuiltinError: nothing in it can be drawn, or *kind* is neither.
    """
    given = CHART.read(runtime, opts)
    if given.get("kind", "line") not in _CHARTS:
        raise BuiltinError("view.chart", f'kind must be "line" or "bar", got "{given["kind"]}"')
    return _view(runtime, "chart", series, opts)


def tree(runtime: Runtime, value: Value, opts: Table | None = None) -> Raw:
    """Return the view of nested data as an outline that folds.

    Example: `view.tree({ web = { replicas = 3 } })`
    """
    TITLE["tree"].read(runtime, opts)
    return _view(runtime, "tree", value, opts)


def json(runtime: Runtime, value: Value, opts: Table | None = None) -> Raw:
    """Return the view of any value as JSON, which folds in a notebook.

    Example: `view.json({ web = { replicas = 3 } })`
    """
    TITLE["json"].read(runtime, opts)
    return _view(runtime, "json", value, opts)


def markdown(runtime: Runtime, text: str) -> Raw:
    """Return the view of Markdown: headings, lists, tables, emphasis.

    Example: `view.markdown("**done**, see the list below")`
    """
    return _view(runtime, "markdown", text, None)


def text(runtime: Runtime, text: str, opts: Table | None = None) -> Raw:
    """Return the view of a text as it is.

    Example: `view.text(response.body, { title = "body" })`
    """
    TITLE["text"].read(runtime, opts)
    return _view(runtime, "text", text, opts)


def log(runtime: Runtime, lines: Value, opts: Table | None = None) -> Raw:
    """Return the view of the lines of a log: one text, or a list of lines.

    Example: `view.log({ "started", "listening on port 8080" })`

    Raises:
        BuiltinError: *lines* is neither text nor a list.
    """
    TITLE["log"].read(runtime, opts)
    return _view(runtime, "log", lines, opts)


def image(runtime: Runtime, bytes: bytes, mime: str | None = None) -> Raw:
    """Return the view of a picture from its bytes; the MIME type is read from them where it is not given.

    Example: `view.image(fs.read("graph.png"))`

    Raises:
        BuiltinError: the bytes are of no known kind, or *mime* is not the type of an image.
    """
    from assay_shell.runtime.builtins.view.pictures import mime_of
    from assay_shell.runtime.views.model import Image

    kind = mime or mime_of(bytes)
    if kind is None:
        raise BuiltinError("view.image", "this is no PNG, JPEG, GIF, WebP or SVG; say what it is by the MIME type")
    if not kind.startswith("image/") or not kind.isprintable() or " " in kind:
        raise BuiltinError("view.image", "the MIME type must be that of an image, as image/png")
    return handle_of(runtime, Image(bytes, kind))


def progress(runtime: Runtime, total: float | None = None, opts: Table | None = None) -> Raw:
    """Return a progress bar of *total* units, which is drawn at once; without a total it counts.

    `update(done)` sets how far it is, `advance(by)` goes on, `finish()` draws it for the last time; a bar in a variable
    marked `<close>` finishes by itself. In a pipe nothing is drawn.

    Example: `local bar = view.progress(#pods, { title = "restarting" })`

    Raises:
        BuiltinError: *total* is negative or no finite number.
    """
    from assay_shell.runtime.builtins.view.bars import Bar, advance, finish, update

    if total is not None and not 0 <= total < float("inf"):
        raise BuiltinError("view.progress", f"total must be a number from 0 on, got {total:g}")
    bar = Bar(runtime, total, runtime.redactor.text(TITLE["progress"].read(runtime, opts).get("title", "")))
    runtime.on_close(bar.finish)
    methods = {"update": read(update), "advance": read(advance), "finish": read(finish)}
    return runtime.handle(bar, "progress", methods, close=read(finish))


def clear(runtime: Runtime) -> None:
    """Remove what has been shown so far: by the cell in a notebook, on the terminal in the shell. A pipe keeps it.

    Example: `while true do view.clear() display(checks()) sleep(5) end`
    """
    from assay_shell.runtime.views.screen import screen_of

    screen_of(runtime).clear()


def hint(runtime: Runtime, value: Table, opts: Table) -> Table:
    """Say how *value*, a table, is to be shown wherever it is a result, and return it. The table itself stays as it is.

    `kind` is `table` (the default), `chart`, `tree`, `json` or `log`; the rest are the options of that view.

    Example: `return view.hint(hosts, { columns = { "name", "address" }, title = "Hosts" })`

    Raises:
        BuiltinError: there is no such kind of view.
    """
    from assay_shell.runtime.nearest import did_you_mean
    from assay_shell.runtime.views.reading import reader_of
    from assay_shell.runtime.views.wanted import MAKERS

    kind = opts.get("kind")
    if kind is not None and kind not in MAKERS:
        raise BuiltinError("view.hint", f"unknown kind of view {kind!r}{did_you_mean(str(kind), MAKERS)}")
    reader_of(runtime).lua["set_hint"](value.raw, opts.raw)
    return value


def raw_of(runtime: Runtime, value: Value) -> Any:
    """*value* as the VM has it."""
    if isinstance(value, str):
        return value if value.isascii() else as_bytes(value).decode("latin-1")
    return getattr(value, "raw", value)


def handle_of(runtime: Runtime, view: object) -> Raw:
    """What scripts hold of a view, or of the recipe for one."""
    return runtime.handle(view, "view", {"show": read(show)})


def show(runtime: Runtime, view: Value) -> Any:
    """Show the view now.

    Example: `view.table(hosts):show()`

    Raises:
        BuiltinError: *view* is none.
    """
    from assay_shell.runtime.views.choose import choose
    from assay_shell.runtime.views.model import VIEWS
    from assay_shell.runtime.views.showing import display_view
    from assay_shell.runtime.views.wanted import Recipe

    if not isinstance(view, Table) or not isinstance(view.object, (*VIEWS, Recipe)):
        raise BuiltinError("view:show", "expected a view")
    return display_view(runtime, choose(runtime, view.raw))


def _view(runtime: Runtime, kind: str, value: Value, opts: Table | None) -> Raw:
    """The handle of the view of *kind*.

    Raises:
        BuiltinError: the value cannot be shown so.
    """
    from assay_shell.runtime.views.model import Text
    from assay_shell.runtime.views.reading import reader_of
    from assay_shell.runtime.views.wanted import Recipe, options_of, wanted_view

    reader, raw, options = reader_of(runtime), raw_of(runtime, value), None if opts is None else opts.raw
    found = wanted_view(reader, kind, raw, options_of(reader, options))
    if found is None:
        raise BuiltinError(f"view.{kind}", f"this value cannot be shown as a {kind}")
    if isinstance(found, Text):
        return handle_of(runtime, found)
    handle = handle_of(runtime, Recipe(kind))
    reader.lua["keep"](handle.obj, raw if not isinstance(raw, str) else raw.encode("latin-1"), options)
    return handle
