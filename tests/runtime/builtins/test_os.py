from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from assay_shell.runtime.builtins.os import ARCHITECTURES

if TYPE_CHECKING:
    from tests.conftest import Run


def test_the_hostname_is_that_of_the_kernel(run: Run) -> None:
    assert run("return os.hostname()") == os.uname().nodename


def test_the_architecture_has_the_name_that_scripts_know(run: Run) -> None:
    machine = os.uname().machine
    assert run("return os.arch()") == ARCHITECTURES.get(machine, machine)
    assert run("return os.arch()") not in ("arm64", "amd64")


def test_the_platform_is_linux_or_macos(run: Run) -> None:
    assert run("return os.platform()") == {"linux": "linux", "darwin": "macos"}[sys.platform]


@pytest.mark.parametrize("function", ["hostname", "arch", "platform", "info"])
def test_arguments_are_ignored(run: Run, function: str) -> None:
    assert run(f"return type(os.{function}({{}}, nil, 3))") in ("string", "table")


def test_info_gathers_what_the_others_tell_and_counts(run: Run) -> None:
    info = run("return os.info()")
    assert isinstance(info, dict)
    for name in ("hostname", "arch", "platform"):
        assert info[name] == run(f"return os.{name}()")
    assert info["release"] == os.uname().release
    assert info["cpus"] == os.cpu_count()
    assert isinstance(info["memory"], int)
    assert info["memory"] > 1 << 20


def test_the_useful_functions_of_lua_stay_beside_them(run: Run) -> None:
    assert run("return type(os.clock()) == 'number' and math.type(os.time()) == 'integer'") is True
    assert run("return os.difftime(5, 3)") == 2.0
    assert run("return os.date('!%Y-%m-%d', 0)") == "1970-01-01"
    assert run("return os.getenv('PATH')") == os.environ["PATH"]
