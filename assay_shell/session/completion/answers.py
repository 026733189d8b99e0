"""What completion, signature help and inspection answer with."""

from __future__ import annotations

from typing import NamedTuple


class Candidate(NamedTuple):
    """One way to go on: *text* replaces what was typed.

    *kind* is `keyword`, `local`, `global`, `group`, `module`, `function`, `method`, `field`, `option`, `result`, `env`,
    `path`, `command` or `name` (of something in a cluster); *signature* and *summary* may be "". *label* is what a menu
    shows where that is not the text.
    """

    text: str
    kind: str
    signature: str = ""
    summary: str = ""
    label: str = ""

    @property
    def shown(self) -> str:
        """What a menu shows."""
        return self.label or self.text


class Completions(NamedTuple):
    """The candidates for `source[start:end]`, the best first."""

    start: int
    end: int
    items: list[Candidate]


class SignatureHelp(NamedTuple):
    """The call around the cursor: its *label* (`c:logs(namespace, pod, opts?)`) and *parameters* as written in it.

    *active* is the index of the argument that is being typed, None where there are more arguments than parameters; in a
    table of options *option* is the key whose value is being typed, and *summary* says what that option means.
    """

    label: str
    parameters: tuple[str, ...]
    active: int | None
    summary: str
    option: str = ""


class Documentation(NamedTuple):
    """What is known of a name: its *signature*, *text* for people, and with detail its *source* code.

    Each may be "". *place* says where the source stands, `file.lua:12`.
    """

    name: str
    signature: str
    text: str
    source: str = ""
    place: str = ""
