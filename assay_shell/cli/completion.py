"""`assay completion SHELL`: a script with which bash, zsh or fish complete the command line."""

from __future__ import annotations

import sys

from assay_shell.cli.arguments import COMMANDS, COMMON, OF_CHECKS, OF_SHELL
from assay_shell.runtime.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assay_shell.cli.arguments import Invocation, Option


_OPERANDS = {"completion": "bash zsh fish", "checks": "validate schema", "approvals": "list show expire"}


def show(invocation: Invocation) -> int:
    """Print the script.

    Raises:
        UsageError: no shell is named, or one that there is no script for.
    """
    asked = invocation.operands[0] if invocation.operands else ""
    if asked not in _SHELLS:
        raise UsageError(f"'completion' needs one of: {', '.join(_SHELLS)}")
    sys.stdout.write(_SHELLS[asked]())
    return 0


def _words(options: Iterable[Option]) -> list[str]:
    both = ((f"--{option.name}", f"-{option.short}" if option.short else "") for option in options)
    return [word for pair in both for word in pair if word]


def _operands(command: str) -> str:
    """The words that may follow a command, "" where these are files or nothing."""
    if command == "help":
        return " ".join(COMMANDS)
    if command == "docs":
        from assay_shell.runtime.builtins import GROUPS

        return " ".join(("build", *GROUPS))
    return _OPERANDS.get(command, "")


def _bash() -> str:
    cases = []
    for command, options in COMMANDS.items():
        words = " ".join((*_words((*COMMON, *options)), *_operands(command).split()))
        cases.append(f"    {command}) words='{words}' ;;")
    first = " ".join((*COMMANDS, *_words((*COMMON, *OF_SHELL))))
    bare = " ".join(_words((*COMMON, *OF_CHECKS)))
    return f"""\
# bash completion of assay
_assay() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command= words= index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ${{COMP_WORDS[index]}} in
      -*) ;;
      *) command=${{COMP_WORDS[index]}}; break ;;
    esac
  done
  case $command in
    '') words='{first}' ;;
{chr(10).join(cases)}
    *) words='{bare}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ $word != -* ]]; then
    compopt -o filenames
    COMPREPLY+=($(compgen -d -- "$word") $(compgen -f -X '!*.@(lua|yaml|yml|ipynb)' -- "$word"))
  fi
}}
complete -F _assay assay
"""


def _zsh() -> str:
    cases = []
    for command, options in COMMANDS.items():
        words = " ".join((*_words((*COMMON, *options)), *_operands(command).split()))
        cases.append(f"    {command}) candidates=({words}) ;;")
    first = " ".join((*COMMANDS, *_words((*COMMON, *OF_SHELL))))
    bare = " ".join(_words((*COMMON, *OF_CHECKS)))
    return f"""\
#compdef assay
# zsh completion of assay
_assay() {{
  local command= index
  for ((index = 2; index < CURRENT; index++)); do
    if [[ ${{words[index]}} != -* ]]; then command=${{words[index]}}; break; fi
  done
  local -a candidates
  case $command in
    '') candidates=({first}) ;;
{chr(10).join(cases)}
    *) candidates=({bare}) ;;
  esac
  compadd -- $candidates
  _files -g '*.(lua|yaml|yml|ipynb)(-.)'
}}
compdef _assay assay
"""


def _fish() -> str:
    lines = ["# fish completion of assay", "complete -c assay -f"]
    none = "__fish_use_subcommand"
    for command in COMMANDS:
        lines.append(f"complete -c assay -n {none} -a {command}")
    lines += _fish_options(none, (*COMMON, *OF_SHELL))
    for command, options in COMMANDS.items():
        seen = f"'__fish_seen_subcommand_from {command}'"
        lines += _fish_options(seen, (*COMMON, *options))
        if operands := _operands(command):
            lines.append(f"complete -c assay -n {seen} -a '{operands}'")
    for ending in (".lua", ".yaml", ".yml", ".ipynb"):
        lines.append(f"complete -c assay -a '(__fish_complete_suffix {ending})'")
    return "\n".join(lines) + "\n"


def _fish_options(condition: str, options: Iterable[Option]) -> list[str]:
    lines = []
    for option in options:
        short = f" -s {option.short}" if option.short else ""
        value = f" -r -a '{' '.join(option.choices)}'" if option.choices else " -r" if option.value else ""
        lines.append(f"complete -c assay -n {condition} -l {option.name}{short}{value}")
    return lines


_SHELLS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
