"""Opens the shell."""

from __future__ import annotations


def open_shell(*, readonly: bool = False, strict: bool = False, debug: bool = False) -> int:
    """Serve the terminal until the user leaves; the exit code."""
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.screen import Screen
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.workspace import Workspace

    screen = Screen()

    def make() -> Workspace:
        refuse = True if readonly else None
        return Workspace(
            Runtime(readonly=refuse, strict=strict, debug=debug, stdout=screen.write, stderr=screen.write)
        )

    engine = Engine(make)
    engine.start()
    import asyncio

    from assay_shell.repl.editor import Editor
    from assay_shell.repl.shell import Shell

    shell = Shell(engine, screen, Editor(engine, screen))
    try:
        return asyncio.run(shell.run())
    finally:
        engine.close()
