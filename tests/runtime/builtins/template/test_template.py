"""What scripts see of templates."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., object]
Fails = Callable[..., str]

ALL_BYTES = "".join(f"\\{value}" for value in range(256))


def test_the_example_of_the_contract(run: Run) -> None:
    code = (
        'return template.render_string("{% for i in xs %}{{ loop.index }}:{{ i }} {% endfor %}", { xs = { "a", "b" } })'
    )
    assert run(code) == "1:a 2:b "


@pytest.mark.parametrize(
    ("template", "variables", "text"),
    [
        pytest.param("Hello {{ name|upper }}", '{ name = "world" }', "Hello WORLD", id="a name"),
        pytest.param(
            "{{ i }} {{ f }} {{ g }}", "{ i = 1, f = 1.0, g = 2^53 }", "1 1.0 9007199254740992.0", id="numbers"
        ),
        pytest.param("{{ a }} {{ b }}", "{ a = true, b = false }", "true false", id="booleans"),
        pytest.param(
            "{{ m }} {{ l }}", "{ m = { b = 1, a = { 2 } }, l = { 'x' } }", '{"a": [2], "b": 1} ["x"]', id="tables"
        ),
        pytest.param("{{ e }}{{ e.x }}", "{ e = {} }", "[]", id="an empty table is a list"),
        pytest.param("{{ t }}", "{ t = { 1, 2, n = 3 } }", '{"1": 1, "2": 2, "n": 3}', id="a mixed table is a map"),
        pytest.param("{{ t }}", "{ t = { [1.5] = 'x' } }", '{"1.5": "x"}', id="float keys become text"),
        pytest.param("[{{ x }}]", "{ 'a', 'b' }", "[]", id="an array defines no names"),
        pytest.param("[{{ x }}]", "nil", "[]", id="nil"),
        pytest.param("{{ x.y.z[1] }}", "{ x = { y = { z = { 1, 2 } } } }", "2", id="lists count from 0"),
        pytest.param("{{ html }} {{ html|e }}", "{ html = '<a>' }", "<a> &lt;a&gt;", id="nothing is escaped unasked"),
        pytest.param("{{ loop }}{{ range }}", "{ loop = 1, range = 2 }", "12", id="variables hide functions"),
    ],
)
def test_variables_are_those_of_the_table(run: Run, template: str, variables: str, text: str) -> None:
    assert run(f"return template.render_string([==[{template}]==], {variables})") == text


def test_no_second_argument_means_no_variables(run: Run) -> None:
    assert run("return template.render_string('a{{ x }}b')") == "ab"


@pytest.mark.parametrize("function", ["render", "render_string"])
@pytest.mark.parametrize("variables", ["1", "'x'", "true", "false", "print", "coroutine.create(print)"])
def test_variables_that_are_no_table_are_refused(fails: Fails, function: str, variables: str) -> None:
    text = f"template.{function}: second argument must be a table or nil"
    assert fails(f"template.{function}('x', {variables})") == text


@pytest.mark.parametrize("function", ["render", "render_string"])
@pytest.mark.parametrize("given", ["nil", "boolean", "table", "function"])
def test_the_first_argument_is_a_string_or_a_number(fails: Fails, function: str, given: str) -> None:
    value = {"nil": "nil", "boolean": "true", "table": "{}", "function": "print"}[given]
    text = f"bad argument #1: error converting Lua {given} to String (expected string or number)"
    assert fails(f"template.{function}({value})") == text


def test_a_number_is_a_template_too(run: Run) -> None:
    assert run("return template.render_string(12.5)") == "12.5"


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ("{ f = print }", "unsupported Lua type for JSON: function"),
        ("{ x = { [true] = 1 } }", "unsupported table key type: boolean"),
        ("{ x = 0/0 }", "cannot encode NaN as JSON number"),
        ("{ x = { 1/0 } }", "cannot encode inf as JSON number"),
        ("(function() local t = {} t.t = t return t end)()", "recursive table at $.t"),
    ],
)
def test_variables_follow_the_rules_of_json(fails: Fails, variables: str, text: str) -> None:
    assert fails(f"template.render_string('{{{{ x }}}}', {variables})") == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ x.y }}", "undefined value: cannot look up y in an undefined value (in <string>:1)"),
        ("\\n\\n{{ s|nope }}", "unknown filter: filter nope is unknown (in <string>:3)"),
        ("{{ s|uper }}", "unknown filter: filter uper is unknown; did you mean upper? (in <string>:1)"),
        ("{{ 1 is od }}", "unknown test: test od is unknown; did you mean odd? (in <string>:1)"),
        ("{{ nope() }}", "unknown function: nope is unknown (in <string>:1)"),
        ("{{ s.upper() }}", "unknown method: string has no method named upper (in <string>:1)"),
        ("{{ m.items() }}", "unknown method: map has no method named items (in <string>:1)"),
        (
            "{{ 'a' + 1 }}",
            "invalid operation: tried to use + operator on unsupported types string and number (in <string>:1)",
        ),
        ("{{ 1 // 0 }}", "invalid operation: unable to calculate 1 // 0 (in <string>:1)"),
        ("{{ n|length }}", "invalid operation: cannot calculate length of value of type number (in <string>:1)"),
        (
            "{% include 'x' %}",
            'template not found: tried to include non-existing template "x" (in <string>:1)',
        ),
        ("{% extends 'x' %}", 'template not found: template "x" does not exist (in <string>:1)'),
        ("{% break %}", "syntax error: unknown statement break (in <string>:1)"),
        ("{{ '\\\\q' }}", "bad string escape: \\q stands for no character (in <string>:1)"),
        ("{% macro f() %}{% endmacro %}{{ f(1) }}", "too many arguments: f takes 0 arguments, got 1 (in <string>:1)"),
        ("{{ s|replace('a') }}", "missing argument: number 2 (in <string>:1)"),
        ("{% set a, b = [1] %}", "cannot unpack: sequence of wrong length (expected 2, got 1) (in <string>:1)"),
    ],
)
def test_an_error_says_kind_detail_and_place(fails: Fails, template: str, text: str) -> None:
    code = f'template.render_string("{template}", {{ s = "x", n = 1, m = {{ a = 1 }} }})'
    assert fails(code) == f"template.render_string: {text}"


@pytest.mark.parametrize(
    "template", ["{{ l.0 }}", "{{ 1 +", "{% if x %}", "{{ (1 }}", "{# x", "{% raw %}", "{{ a b }}", "{% nope %}"]
)
def test_what_cannot_be_read_is_a_syntax_error(fails: Fails, template: str) -> None:
    text = fails(f"template.render_string([[{template}]])")
    assert text.startswith("template.render_string: syntax error: ")
    assert text.endswith(" (in <string>:1)")


def test_a_file_is_rendered_as_its_text_is(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(b"<p>{{ text }}</p>\r\n\xff\n")
    assert run(f"return template.render('{file}', {{ text = '<b>' }})") == "<p><b></p>\r\n\udcff"


def test_errors_in_a_file_name_it_as_it_was_given(
    fails: Fails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.j2").write_text("\n{{ x.y }}")
    assert fails("template.render('./a.j2')") == (
        "template.render: undefined value: cannot look up y in an undefined value (in ./a.j2:2)"
    )


def test_an_unreadable_file_is_named_with_the_reason(fails: Fails, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert fails(f"template.render('{missing}')") == (
        f'template.render: failed to read "{missing}": No such file or directory (os error 2)'
    )
    folder = f'template.render: failed to read "{tmp_path}": Is a directory (os error 21)'
    assert fails(f"template.render('{tmp_path}')") == folder
    nul = 'template.render: failed to read "a\0b": file name contained an unexpected NUL byte'
    assert fails("template.render('a\\0b')") == nul


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("return template.render_string(b) == b", id="as a template"),
        pytest.param("return template.render_string('{# #}' .. b) == b", id="beside a tag"),
        pytest.param("return template.render_string('{{ x }}', { x = b }) == b", id="as a value"),
        pytest.param("return template.render_string('{{ x[k] }}', { x = { [b] = b }, k = b }) == b", id="as a key"),
        pytest.param("return template.render_string('{% raw %}' .. b .. '{% endraw %}') == b", id="in a raw block"),
        pytest.param(
            "return template.render_string('{{ x|replace(y, x) }}', { x = b, y = b }) == b", id="through a filter"
        ),
    ],
)
def test_every_byte_survives(run: Run, code: str) -> None:
    assert run(f'local b = "{ALL_BYTES}" {code}') is True


def test_text_without_tags_is_itself_but_for_one_line_end(run: Run) -> None:
    assert run("return template.render_string('a { b } % c\\n\\n')") == "a { b } % c\n"
    assert run("return template.render_string('')") == ""


def test_rendering_only_reads(run: Run, tmp_path: Path) -> None:
    (tmp_path / "t").write_text("{{ 1 + 1 }}")
    assert run(f"return template.render('{tmp_path}/t')", readonly=True) == "2"


@pytest.mark.parametrize(("template", "loaded"), [("plain", "False"), ("{{ 1 }}", "True")])
def test_jinja_is_loaded_when_a_template_has_tags(template: str, loaded: str) -> None:
    code = f"""
import subprocess
import sys
from assay_shell.runtime.vm import Runtime
runtime = Runtime()
runtime.evaluate("return template.render_string('{template}')")
runtime.close()
print("jinja2" in sys.modules)
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == loaded
    )
