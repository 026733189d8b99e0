"""Masking nested data."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay_shell.runtime.redact import MASK, Redactor

CASES = {
    "by name": ({"password": "a", "user": "b"}, {"password": MASK, "user": "b"}),
    "deep": ({"a": [{"apiToken": 5}]}, {"a": [{"apiToken": MASK}]}),
    "lists under a name": ({"headers": {"Authorization": ["x", "y"]}}, {"headers": {"Authorization": [MASK, MASK]}}),
    "a Kubernetes Secret": (
        {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": "Ym9i"}, "stringData": {"x": "y"}},
        {"kind": "Secret", "metadata": {"name": "db"}, "data": {"user": MASK}, "stringData": {"x": MASK}},
    ),
    "a container's variables": (
        {"env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "USER", "value": "bob"}]},
        {"env": [{"name": "DB_PASSWORD", "value": MASK}, {"name": "USER", "value": "bob"}]},
    ),
    "text inside": ({"log": "password=hunter2 x=1"}, {"log": f"password={MASK} x=1"}),
    "tuples": (("a", {"token": (1, "b")}), ("a", {"token": (MASK, MASK)})),
    "bytes": ([b"token=abc", b"\xff"], [f"token={MASK}".encode(), b"\xff"]),
    "plain text": ("Bearer xxx", f"Bearer {MASK}"),
}

INNOCENT = {
    "nothing to hide": {"token": None, "secret": "", "password": False},
    "a ConfigMap": {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"user": "bob"}},
    "a reference to a secret": {"secret": {"secretName": "db", "items": [1]}, "secrets": [{"name": "db"}]},
    "other keys": {1: "a", "max_tokens": 5, 2.5: None},
}


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in INNOCENT.items()])
def test_data_without_secrets_stays(data: Any) -> None:
    assert Redactor().value(data) == data


@pytest.mark.parametrize(("data", "masked"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_secrets_in_data_are_masked(data: Any, masked: Any) -> None:
    before = copy.deepcopy(data)
    assert Redactor().value(data) == masked
    assert Redactor().value(masked) == masked
    assert data == before


def test_registered_values_are_masked_in_keys_and_values() -> None:
    redactor = Redactor()
    redactor.add("s3cr3t-value")
    assert redactor.value({"s3cr3t-value": ["a s3cr3t-value"]}) == {MASK: [f"a {MASK}"]}


def test_a_list_of_secrets_without_kinds_is_masked() -> None:
    listed = {"kind": "SecretList", "items": [{"metadata": {"name": "a"}, "type": "Opaque", "data": {"user": "Ym9i"}}]}
    assert Redactor().value(listed)["items"][0]["data"] == {"user": MASK}


def test_data_that_contains_itself_ends_in_a_mask() -> None:
    data: dict[str, Any] = {"a": 1}
    data["self"] = data
    data["password"] = [data]
    assert Redactor().value(data) == {"a": 1, "self": MASK, "password": [MASK]}


def test_data_that_nests_too_deep_ends_in_a_mask() -> None:
    data: list[Any] = []
    for _ in range(10_000):
        data = [data]
    assert MASK in str(Redactor().value(data))


def test_a_secret_list_that_nests_too_deep_ends_in_a_mask() -> None:
    data: list[Any] = []
    for _ in range(10_000):
        data = [data]
    assert MASK in str(Redactor().value({"password": data}))


DATA = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda deeper: st.lists(deeper) | st.dictionaries(st.text(max_size=4), deeper),
)


@given(DATA)
@settings(max_examples=50)
def test_data_without_names_of_secrets_is_unchanged(data: Any) -> None:
    assert Redactor().value(data) == data
