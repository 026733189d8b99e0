"""A front end that measures: one kernel process, talked to over its sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

LONGEST = 60_000
"""Milliseconds after which something is never going to come."""
OURS = "assay_shell.kernel"
THEIRS = "ipykernel_launcher"


class Front:
    """Starts the kernel that is the Python module *module*; `started` is when."""

    def __init__(self, module: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        path, _ = write_connection_file(str(Path(self._folder.name, "kernel.json")))
        info: dict[str, Any] = json.loads(Path(path).read_text())
        self._session = Session(key=info["key"].encode())
        self._context = zmq.Context()
        self._sockets = {
            name: self._connected(kind, info[f"{name}_port"])
            for name, kind in (("shell", zmq.DEALER), ("control", zmq.DEALER), ("iopub", zmq.SUB))
        }
        self._sockets["iopub"].setsockopt(zmq.SUBSCRIBE, b"")
        self._sockets["iopub"].setsockopt(zmq.RCVHWM, 0)
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "-f", path], start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "IPYTHONDIR": self._folder.name, "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
        )  # fmt: skip

    def _connected(self, kind: int, port: int) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.linger = 0
        socket.setsockopt(zmq.RECONNECT_IVL, 5)
        socket.connect(f"tcp://127.0.0.1:{port}")
        return socket

    def send(self, kind: str, content: dict[str, Any], channel: str = "shell") -> str:
        """Send a request; its id."""
        message = self._session.msg(kind, content)
        self._session.send(self._sockets[channel], message)
        return str(message["header"]["msg_id"])

    def receive(self, channel: str) -> dict[str, Any]:
        """The next message.

        Raises:
            TimeoutError: none comes.
        """
        if not self._sockets[channel].poll(LONGEST):
            raise TimeoutError(f"nothing on {channel}")
        _, message = self._session.recv(self._sockets[channel])
        return message or {}

    def reply(self, request: str, channel: str = "shell") -> dict[str, Any]:
        """The content of the reply to *request*."""
        while True:
            message = self.receive(channel)
            if message["parent_header"].get("msg_id") == request:
                return dict(message["content"])

    def execute(self, code: str) -> str:
        """Send a cell; its id."""
        return self.send("execute_request", {"code": code, "silent": False, "stop_on_error": False})

    def run(self, code: str) -> dict[str, Any]:
        """The reply to a cell."""
        return self.reply(self.execute(code))

    def idle(self, request: str) -> None:
        """Take in what is published until *request* is done with."""
        while True:
            message = self.receive("iopub")
            mine = message["parent_header"].get("msg_id") == request
            if mine and message["content"].get("execution_state") == "idle":
                return

    def ready(self) -> float:
        """Milliseconds from the start until the kernel has told what it is."""
        self.reply(self.send("kernel_info_request", {}))
        return (time.perf_counter() - self.started) * 1000

    def processor_time(self) -> float:
        """Milliseconds of processor time so far; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._context.destroy(linger=0)
        self._folder.cleanup()

