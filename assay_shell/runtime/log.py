"""Log lines on standard error: who may write them, what they look like, and what must not be in them.

The standard library's logging is not used: its import alone takes as long as starting the Lua VM.
"""

from __future__ import annotations

import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assay_shell.runtime.host import Host

    Field = str | int | float | bool | None

LEVELS = {"off": 0, "error": 1, "warn": 2, "info": 3, "debug": 4, "trace": 5}
_OFF, _INFO, _DEBUG, _TRACE = 0, 3, 4, 5
_COLOURS = {"error": "31", "warn": "33", "info": "32", "debug": "34", "trace": "35"}
_JSON_KEYS = ("timestamp", "level", "target", "message")


# Bytes that are not UTF-8 travel as lone surrogates; raw they could be control characters as well.
_STRAY = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}
_ESCAPES = (
    {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F) if chr(code) not in "\n\t"}
    | {code: f"\\u{{{code:x}}}" for code in range(0x80, 0xA0)}
    | _STRAY
)


class Filter:
    """Which lines get through: a level for everything, and one for each target that has its own."""

    def __init__(self, default: int, targets: Mapping[str, int] | None = None) -> None:
        self._default = default
        # The longest first, so that the most exact one decides.
        self._targets = sorted((targets or {}).items(), key=lambda item: -len(item[0]))

    @classmethod
    def parse(cls, text: str | None) -> Filter:
        """Read a filter as `RUST_LOG` has it.

        None means INFO, an empty text nothing at all. A level (a word in any case or 0 to 5) holds for every target,
        `target=level` for one; a bare target lets all of its lines through. A level that is none makes it INFO.
        """
        if text is None:
            return cls(_INFO)
        default, targets = _OFF, {}
        for item in filter(None, (part.strip() for part in text.split(","))):
            target, assigned, word = (part.strip() for part in item.partition("="))
            level = parse_level(word if assigned else target)
            if assigned and level is None:
                return cls(_INFO)
            if assigned:
                targets[target] = level or _OFF
            elif level is None:
                targets[target] = _TRACE
            else:
                default = level
        return cls(default, targets)

    def allows(self, level: str, target: str) -> bool:
        """Say whether a line of that level (a name in LEVELS) and target is to be written."""
        for prefix, limit in self._targets:
            if target.startswith(prefix):
                return LEVELS[level] <= limit
        return LEVELS[level] <= self._default


def parse_level(word: str) -> int | None:
    """Return the number of a level given as word or digit; None when it is neither."""
    if word in ("0", "1", "2", "3", "4", "5"):
        return int(word)
    return LEVELS.get(word.lower())


