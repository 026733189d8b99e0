"""The names that programs import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import assay_shell


def test_the_public_names_are_these() -> None:
    assert assay_shell.__all__ == ["Runtime", "__version__", "register", "run"]
    assert {name for name in assay_shell.__all__ if not hasattr(assay_shell, name)} == set()


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'assay_shell' has no attribute 'runtimes'"):
        _ = assay_shell.runtimes


def test_importing_the_package_loads_nothing_of_it() -> None:
    code = "import assay_shell, sys; print([name for name in sys.modules if name.startswith(('assay_shell.', 'lupa'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_chunk_runs_in_a_runtime_of_its_own() -> None:
    assert assay_shell.run("x = (x or 0) + 1 return x, ...", args=["a"]) == [1, "a"]
    assert assay_shell.run("return x == nil") == [True]


def test_a_runtime_completes_and_explains() -> None:
    with assay_shell.Runtime() as runtime:
        assert [found.text for found in runtime.complete("base64.encode")] == ["base64.encode", "base64.encode_url"]
        text = runtime.explain("base64.encode")
        assert text is not None
        assert text.startswith("base64.encode(data) -> str\n")
        assert runtime.explain("base64.nothing") is None
