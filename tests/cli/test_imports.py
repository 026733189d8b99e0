"""What a script that uses nothing has to load: each module here is paid for by every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.command import Command

OURS = {
    "assay_shell",
    "assay_shell.cli",
    "assay_shell.cli.arguments",
    "assay_shell.cli.script",
    "assay_shell.runtime",
    "assay_shell.runtime.builtins",
    "assay_shell.runtime.commands",
    "assay_shell.runtime.convert",
    "assay_shell.runtime.declare",
    "assay_shell.runtime.errors",
    "assay_shell.runtime.guard",
    "assay_shell.runtime.host",
    "assay_shell.runtime.interrupt",
    "assay_shell.runtime.log",
    "assay_shell.runtime.loop",
    "assay_shell.runtime.scheduler",
    "assay_shell.runtime.standard",
    "assay_shell.runtime.values",
    "assay_shell.runtime.vm",
    "assay_shell.runtime.waits",
}
FROM_THE_STANDARD_LIBRARY = {"__future__", "_signal", "atexit", "time"}

PRINT_MODULES = "import sys; print(*(name for name in sys.modules if name != '__main__'))"


def loaded_by(cli: Command, code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{PRINT_MODULES}"],
        capture_output=True, text=True, env=cli.environment({"RUST_LOG": "info"}), check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_an_empty_script_loads_the_vm_and_little_else(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.lua").touch()
    run = f"from assay_shell.cli import main; assert main([{str(tmp_path / 'empty.lua')!r}]) == 0"
    loaded = loaded_by(cli, run) - loaded_by(cli, "import lupa.lua55")
    assert {name for name in loaded if name.startswith("assay_shell")} == OURS
    assert {name for name in loaded if not name.startswith("assay_shell")} <= FROM_THE_STANDARD_LIBRARY


def test_the_version_needs_no_vm(cli: Command) -> None:
    loaded = loaded_by(cli, "from assay_shell.cli import main; main(['--version'])")
    assert not {name for name in loaded if name.startswith(("lupa", "assay_shell.runtime.vm"))}


def test_a_script_that_prints_and_counts_never_loads_asyncio(cli: Command) -> None:
    code = "for i = 1, 3 do print(i, math.sqrt(i), os.time()) end"
    loaded = loaded_by(cli, f"from assay_shell.cli import main; main(['exec', '-e', {code!r}])")
    assert not loaded & {"asyncio", "logging", "argparse", "re", "json", "dataclasses", "typing", "inspect"}


def test_a_runbook_does_not_wait_for_a_grammar_that_checks_nothing(cli: Command, tmp_path: Path) -> None:
    path = tmp_path / "new.ipynb"
    loaded = loaded_by(cli, f"from assay_shell.cli import main; assert main(['runbook', 'new', {str(path)!r}]) == 0")
    assert "nbformat" in loaded
    assert "lark" not in loaded
