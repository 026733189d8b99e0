"""What the command line says: one pass over the arguments, checked against the table of commands.

Written by hand because scripts start through it: argparse alone takes longer to import than Lua takes to start.
"""

from __future__ import annotations

from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Setting = str | int | list[str]


class Option:
    """One option; *value* is what its value is called in messages, "" where it takes none; some may come *often*."""

    __slots__ = ("choices", "name", "often", "short", "value")

    def __init__(
        self, name: str, short: str = "", *, value: str = "", choices: tuple[str, ...] = (), often: bool = False
    ) -> None:
        self.often = often
        self.name = name
        self.short = short
        self.value = value
        self.choices = choices

    @property
    def shown(self) -> str:
        """The option as messages name it."""
        return f"--{self.name} <{self.value}>" if self.value else f"--{self.name}"


COUNT = "NUMBER"
"""Name of the values that are unsigned integers."""

COMMON = (
    Option("help", "h"),
    Option("version", "V"),
    Option("verbose", "v"),
    Option("readonly"),
    Option("strict"),
    Option("debug"),
    Option("log-format", value="FORMAT", choices=("text", "json")),
    Option("exit-codes", value="KIND", choices=("plain", "detailed")),
)

BARE_FILE = "FILE"
"""The command of `assay FILE`, which has no name of its own."""

OF_CHECKS = (
    Option("output", "o", value="FORMAT[=FILE]", often=True),
    Option("tag", value="TAG", often=True),
    Option("only", value="NAME", often=True),
    Option("watch", value="DURATION"),
)
"""Options of a run of checks, which a bare file may be as well."""

OF_SHELL = (Option("ask"),)
"""Options of the shell, which the command line has without any command."""

COMMANDS: dict[str, tuple[Option, ...]] = {
    "shell": OF_SHELL,
    "doctor": (),
    "completion": (),
    "run": (
        Option("mode", value="MODE", choices=("script", "tool")),
        Option("timeout", value=COUNT),
        Option("script-stdout"),
        *OF_CHECKS,
    ),
    "exec": (Option("eval", "e", value="CODE"), Option("script-stdout")),
    "docs": (Option("all"),),
    "context": (Option("limit", "l", value=COUNT), Option("no-builtins")),
    "modules": (Option("json"), Option("category", value="NAME")),
    "checks": (),
    "resume": (
        Option("token", value="TOKEN"),
        Option("approve", value="ANSWER", choices=("yes", "no")),
        Option("resume-ttl", value=COUNT),
        Option("approver", value="NAME"),
        Option("legacy-state"),
        Option("script-stdout"),
    ),
    "approvals": (Option("json"), Option("all")),
    "runbook": (
        Option("param", "p", value="KEY=VALUE", often=True),
        Option("params", "P", value="FILE", often=True),
        Option("output", "o", value="FILE"),
        Option("html", value="FILE"),
        Option("junit", value="FILE"),
        Option("timeout", value=COUNT),
        Option("from-cell", value="TAG"),
        Option("until", value="TAG"),
        Option("approve", value="ANSWER", choices=("yes", "no", "fail")),
        Option("resume", value="TOKEN"),
        Option("approver", value="NAME"),
    ),
    "kernel": (Option("user"), Option("prefix", value="FOLDER"), Option("name", value="NAME")),
    "help": (),
}

# Operands each command takes; None: as many as there are (they are the script's).
_OPERANDS: dict[str, int | None] = {
    BARE_FILE: None, "run": None, "exec": None, "docs": 2, "context": 1, "modules": 0, "checks": 2, "resume": 0,
    "approvals": 2, "help": 1, "runbook": 3, "kernel": 1, "shell": 0, "doctor": 0, "completion": 1,
}  # fmt: skip


class Invocation:
    """A command ("" for none), its options by long name, and its operands in order."""

    __slots__ = ("command", "operands", "options")

    def __init__(self) -> None:
        self.command = ""
        self.options: dict[str, Setting] = {}
        self.operands: list[str] = []

    def flag(self, name: str) -> bool:
        """Say whether an option without a value was given."""
        return name in self.options

    def text(self, name: str) -> str | None:
        """Return the value of an option; None when it was not given."""
        value = self.options.get(name)
        return None if value is None else str(value)

    def texts(self, name: str) -> list[str]:
        """Return the values of an option that may come often, in order."""
        value = self.options.get(name)
        return value if isinstance(value, list) else []

    def count(self, name: str) -> int | None:
        """Return the value of a numeric option; None when it was not given."""
        value = self.options.get(name)
        return int(value) if isinstance(value, int | str) else None


