"""The whole dialect as a table: what the original renders, or with which kind of error and on which line it stops."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from assay_shell.runtime.builtins.template.engine import render
from assay_shell.runtime.builtins.template.failure import Failure
from assay_shell.runtime.builtins.template.functions import FUNCTIONS
from assay_shell.runtime.builtins.template.model import from_data
from assay_shell.runtime.builtins.template.names import FILTERS, TESTS
from assay_shell.runtime.builtins.template.parser import STATEMENTS

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))
"""`cases` agree with the original; `different` do not, each for the reason given."""

CONTRACT_FILTERS = """
abs attr batch bool capitalize chain count d default dictsort e escape first float format groupby indent int items join
last length lines list lower map max min pprint reject rejectattr replace reverse round safe select selectattr slice
sort split string sum title trim unique upper zip
"""
CONTRACT_TESTS = """
boolean defined divisibleby endingwith eq equalto even false filter float ge gt greaterthan in int integer iterable le
lessthan lower lt mapping ne none number odd safe escaped sameas sequence startingwith string test true undefined upper
== != < <= > >=
"""
ABSENT_FILTERS = """
tojson urlencode truncate wordcount center striptags filesizeformat random xmlattr wordwrap
"""
ABSENT_STATEMENTS = ("break", "continue", "trans", "print")
KINDS = (
    "syntax error",
    "undefined value",
    "invalid operation",
    "unknown filter",
    "unknown function",
    "unknown method",
    "template not found",
)


def outcome(template: str) -> dict[str, object]:
    try:
        return {"text": render(template, from_data(TABLE["variables"]))}  # type: ignore[arg-type]
    except Failure as failure:
        return {"error": failure.kind, "line": failure.line or 1}


def expected(case: dict[str, object]) -> dict[str, object]:
    return {key: case[key] for key in ("text", "error", "line") if key in case}


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case['about']}-{i}") for i, case in enumerate(TABLE["cases"])]
)
def test_a_template_renders_or_fails_as_in_the_original(case: dict[str, Any]) -> None:
    assert outcome(case["template"]) == expected(case)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case['why']}-{i}") for i, case in enumerate(TABLE["different"])]
)
def test_where_the_original_fails_us_we_do_the_sensible_thing(case: dict[str, Any]) -> None:
    assert outcome(case["template"]) == expected(case)


def test_filters_tests_functions_and_statements_are_exactly_those_of_the_contract() -> None:
    assert set(FILTERS) == set(CONTRACT_FILTERS.split())
    assert set(TESTS) == set(CONTRACT_TESTS.split())
    assert set(FUNCTIONS) == {"range", "dict", "debug", "namespace"}
    loader = {"include", "import", "from", "extends"}
    rest = {"if", "for", "set", "with", "macro", "call", "filter", "block", "autoescape", "do"}
    assert loader | rest == STATEMENTS


@pytest.mark.parametrize("name", ABSENT_FILTERS.split())
def test_a_filter_the_contract_excludes_is_unknown(name: str) -> None:
    assert outcome(f"{{{{ s|{name} }}}}") == {"error": "unknown filter", "line": 1}


@pytest.mark.parametrize("name", ABSENT_STATEMENTS)
def test_a_statement_the_contract_excludes_is_a_syntax_error(name: str) -> None:
    assert outcome(f"{{% {name} %}}") == {"error": "syntax error", "line": 1}


def test_the_table_covers_every_filter_test_function_statement_and_kind_of_error() -> None:
    templates = "\n".join(case["template"] for case in TABLE["cases"])
    assert [name for name in FILTERS if not re.search(rf"\|\s*{name}\b", templates)] == []
    words = [name for name in TESTS if name.isalpha()]
    assert [name for name in words if not re.search(rf"is (not )?{name}\b|select\(\"{name}\"", templates)] == []
    assert [name for name in FUNCTIONS if f"{name}(" not in templates] == []
    assert [name for name in STATEMENTS if not re.search(rf"{{%-?\+?\s*{name}\b", templates)] == []
    assert [kind for kind in KINDS if all(case.get("error") != kind for case in TABLE["cases"])] == []


@pytest.mark.parametrize(
    ("sign", "kept"),
    [("==", "[2]"), ("!=", "[1, 3]"), ("<", "[1]"), ("<=", "[1, 2]"), (">", "[3]"), (">=", "[2, 3]")],
)
def test_comparison_signs_are_tests_that_can_be_named(sign: str, kept: str) -> None:
    assert render(f"{{{{ [1, 2, 3]|select('{sign}', 2) }}}}", {}) == kept
