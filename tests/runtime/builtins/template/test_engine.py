"""No template can hang, fill the machine, or reach Python."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_shell.runtime.builtins.template.budget import Budget
from assay_shell.runtime.builtins.template.engine import KEPT_TEMPLATES, LONGEST_KEPT, compile_kept, render
from assay_shell.runtime.builtins.template.failure import Failure
from assay_shell.runtime.builtins.template.names import FILTERS, TESTS
from assay_shell.runtime.builtins.template.source import without_last_line_end

VARIABLES = {"s": "text", "l": [1, "a", None], "m": {"a": 1.5}}


def failure(template: str) -> str:
    with pytest.raises(Failure) as caught:
        render(template, VARIABLES)
    return caught.value.describe("<string>")


def kind_of_failure(template: str) -> str:
    """The kind of error the template ends in, nothing when it renders."""
    try:
        render(template, VARIABLES)
    except Failure as exc:
        return exc.kind
    return ""


DOUBLING = "{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ 'a' * 10**9 }}", id="repeated text"),
        pytest.param("{{ 'a' * 10**18 }}", id="more text than there is memory"),
        pytest.param("{{ [1] * 10**9 }}", id="repeated list"),
        pytest.param("{{ ('a' * 10**6)|replace('a', 'b' * 10**6) }}", id="replace"),
        pytest.param("{{ range(10000)|join('x' * 10**6) }}", id="join"),
        pytest.param("{{ 'a'|indent(10**12) }}", id="indent"),
        pytest.param("{{ [1]|batch(10**12, 0) }}", id="batch"),
        pytest.param("{{ [1]|slice(10**12) }}", id="slice"),
        pytest.param(
            "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            id="text that doubles",
        ),
    ],
)
def test_what_would_be_too_large_is_refused_before_it_is_made(template: str) -> None:
    assert failure(template).startswith("invalid operation: the template does too much: more than 10,000,000 steps")


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", id="loops"),
        pytest.param("{% set ns = namespace(x=1, y=1) %}" + DOUBLING + "{{ ns.x }}", id="printing"),
        pytest.param("{% set ns = namespace(x=1, y=1) %}" + DOUBLING + "{{ ns.x == ns.y }}", id="equality"),
        pytest.param("{% set ns = namespace(x=1, y=1) %}" + DOUBLING + "{{ ns.x < ns.y }}", id="order"),
        pytest.param("{% set ns = namespace(x=1, y=1) %}" + DOUBLING + "{{ [ns.x]|unique }}", id="unique"),
    ],
)
def test_work_without_end_ends(template: str) -> None:
    with pytest.raises(Failure, match="the template does too much"):
        render(template, {}, Budget(200_000))  # a full one takes seconds to use up


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ range(100001) }}", "range has too many elements (more than 100000)"),
        ("{{ range(10**12) }}", "range has too many elements (more than 100000)"),
        ("{{ range(0, -10**15, -1) }}", "range has too many elements (more than 100000)"),
        ("{{ '%999999999d'|format(1) }}", "a width or precision of the format is larger than 1000000"),
        ("{{ '%.999999999f'|format(1.5) }}", "a width or precision of the format is larger than 1000000"),
        ("{{ 2 ** 1000000000 }}", "unable to calculate 2 ** 1000000000"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit exceeded"),
        ("{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}", "recursion limit exceeded"),
        ("{% block a %}{{ self.a() }}{% endblock %}", "recursion limit exceeded"),
        ("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}", "recursion limit exceeded"),
        (
            "{% set ns = namespace(x=1) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            "recursion limit exceeded",
        ),
    ],
)
def test_numbers_and_nesting_have_limits(template: str, text: str) -> None:
    assert failure(template) == f"invalid operation: {text} (in <string>:1)"


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", id="parentheses"),
        pytest.param("{{ " + "[" * 5000 + "]" * 5000 + " }}", id="lists"),
        pytest.param("{{ " + "not " * 5000 + "1 }}", id="not"),
        pytest.param("{{ 1" + " + 1" * 5000 + " }}", id="sums"),
        pytest.param("{{ x" + "|upper" * 5000 + " }}", id="filters"),
        pytest.param("{{ x" + ".a" * 5000 + " }}", id="attributes"),
        pytest.param("{% if 1 %}" * 1000 + "{% endif %}" * 1000, id="statements"),
    ],
)
def test_source_that_nests_too_deep_is_a_syntax_error(template: str) -> None:
    assert failure(template) == "syntax error: template exceeds maximum recursion limits (in <string>:1)"


def test_ordinary_nesting_is_fine() -> None:
    assert render("{% for x in [1] %}" * 30 + "x" + "{% endfor %}" * 30, {}) == "x"
    assert render("{{ " + "(" * 30 + "1" + ")" * 30 + " }}", {}) == "1"
    assert render("{{ 'a'" + " ~ 'a'" * 2000 + " }}", {}) == "a" * 2001
    countdown = "{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}"
    assert render(countdown + "{{ m(30) }}", {}).endswith("3210")


DUNDERS = (
    "__class__",
    "__init__",
    "__globals__",
    "__subclasses__",
    "__mro__",
    "__dict__",
    "__builtins__",
    "_function",
    "mro",
    "items",
    "values",
    "budget",
    "frames",
)
SUBJECTS = (
    "s",
    "l",
    "m",
    "1",
    "1.5",
    "none",
    "true",
    "range",
    "namespace()",
    "namespace",
    "loop",
    "self",
    "l[1:]",
    "f",
)


@pytest.mark.parametrize("name", DUNDERS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_attribute_of_a_python_object_can_be_read(subject: str, name: str) -> None:
    head = "{% macro f(a) %}{% endmacro %}{% for i in [1] %}{{ ("
    for access in (f"{subject}).{name}", f"{subject})['{name}']", f"{subject})|attr('{name}')"):
        template = f"{head}{access} }}}}{{% endfor %}}"
        assert kind_of_failure(template) == "undefined value" or render(template, VARIABLES) == ""
    call = failure(f"{head}{subject}).{name}() }}}}{{% endfor %}}")
    assert call.startswith(("unknown method:", "unknown block:"))


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ request.application.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ s|map(attribute='__class__.__mro__') }}",
        "{{ (s|attr('__class__')).__base__ }}",
        "{{ joiner() }}",
        "{{ url_for() }}",
        "{{ get_flashed_messages() }}",
        "{{ open('/etc/passwd') }}",
        "{{ import('os') }}",
        "{{ eval('1') }}",
        "{{ range.__self__.x }}",
        "{{ s.encode() }}",
        "{{ m.keys() }}",
        "{{ m.update({'b': 1}) }}",
        "{{ l.append(3) }}",
        "{% set s.__class__ = 1 %}",
        "{% set m.a = 2 %}",
        "{% set range.x = 2 %}",
    ],
)
def test_the_usual_ways_out_of_a_sandbox_end_in_an_error(template: str) -> None:
    assert failure(template).partition(":")[0] in (
        "undefined value",
        "unknown method",
        "unknown function",
        "unknown block",
        "invalid operation",
        "syntax error",
    )


def test_format_reads_no_fields_but_its_own() -> None:
    assert render("{{ '{0.__class__} {} %s'|format(1) }}", {}) == "{0.__class__} {} 1"
    assert "missing an argument" in failure("{{ '%(__class__)s'|format({'a': 1}) }}")
    assert "missing an argument" in failure("{{ '%(__class__)s'|format(namespace()) }}")


def test_debug_shows_its_arguments_or_all_variables() -> None:
    assert render("{{ debug(1, 'a') }}", {}) == '[\n    1,\n    "a",\n]'
    template = "{% set b = [] %}{% for i in [5] %}{{ debug() }}{% endfor %}"
    assert render(template, {"a": 1}) == '{\n    "a": 1,\n    "b": [],\n    "i": 5,\n    "loop": <loop 0/1>,\n}'


def test_variables_are_not_changed_by_a_template() -> None:
    numbers: list[object] = [3, 1, 2]
    variables = {"l": numbers, "m": {"a": numbers}}
    render(
        "{% set l = l + [4] %}{{ l|sort }}{{ m.a|reverse }}{% set m = {} %}{% for l in [1] %}{% endfor %}", variables
    )
    assert variables == {"l": [3, 1, 2], "m": {"a": [3, 1, 2]}}


def test_a_template_is_compiled_once_and_renderings_share_nothing() -> None:
    compile_kept.cache_clear()
    template = "{% macro m() %}{{ x }}{% endmacro %}{% block b %}{{ m() }}{% endblock %}{% set x = 0 %}{{ ns }}"
    assert [render(template, {"x": x}) for x in (1, 2)] == ["1", "2"]
    assert compile_kept.cache_info().misses == 1


def test_kept_templates_are_bounded_in_number_and_size() -> None:
    compile_kept.cache_clear()
    for number in range(KEPT_TEMPLATES + 10):
        render(f"{{{{ {number} }}}}", {})
    render("{{ 1 }}" + "x" * LONGEST_KEPT, {})
    assert compile_kept.cache_info().currsize == KEPT_TEMPLATES


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="{"), max_size=40)


@given(TEXT, st.binary(max_size=40).map(lambda data: data.replace(b"{", b"(").decode("utf-8", "surrogateescape")))
def test_text_around_tags_comes_out_as_it_went_in(before: str, after: str) -> None:
    assert render(f"{before}{{# note #}}{after}.", {}) == f"{before}{after}."
    assert render(f"{before}{{{{ x }}}}{after}", {"x": after}) == before + after + without_last_line_end(after)
    assert render(f"{before}{{% raw %}}{after}{{% endraw %}}", {}) == before + after


KINDS = (
    "",
    "syntax error",
    "undefined value",
    "invalid operation",
    "unknown filter",
    "unknown test",
    "unknown function",
    "unknown method",
    "unknown block",
    "template not found",
    "too many arguments",
    "missing argument",
    "cannot unpack",
    "bad string escape",
)

PIECES = [
    *("{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{% raw %}", "{% endraw %}"),
    *("if", "elif", "else", "endif", "for", "in", "endfor", "set", "endset", "with", "endwith", "macro", "endmacro"),
    *("call", "endcall", "filter", "endfilter", "block", "endblock", "do", "include", "recursive", "is", "not", "and"),
    *("(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "=", "==", "<", "+", "-", "*", "**", "/", "//", "%", "~"),
    *("l", "m", "loop", "caller", "self", "super", "range", "namespace", "1", "0", "2.5", "'a'", '"', "\\"),
    *("true", "none"),
    *("\n", "\r", " ", "\0", "\udcff", "é", "~~"),
    *sorted(FILTERS),
    *sorted(TESTS),
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_source_renders_or_fails_with_a_failure(pieces: list[str]) -> None:
    for source in (" ".join(pieces), f"{{{{ {' '.join(pieces)} }}}}", f"{{% {' '.join(pieces)} %}}"):
        assert kind_of_failure(source) in KINDS


ATOMS = [
    *("l", "m", "s", "u", "1", "-1", "0", "2.5", "true", "none", "''", "'abc'", "'%d'", "[]", "[1, 'b']", "{}"),
    *("range(3)", "range", "namespace(a=1)", "1/0"),
]


@given(
    st.sampled_from(ATOMS),
    st.sampled_from([f"|{name}" for name in FILTERS] + [f" is {name}" for name in TESTS if name.isalpha()]),
    st.lists(st.sampled_from([*ATOMS, "attribute='a'", "default=1", "case_sensitive=true", "**m", "*l"]), max_size=3),
)
def test_any_filter_or_test_takes_any_arguments_or_fails_with_a_failure(
    subject: str, applied: str, arguments: list[str]
) -> None:
    assert kind_of_failure(f"{{{{ {subject}{applied}({', '.join(arguments)}) }}}}") in KINDS


def test_the_recursion_limit_of_python_is_left_alone() -> None:
    before = sys.getrecursionlimit()
    render("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(20) }}", {})
    assert sys.getrecursionlimit() == before
