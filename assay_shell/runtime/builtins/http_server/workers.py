"""More processes for one port: each runs the script from its beginning, the system spreads the connections."""

from __future__ import annotations

import os
import signal
import stat
import subprocess

from assay_shell.runtime.errors import BuiltinError, os_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import TimerHandle
    from collections.abc import Sequence

    from assay_shell.runtime.builtins.http_server.server import Server
    from assay_shell.runtime.vm import Runtime

WORKER_OF = "ASSAY_SERVE_WORKER_OF"
"""Set for the processes that the first one starts: the number of their end of the lifeline, a colon, and the port."""

_LOOK_AFTER = 0.5
"""Seconds between two looks at whether all processes are alive."""

_QUICK_END = 5.0
"""Seconds; a process that ends sooner is not simply started again: it would end again."""

_MOST_FAILURES = 5


class Workers:
    """The processes beside this one.

    They end when the lifeline does, a pipe that the first process holds open: also when that one is killed. A signal
    could be the second one for a process that has had the first with all of its group, and a second one ends it at
    once, with requests under way.

    Args:
        count: processes in all.
        lifeline: what this process reads of it, -1 in the first.
        port: the port to share, where there is a first.
        command: what starts the script.
    """

    def __init__(self, count: int, lifeline: int = -1, port: int = 0, command: Sequence[str] = ()) -> None:
        self.count = count
        self.port = port
        self._lifeline = lifeline
        self._held = -1
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
        lifeline, port = _worker_of(runtime)
        if port:
            return cls(count, lifeline, port)
        command = runtime.resources.get("command", ())
        if not command:
            raise BuiltinError("http.serve", "workers need a script that was started from a file or with -e")
        if runtime.resources.get("serves with workers"):
            raise BuiltinError("http.serve", "only one server of a script can have workers")
        return cls(count, command=command)

    def start(self, server: Server) -> None:
        """Start the other processes, and look after them until the server ends; those follow its end.

        Raises:
            BuiltinError: the system has no room for them; those that were started end with the server.
        """
        if self.count == 1:
            return
        if self.port:
            server.loop.add_reader(self._lifeline, self._follow, server)
            server.stopped.add_done_callback(lambda _: server.loop.remove_reader(self._lifeline))
            return
        server.runtime.resources["serves with workers"] = True
        self._lifeline, self._held = os.pipe()
        server.ending.add_done_callback(lambda _: self._let_go())
        server.stopped.add_done_callback(lambda _: self._collect(server))
        for _ in range(self.count - 1):
            self._start_one(server)
        self._timer = server.loop.call_later(_LOOK_AFTER, self._look_after, server)

    def _follow(self, server: Server) -> None:
        """End as at SIGTERM, for the first process ends or is gone; unless somebody has said so already."""
        server.loop.remove_reader(self._lifeline)
        if not server.stopping and not server.runtime.signalled:
            os.kill(os.getpid(), signal.SIGTERM)

    def _start_one(self, server: Server) -> None:
        from time import monotonic

        lifeline = self._lifeline
        environment = {**os.environ, WORKER_OF: f"{lifeline}:{server.place.port}"}
        try:
            process = subprocess.Popen(
                self._command, env=environment, stdin=subprocess.DEVNULL, pass_fds=(lifeline,)
            )  # fmt: skip
        except OSError as exc:
            raise BuiltinError("http.serve", f"failed to start a worker: {os_reason(exc)}") from exc
        self._processes.append((process, monotonic()))

    def _look_after(self, server: Server) -> None:
        from time import monotonic

        if server.stopping:
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

    def _let_go(self) -> None:
        """Have the others end as this one does; they have the same time for it."""
        if self._timer is not None:
            self._timer.cancel()
        os.close(self._held)
        os.close(self._lifeline)

    def _collect(self, server: Server) -> None:
        """Wait for the others, and end those that take too long."""
        for process, _ in self._processes:
            try:
                process.wait(server.settings.grace + 1.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()


def _worker_of(runtime: Runtime) -> tuple[int, int]:
    """Lifeline and port that `WORKER_OF` names, -1 and 0 where this process is no worker.

    It is taken out of the environment, for it is not meant for what the script starts; what was started earlier has
    no such descriptor.
    """
    found: tuple[int, int] | None = runtime.resources.get("worker of")
    if found is None:
        lifeline, _, port = os.environ.pop(WORKER_OF, "").partition(":")
        found = (int(lifeline), int(port)) if port and _is_pipe(int(lifeline)) else (-1, 0)
        runtime.resources["worker of"] = found
    return found


def _is_pipe(descriptor: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
    except OSError:
        return False
