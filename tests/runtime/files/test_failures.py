from __future__ import annotations

import os

import pytest

from assay_shell.runtime.errors import BuiltinError
from assay_shell.runtime.files.failures import reported


def test_the_system_s_error_is_told_with_function_and_paths() -> None:
    with pytest.raises(BuiltinError) as caught, reported("fs.copy", "failed to copy {} to {}", 'a"b', "c\n"):
        os.stat("/no/such/file")
    assert caught.value.message == ('fs.copy: failed to copy "a\\"b" to "c\\n": No such file or directory (os error 2)')
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_braces_in_a_path_are_ordinary() -> None:
    with (
        pytest.raises(BuiltinError, match=r'fs\.read: failed to read "\{0\}\{": '),
        reported("fs.read", "failed to read {}", "{0}{"),
    ):
        os.stat("/no/such/file")


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(KeyError), reported("fs.read", "failed to read {}", "f"):
        raise KeyError
    inner = BuiltinError("fs.read", "inner")
    with pytest.raises(BuiltinError) as caught, reported("fs.read", "failed to read {}", "f"):
        raise inner
    assert caught.value is inner


def test_nothing_happens_where_nothing_fails() -> None:
    with reported("fs.read", "failed to read {}", "f"):
        done = True
    assert done
