"""Spellings of a registered value."""

from __future__ import annotations

import json

import pytest

from assay_shell.runtime.redact.forms import spellings


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("p@ss w/ord", id="as it is"),
        pytest.param("cEBzcyB3L29yZA==", id="base64"),
        pytest.param("p%40ss%20w%2Ford", id="URL"),
        pytest.param("p%40ss%20w%2ford", id="URL, small letters"),
        pytest.param("p%40ss+w%2Ford", id="form"),
        pytest.param("p%40ss%20w/ord", id="path"),
        pytest.param("p@ss%20w/ord", id="path with sub-delimiters"),
        pytest.param("p@ss w\\/ord", id="JSON with escaped slashes"),
        pytest.param("7040737320772f6f7264", id="hexadecimal"),
    ],
)
def test_a_password_is_known_in_this_form(form: str) -> None:
    assert form in spellings("p@ss w/ord")


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(json.dumps('a"\n<é😀>')[1:-1], id="ASCII"),
        pytest.param(json.dumps('a"\n<é😀>', ensure_ascii=False)[1:-1], id="raw"),
        pytest.param('a\\"\\n\\u003cé😀\\u003e', id="safe for HTML"),
        pytest.param(json.dumps(json.dumps('a"\n<é😀>'))[3:-3], id="twice"),
    ],
)
def test_json_strings_are_known_as_encoders_write_them(form: str) -> None:
    assert form in spellings('a"\n<é😀>')


def test_a_plain_value_has_few_spellings() -> None:
    assert len(spellings("AbCdEfGhIjKl")) <= 8
