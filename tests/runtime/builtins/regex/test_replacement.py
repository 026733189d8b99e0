"""Replacement texts."""

from __future__ import annotations

import pytest

from assay_shell.runtime.builtins.regex.replacement import Replacement

TEXT = b"key=value"
SPANS = [(0, 9), (0, 3), (4, 9), (-1, -1)]
NAMES = {"k": 1, "value_2": 2, "none": 3, "é": 2, "1y": 1}


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("plain", "plain", id="plain"),
        pytest.param("<$0>", "<key=value>", id="whole match"),
        pytest.param("$2:$1", "value:key", id="numbers"),
        pytest.param("${1}s", "keys", id="braced number"),
        pytest.param("$01", "key", id="leading zero"),
        pytest.param("$k-$value_2", "key-value", id="names"),
        pytest.param("${k}s", "keys", id="braced name"),
        pytest.param("${é}", "value", id="braced name beyond ASCII"),
        pytest.param("$é", "$é", id="bare names are ASCII"),
        pytest.param("$ks.", ".", id="a name is taken as long as possible"),
        pytest.param("$1y.", "key.", id="a name may start with a digit here"),
        pytest.param("$1z.", ".", id="so a number in front of letters is a name"),
        pytest.param("[$3$none]", "[]", id="group without part in the match"),
        pytest.param("[$4$9999999999999999999999]", "[]", id="unknown numbers"),
        pytest.param("[$nobody${no one}]", "[]", id="unknown names"),
        pytest.param("$$1", "$1", id="dollar sign"),
        pytest.param("$$$1", "$key", id="dollar sign and a group"),
        pytest.param("5$", "5$", id="dollar sign at the end"),
        pytest.param("$-$", "$-$", id="dollar signs before other characters"),
        pytest.param("${1", "${1", id="open brace"),
        pytest.param("[${}]", "[]", id="empty braces"),
        pytest.param(r"\1", r"\1", id="backslash"),
        pytest.param("$1$2", "keyvalue", id="side by side"),
    ],
)
def test_a_replacement_expands(template: str, expanded: str) -> None:
    assert Replacement(template.encode(), NAMES, 3).expand(TEXT, SPANS) == expanded.encode()


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        pytest.param("x", False, id="plain"),
        pytest.param("$0", False, id="whole match"),
        pytest.param("$1", True, id="number"),
        pytest.param("$k", True, id="name"),
        pytest.param("$7 $nobody", False, id="unknown"),
    ],
)
def test_groups_are_only_asked_for_when_they_are_used(template: str, needed: bool) -> None:
    assert Replacement(template.encode(), NAMES, 3).needs_groups is needed
