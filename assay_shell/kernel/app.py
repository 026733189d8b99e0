"""The kernel's process: `python -m assay_shell.kernel -f CONNECTION_FILE`, as Jupyter starts it.

What ipykernel's own application does beyond sockets and threads is for Python alone (a profile folder, debuggers,
plotting): leaving it out halves the start.
"""

from __future__ import annotations

import logging
import sys

from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp

from assay_shell.kernel.kernel import AssayKernel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FLUSH_AFTER = 0.02
"""Seconds that output may wait for more of it."""


class KernelApp(IPKernelApp):  # type: ignore[misc] # not typed
    """Sockets, threads and signals of one kernel process."""

    name = "assay-kernel"

    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Bind the sockets that the connection file names, and make the kernel."""
        self.kernel_class = AssayKernel
        self.parse_command_line(list(argv) if argv is not None else None)
        self.log_level = logging.ERROR
        self.init_connection_file()
        self.init_poller()
        self.init_sockets()
        self.init_heartbeat()
        self.write_connection_file()
        self._ports = {
            "shell": self.shell_port, "iopub": self.iopub_port, "stdin": self.stdin_port,
            "hb": self.hb_port, "control": self.control_port,
        }  # fmt: skip
        self.init_io()
        self.init_signal()
        self.init_kernel()

    def init_control(self, context: object) -> None:
        """No threads for subshells: one VM runs one cell at a time."""
        super().init_control(context)
        self.shell_channel_thread = None

    def init_io(self) -> None:
        """Replace Python's streams; the file descriptors stay: only scripts print, and they print through us."""
        sys.stdout, sys.stderr = (
            OutStream(self.session, self.iopub_thread, name, watchfd=False) for name in ("stdout", "stderr")
        )
        sys.stdout.flush_interval = sys.stderr.flush_interval = _FLUSH_AFTER

        class NoHook:
            get_execution_count = None

        self.displayhook = NoHook()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a kernel until its client shuts it down."""
    app = KernelApp.instance()
    app.initialize(arguments)
    app.start()
