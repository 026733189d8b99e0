"""Jupyter's messages, translated into calls of a session and back."""

from __future__ import annotations

import asyncio
import sys

from ipykernel._version import kernel_protocol_version
from ipykernel.kernelbase import Kernel
from traitlets import Any as AnyTrait

from assay_shell import __version__
from assay_shell.kernel import policy
from assay_shell.kernel.answering import answered, kind_of
from assay_shell.kernel.asking import Asker, NotebookFront
from assay_shell.kernel.execution import Execution
from assay_shell.kernel.output import Printer
from assay_shell.kernel.screen import NotebookScreen
from assay_shell.runtime.views.screen import use_screen
from assay_shell.runtime.vm import Runtime
from assay_shell.session.workspace import Workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_WHILE_BUSY = frozenset(
    {"complete_request", "inspect_request", "is_complete_request", "history_request", "kernel_info_request"}
)
"""Requests that are answered while a cell waits."""
_END_WITHIN = 2.0
"""Seconds that a shutdown waits for Lua to come to its end."""


class AssayKernel(Kernel):  # type: ignore[misc] # ipykernel is not typed
    """The kernel of one notebook."""

    implementation = "assay"
    implementation_version = __version__
    banner = f"assay {__version__}, Lua 5.5"
    language_info = {  # noqa: RUF012 - as ipykernel declares it
        "name": "lua",
        "version": "5.5",
        "mimetype": "text/x-lua",
        "file_extension": ".lua",
        "pygments_lexer": "lua",
        "codemirror_mode": "lua",
        "nbconvert_exporter": "script",
    }
    help_links = [  # noqa: RUF012
        {"text": "Lua 5.5 reference manual", "url": "https://www.lua.org/manual/5.5/"},
    ]
    profile_dir = AnyTrait(None)  # the base class's would import all of IPython to check that there is none
    _execute_sleep = 0

    def __init__(self, **options: Any) -> None:
        self.printed: dict[str, Printer] = {}
        super().__init__(**options)
        self.shell_handlers.update(comm_open=self.comm_open, comm_msg=self.comm_ended, comm_close=self.comm_ended)
        for handlers in (self.shell_handlers, self.control_handlers):
            handlers.update({kind: answered(self, kind, handler) for kind, handler in handlers.items()})
        runtime = Runtime(stdout=self._print, stderr=self._print_error)
        for secret in policy.secrets():
            runtime.redactor.add(secret)
        self.printed = {
            name: Printer(stream, runtime.redactor) for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr))
        }
        policy.keep_journal(runtime)
        self.asker = Asker(self)
        runtime.ask_line = self.asker.ask_line
        self.workspace = Workspace(runtime, NotebookFront(self.asker, runtime))
        self.screen = NotebookScreen(self)
        use_screen(runtime, self.screen)
        self.execution = Execution(self)

    def _print(self, data: bytes) -> None:
        self.printed["stdout"].write(data)

    def _print_error(self, data: bytes) -> None:
        self.printed["stderr"].write(data)

    def masked(self, text: str) -> str:
        """*text* without the secrets that are known."""
        return self.workspace.runtime.redactor.text(text)

    # Messages ----------------------------------------------------------------------------------------------

    async def shell_main(self, subshell_id: str | None, msg: Any) -> None:
        """Take one message; what only looks is answered while a cell waits."""
        kind = kind_of(self, self.shell_stream, msg)
        if not kind:
            return
        if self._main_asyncio_lock.locked() and kind in _WHILE_BUSY:
            parent, ident = self.get_parent("shell"), self._get_shell_context_var(self._shell_parent_ident)
            try:
                await self.dispatch_shell(msg, subshell_id=subshell_id, concurrent=True)
            finally:
                self.set_parent(ident, parent, channel="shell")
            return
        await super().shell_main(subshell_id, msg)

    async def process_control(self, msg: Any) -> None:
        """Take one message of the control channel."""
        if kind_of(self, self.control_stream, msg):
            await super().process_control(msg)

    def set_parent(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        """Have what is printed from now on belong to the cell of *parent*."""
        super().set_parent(ident, parent, channel)
        if channel == "shell":
            for printer in self.printed.values():
                printer.belong_to(parent)

    def flush_printed(self) -> None:
        """Have all that was printed sent before what is sent next."""
        for printer in self.printed.values():
            printer.flush()

    async def do_execute(
        self,
        code: str,
        silent: bool,  # noqa: FBT001 - ipykernel's signature
        store_history: bool = True,  # noqa: FBT001, FBT002
        user_expressions: dict[str, str] | None = None,
        allow_stdin: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        """Run a cell."""
        self.asker.allowed = allow_stdin
        return await self.execution.run(code, silent=silent, store=store_history, expressions=user_expressions or {})

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """What can stand at the cursor."""
        found = self.workspace.completer.complete(code, cursor_pos)
        types = [
            {"start": found.start, "end": found.end, "text": item.text, "type": item.kind, "signature": item.signature}
            for item in found.items
        ]
        return {
            "status": "ok",
            "matches": [item.text for item in found.items],
            "cursor_start": found.start,
            "cursor_end": found.end,
            "metadata": {"_jupyter_types_experimental": types},
        }

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The documentation of what stands at the cursor."""
        found = self.workspace.completer.inspect(code, cursor_pos, detail=detail_level > 0)
        text = "" if found is None else found.source or found.text or found.signature
        return {"status": "ok", "found": bool(text), "data": {"text/plain": text} if text else {}, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Whether a console should run *code* or go on reading."""
        found = self.workspace.is_complete(code)
        reply = {"status": found.status}
        return {**reply, "indent": found.indent} if found.status == "incomplete" else reply

    async def do_history(self, hist_access_type: str, output: bool, raw: bool, **wanted: Any) -> dict[str, Any]:  # noqa: FBT001
        """The inputs of this session, as ipykernel's clients ask for them."""
        return {"status": "ok", "history": self.execution.history(hist_access_type, output=output, **wanted)}

    @property
    def kernel_info(self) -> dict[str, Any]:
        """What the kernel is; the base class's looks for a Python debugger, and would offer it."""
        return {
            "protocol_version": kernel_protocol_version,
            "implementation": self.implementation,
            "implementation_version": self.implementation_version,
            "language_info": self.language_info,
            "banner": self.banner,
            "help_links": self.help_links,
            "supported_features": [],
        }

    async def comm_open(self, stream: Any, ident: Any, parent: Any) -> None:
        """Close what a front end opens: no view of ours speaks through a comm."""
        content = {"comm_id": parent["content"].get("comm_id"), "data": {}}
        self.session.send(self.iopub_socket, "comm_close", content, parent, ident=self._topic("comm_close"))

    async def comm_ended(self, stream: Any, ident: Any, parent: Any) -> None:
        """Leave what comes for a comm that has been closed already."""

    async def interrupt_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Stop the cell that runs; on the control thread, so busy Lua is reached too."""
        await asyncio.get_running_loop().run_in_executor(None, self.execution.interrupt)
        self.session.send(stream, "interrupt_reply", {"status": "ok"}, parent, ident=ident)

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:  # noqa: FBT001
        """End what still runs. The request comes on the control thread, while the main one may be busy with Lua."""
        main = self.io_loop.asyncio_loop
        if asyncio.get_running_loop() is main:
            await self.execution.close()
        else:
            await asyncio.get_running_loop().run_in_executor(None, self.execution.interrupt)
            ended = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.execution.close(), main))
            await asyncio.wait((ended,), timeout=_END_WITHIN)
        return {"status": "ok", "restart": restart}
