"""The kernel's process: `python -m assay_shell.kernel -f CONNECTION_FILE`, as Jupyter starts it.

ipykernel's own application brings a Python shell, profiles, debuggers and plotting with it, about a third of its start.
This one has what a Lua kernel needs of it: sockets, the threads that serve them, and an end that leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import signal
import sys

import zmq
from ipykernel.control import ControlThread
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.parentpoller import ParentPollerUnix
from jupyter_client.connect import ConnectionFileMixin, write_connection_file
from tornado.ioloop import IOLoop
from traitlets import TraitError
from zmq.eventloop.zmqstream import ZMQStream

from assay_shell.kernel.kernel import AssayKernel
from assay_shell.kernel.log import write_to_standard_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FLUSH_AFTER = 0.02
"""Seconds that output may wait for more of it."""
_LINGER = 1000
"""Milliseconds that what was sent may take to leave once the kernel has ended."""
_PARENT = "JPY_PARENT_PID"
"""The variable in which Jupyter says which process the kernel must not outlive."""


class KernelProcess(ConnectionFileMixin):
    """Sockets, threads and signals of one kernel."""

    def open(self, path: str) -> None:
        """Bind the sockets that the connection file at *path* names; where there is none yet, one is written.

        Raises:
            OSError: the file cannot be read or written.
            ValueError, TypeError, AttributeError, TraitError: it is no connection file.
            zmq.ZMQError: a port is taken.
        """
        if not os.path.exists(path):
            write_connection_file(path)
            atexit.register(_remove, path)
        self.load_connection_file(path)
        self.context = zmq.Context()
        bound = {
            name: self._bound(kind, name)
            for name, kind in (
                ("shell", zmq.ROUTER), ("stdin", zmq.ROUTER), ("control", zmq.ROUTER), ("iopub", zmq.XPUB)
            )
        }  # fmt: skip
        # A context of its own, so that the kernel answers that it lives however much the others have to send.
        self._heartbeat = Heartbeat(
            zmq.Context(), (self.transport, self.ip, self.hb_port),
            curve_publickey=self.curve_publickey, curve_secretkey=self.curve_secretkey,
        )  # fmt: skip
        self._heartbeat.start()
        self._iopub = IOPubThread(bound.pop("iopub"), session=self.session)
        self._iopub.start()
        self._sockets = bound
        self._control = ControlThread(daemon=True)
        self._control.start()

    def _bound(self, kind: int, name: str) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self.context.socket(kind)
        socket.linger = _LINGER
        if self.curve_secretkey is not None:
            socket.curve_secretkey = self.curve_secretkey
            socket.curve_publickey = self.curve_publickey
            socket.curve_server = True
        if kind == zmq.ROUTER:
            socket.router_handover = 1  # a client that comes back under its name is the same client
        if name == "stdin":
            socket.router_mandatory = 1  # a question to a client that is not there yet must not get lost
        mark = ":" if self.transport == "tcp" else "-"
        socket.bind(f"{self.transport}://{self.ip}{mark}{getattr(self, f'{name}_port')}")
        return socket

    def run(self) -> None:
        """Serve the kernel until its client, a signal or the end of its parent ends it."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # while a cell runs, that cell takes it
        sys.stdout, sys.stderr = (self._stream(name) for name in ("stdout", "stderr"))
        kernel = AssayKernel.instance(
            parent=self,
            session=self.session,
            log=logging.getLogger("assay"),
            shell_stream=ZMQStream(self._sockets["shell"]),
            control_stream=ZMQStream(self._sockets["control"], self._control.io_loop),
            control_thread=self._control,
            iopub_thread=self._iopub,
            iopub_socket=self._iopub.background_socket,
            stdin_socket=self._sockets["stdin"],
        )
        write_to_standard_error(kernel.masked)
        kernel.record_ports({f"{name}_port": getattr(self, f"{name}_port") for name in (*self._sockets, "iopub", "hb")})
        parent = int(os.environ.get(_PARENT) or 0)
        if parent > 1:  # init never ends
            ParentPollerUnix(parent_pid=parent).start()
        loop = IOLoop.current()
        loop.add_callback(_stop_at_signal, loop)
        kernel.start()
        loop.start()
        kernel.workspace.close()
        self._close()

    def _stream(self, name: str) -> OutStream:
        """Python's own stream of that name: the file descriptor stays, for scripts print through us."""
        stream = OutStream(self.session, self._iopub, name, watchfd=False)
        stream.flush_interval = _FLUSH_AFTER
        return stream

    def _close(self) -> None:
        """Have all that was sent leave, and close the sockets."""
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        self._control.stop()
        self._control.join()
        self._iopub.stop()
        self._iopub.close()
        for socket in self._sockets.values():
            socket.close()
        self._heartbeat.context.term()
        self.context.term()


async def _stop_at_signal(loop: IOLoop) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, loop.stop)


def _remove(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a kernel until its client shuts it down."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if len(words) != 2 or words[0] != "-f":
        raise SystemExit("usage: python -m assay_shell.kernel -f CONNECTION_FILE")
    process = KernelProcess()
    try:
        process.open(words[1])
    except (OSError, ValueError, TypeError, AttributeError, TraitError, zmq.ZMQError) as error:
        raise SystemExit(f"error: {words[1]}: {error}") from error
    process.run()
