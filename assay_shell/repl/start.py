"""Opens the shell."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.front import User
    from assay_shell.repl.screen import Screen
    from assay_shell.repl.settings import Settings
    from assay_shell.repl.shell import Shell, Work
    from assay_shell.session.answers import Answer
    from assay_shell.session.workspace import Workspace


def open_shell(*, readonly: bool = False, ask: bool = False, strict: bool = False, debug: bool = False) -> int:
    """Serve the terminal until the user leaves; the exit code."""
    import gc

    gc.disable()  # until the first prompt is there
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.front import User
    from assay_shell.repl.places import config_folder
    from assay_shell.repl.screen import Screen
    from assay_shell.repl.settings import read_settings

    screen, user, folder = Screen(), User(), config_folder()
    settings, faults = read_settings(os.path.join(folder, "config.toml"))
    init = os.path.join(folder, "init.lua")
    start_up = _start_up(init) if os.path.exists(init) else None
    modes = Modes(readonly=readonly, ask=ask, strict=strict, debug=debug)
    engine = Engine(lambda: _workspace(screen, user, settings, modes))
    for line in [_banner(), *(_warning(screen, fault) for fault in faults)]:
        screen.say(line)
    if start_up is None:
        screen.invite()
    engine.start()  # the VM comes into being while the editor is loaded
    try:
        return _serve(engine, user, screen, settings, modes, start_up)
    finally:
        screen.begin()
        engine.close()


def _serve(
    engine: Engine, user: User, screen: Screen, settings: Settings, modes: Modes, start_up: Work | None
) -> int:
    import asyncio

    async def serve() -> int:
        return await _shell(engine, user, screen, settings, modes).run(start_up)

    return asyncio.run(serve())


class Modes:
    """What the command line set; commands may only tighten it."""

    __slots__ = ("ask", "debug", "readonly", "strict")

    def __init__(self, *, readonly: bool, ask: bool, strict: bool, debug: bool) -> None:
        self.readonly = readonly
        self.ask = ask
        self.strict = strict
        self.debug = debug


def _workspace(screen: Screen, user: User, settings: Settings, modes: Modes) -> Workspace:
    """A workspace on a VM of its own."""
    from assay_shell.repl.front import ShellFront
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.recording import Recorder
    from assay_shell.session.workspace import Workspace

    front = ShellFront(screen, user)
    records = Recorder(front.write)
    runtime = Runtime(
        readonly=modes.readonly or None, strict=modes.strict, debug=modes.debug,
        stdout=records.write, stderr=front.write,
    )  # fmt: skip
    runtime.ask_line = front.ask_line
    workspace = Workspace(runtime, front, records)
    workspace.format = settings.format
    workspace.production_patterns = settings.production
    workspace.aliases.update(settings.aliases)
    if modes.ask:
        workspace.approvals.start()
    return workspace


def _shell(engine: Engine, user: User, screen: Screen, settings: Settings, modes: Modes) -> Shell:
    from assay_shell.repl.editor import Editor
    from assay_shell.repl.front import ShellFront
    from assay_shell.repl.history import SharedHistory
    from assay_shell.repl.places import data_folder, project
    from assay_shell.repl.shell import Shell

    def hide(text: str) -> str:
        return engine.workspace.runtime.redactor.text(text)

    def restart() -> None:
        front = engine.workspace.front
        assert isinstance(front, ShellFront)
        front.give_up()
        engine.replace()

    def warn(fault: str) -> None:
        screen.say(_warning(screen, fault))

    history = SharedHistory(os.path.join(data_folder(), "history.jsonl"), project(), hide, warn)
    editor = Editor(engine, screen, settings, history)
    return Shell(engine, user, screen, editor, settings, restart, debug=modes.debug)


def _start_up(path: str) -> Work:
    """What runs the start-up file."""

    async def run(workspace: Workspace) -> Answer:
        return await workspace.start_up(path)

    return run


def _warning(screen: Screen, fault: str) -> str:
    return f"{screen.paint('warning:', '33')} {fault}"


def _banner() -> str:
    from assay_shell import __version__

    return f"assay {__version__}  Lua 5.5   ?help  Tab completes  Ctrl-D leaves"
