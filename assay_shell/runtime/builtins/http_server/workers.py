"""More processes for one port: each runs the script from its beginning, the system spreads the connections."""

from __future__ import annotations

import os
import signal
import subprocess

from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import TimerHandle
    from collections.abc import Sequence

    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.vm import Runtime

WORKER_OF = "ASSAY_SERVE_WORKER_OF"
"""Set for the processes that the first one starts: its pid, a colon, and the port to share."""

_LOOK_AFTER = 0.5
"""Seconds between two looks at whether all processes are alive."""

_QUICK_END = 5.0
"""Seconds; a process that ends sooner is not simply started again: it would end again."""

_MOST_FAILURES = 5


class Workers:
    """The processes beside this one.

    Args:
        count: processes in all.
        first: pid of the process that has started this one, 0 in the first.
        port: the port to share, where there is a first.
        command: what starts the script.
    """

    def __init__(self, count: int, first: int = 0, port: int = 0, command: Sequence[str] = ()) -> None:
        self.count = count
        self.port = port
        self._first = first
        self._command = command
        self._processes: list[tuple[subprocess.Popen[bytes], float]] = []
        self._failures = 0
        self._owed = 0
        self._timer: TimerHandle | None = None

    @classmethod
    def wanted(cls, runtime: Runtime, count: int) -> Workers:
        """What `workers = count` means in this process.

        Raises:
            BuiltinError: there is no script that others could run too.
        """
        if count == 1:
            return cls(1)
        first, _, port = _worker_of(runtime).partition(":")
        if port:
            return cls(count, int(first), int(port))
        command = runtime.resources.get("command", ())
        if not command:
            raise BuiltinError("http.serve", "workers need a script that was started from a file or with -e")
        if runtime.resources.get("serves with workers"):
            raise BuiltinError("http.serve", "only one server of a script can have workers")
        return cls(count, command=command)

    def start(self, server: Server) -> None:
        """Start the other processes, and look after them until the server ends; those look whether we are there.

        Raises:
            BuiltinError: the system has no room for them; those that were started end with the server.
        """
        if self.count == 1:
            return
        if self._first:
            self._watch_first(server)
            return
        server.runtime.resources["serves with workers"] = True
        server.stopped.add_done_callback(lambda _: self._stop(server))
        for _ in range(self.count - 1):
            self._start_one(server)
        self._timer = server.loop.call_later(_LOOK_AFTER, self._look_after, server)

    def _watch_first(self, server: Server) -> None:
        """End as at SIGTERM once the process that started this one is gone."""
        if os.getppid() != self._first:
            os.kill(os.getpid(), signal.SIGTERM)
        elif not server.stopping:
            server.loop.call_later(_LOOK_AFTER, self._watch_first, server)

    def _start_one(self, server: Server) -> None:
        from time import monotonic

        environment = {**os.environ, WORKER_OF: f"{os.getpid()}:{server.place.port}"}
        try:
            process = subprocess.Popen(self._command, env=environment, stdin=subprocess.DEVNULL)
        except OSError as exc:
            raise BuiltinError("http.serve", f"failed to start a worker: {os_reason(exc)}") from exc
        self._processes.append((process, monotonic()))

    def _look_after(self, server: Server) -> None:
        from time import monotonic

        if server.stopping:
            self._terminate()
            return
        ended = [entry for entry in self._processes if entry[0].poll() is not None]
        for entry in ended:
            process, started = entry
            self._processes.remove(entry)
            self._failures = self._failures + 1 if monotonic() - started < _QUICK_END else 0
            again = self._failures <= _MOST_FAILURES
            doing = "starting another" if again else "leaving it at that"
            server.runtime.log("warn", f"http.serve: a worker ended with {process.returncode}, {doing}")
            self._owed += again
        self._start_owed(server)
        self._timer = server.loop.call_later(_LOOK_AFTER, self._look_after, server)

    def _start_owed(self, server: Server) -> None:
        """Start those that are to replace others; what the system has no room for now waits for the next look."""
        while self._owed:
            try:
                self._start_one(server)
            except BuiltinError as exc:
                server.runtime.log("warn", exc.message)
                return
            self._owed -= 1

    def _terminate(self) -> None:
        for process, _ in self._processes:
            process.terminate()

    def _stop(self, server: Server) -> None:
        """End the others as this one ended; they have the same time for it."""
        if self._timer is not None:
            self._timer.cancel()
        self._terminate()
        for process, _ in self._processes:
            try:
                process.wait(server.settings.grace + 1.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()


def _worker_of(runtime: Runtime) -> str:
    """What `WORKER_OF` says; taken out of the environment, for it is not meant for what the script starts."""
    if "worker of" not in runtime.resources:
        runtime.resources["worker of"] = os.environ.pop(WORKER_OF, "")
    found: str = runtime.resources["worker of"]
    return found
