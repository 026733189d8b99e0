"""How many live tests have to pass: a number for each server, which counts where the server can be had."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.live.harness.servers import READY, STATE_VARIABLE

FILE = Path(__file__).parents[1] / "minimum"


def wanted() -> dict[str, int]:
    """Return how many tests have to pass with each server in this run; nothing where nobody has prepared one.

    A server that failed to come counts as if it were there, so that such a run fails.
    """
    path = os.environ.get(STATE_VARIABLE)
    if path is None:
        return {}
    states = json.loads(Path(path).read_text())
    return {name: number for name, number in numbers().items() if _counts(states.get(name, READY))}


def numbers() -> dict[str, int]:
    """Return the lines of the file: server -> tests that need it."""
    lines = (line.partition("#")[0].split() for line in FILE.read_text().splitlines())
    return {words[0]: int(words[1]) for words in lines if words}


def _counts(state: str) -> bool:
    return state == READY or state.startswith("failed: ")
