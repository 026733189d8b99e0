"""docs/python-api.md says nothing that is not so, and the package exports what it says."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import assay_shell
from assay_shell.runtime.vm import Runtime

PAGE = (Path(__file__).parent.parent / "docs" / "python-api.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
METHODS = [name for name, _ in inspect.getmembers(Runtime, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.strip().splitlines()[-1][:40])
def test_each_example_runs(example: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", example], check=True, timeout=20)


def test_what_is_exported_is_what_the_page_names() -> None:
    assert sorted(re.findall(r"`assay_shell\.(\w+)`", PAGE)) == sorted({*assay_shell.__all__} - {"__version__"})


def test_each_option_and_method_on_the_page_exists() -> None:
    options = set(inspect.signature(Runtime).parameters)
    for row in re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE):
        for name in re.findall(r"`(\w+)(?:\([^`]*\))?`", row):
            assert name in options or hasattr(Runtime, name), name


@pytest.mark.parametrize("name", METHODS)
def test_each_public_method_is_annotated_and_documented(name: str) -> None:
    method = getattr(Runtime, name)
    assert method.__doc__
    signature = inspect.signature(method)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not p.empty for p in list(signature.parameters.values())[1:])
