"""`input` asks the front end's human, else standard input."""

from __future__ import annotations

from pathlib import Path

from assay_shell.runtime.vm import Runtime
from tests.support.command import Command
from tests.support.terminal import on_terminal


def test_lines_come_from_standard_input_until_its_end(cli: Command, tmp_path: Path) -> None:
    script = tmp_path / "ask.lua"
    script.write_text("print(input('name: '), input(), input())")
    done = cli(script, input="Ada\nLovelace\n")
    assert (done.returncode, done.stdout) == (0, b"Ada\tLovelace\tnil\n")
    assert b"name: " in done.stderr


def test_other_tasks_run_while_it_waits(cli: Command, tmp_path: Path) -> None:
    script = tmp_path / "ask.lua"
    script.write_text(
        "async.spawn(function() sleep(0.05) print('meanwhile') require('os').exit(0) end) input() print('never')"
    )
    shown = on_terminal(cli, "/bin/sh", "-c", f"sleep 2 | assay {script}", cwd=tmp_path, env={"RUST_LOG": "error"})
    assert shown == "meanwhile\n"


def test_the_front_end_is_asked_and_a_secret_is_masked_from_then_on() -> None:
    asked = []

    async def ask_line(prompt: str, *, secret: bool) -> str | None:
        asked.append((prompt, secret))
        return "correct horse battery"

    with Runtime() as runtime:
        runtime.ask_line = ask_line
        assert runtime.evaluate("return input('vault: ', true)") == ["correct horse battery"]
        assert asked == [("vault: ", True)]
        assert "correct horse" not in runtime.redactor.text("it was correct horse battery.")
