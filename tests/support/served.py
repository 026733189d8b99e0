"""A script that serves, in a runtime on a thread of its own."""

from __future__ import annotations

import queue
import threading

from assay_shell.runtime.errors import AssayError
from assay_shell.runtime.vm import Runtime
from tests.support.talk import Answer, Talk, until

_TELL_PORT = "async.spawn(function() while not _SERVER_PORT do sleep(0.002) end print('port ' .. _SERVER_PORT) end) "


class Served:
    """Runs *code*, which calls `http.serve` and waits in it; `port` is where."""

    def __init__(self, code: str, **options: object) -> None:
        self._code = code
        self._options = options
        self._lines: queue.Queue[str] = queue.Queue()
        self.printed: list[str] = []
        """What the script has printed, line by line."""
        self.logs: list[tuple[str, str, dict[str, object]]] = []
        """Level, message and fields of each log line."""
        self.error: AssayError | None = None
        self.runtime: Runtime | None = None
        self._text = b""
        self._thread = threading.Thread(target=self._run, name="served", daemon=True)
        self._thread.start()
        self.port = int(self._lines.get(timeout=10).removeprefix("port "))

    def _run(self) -> None:
        with Runtime(stdout=self._write, log=self._log, **self._options) as self.runtime:  # type: ignore[arg-type]
            try:
                self.runtime.evaluate(_TELL_PORT + self._code, name="<served>")
            except AssayError as exc:
                self.error = exc
                self._lines.put(f"port 0{exc}" if not self.printed else "")

    def _write(self, data: bytes) -> None:
        self._text += data
        *lines, self._text = self._text.split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "surrogateescape")
            self.printed.append(text)
            if text.startswith("port "):
                self._lines.put(text)

    def _log(self, level: str, message: str, target: str = "assay", **fields: object) -> None:
        self.logs.append((level, message, {"target": target, **fields}))

    def talk(self, **options: object) -> Talk:
        """Open a connection."""
        return Talk(self.port, **options)  # type: ignore[arg-type]

    def get(self, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
        """Send one request on a connection of its own."""
        with self.talk() as talk:
            return talk.get(target, *lines, method=method, body=body)

    def send(self, data: bytes) -> Answer:
        """Send bytes on a connection of their own and read one answer."""
        with self.talk() as talk:
            return talk.send(data).answer()

    def has_printed(self, line: str, patience: float = 3.0) -> bool:
        """Return whether the script prints *line* within *patience* seconds."""
        return until(lambda: line in self.printed, patience)

    def has_logged(self, text: str, patience: float = 3.0) -> bool:
        """Return whether a message with *text* in it is logged within *patience* seconds."""
        return until(lambda: any(text in message for _, message, _ in self.logs), patience)

    def interrupt(self) -> None:
        """Ask the script to end, as Ctrl-C does."""
        assert self.runtime is not None
        self.runtime.interrupt()

    def wait(self, patience: float = 10.0) -> bool:
        """Return whether the script has ended within *patience* seconds."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    def close(self) -> None:
        """End the script, waiting for nobody."""
        until(self._ended, 15.0)

    def _ended(self) -> bool:
        if self._thread.is_alive() and self.runtime is not None:
            self.runtime.interrupt()
            self._thread.join(0.05)
        return not self._thread.is_alive()
