from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from assay_shell.checks.fields import CHECK, EXPECT
from assay_shell.checks.jsonschema import schema, schema_text

VALIDATOR = Draft202012Validator(schema())
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("checks*.yaml"))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_fit(path: Path) -> None:
    VALIDATOR.validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    "text",
    [
        "retries: 1", "checks: 5", "checks: [{name: a}]", "checks: [{name: a, type: htpp}]", "retries: -1\nchecks: []",
        "checks: [{name: a, type: http, expect: {status: x}}]", "timeout: 5h\nchecks: []",
        "checks: [{name: a, type: tcp, port: 70000}]",
    ],
)  # fmt: skip
def test_a_bad_file_does_not_fit(text: str) -> None:
    assert list(VALIDATOR.iter_errors(yaml.safe_load(text)))


def test_every_key_is_described() -> None:
    item = schema()["properties"]["checks"]["items"]["properties"]
    assert all(item[field.name]["description"] for field in CHECK if field.name != "expect")
    assert set(item["expect"]["properties"]) == {field.name for field in EXPECT}
