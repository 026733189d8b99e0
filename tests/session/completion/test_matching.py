"""What begins as typed comes first, then what holds it; private names come last and machinery not at all."""

from __future__ import annotations

import pytest

from assay_shell.session.completion.answers import Candidate
from assay_shell.session.completion.matching import best


def names(typed, *offered):
    return [candidate.text for candidate in best(typed, (Candidate(name, "field") for name in offered))]


@pytest.mark.parametrize(
    ("typed", "offered", "shown"),
    [
        pytest.param("po", ["support", "PODS", "pods"], ["pods", "PODS", "support"], id="beginnings before the inside"),
        pytest.param("st", ["oneStatus", "Status", "a_status"], ["Status", "a_status", "oneStatus"], id="parts"),
        pytest.param("get", ["kv_get", "target", "get"], ["get", "kv_get", "target"], id="a part before the inside"),
        pytest.param("kvg", ["kv_get", "kv_put", "key_value_go"], ["key_value_go", "kv_get"], id="letters in order"),
        pytest.param("", ["b", "a", "_c"], ["a", "b", "_c"], id="private names last"),
        pytest.param("_", ["b", "_c", "a_b"], ["_c", "a_b"], id="unless they are asked for"),
        pytest.param("__", ["__index", "__pairs", "__own"], ["__own"], id="no machinery"),
        pytest.param("x", ["a", "b"], [], id="nothing"),
    ],
)  # fmt: skip
def test_order(typed, offered, shown):
    assert names(typed, *offered) == shown


def test_menus_have_an_end():
    assert len(names("", *map(str, range(1000)))) == 200
