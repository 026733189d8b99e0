"""Render texts from templates in the Jinja language: configuration files, messages, manifests.

@module template
@description Jinja2-compatible templates: render file or string
@keywords template, jinja2, rendering, string-template, mustache, render
@quickref template.render(path, vars?) -> str | Render the template in a file
@quickref template.render_string(text, vars?) -> str | Render a template
"""

from __future__ import annotations

from assay_shell.runtime.declare import pure, read
from assay_shell.runtime.errors import BuiltinError, os_reason, quoted
from assay_shell.runtime.values import Table, as_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime


def register(runtime: Runtime) -> None:
    runtime.define("template", {"render": read(render_file, target="path"), "render_string": pure(render_string)})


def render_file(path: str, vars: Value = None) -> str:
    """Return the template in the file *path*, rendered with the names and values of the table *vars*.

    The language and its errors are those of `template.render_string`; errors name *path* and the line in it.

    Example: `template.render("nginx.conf.j2", { port = 8080, hosts = { "a", "b" } })`

    Raises:
        BuiltinError: the file cannot be read, *vars* is no table, or the template is wrong or fails.
    """
    variables = _variables("template.render", vars)
    try:
        with open(path, "rb") as file:
            source = as_text(file.read())
    except (OSError, ValueError) as exc:
        raise BuiltinError("template.render", f"failed to read {quoted(path)}: {os_reason(exc)}") from exc
    return _render("template.render", path, source, variables)


def render_string(text: str, vars: Value = None) -> str:
    """Return the template *text*, rendered with the names and values of the table *vars*.

    `{{ name }}` prints a value, `{% if %}`, `{% for %}`, `{% set %}`, `{% macro %}` and their like control what is
    printed. Nothing is escaped unless `|e` says so, names that are not set print as nothing, and no template can
    include another. One line end at the end of the template is left out. Bytes that are not UTF-8 are kept.

    Example: `template.render_string("Hello {{ name|upper }}", { name = "world" })`

    Raises:
        BuiltinError: *vars* is no table, or the template is wrong, fails, or does more work than a template may.
            The message has the form `KIND: DETAIL (in <string>:LINE)`.
    """
    return _render("template.render_string", "<string>", text, _variables("template.render_string", vars))


def _variables(function: str, vars: Value) -> object:
    if vars is None:
        return {}
    if not isinstance(vars, Table):
        raise BuiltinError(function, "second argument must be a table or nil")
    return vars.to_python()


def _render(function: str, name: str, source: str, variables: object) -> str:
    from assay_shell.runtime.builtins.template.failure import Failure
    from assay_shell.runtime.builtins.template.source import has_tags, without_last_line_end

    if not has_tags(source):
        return without_last_line_end(source)
    from assay_shell.runtime.builtins.template.engine import render  # Jinja takes 60 ms to load
    from assay_shell.runtime.builtins.template.model import from_data

    try:
        values = from_data(variables)
        return str(render(source, values if isinstance(values, dict) else {}))
    except Failure as failure:
        raise BuiltinError(function, failure.describe(name)) from failure
