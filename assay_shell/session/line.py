"""What a typed line asks for: code, a job, a command, documentation, or a program."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE, JOB, COMMAND, HELP, SOURCE, PROGRAM = "code", "job", "command", "help", "source", "program"

_COMMAND = re.compile(r"[.%]([A-Za-z][\w-]*)(?:\s+([\s\S]*))?")
_ASKED_BEFORE = re.compile(r"(\?\??)\s*([\w.:]*)")
_ASKED_BEHIND = re.compile(r"([A-Za-z_][\w.:]*)(\?\??)")
_WORD = re.compile(r"(exit|quit|help)(?:\s*\(\s*\))?\s*;?")
_JOB = re.compile(r"([\s\S]*\S)\s&")


@dataclass(frozen=True, slots=True)
class Line:
    """*kind* is one of the words above; *name* is that of a command; *argument* is the rest, or the code."""

    kind: str
    argument: str
    name: str = ""


def read(text: str) -> Line:
    """Return what *text* asks for. Nothing but code spans lines, except as the argument of a command."""
    stripped = text.strip()
    if match := _COMMAND.fullmatch(stripped):
        return Line(COMMAND, (match[2] or "").strip(), match[1])
    if stripped.startswith("!"):
        return Line(PROGRAM, stripped[1:].strip())
    if match := _ASKED_BEFORE.fullmatch(stripped):
        return Line(_asked(match[1]), match[2])
    if match := _ASKED_BEHIND.fullmatch(stripped):
        return Line(_asked(match[2]), match[1])
    if match := _JOB.fullmatch(stripped):
        return Line(JOB, match[1])
    return Line(CODE, text)


def bare_command(text: str) -> Line | None:
    """The command that somebody means who types its name alone, as other shells have it; None for all else."""
    match = _WORD.fullmatch(text.strip())
    return Line(COMMAND, "", match[1]) if match else None


def _asked(marks: str) -> str:
    return SOURCE if marks == "??" else HELP
