"""More processes for one port: each runs the script from its beginning, the system spreads the connections."""

from __future__ import annotations

import os
import subprocess

from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import TimerHandle
    from collections.abc import Sequence

    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.vm import Runtime

PORT_VARIABLE = "ASSAY_SERVE_WORKER_PORT"
"""Set for the processes that the first one starts: the port to share."""

_LOOK_AFTER = 0.5
"""Seconds between two looks at whether all processes are alive."""

_QUICK_END = 5.0
"""Seconds; a process that ends sooner is not simply started again: it would end again."""

_MOST_FAILURES = 5


class Workers:
    """The processes beside this one.

    Args:
        count: processes in all.
        port: the port to share in a process that another one has started, 0 in the first.
        command: what starts the script.
    """

    def __init__(self, count: int, port: int, command: Sequence[str]) -> None:
        self.count = count
        self.port = port
        self._command = command
        self._processes: list[tuple[subprocess.Popen[bytes], float]] = []
        self._failures = 0
        self._timer: TimerHandle | None = None

    @classmethod
    def wanted(cls, runtime: Runtime, count: int) -> Workers:
        """What `workers = count` means in this process.

        Raises:
            BuiltinError: there is no script that others could run too.
        """
        if count == 1:
            return cls(1, 0, ())
        port = int(os.environ.get(PORT_VARIABLE, "0"))
        command = runtime.resources.get("command", ())
        if not command and not port:
            raise BuiltinError("http.serve", "workers need a script that was started from a file or with -e")
        return cls(count, port, command)

    def start(self, server: Server) -> None:
        """Start the other processes, and look after them until the server ends."""
        if self.count == 1 or self.port:
            return
        if server.place.path is not None:
            raise BuiltinError("http.serve", "workers share a port, not a unix socket")
        for _ in range(self.count - 1):
            self._start_one(server)
        server.stopped.add_done_callback(lambda _: self._stop(server))
        self._timer = server.loop.call_later(_LOOK_AFTER, self._look_after, server)

    def _start_one(self, server: Server) -> None:
        from time import monotonic

        environment = {**os.environ, PORT_VARIABLE: str(server.place.port)}
        process = subprocess.Popen(self._command, env=environment, stdin=subprocess.DEVNULL)
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
            if again:
                self._start_one(server)
        self._timer = server.loop.call_later(_LOOK_AFTER, self._look_after, server)

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