def parse(arguments: Sequence[str]) -> Invocation:
    """Return what *arguments* (without the program's name) ask for.

    Options may stand anywhere; those of a command only after its name. After `--` everything is an operand.

    Raises:
        UsageError: an option is unknown, repeated, or has no value or a bad one; there is an operand too many.
    """
    invocation = Invocation()
    rest = list(arguments)
    while rest:
        item = rest.pop(0)
        if item == "--":
            for operand in rest:
                _add_operand(invocation, operand)
            break
        if item.startswith("--"):
            _read_long(invocation, item, rest)
        elif item.startswith("-") and item != "-":
            _read_short(invocation, item, rest)
        else:
            _add_operand(invocation, item)
    if "ask" in invocation.options and invocation.command not in ("", "shell"):
        raise UsageError("'--ask' is for the shell, which asks before each write")
    return invocation


def _add_operand(invocation: Invocation, item: str) -> None:
    if not invocation.command:
        if item in COMMANDS:
            invocation.command = item
            return
        invocation.command = BARE_FILE
    allowed = _OPERANDS[invocation.command]
    if allowed is not None and len(invocation.operands) >= allowed:
        raise UsageError(f"'{invocation.command}' takes no argument {_shown(item)} here")
    invocation.operands.append(item)


def _read_long(invocation: Invocation, item: str, rest: list[str]) -> None:
    name, assigned, value = item[2:].partition("=")
    options = _known(invocation)
    option = next((option for option in options if option.name == name), None)
    if option is None:
        raise UsageError(_unknown(invocation, f"--{name}", [option.name for option in options]))
    if not option.value:
        if assigned:
            raise UsageError(f"'{option.shown}' takes no value, but got {_shown(value)}")
        _store(invocation, option)
    else:
        _store(invocation, option, value if assigned else _next_value(option, rest))


def _read_short(invocation: Invocation, item: str, rest: list[str]) -> None:
    letters = item[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        option = next((option for option in _known(invocation) if option.short == letter), None)
        if option is None:
            raise UsageError(_unknown(invocation, f"-{letter}", []))
        if option.value:
            _store(invocation, option, letters.removeprefix("=") if letters else _next_value(option, rest))
            return
        _store(invocation, option)


def _known(invocation: Invocation) -> Iterable[Option]:
    if not invocation.command:
        return (*COMMON, *OF_SHELL)
    own = OF_CHECKS if invocation.command == BARE_FILE else COMMANDS[invocation.command]
    return (*COMMON, *own)


def _next_value(option: Option, rest: list[str]) -> str:
    # Code may well begin with a dash (a Lua comment does); nothing else that is expected here can.
    if not rest or (rest[0].startswith("-") and rest[0] != "-" and option.name != "eval"):
        raise UsageError(f"'{option.shown}' needs a value")
    return rest.pop(0)


def _store(invocation: Invocation, option: Option, value: str = "") -> None:
    if option.often:
        invocation.options[option.name] = [*invocation.texts(option.name), value]
        return
    if option.name in invocation.options:
        raise UsageError(f"'--{option.name}' was given more than once")
    invocation.options[option.name] = _checked(option, value)


def _checked(option: Option, value: str) -> Setting:
    if option.choices and value not in option.choices:
        raise UsageError(f"{_shown(value)} is no value of '{option.shown}' (one of: {', '.join(option.choices)})")
    if option.value == COUNT:
        if not (value.isascii() and value.isdigit()) or int(value[:20]) >= 2**64 or len(value) > 20:
            raise UsageError(f"{_shown(value)} is no value of '{option.shown}' (a whole number, not negative)")
        return int(value)
    return value


def _unknown(invocation: Invocation, option: str, known: list[str]) -> str:
    owner = next((name for name, options in COMMANDS.items() if option[2:] in [o.name for o in options]), None)
    if owner is not None:
        return f"unknown option {_shown(option)} here; 'assay {owner}' has it"
    from assay_shell.runtime.nearest import nearest  # only when something is wrong already

    near = nearest(option.lstrip("-"), known)
    message = f"unknown option {_shown(option)}" + (f"; did you mean --{near}?" if near else "")
    if invocation.operands and _OPERANDS[invocation.command] is None:
        message += f" (for an argument of the script, write: -- {option})"
    return message


def _shown(text: str) -> str:
    return "'" + text.encode("unicode_escape", "backslashreplace").decode() + "'" if _odd(text) else f"'{text}'"


def _odd(text: str) -> bool:
    return not text.isprintable()