class Log:
    """Writes the lines that pass its filter through *write*, which gets whole lines as bytes.

    *hide* masks what must not be shown; control characters are made visible.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        lines: Filter,
        hide: Callable[[str], str],
        *,
        colour: bool = False,
        as_json: bool = False,
        now: Callable[[], int] = time.time_ns,
    ) -> None:
        self._write = write
        self._filter = lines
        self._hide = hide
        self._render = _json_line if as_json else _coloured_line if colour else _plain_line
        self._now = now
        self.as_json = as_json
        self.colour = colour

    def allows(self, level: str, target: str = "assay") -> bool:
        """Say whether such a line would be written."""
        return self._filter.allows(level, target)

    def write(self, level: str, message: str, target: str = "assay", /, **fields: Field) -> None:
        """Write one line; *level* is a name in LEVELS, *fields* follow the message."""
        if not self._filter.allows(level, target):
            return
        shown = {name: _redacted(self._hide, name, value) for name, value in fields.items()}
        self._write_line(level, self._hide(message), target, shown)

    def starting(self, mode: str, **fields: Field) -> None:
        """Write the line every run begins with.

        What was typed on the command line is no news to its reader: the redactor is not loaded for it.
        """
        if self.allows("info"):
            self._write_line("info", f"starting assay ({mode})", "assay", fields)

    def block(self, text: str) -> None:
        """Write *text* as it is but redacted (an error panel, which brings its own colours), where errors may be."""
        if self._filter.allows("error", "assay"):
            self._write(self._hide(text).encode("utf-8", "backslashreplace") + b"\n")

    def _write_line(self, level: str, message: str, target: str, fields: Mapping[str, Field]) -> None:
        line = self._render(_timestamp(self._now()), level, target, message, fields)
        self._write(line.encode("utf-8", "backslashreplace") + b"\n")


def from_environment(
    environ: Mapping[str, str], hide: Callable[[str], str], *, verbose: bool = False, as_json: bool = False
) -> Log:
    """Return the log of a process: standard error, filtered by *verbose* (DEBUG) or else `RUST_LOG`.

    Colours only on a terminal, and not where `NO_COLOR` is set to something.
    """
    lines = Filter(_DEBUG) if verbose else Filter.parse(environ.get("RUST_LOG"))
    colour = not environ.get("NO_COLOR") and sys.stderr.isatty()
    return Log(write_stderr, lines, hide, colour=colour, as_json=as_json)


def default_log(runtime: Host) -> Callable[..., None]:
    """Return what a runtime logs with where its front end gave it nothing: standard error, as the environment says."""
    from os import environ

    return from_environment(environ, lambda text: runtime.redactor.text(text)).write


def write_stderr(data: bytes) -> None:
    """Write whole to standard error; a reader that left is nobody's loss."""
    try:
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()
    except (BrokenPipeError, ValueError):  # the reader left, or the stream was closed
        return


def visible(text: str) -> str:
    """Return *text* with control characters (but line ends and tabs) and stray bytes made visible."""
    return text.translate(_ESCAPES)


def _timestamp(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest // 1000:06d}Z"


def _redacted(hide: Callable[[str], str], name: str, value: Field) -> Field:
    """Redact a field together with its name, since that may be what tells a secret (`token=...`)."""
    if not isinstance(value, str):
        return value
    prefix = f"{name}="
    hidden = hide(prefix + value)
    return hidden[len(prefix) :] if hidden.startswith(prefix) else hidden


def _plain_line(timestamp: str, level: str, target: str, message: str, fields: Mapping[str, Field]) -> str:
    tail = "".join(_labelled(name, f"{name}=", value) for name, value in fields.items())
    return f"{timestamp} {level.upper():>5} {visible(message)}{tail}"


def _coloured_line(timestamp: str, level: str, target: str, message: str, fields: Mapping[str, Field]) -> str:
    tail = "".join(
        _labelled(name, f"\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m", value) for name, value in fields.items()
    )
    return f"\x1b[2m{timestamp}\x1b[0m \x1b[{_COLOURS[level]}m{level.upper():>5}\x1b[0m {visible(message)}{tail}"


def _labelled(name: str, label: str, value: Field) -> str:
    """A field as it follows the message; the text of a further message stands bare, as programs expect it."""
    return f" {visible(str(value))}" if name == "message" else f" {label}{_field(value)}"


def _json_line(timestamp: str, level: str, target: str, message: str, fields: Mapping[str, Field]) -> str:
    import json  # only pipelines that ask for it pay

    line: dict[str, Field] = {
        "timestamp": timestamp, "level": level.upper(), "target": target, "message": _whole(message),
    }  # fmt: skip
    for name, value in fields.items():
        line[f"{name}_" if name in _JSON_KEYS else name] = _whole(value) if isinstance(value, str) else value
    return json.dumps(line, ensure_ascii=False)


def _whole(text: str) -> str:
    """Return *text* without lone surrogates, which are no JSON."""
    return text.translate(_STRAY).encode("utf-8", "backslashreplace").decode()


def _field(value: Field) -> str:
    """Return a value bare where that leaves no doubt about where it ends, else quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if value and not any(character in value for character in ' "=\t\n'):
        return visible(value)
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{visible(quoted)}"'
