"""`make live`: bring the servers that this machine can have, run the live tests, and say what ran and what did not.

LIVE_BUDGET is how many minutes all of it may take (40); what does not fit is skipped by name. Arguments go to pytest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.live.harness.servers import READY, SERVERS, STATE_VARIABLE, bring, is_missing, left_out

_FOR_TESTS = 6 * 60  # seconds of the budget that are kept for the tests themselves


def main(arguments: Sequence[str]) -> int:
    """Prepare, run, report; the exit code of pytest, or 1 when a server failed to come."""
    deadline = time.monotonic() + float(os.environ.get("LIVE_BUDGET", "40")) * 60
    states, sound = prepare(deadline - _FOR_TESTS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.json"
        path.write_text(json.dumps(states))
        code = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "live", "-o", "faulthandler_timeout=300", "tests/live", *arguments],
            env={**os.environ, STATE_VARIABLE: str(path)},
            check=False,
        ).returncode
    for name, state in states.items():
        if state != READY:
            say(f"live: {name}: skipped: {state}")
    return code or (0 if sound else 1)


def prepare(deadline: float) -> tuple[dict[str, str], bool]:
    """Bring all servers until *deadline*: their states, and whether none failed."""
    states, sound = left_out([server for server in SERVERS if is_missing(server)], deadline - time.monotonic()), True
    for server in SERVERS:
        started = time.monotonic()
        if server.needs and states[server.needs] != READY:
            states[server.name] = f"it needs {server.needs}, which is not there"
        elif server.name not in states:
            states[server.name], fine = bring(server, deadline - started)
            sound = sound and fine
        say(f"live: {server.name}: {states[server.name]} after {time.monotonic() - started:.0f} s")
    return states, sound


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)  # noqa: T201 - the report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
