"""The list of all commands: names, usage and summaries at hand, their code loaded when one is used."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from assay_shell.session.answers import Answer
    from assay_shell.session.completion.commands import CommandWord
    from assay_shell.session.workspace import Workspace

    Run = Callable[[Workspace, str], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    *usage* is what stands behind its name, *place* the module and function that carry it out.
    """

    name: str
    usage: str
    summary: str
    place: str
    aliases: tuple[str, ...] = ()

    def load(self) -> Run:
        """Return the function that carries it out."""
        from importlib import import_module

        module, function = self.place.split(".")
        found: Run = getattr(import_module(f"assay_shell.session.commands.{module}"), function)
        return found


_TABLE = """
help     | [NAME]      | What there is, or what is known of a name               | documents.help
doc      | NAME        | Documentation of a function, group or module            | documents.document
modules  | [WORDS]     | Modules that fit the words, or all                      | documents.modules
reload   | [MODULE]    | Load modules again whose files have changed             | reloading.reload
vars     |             | The locals and globals of this session                  | variables.show
reset    |             | Forget locals, globals and results                      | variables.reset
format   | [FORM]      | How results are shown                                   | results.choose_format
to       | FILE.csv    | Write the last result to a file, secrets masked         | results.export
reveal   |             | Show the last result once with its secrets              | results.reveal
copy     | [FIELD]     | Put the last result, or a field of it, on the clipboard | results.copy
load     | FILE        | Put a file where you type, to change it and run it      | scripts.load
run      | FILE [ARGS] | Run a file in this session; its locals stay             | scripts.run
script   | FILE [ARGS] | Write the lines below into a file and run it by itself   | scripts.script
save     | FILE.lua    | Write what succeeded as a script                        | scripts.save
notebook | FILE.ipynb  | Write the session as a notebook with its outputs        | scripts.notebook
time     | CODE        | Run code and say how long it took                       | timing.measure
context  | [NAME]      | The kube contexts, or use another one                   | clusters.context
jobs     |             | What runs in the background                             | background.show
fg       | [N]         | Wait for a job and show its result                      | background.foreground
kill     | N           | End a job                                               | background.kill
readonly |             | Refuse all writes from now on                           | guarding.readonly
ask      |             | Ask before each write from now on                       | guarding.ask
exit     |             | Leave                                                   | leaving.leave
"""
_ARGUMENTS = {
    **dict.fromkeys(("help", "doc"), "name"),
    **dict.fromkeys(("modules", "reload"), "module"),
    **dict.fromkeys(("to", "load", "run", "script", "save", "notebook"), "path"),
    "format": "auto|table|tree|json|yaml|raw",
}
"""How completion goes on behind a command, as `CommandWord` says."""
_ALIASES = {"exit": ("quit", "q"), "help": ("h",)}


def _commands() -> tuple[Command, ...]:
    rows = ([cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines())
    return tuple(
        Command(name, usage, summary, place, _ALIASES.get(name, ())) for name, usage, summary, place in rows
    )


COMMANDS = _commands()
BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}


def find(name: str, mark: str = ".") -> Command:
    """Return the command of that name, before which users type *mark*.

    Raises:
        CommandError: there is none.
    """
    if name not in BY_NAME:
        from assay_shell.runtime.nearest import did_you_mean
        from assay_shell.session.answers import CommandError

        meant = did_you_mean(f"{mark}{name}", (f"{mark}{known}" for known in BY_NAME))
        raise CommandError(f"there is no command '{mark}{name}'{meant}; {mark}help lists them")
    return BY_NAME[name]


def words(mark: str) -> list[CommandWord]:
    """Return what completion needs to know of the commands; *mark* stands before their names."""
    from assay_shell.session.completion.commands import CommandWord

    return [
        CommandWord(
            f"{mark}{command.name}", command.summary, f"{mark}{command.name} {command.usage}".rstrip(),
            _ARGUMENTS.get(command.name, ""),
        )
        for command in COMMANDS
    ]  # fmt: skip
